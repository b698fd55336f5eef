"""Dates in running text, and which day, month or year each one means.

A date that the text names in full means what it says. Any other is counted from the day the article was
published, by the tense around it; where that leaves a doubt, or the article has no date, it stays open.
A year is never guessed.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from qa.brief.types import Precision
from qa.kinds import words
from qa.lexicon import past, verbal

_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name: number for number, name in enumerate(calendar.month_abbr) if name} | {"Sept": 9}
_DAYS = {name: number for number, name in enumerate(calendar.day_name)}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(_DAYS)
_YEAR = r"(?:1[5-9]|20)\d\d"
_SPANS = "week|weekend|month|year|summer|winter|spring|autumn|season"

_EXPRESSION = re.compile(
    rf"""
      (?P<iso>\b{_YEAR}-\d\d-\d\d\b)
    | \b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<dm>{_MONTH})\b(?:\.?,?\ (?P<dmy>{_YEAR})\b)?
    | \b(?P<md>{_MONTH})\.?\ (?P<mday>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|:|%|\.\d)(?:,?\ (?P<mdy>{_YEAR})\b)?
    | \b(?P<my>{_MONTH})\.?,?\ (?P<myy>{_YEAR})\b
    | \b(?:[Ii]n\ (?:early\ |late\ )?)?(?P<mrel>{_MONTH})\ (?P<mrelw>last|this|next)\ year\b
    | \b(?P<relm>[Ll]ast|[Nn]ext|[Tt]his|[Pp]revious)\ (?P<relmw>{_MONTH})\b
    | \b(?P<bare>(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|till|[Dd]uring|[Ff]rom|[Ee]arly|[Ll]ate|[Mm]id)[\ -]
        (?:early\ |late\ |mid-)?)(?P<barem>{_MONTH})\b(?!\ \d)
    | \b(?P<relw>[Ll]ast|[Nn]ext|[Tt]his|[Oo]n|[Bb]y|[Uu]ntil|[Ss]ince|[Ff]rom|[Ll]ate|[Ee]arly)
        \ (?P<rweek>{_WEEKDAY})\b
        (?P<rnight>\ (?:morning|afternoon|evening|night))?
    | \b(?P<week>{_WEEKDAY})(?=['’]s\b|\ (?:morning|afternoon|evening|night)\b)
    | \b(?P<near>[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight|[Oo]vernight)\b
    | \b(?:(?:[Ee]arlier|[Ll]ater)\ )?(?P<rel>[Ll]ast|[Nn]ext|[Tt]his|[Pp]revious)\ (?P<span>{_SPANS})\b
    | (?<=\()(?P<paren>{_YEAR})(?=\))
    | \b(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Ff]rom|[Dd]uring|[Ii]n\ early|[Ii]n\ late|[Ee]arly|[Ll]ate|[Mm]id)
        [\ -](?P<year>{_YEAR})\b(?![-–/]\d|\ [A-Z][a-z]+\ (?:Games|Olympics|Cup))
    """,
    re.VERBOSE,
)
_FUTURE = re.compile(
    r"\b(?:will|shall|would|going to|due|set to|expected|scheduled|plan(?:s|ned)? (?:to|for)|set for"
    r"|hopes? to|aims? to|likely|to (?:be|begin|start|open|go|appear|meet|face|take|hold)|upcoming"
    r"|forthcoming|deadline|until|by the end of|awaits?|starts|begins|opens|is to|are to|may|might|could)\b"
    r"|['’]ll\b",
    re.IGNORECASE,
)
# What was to be, when the article was written, need not have been.
_WAS_TO = re.compile(r"\b(?:was|were|had been|been|had)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_WORD = re.compile(r"\b[a-z]+\b")
_HAD = words("was were had did went said told has")
_LONG_AGO = 9
"""Months: 'in April', said in March, may be the one that comes."""
_FAR = 120
"""Days; without a tense, a day and month is in the year in which it is at most this far."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in an article: its words ``text[start:end]``, and what they mean.

    iso: as exact as ``precision`` says; empty where that is ``open``.
    """

    start: int
    end: int
    iso: str
    precision: Precision


def dates(sentence: str, published: date | None) -> tuple[Dated, ...]:
    """The dates in a sentence, in order; offsets are those in the sentence."""
    found = []
    for match in _EXPRESSION.finditer(sentence):
        if _no_date(match, sentence):
            continue
        iso, precision = _meaning(match, sentence, published)
        found.append(Dated(match.start(), match.end(), iso, precision))
    return tuple(found)


def _no_date(match: re.Match[str], sentence: str) -> bool:
    """'May' and 'March' may be other words, '2012 Olympic bid' is a name, 'by 2000' of a number is none."""
    if match["day"] and not 1 <= int(match["day"]) <= 31:
        return True
    if match["mday"] and not 1 <= int(match["mday"]) <= 31:
        return True
    return match["barem"] == "May" and bool(re.match(r" (?:be|have|not)\b", sentence[match.end() :]))


def _meaning(match: re.Match[str], sentence: str, published: date | None) -> tuple[str, Precision]:
    full = _in_full(match)
    if full is not None:
        return full
    if published is None:
        return "", Precision.OPEN
    tense = _tense(sentence, match.start(), match.end())
    known = (
        _day_and_month(match, published, tense)
        or _month(match, published, tense)
        or _weekday(match, published, tense)
        or _near(match, published)
    )
    return known or ("", Precision.OPEN)


def _in_full(match: re.Match[str]) -> tuple[str, Precision] | None:
    """What the words mean on any day; None where that depends on the day."""
    if match["iso"]:
        return match["iso"], Precision.DAY
    if match["dmy"]:
        return _day(int(match["dmy"]), _MONTHS[match["dm"]], int(match["day"]))
    if match["mdy"]:
        return _day(int(match["mdy"]), _MONTHS[match["md"]], int(match["mday"]))
    if match["my"]:
        return f"{match['myy']}-{_MONTHS[match['my']]:02}", Precision.MONTH
    year = match["year"] or match["paren"]
    return (year, Precision.YEAR) if year else None


def _day(year: int, month: int, day: int) -> tuple[str, Precision]:
    try:
        return date(year, month, day).isoformat(), Precision.DAY
    except ValueError:
        return "", Precision.OPEN


def _day_and_month(match: re.Match[str], published: date, tense: str) -> tuple[str, Precision] | None:
    """A day and month without a year: the one nearest to the day of publication that the tense allows."""
    name, number = match["dm"] or match["md"], match["day"] or match["mday"]
    if not name or not number:
        return None
    options = []
    for year in (published.year - 1, published.year, published.year + 1):
        iso, precision = _day(year, _MONTHS[name], int(number))
        if precision is Precision.DAY:
            distance = (date.fromisoformat(iso) - published).days
            if not (tense == "past" and distance > 0) and not (tense == "future" and distance < 0):
                options.append((abs(distance), iso))
    if not options or (not tense and min(options)[0] > _FAR):
        return None
    # A date in two weeks is rather that than the one of last year, whatever the tense: it stays open.
    doubtful = min(options)[0] > 365 - _FAR
    return None if doubtful else (min(options)[1], Precision.DAY)


def _month(match: re.Match[str], published: date, tense: str) -> tuple[str, Precision] | None:
    if match["mrel"]:
        shift = {"last": -1, "this": 0, "next": 1}[match["mrelw"]]
        return f"{published.year + shift}-{_MONTHS[match['mrel']]:02}", Precision.MONTH
    name = match["relmw"] or match["barem"]
    if not name:
        return None
    number = _MONTHS[name]
    which = (match["relm"] or "").lower()
    tense = {"last": "past", "previous": "past", "next": "future"}.get(which, tense)
    if not tense or (number == published.month and tense != "past"):
        return None
    if tense == "past":
        # 'last May' in May is a year ago; 'in May', in May, is open between the two.
        if number == published.month:
            return (f"{published.year - 1}-{number:02}", Precision.MONTH) if which == "last" else None
        back = (published.month - number) % 12
        if back > _LONG_AGO and not which:
            return None
        return f"{published.year - (number > published.month)}-{number:02}", Precision.MONTH
    if (number - published.month) % 12 > _LONG_AGO and not which:
        return None
    return f"{published.year + (number < published.month)}-{number:02}", Precision.MONTH


def _weekday(match: re.Match[str], published: date, tense: str) -> tuple[str, Precision] | None:
    name = match["rweek"] or match["week"]
    if not name:
        return None
    back = (published.weekday() - _DAYS[name]) % 7
    which = (match["relw"] or "").lower()
    if which in ("last", "next"):
        # 'last Friday', said on a Saturday, may be yesterday or a week before.
        distance = -(back or 7) if which == "last" else 7 - back
        return _on(published, distance) if abs(distance) > 3 else None
    if tense == "future":
        return _on(published, 7 - back) if back else None
    return _on(published, -back) if tense == "past" else None


def _near(match: re.Match[str], published: date) -> tuple[str, Precision] | None:
    if match["near"]:
        shift = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}.get(match["near"].lower())
        return None if shift is None else _on(published, shift)
    if not match["rel"]:
        return None
    shift = {"last": -1, "previous": -1, "this": 0, "next": 1}[match["rel"].lower()]
    if match["span"] == "year":
        return str(published.year + shift), Precision.YEAR
    if match["span"] == "month":
        months = published.year * 12 + published.month - 1 + shift
        return f"{months // 12}-{months % 12 + 1:02}", Precision.MONTH
    if match["span"] == "week":
        monday = published + timedelta(days=7 * shift - published.weekday())
        sunday = monday + timedelta(days=6)
        # A week has no date of its own: its month, where it lies in one.
        if (monday.year, monday.month) == (sunday.year, sunday.month):
            return f"{monday.year}-{monday.month:02}", Precision.MONTH
    return None


def _on(published: date, shift: int) -> tuple[str, Precision]:
    return (published + timedelta(days=shift)).isoformat(), Precision.DAY


_BREAK = re.compile(
    r"[,;:()]|\s[-–—]\s|\b(?:and|but|which|who|when|where|after|before|while|because|since)\b"
)


def clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The stretch between commas, dashes and joining words that holds ``sentence[start:end]``."""
    left, right = 0, len(sentence)
    for mark in _BREAK.finditer(sentence):
        if mark.end() <= start:
            left = mark.end()
        elif mark.start() >= end:
            right = mark.start()
            break
    return left, right


_COMPARES = re.compile(r"\b(?:following|having|than|what|compared|unlike|as in)\b")
_AS_BACKGROUND = re.compile(
    r"^(?:which|who|whose|when|where|after|before|while|because|since|having|following|despite|formerly|previously)\b"
)


def in_background(sentence: str, start: int, end: int) -> bool:
    """Whether a date stands in a clause beside the main one: 'having met in 2019', 'who died in 1998'."""
    left, _ = clause(sentence, start, end)
    joint = [mark for mark in _BREAK.finditer(sentence) if mark.end() == left]
    opening = joint[0][0] if joint and joint[0][0][0].isalpha() else sentence[left:].lstrip()
    return bool(_AS_BACKGROUND.match(opening) or _COMPARES.search(sentence[left:start]))


def _tense(sentence: str, start: int, end: int) -> str:
    """``past`` or ``future`` by the verb that a date goes with, empty where there is a doubt.

    That is the last one before it in its clause, else the first one after it.
    """
    left, right = clause(sentence, start, end)
    if not _WORD.search(sentence[left:start] + sentence[end:right]):
        right = clause(sentence, *(2 * (min(right + 2, len(sentence)),)))[1]  # 'On Monday, the bank said'
    cues = sorted(_cues(sentence, left, right))
    before = [kind for at, kind in cues if at < start]
    after = [kind for at, kind in cues if at >= end]
    return before[-1] if before else after[0] if after else ""


def _cues(sentence: str, left: int, right: int) -> list[tuple[int, str]]:
    """What shows a tense in ``sentence[left:right]``: where, and which; empty for what was yet to be."""
    cues: list[tuple[int, str]] = []
    for mark in _FUTURE.finditer(sentence, left, right):
        # 'was due to take place': neither 'due' nor what goes on behind it says what did.
        unsure = _WAS_TO.search(sentence[: mark.start()]) or _follows_unsure(mark.start(), cues)
        cues.append((mark.start(), "" if unsure else "future"))
    cues += [
        (word.start(), "past")
        for word in _WORD.finditer(sentence, left, right)
        if word[0] in _HAD or past(word[0]) or (word[0].endswith("ed") and verbal(word[0]))
    ]
    return [cue for cue in cues if not (cue[1] == "past" and _follows(cue[0], cues))]


def _follows_unsure(at: int, cues: list[tuple[int, str]]) -> bool:
    return any(not kind and 0 < at - place <= 14 for place, kind in cues)


def _follows(at: int, cues: list[tuple[int, str]]) -> bool:
    """Whether a past form stands at, or just after, what is to come: 'is expected', 'to be held'."""
    return any(kind != "past" and 0 <= at - place <= 12 for place, kind in cues)
