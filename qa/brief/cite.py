"""Chosen lines to a Brief: citations numbered in the order of their first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from index.types import Article
from qa.brief.dates import Dated
from qa.brief.gather import Gathered
from qa.brief.share import Told
from qa.brief.types import Context, Disagreement, Event, Figure, Party, Precision, Quotation, Source
from qa.compose import citation
from qa.types import Citation, Claim, Evidence


@dataclass(frozen=True, slots=True)
class Lines:
    """Everything that was chosen for a page, before citations are numbered."""

    summary: Sequence[Told]
    key_facts: Sequence[Told]
    timeline: Sequence[tuple[Dated, str, Told]]
    people: Sequence[tuple[str, Told]]
    organisations: Sequence[tuple[str, Told]]
    figures: Sequence[tuple[str, str, Told]]
    quotations: Sequence[tuple[str, str, Evidence]]
    disagreements: Sequence[tuple[str, tuple[Told, ...]]]
    open_questions: Sequence[Told]

    @property
    def told(self) -> list[Told]:
        """Every claim."""
        pairs = [*self.people, *self.organisations]
        return [
            *self.summary,
            *self.key_facts,
            *(told for _, _, told in self.timeline),
            *(told for _, told in pairs),
            *(told for _, _, told in self.figures),
            *(told for _, sides in self.disagreements for told in sides),
            *self.open_questions,
        ]


@dataclass(eq=False)
class Citations:
    """Citations by place, numbered as they are first used."""

    by_place: dict[tuple[str, int, int], Citation] = field(default_factory=dict)
    contexts: list[Context] = field(default_factory=list)

    def add(self, one: Evidence) -> int:
        """The number of the citation of these words."""
        key = (one.article.id, one.start, one.end)
        if key not in self.by_place:
            self.by_place[key] = citation(len(self.by_place) + 1, one)
            self.contexts.append(_context(one.article, one.start, one.end))
        return self.by_place[key].id

    def claim(self, told: Told) -> Claim:
        """A line with its numbers."""
        return Claim(told.text, tuple(dict.fromkeys(self.add(one) for one in told.evidence)))

    def all(self) -> tuple[Citation, ...]:
        """All citations so far, by number."""
        return tuple(self.by_place.values())


def _context(article: Article, start: int, end: int) -> Context:
    left = article.text.rfind("\n\n", 0, start) + 2 if "\n\n" in article.text[:start] else 0
    right = article.text.find("\n\n", end)
    return Context(article.text[left:start], article.text[end : right if right >= 0 else len(article.text)])


def cited(lines: Lines, headline: Sequence[Evidence], citations: Citations) -> dict[str, Any]:
    """The sections as fields of a Brief, and ``headline_citations``."""
    return {
        "headline_citations": tuple(dict.fromkeys(citations.add(one) for one in headline)),
        "summary": tuple(map(citations.claim, lines.summary)),
        "key_facts": tuple(map(citations.claim, lines.key_facts)),
        "timeline": tuple(
            Event(
                when.iso or None, when.precision if when.iso else Precision.OPEN, words, citations.claim(told)
            )
            for when, words, told in lines.timeline
        ),
        "people": tuple(Party(name, citations.claim(told)) for name, told in lines.people),
        "organisations": tuple(Party(name, citations.claim(told)) for name, told in lines.organisations),
        "figures": tuple(Figure(what, value, citations.claim(told)) for what, value, told in lines.figures),
        "quotations": tuple(
            Quotation(words, speaker, citations.add(one)) for words, speaker, one in lines.quotations
        ),
        "disagreements": tuple(
            Disagreement(about, tuple(map(citations.claim, sides))) for about, sides in lines.disagreements
        ),
        "open_questions": tuple(map(citations.claim, lines.open_questions)),
    }


def sources(gathered: Gathered, citations: Sequence[Citation]) -> tuple[Source, ...]:
    """The articles that are cited, those first that are most about the topic."""
    used = {one.article_id for one in citations}
    return tuple(
        Source(
            article_id=one.id,
            path=one.path,
            title=one.title,
            source=one.source,
            author=one.author,
            published=one.published.isoformat() if one.published else None,
            url=one.url,
            copies=gathered.copies.get(one.id, ()),
        )
        for one in gathered.articles
        if one.id in used
    )
