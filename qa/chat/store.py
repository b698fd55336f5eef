"""Conversations kept in SQLite in the user's data folder; each turn is on disk before the next is asked.

The file is readable by its owner alone. Several programs may use it at once: SQLite does the locking.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from qa.chat.record import Turn, from_json, to_json
from qa.config import APP
from qa.errors import Missing, UsageError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
  id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, used TEXT NOT NULL, folder TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS turn (
  session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE, number INTEGER NOT NULL,
  asked TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session, number)) WITHOUT ROWID;
"""
_VERSION = 1


def sessions_file() -> Path:
    """Where conversations are kept."""
    return platformdirs.user_data_path(APP) / "chats.sqlite"


def typed_file() -> Path:
    """Where the lines that were typed are kept, for the arrow keys."""
    return platformdirs.user_data_path(APP) / "chat-history"


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation in the list: its first question, its turns, when it was last added to, its index."""

    id: int
    first: str
    turns: int
    used: datetime
    folder: str


class Store:
    """The kept conversations. Raises Missing, in a sentence, where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, folder: Path) -> int:
        """The id of a new conversation about the index in ``folder``."""
        now = _now()
        with self._open() as db:
            made = db.execute(
                "INSERT INTO session (started, used, folder) VALUES (?, ?, ?)", (now, now, str(folder))
            )
            return int(made.lastrowid or 0)

    def add(self, session: int, turn: Turn) -> None:
        """Append a turn; it is on disk when this returns."""
        body = json.dumps(to_json(turn), ensure_ascii=False, default=str)
        with self._open() as db:
            db.execute(
                "INSERT INTO turn SELECT ?, 1 + coalesce(max(number), 0), ?, ? FROM turn WHERE session = ?",
                (session, turn.asked, body, session),
            )
            db.execute("UPDATE session SET used = ? WHERE id = ?", (_now(), session))

    def undo(self, session: int) -> None:
        """Forget the last turn."""
        with self._open() as db:
            db.execute(
                "DELETE FROM turn WHERE session = ?1"
                " AND number = (SELECT max(number) FROM turn WHERE session = ?1)",
                (session,),
            )

    def sessions(self) -> list[Kept]:
        """Conversations with at least one turn, the one last used first."""
        if not self.path.exists():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT id, (SELECT asked FROM turn WHERE session = id ORDER BY number LIMIT 1),"
                " (SELECT count(*) FROM turn WHERE session = id) AS turns, used, folder"
                " FROM session WHERE turns ORDER BY used DESC, id DESC"
            ).fetchall()
        return [Kept(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4]) for row in rows]

    def turns(self, session: int) -> tuple[Turn, ...]:
        """All turns of a conversation. Raises Missing where there is none of that id or it is damaged."""
        rows = []
        if self.path.exists():
            with self._open() as db:
                rows = db.execute(
                    "SELECT body FROM turn WHERE session = ? ORDER BY number", (session,)
                ).fetchall()
        if not rows:
            raise Missing(f"there is no conversation {session}; 'qa chat --sessions' lists them")
        try:
            return tuple(from_json(json.loads(body)) for (body,) in rows)
        except (ValueError, KeyError, TypeError) as error:
            raise Missing(f"conversation {session} in {self.path} cannot be read ({error!r})") from None

    def folder(self, session: int) -> str:
        """The index that a conversation was begun about; empty where there is none of that id."""
        return next((one.folder for one in self.sessions() if one.id == session), "")

    def delete(self, session: int) -> None:
        """Forget a conversation. Raises Missing where there is none of that id."""
        gone = 0
        if self.path.exists():
            with self._open() as db:
                gone = db.execute("DELETE FROM session WHERE id = ?", (session,)).rowcount
        if not gone:
            raise Missing(f"there is no conversation {session}; 'qa chat --sessions' lists them")

    def find(self, wanted: str) -> int:
        """The id that a user wrote, or of the last one used where nothing is written. Raises as ``turns``."""
        if wanted:
            if not wanted.isascii() or not wanted.isdigit():
                raise UsageError(
                    f"a conversation has a number, not {wanted!r}; 'qa chat --sessions' lists them"
                )
            return int(wanted)
        kept = self.sessions()
        if not kept:
            raise Missing("no conversation has been kept yet; start one with 'qa chat'")
        return kept[0].id

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with a transaction that is committed, and on disk, at the end."""
        try:
            db = self._connected()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from None
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        finally:
            db.close()  # without COMMIT this rolls back

    def _connected(self) -> sqlite3.Connection:
        if not self.path.exists():
            private(self.path)
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise sqlite3.DatabaseError("a newer qa wrote it")
            if version < _VERSION:
                db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def _unusable(self, error: Exception) -> Missing:
        return Missing(
            f"the conversations in {self.path} cannot be read or written ({error}); "
            "move the file away, or use --no-history"
        )


def private(path: Path) -> None:
    """Make an empty file that only its owner may read, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
