"""What writes to the catalog. What is done in one ``transaction()`` readers see all of or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import neardup, schema
from .rows import (
    ARTICLE,
    CHUNK,
    article_of,
    chunk_of,
    details,
    kept_text,
    packed,
    wording,
)
from .schema import IN_CATALOG, IN_CHROMA, NO_VECTOR
from .types import Article, Chunk
from .vectors import metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Chunker = Callable[[Article], list[Chunk]]
EmbeddingText = Callable[[Article, Chunk], str]

_LISTED = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog remembers of an article it has: enough to see whether anything changed."""

    number: int
    id: str
    location: str
    digest: bytes


class Ledger:
    """The writing side of one catalog; only the holder of the writer's lock may have one."""

    def __init__(
        self, folder: Path, chunker: Chunker | None = None, embedding_text: EmbeddingText | None = None
    ) -> None:
        self.folder = folder
        self.db = schema.connect(folder, create=True, read_only=False)
        self._chunker = chunker
        self._embedding_text = embedding_text
        self._bander: neardup.Bander | None = None

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at the end; an exception undoes everything since the beginning."""
        with schema.damage_named(self.folder):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def known(self, articles: Sequence[Article]) -> tuple[dict[str, Known], dict[str, list[Known]]]:
        """What is known by the ids and by the locations of some articles."""
        locations: dict[str, list[Known]] = {}
        for known in self._known("location", [article.location for article in articles]):
            locations.setdefault(known.location, []).append(known)
        return self.by_id([article.id for article in articles]), locations

    def by_id(self, ids: Sequence[str]) -> dict[str, Known]:
        """What is known of these articles."""
        return {known.id: known for known in self._known("id", ids)}

    def _known(self, column: str, values: Sequence[str]) -> list[Known]:
        sql = f"SELECT number, id, location, digest FROM article WHERE {column} IN {_LISTED}"
        return [Known(*row) for row in self.db.execute(sql, (json.dumps(list(values)),))]

    def insert(self, article: Article) -> None:
        """A new article with its chunks and its group."""
        number = self._enter_fingerprint(article)
        columns = {
            "id": article.id,
            "path": article.path,
            "location": article.location,
            "title": article.title,
            "text": article.text,
            "fingerprint": number,
            **details(article),
        }
        marks = ", ".join("?" * len(columns))
        row = self.db.execute(
            f"INSERT INTO article ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values())
        ).lastrowid
        assert row is not None
        self.db.execute("INSERT INTO original VALUES (?, ?)", (row, packed(article.original)))
        self._insert_chunks(row, article)
        neardup.settle(self.db, [number])

    def update(self, known: Known, article: Article) -> None:
        """An article whose text is the same and something else is not; chunks that stay keep their vector."""
        (old,) = self.db.execute(
            "SELECT fingerprint FROM article WHERE number = ?", (known.number,)
        ).fetchone()
        number = self._enter_fingerprint(article)
        columns = {"location": article.location, "fingerprint": number, **details(article)}
        sets = ", ".join(f"{column} = ?" for column in columns)
        self.db.execute(f"UPDATE article SET {sets} WHERE number = ?", (*columns.values(), known.number))
        self.db.execute(
            "UPDATE original SET text = ? WHERE article = ?", (packed(article.original), known.number)
        )
        self.rechunk(known.number, article)
        neardup.settle(self.db, {old, number})

    def move(self, known: Known, location: str) -> None:
        """The same article was read from another place."""
        self.db.execute("UPDATE article SET location = ? WHERE number = ?", (location, known.number))

    def delete(self, numbers: Sequence[int]) -> None:
        """Articles with everything that hangs on them; their chunks are noted to be deleted from Chroma."""
        listed = json.dumps(list(numbers))
        prints = self.db.execute(f"SELECT fingerprint FROM article WHERE number IN {_LISTED}", (listed,))
        touched = {number for (number,) in prints}
        chunks = self.db.execute(f"SELECT number FROM chunk WHERE article IN {_LISTED}", (listed,))
        self._delete_chunks([number for (number,) in chunks])
        self.db.execute(f"DELETE FROM article WHERE number IN {_LISTED}", (listed,))
        neardup.settle(self.db, touched)

    def rechunk(self, number: int, article: Article) -> None:
        """Makes the chunks of an article anew. Vectors of unchanged wording are taken over."""
        chunks = self.db.execute("SELECT number FROM chunk WHERE article = ?", (number,))
        old = [chunk for (chunk,) in chunks]
        listed = json.dumps(old)
        rows = self.db.execute(
            f"SELECT wording, data FROM chunk JOIN vector ON chunk = number WHERE number IN {_LISTED}",
            (listed,),
        )
        vectors = dict(rows.fetchall())
        self._delete_chunks(old)
        self._insert_chunks(number, article, vectors)

    def pending(self, limit: int) -> list[tuple[Article, Chunk, bytes]]:
        """Chunks without a vector as (article, chunk, wording), whole articles, about ``limit`` in all."""
        numbers, total = list[int](), 0
        rows = self.db.execute(
            f"SELECT article, count(*) FROM chunk WHERE state = {NO_VECTOR} GROUP BY article ORDER BY article"
        )
        for number, count in rows:
            numbers.append(number)
            total += count
            if total >= limit:
                break
        found = self.db.execute(
            f"SELECT chunk.wording, {CHUNK}, {ARTICLE} FROM chunk"
            " JOIN article ON article.number = chunk.article"
            f" WHERE state = {NO_VECTOR} AND chunk.article IN {_LISTED} ORDER BY chunk.number",
            (json.dumps(numbers),),
        )
        return [(article_of(row[7:]), chunk_of(row[1:7]), row[0]) for row in found]

    def pending_count(self) -> int:
        """Chunks without a vector."""
        return self.count(f"chunk WHERE state = {NO_VECTOR}")

    def store_vectors(self, wordings: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Gives every chunk of these wordings that has no vector the wording's one."""
        for key, vector in zip(wordings, vectors, strict=True):
            data = vector.astype("<f4").tobytes()
            self.db.execute(
                f"INSERT INTO vector SELECT number, ? FROM chunk WHERE wording = ? AND state = {NO_VECTOR}",
                (data, key),
            )
            self.db.execute(
                f"UPDATE chunk SET state = {IN_CATALOG} WHERE wording = ? AND state = {NO_VECTOR}", (key,)
            )

    def unsynced(self, limit: int) -> list[tuple[int, str, bytes, dict[str, Any]]]:
        """Up to ``limit`` chunks as Chroma should have them and has not: (number, id, vector, metadata)."""
        rows = self.db.execute(
            "SELECT chunk.number, chunk.id, vector.data, article.id, published, source_key, tags"
            " FROM chunk JOIN vector ON vector.chunk = chunk.number JOIN article ON article.number = article"
            f" WHERE state = {IN_CATALOG} ORDER BY chunk.number LIMIT ?",
            (limit,),
        )
        return [
            (number, chunk, data, metadata(article, published, source, json.loads(tags)))
            for number, chunk, data, article, published, source, tags in rows
        ]

    def gone(self) -> list[str]:
        """Ids of chunks that are to be deleted from Chroma."""
        return [chunk for (chunk,) in self.db.execute("SELECT chunk FROM gone")]

    def mark_synced(self, numbers: Sequence[int]) -> None:
        """These chunks are in Chroma now, and those that were gone are not."""
        marked = f"UPDATE chunk SET state = {IN_CHROMA} WHERE number IN {_LISTED}"
        self.db.execute(marked, (json.dumps(list(numbers)),))
        self.db.execute("DELETE FROM gone")

    def mark_unsynced(self) -> None:
        """Chroma is to be filled anew from the vectors of the catalog."""
        self.db.execute(f"UPDATE chunk SET state = {IN_CATALOG} WHERE state = {IN_CHROMA}")
        self.db.execute("DELETE FROM gone")

    def any(self, what: str) -> bool:
        """Whether there is a row of ``what``, a table perhaps with a condition."""
        return bool(self.db.execute(f"SELECT EXISTS (SELECT 1 FROM {what})").fetchone()[0])

    def count(self, what: str) -> int:
        """The number of rows of ``what``, a table perhaps with a condition."""
        return int(self.db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])

    def mark_syncing(self, on: bool) -> None:
        """Notes, in a transaction of its own, that Chroma is being written, or that it is whole again."""
        with self.transaction():
            self.set_meta(syncing=int(on))

    def set_meta(self, **values: str | int) -> None:
        """Facts about the index as a whole."""
        self.db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def meta(self, key: str) -> str | int | None:
        """A fact about the index as a whole, None when it is not known."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _enter_fingerprint(self, article: Article) -> int:
        self._bander = self._bander or neardup.Bander()
        return neardup.enter(self.db, neardup.fingerprint(kept_text(article)), self._bander)

    def _insert_chunks(
        self, number: int, article: Article, vectors: dict[bytes, bytes] | None = None
    ) -> None:
        assert self._chunker is not None
        assert self._embedding_text is not None
        for chunk in self._chunker(article):
            key = wording(self._embedding_text(article, chunk))
            vector = (vectors or {}).get(key) or self._vector_of(key)
            state = NO_VECTOR if vector is None else IN_CATALOG
            columns = (chunk.id, number, chunk.ordinal, chunk.start, chunk.end, chunk.tokens, key, state)
            row = self.db.execute(
                "INSERT INTO chunk (id, article, ordinal, start, stop, tokens, wording, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                columns,
            ).lastrowid
            if vector is not None:
                self.db.execute("INSERT INTO vector VALUES (?, ?)", (row, vector))
            self.db.execute(
                "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
                (row, article.title, article.text[chunk.start : chunk.end]),
            )

    def _vector_of(self, key: bytes) -> bytes | None:
        row = self.db.execute(
            "SELECT data FROM chunk JOIN vector ON chunk = number WHERE wording = ? LIMIT 1", (key,)
        ).fetchone()
        return row[0] if row else None

    def _delete_chunks(self, numbers: Iterable[int]) -> None:
        listed = json.dumps(list(numbers))
        # An external-content word index must be told the old words.
        self.db.execute(
            "INSERT INTO words (words, rowid, title, body)"
            f" SELECT 'delete', number, title, body FROM passage WHERE number IN {_LISTED}",
            (listed,),
        )
        self.db.execute(
            f"INSERT OR IGNORE INTO gone SELECT id FROM chunk WHERE number IN {_LISTED} AND state > 0",
            (listed,),
        )
        self.db.execute(f"DELETE FROM chunk WHERE number IN {_LISTED}", (listed,))
