"""Figures in running text: amounts, shares and counts, each with the words that say what it measures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.brief.dates import clause
from qa.kinds import Kind
from qa.tokens import Token, tokens
from qa.wording import stems

_MONEY = r"(?:US|A|C|HK|NZ)?[$£€¥]\s?\d[\d,]*(?:\.\d+)?\s?(?:bn|tn|m|k|p|million|billion|trillion)?\b"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_SCALED = rf"{_NUMBER}\s?(?:bn|tn|m|million|billion|trillion)\b"
_CURRENCY = r"(?:euros?|pounds|dollars|roubles|rupees|yen|yuan|pence|francs|crowns|cents)"
_VALUE = re.compile(
    rf"""(?<![\w.,-])(?:
      (?P<money>{_MONEY}|{_SCALED}\ {_CURRENCY}|{_NUMBER}\ {_CURRENCY}|\d+(?:\.\d+)?p\b(?![\w]))
    | (?P<share>{_NUMBER}\s?(?:%|per\ cent\b|percent\b))
    | (?P<count>{_SCALED}|{_NUMBER}(?![\d:/'’]|st\b|nd\b|rd\b|th\b)|hundreds|thousands|dozens
        |(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|forty|fifty)
         (?:-\w+)?(?!\w))
    )""",
    re.VERBOSE,
)
_MONTHS = "January February March April May June July August September October November December"
_NOT_COUNTED = re.compile(
    rf"^(?:\s(?:{_MONTHS.replace(' ', '|')}|GMT|BST|am|pm|or|and|of|years?[ -]old|minutes?|metres?)\b"
    r"|-|\.\d|,\s\d)"
)
_NOUN = re.compile(r"^(?:\s|-)((?:[a-z][\w-]*\s){0,2}[a-z][\w-]{2,})")
_QUALIFIER = re.compile(
    r"(?:more than|less than|fewer than|at least|up to|about|around|nearly|almost|some|over|under"
    r"|an estimated|approximately|a total of)\s$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure in a sentence: its words ``sentence[start:end]``, the clause around it, and what it counts.

    kind: ``money``, ``share`` or ``count``. thing: the noun after it, stemmed, empty for money and shares.
    keys: equal figures share one. converted: keys of what stands in brackets behind it, '$5m (£2.7m)'.
    """

    start: int
    end: int
    clause: tuple[int, int]
    kind: str
    thing: str
    keys: frozenset[str]
    converted: frozenset[str] = frozenset()


def figures(sentence: str) -> list[Measured]:
    """The figures in a sentence, in order, without dates, years, ages, times and scores."""
    found: list[Measured] = []
    numbers = [token for token in tokens(sentence) if token.kind is Kind.NUMBER]
    taken = 0
    for match in _VALUE.finditer(sentence):
        kind = match.lastgroup or "count"
        if match.start() < taken:
            continue
        after = sentence[match.end() :]
        thing = ""
        if (
            kind == "count"
            and (noted := _NUMBER_OF.search(sentence[: match.start()]))
            and not _NOUN.match(after)
        ):
            thing = _head(noted[1] or "people")
        elif kind == "count":
            noun = _NOUN.match(after)
            if _NOT_COUNTED.match(after) or not noun or _year(match[0]) or _METRES.fullmatch(match[0]):
                continue
            thing = _head(noun[1])
            if not thing:
                continue
        start, end = _with_qualifier(sentence, match.start()), match.end()
        keys, converted = _keys(numbers, start, end), frozenset[str]()
        if kind == "money" and (bracket := _BRACKET.match(sentence, end)):
            converted, end = _keys(numbers, end, bracket.end()), bracket.end()
        taken = end
        if keys:
            around = _around(sentence, start, end)
            found.append(Measured(start, end, around, kind, thing, keys, converted))
    return found


_BRACKET = re.compile(r" \([^()]{0,12}[$£€¥\d][^()]{0,24}\)")


def _around(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The clause around a figure; one in brackets belongs to the clause before it."""
    if sentence[start - 1 : start] == "(" and sentence[end : end + 1] == ")":
        left, _ = clause(sentence, max(0, start - 3), start - 2)
        right = clause(sentence, min(end + 2, len(sentence)), min(end + 3, len(sentence)))[1]
        return left, right
    left, right = clause(sentence, start, start + 1)
    return left, max(
        end, clause(sentence, end - 1, end)[1] if sentence[end - 1] != ")" else _after(sentence, end)
    )


def _after(sentence: str, end: int) -> int:
    return clause(sentence, min(end + 1, len(sentence)), min(end + 2, len(sentence)))[1]


# 'The number of people known to have died rose to 14', 'the toll is now 14'.
_NUMBER_OF = re.compile(
    r"\b(?:number of (people|[a-z]+s)|(?:death )?toll)\b[^.;]*\b(?:to|is|at|was|now) (?:at least )?$"
)
_METRES = re.compile(r"\d{2,5}m")


def _year(text: str) -> bool:
    return bool(re.fullmatch(r"1[5-9]\d\d|20\d\d", text))


def _head(phrase: str) -> str:
    """The stem of the noun that is counted: the first word of the phrase in the plural."""
    for word in phrase.split():
        if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
            found = stems(word)
            return found[0] if found else ""
    return "people" if "people" in phrase.split() else ""


def _with_qualifier(sentence: str, start: int) -> int:
    found = _QUALIFIER.search(sentence[:start])
    return found.start() if found else start


def _keys(numbers: list[Token], start: int, end: int) -> frozenset[str]:
    """The keys of the number at a place, without what qualifies it."""
    for token in numbers:
        if token.start < end and start < token.end:
            return frozenset(":".join(key.split(":")[:3]) for key in token.keys)
    return frozenset()


def label(sentence: str, one: Measured, most: int = 14) -> str:
    """The clause around a figure without it, cut to ``most`` words, dots where it stands in the middle."""
    left, right = one.clause
    before, after = sentence[left : one.start].split(), sentence[one.end : right].split()
    keep = max(2, most - min(len(after), most // 2))
    before = before[-keep:]
    after = after[: most - len(before)]
    dots = ["…"] if before and any(map(str.isalnum, "".join(after))) else []
    return " ".join([*before, *dots, *after]).strip(' ,;:.()"“”')
