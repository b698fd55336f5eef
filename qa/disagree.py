"""Where articles differ: other figures for the same thing, shown side by side, the newer first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from qa.mentions import Kind as Mentioned
from qa.question import Kind
from qa.tokens import Token, tokens
from qa.types import Evidence
from qa.wording import stems

_FIGURED = frozenset({Kind.AMOUNT, Kind.NUMBER, Kind.TIME})
_MOST = 2
# Of the question's words that the leading sentence has, a rival must have this share.
_ALIKE = 0.6
_HOW_MANY = re.compile(r"\b(?:how many|number of)\s+(\w+)", re.IGNORECASE)


def rivals(question: str, kind: Kind, lead: Evidence, others: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The leading sentence and the first of another article that gives another figure for the same thing.

    Newest article first, undated ones last; empty where the articles agree, or no figure is asked for. It is
    the same thing where the sentences share the question's words and what is counted.
    """
    if kind not in _FIGURED:
        return ()
    match = _HOW_MANY.search(question)
    counted = (stems(match[1]) or ("",))[0] if match else ""
    asked = set(stems(question))
    ours, shared = _figures(lead.text, counted), asked & set(stems(lead.text))
    if not ours or len(shared) < 2:
        return ()
    for other in others:
        if other.article.id == lead.article.id or _same_story(lead, other):
            continue
        alike = shared & {*stems(other.text), *stems(other.article.title)}
        if len(alike) < _ALIKE * len(shared):
            continue
        theirs = _figures(other.text, counted)
        if _differ(ours, theirs):
            return tuple(sorted((lead, other), key=_newest_first))[:_MOST]
    return ()


def _figures(text: str, counted: str) -> dict[str, frozenset[str]]:
    """For each thing that is counted, the keys of its figures.

    A figure that stands apart from its noun ('the number of people … rose to 14') counts what is asked for.
    """
    found: dict[str, frozenset[str]] = {}
    apart = counted if counted in stems(text) else ""
    row = [token for token in tokens(text) if token.kind is not Mentioned.PUNCT]
    for place, token in enumerate(row):
        if token.kind is Mentioned.NUMBER:
            thing = _counted(row[place + 1 : place + 4]) or apart
            found[thing] = found.get(thing, frozenset()) | token.keys
    return found


def _counted(following: Sequence[Token]) -> str:
    """The stem of the noun after a figure, or an empty string; an amount of money is its own thing."""
    for token in following:
        if token.kind is Mentioned.WORD:
            return (stems(token.text) or ("",))[0]
        if token.kind is not Mentioned.FREE:
            break
    return ""


def _differ(ours: dict[str, frozenset[str]], theirs: dict[str, frozenset[str]]) -> bool:
    return any(thing and not keys & theirs[thing] for thing, keys in ours.items() if thing in theirs)


def _same_story(one: Evidence, other: Evidence) -> bool:
    """Whether both sentences have nearly the same wording, as in copies of one report."""
    ours, theirs = set(stems(one.text)), set(stems(other.text))
    return len(ours & theirs) >= 0.9 * max(len(ours), len(theirs), 1)


def _newest_first(one: Evidence) -> tuple[bool, int]:
    day = one.article.published or date.min
    return one.article.published is None, -day.toordinal()
