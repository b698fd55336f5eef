"""Numbers in news prose: where they stand, what they are worth, and how else they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from index.types import Article
from tests.lying.text import MONTHS, WORD_NUMBERS, whole

_SCALES = {"bn": 1e9, "m": 1e6, "k": 1e3, "tn": 1e12, "billion": 1e9, "million": 1e6, "trillion": 1e12}
_MONTH = "|".join(MONTHS)
NUMBER = re.compile(
    r"(?<![\w.,/:'’£$€-])(?P<currency>[£$€])?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:(?P<scale>bn|tn|m)\b|\s(?P<word>million|billion"
    r"|trillion)\b)?(?P<percent>%|\sper\scent\b|\spercent\b)?"
    r"(?![\w/:’-]|'\w|[.,]\d)"
)
_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(WORD_NUMBERS)})(?![\w-])", re.IGNORECASE)
_HEDGED = re.compile(
    r"(?:about|around|over|under|than|to|least|most|nearly|almost|some|approximately|roughly|every|between"
    r"|past|top|last|next|first|of the|number|No\.?|aged?|group of|[A-Z]\w*)\s$",
)
# What is written like a number and is a date, a time or a score.
_DATE_AFTER = re.compile(
    rf"\s(?:{_MONTH})\b|\s?(?:am|pm|a\.m|p\.m|GMT|BST)\b|\s?to\s\d|\sand\s\d|\s?-\s?\d|(?:st|nd|rd|th)\b"
)
_DATE_BEFORE = re.compile(rf"(?:{_MONTH})\s$")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: ``text[start:end]``. unit: currency sign, ``%`` or empty."""

    start: int
    end: int
    text: str
    digits: str
    value: float
    unit: str
    scale: str
    plain: bool

    @property
    def exact(self) -> tuple[str, float]:
        """Unit and value, rounded so that equal amounts are equal."""
        return self.unit, float(f"{self.value:.6g}")


def numbers(text: str) -> list[Number]:
    """The amounts and counts of a text in order; no years, dates, times or scores.

    ``plain``: nothing like 'about' or 'at least' stands before it.
    """
    found = []
    for match in NUMBER.finditer(text):
        digits, unit = match["digits"], match["currency"] or ("%" if match["percent"] else "")
        scale = match["scale"] or match["word"] or ""
        value = float(digits.replace(",", ""))
        if _is_date(text, match.start(), match.end()) or (
            not unit and not scale and re.fullmatch(r"(?:1[5-9]|20)\d\d", digits)
        ):
            continue
        value *= _SCALES.get(scale, 1)
        plain = not _HEDGED.search(text[: match.start()])
        found.append(Number(match.start(), match.end(), match[0], digits, value, unit, scale, plain))
    for match in _WORD.finditer(text):
        if not _is_date(text, match.start(), match.end()):
            value = float(WORD_NUMBERS.index(match[0].lower()) + 2)
            plain = not _HEDGED.search(text[: match.start()])
            found.append(Number(match.start(), match.end(), match[0], match[0], value, "", "", plain))
    return sorted(found, key=lambda number: number.start)


def _is_date(text: str, start: int, end: int) -> bool:
    return bool(_DATE_AFTER.match(text, end) or _DATE_BEFORE.search(text[:start]))


@lru_cache(maxsize=4096)
def amounts_of(article: Article) -> frozenset[tuple[str, float]]:
    """Unit and value of everything numeric in the article, and the bare values of its digits."""
    text = whole(article)
    found = {number.exact for number in numbers(text)}
    found |= {("", float(digits.replace(",", ""))) for digits in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
    return frozenset(found)


def occurs(article: Article, value: float, unit: str) -> bool:
    """Whether the article has this amount, or the bare number with any unit."""
    amounts = amounts_of(article)
    return any((sign, float(f"{value:.6g}")) in amounts for sign in {"", unit})


def rewritten(digits: str, value: float) -> str:
    """``value`` in the form of ``digits``: as many decimals, thousands marked where they were."""
    decimals = len(digits.split(".")[1]) if "." in digits else 0
    return f"{value:,.{decimals}f}" if "," in digits or value >= 10_000 else f"{value:.{decimals}f}"
