"""Questions with pointers into articles to the passages that the reader is trained on:
``python -m evals.reader_passages --index DIR --questions FILE… --out FILE``.

``--questions`` are JSON Lines that quote nothing of the articles: ``{"article": path, "question", "type",
"sentences": [[start, end] …], "answer": [start, end] or null, "weight": 1.0}``, all offsets into the
article's settled text; a question of type ``none`` is one that its article leaves open. Those of the reader
in ``qa/reader.npz`` are in ``evals/training``. What is written is what ``evals.train_reader`` reads: for a
question that is answered the passage with the answer and the first one found that lacks it; for one left open
up to two passages of its article, else the first one found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.retrieve import Retriever
from index.types import Article, Chunk, Passage, Query
from qa import config, wiring
from qa.evidence import split
from qa.features import Sentence

OPEN = "none"
"""The type of a question that its article does not answer."""
BESIDE, LEFT_OPEN = 0.5, 0.8
"""Weight of a passage that lacks the answer, and of one of the very article that leaves the question open."""


def passages(item: dict[str, Any], retriever: Retriever, k: int) -> Iterator[dict[str, Any]]:
    """The passages to learn from for one question. Raises KeyError for an article that is not indexed."""
    article = retriever.catalog.article(item["article"])
    found = retriever.search(Query(item["question"], k=k))
    own = [one for one in found if one.article.id == article.id]
    if not any(_holds(one.chunk, item) for one in own):
        own += [_unfound(article, retriever, item)] if item["sentences"] else []
    if item["type"] == OPEN:
        for one in own[:2] or found[:1]:
            yield _row(item, one, LEFT_OPEN if one in own else BESIDE)
        return
    yield from (_row(item, one, 1.0) for one in own if _holds(one.chunk, item))
    lacking = [one for one in found if one.article.id != article.id or not _holds(one.chunk, item)]
    yield from (_row(item, one, BESIDE) for one in lacking[:1])


def _holds(chunk: Chunk, item: dict[str, Any]) -> bool:
    return any(chunk.start <= start and end <= chunk.end for start, end in item["sentences"])


def _unfound(article: Article, retriever: Retriever, item: dict[str, Any]) -> Passage:
    """The passage with the answer, where it was not found."""
    chunk = next(one for one in retriever.catalog.chunks_of(article.id) if _holds(one, item))
    return Passage(chunk, article, 0, None, None, 0.0, article.id)


def _row(item: dict[str, Any], passage: Passage, weight: float) -> dict[str, Any]:
    sentences = split([passage])
    return {
        "question": item["question"],
        "title": passage.article.title,
        "sentences": [one.text for one in sentences],
        "gold": [n for n, one in enumerate(sentences) if gold(one, item)],
        "answer": _answer(sentences, item),
        "weight": weight * item.get("weight", 1.0),
    }


def gold(one: Sentence, item: dict[str, Any]) -> bool:
    """Whether a sentence is one that answers the question."""
    same = one.article.path == item["article"]
    return same and any(one.start < end and start < one.end for start, end in item["sentences"])


def _answer(sentences: Sequence[Sentence], item: dict[str, Any]) -> list[int] | None:
    if item["answer"] is None:
        return None
    start, end = item["answer"]
    for n, one in enumerate(sentences):
        if one.article.path == item["article"] and one.start <= start and end <= one.end:
            return [n, start - one.start, end - one.start]
    return None


def questions(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All questions of the files."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("-k", type=int, default=10, help="passages a question")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    items = questions(args.questions)
    with wiring.retriever(config.load({"index": args.index})) as retriever, args.out.open("w") as out:
        for done, item in enumerate(items, 1):
            for row in passages(item, retriever, args.k):
                print(json.dumps(row, ensure_ascii=False), file=out)
            print(f"\r{done} of {len(items)} questions", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
