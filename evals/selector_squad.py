"""Questions of a file in the form of SQuAD 2.0 to what the selector is trained on:
``python -m evals.selector_squad --data FILE --out FILE``.

The questions that a passage leaves open were written by people to look as if it answered them (Rajpurkar et
al. 2018), so they teach what the questions of ``evals/training`` teach less of. A passage is a list of
sentences, filled up with some of the passages beside it; ``evals.selector_groups`` tells what is written.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.reader_passages import OPEN
from evals.selector_groups import Row, answered, grouped, keep, listed
from index.sentences import sentences
from qa.selector import MOST

ANSWERED = "answered"
TAKEN_OUT = 0.12
"""Share of the sentences of a passage that are left out of the list."""


def group(
    title: str, passage: dict[str, Any], beside: Sequence[str], draw: random.Random
) -> dict[str, Any] | None:
    """The questions about one passage; None where it is too long for a list."""
    text = passage["context"]
    spans = [(one.start, one.end) for one in sentences(text)]
    if not 2 <= len(spans) <= MOST:
        return None
    kept = [n for n in range(len(spans)) if draw.random() >= TAKEN_OUT] or [0]
    room = draw.choice([MOST] * 3 + [8, 7, 6, 5]) - len(kept)
    own = [(("", n), text[slice(*spans[n])]) for n in kept]
    blocks = [(title, own)]
    if room > 0 and beside:
        other = draw.choice(beside)
        start = draw.randint(0, 3)
        more = [other[one.start : one.end] for one in sentences(other)][start : start + room]
        if more:
            # As further sentences of the same article, before or after its own.
            filled = [(("beside", n), one) for n, one in enumerate(more)]
            blocks = [(title, [*filled, *own] if draw.random() < 0.5 else [*own, *filled])]
    evidence, places = listed(blocks, draw)
    rows = [_row(one, spans, {n: places["", n] for n in kept}) for one in passage["qas"]]
    return grouped(evidence, len(places), rows, draw)


def _row(one: dict[str, Any], spans: Sequence[tuple[int, int]], numbers: dict[int, int]) -> Row:
    if one["is_impossible"]:
        return one["question"], [0], 1.0, OPEN
    starts = [answer["answer_start"] for answer in one["answers"]]
    gold = {n for n, (a, b) in enumerate(spans) for start in starts if a <= start < b}
    return answered(one["question"], gold, numbers, ANSWERED)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    groups = []
    for article in json.loads(args.data.read_text(encoding="utf-8"))["data"]:
        passages = article["paragraphs"]
        for n, passage in enumerate(passages):
            beside = [passages[k]["context"] for k in (n - 1, n + 1) if 0 <= k < len(passages)]
            found = group(article["title"].replace("_", " "), passage, beside, draw)
            groups += [found] if found else []
    keep(args.out, groups, draw)


if __name__ == "__main__":
    main()
