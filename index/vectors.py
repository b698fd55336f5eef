"""The vectors of the chunks in Chroma; the only importer of chromadb.

Chroma is derived from the catalog, which keeps the vectors too: its graph files are written in place, so a
process that dies meanwhile can leave them torn, sometimes without an error ever after. index/run.py notes in
the catalog when it writes here and fills a new store where a writer died.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakSet

from . import schema
from .errors import IndexDamaged
from .rows import number_of
from .types import Query

if TYPE_CHECKING:
    import chromadb
    import numpy as np
    from numpy.typing import NDArray

MAX_BATCH = 5_000
"""Rows in one call; Chroma takes at most 5,461."""

# With the defaults (100, 100) the recall of the nearest 50 of 5,900 clustered random vectors was 0.94, with
# these 0.98, for 10% more time when writing. What came after the last multiple of sync_threshold is put into
# the graph again by every process that opens the store: see ``seal``.
_SYNC = 1000
_GRAPH: Any = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "sync_threshold": _SYNC}
_NAME = "chunks"
_MAX_LISTED = 1_000


class Vectors:
    """The vectors of one index, ``dimensions`` long, nearest by cosine.

    A reader that lives long notices by the catalog's generation that another process wrote, and opens the
    store again: without that Chroma finds the new rows by id but not by nearness.
    """

    _live: ClassVar[WeakSet[Vectors]] = WeakSet()

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._path = folder / "chroma"
        self._lock = threading.RLock()
        self._client: Any = None
        self._collection: chromadb.Collection | None = None
        self._generation = -1
        Vectors._live.add(self)

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        return (self._path / "chroma.sqlite3").is_file()

    def upsert(
        self, ids: Sequence[str], vectors: NDArray[np.float32], metadatas: Sequence[Mapping[str, Any]]
    ) -> None:
        """Stores or replaces rows; ``vectors`` are ``(len(ids), dimensions)``. Raises IndexDamaged."""
        if vectors.shape != (len(ids), self.dimensions):
            raise ValueError(f"vectors of shape {vectors.shape} for {len(ids)} ids of {self.dimensions}")
        for at in range(0, len(ids), MAX_BATCH):
            part = slice(at, at + MAX_BATCH)
            with self._writing() as rows:
                rows.upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    metadatas=[dict(m) for m in metadatas[part]],
                )

    def delete(self, ids: Collection[str]) -> None:
        """Deletes rows; ids that are not there do not matter. Raises IndexDamaged."""
        listed = list(ids)
        for at in range(0, len(listed), MAX_BATCH):
            with self._writing() as rows:
                rows.delete(ids=listed[at : at + MAX_BATCH])

    def ids(self) -> set[str]:
        """The ids of all rows. Raises IndexDamaged."""
        return set(self._ask(lambda rows: rows.get(include=[])["ids"], default=[]))

    def count(self) -> int:
        """The number of rows. Raises IndexDamaged."""
        return int(self._ask(lambda rows: rows.count(), default=0))

    def get(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those of the ids that are there, as the graph holds them. Raises IndexDamaged."""
        import numpy as np

        found: dict[str, NDArray[np.float32]] = {}
        for at in range(0, len(ids), MAX_BATCH):
            part = list(ids[at : at + MAX_BATCH])
            rows = self._ask(
                lambda rows, part=part: rows.get(ids=part, include=["embeddings"]),
                default={"ids": [], "embeddings": []},
            )
            found.update(zip(rows["ids"], np.asarray(rows["embeddings"], dtype=np.float32), strict=True))
        return found

    def query(
        self,
        vector: NDArray[np.float32],
        n: int,
        where: dict[str, Any] | None = None,
        articles: Collection[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The ``n`` chunks nearest to a vector as (chunk id, cosine similarity), nearest first.

        where: a filter on metadata (see ``filters``); articles: ids to which the search is restricted.
        Raises IndexDamaged.
        """
        if n < 1 or (articles is not None and not articles):
            return []
        self._refresh()
        if articles is None:
            return [(chunk, near) for chunk, _, near in self._nearest(vector, n, where)]
        if len(articles) <= _MAX_LISTED:
            listed = {"article_id": {"$in": list(articles)}}
            both = {"$and": [where, listed]} if where else listed
            return [(chunk, near) for chunk, _, near in self._nearest(vector, n, both)]
        wanted, total, width = set(articles), self.count(), 4 * n
        while True:
            found = self._nearest(vector, width, where)
            kept = [(chunk, near) for chunk, article, near in found if article in wanted]
            if len(kept) >= n or width >= total:
                return kept[:n]
            width *= 4

    def seal(self) -> None:
        """Writes the graph out, so that a process that opens the store need not build its newest part."""
        with self._writing() as rows:
            some = rows.get(limit=3, include=["embeddings", "metadatas"])
            rows.modify(configuration={"hnsw": {"sync_threshold": 2}})
        self._reopen()  # the store takes a changed threshold only when it is opened
        with self._writing() as rows:
            rows.upsert(ids=some["ids"], embeddings=some["embeddings"], metadatas=some["metadatas"])
            rows.modify(configuration={"hnsw": {"sync_threshold": _SYNC}})
        self._reopen()

    def reset(self) -> None:
        """Forgets everything stored."""
        self._reopen()
        shutil.rmtree(self._path, ignore_errors=True)

    def close(self) -> None:
        """Lets go of the files; the next call opens them again."""
        with self._lock:
            client, self._client, self._collection = self._client, None, None
            if client is not None:
                client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _nearest(
        self, vector: NDArray[np.float32], n: int, where: dict[str, Any] | None
    ) -> list[tuple[str, str, float]]:
        found = self._ask(
            lambda rows: rows.query(
                query_embeddings=[vector], n_results=n, where=where, include=["distances", "metadatas"]
            ),
            default={"ids": [[]], "distances": [[]], "metadatas": [[]]},
        )
        rows = zip(found["ids"][0], found["metadatas"][0], found["distances"][0], strict=True)
        return [(chunk, str(meta["article_id"]), 1.0 - distance) for chunk, meta, distance in rows]

    def _ask(self, question: Any, default: Any) -> Any:
        """Asks Chroma; once more after a moment, in case another process was just writing."""
        if not self.exists():
            return default
        import chromadb.errors

        with self._lock:
            try:
                return question(self._open(create=False))
            except (chromadb.errors.ChromaError, IndexDamaged):
                self._reopen()
                time.sleep(0.3)
            try:
                return question(self._open(create=False))
            except chromadb.errors.ChromaError as error:
                self._reopen()
                raise self._damaged(error) from error

    @contextmanager
    def _writing(self) -> Iterator[chromadb.Collection]:
        rows = self._open(create=True)
        import chromadb.errors

        try:
            yield rows
        except chromadb.errors.InternalError as error:
            raise self._damaged(error) from error

    def _open(self, *, create: bool) -> chromadb.Collection:
        with self._lock:
            if self._collection is None:
                generation = self._generation_now()
                try:
                    self._client = _client(self._path)
                    if create:
                        self._collection = self._client.get_or_create_collection(
                            _NAME, configuration={"hnsw": _GRAPH}, embedding_function=None
                        )
                    else:
                        self._collection = self._client.get_collection(_NAME, embedding_function=None)
                except Exception as error:  # for a torn store Chroma raises what comes, even AttributeError
                    raise self._damaged(error) from error
                self._generation = generation
            return self._collection

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(
            f"The vectors in {self._path} cannot be read ({error}): run 'qa index check --repair'."
        )

    def _refresh(self) -> None:
        with self._lock:
            if self._collection is not None and self._generation != self._generation_now():
                self._reopen()

    def _reopen(self) -> None:
        # Chroma shares one store among the clients of a process: all of them must let go of it.
        for other in list(Vectors._live):
            if other._path == self._path:
                other.close()

    def _generation_now(self) -> int:
        """The catalog's generation, read without a Catalog so that a reader needs nothing but the folder."""
        file = self.folder / schema.FILE
        if not file.is_file():
            return 0
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as db:
            return int(db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def _client(path: Path) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(path, Settings(anonymized_telemetry=False))
    except Exception:
        # Chroma keeps the store that failed to open and would hand it out again.
        SharedSystemClient._identifier_to_system.pop(str(path), None)
        raise


def filters(query: Query) -> dict[str, Any] | None:
    """The query's filters on dates, sources and tags for ``Vectors.query``; None when there are none."""
    parts: list[dict[str, Any]] = []
    if query.since:
        parts.append({"published": {"$gte": number_of(query.since)}})
    if query.until:
        parts.append({"published": {"$lte": number_of(query.until)}})
    if query.sources:
        parts.append({"source": {"$in": [source.casefold() for source in query.sources]}})
    if len(query.tags) == 1:
        parts.append({"tags": {"$contains": query.tags[0]}})
    elif query.tags:
        parts.append({"$or": [{"tags": {"$contains": tag}} for tag in query.tags]})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}


def metadata(article_id: str, published: int | None, source_key: str, tags: Sequence[str]) -> dict[str, Any]:
    """What Chroma keeps beside a chunk's vector: what filters need, and nothing that is empty."""
    kept: dict[str, Any] = {"article_id": article_id}
    if published:
        kept["published"] = published
    if source_key:
        kept["source"] = source_key
    if tags:
        kept["tags"] = list(tags)
    return kept
