"""What an answer does not tell about itself: the passages that were found, and whether replies were known.

Stand-ins that pass everything through and remember it for the thread that asked, as each question is answered
in one thread.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from index.types import Embedder, Passage, Query
from qa.types import Message, Reply

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.retrieve import Retriever
    from qa.chat_model import ChatModel


class WatchedRetriever:
    """A retriever that remembers what it found since ``begin``."""

    def __init__(self, inner: Retriever) -> None:
        self._inner = inner
        self._local = threading.local()

    @property
    def catalog(self) -> Catalog:
        """See Retriever."""
        return self._inner.catalog

    @property
    def embedder(self) -> Embedder:
        """See Retriever."""
        return self._inner.embedder

    def search(self, query: Query, *, duplicates: bool = False) -> list[Passage]:
        """See Retriever."""
        found = self._inner.search(query, duplicates=duplicates)
        self._lists().append(found)
        return found

    def begin(self) -> None:
        """Forget what this thread has found."""
        self._local.lists = []

    def passages(self) -> list[Passage]:
        """What this thread's searches found: from each in turn, each passage once, as answering does."""
        lists = self._lists()
        found: dict[str, Passage] = {}
        for turn in range(max((len(one) for one in lists), default=0)):
            for one in lists:
                if turn < len(one):
                    found.setdefault(one[turn].chunk.id, one[turn])
        return list(found.values())

    def _lists(self) -> list[list[Passage]]:
        if not hasattr(self._local, "lists"):
            self.begin()
        lists: list[list[Passage]] = self._local.lists
        return lists


class WatchedModel:
    """A chat model that counts the replies since ``begin`` that were known already."""

    def __init__(self, inner: ChatModel, counts: threading.local | None = None) -> None:
        self._inner = inner
        self._local = counts or threading.local()

    @property
    def name(self) -> str:
        """See ChatModel."""
        return self._inner.name

    @property
    def identity(self) -> str:
        """See ChatModel."""
        return self._inner.identity

    @property
    def selector(self) -> ChatModel | None:
        """See ChatModel; its replies are counted with the others."""
        inner = self._inner.selector
        return None if inner is None else WatchedModel(inner, self._local)

    def begin(self) -> None:
        """Start counting anew for this thread."""
        self._local.known = 0

    @property
    def known(self) -> bool:
        """Whether any reply to this thread's question was known already."""
        return bool(getattr(self._local, "known", 0))

    def complete(self, messages: Sequence[Message], **options: Any) -> Reply:
        """See ChatModel."""
        reply = self._inner.complete(messages, **options)
        self._count(reply)
        return reply

    def stream(self, messages: Sequence[Message], **options: Any) -> Generator[str, None, Reply]:
        """See ChatModel."""
        reply = yield from self._inner.stream(messages, **options)
        self._count(reply)
        return reply

    def _count(self, reply: Reply) -> None:
        self._local.known = getattr(self._local, "known", 0) + reply.cached


def passage_dict(rank: int, passage: Passage) -> Mapping[str, Any]:
    """A passage as a run keeps it."""
    return {
        "rank": rank,
        "path": passage.article.path,
        "title": passage.article.title,
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "text": passage.text,
        "dense": _rounded(passage.dense),
        "lexical": _rounded(passage.lexical),
        "fused": _rounded(passage.fused),
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)
