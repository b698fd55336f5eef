"""Articles into the index: add, update, remove; incremental, resumable, one writer at a time.

The order of writing makes every moment a good one to be killed in: articles with chunks and words are
committed first (a whole article or nothing), then the vectors into the catalog, then into Chroma under a mark
in the catalog. The next run finds what is missing and does just that; a Chroma that a writer died in is
filled anew from the catalog's vectors, without embedding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .catalog import Catalog
from .check import check
from .errors import NothingIndexed
from .ledger import Chunker, EmbeddingText
from .lock import writer_lock
from .run import ARTICLES_AT_ONCE, CHUNKS_AT_ONCE, Progress, Run
from .schema import FILE
from .types import Article, Embedder, Skipped

__all__ = ["Chunker", "EmbeddingText", "Progress", "Summary", "add", "check", "remove", "writer_lock"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run of ``add`` did. ``removed`` counts articles whose place another known article has taken."""

    added: int
    unchanged: int
    updated: int
    removed: int
    skipped: tuple[Skipped, ...]
    chunks_embedded: int
    tokens_embedded: int
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether anything that was skipped is a failure."""
        return any(item.failure for item in self.skipped)


def add(
    folder: Path,
    items: Iterable[Article | Skipped],
    embedder: Embedder,
    chunker: Chunker,
    embedding_text: EmbeddingText,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Takes articles into the index in ``folder``, which is made when it is missing.

    An article whose id is known is unchanged, or updated in place when its other fields differ; one whose
    location is known under another id replaces what was there. Only texts without a vector are embedded;
    ``embedder.embed`` is not called when there are none. Items are read as they come, never all at once.
    Raises IndexBusy, EmbeddingMismatch, IndexDamaged, and whatever the embedder raises; what was done until
    then stays and the next run goes on from there.
    """
    start = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder), Run(folder, embedder, chunker, embedding_text) as run:
        run.progress = progress
        run.begin()
        stream = iter(items)
        while batch := list(islice(stream, ARTICLES_AT_ONCE)):
            run.take(batch)
            run.embed(at_least=CHUNKS_AT_ONCE)
        run.embed(at_least=1)
        run.finish()
        return Summary(
            **run.counts,
            skipped=tuple(run.skipped),
            chunks_embedded=run.chunks_embedded,
            tokens_embedded=run.tokens_embedded,
            seconds=time.monotonic() - start,
        )


def remove(folder: Path, refs: Sequence[str]) -> int:
    """Removes the articles that the refs stand for (see ``Catalog.article``); returns how many.

    Raises NothingIndexed, IndexBusy, and NoSuchArticle before anything is removed.
    """
    if not (folder / FILE).is_file():
        raise NothingIndexed(f"There is no index in {folder}: nothing to remove.")
    with writer_lock(folder):
        with Catalog.open(folder) as catalog:
            ids = {catalog.article(ref).id for ref in refs}
        with Run(folder) as run:
            with run.ledger.transaction():
                run.ledger.delete([known.number for known in run.ledger.by_id(sorted(ids)).values()])
            run.begin()
            run.finish()
    return len(ids)
