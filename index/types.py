"""The frozen values that the index takes in and hands out.

Offsets are positions in ``Article.text`` counted in Unicode code points, half open: ``text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch ``[start, end)`` of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """A stretch of an article's text that is not reporting, and what it is (``newsletter``, ``share`` …)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article as the index knows it.

    id: 16 hex digits of the SHA-256 over path, title and text.
    path: relative to the folder that was added, with ``/``; for a single file its name.
    location: where it was read from (absolute path, ``file.jsonl#7`` for a line, ``-`` for standard input).
    text: the settled body, without the headline; boilerplate is still in it and marked.
    published: the day it was published, or None where the article does not say.
    original: the text as it was decoded, before cleaning; empty on values read back from the catalog.
    """

    id: str
    path: str
    location: str
    title: str
    text: str
    source: str = ""
    author: str = ""
    published: date | None = None
    url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    boilerplate: tuple[Boilerplate, ...] = ()
    original: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was offered but not taken in: where, why, and whether that is a failure.

    A failure (an unreadable file, a malformed line) makes ``qa index add`` exit non-zero; something that is
    merely no article (an image among the files of a folder) does not.
    """

    location: str
    reason: str
    failure: bool = True


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole sentences of one article, about 200 tokens: ``article.text[start:end]``."""

    id: str
    article_id: str
    ordinal: int
    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. Empty filters do not filter; ``articles`` restricts to these article ids."""

    text: str
    k: int = 8
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was retrieved, with its rank (1 is best) and scores.

    dense: cosine similarity to the query, or None where the chunk has no vector yet.
    lexical: BM25 score, higher is better, or None where it is not among the best of that ranking.
    fused: the score by which passages are ordered: the two added after scaling, less what each further chunk
    of the same article loses.
    group: id shared by near-duplicate articles (an article without a double is its own group).
    """

    chunk: Chunk
    article: Article
    rank: int
    dense: float | None
    lexical: float | None
    fused: float
    group: str

    @property
    def text(self) -> str:
        """The exact words of the chunk."""
        return self.article.text[self.chunk.start : self.chunk.end]


class Embedder(Protocol):
    """Texts to unit vectors. ``name`` identifies the vectors: equal names mean comparable vectors."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape ``(len(texts), dimensions)``, L2-normalised, in the order of the texts."""
        ...
