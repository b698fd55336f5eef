"""Lies about numbers, units, dates and times."""

from __future__ import annotations

import itertools
import re
from random import Random

from tests.lying.numbers import Number, numbers, occurs, rewritten
from tests.lying.text import (
    MONTHS,
    WEEKDAYS,
    WORD_NUMBERS,
    WORDS,
    Sentence,
    mentions,
    outside,
    overlap,
    put,
    scene,
)

_FACTORS = (0.4, 0.6, 0.75, 0.9, 1.1, 1.2, 1.4, 1.7, 2.0, 3.0)


def another_number(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A number that the article has nowhere."""
    found = []
    for number in _plain(text):
        new = _other_value(sentence, number, rng)
        if new:
            found.append(put(text, number.start, number.end, new))
    return found


def _other_value(sentence: Sentence, number: Number, rng: Random) -> str | None:
    if number.text.lower() in WORD_NUMBERS:
        words = [w for i, w in enumerate(WORD_NUMBERS[:11], 2) if not occurs(sentence.article, i, "")]
        words = [w for w in words if not mentions(sentence.article, w)]
        return rng.choice(words) if words else None
    old = float(number.digits.replace(",", ""))
    for factor in rng.sample(_FACTORS, len(_FACTORS)):
        decimals = len(number.digits.split(".")[1]) if "." in number.digits else 0
        value = round(old * factor, decimals) if old > 9 or decimals else old + rng.choice((1, 2, 3, 5))
        scaled = value * (number.value / old if old else 1)
        sensible = value >= 2 and (number.unit != "%" or old > 100 or value <= 100)
        if (
            value != old
            and sensible
            and not any(occurs(sentence.article, v, number.unit) for v in (value, scaled))
        ):
            return number.text.replace(number.digits, rewritten(number.digits, value))
    return None


def number_from_elsewhere(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A number that the article gives for something else, in the same unit."""
    own = {number.exact for number in numbers(text)}
    found = []
    for number in _plain(text):
        for other in scene(sentence.article):
            if other.index == sentence.index or overlap(other.text, text) > 0.25:
                continue
            for candidate in numbers(other.text):
                alike = candidate.unit == number.unit and bool(candidate.scale) == bool(number.scale)
                sized = number.unit or number.scale or 0.02 < candidate.value / max(number.value, 0.1) < 50
                if alike and sized and candidate.exact not in own:
                    found.append(put(text, number.start, number.end, candidate.text))
    return found


def numbers_exchanged(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Two numbers of one sentence change places."""
    found = []
    plain = [n for n in numbers(outside(text)) if n.digits[0].isdigit()]
    for left, right in itertools.pairwise(plain):
        between = text[left.end : right.start]
        same_scale = bool(left.scale) == bool(right.scale)
        alike = left.unit == right.unit and same_scale and left.exact != right.exact
        if alike and not re.fullmatch(r"\s?(?:,|and|or|to|-|, and| \()\s?", between) and "(" not in between:
            found.append(text[: left.start] + right.text + between + left.text + text[right.end :])
    return found


def _plain(text: str) -> list[Number]:
    return [number for number in numbers(outside(text)) if number.plain]


_UNITS: dict[str, str] = WORDS["units"]
_UNIT = re.compile(
    r"[£$€](?=\d)|(?<=\d)(?:bn|m)(?![\w])|(?<=\d )(?:million|billion|trillion|thousand)\b"
    r"|(?<=\d)(?:km|kg|mph)\b|(?<=[\w,.] )(?:pounds|dollars|euros|drals|kilometres|miles|hours"
    r"|days|weeks|months|years|minutes"
    r"|metres|tonnes)\b"
)
_AMOUNT_BEFORE = re.compile(rf"(?:\d|\b(?:{'|'.join(WORD_NUMBERS)}|million|billion))[ ]?$")
_CHANGE = re.compile(
    r"\b(?:rose|fell|risen|fallen|increased|decreased|grew|jumped|dropped|slipped|climbed"
    r"|surged|slumped|up|down|rise"
    r"|fall|increase|drop|gained|lost)\b(?: of| by)? (?P<figure>\d+(?:\.\d+)?(?P<sign>%))"
)


def another_unit(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Million for billion, dollars for pounds, percentage points for per cent, days for hours."""
    found = []
    masked = outside(text)
    for match in _UNIT.finditer(masked):
        unit = match[0]
        if unit.isalpha() and not _AMOUNT_BEFORE.search(masked[: match.start()]):
            continue
        new = put(text, match.start(), match.end(), _UNITS[unit])
        changed = text[max(0, match.start() - 12) : match.end() + 12]
        figure = re.search(r"\d[\d.,]*\d|\d|\w+ (?=" + re.escape(unit) + ")", changed)
        if figure and not _said(sentence, figure[0].strip(), _UNITS[unit]):
            found.append(new)
    points = [put(text, *match.span("sign"), " percentage points") for match in _CHANGE.finditer(masked)]
    return found + points


def _said(sentence: Sentence, figure: str, unit: str) -> bool:
    """Whether the article has the same figure with the other unit anywhere."""
    article = sentence.article.text
    if unit in "£$€":
        return f"{unit}{figure}" in article
    short = {"million": "m", "billion": "bn"}.get(unit, unit)
    return bool(re.search(rf"{re.escape(figure)} ?(?:{unit}|{short})\b", article))


_YEAR = re.compile(r"(?<![\w.,£$€-])(?:19|20)\d\d(?![\w%/-]|[.,]\d)")
_MONTH = re.compile(rf"(?<![\w-])(?:{'|'.join(MONTHS)})(?![\w-])")
_DAY = re.compile(rf"(?<![\w-])(?:{'|'.join(WEEKDAYS)})(?![\w-])")


def another_year(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A year that the article has nowhere."""
    found = []
    for match in _YEAR.finditer(outside(text)):
        years = [
            y
            for d in (-7, -3, -2, -1, 1, 2, 4)
            if not mentions(sentence.article, y := str(int(match[0]) + d))
        ]
        if years:
            found.append(put(text, *match.span(), rng.choice(years)))
    return found


def another_month(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A month that the article has nowhere."""
    found = []
    for match in _MONTH.finditer(outside(text)):
        may = match[0] in ("May", "March") and not re.search(
            r"(?:\d|\b[Ii]n|of|by|until|since|last|next) $", text[: match.start()]
        )
        months = [month for month in MONTHS if month != "May" and not mentions(sentence.article, month)]
        if not may:
            found.append(put(text, *match.span(), rng.choice(months)))
    return found


def another_weekday(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A day of the week that the article has nowhere."""
    found = []
    for match in _DAY.finditer(outside(text)):
        days = [day for day in WEEKDAYS if not mentions(sentence.article, day)]
        name = re.match(r" (?:Times|Mirror|Telegraph|Night|Observer|Express)", text[match.end() :])
        if days and not name:
            found.append(put(text, *match.span(), rng.choice(days)))
    return found


_DATE = re.compile(
    rf"(?<![\w.,-])(?P<before>\d\d?) (?:{'|'.join(MONTHS)})\b"
    rf"|\b(?:{'|'.join(MONTHS)}) (?P<after>\d\d?)(?![\d\w])"
)
_CLOCK = re.compile(r"(?<![\w.,:])(?P<hour>\d\d?)(?:[.:]\d\d)?(?:am|pm| GMT)\b")


def another_day_or_time(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Another day of the month, another hour."""
    found = []
    for match in _DATE.finditer(outside(text)):
        group = "before" if match["before"] else "after"
        days = [
            str(d) for d in range(2, 29) if str(d) != match[group] and not mentions(sentence.article, str(d))
        ]
        found.append(put(text, *match.span(group), rng.choice(days)))
    for match in _CLOCK.finditer(outside(text)):
        hours = [
            str(h)
            for h in range(1, 12)
            if not re.search(rf"\b{h}(?:[.:]\d\d)?(?:am|pm|\b)", sentence.article.text)
        ]
        if hours:
            found.append(put(text, *match.span("hour"), rng.choice(hours)))
    return found


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_ORDINAL = re.compile(
    r"(?<=the )(?:first|second|third|fourth|fifth|sixth)(?= \w+)|(?<=(?:his|her|its) "
    r")(?:second|third|fourth|fifth)(?= \w+)"
)


def another_ordinal(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Third for second."""
    found = []
    for match in _ORDINAL.finditer(outside(text)):
        others = [word for word in _ORDINALS if word != match[0] and not mentions(sentence.article, word)]
        if others:
            found.append(put(text, *match.span(), rng.choice(others)))
    return found


KINDS = {
    "another number": another_number,
    "a number from elsewhere in the article": number_from_elsewhere,
    "two numbers exchanged": numbers_exchanged,
    "another unit": another_unit,
    "another year": another_year,
    "another month": another_month,
    "another weekday": another_weekday,
    "another day or hour": another_day_or_time,
    "another ordinal": another_ordinal,
}
