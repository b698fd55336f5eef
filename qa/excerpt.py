"""The part of a long sentence that matters: whole clauses of it, in the article's exact words."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from qa.types import Evidence
from qa.wording import stems

LONG = 50
"""Words; a sentence up to this long is quoted whole."""
ROOM = 32
# Before what is quoted these may take it back; after it only those that look back at it.
_BEFORE = re.compile(
    r"\b(?:not|no|never|nor|neither|den(?:y|ies|ied|ying)|reject\w*|refus\w*|fail\w*|without|unless|if|though"
    r"|although|despite|alleg\w*|claim\w*|report(?:s|ed|edly)?|rumou?r\w*|may|might|could|would|suggest\w*"
    r"|false\w*|wrong\w*|contrary|until|except|said|says|according)\b|n['’]t\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:but|though|although|unless|if|until|except|den(?:ied|ies)|claim(?:s|ed)|alleg\w*|sa(?:id|ys)|according"
    r"|report(?:s|ed|edly)|believe\w*|suggest\w*)\b",
    re.IGNORECASE,
)
_JOINT = re.compile(r"[,;:]\s+|\s+[-–—]\s+|\s+(?=\()|(?<=\))\s+")


def excerpt(one: Evidence, wanted: Collection[str], keep: tuple[int, int] | None = None) -> Evidence:
    """The run of clauses, of at most ``ROOM`` words, that holds most of the wanted stems.

    keep: offsets in the article that must be in it; a run that holds them all may be longer.

    A sentence of up to ``LONG`` words is returned as it is, and so is one where the part left out takes back,
    doubts or only reports the rest. Among runs that hold as many the longest is taken, for it says most; a
    clause that is longer than ``ROOM`` is taken whole.
    """
    text = one.text
    if len(text.split()) <= LONG:
        return one
    clauses = _clauses(text)
    first = last = 0
    if keep:
        begin, stop = keep[0] - one.start, keep[1] - one.start
        first = max(n for n, (start, _) in enumerate(clauses) if start <= max(begin, 0))
        last = min((n for n, (_, end) in enumerate(clauses) if end >= stop), default=len(clauses) - 1)
    best, rank = (0, len(text)), (-1, 0)
    for n, (start, _) in enumerate(clauses):
        for m, (_, end) in enumerate(clauses[n:], n):
            if keep and (n > first or m < last):
                continue
            length = len(text[start:end].split())
            shortest = (n, m) == (first, last) if keep else n == m
            if length > ROOM and not shortest:
                continue
            held = len(set(stems(text[start:end])) & set(wanted))
            if length >= 5 and (held, length) > rank:
                best, rank = (start, end), (held, length)
    if _BEFORE.search(text[: best[0]]) or _AFTER.search(text[best[1] :]):
        return one
    return replace(one, start=one.start + best[0], end=one.start + best[1])


def _clauses(text: str) -> list[tuple[int, int]]:
    joints = list(_JOINT.finditer(text))
    starts = [0, *(match.end() for match in joints)]
    ends = [*(match.start() for match in joints), len(text)]
    return list(zip(starts, ends, strict=True))


def is_cut(part: Evidence, whole: Evidence) -> tuple[bool, bool]:
    """Whether words are left out before and after the part."""
    return part.start > whole.start, part.end < whole.end
