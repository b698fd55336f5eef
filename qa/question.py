"""What a question asks for: its parts, the kind of answer, and the days it speaks of."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """The kind of thing that answers a question."""

    AMOUNT = "amount"
    NUMBER = "number"
    TIME = "time"
    REASON = "reason"
    PERSON = "person"
    PLACE = "place"
    THING = "thing"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked; ``text`` stands alone as far as the question's own words allow."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both included, that a question names, and the words that name them.

    relative: they are reckoned from today, as in 'last month'.
    """

    since: date
    until: date
    words: str
    relative: bool = False

    @property
    def unknown(self) -> str:
        """Why such days could not be kept to where no article is from then; empty for days of the calendar,
        which may as well be those of the events."""
        if not self.relative:
            return ""
        days = f"{self.since}" if self.since == self.until else f"{self.since} to {self.until}"
        return f"“{self.words}” would be {days}, and no indexed article is from then; all days were searched."


_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        Kind.AMOUNT,
        r"how much|\bcosts?\b|\bprices?\b|\bworth\b|\bpaid\b|\bpay\b|in sterling|\btakings\b|\bfined?\b"
        r"|\bspen[dt]\b|\bdamages\b|prize money|\bsalary\b|\bbudget\b|\bearn\w*|\bdonat\w+"
        r"|what (?:sum|amount|figure|fee|value)",
    ),
    (
        Kind.TIME,
        r"\bwhen\b|how (?:long|soon)|\bdate\b"
        r"|\b(?:what|which) (?:\w+ )?(?:year|month|day|date|time|decade|century|season|weekend|week)\b",
    ),
    (
        Kind.NUMBER,
        r"how (?:many|big|large|high|old|tall|far|fast|heavy|often|deep|wide)|\b(?:what|which) (?:\w+ )?"
        r"(?:percentage|proportion|share|number|level|age|score|margin|size|speed|rate|fraction|total)\b|\baverage\b",
    ),
    (Kind.REASON, r"\bwhy\b|\bwhat (?:caused|made|led|prompted|triggered|reasons?)\b|how come|\breasons?\b"),
    (
        Kind.PERSON,
        r"\bwho(?:se|m)?\b|real name|\b(?:which|what) (?:[\w'-]+ ){0,3}"
        r"(?:judge|player|minister|man|woman|person|singer|actor|actress|director|manager|coach|politician|mp|boss|official|analyst|friend|author|writer|executive"
        r"|chairman|president|spokes\w+|campaigner|expert|star|striker|captain|donor|leader|mep|peer|founder)\b",
    ),
    (
        Kind.PLACE,
        r"\bwhere\b|\b(?:what|which) (?:[\w'-]+ )?"
        r"(?:city|country|place|town|venue|state|region|island|county|village|stadium|airport|constituency|capital|continent|nation)\b",
    ),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)

_WH = (
    r"(?:(?:to|in|on|for|by|from|at|of|with|under|through|against)\s+)?"
    r"(?:whom?|whose|what|which|when|where|why|how)"
)
_ASKS = re.compile(rf"\b{_WH}\b", re.IGNORECASE)
_JOINT = re.compile(rf"(?:,\s*(?:and|but)|;|\band)\s+(?={_WH}\b)", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|there|then|that|this|these|those)\b", re.IGNORECASE
)
# Not at the start, where a capital says nothing.
_NAME = re.compile(r"(?<=[a-z,;:)] )[A-Z][\w'’&-]*(?: (?:(?:of|the|de|van) )?[A-Z][\w'’&-]*)*")
_TOPIC = re.compile(r"^(?P<topic>[^:?]{4,80}):\s+(?P<rest>.+)$", re.DOTALL)
_PAIR = re.compile(
    r"^(?P<head>.*?\b)(?P<a>(?P<prep>over|in|on|at|for|by|from|after|before)\s+[^,?]+?)\s+and\s+"
    r"(?P<b>(?P=prep)\s+[^?]+)\?*$",
    re.IGNORECASE,
)


