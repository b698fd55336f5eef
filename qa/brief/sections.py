"""The sections of a brief, each chosen from the pool within its share of the room."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.brief import who
from qa.brief.arrange import Page, Plan, choose
from qa.brief.conflict import Conflict
from qa.brief.conflicts import conflicts
from qa.brief.dates import Dated
from qa.brief.salient import Unit
from qa.brief.share import Told, excerpted, room_of, told
from qa.brief.standalone import Line, line
from qa.brief.timeline import date_of, event_line, in_order, open_date_of
from qa.excerpt import LONG, excerpt
from qa.wording import stems

_NEAR_THE_TOP = 3
_SAME_EVENT, _SAME_MATTER = 0.4, 0.5


def disagreements(page: Page, plan: Plan) -> list[tuple[str, tuple[Told, ...]]]:
    """What articles say differently, with the words of both. What is superseded is not told elsewhere."""
    found: list[tuple[str, tuple[Told, ...]]] = []
    room = room_of(page, "disagreements")
    for one in conflicts(page.pool, 3 * plan.disagreements):
        if len(found) == plan.disagreements:
            break
        sides = _sides(one)
        if sides is None:
            continue
        _supersede(page, one)
        text = " ".join([one.about, *(side.text for side in sides)])
        before = page.used
        if not page.takes(text, room):
            page.cut.extend(side.text for side in sides)
            continue
        room -= page.used - before
        if one.parts is None:
            page.mark([one.one, one.other])
            page.told.update(side.text for side in sides)
        found.append((one.about, sides))
    return found


def _supersede(page: Page, one: Conflict) -> None:
    """Mark the older sentence, and those like it with the same figures, as told: the later one stands."""
    older = one.older
    if older is None:
        return
    figures = frozenset[str]().union(*(figure.keys for figure in older.figures)) & one.matter
    for unit in page.pool.units:
        same = unit is older or (
            float(page.pool.alike[unit.at, older.at]) > _SAME_MATTER
            and any(figure.keys & figures for figure in unit.figures)
        )
        if same and unit.at not in page.rows:
            page.mark([unit])


def _sides(one: Conflict) -> tuple[Told, ...] | None:
    """Both positions, the newest first; None where one of them cannot be read by itself."""
    sides: list[tuple[Unit, Told]] = []
    for n, unit in enumerate((one.one, one.other)):
        if one.parts is not None:
            start, end = one.parts[n]
            words = " ".join(unit.text[start:end].split())
            if len(words.split()) > LONG:
                return None
            sides.append((unit, Told(excerpted(words, unit), (unit.evidence,))))
            continue
        found = line(unit)
        if found is None:
            return None
        shown = _shortened(found, one.about)
        sides.append((unit, Told(shown.text, (shown.evidence,))))
    sides.sort(key=lambda side: str(side[0].notes.article.published or ""), reverse=True)
    return tuple(told for _, told in sides)


def _shortened(found: Line, wanted: str) -> Line:
    """The part of a long line that holds what is wanted."""
    if not found.verbatim or len(found.text.split()) <= LONG:
        return found
    cut = excerpt(found.evidence, set(stems(wanted)))
    return found if cut == found.evidence else Line(" ".join(cut.text.split()), cut)


def summary(page: Page, plan: Plan) -> list[Told]:
    """What a reader should know first: of the sentences near the top of the articles the weightiest."""
    first = [unit for unit in page.pool.units if unit.n < _NEAR_THE_TOP and not _has_year(unit)]
    chosen = choose(page, first, plan.summary, room_of(page, "summary"), _alone)
    return [told(page, unit, found) for unit, found in chosen]


def _alone(unit: Unit) -> Line | None:
    """The line of a sentence that needs no other beside it."""
    found = line(unit)
    return None if found is None or found.both else found


def _has_year(unit: Unit) -> bool:
    """Whether the sentence itself names a year: it belongs to the timeline."""
    return any(re.search(r"\d{4}", unit.text[one.start : one.end]) for one in unit.dates)


def timeline(page: Page, plan: Plan, order: Sequence[str]) -> list[tuple[Dated, str, Told]]:
    """Events with their dates and the articles' words for them, in order; of open dates only half as many."""
    room = room_of(page, "timeline")
    start = page.used
    dated = [unit for unit in page.pool.units if date_of(unit)]
    chosen = choose(page, dated, plan.timeline, room, event_line)
    undated = [unit for unit in page.pool.units if open_date_of(unit) and not date_of(unit)]
    most = min(plan.timeline - len(chosen), max(2, plan.timeline // 2))
    chosen += choose(page, undated, most, (room - page.used + start) // 2) if most > 0 else []
    lines = dict(chosen)
    events: list[tuple[Unit, Dated]] = []
    for unit in lines:
        when = date_of(unit) or open_date_of(unit)
        if when is None:
            continue
        if any(_same_event(page, unit, when, *other) for other in events):
            page.give_back(unit, lines[unit].text)
        else:
            events.append((unit, when))
    return [
        (when, unit.text[when.start : when.end], told(page, unit, lines[unit]))
        for unit, when in in_order(events, order)
    ]


def _same_event(page: Page, unit: Unit, when: Dated, other: Unit, then: Dated) -> bool:
    """Whether two sentences of one date tell of one event; the second is then not shown."""
    same = bool(when.iso) and when.iso == then.iso
    return same and float(page.pool.alike[unit.at, other.at]) > _SAME_EVENT


def people(page: Page, plan: Plan) -> list[tuple[str, Told]]:
    """Who matters, with their roles."""
    return _parties(page, who.people(page.pool), plan.people, room_of(page, "people"))


def organisations(page: Page, plan: Plan) -> list[tuple[str, Told]]:
    """The same for organisations."""
    return _parties(page, who.organisations(page.pool), plan.organisations, room_of(page, "organisations"))


def _parties(page: Page, known: Sequence[who.Known], most: int, room: int) -> list[tuple[str, Told]]:
    found: list[tuple[str, Told]] = []
    for one in known:
        if len(found) == most:
            page.cut.append(f"{one.name}, {one.words}")
            continue
        before = page.used
        if not page.takes(f"{one.name}: {one.words}", room):
            page.cut.append(f"{one.name}, {one.words}")
            continue
        room -= page.used - before
        found.append((one.name, Told(one.words, (one.unit.evidence,))))
    return found


_UNKNOWN = re.compile(
    r"\b(?:yet to\b|not yet\b|(?:has|have|had) (?:not )?yet\b|(?:is|are) yet\b|unclear|not clear|unknown"
    r"|not (?:yet )?known|no (?:\w+ )?(?:\w+ )?(?:date|decision|bid|offer) (?:has|have|had)|no decision"
    r"|remains? (?:to be|unclear|uncertain|open|unresolved|a mystery)|uncertain|unresolved|undecided"
    r"|questions? (?:remain|over|mark)|could not say|has not said|(?:declined|refused) to (?:say|give|reveal)"
    r"|unanswered)",
    re.IGNORECASE,
)
_COMING = re.compile(
    r"\b(?:will decide|to decide (?:whether|if)|expected to (?:rule|decide|announce|give|be announced|begin"
    r"|hear|publish)|(?:is|are) considering|under way|underway|investigat(?:ing|ion into)|awaiting|pending"
    r"|deciding whether|(?:is|are) due to|speculation|rumou?r(?:s|ed)?)\b",
    re.IGNORECASE,
)


def open_questions(page: Page, plan: Plan) -> list[Told]:
    """What the articles say is not known or not decided, and some of what is still to come."""
    top = [unit for unit in page.pool.units[: max(12, len(page.pool.units) // 2)] if not _spoken(unit)]
    unknown = [unit for unit in top if _UNKNOWN.search(unit.text)]
    coming = [unit for unit in top if unit not in unknown and _COMING.search(unit.text)]
    room = room_of(page, "open_questions")
    start = page.used
    chosen = choose(page, unknown, plan.open_questions, room)
    most = min(plan.open_questions - len(chosen), max(1, plan.open_questions // 2))
    chosen += choose(page, coming, most, room - page.used + start) if most > 0 else []
    return [told(page, unit, found) for unit, found in chosen]


def _spoken(unit: Unit) -> bool:
    return any(mark in unit.text for mark in '"“”')


def key_facts(page: Page) -> list[Told]:
    """What else matters, as far as there is room, in the order of importance."""
    chosen = choose(page, page.pool.units, len(page.pool.units), page.left)
    return [told(page, unit, found) for unit, found in chosen]
