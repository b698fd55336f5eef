"""One writer's work on one index; index/build.py says what the parts add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import EmbeddingMismatch, IndexDamaged
from .ledger import Chunker, EmbeddingText, Known, Ledger
from .rows import digest
from .types import Article, Embedder, Skipped
from .vectors import Vectors

ARTICLES_AT_ONCE = 64  # in one transaction
CHUNKS_AT_ONCE = 512  # given to the embedder, which sorts them by length
_ROWS_AT_ONCE = 2048  # into Chroma
_WORTH_SEALING = 200  # rows: sealing costs about half a second, each later opening without it up to that


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: articles and skipped items seen, chunks and tokens embedded, chunks to embed."""

    articles: int
    skipped: int
    chunks_embedded: int
    tokens_embedded: int
    chunks_pending: int


@dataclass
class Run:
    """One writer's work on one index."""

    folder: Path
    embedder: Embedder | None = None
    chunker: Chunker | None = None
    embedding_text: EmbeddingText | None = None
    progress: Callable[[Progress], None] | None = None
    counts: dict[str, int] = field(
        default_factory=lambda: {"added": 0, "unchanged": 0, "updated": 0, "removed": 0}
    )
    skipped: list[Skipped] = field(default_factory=list)
    seen: int = 0
    chunks_embedded: int = 0
    tokens_embedded: int = 0
    rows_written: int = 0

    def __enter__(self) -> Run:
        self.ledger = Ledger(self.folder, self.chunker, self.embedding_text)
        name, dimensions = self.ledger.meta("embedding"), self.ledger.meta("dimensions")
        if self.embedder is not None:
            ours = self.embedder.name, self.embedder.dimensions
            if name != ours[0] or dimensions != ours[1]:
                if name is not None and self.ledger.count("article"):
                    self.ledger.close()
                    raise EmbeddingMismatch(
                        f"The index in {self.folder} was made with the embedding {name} and {ours[0]} is "
                        f"configured: use {name}, or another index folder."
                    )
                with self.ledger.transaction():
                    self.ledger.set_meta(embedding=ours[0], dimensions=ours[1], syncing=1)
            dimensions = ours[1]
        self.vectors = Vectors(self.folder, int(dimensions or 0))
        return self

    def __exit__(self, *_: object) -> None:
        self.vectors.close()
        self.ledger.close()

    def begin(self) -> None:
        """Sees to what an earlier run has left undone in Chroma."""
        torn = self.ledger.meta("syncing")
        lost = not self.vectors.exists() and self.ledger.any("chunk WHERE state = 2")
        if torn or lost:
            self.refill()

    def take(self, batch: Sequence[Article | Skipped]) -> None:
        """Enters a batch in one transaction."""
        articles: dict[str, Article] = {}
        for item in batch:
            problem = item if isinstance(item, Skipped) else _unstorable(item)
            if problem:
                self.skipped.append(problem)
            elif isinstance(item, Article):
                self.seen += 1
                self.counts["unchanged"] += item.id in articles
                articles.setdefault(item.id, item)
        ids, locations = self.ledger.known(list(articles.values()))
        work = [_Step(article, ids.get(article.id)) for article in articles.values()]
        displaced = {
            step.article.id: [
                known for known in locations.get(step.article.location, ()) if known.id not in articles
            ]
            for step in work
            if _lasting(step.article.location)
        }
        if any(step.changes for step in work) or any(displaced.values()):
            with self.ledger.transaction():
                removed = {known.number for found in displaced.values() for known in found}
                for step in work:
                    self._enter(step, bool(displaced.get(step.article.id)))
                self.ledger.delete(sorted(removed))
                replacing = sum(1 for step in work if not step.known and displaced.get(step.article.id))
                self.counts["removed"] += max(0, len(removed) - replacing)
        else:
            self.counts["unchanged"] += len(work)
        self._report()

    def _enter(self, step: _Step, replaces: bool) -> None:
        if step.known is None:
            self.ledger.insert(step.article)
            self.counts["updated" if replaces else "added"] += 1
        elif step.revised:
            self.ledger.update(step.known, step.article)
            self.counts["updated"] += 1
        else:
            if step.changes:
                self.ledger.move(step.known, step.article.location)
            self.counts["unchanged"] += 1

    def embed(self, *, at_least: int) -> None:
        """Embeds what has no vector yet, when it is at least so much."""
        while self.embedder is not None and self.ledger.pending_count() >= at_least:
            assert self.embedding_text is not None
            texts: dict[bytes, str] = {}
            tokens = 0
            for article, chunk, wording in self.ledger.pending(CHUNKS_AT_ONCE):
                if wording not in texts:
                    texts[wording] = self.embedding_text(article, chunk)
                    tokens += chunk.tokens
            vectors = self.embedder.embed(list(texts.values()))
            with self.ledger.transaction():
                self.ledger.store_vectors(list(texts), vectors)
            self.chunks_embedded += len(texts)
            self.tokens_embedded += tokens
            self.sync()
            self._report()

    def sync(self) -> None:
        """Brings Chroma up to the catalog, from the beginning when its files turn out to be damaged."""
        try:
            self._sync()
        except IndexDamaged:
            self.refill()
            self._sync()

    def _sync(self) -> None:
        """While it writes to Chroma, the catalog says that it does."""
        while True:
            gone, rows = self.ledger.gone(), self.ledger.unsynced(_ROWS_AT_ONCE)
            if not gone and not rows:
                return
            self.ledger.mark_syncing(True)
            if gone and self.vectors.exists():
                self.vectors.delete(gone)
            if rows:
                import numpy as np

                data = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f4")
                matrix = data.reshape(len(rows), -1).astype(np.float32)
                self.vectors.upsert([row[1] for row in rows], matrix, [row[3] for row in rows])
            with self.ledger.transaction():
                self.ledger.mark_synced([row[0] for row in rows])
                self.ledger.set_meta(syncing=0)
            self.rows_written += len(gone) + len(rows)

    def refill(self) -> None:
        """Throws Chroma's files away, so that ``sync`` fills them anew from the catalog's vectors."""
        with self.ledger.transaction():
            self.ledger.set_meta(syncing=1)
            self.ledger.mark_unsynced()
        self.vectors.reset()
        with self.ledger.transaction():
            self.ledger.set_meta(syncing=0)

    def finish(self) -> None:
        """The last of the changes into Chroma, counted, and its graph written out."""
        self.sync()
        if not self.rows_written:
            return
        if self._rows_in_chroma() != self.ledger.count("vector"):
            self.refill()
            self.sync()
        if self.rows_written >= _WORTH_SEALING and self.vectors.exists():
            self.ledger.mark_syncing(True)
            self.vectors.seal()
            self.ledger.mark_syncing(False)

    def _rows_in_chroma(self) -> int:
        try:
            return self.vectors.count()
        except IndexDamaged:
            return -1

    def _report(self) -> None:
        if self.progress:
            pending = self.ledger.pending_count()
            self.progress(
                Progress(self.seen, len(self.skipped), self.chunks_embedded, self.tokens_embedded, pending)
            )


@dataclass(frozen=True, slots=True)
class _Step:
    """An article that was offered and what the catalog knows of it."""

    article: Article
    known: Known | None

    @property
    def revised(self) -> bool:
        return self.known is not None and self.known.digest != digest(self.article)

    @property
    def changes(self) -> bool:
        return self.known is None or self.known.location != self.article.location or self.revised


def _lasting(location: str) -> bool:
    """Whether a location is the same place in the next run; standard input is not."""
    return location != "-" and not location.startswith("-#")


def _unstorable(article: Article) -> Skipped | None:
    try:
        for text in (article.title, article.text, article.path, article.location):
            text.encode()
    except UnicodeEncodeError as error:
        return Skipped(article.location, f"holds half a surrogate pair at character {error.start}")
    if "\0" in article.text or "\0" in article.title:
        return Skipped(article.location, "holds NUL characters, it is no text")
    return None
