"""The catalog: articles, chunks and their words in SQLite; the source of truth of an index.

This module reads. What writes is index/ledger.py, driven by index/build.py.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from . import schema
from .errors import NoSuchArticle, NothingIndexed
from .rows import ARTICLE, CHUNK, article_of, chunk_of, conditions, day_of, unpacked
from .types import Article, Chunk, Query


@dataclass(frozen=True, slots=True)
class Stats:
    """What an index holds.

    tokens: of all chunks. embedded: chunks whose vector is there. sources: articles by source, most first.
    duplicate_groups: groups of at least two near-duplicates; duplicates: articles in them beyond one each.
    size: bytes on disk. embedding: name and dimensions, or None before anything was added.
    """

    articles: int
    chunks: int
    tokens: int
    embedded: int
    sources: tuple[tuple[str, int], ...]
    first: date | None
    last: date | None
    undated: int
    duplicate_groups: int
    duplicates: int
    size: int
    embedding: tuple[str, int] | None


class Catalog:
    """A reader of one index. May be used from several threads; sees every committed change at once."""

    def __init__(self, db: sqlite3.Connection, folder: Path) -> None:
        self._db = db
        self._lock = threading.RLock()
        self._frequencies: dict[str, int] = {}
        self._frequencies_of = -1
        self.folder = folder

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Self:
        """The catalog in ``folder``; ``create`` makes the folder and an empty one where there is none.

        Raises NothingIndexed when there is no index or it is empty (unless ``create``), IndexDamaged when
        the folder holds something that cannot be read as an index.
        """
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not (folder / schema.FILE).is_file():
            raise NothingIndexed(f"There is no index in {folder}: add articles with 'qa index add PATH'.")
        catalog = cls(schema.connect(folder, create=create, read_only=True), folder)
        if not create and not catalog._has_articles():
            catalog.close()
            raise NothingIndexed(f"The index in {folder} is empty: add articles with 'qa index add PATH'.")
        return catalog

    def close(self) -> None:
        """Closes the file; the catalog cannot be used afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within it every call sees the same state, whatever a writer does meanwhile."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    @property
    def embedding(self) -> tuple[str, int] | None:
        """Name and dimensions of the embedding that made the index."""
        kept = dict(self._rows("SELECT key, value FROM meta WHERE key IN ('embedding', 'dimensions')"))
        return (kept["embedding"], int(kept["dimensions"])) if "embedding" in kept else None

    def article(self, ref: str) -> Article:
        """The article with this id, unambiguous beginning of an id (4 or more digits), path or location.

        Raises NoSuchArticle, naming the articles that were perhaps meant.
        """
        found = self._candidates(ref)
        if len(found) == 1:
            return article_of(found[0])
        if found:
            named = ", ".join(f"{row[0]} ({row[1]})" for row in found[:5])
            raise NoSuchArticle(f"'{ref}' stands for {len(found)} articles, give the id of one: {named}.")
        near = self._near(ref)
        hint = f" perhaps {' or '.join(near)}" if near else " 'qa index list' shows all"
        raise NoSuchArticle(f"No article '{ref}' in {self.folder}:{hint}.")

    def original(self, article_id: str) -> str:
        """The text as it was before cleaning. Raises NoSuchArticle."""
        rows = self._rows(
            "SELECT original.text FROM original JOIN article ON number = original.article WHERE id = ?",
            (article_id,),
        )
        if not rows:
            raise NoSuchArticle(f"No article '{article_id}' in {self.folder}: 'qa index list' shows all.")
        return unpacked(rows[0][0])

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """Those of the articles that are there, by id."""
        rows = self._rows(f"SELECT {ARTICLE} FROM article WHERE id IN {_LISTED}", (json.dumps(list(ids)),))
        return {row[0]: article_of(row) for row in rows}

    def list_articles(self, query: Query | None = None) -> Iterator[Article]:
        """All articles that pass the query's filters, ordered by path, read bit by bit."""
        sql, values = conditions(query) if query else ("", [])
        path, ident = "", ""
        while True:
            rows = self._rows(
                f"SELECT {ARTICLE} FROM article WHERE (path, id) > (?, ?){sql} ORDER BY path, id LIMIT 200",
                (path, ident, *values),
            )
            yield from map(article_of, rows)
            if len(rows) < 200:
                return
            ident, path = rows[-1][:2]

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Those of the chunks that are there, by id."""
        rows = self._rows(f"{_CHUNKS} WHERE chunk.id IN {_LISTED}", (json.dumps(list(ids)),))
        return {row[0]: chunk_of(row) for row in rows}

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """The chunks of an article in their order; empty where there is no such article."""
        rows = self._rows(f"{_CHUNKS} WHERE article.id = ? ORDER BY chunk.ordinal", (article_id,))
        return [chunk_of(row) for row in rows]

    def lexical(
        self, match: str, limit: int, query: Query, *, title: float = 1.0, body: float = 1.0
    ) -> list[tuple[str, float]]:
        """The best chunks for an FTS5 MATCH expression as (chunk id, BM25 score, higher is better).

        The headline is a column of its own beside the chunk's words; ``title`` and ``body`` weigh the two.
        The query's filters apply. A malformed expression raises sqlite3.OperationalError.
        """
        sql, values = conditions(query)
        return self._rows(
            "SELECT chunk.id, -bm25(words, ?, ?) AS score FROM words"
            " JOIN chunk ON chunk.number = words.rowid JOIN article ON article.number = chunk.article"
            f" WHERE words MATCH ?{sql} ORDER BY score DESC, chunk.id LIMIT ?",
            (title, body, match, *values, limit),
        )

    def matching(self, query: Query) -> set[str] | None:
        """Ids of the articles that pass the query's filters; None when it has none."""
        sql, values = conditions(query)
        if not sql:
            return None
        return {ident for (ident,) in self._rows(f"SELECT id FROM article WHERE true{sql}", values)}

    def groups(self, article_ids: Iterable[str]) -> dict[str, str]:
        """The near-duplicate group of each article: the least id in the group, its own id when alone."""
        return dict(
            self._rows(
                "SELECT id, story FROM article JOIN fingerprint ON fingerprint.number = article.fingerprint"
                f" WHERE id IN {_LISTED}",
                (json.dumps(list(article_ids)),),
            )
        )

    def group_members(self, article_id: str) -> list[str]:
        """Ids of all near-duplicates of an article, itself among them; empty where it is not there."""
        rows = self._rows(
            "SELECT other.id FROM article JOIN fingerprint AS own ON own.number = article.fingerprint"
            " JOIN fingerprint AS peer ON peer.story = own.story"
            " JOIN article AS other ON other.fingerprint = peer.number"
            " WHERE article.id = ? ORDER BY other.id",
            (article_id,),
        )
        return [ident for (ident,) in rows]

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """How many chunks hold each term (any of its inflections) in headline or text."""
        generation = self.generation
        if self._frequencies_of != generation or len(self._frequencies) > 50_000:
            self._frequencies, self._frequencies_of = {}, generation
        for term in set(terms) - self._frequencies.keys():
            quoted = '"' + term.replace('"', '""') + '"'
            found = self._rows("SELECT count(*) FROM words WHERE words MATCH ?", (quoted,))
            self._frequencies[term] = int(found[0][0])
        return {term: self._frequencies[term] for term in terms}

    def chunk_count(self) -> int:
        """The number of chunks, for inverse document frequencies."""
        return int(self._rows("SELECT count(*) FROM chunk")[0][0])

    @property
    def generation(self) -> int:
        """A number that grows with every change of the index."""
        return int(self._rows("SELECT value FROM meta WHERE key = 'generation'")[0][0])

    def stats(self) -> Stats:
        """Counts over the whole index."""
        with self.snapshot():
            return self._stats()

    def _stats(self) -> Stats:
        articles, undated, first, last = self._rows(
            "SELECT count(*), count(*) - count(published), min(published), max(published) FROM article"
        )[0]
        chunks, tokens, embedded = self._rows(
            "SELECT count(*), coalesce(sum(tokens), 0), count(*) FILTER (WHERE state > 0) FROM chunk"
        )[0]
        sources = self._rows("SELECT source, count(*) FROM article GROUP BY source ORDER BY 2 DESC, 1")
        groups, members = self._rows(
            "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT count(*) AS size FROM article"
            " JOIN fingerprint ON fingerprint.number = article.fingerprint GROUP BY story HAVING size > 1)"
        )[0]
        size = sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
        return Stats(
            articles=articles,
            chunks=chunks,
            tokens=tokens,
            embedded=embedded,
            sources=tuple(sources),
            first=day_of(first),
            last=day_of(last),
            undated=undated,
            duplicate_groups=groups,
            duplicates=members - groups,
            size=size,
            embedding=self.embedding,
        )

    def _has_articles(self) -> bool:
        tables = self._rows("SELECT count(*) FROM sqlite_master WHERE name = 'article'")
        return bool(tables[0][0]) and bool(self._rows("SELECT EXISTS (SELECT 1 FROM article)")[0][0])

    def _candidates(self, ref: str) -> list[tuple[Any, ...]]:
        select = f"SELECT {ARTICLE} FROM article WHERE "
        for column in ("id", "path", "location"):
            if rows := self._rows(f"{select}{column} = ? ORDER BY id LIMIT 20", (ref,)):
                return rows
        prefix = ref.lower()
        if len(prefix) >= 4 and set(prefix) <= set("0123456789abcdef"):
            return self._rows(f"{select}id >= ? AND id < ? ORDER BY id LIMIT 20", (prefix, prefix + "g"))
        return []

    def _near(self, ref: str) -> list[str]:
        rows = self._rows("SELECT path FROM article WHERE instr(lower(path), lower(?)) LIMIT 3", (ref,))
        if not rows:
            paths = [path for (path,) in self._rows("SELECT path FROM article LIMIT 20000")]
            return difflib.get_close_matches(ref, paths, 3)
        return [path for (path,) in rows]

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock, schema.damage_named(self.folder):
            return self._db.execute(sql, values).fetchall()


_LISTED = "(SELECT value FROM json_each(?))"
_CHUNKS = f"SELECT {CHUNK} FROM chunk JOIN article ON article.number = chunk.article"
