"""What is taken from one article, whatever the topic: the map step, kept on disk.

Nothing here depends on the other articles or on the topic, so an article is read once. What is kept is found
by the article's content, the ``VERSION`` of the rules, and the name of the embedding.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.tokens import count
from index.types import Article, Embedder
from qa.brief.dates import Dated, dates
from qa.brief.figures import Measured, figures
from qa.brief.parties import Named, named
from qa.brief.quotes import Said, quotations
from qa.brief.types import Precision
from qa.evidence import article_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 2
"""Raised when the rules that make the notes change."""
_LEAST_WORDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """The sentences of an article with what was found in each.

    spans: of the sentences. vectors: shape (sentences, dimensions), of each sentence after its headline.
    dates and figures: for each sentence, with offsets in it. people: the names, with offsets in the text.
    tokens: of the article. kept: they were read from disk.
    """

    article: Article
    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float32]
    dates: tuple[tuple[Dated, ...], ...]
    figures: tuple[tuple[Measured, ...], ...]
    names: tuple[Named, ...]
    quotations: tuple[Said, ...]
    tokens: int
    kept: bool = False

    def text(self, n: int) -> str:
        """The words of sentence ``n``."""
        start, end = self.spans[n]
        return self.article.text[start:end]


class NoteStore:
    """Notes on disk, one file for each article; the oldest go when there are more than ``most`` of them.

    A file that cannot be read or written is done without: what is kept must never cost a brief.
    """

    def __init__(self, folder: Path | None, *, most: int = 5000) -> None:
        self._folder = folder
        self._most = most

    def get(self, article: Article, embedder: Embedder) -> dict[str, Any] | None:
        """What was kept for an article, or None."""
        if self._folder is None:
            return None
        path = self._path(article, embedder)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            os.utime(path)
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def put(self, article: Article, embedder: Embedder, value: dict[str, Any]) -> None:
        """Keep it; whole or not at all."""
        if self._folder is None:
            return
        path = self._path(article, embedder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file)
            Path(name).replace(path)
        except OSError:
            return

    def shrink(self) -> None:
        """Let the notes go that have not been used for longest, where there are too many."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            files = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
            for path in files[: max(0, len(files) - self._most)]:
                path.unlink(missing_ok=True)

    def clear(self) -> int:
        """Forget all notes, and say how many there were. Raises OSError where one cannot be removed."""
        if self._folder is None:
            return 0
        files = list(self._folder.glob("*.json"))
        for path in files:
            path.unlink(missing_ok=True)
        return len(files)

    def _path(self, article: Article, embedder: Embedder) -> Path:
        content = json.dumps([article.title, article.text, str(article.published), embedder.name, VERSION])
        return (self._folder or Path()) / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.json"


def read(
    articles: Sequence[Article],
    embedder: Embedder,
    store: NoteStore,
    on_read: Callable[[Notes], None] = lambda notes: None,
) -> list[Notes]:
    """The notes of each article, from disk where they are kept; ``on_read`` hears of each."""
    found = []
    for article in articles:
        notes = _restored(article, store.get(article, embedder))
        if notes is None:
            notes = _made(article, embedder)
            store.put(article, embedder, _plain(notes))
        on_read(notes)
        found.append(notes)
    store.shrink()
    return found


def _made(article: Article, embedder: Embedder) -> Notes:
    import numpy as np

    spans = tuple(
        span for span in article_sentences(article) if len(article.text[slice(*span)].split()) >= _LEAST_WORDS
    )
    texts = [article.text[start:end] for start, end in spans]
    vectors = embedder.embed(texts) if texts else np.zeros((0, embedder.dimensions), dtype=np.float32)
    people = tuple(one for span in spans for one in named(article.text, span, article.title))
    return Notes(
        article=article,
        spans=spans,
        # As they are kept, so that a second run gives the same page.
        vectors=vectors.astype(np.float16).astype(np.float32),
        dates=tuple(dates(text, article.published) for text in texts),
        figures=tuple(tuple(figures(text)) for text in texts),
        names=people,
        quotations=tuple(quotations(article.text, spans, people, article.title)),
        tokens=count(article.text),
    )


def _plain(notes: Notes) -> dict[str, Any]:
    """The notes as JSON."""
    import numpy as np

    return {
        "spans": notes.spans,
        "vectors": base64.b64encode(notes.vectors.astype(np.float16).tobytes()).decode("ascii"),
        "dates": [[[one.start, one.end, one.iso, one.precision] for one in row] for row in notes.dates],
        "figures": [
            [
                [one.start, one.end, one.clause, one.kind, one.thing, sorted(one.keys), sorted(one.converted)]
                for one in row
            ]
            for row in notes.figures
        ],
        "names": [[one.name, one.person, one.start, one.end, one.role] for one in notes.names],
        "quotations": [[one.start, one.end, one.first, one.last, one.speaker] for one in notes.quotations],
        "tokens": notes.tokens,
    }


def _restored(article: Article, value: dict[str, Any] | None) -> Notes | None:
    """The notes from what was kept; None where there is nothing, or nothing that makes sense."""
    import numpy as np

    if value is None:
        return None
    try:
        spans = tuple((int(start), int(end)) for start, end in value["spans"])
        flat = np.frombuffer(base64.b64decode(value["vectors"]), dtype=np.float16).astype(np.float32)
        return Notes(
            article=article,
            spans=spans,
            vectors=flat.reshape(len(spans), -1) if spans else flat.reshape(0, 1),
            dates=tuple(
                tuple(Dated(start, end, iso, Precision(precision)) for start, end, iso, precision in row)
                for row in value["dates"]
            ),
            figures=tuple(
                tuple(
                    Measured(start, end, (left, right), kind, thing, frozenset(keys), frozenset(converted))
                    for start, end, (left, right), kind, thing, keys, converted in row
                )
                for row in value["figures"]
            ),
            names=tuple(
                Named(name, person, start, end, (first, last))
                for name, person, start, end, (first, last) in value["names"]
            ),
            quotations=tuple(Said(*one) for one in value["quotations"]),
            tokens=int(value["tokens"]),
            kept=True,
        )
    except (KeyError, TypeError, ValueError):
        return None
