"""How much the wording of questions tells of whether they are answered, and weights that take it away:
``python -m evals.wording_weights --questions FILE [--write]``.

``--questions`` is a file of ``evals.reader_passages``. Who writes a question that an article leaves open
words it otherwise than one that is answered, and a model learns that instead of reading. So a logistic
regression tells the two apart by their wording alone, without names and numbers and each article by the
questions of others, and a question weighs by how probable the other kind was: overlap weights (Li, Morgan,
Zaslavsky 2018), twice 1 - p for one that is left open and twice p for one that is answered. Weights that
are found across folds overdo it; of ``SOFTER`` that factor on the log-odds is taken which brings the area
under the ROC curve of a new regression nearest to one half. Prints these areas; ``--write`` puts the
weights into the file.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.calibrate_answerable import auc, sigmoid
from evals.reader_passages import OPEN

FOLDS = 10
RARE = 3
"""Signs that are seen less often tell of one question only."""
RATE, STEPS, L2 = 0.02, 60, 3e-5
SOFTER = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LIGHTEST, HEAVIEST = 0.05, 1.5
"""Of what is written, and of what is learned from."""
_WORD = re.compile(r"[A-Za-z'’]+|\d+|[?,]")
Vector = NDArray[np.float64]


def signs(question: str) -> set[str]:
    """What the wording consists of: words and pairs of words, how it begins, its length, how many names."""
    words = [_plain(word, first=not n) for n, word in enumerate(_WORD.findall(question))]
    pairs = {f"{a}_{b}" for a, b in pairwise(words)}
    shape = {"first_" + "_".join(words[:2]), f"len{len(words) // 3}", f"ncap{words.count('N')}"}
    return {*words, *pairs, *shape}


def _plain(word: str, *, first: bool) -> str:
    if word[0].isdigit():
        return "0"
    return "N" if word[0].isupper() and not first else word.lower()


@dataclass(frozen=True, slots=True)
class Worded:
    """Questions as their signs: the numbers of those of all questions one after another, how many each has.
    left_open: 1 for a question that is left open. fold: that its article belongs to."""

    flat: NDArray[np.intp]
    lengths: NDArray[np.intp]
    left_open: Vector
    fold: NDArray[np.intp]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], seed: int = 0) -> Worded:
        """The questions of a file; none may be without signs."""
        each = [signs(row["question"]) for row in rows]
        count = Counter(sign for one in each for sign in one)
        number = {sign: n for n, sign in enumerate(sorted(sign for sign in count if count[sign] >= RARE))}
        lists = [[number[sign] for sign in sorted(one) if sign in number] for one in each]
        articles = sorted({row["article"] for row in rows})
        random.Random(seed).shuffle(articles)
        fold = {article: n % FOLDS for n, article in enumerate(articles)}
        return cls(
            np.array([sign for one in lists for sign in one], dtype=np.intp),
            np.array([len(one) for one in lists], dtype=np.intp),
            np.array([float(row["type"] == OPEN) for row in rows]),
            np.array([fold[row["article"]] for row in rows], dtype=np.intp),
        )

    def log_odds(self, weight: Vector) -> Vector:
        """That each question is left open, by a regression on the other folds with these weights."""
        out = np.zeros(len(self.fold))
        owner = np.repeat(np.arange(len(self.fold)), self.lengths)
        for fold in range(FOLDS):
            learned = np.where(self.fold == fold, 0.0, weight)
            theta, bias = self._fit(learned / learned.sum(), owner)
            sums = np.bincount(owner, theta[self.flat], len(out)) + bias
            out[self.fold == fold] = sums[self.fold == fold]
        return out

    def _fit(self, weight: Vector, owner: NDArray[np.intp]) -> tuple[Vector, float]:
        """By Adam (Kingma, Ba 2015), stopped early; the last of the parameters is the bias."""
        size = int(self.flat.max()) + 1
        theta, mean, square = (np.zeros(size + 1) for _ in range(3))
        for step in range(1, STEPS + 1):
            sums = np.bincount(owner, theta[self.flat], len(weight)) + theta[-1]
            slope = weight * (sigmoid(sums) - self.left_open)
            gradient = np.append(np.bincount(self.flat, slope[owner], size), slope.sum())
            gradient[:-1] += 2 * L2 * theta[:-1]
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            theta -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        return theta[:-1], float(theta[-1])


def overlap(log_odds: Vector, left_open: Vector) -> Vector:
    """The weight of each question."""
    likely = sigmoid(log_odds)
    return 2 * np.where(left_open == 1, 1 - likely, likely)


def calibrated(log_odds: Vector, left_open: Vector, steps: int = 40) -> Vector:
    """The log-odds scaled and shifted so that they are probabilities (Platt 1999), by Newton's method."""
    values = np.column_stack([log_odds, np.ones(len(log_odds))])
    theta = np.array([1.0, 0.0])
    for _ in range(steps):
        likely = sigmoid(values @ theta)
        bend = (values * (likely * (1 - likely))[:, None]).T @ values
        theta = theta - np.linalg.solve(bend + 1e-6 * np.eye(2), values.T @ (likely - left_open))
    return np.asarray(values @ theta)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.questions.read_text(encoding="utf-8").splitlines()]
    worded = Worded.of(rows)
    even = np.ones(len(rows))
    odds = worded.log_odds(even)
    print(f"{len(rows)} questions, area by their wording {auc(odds, worded.left_open, even):.3f}")
    odds = calibrated(odds, worded.left_open)
    found: dict[float, Vector] = {}
    for softer in SOFTER:
        weight = overlap(softer * odds, worded.left_open)
        area = auc(worded.log_odds(weight), worded.left_open, weight)
        print(f"log-odds times {softer}: area with weights {area:.3f}")
        found[abs(area - 0.5)] = weight
    if args.write:
        for row, each in zip(rows, found[min(found)], strict=True):
            row["weight"] = round(min(HEAVIEST, max(LIGHTEST, float(each))), 2)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        args.questions.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
