"""Dates and clock times in running text, in a form in which equal ones are equal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.kinds import Kind, Mention, Raw, single_mention, word_at, words
from qa.lexicon import lexicon

_DECADES = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
            "eighties": 80, "nineties": 90}  # fmt: skip
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?P<half>am|pm)?$")
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})$")
_ZONES = words("gmt bst cet est edt pst utc")


def dates(raws: Sequence[Raw], at: int) -> tuple[Mention, ...]:
    known = lexicon()
    word = word_at(raws, at)
    if iso := ISO.match(word):
        return _parts(int(iso["month"]), int(iso["day"]), int(iso["year"]), at, at + 1)
    if raws[at].capital and word in known.weekdays:
        return single_mention(Kind.DATE, {f"weekday:{known.weekdays[word]}"}, at, at + 1)
    if relative := _relative(word, word_at(raws, at + 1)):
        return single_mention(Kind.DATE, {relative}, at, at + 2 - (word in _DAYS))
    if decade := _decade(raws, at):
        return single_mention(Kind.DATE, decade, at, at + 1)
    day = _day(word)
    after = at + 1 + (word_at(raws, at + 1) == "of")
    if day and (month := _month(raws, after, sure=True)):
        year = year_of(word_at(raws, after + 1))
        return _parts(month, day, year, at, after + 1 + bool(year))
    if month := _month(raws, at):
        return _month_first(raws, at, month)
    return ()


def _month_first(raws: Sequence[Raw], at: int, month: int) -> tuple[Mention, ...]:
    day = _day(word_at(raws, at + 1))
    last = at + 2 if day else at + 1
    comma = last + 1 if word_at(raws, last) == "," else last
    year = year_of(word_at(raws, comma))
    return _parts(month, day, year, at, comma + 1 if year else last)


_DAYS = words("yesterday today tomorrow tonight")
_RELATIVE = words("last next this previous")
_SPANS = words(
    """year month week weekend night morning afternoon evening season quarter spring summer autumn winter
    decade"""
)


def _relative(word: str, following: str) -> str:
    """Key of 'yesterday' or 'last year': equal to itself only, since the day it is told from may differ."""
    if word in _DAYS:
        return f"relative:{word}"
    return f"relative:{word} {following}" if word in _RELATIVE and following in _SPANS else ""


def _parts(month: int, day: int, year: int, first: int, last: int) -> tuple[Mention, ...]:
    keys = [f"month:{month}"] + [f"day:{day}"] * bool(day) + [f"year:{year}"] * bool(year)
    return tuple(Mention(Kind.DATE, frozenset({key}), first, last) for key in keys)


def _month(raws: Sequence[Raw], at: int, sure: bool = False) -> int:
    """Number of the month at ``at``, else 0. 'May' and 'March' may be other words: they need company."""
    if at >= len(raws) or not raws[at].capital:
        return 0
    word = raws[at].lower
    number = lexicon().months.get(word, 0)
    if number and word in ("may", "march", "mar", "dec", "sun", "jan") and not sure:
        before = word_at(raws, at - 1)
        following = word_at(raws, at + 1)
        dated = bool(_day(following) or year_of(following)) or before in _BEFORE_MONTH
        return number if dated else 0
    return number


_BEFORE_MONTH = words("""in of last next since until till by from early late this mid during between""")


def _day(word: str) -> int:
    found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word)
    return int(found[1]) if found and 1 <= int(found[1]) <= 31 else 0


def year_of(word: str) -> int:
    return int(word) if re.fullmatch(r"1[0-9]\d\d|20\d\d", word) else 0


def _decade(raws: Sequence[Raw], at: int) -> set[str]:
    word = word_at(raws, at)
    if found := re.fullmatch(r"(1[5-9]|20)(\d0)'?s", word):
        return {f"decade:{found[1]}{found[2]}", f"decade:{found[2]}"}
    if found := re.fullmatch(r"'?([1-9]0)s", word):
        return {f"decade:{found[1]}"}
    return {f"decade:{_DECADES[word]}"} if word in _DECADES else set()


# Clock times


def clock(raws: Sequence[Raw], at: int) -> tuple[Mention, ...]:
    word, following = word_at(raws, at), word_at(raws, at + 1).replace(".", "")
    if word in ("noon", "midday", "midnight"):
        return single_mention(Kind.TIME, {f"time:{0 if word == 'midnight' else 720}"}, at, at + 1)
    if re.fullmatch(r"[0-2]\d[0-5]\d", word) and following in _ZONES:
        return _time(int(word[:2]), int(word[2:]), "", at, at + 2)
    found = _CLOCK.match(word)
    if not found:
        return ()
    half, last = found["half"] or "", at + 1
    if not half and following in ("am", "pm"):
        half, last = following, at + 2
    minute = int(found["minute"] or 0)
    if half or (found["minute"] and (":" in word or following in _ZONES)):
        return _time(int(found["hour"]), minute, half, at, last + (word_at(raws, last) in _ZONES))
    if following in ("o'clock", "oclock"):
        hour = int(found["hour"]) % 12
        return single_mention(Kind.TIME, {f"time:{hour * 60}", f"time:{hour * 60 + 720}"}, at, at + 2)
    return ()


def _time(hour: int, minute: int, half: str, first: int, last: int) -> tuple[Mention, ...]:
    if hour > 24 or minute > 59:
        return ()
    full = hour % 12 + 12 * (half == "pm") if half else hour
    return single_mention(Kind.TIME, {f"time:{full * 60 + minute}"}, first, last)


# Quantities
