"""Where articles differ: other figures for the same thing, shown side by side, the newer first."""

from __future__ import annotations

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


def rivals(question: str, kind: Kind, ranking: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The leading sentence and one of another article that gives another figure for the same thing.

    Newest article first, undated ones last; empty where the articles agree, or no figure is asked for. It is
    the same thing where the sentences share the question's words and what is counted.
    """
    if kind not in _FIGURED or not ranking:
        return ()
    lead, asked = ranking[0], set(stems(question))
    ours, shared = _figures(lead.text), asked & set(stems(lead.text))
    if not ours or len(shared) < 2:
        return ()
    for other in ranking[1:]:
        if other.article.id == lead.article.id or _same_story(lead, other):
            continue
        if len(shared & set(stems(other.text))) < _ALIKE * len(shared):
            continue
        theirs = _figures(other.text)
        if _differ(ours, theirs):
            return tuple(sorted((lead, other), key=_newest_first))[:_MOST]
    return ()


def _figures(text: str) -> dict[str, frozenset[str]]:
    """For each thing that is counted, the keys of its figures."""
    found: dict[str, frozenset[str]] = {}
    row = [token for token in tokens(text) if token.kind is not Mentioned.PUNCT]
    for place, token in enumerate(row):
        if token.kind is Mentioned.NUMBER:
            counted = _counted(row[place + 1 : place + 4])
            found[counted] = found.get(counted, frozenset()) | token.keys
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
