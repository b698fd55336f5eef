"""Four invented articles and what answering makes of them on the way: passages, evidence, an index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from index import build, chunk
from index.retrieve import Retriever
from index.types import Article, Passage
from qa.types import Evidence
from tests.fakes import FakeEmbedder
from tests.newsroom import article

FERRY = article(
    "ports/ferry.txt",
    "The Kittiwake ferry was taken out of service on 3 March. Engineers found a crack of 14 centimetres in "
    "its hull. The repair will cost £2.3m, the port of Eskerby said.\n\n"
    'Harbour master Ingrid Solberg did not blame the crew. "They saw it first," she told reporters. '
    "The ferry carried 212 passengers on its last trip.",
    title="Crack stops the Kittiwake",
    source="Bay News",
    published=date(2024, 3, 4),
)
BRIDGE = article(
    "roads/bridge.txt",
    "Varnholt opened its new bridge on Saturday after six years of work. Mayor Tomas Brandvold cut a ribbon "
    "and called it the longest wait of his life.\n\n"
    "The bridge is 412 metres long. It replaces a ford that flooded every spring. "
    "Lorries may not cross it before June, the council said.",
    title="Varnholt has a bridge at last",
    source="Varnholt Courier",
    published=date(2024, 4, 15),
)
ORCHARD = article(
    "farms/orchard.txt",
    "A late frost destroyed a third of the pears in Quillford. Farmer Agneta Holm lit 300 candles between "
    "her trees and saved most of them. The cooperative denied that prices would double.",
    title="Frost in the orchards",
    source="Bay News",
    published=date(2023, 12, 28),
)
COPY = article(
    "agency/ferry.txt",
    FERRY.text + "\n\nThe port expects no further delays this month.",
    title="Kittiwake out of service",
    source="Toldra Post",
    published=date(2024, 3, 5),
)
PAPER = (FERRY, BRIDGE, ORCHARD)


def index_of(folder: Path, articles: Sequence[Article] = PAPER) -> Path:
    """An index of the articles, with fake vectors and the real chunks."""
    build.add(folder, articles, FakeEmbedder(), chunk.chunk, chunk.embedding_text)
    return folder


def retriever(folder: Path, articles: Sequence[Article] = PAPER) -> Retriever:
    """A retriever over ``index_of``; close it."""
    return Retriever(index_of(folder, articles), FakeEmbedder())


def passages(*articles: Article) -> list[Passage]:
    """Every chunk of the articles as passages, in that order."""
    chunks = [(one, part) for one in articles for part in chunk.chunk(one)]
    return [
        Passage(part, one, rank, 1 / rank, 10 / rank, 1 / rank, one.id)
        for rank, (one, part) in enumerate(chunks, 1)
    ]


def evidence(number: int, of: Article, words: str, score: float = 1.0) -> Evidence:
    """The sentence of an article that reads ``words``."""
    start = of.text.index(words)
    return Evidence(number, of, start, start + len(words), score)


def written(answer: str, *sentences: int) -> str:
    """A model's reply in the form that the prompt asks for."""
    return json.dumps({"answer": answer, "sentences": list(sentences)})
