"""What news pages carry besides the news: found, named, and left where it is.

Precision comes before recall: a notice that stays costs a poor passage, a sentence of reporting that goes
costs an answer. So a unit (a paragraph, or a sentence at the end of one) is marked only where the whole of it
has the form of a notice; that it mentions a newsletter, a comment or a cookie is no reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.notices import CERTAIN, COMPANIONS, MOST_WORDS, STRAY_WORDS, Form
from index.types import Boilerplate

_PARAGRAPH = re.compile(r"[^\n]+")
_UNIT_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[.!?…][\"'”’)\]])\s+|\s+(?=[*|•·]\s)|\s+(?=[(\[])")
_LONGEST = 600  # characters: no notice is longer, and no form need be tried on more

_STRAY = re.compile(r"[\w)’'%][.!?][\"'”’)]*\s(?P<word>[A-Z][a-z]{1,8})\.$")
_STRAY_NEEDS = 8  # words in its paragraph: a row of short cries is somebody's style

_TITLE_WORDS = 20  # of another article's title, in a list under 'Related'


@dataclass(frozen=True, slots=True)
class _Unit:
    """A paragraph or a sentence; ``kind`` is empty for reporting, ``certain`` false for a companion."""

    start: int
    end: int
    kind: str
    certain: bool
    last: bool  # of its paragraph
    whole: bool  # is its paragraph


def find_boilerplate(text: str) -> tuple[Boilerplate, ...]:
    """Spans of a settled text that are no reporting, in order and without overlap.

    Kinds: ``newsletter``, ``subscription``, ``share``, ``comments``, ``agency``, ``related``, ``app``,
    ``cookies``, ``copyright``, ``follow``, ``advertisement``, ``credit``, and ``stray`` (a word left over
    from a sentence).
    """
    units: list[_Unit] = []
    for match in _PARAGRAPH.finditer(text):
        units.extend(_units(text, match.start(), match.end()))
    units = _with_lists(text, units)
    found = [Boilerplate(unit.start, unit.end, unit.kind) for unit in _kept(units)]
    found.extend(_strays(text))
    return tuple(sorted(found, key=lambda mark: mark.start))


def _units(text: str, start: int, end: int) -> list[_Unit]:
    """One unit where the paragraph as a whole has a form, else the sentences at its end that have one."""
    kind, certain = _kind(text[start:end], whole=True)
    if kind:
        return [_Unit(start, end, kind, certain, last=True, whole=True)]
    # Nearly every paragraph ends in reporting, and its last sentence shows that: the rest need not be cut up.
    near = [match.end() for match in _UNIT_END.finditer(text, max(start, end - _LONGEST), end)]
    if near and near[-1] < end:
        unit = text[near[-1] : end].rstrip()
        if not _kind(unit, whole=False)[0]:
            return [_Unit(start, near[-1] + len(unit), "", certain=False, last=True, whole=True)]
    borders = [start, *(match.end() for match in _UNIT_END.finditer(text, start, end)), end]
    units: list[_Unit] = []
    for begin, after in reversed(list(pairwise(borders))):
        unit = text[begin:after].rstrip()
        kind, certain = _kind(unit, whole=False)
        last = after == end
        if not kind:
            # What comes before reporting in a paragraph is reporting too.
            units.append(_Unit(start, begin + len(unit), "", certain=False, last=last, whole=last))
            break
        units.append(_Unit(begin, begin + len(unit), kind, certain, last=last, whole=False))
    units.reverse()
    return units


def _kind(unit: str, *, whole: bool) -> tuple[str, bool]:
    if len(unit) > _LONGEST:
        return "", False
    words = len(unit.split())
    if words > MOST_WORDS:
        return "", False
    for forms, certain in ((CERTAIN, True), (COMPANIONS, False)):
        for form in forms:
            if _may_be(form, words, whole=whole, certain=certain) and form.fits(unit):
                return form.kind, certain
    return "", False


def _may_be(form: Form, words: int, *, whole: bool, certain: bool) -> bool:
    # 'Print.' may end a paragraph of reporting; as a paragraph of its own it is a button.
    return words <= form.words and (whole or words > 1 or not certain)


def _kept(units: Sequence[_Unit]) -> list[_Unit]:
    """The certain units that close their paragraph, and the companions in a block with one."""
    kept: list[_Unit] = []
    block: list[_Unit] = []
    for index, unit in enumerate(units):
        if unit.kind:
            block.append(unit)
        closes = not unit.kind or index + 1 == len(units)
        if closes and block:
            kept.extend(_kept_of_block(block, at_end=bool(unit.kind)))
        if not unit.kind:
            block = []
    return kept


def _kept_of_block(block: list[_Unit], *, at_end: bool) -> list[_Unit]:
    """Of neighbouring units that all have some form: the certain ones, and their company."""
    certain = [index for index, unit in enumerate(block) if unit.certain]
    if not certain:
        return []
    first, final = certain[0], certain[-1]
    kept = []
    for index, unit in enumerate(block):
        leads = index < first and (unit.whole or not unit.last)
        follows = index > first and (at_end or index < final)
        if unit.certain or follows or (leads and at_end):
            kept.append(unit)
    return kept


def _with_lists(text: str, units: list[_Unit]) -> list[_Unit]:
    """The titles under a final 'Related stories', where nothing but titles and notices follows."""
    head = len(units)
    for index in range(len(units) - 1, -1, -1):
        unit = units[index]
        if unit.kind == "related" and unit.whole and unit.certain:
            head = index
        elif not unit.kind and not _is_title(text, unit, units[index - 1] if index else None):
            break
    titles = (unit if unit.kind else replace(unit, kind="related", certain=True) for unit in units[head:])
    return [*units[:head], *titles]


def _is_title(text: str, unit: _Unit, before: _Unit | None) -> bool:
    alone = unit.last and (before is None or before.last)
    words = text[unit.start : unit.end].split()
    return alone and len(words) <= _TITLE_WORDS and text[unit.end - 1] not in '.!,;:"”'


def _strays(text: str) -> list[Boilerplate]:
    found = []
    for match in _PARAGRAPH.finditer(text):
        paragraph = match.group()
        stray = _STRAY.search(paragraph)
        if stray and stray["word"].lower() in STRAY_WORDS and len(paragraph.split()) > _STRAY_NEEDS:
            found.append(Boilerplate(match.start() + stray.start("word"), match.end(), "stray"))
    return found
