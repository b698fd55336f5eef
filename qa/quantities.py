"""Figures in running text: value, unit and what qualifies them, in a form in which equal ones are equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from qa.kinds import Kind, Mention, Raw, single_mention, skip_hyphen, word_at, words
from qa.moments import ISO, year_of

_SMALL = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
_TENS = {
    word: 10 * n
    for n, word in enumerate(["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 3)
}
_WORDS = _SMALL | _TENS
_SCALES = {
    "hundred": 100,
    "dozen": 12,
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
    "trn": 10**12,
}
_FRACTIONS = {
    "half": (1, 2),
    "halves": (1, 2),
    "third": (1, 3),
    "thirds": (1, 3),
    "quarter": (1, 4),
    "quarters": (1, 4),
    "fifth": (1, 5),
    "fifths": (1, 5),
    "tenth": (1, 10),
    "tenths": (1, 10),
}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        1,
    )
}
_SIGNS = {
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "¥": "JPY",
    "A$": "AUD",
    "C$": "CAD",
    "HK$": "HKD",
    "NZ$": "NZD",
    "S$": "SGD",
}
_UNITS = {
    form: unit
    for unit, forms in {
        "%": "% percent pc",
        "pp": "pp",
        "GBP": "pound pounds sterling gbp quid",
        "USD": "dollar dollars usd",
        "EUR": "euro euros eur",
        "JPY": "yen jpy",
        "CNY": "yuan renminbi",
        "INR": "rupee rupees",
        "RUB": "rouble roubles ruble rubles",
        "ZAR": "rand",
        "CHF": "franc francs",
        "pence": "p pence penny",
        "cent": "cent cents",
        "km": "km kilometre kilometres kilometer kilometers kms",
        "mile": "mile miles",
        "metre": "metre metres meter meters",
        "cm": "cm centimetre centimetres",
        "mm": "mm millimetre millimetres",
        "foot": "foot feet ft",
        "inch": "inch inches",
        "yard": "yard yards",
        "kg": "kg kilo kilos kilogram kilograms kilogramme kilogrammes",
        "gram": "gram grams gramme grammes",
        "tonne": "tonne tonnes",
        "ton": "ton tons",
        "lb": "lb lbs",
        "litre": "litre litres liter liters",
        "gallon": "gallon gallons",
        "barrel": "barrel barrels",
        "mph": "mph",
        "km/h": "kph kmh",
        "second": "second seconds sec secs",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "decade": "decade decades",
        "century": "centuries",
        "degree": "degree degrees",
        "acre": "acre acres",
        "hectare": "hectare hectares",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "kbps": "kbps",
        "mbps": "mbps",
        "watt": "watt watts",
        "megawatt": "mw megawatt megawatts",
    }.items()
    for form in forms.split()
}
# A dollar that says whose it is.
_NATIONAL = {
    "australian": "AUD",
    "canadian": "CAD",
    "hong kong": "HKD",
    "us": "USD",
    "american": "USD",
    "singapore": "SGD",
}
# What qualifies a figure, in the order in which it is tried: the longest first.
_QUALIFIERS = sorted(
    (
        (tuple(phrase.strip().split()), name)
        for name, phrases in {
            "more": "more than, over, in excess of, exceeding, above, upwards of, greater than, higher than",
            "at least": "at least, a minimum of, no less than, no fewer than, not less than, minimum of",
            "less": "less than, fewer than, under, below, lower than",
            "at most": "up to, at most, as many as, as much as, a maximum of, no more than, not more than",
            "nearly": "nearly, almost, just under, close to, just short of, just below, approaching, nearing",
            "just over": """just over, slightly more than, slightly over, just above, little more than,
                a little over""",
            "about": """about, around, approximately, roughly, some, circa, an estimated, estimated,
                in the region of, somewhere around, an average of""",
            "": "exactly, precisely, a total of",
        }.items()
        for phrase in phrases.split(",")
    ),
    key=lambda entry: -len(entry[0]),
)
_AFTERWARDS = {
    ("or", "more"): "at least",
    ("or", "less"): "at most",
    ("or", "so"): "about",
    ("or", "fewer"): "at most",
}
_SCORE = re.compile(r"\d+(?:[-–/]\d+)+$")
_NUMBER = re.compile(
    r"(?P<sign>(?:US|HK|NZ|[ACS])?[$£€¥])?(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<suffix>[a-z%']*)$", re.I
)


def quantities(raws: Sequence[Raw], at: int) -> tuple[Mention, ...]:
    start, qualifier = _qualifier(raws, at)
    word = word_at(raws, start)
    if _SCORE.match(word) and not ISO.match(word):
        unit, last = _unit(raws, start + 1)
        figures = word.replace("–", "-").replace("/", "-")
        return single_mention(
            Kind.NUMBER, {f"range:{figures}:{unit}:{qualifier}" if unit else f"score:{figures}"}, at, last
        )
    if start == at and (ordinal := _ordinal(raws, at)):
        return ordinal
    found = _value(raws, start)
    if not found:
        return ()
    value, unit, last, loose = found
    if not unit:
        unit, last = _unit(raws, last)
    if unit == "pence":
        value, unit = value / 100, "GBP"
    later = _AFTERWARDS.get((word_at(raws, last), word_at(raws, last + 1)))
    if later and not qualifier:
        qualifier, last = later, last + 2
    keys = {_key(value, unit, qualifier)}
    if loose and not unit:  # '5m' without a currency: five million, or five metres
        keys = {_key(value * 10**6, unit, qualifier), _key(value, "metre", qualifier)}
    year = not unit and not qualifier and last == start + 1 and year_of(word)
    if year:
        dated = word_at(raws, at - 1) in _BEFORE_YEAR
        return single_mention(Kind.DATE if dated else Kind.NUMBER, {*keys, f"year:{year}"}, at, last)
    return single_mention(Kind.NUMBER, keys, at, last)


_BEFORE_YEAR = words("""in since until till by of from during before after to and for early late mid""")


def _key(value: Decimal, unit: str, qualifier: str) -> str:
    return f"quantity:{value.normalize():f}:{unit}:{qualifier}"


def _qualifier(raws: Sequence[Raw], at: int) -> tuple[int, str]:
    """Where the figure after a qualifier begins, and the qualifier; ``(at, "")`` where there is none."""
    for phrase, name in _QUALIFIERS:
        if all(word_at(raws, at + n) == word for n, word in enumerate(phrase)):
            following = at + len(phrase)
            if _value(raws, following):
                return following, name
            if word_at(raws, following) == "the" and _value(raws, following + 1):
                return following + 1, name
    return at, ""


def _ordinal(raws: Sequence[Raw], at: int) -> tuple[Mention, ...]:
    word = word_at(raws, at)
    found = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word)
    number = int(found[1]) if found else _ORDINALS.get(word, 0)
    if not number or _fraction(raws, at):
        return ()
    if number == 1:
        return single_mention(Kind.MARK, {"ordinal:1", "mark:first"}, at, at + 1)
    return single_mention(Kind.NUMBER, {f"ordinal:{number}"}, at, at + 1)


def _value(raws: Sequence[Raw], at: int) -> tuple[Decimal, str, int, bool] | None:
    """Value, unit if sign or suffix gives one, position after it, whether a suffix 'm' is in doubt."""
    word = word_at(raws, at)
    if word in ("a", "an") and word_at(raws, at + 1) in (
        "hundred",
        "thousand",
        "million",
        "billion",
        "trillion",
        "dozen",
    ):
        return _scaled(raws, Decimal(1), "", at + 1)
    if fraction := _fraction(raws, at):
        return _scaled(raws, fraction[0], "", fraction[1])
    if digits := _NUMBER.match(word):
        return _digits(raws, digits, at)
    if word in _WORDS:
        return _spelled(raws, at)
    return None


def _digits(raws: Sequence[Raw], found: re.Match[str], at: int) -> tuple[Decimal, str, int, bool] | None:
    value = Decimal(found["digits"].replace(",", "") or "0")
    unit = _SIGNS.get((found["sign"] or "").upper(), "")
    suffix = found["suffix"].lower()
    if suffix == "m":
        if unit or _unit(raws, at + 1)[0]:
            return value * 10**6, unit, at + 1, False
        return value, "", at + 1, True
    if suffix in _SCALES:
        return value * _SCALES[suffix], unit, at + 1, False
    if suffix in _UNITS:
        return value, unit or _UNITS[suffix], at + 1, False
    if suffix not in ("", "s", "'s"):
        return None
    return _scaled(raws, value, unit, at + 1)


def _spelled(raws: Sequence[Raw], at: int) -> tuple[Decimal, str, int, bool]:
    """A number in words below a thousand, and what scales it."""
    value, last = _below_hundred(raws, at)
    if word_at(raws, last) == "hundred":
        value, last = value * 100, last + 1
        more = last + (word_at(raws, last) == "and")
        if word_at(raws, more) in _WORDS:
            rest, last = _below_hundred(raws, more)
            value += rest
    return _scaled(raws, Decimal(value), "", last)


def _below_hundred(raws: Sequence[Raw], at: int) -> tuple[int, int]:
    word = word_at(raws, at)
    value, last = _WORDS[word], at + 1
    unit = skip_hyphen(raws, last)
    if value >= 20 and 0 < _SMALL.get(word_at(raws, unit), 0) < 10:
        return value + _SMALL[word_at(raws, unit)], unit + 1
    return value, last


def _scaled(raws: Sequence[Raw], value: Decimal, unit: str, at: int) -> tuple[Decimal, str, int, bool]:
    at = _hyphen_before(raws, at, _SCALES)
    while word_at(raws, at) in _SCALES:
        value *= _SCALES[word_at(raws, at)]
        at += 1
    return value, unit, at, False


def _hyphen_before(raws: Sequence[Raw], at: int, table: dict[str, int]) -> int:
    following = skip_hyphen(raws, at)
    return following if word_at(raws, following) in table else at


def _fraction(raws: Sequence[Raw], at: int) -> tuple[Decimal, int] | None:
    """'half', 'a third of', 'two-thirds': not 'a third attempt', 'the first half', 'the third quarter'."""
    word = word_at(raws, at)
    if (
        word == "half"
        and word_at(raws, at - 1) not in _ORDINALS
        and word_at(raws, at + 1) not in ("-", "time")
    ):
        article = word_at(raws, at + 1) in ("a", "an") and (
            word_at(raws, at + 2) in _SCALES or word_at(raws, at + 2) in _UNITS
        )
        return Decimal("0.5"), at + 2 if article else at + 1
    count = 1 if word in ("a", "one") else _SMALL.get(word, 0)
    named = skip_hyphen(raws, at + 1)
    part = word_at(raws, named)
    if (
        count
        and part in _FRACTIONS
        and (part.endswith("s") if count > 1 else word_at(raws, named + 1) == "of")
    ):
        over, under = _FRACTIONS[part]
        return (Decimal(count * over) / Decimal(under)).quantize(Decimal("0.0001")), named + 1
    return None


def _unit(raws: Sequence[Raw], at: int) -> tuple[str, int]:
    """The unit named at ``at``, with or without a hyphen before it, and the position after it."""
    following = skip_hyphen(raws, at)
    word = word_at(raws, following)
    if word == "per" and word_at(raws, following + 1) == "cent":
        return "%", following + 2
    if word == "percentage" and word_at(raws, following + 1) in ("point", "points"):
        return "pp", following + 2
    if word in _NATIONAL and _UNITS.get(word_at(raws, following + 1)) == "USD":
        return _NATIONAL[word], following + 2
    if word == "c" or word not in _UNITS or (word == "second" and following == at):
        return "", at
    return _UNITS[word], following + 1
