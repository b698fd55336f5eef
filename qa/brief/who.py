"""The people and organisations that matter, each once, with the role that the articles give them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from qa.brief.parties import Named
from qa.brief.salient import Pool, Unit

# Of the best sentence's score that which tells an organisation's role has at least this share.
_RELEVANT = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Somebody with a role: ``unit.notes.article.text[role]``.

    weight: how much they matter. times: how often they are named.
    """

    name: str
    unit: Unit
    role: tuple[int, int]
    weight: float
    times: int

    @property
    def words(self) -> str:
        """The role as the article has it, on one line."""
        return " ".join(self.unit.notes.article.text[slice(*self.role)].split())


def people(pool: Pool) -> list[Known]:
    """Those whose role is told, who matter most first."""
    return _known(pool, person=True)


def organisations(pool: Pool) -> list[Known]:
    """The same for organisations."""
    return _known(pool, person=False)


def _known(pool: Pool, *, person: bool) -> list[Known]:
    found: dict[str, list[tuple[Unit, Named]]] = defaultdict(list)
    for unit in pool.units:
        start, end = unit.span
        for one in unit.notes.names:
            if one.person == person and start <= one.start < end:
                found[one.name].append((unit, one))
    spelled = _one_name(found, person=person)
    merged: dict[str, list[tuple[Unit, Named]]] = defaultdict(list)
    for name, mentions in found.items():
        merged[spelled[name]].extend(mentions)
    text = " ".join(unit.text for unit in pool.units)
    known = [
        best
        for name, mentions in merged.items()
        if (best := _best(name, mentions, _times(name, text, person=person))) is not None
    ]
    if person:
        # What an article calls a bank is no banker.
        bodies = {one.name for unit in pool.units for one in unit.notes.names if not one.person}
        known = [one for one in known if one.name not in bodies]
    else:
        least = _RELEVANT * pool.units[0].score
        known = [
            one
            for one in known
            if one.times > 1 and one.unit.score >= least and (" " in one.words or one.words[:1].isupper())
        ]
    return sorted(known, key=lambda one: (-one.weight, one.name))


def _one_name(found: dict[str, list[tuple[Unit, Named]]], *, person: bool) -> dict[str, str]:
    """For each name the one that stands for it: of several spellings the most frequent."""
    order = sorted(found, key=lambda name: (-len(found[name]), name))
    stands: dict[str, str] = {}
    for name in order:
        same = next((other for other in dict.fromkeys(stands.values()) if _same(name, other, person)), name)
        stands[name] = same
    return stands


def _same(name: str, other: str, person: bool) -> bool:
    mine, yours = name.lower().split(), other.lower().split()
    if not person:
        return [word for word in mine if word != "the"] == [word for word in yours if word != "the"]
    if mine[-1] == yours[-1] and len(mine) > 1 and len(yours) > 1:
        return mine[0][0] == yours[0][0]
    if mine[0] == yours[0] and len(mine) == len(yours):
        a, b = mine[-1], yours[-1]
        return min(len(a), len(b)) >= 5 and abs(len(a) - len(b)) <= 1 and sum(map(str.__ne__, a, b)) <= 2
    return False


def _times(name: str, text: str, *, person: bool) -> int:
    called = name.split()[-1] if person else name
    return len(re.findall(rf"\b{re.escape(called)}\b", text))


def _best(name: str, mentions: Iterable[tuple[Unit, Named]], times: int) -> Known | None:
    """The role that is told most often, and of those the one in the sentence that matters most."""
    roles = [(unit, one) for unit, one in mentions if one.role != (0, 0)]
    if not roles:
        return None
    heads = Counter(_head(unit, one) for unit, one in roles)

    def worth(pair: tuple[Unit, Named]) -> tuple[float, float]:
        unit, one = pair
        words = unit.notes.article.text[slice(*one.role)].split()
        fits = 2 <= len(words) <= 9
        many = _head(unit, one).endswith("s") and one.person
        named = 0.5 * any(word[0].isupper() for word in words)
        return heads[_head(unit, one)] + 1.5 * fits + named - 3.0 * many, unit.score

    unit, one = max(roles, key=worth)
    return Known(name, unit, one.role, times + 2 * max(unit.score for unit, _ in roles), times)


def _head(unit: Unit, one: Named) -> str:
    words = unit.notes.article.text[slice(*one.role)].split()
    return words[-1].lower()
