"""Replies kept on disk: the same prompt to the same model with the same parameters is asked only once.

Only what was answered at temperature 0 is kept, for whoever asks for variety wants another reply each time.
The prompt itself is not stored, only its hash; the file is readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from qa.chat_model import ChatModel
from qa.errors import Missing
from qa.types import Message, Reply, TokenLogprob, Usage

DEFAULT_BYTES = 200_000_000
# What a row costs in the file beyond its body: key, columns, its part of both indexes.
_ROW_BYTES = 256
# How often a new file is tried that others are making just now, and the seconds between.
_ATTEMPTS, _PAUSE = 100, 0.05

_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    size INTEGER NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replies_by_use ON replies (used, size);
"""


class ReplyCache:
    """A SQLite file of at most ``max_bytes`` of replies; the least recently used go first.

    Safe to use from several threads and processes: each operation has its own connection, and SQLite does
    the locking. A cache that cannot be read or written is told of once through ``on_problem`` and then
    done without: it must never cost an answer.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = DEFAULT_BYTES,
        clock: Callable[[], float] = time.time,
        on_problem: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._on_problem = on_problem
        self._broken = False

    def get(self, key: str) -> Reply | None:
        """The reply kept under ``key``, marked as cached and free of charge, or None."""
        if self._broken or not self.path.exists():
            return None
        started = time.monotonic()
        try:
            with self._open() as db:
                row = db.execute("SELECT body FROM replies WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                db.execute("UPDATE replies SET used = ? WHERE key = ?", (self._clock(), key))
            reply = _from_json(row[0])
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            self._give_up(error)
            return None
        usage = replace(reply.usage, cost_usd=0.0)
        return replace(reply, usage=usage, cached=True, seconds=time.monotonic() - started)

    def put(self, key: str, reply: Reply) -> None:
        """Keep ``reply``, and let the least recently used go where there is no room for all."""
        body = json.dumps(asdict(reply), ensure_ascii=False)
        size = len(body.encode("utf-8")) + _ROW_BYTES
        if self._broken or size > self._max_bytes:
            return
        try:
            with self._open() as db:
                db.execute(
                    "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", (key, body, size, self._clock())
                )
                self._shrink(db)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def clear(self) -> int:
        """Forget everything; returns how many replies there were. Raises Missing where that fails."""
        if not self.path.exists():
            return 0
        try:
            try:
                with self._open() as db:
                    count = int(db.execute("SELECT count(*) FROM replies").fetchone()[0])
                    db.execute("DELETE FROM replies")
                with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
                    db.execute("VACUUM")
                return count
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self.path.unlink()  # no database, or a damaged one: of a cache nothing is lost
                return 0
        except (sqlite3.Error, OSError) as error:
            raise Missing(
                f"The cache {self.path} cannot be cleared ({error}): delete the file yourself."
            ) from None

    def stats(self) -> tuple[int, int]:
        """How many replies are kept, and their bytes."""
        if not self.path.exists():
            return 0, 0
        try:
            with self._open() as db:
                count, size = db.execute("SELECT count(*), total(size) FROM replies").fetchone()
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            return 0, 0
        return int(count), int(size)

    def _shrink(self, db: sqlite3.Connection) -> None:
        excess = db.execute("SELECT total(size) FROM replies").fetchone()[0] - self._max_bytes
        if excess <= 0:
            return
        old = []
        for key, size in db.execute("SELECT key, size FROM replies ORDER BY used, key"):
            old.append((key,))
            excess -= size
            if excess <= 0:
                break
        db.executemany("DELETE FROM replies WHERE key = ?", old)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with an immediate transaction that is committed at the end."""
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            _prepare(db)
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # without COMMIT this rolls back

    def _give_up(self, error: Exception) -> None:
        if not self._broken:
            self._broken = True
            self._on_problem(
                f"the cache of replies {self.path} is not used ({error}): clear it to begin a new one"
            )


def _prepare(db: sqlite3.Connection) -> None:
    """Sets a connection up, and makes the tables of a new file.

    Where several do so at once, SQLite may call the file locked without waiting: a mode is not changed, and a
    reader does not become a writer, while others are at it. Then it is tried again.
    """
    for left in range(_ATTEMPTS, 0, -1):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # Waiting for the disk takes ten times as long, and a power cut can only take a cache.
            db.execute("PRAGMA synchronous = OFF")
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'replies_by_use'").fetchone():
                db.executescript(_SCHEMA)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or left == 1:
                raise
            time.sleep(_PAUSE)


class CachedChat:
    """A chat model that looks into a cache before it asks. Streams of kept replies come in one piece."""

    def __init__(self, inner: ChatModel, cache: ReplyCache) -> None:
        self._inner = inner
        self._cache = cache

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
        """See ChatModel; its replies are kept here as well."""
        inner = self._inner.selector
        return None if inner is None else CachedChat(inner, self._cache)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        top_logprobs: int = 0,
        grammar: str | None = None,
    ) -> Reply:
        """See ChatModel."""
        options = _options(max_tokens, schema, temperature, stop, top_logprobs, grammar)
        key = _key(self._inner.identity, messages, options)
        kept = self._cache.get(key) if temperature == 0 else None
        if kept is not None:
            return kept
        reply = self._inner.complete(messages, **options)
        if temperature == 0:
            self._cache.put(key, reply)
        return reply

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        top_logprobs: int = 0,
        grammar: str | None = None,
    ) -> Generator[str, None, Reply]:
        """See ChatModel."""
        options = _options(max_tokens, schema, temperature, stop, top_logprobs, grammar)
        key = _key(self._inner.identity, messages, options)
        kept = self._cache.get(key) if temperature == 0 else None
        if kept is not None:
            yield kept.text
            return kept
        reply = yield from self._inner.stream(messages, **options)
        if temperature == 0:
            self._cache.put(key, reply)
        return reply


def _options(
    max_tokens: int,
    schema: Mapping[str, Any] | None,
    temperature: float,
    stop: Sequence[str],
    top_logprobs: int,
    grammar: str | None,
) -> dict[str, Any]:
    return {
        "max_tokens": max_tokens,
        "schema": schema,
        "temperature": temperature,
        "stop": tuple(stop),
        "top_logprobs": top_logprobs,
        "grammar": grammar,
    }


def _key(identity: str, messages: Sequence[Message], options: Mapping[str, Any]) -> str:
    """A hash over everything that the reply depends on; the order of a schema's properties is part of it."""
    asked = [identity, [(message.role, message.content) for message in messages], dict(options)]
    return hashlib.sha256(json.dumps(asked, ensure_ascii=True).encode("ascii")).hexdigest()


def _from_json(body: str) -> Reply:
    data = json.loads(body)
    logprobs = tuple(
        TokenLogprob(entry["token"], entry["logprob"], tuple((token, value) for token, value in entry["top"]))
        for entry in data["logprobs"]
    )
    usage = Usage(**data["usage"])
    return Reply(**{**data, "usage": usage, "logprobs": logprobs})
