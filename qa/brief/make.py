"""A topic, or articles, to a brief: gather, read, merge, choose, write, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.tokens import count
from index.types import Article, Query
from qa.brief import excerpts, gather, notes, sections
from qa.brief.arrange import Page, Plan, plan_of
from qa.brief.cite import Citations, Lines, cited, sources
from qa.brief.gather import Gathered
from qa.brief.headline import Headline, headline
from qa.brief.notes import Notes, NoteStore
from qa.brief.salient import Pool, pool
from qa.brief.types import Brief, BriefTimings, BriefTrace, Length
from qa.clock import Clock
from qa.errors import ServiceError
from qa.types import Usage

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from qa.chat_model import ChatModel

NO_MODEL = "none (the articles' own sentences)"
_HEADLINE = 24
"""Tokens kept for the headline."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a brief is.

    read: articles, of ``articles``; ``kept`` of them had been read for an earlier brief. claims: on the page.
    dropped: what could not stand alone or was not borne out. usage: of the model so far.
    """

    stage: str
    read: int = 0
    articles: int = 0
    kept: int = 0
    claims: int = 0
    dropped: int = 0
    usage: Usage = Usage(cost_usd=0.0)  # noqa: RUF009 - frozen


OnProgress = Callable[[Progress], None]


def _silent(progress: Progress) -> None:
    """Nobody is told."""


class Briefer:
    """Makes briefs over one index. ``model``: None where there is none; the headline is then a title."""

    def __init__(self, retriever: Retriever, model: ChatModel | None, store: NoteStore) -> None:
        self._retriever = retriever
        self._model = model
        self._store = store

    def about(
        self,
        topic: str,
        *,
        length: Length = Length.STANDARD,
        query: Query | None = None,
        on_progress: OnProgress = _silent,
    ) -> Brief | None:
        """A brief on a topic, None where nothing is known about it. Raises IndexFailure.

        query: its filters apply. A model that fails costs the brief its own headline; the trace says so.
        """
        clock = Clock()
        on_progress(Progress("searching"))
        gathered = gather.by_topic(topic, self._retriever, query or Query(""))
        clock.lap("gather_s")
        return self._made(topic, gathered, length, clock, on_progress) if gathered.articles else None

    def of(
        self,
        articles: Sequence[Article],
        *,
        topic: str = "",
        length: Length = Length.STANDARD,
        on_progress: OnProgress = _silent,
    ) -> Brief | None:
        """A brief on these articles, by the topic if one is given; None where they have no sentence."""
        clock = Clock()
        gathered = gather.by_articles(articles, self._retriever)
        clock.lap("gather_s")
        about = topic or "; ".join(article.title or article.path for article in gathered.articles[:3])
        return self._made(about, gathered, length, clock, on_progress)

    def _made(
        self, topic: str, gathered: Gathered, length: Length, clock: Clock, on_progress: OnProgress
    ) -> Brief | None:
        read, state = self._read(gathered, on_progress)
        clock.lap("map_s")
        if not any(one.spans for one in read):
            return None
        on_progress(replace(state, stage="comparing what they say"))
        catalog = self._retriever.catalog
        found = pool(
            self._retriever.embedder.embed([topic])[0],
            gathered,
            read,
            catalog.document_frequency,
            catalog.chunk_count(),
        )
        clock.lap("merge_s")
        plan = plan_of(length, sum(one.tokens for one in read))
        page = Page(found, plan.budget - _HEADLINE)
        lines = _lines(page, plan, read)
        clock.lap("check_s")
        state = replace(state, claims=len(lines.told) + len(lines.quotations), dropped=len(page.dropped))
        on_progress(
            replace(state, stage=f"asking {self._model.name} for a headline" if self._model else "writing")
        )
        head = self._headline(topic, found)
        clock.lap("write_s")
        on_progress(replace(state, stage="done", usage=head.usage or state.usage))
        return self._brief(topic, gathered, length, plan, page, lines, head, clock)

    def _read(self, gathered: Gathered, on_progress: OnProgress) -> tuple[list[Notes], Progress]:
        state = Progress("reading", articles=len(gathered.articles))

        def on_read(one: Notes) -> None:
            nonlocal state
            state = replace(state, read=state.read + 1, kept=state.kept + one.kept)
            on_progress(state)

        return notes.read(gathered.articles, self._retriever.embedder, self._store, on_read), state

    def _headline(self, topic: str, found: Pool) -> Headline:
        embedder = self._retriever.embedder
        try:
            return headline(topic, found, embedder, self._model)
        except ServiceError as error:
            return replace(headline(topic, found, embedder, None), notes=(str(error),))

    def _brief(
        self,
        topic: str,
        gathered: Gathered,
        length: Length,
        plan: Plan,
        page: Page,
        lines: Lines,
        head: Headline,
        clock: Clock,
    ) -> Brief:
        citations = Citations()
        fields = cited(lines, head.evidence, citations)
        return Brief(
            topic=topic,
            headline=head.text,
            **fields,
            sources=sources(gathered, citations.all()),
            citations=citations.all(),
            model=self._model.name if self._model else NO_MODEL,
            prompt=head.prompt,
            length=length,
            budget=plan.budget,
            tokens=page.used + count(head.text),
            usage=head.usage or Usage(cost_usd=0.0),
            timings=BriefTimings(**clock.seconds()),
            contexts=tuple(citations.contexts),
            trace=_trace(gathered, page, lines, head),
        )


def _lines(page: Page, plan: Plan, read: Sequence[Notes]) -> Lines:
    """The sections, chosen in the order in which they are worth their room."""
    disagreements = sections.disagreements(page, plan)
    summary = sections.summary(page, plan)
    quotations = excerpts.quotations(page, plan, read)
    open_questions = sections.open_questions(page, plan)
    timeline = sections.timeline(page, plan, [one.article.id for one in read])
    people = sections.people(page, plan)
    organisations = sections.organisations(page, plan)
    figures = excerpts.figures(page, plan)
    return Lines(
        summary=summary,
        key_facts=sections.key_facts(page),
        timeline=timeline,
        people=people,
        organisations=organisations,
        figures=figures,
        quotations=quotations,
        disagreements=disagreements,
        open_questions=open_questions,
    )


def _trace(gathered: Gathered, page: Page, lines: Lines, head: Headline) -> BriefTrace:
    copies = [path for paths in gathered.copies.values() for path in paths]
    printed = [told.text for told in lines.told] + [words for words, _, _ in lines.quotations]
    return BriefTrace(
        retrieved=tuple([one.path for one in gathered.articles] + copies),
        extracted=tuple(dict.fromkeys([*printed, *page.cut])),
        dropped=tuple(dict.fromkeys([*page.dropped, *head.dropped])),
        cut=tuple(dict.fromkeys(page.cut)),
        notes=head.notes,
    )
