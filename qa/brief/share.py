"""What the sections of a brief have in common: claims without numbers yet, and their shares of the room."""

from __future__ import annotations

from dataclasses import dataclass

from qa.brief.arrange import Page
from qa.brief.merge import carriers
from qa.brief.salient import Unit
from qa.brief.standalone import Line
from qa.types import Evidence
from qa.verify import check, context_of

SHARE = {
    "disagreements": 0.3,
    "summary": 0.2,
    "timeline": 0.3,
    "people": 0.14,
    "organisations": 0.08,
    "figures": 0.12,
    "quotations": 0.12,
    "open_questions": 0.12,
}
"""Of the budget, at most."""


@dataclass(frozen=True, slots=True)
class Told:
    """A claim before its citations are numbered."""

    text: str
    evidence: tuple[Evidence, ...]


def told(page: Page, unit: Unit, found: Line) -> Told:
    return Told(found.text, carriers(found, unit, page.pool))


def room_of(page: Page, section: str) -> int:
    return int(page.budget * SHARE[section])


def excerpted(words: str, unit: Unit) -> str:
    """A part of a sentence as a claim: by itself if it says no more than the sentence, else as a quotation.

    Dots show that a quotation was cut.
    """
    whole = " ".join(unit.text.split())
    plain = words[:1].upper() + words[1:]
    if words == whole or check(plain, unit.evidence, context_of(unit.evidence)).ok:
        return plain
    before, after = whole.partition(words)[::2]
    return f"“{'… ' if before.strip() else ''}{words}{' …' if after.strip(' .') else ''}”"
