"""Lines to a page: what matters most first, each thing once, within a number of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from index.tokens import count
from qa.brief.salient import Pool, Unit
from qa.brief.standalone import Line, line
from qa.brief.types import Length


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what a page holds. budget: tokens that are printed. The rest are numbers of entries."""

    budget: int
    summary: int
    timeline: int
    people: int
    organisations: int
    figures: int
    quotations: int
    disagreements: int
    open_questions: int


PLANS = {
    Length.SHORT: Plan(450, 2, 3, 3, 2, 3, 1, 2, 1),
    Length.STANDARD: Plan(1000, 3, 8, 8, 5, 6, 3, 4, 3),
    Length.LONG: Plan(2200, 4, 16, 16, 10, 10, 6, 8, 5),
}
# A page about little should not be longer than what it is about.
_OF_MATERIAL = 0.6
_LEAST = 300
_SAME, _LIKE = 0.88, 0.42
_REPEATS = 5.0
_LONG = 0.5
# Of the best sentence's score a sentence has at least this share, or it is not about the topic.
_RELEVANT = 0.25
_NEW, _MOST_NEW = 0.08, 4


def plan_of(length: Length, material: int) -> Plan:
    """The plan for a length, where the articles have ``material`` tokens."""
    plan = PLANS[length]
    return replace(plan, budget=min(plan.budget, max(_LEAST, int(_OF_MATERIAL * material))))


_PARTICULAR = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w-]{2,}|[£$€]?\d[\d.,]*\w*%?")


@lru_cache(maxsize=4096)
def particulars(text: str) -> frozenset[str]:
    """The names and figures in a text."""
    return frozenset(found.rstrip(".,") for found in _PARTICULAR.findall(text))


@dataclass(eq=False)
class Page:
    """What has been chosen so far, and the room that is left."""

    pool: Pool
    budget: int
    used: int = 0
    rows: list[int] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    cut: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Tokens of room."""
        return self.budget - self.used

    def takes(self, text: str, room: int | None = None) -> bool:
        """Count ``text`` in, if it fits what is left and ``room``."""
        cost = count(text)
        if cost > self.left or (room is not None and cost > room):
            return False
        self.used += cost
        return True

    def mark(self, units: Iterable[Unit]) -> None:
        """These have been told."""
        for unit in units:
            self.rows.append(unit.at)
            self.known |= particulars(unit.text)

    def give_back(self, unit: Unit, text: str) -> None:
        """Undo that a unit was told in these words."""
        self.used -= count(text)
        self.rows.remove(unit.at)
        self.told.discard(text)

    def likeness(self, unit: Unit) -> float:
        """How much of a unit has been told: its greatest cosine to what is on the page."""
        return max((float(self.pool.alike[unit.at, row]) for row in self.rows), default=0.0)

    def value(self, unit: Unit) -> float:
        """What a unit adds to the page for each token, other things being equal."""
        gain = unit.score - _REPEATS * max(0.0, self.likeness(unit) - _LIKE)
        gain += _NEW * min(_MOST_NEW, len(particulars(unit.text) - self.known))
        return gain / float((max(8, unit.tokens) / 25) ** _LONG)


def choose(
    page: Page,
    candidates: Sequence[Unit],
    most: int,
    room: int,
    line: Callable[[Unit], Line | None] = line,
) -> list[tuple[Unit, Line]]:
    """At most ``most`` units with their lines, that add most to the page, within ``room`` tokens.

    What stands alone in no way is noted as dropped, what does not fit as cut.
    """
    chosen: list[tuple[Unit, Line]] = []
    least = _RELEVANT * page.pool.units[0].score
    waiting = [unit for unit in candidates if unit.at not in page.rows]
    while waiting and len(chosen) < most:
        best = max(waiting, key=page.value)
        waiting.remove(best)
        if page.likeness(best) > _SAME:
            continue
        if page.value(best) <= 0 or best.score < least:
            page.cut.append(best.text)
            continue
        found = line(best)
        if found is None:
            if best.text not in page.dropped:
                page.dropped.append(best.text)
            continue
        before = page.pool.before(best) if found.both else None
        if found.text in page.told or (before is not None and before.at in page.rows):
            continue
        cost = count(found.text)
        if not page.takes(found.text, room):
            page.cut.append(found.text)
            continue
        room -= cost
        page.told.add(found.text)
        page.mark([best] if before is None else [before, best])
        chosen.append((best, found))
    return chosen
