"""Sentences with dates to events in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.brief.dates import Dated, clause, in_background
from qa.brief.salient import Unit
from qa.brief.standalone import Line, line
from qa.brief.types import Precision

# 'until May' and 'by Friday' are limits, and tell of no event.
_LIMIT = re.compile(r"^(?:by|until|till|from|this|next|since last)\b", re.IGNORECASE)
_SPAN = re.compile(r"^(?:by|until|till|from|since|this)\b(?! (?:morning|afternoon|evening))", re.IGNORECASE)
_VAGUE = re.compile(r"^(?:today|tonight|overnight|this|next)\b", re.IGNORECASE)


def date_of(unit: Unit) -> Dated | None:
    """The date of what a sentence tells; None where it has none, or several that differ."""
    known = [one for one in unit.dates if one.iso and not _SPAN.match(unit.text[one.start : one.end])]
    if not known:
        return None
    most = max(known, key=lambda one: len(one.iso))
    alone = all(most.iso.startswith(one.iso) for one in known)
    background = in_background(unit.text, most.start, most.end) and _what_happened(unit, most) is None
    return most if alone and not background else None


def open_date_of(unit: Unit) -> Dated | None:
    """The words for a day or month of a sentence in which no date is known; None where they name none."""
    for one in unit.dates:
        words = unit.text[one.start : one.end]
        limit = _LIMIT.match(words) or _VAGUE.match(words)
        if not one.iso and not limit and not in_background(unit.text, one.start, one.end):
            return one
    return None


# What such a clause says is so, whatever the sentence around it doubts or denies.
_FACTUAL = re.compile(r"\b(?:since|after|when) (?=(?:an?|the|[A-Z])\b|[A-Z])")
_SAID = re.compile(
    r"\b(?:said|says|claim\w*|alleg\w*|according|told|if|denied|denies|would)\b|[\"“”]", re.IGNORECASE
)


def _what_happened(unit: Unit, when: Dated) -> Line | None:
    """The clause behind 'since', 'after' or 'when' that holds the date."""
    left, right = clause(unit.text, when.start, when.end)
    for joint in _FACTUAL.finditer(unit.text, 0, when.start):
        words = unit.text[joint.end() : right].rstrip(" .,;:")
        if left <= joint.end() and len(words.split()) >= 5 and not _SAID.search(unit.text):
            start = unit.span[0] + joint.end()
            cut = replace(unit.evidence, start=start, end=start + len(words))
            return Line(words[:1].upper() + words[1:], cut)
    return None


_LEADS = re.compile(r"(?:(?:In|On|By|Late|Early|Late on|Early on|In late|In early) )?")


def event_line(unit: Unit) -> Line | None:
    """The sentence as an event; of 'there is talk since the merger failed in 2000' what happened then."""
    when = date_of(unit)
    happened = _what_happened(unit, when) if when is not None else None
    if happened is not None:
        return happened
    found = line(unit)
    if found is None or when is None or when.precision is Precision.YEAR:
        return found
    # The date stands beside the event; a sentence that opens with it need not say it again.
    leads = _LEADS.fullmatch(unit.text[: when.start]) and unit.text[when.end :].startswith(", ")
    opening = unit.text[: when.end] if leads else ""
    if opening and found.text.startswith(f"{opening}, "):
        rest, skipped = found.text[len(opening) + 2 :], len(opening) + 2
        start = found.evidence.start + (skipped if found.verbatim else 0)
        return replace(found, text=rest[:1].upper() + rest[1:], evidence=replace(found.evidence, start=start))
    return found


def in_order(events: Sequence[tuple[Unit, Dated]], order: Sequence[str]) -> list[tuple[Unit, Dated]]:
    """Dated ones by date, then the others by the day their article was published, and as these tell them.

    order: ids of the articles, for those without a date.
    """
    rank = {ident: n for n, ident in enumerate(order)}

    def key(event: tuple[Unit, Dated]) -> tuple[bool, str, str, int, int]:
        unit, dated = event
        article = unit.notes.article
        place = rank.get(article.id, len(rank))
        open_ = dated.precision is Precision.OPEN
        return open_, dated.iso, str(article.published or ""), place if open_ else 0, unit.n

    return sorted(events, key=key)
