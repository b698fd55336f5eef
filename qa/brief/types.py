"""The frozen values of a brief. Its JSON is a public contract: qa/schemas/brief.json."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qa.types import Citation, Claim, Usage


class Precision(StrEnum):
    """How exactly an event's date is known; ``open``: the articles leave it open."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    OPEN = "open"


class Length(StrEnum):
    """How long a brief may be."""

    SHORT = "short"
    STANDARD = "standard"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened or will happen.

    date: ``2005-01-31``, ``2005-01`` or ``2005`` as ``precision`` says, None where that is ``open``.
    when: the article's own words for it ('last month', 'on Friday').
    """

    date: str | None
    precision: Precision
    when: str
    event: Claim


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation, and what the articles say that it is."""

    name: str
    role: Claim


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that matters. ``value`` as the article writes it; ``what`` it measures; the claim it is in."""

    what: str
    value: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Quotation:
    """Somebody's own words, and the id of the citation in which they stand."""

    words: str
    speaker: str
    citation: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What articles say differently: at least two positions, the newest first where dates are known."""

    about: str
    positions: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """An article that is cited. ``copies``: paths of near-duplicates that were not read beside it."""

    article_id: str
    path: str
    title: str
    source: str
    author: str
    published: str | None
    url: str
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The paragraph a citation's quote stands in: what comes before it there, and what after it."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class BriefTimings:
    """Wall-clock seconds of each stage."""

    gather_s: float = 0.0
    map_s: float = 0.0
    merge_s: float = 0.0
    write_s: float = 0.0
    check_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class BriefTrace:
    """How a brief came about; not part of the contract.

    retrieved: paths of the articles that were read. extracted: what was taken from them.
    dropped: what the check refused. cut: what there was no room for.
    """

    retrieved: tuple[str, ...] = ()
    extracted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """A structured brief. Every claim has at least one citation, and every citation is used.

    headline_citations: the citations that carry the headline.
    length, budget, tokens: what was asked for, how many tokens that allows, and how many are printed.
    timeline: the dated events by date, then those whose date the articles leave open, as these tell them.
    contexts: one for each citation, in their order; not part of the contract, and neither is ``trace``.
    """

    topic: str
    headline: str
    headline_citations: tuple[int, ...]
    summary: tuple[Claim, ...]
    key_facts: tuple[Claim, ...]
    timeline: tuple[Event, ...]
    people: tuple[Party, ...]
    organisations: tuple[Party, ...]
    figures: tuple[Figure, ...]
    quotations: tuple[Quotation, ...]
    disagreements: tuple[Disagreement, ...]
    open_questions: tuple[Claim, ...]
    sources: tuple[Source, ...]
    citations: tuple[Citation, ...]
    model: str
    prompt: str
    length: Length
    budget: int
    tokens: int
    usage: Usage
    timings: BriefTimings
    contexts: tuple[Context, ...] = ()
    trace: BriefTrace = BriefTrace()
