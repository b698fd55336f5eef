"""Find the weights of abstention: ``python -m evals.calibrate_answerable --gold FILE… --answers FILE``.

The answers come from ``python -m evals.losses --never-abstain --out FILE``: their traces hold the signals.
Logistic regression with L2 on whether the articles answer the question. Prints, cross-validated, what each
threshold would withhold; ``--write`` fits on all questions and replaces the ``answerable`` table of
``qa/weights.toml``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.calibrate import ANSWERABLE
from evals.facts import held

Matrix = NDArray[np.float64]
FOLDS = 10


def rows(gold: list[Path], answers: Path) -> tuple[list[str], Matrix, Matrix, Matrix]:
    """Signal names; signals (questions, signals); 1 where answerable; 1 where the answer is right."""
    wanted = {item["id"]: item for path in gold for item in map(json.loads, path.open(encoding="utf-8"))}
    names: list[str] = []
    signals, answerable, right = [], [], []
    for answer in map(json.loads, answers.open(encoding="utf-8")):
        item = wanted.get(answer["id"])
        if item is None or not answer["trace"]["notes"].get("signals"):
            continue
        parts: list[dict[str, float]] = answer["trace"]["notes"]["signals"]
        names = list(parts[0])
        # As in answering: the weakest part decides; here the one with the lowest score of its best sentence.
        weakest = min(parts, key=lambda part: part["best"])
        signals.append([weakest[name] for name in names])
        answerable.append(item["type"] in ANSWERABLE)
        right.append(item["type"] in ANSWERABLE and all(held(answer["answer"], item["facts"])))
    return names, np.array(signals), np.array(answerable, dtype=float), np.array(right, dtype=float)


def fit(values: Matrix, target: Matrix, *, l2: float, steps: int = 1500) -> tuple[float, Matrix]:
    """Bias and weights on standardised values; both classes weigh the same."""
    share = target.mean()
    each = np.where(target == 1, 0.5 / share, 0.5 / (1 - share)) / len(target)
    bias, weight = 0.0, np.zeros(values.shape[1])
    for _ in range(steps):
        slope = each * (1 / (1 + np.exp(-(values @ weight + bias))) - target)
        weight -= 0.5 * (values.T @ slope + l2 * weight)
        bias -= 0.5 * slope.sum()
    return float(bias), weight


def crossed(values: Matrix, target: Matrix, l2: float) -> Matrix:
    """The probability of each question from a model that has not seen it."""
    out = np.zeros(len(target))
    for fold in range(FOLDS):
        test = np.arange(len(target)) % FOLDS == fold
        mean, scale = values[~test].mean(0), values[~test].std(0) + 1e-6
        bias, weight = fit((values[~test] - mean) / scale, target[~test], l2=l2)
        out[test] = 1 / (1 + np.exp(-((values[test] - mean) / scale @ weight + bias)))
    return out


def table(probability: Matrix, target: Matrix, right: Matrix) -> str:
    """What thresholds would withhold."""
    lines = ["threshold  recall  precision  right answers withheld"]
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
        withheld = probability < threshold
        unanswerable = target == 0
        rightly = (withheld & unanswerable).sum()
        lines.append(
            f"{threshold:9.2f} {rightly / unanswerable.sum():7.3f} {rightly / max(1, withheld.sum()):10.3f}"
            f" {(withheld & (right == 1)).sum():6d} of {int(right.sum())}"
        )
    return "\n".join(lines)


def auc(probability: Matrix, target: Matrix) -> float:
    """Area under the ROC curve: the chance that an answerable question scores above an unanswerable one."""
    pairs: Any = probability[target == 1][:, None] - probability[target == 0][None, :]
    return float((pairs > 0).mean() + 0.5 * (pairs == 0).mean())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--l2", type=float, default=0.02)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    names, values, target, right = rows(args.gold, args.answers)
    print(f"{len(target)} questions, {int((target == 0).sum())} not answerable, {int(right.sum())} right")
    for name, column in zip(names, values.T, strict=True):
        print(f"  {name:24} alone: AUC {auc(column, target):.3f}")
    for l2 in (0.005, 0.02, 0.05, 0.2):
        print(f"l2 {l2}: AUC {auc(crossed(values, target, l2), target):.3f}")
    print(table(crossed(values, target, args.l2), target, right))
    if args.write:
        mean, scale = values.mean(0), values.std(0) + 1e-6
        bias, weight = fit((values - mean) / scale, target, l2=args.l2)
        path = Path(__file__).parent.parent / "qa" / "weights.toml"
        kept = path.read_text(encoding="utf-8").split("[answerable]")[0]
        lines = [f"bias = {bias:.4f}"] + [
            f"{name} = {{ weight = {w:.4f}, mean = {m:.4f}, scale = {s:.4f} }}"
            for name, w, m, s in zip(names, weight, mean, scale, strict=True)
        ]
        path.write_text(kept + "[answerable]\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
