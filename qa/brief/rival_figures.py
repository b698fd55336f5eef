"""Other figures for the same thing in different articles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.brief.conflict import Conflict, pairs
from qa.brief.figures import Measured
from qa.brief.salient import Pool, Unit
from qa.lexicon import lexicon
from qa.wording import stems

_ALIKE = 0.5
_SHARED_WORDS = 0.4
# Values further apart than this are taken to be of two things, unless the wording is nearly the same.
_APART, _FAR_APART = 2.0, 6.0
_NEARLY = 0.8
_TIMES = frozenset({"hour", "minut", "day", "week", "month"})
_LASTED = re.compile(
    r"\b(?:lasted|(?:ran|run|went on|goes on|talked|met|spoke) for|took (?:place over|some|about)?)\b"
)
_MANY = 5


def rival_figures(pool: Pool) -> Iterator[Conflict]:
    """Pairs of sentences with figures that cannot both be right; the same matter may come more than once."""
    for one, other, cosine in pairs(pool, _ALIKE - 0.05):
        if _of_other_times(one, other) or _of_other_countries(one, other):
            continue
        best = max(
            (
                (strength, ours, theirs)
                for ours in one.figures
                for theirs in other.figures
                if (strength := _strength(one, ours, other, theirs, cosine))
            ),
            key=lambda entry: entry[0],
            default=None,
        )
        if best is not None:
            strength, ours, theirs = best
            yield Conflict(
                about=_about(one, ours, other, theirs),
                one=one,
                other=other,
                weight=strength + (one.score + other.score) / 4,
                matter=_matter(ours, theirs),
                parts=(_part(one, ours), _part(other, theirs)),
                changes=True,
            )


_MARKET = re.compile(
    r"\b(?:trad(?:ed|ing) at|closed (?:up|down|at)|(?:against|versus|to) the (?:euro|dollar|yen|pound)"
    r"|a barrel)\b"
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")


def _of_other_countries(one: Unit, other: Unit) -> bool:
    """Whether each names a country and not the same: figures of other countries do not conflict."""
    known = lexicon().countries
    ours, theirs = (
        {
            known[word.lower()]
            for word in re.findall(r"\b[A-Z]\w+", _with_title(unit))
            if word.lower() in known
        }
        for unit in (one, other)
    )
    return bool(ours and theirs and not ours & theirs)


def _with_title(unit: Unit) -> str:
    return f"{unit.notes.article.title} {unit.text}"


def _about(one: Unit, ours: Measured, other: Unit, theirs: Measured) -> str:
    """The two figures, and what they count."""
    noun = (
        re.match(r"(?:\s[a-z-]+)??\s(\w+s|people)\b", one.text[ours.end :]) if ours.kind == "count" else None
    )
    return f"{_value(one, ours)} or {_value(other, theirs)}{f' {noun[1]}' if noun else ''}"


def _matter(ours: Measured, theirs: Measured) -> frozenset[str]:
    """What tells a conflict of figures from others: the figures."""
    return ours.keys ^ theirs.keys or ours.converted ^ theirs.converted


def _value(unit: Unit, figure: Measured) -> str:
    """A figure as it is written, without 'about' and 'a total of'."""
    words = " ".join(unit.text[figure.start : figure.end].split())
    return re.sub(r"^(?i:about|around|a total of|some|an estimated|approximately) ", "", words)


def _part(unit: Unit, figure: Measured) -> tuple[int, int]:
    """The clause around a figure without the word that joins it; the whole sentence where it is short."""
    left, right = figure.clause
    while left < figure.start and unit.text[left] in " ,;:":
        left += 1
    while right > figure.end and unit.text[right - 1] in " ,;:.":
        right -= 1
    joint = re.compile(r"(?:and|but|which|who|that|whether|as) ").match(unit.text, left, figure.start)
    left = joint.end() if joint else left
    words = unit.text[left:right].split()
    return (left, right) if len(words) >= 6 else (0, len(unit.text))


def _of_other_times(one: Unit, other: Unit) -> bool:
    """Whether both name years, or full dates, and not the same: figures of other times do not conflict."""
    ours = {date.iso[:4] for date in one.dates if date.iso}
    theirs = {date.iso[:4] for date in other.dates if date.iso}
    if ours and theirs and not ours & theirs:
        return True
    # Prices change from hour to hour.
    if _MARKET.search(one.text) and _MARKET.search(other.text):
        return True
    days = [set(_WEEKDAY.findall(unit.text)) for unit in (one, other)]
    undated = one.notes.article.published is None or other.notes.article.published is None
    return undated and bool(days[0] and days[1] and not days[0] & days[1])


def _strength(one: Unit, ours: Measured, other: Unit, theirs: Measured, cosine: float) -> float:
    """How clearly two figures are of the same thing and differ; 0 where they do not."""
    if ours.kind != theirs.kind or ours.thing != theirs.thing:
        return 0.0
    same = ours.keys & theirs.keys
    if same:
        if not ours.converted or _unit(ours.converted) != _unit(theirs.converted):
            return 0.0
        # Rates of exchange change from day to day.
        return cosine + 0.5 if _apart(ours.converted, theirs.converted) > 1.1 else 0.0
    if _unit(ours.keys) != _unit(theirs.keys) or _states(one, theirs) or _states(other, ours):
        return 0.0
    apart = _apart(ours.keys, theirs.keys)
    if _nearer(ours, other, apart) or _nearer(theirs, one, apart):
        return 0.0
    left, right = _context(one, ours), _context(other, theirs)
    shared = left & right
    part = len(shared) / max(1, min(len(left), len(right)))
    anchored = apart <= 1.5 and any(
        mine.keys & yours.keys for mine in one.figures for yours in other.figures if mine.kind != "count"
    )
    if (
        anchored
        and cosine >= 0.6
        and _beside(one, ours) & _beside(other, theirs)
        and _no_other_names(one, ours, other, theirs)
    ):
        return cosine + 0.5
    lasted = bool(_LASTED.search(one.text) and _LASTED.search(other.text))
    if ours.thing in _TIMES and lasted and apart <= _APART and cosine >= _ALIKE - 0.05:
        return cosine + 0.4  # how long something took
    if cosine >= _ALIKE and ours.thing and apart <= 1.5 and _values(ours) >= _MANY and len(shared) >= 2:
        return cosine + 0.4  # as many of the same, of whom the same is said
    if cosine < _ALIKE or len(shared) < 2 or part < _SHARED_WORDS or apart > _FAR_APART:
        return 0.0
    if apart > _APART and (cosine < _NEARLY or len(shared) < 3):
        return 0.0
    return cosine + part / 2 if cosine + part / 2 >= 0.9 else 0.0


def _nearer(figure: Measured, unit: Unit, apart: float) -> bool:
    """Whether a sentence has a figure of the same kind that is nearer to this one."""
    alike = (one for one in unit.figures if one.kind == figure.kind and _unit(one.keys) == _unit(figure.keys))
    return any(_apart(figure.keys, one.keys) < apart for one in alike)


def _beside(unit: Unit, figure: Measured) -> frozenset[str]:
    """The stems of the few words before and behind a figure in its clause, without figures."""
    left, right = figure.clause
    words = unit.text[left : figure.start].split()[-5:] + unit.text[figure.end : right].split()[:3]
    return frozenset(stem for stem in stems(" ".join(words)) if not stem[0].isdigit())


def _unit(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key.split(":")[2] for key in keys if key.count(":") >= 2)


def _states(unit: Unit, figure: Measured) -> bool:
    """Whether a sentence holds another's figure too: then it tells of a change, not of something else."""
    return any(figure.keys & one.keys for one in unit.figures)


def _apart(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """The ratio of the greater to the lesser value."""
    values = sorted(float(min(keys).split(":")[1]) for keys in (ours, theirs))
    return values[1] / values[0] if values[0] > 0 else 99.0


def _context(unit: Unit, figure: Measured) -> frozenset[str]:
    """The stems of the clause around a figure, without figures."""
    left, right = figure.clause
    around = f"{unit.text[left : figure.start]} {unit.text[figure.end : right]}"
    return frozenset(stem for stem in stems(around) if not stem[0].isdigit())


_NAME = re.compile(r"\b[A-Z][\w-]{2,}")


def _no_other_names(one: Unit, ours: Measured, other: Unit, theirs: Measured) -> bool:
    """Whether each clause around a figure names nobody whom the other sentence does not name."""
    return all(
        name in second.text or name in second.notes.article.title
        for first, figure, second in ((one, ours, other), (other, theirs, one))
        for name in _NAME.findall(first.text, *figure.clause)
    )


def _values(figure: Measured) -> float:
    return float(min(figure.keys).split(":")[1])