_PLAIN = {
    "who": Kind.PERSON,
    "whom": Kind.PERSON,
    "whose": Kind.PERSON,
    "when": Kind.TIME,
    "where": Kind.PLACE,
    "why": Kind.REASON,
}


def kind_of(text: str) -> Kind:
    """The kind of answer a question asks for, by its wording: a 'who' that comes first asks for a person."""
    first = _ASKS.search(text)
    word = first[0].split()[-1].lower() if first else ""
    if word in _PLAIN and not _TOPIC.match(text):
        return _PLAIN[word]
    for kind, pattern in _KIND_PATTERNS:
        if pattern.search(text):
            return kind
    return Kind.THING


def _named(piece: str, first: str) -> str:
    """A further part after the names of the first, where it has none itself and refers back by a pronoun."""
    found = (re.sub(r"['’]s?$", "", name) for name in _NAME.findall(first))
    names = [name for name in found if name not in piece]
    if not names or _NAME.search(piece) or not _PRONOUN.search(piece):
        return piece
    return f"{', '.join(dict.fromkeys(names))}: {piece}"


def parts_of(question: str) -> tuple[Part, ...]:
    """The things a question asks, at most three; a question that asks one thing is its own only part.

    ``Deal: who bought it, and for how much?`` asks ``Deal: who bought it`` and ``Deal: for how much?``.
    """
    text = " ".join(question.split())
    topic = ""
    if match := _TOPIC.match(text):
        topic, text = match["topic"] + ": ", match["rest"]
    pieces = [piece.strip(" ,;") for piece in _JOINT.split(text)]
    pieces = [piece for piece in pieces if len(piece.split()) >= 2]
    if len(pieces) == 1 and topic and (pair := _PAIR.match(pieces[0])):
        pieces = [pair["head"] + pair["a"], pair["head"] + pair["b"]]
    if len(pieces) > 1 and not topic:
        pieces[1:] = [_named(piece, pieces[0]) for piece in pieces[1:]]
    if not 1 < len(pieces) <= 3 or not (topic or _ASKS.search(pieces[0])):
        return (Part(" ".join(question.split()), kind_of(question)),)
    return tuple(Part(topic + piece, kind_of(piece)) for piece in pieces)


_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ON_DAY = re.compile(
    rf"\bon (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\.?,? (\d{{4}})\b", re.IGNORECASE
)
_ON_DAY_US = re.compile(rf"\bon ({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_IN_MONTH = re.compile(rf"\b(?:in|during|from|of) ({_MONTH})\.?,? (\d{{4}})\b", re.IGNORECASE)
_IN_YEAR = re.compile(r"\b(?:in|during|from|of) (\d{4})\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(today|yesterday|this week|last week|this month|last month|this year|last year)\b", re.IGNORECASE
)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _relative(words: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "this week": (monday, today),
        "last week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "this month": (first, today),
        "last month": _month(before.year, before.month),
        "this year": (date(today.year, 1, 1), today),
        "last year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }[words.lower()]


def window_of(question: str, today: date) -> Window | None:
    """The days a question names (``in January 2005``, ``last month``), reckoned from ``today``, or None.

    A day that does not exist (30 February) names nothing.
    """
    try:
        if match := _ON_DAY.search(question):
            day = date(int(match[3]), _MONTHS[match[2].lower()], int(match[1]))
            return Window(day, day, match[0])
        if match := _ON_DAY_US.search(question):
            day = date(int(match[3]), _MONTHS[match[1].lower()], int(match[2]))
            return Window(day, day, match[0])
        if match := _IN_MONTH.search(question):
            return Window(*_month(int(match[2]), _MONTHS[match[1].lower()]), match[0])
        if match := _IN_YEAR.search(question):
            return Window(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31), match[0])
        if match := _RELATIVE.search(question):
            return Window(*_relative(match[1], today), match[0], relative=True)
    except ValueError:
        return None
    return None
