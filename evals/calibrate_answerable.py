"""Find the weights of abstention: ``python -m evals.calibrate_answerable --gold FILE… --answers FILE``.

The answers come from ``python -m evals.losses --never-abstain --out FILE``: their traces hold the signals.
Logistic regressions with L2: ``on_topic`` tells questions about the indexed articles from questions about
others (gold lines with ``"off_topic": true``), ``supported`` tells, among the former, those that the articles
answer, where a model drafted, and ``chosen`` where one chose. For each the threshold is the highest that
withholds at most the given share of the right answers, by cross-validation. Prints what that means;
``--write`` fits on all questions and replaces these tables in ``qa/weights.toml``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.calibrate import with_tables
from evals.facts import ANSWERABLE, held

Matrix = NDArray[np.float64]
FOLDS = 10


STAGES = {
    "on_topic": (
        "best",
        "margin",
        "in_article",
        "in_context",
        "similarity",
        "similarity_in_context",
        "missing_term",
        "support",
        "answer",
    ),
    "supported": (
        "confidence",
        "standing",
        "drafted_rank",
        "drafted_score",
        "wrong_kind",
        "best",
        "support",
        "answer",
        "agreement",
    ),
    "chosen": ("chosen",),
}


def rows(gold: list[Path], answers: Path) -> tuple[list[str], Matrix, Matrix, Matrix, Matrix]:
    """Signal names; signals (questions, signals), NaN where not known; 1 where answerable, right, and about
    these articles."""
    wanted = {item["id"]: item for path in gold for item in map(json.loads, path.open(encoding="utf-8"))}
    names: list[str] = []
    signals, answerable, right, on_topic = [], [], [], []
    for answer in map(json.loads, answers.open(encoding="utf-8")):
        item = wanted.get(answer["id"])
        if item is None or not answer["trace"]["notes"].get("signals"):
            continue
        parts: list[dict[str, Any]] = answer["trace"]["notes"]["signals"]
        names = list(parts[0])
        # As in answering: the weakest part decides; here the one with the lowest score of its best sentence.
        weakest = min(parts, key=lambda part: part["best"])
        signals.append([np.nan if weakest[name] is None else weakest[name] for name in names])
        answerable.append(item["type"] in ANSWERABLE)
        on_topic.append(not item.get("off_topic", False))
        right.append(item["type"] in ANSWERABLE and all(held(answer["answer"], item["facts"])))
    flags = [np.array(one, dtype=float) for one in (answerable, right, on_topic)]
    return names, np.array(signals), flags[0], flags[1], flags[2]


def fit(values: Matrix, target: Matrix, *, l2: float, steps: int = 1500) -> tuple[float, Matrix]:
    """Bias and weights on standardised values; both classes weigh the same."""
    share = target.mean()
    each = np.where(target == 1, 0.5 / share, 0.5 / (1 - share)) / len(target)
    bias, weight = 0.0, np.zeros(values.shape[1])
    for _ in range(steps):
        slope = each * (sigmoid(values @ weight + bias) - target)
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
        out[test] = sigmoid((values[test] - mean) / scale @ weight + bias)
    return out


def sigmoid(odds: Matrix) -> Matrix:
    """Probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def logit(probability: Matrix | float) -> Any:
    """Log-odds."""
    return np.log(probability) - np.log1p(-np.asarray(probability))


def stage(values: Matrix, target: Matrix, right: Matrix, args: argparse.Namespace, share: float) -> list[str]:
    """One model's lines in TOML (without names), after printing how well it does."""
    crossed_out = crossed(values, target, args.l2)
    threshold = float(np.quantile(crossed_out[right == 1], share))
    withheld = crossed_out < threshold
    rightly = (withheld & (target == 0)).sum()
    wrongly = (withheld & (target == 1)).sum()
    print(
        f"  AUC {auc(crossed_out, target):.3f}; below {threshold:.3f}:"
        f" {rightly} of {int((target == 0).sum())} rightly withheld,"
        f" {wrongly} wrongly ({(withheld & (right == 1)).sum()} right ones)"
    )
    mean, scale = values.mean(0), values.std(0) + 1e-6
    bias, weight = fit((values - mean) / scale, target, l2=args.l2)
    shifted = bias - float(logit(threshold))
    return [f"{shifted:.4f}"] + [
        f"{{ weight = {w:.4f}, mean = {m:.4f}, scale = {s:.4f} }}"
        for w, m, s in zip(weight, mean, scale, strict=True)
    ]


def auc(probability: Matrix, target: Matrix, weight: Matrix | None = None) -> float:
    """Area under the ROC curve: the chance that a question of target 1 scores above one of target 0, where
    each is drawn by its weight. Of equal scores half counts."""
    weight = np.ones(len(target)) if weight is None else weight
    order = np.argsort(probability[target == 0])
    lower = probability[target == 0][order]
    passed = np.append(0.0, weight[target == 0][order].cumsum())
    above, drawn = probability[target == 1], weight[target == 1]
    won = (passed[lower.searchsorted(above, "left")] + passed[lower.searchsorted(above, "right")]) / 2
    return float(drawn @ won / (drawn.sum() * passed[-1]))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--l2", type=float, default=0.02)
    parser.add_argument("--off-topic-cost", type=float, default=0.004, help="share of right answers withheld")
    parser.add_argument("--unsupported-cost", type=float, default=0.05, help="the same of the second stage")
    parser.add_argument("--only", choices=tuple(STAGES), help="a single one of the models")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    names, values, answerable, right, on_topic = rows(args.gold, args.answers)
    about = on_topic == 1
    print(f"{len(right)} questions, {int((~about).sum())} about other articles, {int(right.sum())} right")
    tables: list[str] = []
    for title, target, among, share in (
        ("on_topic", on_topic, on_topic >= 0, args.off_topic_cost),
        ("supported", answerable, about, args.unsupported_cost),
        ("chosen", answerable, about, args.unsupported_cost),
    ):
        if args.only not in (None, title):
            continue
        columns = [names.index(name) for name in STAGES[title]]
        # Not known without a reader, or of a model that does the other thing or does not tell how sure it is.
        chosen = among & ~np.isnan(values[:, columns]).any(1)
        if not chosen.any():
            continue
        print(f"{title}, {int(chosen.sum())} questions")
        lines = stage(values[chosen][:, columns], target[chosen], right[chosen], args, share)
        labels = ("bias", *STAGES[title])
        body = "\n".join(f"{name} = {line}" for name, line in zip(labels, lines, strict=True))
        tables.append(f"[{title}]\n{body}\n")
    if args.write:
        path = Path(__file__).parent.parent / "qa" / "weights.toml"
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
