"""Invented articles about a bridge, beside others, and what briefs are made of on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import build, chunk
from index.retrieve import Retriever
from index.types import Article
from qa.brief.gather import Gathered
from qa.brief.make import Briefer
from qa.brief.notes import Notes, NoteStore, read
from qa.brief.salient import Pool, pool
from qa.chat_model import ChatModel
from tests.fakes import FakeEmbedder
from tests.newsroom import article

TOPIC = "closure of the Orla Quay bridge"

CLOSED = article(
    "courier/closed.txt",
    "The Orla Quay bridge in Varnholt was closed on Tuesday after engineers found a crack in its main beam. "
    "Mayor Ingrid Solberg said that the repair of the Orla Quay bridge would cost £2.3m. "
    '"Nobody who crossed the bridge was in danger at any time," said Henrik Aas, the city engineer. '
    "About 12,000 drivers use the bridge every day.\n\n"
    "The bridge was opened in May 1998 by Queen Astrid. "
    "But it has not carried trams since 2010. "
    "The council of Varnholt will decide on 14 April whether to replace the Orla Quay bridge.",
    title="Orla Quay bridge closed after crack is found",
    source="Varnholt Courier",
    published=date(2031, 3, 6),
)
COSTS = article(
    "post/costs.txt",
    "The repair of the Orla Quay bridge in Varnholt will cost £3.1m, Mayor Ingrid Solberg said on Friday. "
    "She told reporters that the crack in the main beam of the bridge was longer than engineers had thought. "
    "The firm Brattvik Steel, a builder of bridges in Toldra, is to begin the repair in May. "
    "It is not known who will pay for the repair of the bridge.\n\n"
    "Shopkeeper Pia Lund, whose kiosk stands beside the bridge, said trade had fallen by 40%. "
    '"We have lost half of our customers since the bridge was closed," Ms Lund said.',
    title="Orla Quay bridge repair to cost £3.1m",
    source="Toldra Post",
    published=date(2031, 3, 8),
)
COPY = article(
    "agency/closed.txt",
    CLOSED.text.replace("every day", "each day"),
    title=CLOSED.title,
    source="Minsay Agency",
    published=date(2031, 3, 5),
)
UNDATED = article(
    "letters/history.txt",
    "Orla Quay bridge in Varnholt took four years to build and was opened in May 1998. "
    "The bridge replaced a ferry that had sailed from Orla Quay for a century. "
    "On Sunday walkers left flowers at the closed bridge. "
    "Historian Oda Vik wrote a book about the Orla Quay bridge.",
    title="How Varnholt got the Orla Quay bridge",
)
OTHERS = tuple(
    article(f"other/{n}.txt", text, title=title, source="Eskerby Gazette", published=date(2031, 2, n))
    for n, (title, text) in enumerate(
        (
            (
                "Orchard show draws crowds",
                "Farmers in Eskerby showed 90 kinds of apples. Judges praised the pears.",
            ),
            (
                "Library extends its hours",
                "The library in Minsay opens on Sundays. Readers had asked for that.",
            ),
            (
                "Chess title for Pellin girl",
                "A girl from Pellin won the chess title. She is eleven years old.",
            ),
            ("Reservoir full again", "Rain has filled the Harrowick reservoir. Engineers closed a valve."),
            ("Tram line sold", "The tram line in Jostad was sold for £4m. Its buyer is a bank."),
        ),
        1,
    )
)
PAPER = (CLOSED, COSTS, COPY, UNDATED, *OTHERS)

_SMALL = re.compile(
    r"\b(?:the|a|an|of|in|on|to|was|is|and|that|it|for|has|had|at|by|who|said|will)\b", re.IGNORECASE
)


class ContentEmbedder(FakeEmbedder):
    """A bag of the words that carry content: texts about other things are far apart."""

    name = "fake-content-64"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().embed([_SMALL.sub(" ", text) for text in texts])


def retriever(folder: Path, articles: Sequence[Article] = PAPER) -> Retriever:
    """A retriever over an index of the articles; close it."""
    embedder = ContentEmbedder()
    build.add(folder, articles, embedder, chunk.chunk, chunk.embedding_text)
    return Retriever(folder, embedder)


def briefer(folder: Path, model: ChatModel | None = None, *, notes: Path | None = None) -> Briefer:
    """A briefer over the whole paper."""
    return Briefer(retriever(folder), model, NoteStore(notes))


def notes_of(*articles: Article) -> list[Notes]:
    """What the map step takes from the articles."""
    return read(articles, ContentEmbedder(), NoteStore(None))


def pool_of(topic: str, *articles: Article) -> Pool:
    """The sentences of the articles, scored for a topic; every word is as rare as any other."""
    gathered = Gathered(articles, {one.id: 1.0 for one in articles}, {})
    vector = ContentEmbedder().embed([topic])[0]
    return pool(vector, gathered, notes_of(*articles), lambda words: dict.fromkeys(words, 1), 100)
