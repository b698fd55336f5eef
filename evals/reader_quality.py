"""How well the reader tells what answers a question, and whether anything does:
``python -m evals.reader_quality --index DIR --questions FILE…``.

The questions are those of ``evals.reader_passages``; ``evals/training/held-out.jsonl`` has some that the
reader was not trained on. For each the passages are retrieved as for an answer. Printed are the share of
answered questions with a gold sentence among the first n by the reader alone, and the area under the ROC
curve of the most support that a sentence has: the chance that a question that its article answers has more of
it than one that its article leaves open.

Most of the held-out questions are twins: for each question that an article answers there is one of the same
form that it does not. A classifier that reads only the questions tells twins apart with an area of 0.59, but
with 0.94 questions that were not written so: what is measured on those is mostly their style.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.calibrate_answerable import auc
from evals.reader_passages import OPEN, gold, questions
from index.types import Query
from qa import config, wiring
from qa.evidence import split
from qa.reader import UNREAD

CUTS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Read:
    """One question as the reader takes it.

    answered: its article answers it. place: that of the first gold sentence, from 0; None where none was
    found. support: the most that a sentence has.
    """

    answered: bool
    place: int | None
    support: float


def summary(reads: Sequence[Read]) -> str:
    """Two lines of figures."""
    answered = [one for one in reads if one.answered]
    found = "  ".join(
        f"{cut}: {np.mean([one.place is not None and one.place < cut for one in answered]):.3f}"
        for cut in CUTS
    )
    lines = [f"{len(reads)} questions; gold sentence of {len(answered)} among the first  {found}"]
    if 0 < len(answered) < len(reads):
        target = np.array([one.answered for one in reads], dtype=float)
        area = auc(np.array([one.support for one in reads]), target)
        lines.append(f"answered or left open, area under the curve: {area:.3f}")
    return "\n".join(lines)


def read_all(index: Path, items: Sequence[dict[str, Any]], k: int) -> list[Read]:
    """Every question, read."""
    settings = config.load({"index": index})
    reader = wiring.reader(settings)
    if reader is None:
        raise SystemExit("the reader's weights are not there: run 'qa models pull'")
    reads = []
    with wiring.retriever(settings) as retriever:
        for item in items:
            sentences = split(retriever.search(Query(item["question"], k=k)))
            support = [one.support for one in reader.read(item["question"], sentences)]
            order = sorted(range(len(sentences)), key=lambda n: -support[n])
            place = next((n for n, one in enumerate(order) if gold(sentences[one], item)), None)
            reads.append(Read(item["type"] != OPEN, place, max(support, default=UNREAD)))
            print(f"\r{len(reads)} of {len(items)} questions", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return reads


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("-k", type=int, default=10, help="passages a question")
    args = parser.parse_args()
    print(summary(read_all(args.index, questions(args.questions), args.k)))


if __name__ == "__main__":
    main()
