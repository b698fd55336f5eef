"""Direct quotations with the speaker that the article names.

Where it is not certain who speaks there is no quotation: 'he said' counts only when the article leaves no
doubt who he is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa import names
from qa.brief.parties import Named
from qa.names import Context

LEAST_WORDS, MOST_WORDS = 6, 50
_VERBS = (
    r"(?:said|says|told|added|adds|insisted|insists|explained|argued|warned|claimed|commented|declared|stated"
    r"|continued|wrote|replied|admitted|announced|joked|conceded|recalled|concluded|stressed|noted|urged|asked)"
)
_NAME = r"(?:[A-Z][\w’'.-]+(?: (?:de|van|von|al|of|the|for|and) ?)?\s?){1,6}"
_WHO = rf"(?P<who>(?:[Hh]e|[Ss]he)\b|(?:[^\"“”,:;]{{0,80}}?\b)?{_NAME})"
# '"…," said the EFF lawyer Kurt Opsahl' and '"…," Mr Blair told the BBC'
_AFTER = re.compile(
    rf"[,?!.][\"”]\s+(?:{_VERBS}\s+(?P<said>[^\"“”.;]{{2,120}}?)(?=[.,;]|$)|(?P<saying>[^\"“”.;,]{{2,90}}?)\s+{_VERBS}\b)"
)
# 'Mr Blair said: "…'
_BEFORE = re.compile(rf"^(?P<who>[^\"“”]{{2,160}}?)\s+{_VERBS}\b[^\"“”:]{{0,60}}[:,]\s+[\"“]")
_OPEN = re.compile(r"[\"“]")
_CLOSE = re.compile(r"[\"”](?=\s|$|[.,;)])")


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation: its words are ``text[start:end]``, its sentences ``text[first:last]``, and who says it."""

    start: int
    end: int
    first: int
    last: int
    speaker: str


def quotations(
    text: str, spans: Sequence[tuple[int, int]], people: Sequence[Named], title: str
) -> list[Said]:
    """The quotations in an article's sentences, in order. ``people``: the names found in it.

    Whoever is named goes on speaking while the same paragraph goes on in quotation marks.
    """
    found: list[Said] = []
    speaker, named_at = "", 0
    for n, (start, end) in enumerate(spans):
        sentence = text[start:end]
        who = _speaker_after(sentence) or _speaker_before(sentence)
        marks = _words(sentence)
        if who:
            speaker, named_at = _named(who, n, text, spans, people, title), start
        elif not marks or not _goes_on(text, spans, n):
            speaker = ""
        if not marks or not speaker:
            continue
        left, right = start + marks[0], start + marks[1]
        if text[left].islower():
            continue  # a part of a sentence, which says little by itself
        if LEAST_WORDS <= len(text[left:right].split()) <= MOST_WORDS:
            # The citation shows who speaks, where that is near.
            first = named_at if len(text[named_at:end].split()) <= 1.6 * MOST_WORDS else start
            found.append(Said(left, right, first, end, speaker))
    return found


def _goes_on(text: str, spans: Sequence[tuple[int, int]], n: int) -> bool:
    """Whether sentence ``n`` is all quotation and goes on with the one before it in the same paragraph."""
    start, end = spans[n]
    return (
        n > 0
        and text[start] in '"“'
        and "\n\n" not in text[spans[n - 1][1] : start]
        and not text[start + 1 : end - 1].strip().rstrip(".").endswith(('"', "”"))
        and text[start + 1 : end - 1].count('"') + text[start:end].count("”") <= 1
    )


def _speaker_after(sentence: str) -> str:
    match = _AFTER.search(sentence)
    return (match["said"] or match["saying"] or "").strip() if match else ""


def _speaker_before(sentence: str) -> str:
    match = _BEFORE.match(sentence)
    return match["who"].strip() if match else ""


def _words(sentence: str) -> tuple[int, int] | None:
    """The longest stretch between double quotation marks; a comma that closes it is not among the words."""
    best: tuple[int, int] | None = None
    at = 0
    first = _OPEN.search(sentence)
    if first and first.start() and (closed := _CLOSE.match(sentence, first.start())):
        best, at = (0, closed.start()), closed.end()  # it was opened in a sentence before
    while opened := _OPEN.search(sentence, at):
        closed = _CLOSE.search(sentence, opened.end())
        end = closed.start() if closed else len(sentence)
        if best is None or end - opened.end() > best[1] - best[0]:
            best = opened.end(), end
        at = closed.end() if closed else len(sentence)
    if best is None:
        return None
    left, right = best
    return left, right - (sentence[right - 1 : right] == ",")


def _named(
    who: str,
    n: int,
    text: str,
    spans: Sequence[tuple[int, int]],
    people: Sequence[Named],
    title: str,
) -> str:
    """The speaker's name as the article writes it in full; empty where there is a doubt."""
    if who.lower() in ("he", "she"):
        return _meant(who.lower(), n, text, spans, people, title)
    start, end = spans[n]
    inside = [one for one in people if start <= one.start and one.end <= end and one.name in who]
    persons = [one for one in inside if one.person]
    if len({one.name for one in persons}) == 1:
        return persons[0].name
    if persons:
        return ""
    return _by_surname(who, people) or (_office(who))


def _by_surname(who: str, people: Sequence[Named]) -> str:
    """'Mr Opsahl' or 'Opsahl': the only person of the article with that surname."""
    words = re.findall(r"[A-Z][\w’'-]+", who)
    if not words:
        return ""
    surname = re.sub(r"['’]s$", "", words[-1])
    if who not in (
        surname,
        f"Mr {surname}",
        f"Mrs {surname}",
        f"Ms {surname}",
        f"But {surname}",
        f"But Mr {surname}",
    ):
        return ""
    full = {one.name for one in people if one.person and one.name.split()[-1] == surname}
    return full.pop() if len(full) == 1 else ("" if full else who.removeprefix("But "))


_OFFICE = re.compile(
    r"(?:[Aa]n?|[Tt]he|[A-Z]\w+['’]s)\s(?:\w+ )?(?:spokes(?:man|woman|person)|source|official|statement)"
    r"(?: (?:for|of|at|from) [\w’' ]{2,50})?$"
)


def _office(who: str) -> str:
    """'A spokesman for the port' is a speaker too."""
    return who if _OFFICE.match(who) and len(who.split()) <= 9 else ""


def _meant(
    pronoun: str,
    n: int,
    text: str,
    spans: Sequence[tuple[int, int]],
    people: Sequence[Named],
    title: str,
) -> str:
    before = tuple(text[start:end] for start, end in spans[max(0, n - 3) : n])
    run = names.antecedent(Context(title=title, before=before, text=text), f"pronoun:{pronoun}")
    if not run:
        return ""
    article = names.names(f"{title}\n{text}")
    full = {
        one.name
        for one in people
        if one.person and names.same(run, tuple(one.name.lower().replace("-", " ").split()), article)
    }
    return full.pop() if len(full) == 1 else ""
