"""Whether an index is what it should be, and how to mend it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import neardup
from .errors import IndexDamaged, NothingIndexed
from .ledger import Chunker, EmbeddingText
from .lock import writer_lock
from .rows import ARTICLE, article_of, unpacked
from .run import Run
from .schema import FILE, damage_named
from .types import Embedder

# A vector that came back from Chroma's graph differs from the stored one by rounding.
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class _Finding:
    """One problem as a sentence, and what mends it; None where only adding again helps."""

    sentence: str
    mend: Callable[[], None] | None


def check(
    folder: Path,
    *,
    repair: bool = False,
    embedder: Embedder | None = None,
    chunker: Chunker | None = None,
    embedding_text: EmbeddingText | None = None,
) -> tuple[str, ...]:
    """The problems found in an index, one sentence each; none means that all is well.

    With ``repair`` each problem is mended as far as it can be; the sentences are those of the problems found
    before, so check again to see what is left. Embedding what has no vector needs ``embedder`` and
    ``embedding_text``, chunks that do not fit their article need ``chunker`` too.
    Raises NothingIndexed, IndexBusy, and IndexDamaged when the catalog cannot even be opened.
    """
    if not (folder / FILE).is_file():
        raise NothingIndexed(f"There is no index in {folder}: add articles with 'qa index add PATH'.")
    with writer_lock(folder), Run(folder, embedder, chunker, embedding_text) as run:
        findings = list(_sqlite(run))
        if not findings:  # in a damaged file the rest would only say so again
            findings = [
                *_references(run),
                *_texts(run),
                *_spans(run),
                *_words(run),
                *_groups(run),
                *_vectors(run),
            ]
        if repair:
            for finding in findings:
                if finding.mend:
                    finding.mend()
            if any(finding.mend for finding in findings):
                if embedding_text:
                    run.embed(at_least=1)
                run.finish()
    return tuple(finding.sentence for finding in findings)


def _sqlite(run: Run) -> Iterator[_Finding]:
    try:
        with damage_named(run.folder):
            rows = run.ledger.db.execute("PRAGMA integrity_check(5)").fetchall()
    except IndexDamaged as error:
        yield _Finding(str(error), None)
        return
    # The word index reports itself here too from SQLite 3.44 on; it is looked at on its own.
    said = [text for (text,) in rows if text != "ok" and "fts5" not in text.lower()]
    for text in said:
        sentence = (
            f"{run.folder / FILE} is damaged ({text}): move the folder away and add the articles again."
        )
        yield _Finding(sentence, lambda: _reindex(run))


def _references(run: Run) -> Iterator[_Finding]:
    """Rows that refer to rows that are not there."""
    loose = [(table, row) for table, row, *_ in run.ledger.db.execute("PRAGMA foreign_key_check")]
    if loose:

        def mend() -> None:
            with run.ledger.transaction():
                for table, row in loose:
                    if table in ("vector", "original"):
                        run.ledger.db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))

        yield _Finding(f"{len(loose)} rows of {FILE} refer to rows that are not there.", mend)


def _reindex(run: Run) -> None:
    with damage_named(run.folder):
        run.ledger.db.execute("REINDEX")


def _texts(run: Run) -> Iterator[_Finding]:
    """Articles whose stored original cannot be unpacked."""
    rows = run.ledger.db.execute(
        "SELECT article.id, article.path, original.text FROM article"
        " LEFT JOIN original ON original.article = article.number"
    )
    for ident, path, data in rows:
        try:
            unpacked(data)
        except Exception:  # whatever is wrong with the bytes, the article has no original
            yield _Finding(
                f"The original of {ident} ({path}) is lost: remove the article and add it again.", None
            )


def _spans(run: Run) -> Iterator[_Finding]:
    """Chunks outside their article, out of order, overlapping, or empty."""
    bad = run.ledger.db.execute(
        "SELECT number, id, path FROM article WHERE number IN (SELECT chunk.article FROM ("
        "  SELECT article, ordinal, start, stop,"
        "    row_number() OVER (PARTITION BY article ORDER BY ordinal) - 1 AS place,"
        "    coalesce(lag(stop) OVER (PARTITION BY article ORDER BY ordinal), 0) AS before FROM chunk"
        " ) AS chunk JOIN article AS owner ON owner.number = chunk.article"
        " WHERE start < before OR start >= stop OR stop > length(owner.text) OR ordinal <> place)"
    )
    for number, ident, path in bad.fetchall():
        sentence = f"The chunks of {ident} ({path}) do not fit its text."
        yield _Finding(sentence, partial(_rechunk, run, number) if run.chunker else None)


def _rechunk(run: Run, number: int) -> None:
    row = run.ledger.db.execute(f"SELECT {ARTICLE} FROM article WHERE number = ?", (number,)).fetchone()
    with run.ledger.transaction():
        # What the word index holds for wrong spans is unknown, so it cannot be taken out row by row.
        run.ledger.rechunk(number, article_of(row))
        _rebuild_words(run)


def _words(run: Run) -> Iterator[_Finding]:
    try:
        run.ledger.db.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:

        def mend() -> None:
            with run.ledger.transaction():
                _rebuild_words(run)

        yield _Finding("The word index is out of step with the chunks.", mend)


def _rebuild_words(run: Run) -> None:
    run.ledger.db.execute("INSERT INTO words (words) VALUES ('rebuild')")


def _groups(run: Run) -> Iterator[_Finding]:
    """Groups of near-duplicates that are not named after the least of their articles."""
    wrong = run.ledger.db.execute(
        "SELECT count(*) FROM (SELECT story, min(id) AS least FROM fingerprint"
        " LEFT JOIN article ON article.fingerprint = fingerprint.number GROUP BY story"
        " HAVING least IS NOT story OR count(id) < count(DISTINCT fingerprint.number))"
    ).fetchone()[0]
    if wrong:

        def mend() -> None:
            with run.ledger.transaction():
                numbers = run.ledger.db.execute("SELECT number FROM fingerprint").fetchall()
                neardup.settle(run.ledger.db, [number for (number,) in numbers])

        yield _Finding(f"{wrong} groups of near-duplicates are out of step with their articles.", mend)


def _vectors(run: Run) -> Iterator[_Finding]:
    """What has no vector, and where Chroma differs from the catalog."""
    lost = "chunk WHERE state > 0 AND NOT EXISTS (SELECT 1 FROM vector WHERE vector.chunk = chunk.number)"
    if count := run.ledger.count(lost):
        yield _Finding(f"{count} chunks have lost their vector in the catalog.", partial(_unembed, run, lost))
    if pending := run.ledger.pending_count():
        mend = (lambda: run.embed(at_least=1)) if run.embedder and run.embedding_text else None
        yield _Finding(f"{pending} chunks have no vector yet: 'qa index add' embeds them.", mend)
    try:
        there = run.vectors.ids()
        known = {chunk for (chunk,) in run.ledger.db.execute("SELECT id FROM chunk WHERE state > 0")}
        missing, strange = known - there, there - known
        if missing:
            yield _Finding(f"{len(missing)} chunks of the catalog are not in Chroma.", run.refill)
        if strange:
            yield _Finding(f"{len(strange)} vectors in Chroma belong to no chunk.", run.refill)
        if not missing and not strange and (other := _differing(run)):
            yield _Finding(f"{other} vectors in Chroma are not those of the catalog.", run.refill)
        elif run.ledger.meta("syncing") and known:
            yield _Finding("A writer died while it wrote to Chroma.", run.refill)
    except IndexDamaged as error:
        yield _Finding(str(error), run.refill)


def _unembed(run: Run, which: str) -> None:
    with run.ledger.transaction():
        run.ledger.db.execute(f"UPDATE chunk SET state = 0 WHERE number IN (SELECT number FROM {which})")


def _differing(run: Run) -> int:
    import numpy as np

    rows = run.ledger.db.execute("SELECT id, data FROM chunk JOIN vector ON chunk = number ORDER BY number")
    different = 0
    while part := rows.fetchmany(2_000):
        found = run.vectors.get([chunk for chunk, _ in part])
        for chunk, data in part:
            vector = found.get(chunk)
            same = vector is not None and np.allclose(
                vector, np.frombuffer(data, dtype="<f4"), atol=_ROUNDING
            )
            different += not same
    return different
