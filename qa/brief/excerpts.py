"""The sections made of parts of sentences: figures in their clauses, quotations with their speakers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.brief.arrange import Page, Plan
from qa.brief.figures import Measured, label
from qa.brief.notes import Notes
from qa.brief.quotes import Said
from qa.brief.salient import Unit
from qa.brief.share import Told, excerpted, room_of
from qa.brief.standalone import line
from qa.quoting import quotations as quoted_spans
from qa.types import Evidence


def figures(page: Page, plan: Plan) -> list[tuple[str, str, Told]]:
    """What is measured, its value, and the clause that says so."""
    found: list[tuple[str, str, Told]] = []
    seen: set[str] = set()
    room = room_of(page, "figures")
    weighed = sorted(
        ((_weight(unit, one), unit, one) for unit in page.pool.units for one in unit.figures),
        key=lambda entry: (-entry[0], entry[1].at, entry[2].start),
    )
    for weight, unit, one in weighed:
        if len(found) == plan.figures or weight <= _FIGURE * page.pool.units[0].score:
            break
        clause = _clause(unit, one)
        if one.keys & seen or clause is None or clause.text in {told.text for _, _, told in found}:
            continue
        value = " ".join(unit.text[one.start : one.end].split())
        what = label(unit.text, one)
        before = page.used
        if not page.takes(clause.text, room):
            page.cut.append(clause.text)
            continue
        room -= page.used - before
        seen |= one.keys
        found.append((what, value, clause))
    return found


# Of the best sentence's score that of a figure has at least this share.
_FIGURE = 0.5
_SHORT, _LONGEST = 14, 24
"""Words: a sentence up to the one is shown whole, none is longer than the other."""
_KINDS = {"money": 0.5, "share": 0.4, "count": 0.0}


def _weight(unit: Unit, one: Measured) -> float:
    """Amounts and shares before counts, and small counts last."""
    size = float(min(one.keys).split(":")[1]) if one.keys else 0.0
    small = one.kind == "count" and size < 10
    time = one.thing in ("year", "month", "week", "day", "hour", "minut", "second")
    spoken = any(start <= one.start < end for start, end in quoted_spans(unit.text))
    return unit.score + _KINDS[one.kind] - 9.0 * (small or time or spoken)


def _clause(unit: Unit, one: Measured) -> Told | None:
    """The clause around a figure as a claim; None where it says too little by itself."""
    found = line(unit)
    if found is None:
        return None
    left, right = one.clause
    words = unit.text[left:right].strip(" ,;:-–—")
    words = " ".join(re.sub(r"^(?:and|but|which|who|that|as|to) ", "", words).split())
    if len(found.text.split()) <= _SHORT:
        return Told(found.text, (found.evidence,))
    if not 4 <= len(words.split()) <= _LONGEST or words not in unit.text:
        return Told(found.text, (found.evidence,)) if len(found.text.split()) <= _LONGEST else None
    return Told(excerpted(words, unit), (unit.evidence,))


def quotations(page: Page, plan: Plan, notes: Sequence[Notes]) -> list[tuple[str, str, Evidence]]:
    """Words, speaker, and where they stand: of each speaker one quotation before another has two."""
    score = {(unit.notes.article.id, unit.span): unit for unit in page.pool.units}
    weighed: list[tuple[float, Unit, Said]] = []
    for one in notes:
        for said in one.quotations:
            span = next(span for span in one.spans if span[0] <= said.start < span[1])
            unit = score[(one.article.id, span)]
            words = len(one.article.text[said.start : said.end].split())
            weighed.append((unit.score - 0.01 * max(0, words - 25), unit, said))
    found: list[tuple[str, str, Evidence]] = []
    room = room_of(page, "quotations")
    waiting = sorted(weighed, key=lambda entry: (-entry[0], entry[1].at))
    while waiting and len(found) < plan.quotations:
        spoken = [speaker for _, speaker, _ in found]
        best = min(waiting, key=lambda entry: (spoken.count(entry[2].speaker), -entry[0], entry[1].at))
        waiting.remove(best)
        _, unit, said = best
        text = unit.notes.article.text
        quoted = " ".join(text[said.start : said.end].split())
        if page.likeness(unit) > 0.85:
            continue
        before = page.used
        if not page.takes(f"{quoted} {said.speaker}", room):
            page.cut.append(quoted)
            continue
        room -= page.used - before
        page.mark([unit])
        found.append(
            (quoted, said.speaker, Evidence(1, unit.notes.article, said.first, said.last, unit.score))
        )
    return found
