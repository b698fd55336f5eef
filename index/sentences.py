"""Text to sentences, with exact offsets.

Rules rather than Punkt: NLTK's import and model cost most of a second on every cold start, its stock model
does not know 'No. 5' or a closing quotation mark that stands off, and a rule that fails can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index.types import Boilerplate, Span

# A run of final marks with the quotes and brackets that close with it (one may stand off: 'a year. " He');
# or a full stop of a script that writes no space after it; or a forgotten space: 'in the city.The mayor'.
_END = re.compile(
    r"""(?P<mark>[.!?…؟।]+)(?P<close>["'”’»)\]]*(?:\ ["”](?=\s))?)(?=\s)
    | [。！？]+[」』”]?
    | (?<=[a-z]{2})[.!?]["”]?(?=[A-Z][a-z]+\s)
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"\n[^\S\n]*\n\s*|\n(?=[^\S\n]*(?:[-*•–]|\d{1,2}[.)])[^\S\n])")
_OPENERS = "\"'“‘«([‹¿¡—–- \t\n\r\u00a0"
_WORD_BEFORE = re.compile(r"(?<![\w&-])(?:[^\W_]+\.)*[^\W_]+$")
_WORD_AFTER = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the end of a sentence.
_TITLES = _words(
    """mr mrs ms mx dr prof gen lt col sgt capt cpt cdr cmdr adm maj brig cpl pte pvt sen rep rev hon gov
    pres supt insp det messrs mme mlle st ste mt ft fr sr br dept univ assn
    gens drs profs lts cols sgts capts sens reps revs govs"""
)
_LATIN = _words("vs v cf e.g i.e al ca approx viz")
# Not the end of a sentence before a number.
_NUMBERED = _words("no nos art fig vol pp p sec ch op cl")
_DATES = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
)
# The end of a sentence only before one of _STARTERS: those, capitalised, do not go on with a name.
_MAYBE_FINAL = _words(
    "inc ltd co corp plc jr snr jnr esq bros a.m p.m ave blvd rd bn mn u.s u.k u.n e.u ph.d"
)
_STARTERS = _words(
    """a an the this that these those there here he she it they we you i his her its their our my your in
    on at by for from with to of as if when while after before since during until although though
    however but and or nor so yet because what who how why where which whether some many most all
    both each every another other one two three now then meanwhile last next earlier later once only
    even also not no instead despite under over among according don much besides"""
)
_SAID = re.compile(
    r"""(?:[^\W\d_][\w'’.-]*\s+){1,4}(?:said|says|asked|asks|added|adds|wrote|told|replied|shouted|joked|wondered|wonders)\b"""
)


def sentences(
    text: str, start: int = 0, end: int | None = None, skip: Sequence[Boilerplate] = ()
) -> list[Span]:
    """Spans of the sentences of ``text[start:end]``, in order, without overlap or outer white space.

    No sentence crosses a paragraph break or a stretch in ``skip``. A quotation of several sentences is
    several sentences; the closing quotation mark stays with the last one. A heading is a sentence of its own.
    """
    stop = len(text) if end is None else end
    found: list[Span] = []
    for left, right in _stretches(start, stop, skip):
        for first, last in _paragraphs(text, left, right):
            found.extend(_split(text, first, last))
    return found


def _stretches(start: int, end: int, skip: Sequence[Boilerplate]) -> Iterator[tuple[int, int]]:
    """What is left of ``[start, end)`` without the stretches to skip."""
    at = start
    for piece in sorted(skip, key=lambda piece: piece.start):
        if piece.end <= at or piece.start >= end:
            continue
        if piece.start > at:
            yield at, piece.start
        at = piece.end
    if at < end:
        yield at, end


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for gap in _BREAK.finditer(text, start, end):
        yield at, gap.start()
        at = gap.end()
    yield at, end


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of one paragraph."""
    at = start
    for match in _END.finditer(text, start, end):
        if match["mark"] and not _ends(text, at, match, end):
            continue
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(character.isalnum() for character in text[start:end]):
        yield Span(start, end)


def _ends(text: str, at: int, match: re.Match[str], end: int) -> bool:
    """Whether the marks found end the sentence that began at ``at``."""
    following = match.end()
    while following < end and text[following] in _OPENERS:
        following += 1
    if following >= end:
        return False  # nothing but marks follows: it belongs to this sentence
    after = _WORD_AFTER.match(text, following, end)
    word = after[0] if after else ""
    if text[following].islower() and not any(character.isupper() for character in word[1:2]):
        return False  # iPod and eBay may begin a sentence, other small letters go on with it
    mark, close = match["mark"], match["close"]
    if mark[-1] in "!?" and close and (said := _SAID.match(text, following, end)):
        return not text[said.end() :].lstrip().startswith((".", ","))  # "Why?" John Smith asked.
    if mark != "." or close:
        return True
    return not _abbreviated(text, at, match.start(), word)


def _abbreviated(text: str, at: int, dot: int, after: str) -> bool:
    """Whether the full stop at ``dot`` belongs to an abbreviation, an initial or a list number."""
    found = _WORD_BEFORE.search(text, max(at, dot - 24), dot)
    if not found:
        return False
    word = found[0]
    lower = word.lower()
    starts = re.split("['’]", after.lower())[0] in _STARTERS
    if (lower in _TITLES and word.istitle()) or lower in _LATIN:
        return True  # 'Ft. Worth' but 'told the FT. But'
    if lower in _NUMBERED or (lower in _DATES and word[0].isupper()):
        return after[:1].isdigit()
    if word.isdigit() and len(word) < 3 and not text[at : found.start()].strip(_OPENERS):
        return True  # '1. Heat the oven'
    initial = len(word) == 1 and word.isupper()
    dotted = "." in word and all(len(part) == 1 for part in word.split("."))
    return (initial or dotted or lower in _MAYBE_FINAL) and not starts
