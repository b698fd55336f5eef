"""Near-duplicates: the same story in two papers, with small edits or under another headline.

Texts are compared by their three-word shingles, without headline and boilerplate. MinHash (Broder 1997; here
datasketch's) and banding (locality-sensitive hashing) find the candidates, the real sets decide. Signatures
are kept as band keys in the catalog, so that articles added later find the earlier ones without reading them.

All is kept for each distinct text (``fingerprint``) and not for each article, so that a thousand exact copies
cost what one costs. A group is a connected component of the texts that are alike; it is named after the least
article id in it, so that it does not depend on the order in which articles came.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from .rows import ARTICLE, article_of, kept_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIKE = 0.7
"""Least Jaccard similarity of the shingle sets of two near-duplicates."""

# A pair at similarity s shares a band with probability 1 - (1 - s**4)**24: 0.9986 at 0.7, 0.0024 at 0.1.
_BANDS, _ROWS = 24, 4
# Of a text with very many doubles (a daily table under the same words) only so many are compared; it joins
# the group all the same.
_MOST_CANDIDATES = 50

_EAST_ASIAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(f"[{_EAST_ASIAN}]|[^\\W{_EAST_ASIAN}]+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One text for comparison: the hash of its words and its distinct shingles (64-bit hashes, sorted)."""

    hash: bytes
    shingles: NDArray[np.uint64]


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a text; case, punctuation and whitespace do not matter."""
    import numpy as np

    words = _WORD.findall(text.casefold())
    hashed = blake2b(" ".join(words).encode(), digest_size=16).digest()
    codes = np.array([zlib.crc32(word.encode()) for word in words], dtype=np.uint64)
    if len(codes) > 2:
        # Overflow is meant: arithmetic modulo 2**64 with odd multipliers.
        first, second = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
        codes = (codes[:-2] * first + codes[1:-1]) * second + codes[2:]
        codes = (codes ^ (codes >> np.uint64(29))) * first
    return Fingerprint(hashed, np.unique(codes))


def jaccard(a: Fingerprint, b: Fingerprint) -> float:
    """Size of the intersection over size of the union of the two shingle sets; 0 for two empty ones."""
    import numpy as np

    both = len(np.intersect1d(a.shingles, b.shingles, assume_unique=True))
    union = len(a.shingles) + len(b.shingles) - both
    return both / union if union else 0.0


class Bander:
    """Makes the band keys of fingerprints; two texts that are alike share at least one, almost surely."""

    def __init__(self) -> None:
        from datasketch import MinHash

        self._empty = MinHash(num_perm=_BANDS * _ROWS, seed=1, hashfunc=int, scheme="affine32")

    def keys(self, print_: Fingerprint) -> list[int]:
        """One signed 64-bit integer for each band; none for a text without words."""
        import numpy as np

        if not len(print_.shingles):
            return []
        sketch = self._empty.copy()
        sketch.update_batch((print_.shingles >> np.uint64(32)).tolist())
        rows = sketch.hashvalues.astype("<u4").reshape(_BANDS, _ROWS)
        return [
            int.from_bytes(blake2b(row.tobytes(), digest_size=8, salt=band.to_bytes(2)).digest(), signed=True)
            for band, row in enumerate(rows)
        ]


def enter(db: sqlite3.Connection, print_: Fingerprint, bander: Bander) -> int:
    """The number of the fingerprint's row, made and joined to those it is like when it is new."""
    known = db.execute("SELECT number FROM fingerprint WHERE hash = ?", (print_.hash,)).fetchone()
    if known:
        return int(known[0])
    number = db.execute("INSERT INTO fingerprint (hash) VALUES (?)", (print_.hash,)).lastrowid
    assert number is not None
    keys = bander.keys(print_)
    marks = ", ".join("?" * len(keys))
    candidates = db.execute(
        f"SELECT fingerprint, count(*) FROM band WHERE key IN ({marks})"
        " GROUP BY fingerprint ORDER BY count(*) DESC, fingerprint LIMIT ?",
        (*keys, _MOST_CANDIDATES),
    ).fetchall()
    db.executemany("INSERT OR IGNORE INTO band VALUES (?, ?)", [(key, number) for key in keys])
    for other, _ in candidates:
        if jaccard(print_, _stored(db, other)) >= ALIKE:
            db.executemany("INSERT INTO near VALUES (?, ?)", [(number, other), (other, number)])
    return number


def settle(db: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Names the groups anew around the fingerprints whose articles changed, and drops those without any."""
    unsettled = set(touched)
    for number in sorted(unsettled):
        if not db.execute("SELECT 1 FROM article WHERE fingerprint = ? LIMIT 1", (number,)).fetchone():
            unsettled |= _drop(db, number)
            unsettled.discard(number)
    while unsettled:
        group = _component(db, unsettled.pop())
        unsettled -= group
        _name(db, group)


def _drop(db: sqlite3.Connection, number: int) -> set[int]:
    """Forgets a fingerprint; returns those it was like."""
    others = {other for (other,) in db.execute("SELECT b FROM near WHERE a = ?", (number,))}
    pairs = [(number, other) for other in others] + [(other, number) for other in others]
    db.executemany("DELETE FROM near WHERE a = ? AND b = ?", pairs)
    db.execute("DELETE FROM band WHERE fingerprint = ?", (number,))
    db.execute("DELETE FROM fingerprint WHERE number = ?", (number,))
    return others


def _name(db: sqlite3.Connection, group: set[int]) -> None:
    numbers = json.dumps(sorted(group))
    listed = "(SELECT value FROM json_each(?))"
    (least,) = db.execute(f"SELECT min(id) FROM article WHERE fingerprint IN {listed}", (numbers,)).fetchone()
    db.execute(
        f"UPDATE fingerprint SET story = ? WHERE number IN {listed} AND story <> ?", (least, numbers, least)
    )


def _component(db: sqlite3.Connection, start: int) -> set[int]:
    rows = db.execute(
        "WITH RECURSIVE reached (number) AS (VALUES (?) UNION"
        " SELECT near.b FROM near JOIN reached ON near.a = reached.number) SELECT number FROM reached",
        (start,),
    )
    return {number for (number,) in rows}


def _stored(db: sqlite3.Connection, number: int) -> Fingerprint:
    row = db.execute(f"SELECT {ARTICLE} FROM article WHERE fingerprint = ? LIMIT 1", (number,)).fetchone()
    return fingerprint(kept_text(article_of(row)))
