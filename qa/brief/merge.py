"""The same fact in several articles: one claim, with a citation from each article that says as much."""

from __future__ import annotations

import re

from qa.brief.salient import Pool, Unit
from qa.brief.standalone import Line
from qa.types import Evidence
from qa.verify import check, context_of
from qa.wording import stems

MOST = 3
"""Citations of a claim."""
_ALIKE = 0.75
_COVERED = 0.75
_FEW = 3
_NEGATIVE = re.compile(
    r"\b(?:no|not|never|none|neither|nor|without|den(?:y|ies|ied)|reject\w*|refus\w*|fail\w*|unlikely)\b|n['’]t\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w-]{2,}")


def carriers(line: Line, unit: Unit, pool: Pool) -> tuple[Evidence, ...]:
    """The words that a claim stands on, its own first, then those of other articles that say as much."""
    found = [line.evidence]
    near = sorted(
        (other for other in pool.units if pool.alike[unit.at, other.at] >= _ALIKE),
        key=lambda other: -float(pool.alike[unit.at, other.at]),
    )
    seen = {unit.notes.article.id}
    for other in near:
        ident = other.notes.article.id
        if len(found) < MOST and ident not in seen and says_as_much(line.text, other):
            seen.add(ident)
            found.append(other.evidence)
    return tuple(found)


def says_as_much(text: str, other: Unit) -> bool:
    """Whether a sentence carries a claim: every figure and name in it, most of its words, the same denial."""
    theirs = other.text
    figures = set(re.findall(r"\d[\d.,]*\d|\d", text))
    if not figures <= set(re.findall(r"\d[\d.,]*\d|\d", theirs)):
        return False
    known = f"{theirs} {other.notes.article.title}"
    if any(name not in known for name in _NAME.findall(text)):
        return False
    if bool(_NEGATIVE.search(text)) != bool(_NEGATIVE.search(theirs)):
        return False
    ours, held = set(stems(text)), set(stems(known))
    if len(ours & held) < _COVERED * len(ours):
        return False
    return len(ours - held) <= _FEW or check(text, other.evidence, context_of(other.evidence)).ok
