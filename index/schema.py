"""The tables of ``catalog.sqlite`` and how a connection to it is opened.

Everything else is derived: the word index is an external-content FTS5 table over the view ``passage``, so
that SQLite itself can check it against the chunks and rebuild it; Chroma can be filled again from ``vector``.

``chunk.state`` says how far a chunk's vector has come: 0 there is none yet, 1 it is in ``vector`` but not
known to be in Chroma (or Chroma's copy of the metadata is old), 2 it is in both. ``gone`` holds the ids that
are still to be deleted from Chroma. ``wording`` is the hash of the text that was or will be embedded.
``fingerprint`` is one distinct article text, by which near-duplicates are found (index/neardup.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import IndexDamaged

VERSION = 1
FILE = "catalog.sqlite"

NO_VECTOR, IN_CATALOG, IN_CHROMA = 0, 1, 2

_DDL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0), ('syncing', 0);

CREATE TABLE fingerprint (
  number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, story TEXT NOT NULL DEFAULT '');
CREATE TABLE band (key INTEGER, fingerprint INTEGER, PRIMARY KEY (key, fingerprint)) WITHOUT ROWID;
CREATE INDEX band_fingerprint ON band (fingerprint);
CREATE TABLE near (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;

CREATE TABLE article (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL, location TEXT NOT NULL,
  title TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL, published INTEGER,
  url TEXT NOT NULL, language TEXT NOT NULL, tags TEXT NOT NULL, boilerplate TEXT NOT NULL,
  source_key TEXT NOT NULL, digest BLOB NOT NULL, fingerprint INTEGER NOT NULL REFERENCES fingerprint);
CREATE INDEX article_path ON article (path);
CREATE INDEX article_location ON article (location);
CREATE INDEX article_fingerprint ON article (fingerprint);
CREATE TABLE original (article INTEGER PRIMARY KEY REFERENCES article ON DELETE CASCADE, text BLOB NOT NULL);

CREATE TABLE chunk (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES article,
  ordinal INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, tokens INTEGER NOT NULL,
  wording BLOB NOT NULL, state INTEGER NOT NULL);
CREATE INDEX chunk_article ON chunk (article, ordinal);
CREATE INDEX chunk_wording ON chunk (wording);
CREATE INDEX chunk_pending ON chunk (article) WHERE state = 0;
CREATE INDEX chunk_unsynced ON chunk (number) WHERE state = 1;
CREATE TABLE vector (chunk INTEGER PRIMARY KEY REFERENCES chunk ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE gone (chunk TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE VIEW passage AS
  SELECT chunk.number AS number, article.title AS title,
         substr(article.text, chunk.start + 1, chunk.stop - chunk.start) AS body
  FROM chunk JOIN article ON article.number = chunk.article;
CREATE VIRTUAL TABLE words USING fts5 (
  title, body, content='passage', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2');
"""


def connect(folder: Path, *, create: bool, read_only: bool) -> sqlite3.Connection:
    """A connection in autocommit mode to the catalog in ``folder``.

    Raises IndexDamaged when the file is no catalog, or one of another version.
    """
    file = folder / FILE
    mode = "rwc" if create else "rw"
    try:
        db = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        with damage_named(folder):
            _prepare(db, folder, create=create)
            if read_only:
                db.execute("PRAGMA query_only = ON")
    except sqlite3.OperationalError as error:
        raise IndexDamaged(
            f"the index in {folder} cannot be opened ({error}): check that you may read and write there"
        ) from error
    return db


def _prepare(db: sqlite3.Connection, folder: Path, *, create: bool) -> None:
    db.execute("PRAGMA busy_timeout = 10000")
    db.execute("PRAGMA foreign_keys = ON")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if version == 0 and empty and create:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN IMMEDIATE; {_DDL} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION and not (version == 0 and empty):
        raise IndexDamaged(
            f"the index in {folder} has format {version} and this program reads format {VERSION}: "
            "move the folder away and add the articles again"
        )
    # In WAL mode NORMAL cannot damage the file; after a power cut the last articles are added again.
    db.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """Turns SQLite's 'malformed' and 'not a database' into one sentence that names the folder."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise IndexDamaged(
                f"{folder / FILE} is damaged ({error}): run the index check with repair, "
                "or move the folder away and add the articles again"
            ) from error
        raise
