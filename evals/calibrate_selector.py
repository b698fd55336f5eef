"""Find how much a selection weighs: ``python -m evals.calibrate_selector --gold FILE… --answers FILE``.

The answers come from ``python -m evals.losses --never-abstain --out FILE``: their traces hold the evidence
with its scores and what the selector said of it. A listwise softmax over each question's evidence, with one
weight for the score of the ranking and one for the log-probability, by Newton's method. Prints the two
constants of ``qa.selector`` and how often a gold sentence comes first: by the ranking, by the selection, and
by both, the last by cross-validation; and what ``ENOUGH`` would cost.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.calibrate import squash
from evals.facts import ANSWERABLE
from qa.selector import WEIGHT

FOLDS = 10
ENOUGH = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One question's evidence: score and log-probability of each sentence, (sentences, 2); which are gold."""

    values: Matrix
    gold: NDArray[np.bool_]


def cases(gold: Sequence[Path], answers: Path) -> tuple[list[Case], int]:
    """The answerable questions of one part with a gold sentence among their evidence; how many had none."""
    wanted = {item["id"]: item for path in gold for item in map(json.loads, path.open(encoding="utf-8"))}
    found, lacking = list[Case](), 0
    for answer in map(json.loads, answers.open(encoding="utf-8")):
        item, trace = wanted.get(answer["id"]), answer["trace"]
        selections = trace["notes"].get("selections", ())
        if item is None or item["type"] not in ANSWERABLE or len(selections) != 1:
            continue
        odds = selections[0]["odds"]
        quotes = [squash(one["quote"]) for one in item["evidence"]]
        texts = [squash(one["text"]) for one in trace["evidence"]]
        right = np.array([any(text in quote or quote in text for quote in quotes) for text in texts])
        if not right.any():
            lacking += 1
            continue
        scores = [one["score"] - WEIGHT * odd for one, odd in zip(trace["evidence"], odds, strict=True)]
        found.append(Case(np.column_stack([scores, odds]), right))
    return found, lacking


def probabilities(case: Case, weight: Matrix) -> Matrix:
    """Of each sentence."""
    sums = case.values @ weight
    powers = np.exp(sums - sums.max())
    return np.asarray(powers / powers.sum())


def fit(data: Sequence[Case], *, l2: float = 1e-3, steps: int = 30) -> Matrix:
    """The two weights."""
    weight = np.array([0.3, 0.3])
    for _ in range(steps):
        slope, bend = l2 * weight, l2 * np.eye(2)
        for case in data:
            share = probabilities(case, weight)
            right = share * case.gold
            target = right / right.sum()
            slope += (share - target) @ case.values / len(data)
            centred = case.values - share @ case.values
            bend += (centred * share[:, None]).T @ centred / len(data)
        weight = weight - 0.7 * np.linalg.solve(bend, slope)
    return weight


def first(data: Sequence[Case], weight: Matrix) -> float:
    """The share of questions whose likeliest sentence is gold."""
    return float(np.mean([case.gold[(case.values @ weight).argmax()] for case in data]))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--answers", type=Path, required=True)
    args = parser.parse_args()
    data, lacking = cases(args.gold, args.answers)
    print(f"{len(data)} questions with a gold sentence among the evidence, {lacking} without")
    crossed = [
        first(
            [case for n, case in enumerate(data) if n % FOLDS == fold],
            fit([case for n, case in enumerate(data) if n % FOLDS != fold]),
        )
        for fold in range(FOLDS)
    ]
    print(
        f"gold first: ranking {first(data, np.array([1.0, 0.0])):.3f},"
        f" selection {first(data, np.array([0.0, 1.0])):.3f}, both {np.mean(crossed):.3f}"
    )
    weight = fit(data)
    print(f"WEIGHT = {weight[1] / weight[0]:.2f}, SCALE = {weight[0]:.3f}")
    for enough in ENOUGH:
        count, held = [], []
        for case in data:
            share = probabilities(case, weight)
            order = np.argsort(-share)
            number = int(np.searchsorted(np.cumsum(share[order]), enough)) + 1
            count.append(number)
            held.append(case.gold[order[:number]].any())
        print(f"ENOUGH {enough:.2f}: {np.mean(count):.2f} sentences, gold among them {np.mean(held):.3f}")


if __name__ == "__main__":
    main()
