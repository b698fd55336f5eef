"""The measures of one brief against its gold. Pure.

nuggets        see ``evals.nuggets``
quotes         valid if they stand word for word in the article they name
claims         cited, and entailed by what they cite (``evals.alce``)
articles       precision: of the citations, those of a gold article or one that would do as well; recall: of
               the gold articles, those cited
timeline       gold events with a date, by the dated entries that hold all of the event's forms: right if one
               of their dates is the gold's or less exact, finer if it is more exact without contradicting it,
               wrong if all of them contradict it
conflicts      shown if two of the values are on the page, side by side if in one disagreement
must_not       the forbidden forms on the page: they are of other stories
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.alce import Statement, located, support
from evals.facts import holds, normalise
from evals.gold import ArticleText, GoldBrief, GoldEvent, GoldNugget, verbatim
from evals.nuggets import Label, NuggetScores, label, nugget_scores, says
from evals.page import Entry, Page, path_of

NO_TRACE, SPREAD = "unknown, the brief has no trace", "spread over several lines"
NOT_RETRIEVED, NOT_EXTRACTED = "not retrieved", "not extracted"
DROPPED, CUT, NOT_PRINTED = "dropped by the check", "cut by the budget", "lost in merging"
PLACES = (NOT_RETRIEVED, NOT_EXTRACTED, DROPPED, CUT, NOT_PRINTED, SPREAD, NO_TRACE)
"""Where a nugget can be lost."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A nugget that no line holds in full, and where it was lost (one of ``PLACES``)."""

    nugget: GoldNugget
    where: str


@dataclass(frozen=True, slots=True)
class BriefScore:
    """Everything that is measured of one brief; shares are None where there is nothing to measure.

    labels: for each nugget of the gold, in its order. timeline_wrong: the entries that contradict the gold.
    must_not: the forms found. words: of the whole page.
    """

    id: str
    topic: str
    nuggets: NuggetScores
    labels: tuple[Label, ...]
    lost: tuple[Lost, ...]
    claims: int
    claims_cited: int
    claims_unsupported: int
    citation_recall: float | None
    citation_precision: float | None
    quotes: int
    quotes_valid: int
    article_precision: float | None
    article_recall: float
    must_not: tuple[str, ...]
    timeline_gold: int
    timeline_right: int
    timeline_finer: int
    timeline_wrong: tuple[str, ...]
    conflicts_gold: int
    conflicts_shown: int
    conflicts_side_by_side: int
    people_gold: int
    people_shown: int
    words: int


def score_brief(gold: GoldBrief, brief: Mapping[str, Any], article_text: ArticleText) -> BriefScore:
    """The measures of a brief's JSON; an empty one is a page with nothing on it.

    Where the JSON has ``trace`` with any of ``retrieved`` (paths), ``extracted``, ``dropped`` and ``cut``
    (texts), it is said where lost nuggets were lost.
    """
    page = Page(brief)
    labels = tuple(label(nugget.forms, page.lines) for nugget in gold.nuggets)
    right, finer, wrong = _timeline(gold, page)
    statements = [_statement(claim, page, article_text) for claim in page.claims]
    stands = support(statements)
    cited = [path_of(one) for one in page.citations]
    known = {*gold.articles, *gold.alt_articles}
    return BriefScore(
        id=gold.id,
        topic=gold.topic,
        nuggets=nugget_scores([(one.vital, found) for one, found in zip(gold.nuggets, labels, strict=True)]),
        labels=labels,
        lost=tuple(
            Lost(nugget, _where(nugget, found, brief.get("trace")))
            for nugget, found in zip(gold.nuggets, labels, strict=True)
            if found is not Label.SUPPORT
        ),
        claims=len(page.claims),
        claims_cited=sum(bool(claim.get("citations")) for claim in page.claims),
        claims_unsupported=stands.entailed.count(False),
        citation_recall=stands.recall,
        citation_precision=stands.precision,
        quotes=len(cited),
        quotes_valid=sum(verbatim(one["quote"], article_text(path_of(one)) or "") for one in page.citations),
        article_precision=sum(path in known for path in cited) / len(cited) if cited else None,
        article_recall=len(set(gold.articles) & set(cited)) / len(set(gold.articles)),
        must_not=tuple(form for form in gold.must_not if holds(page.text, [form])),
        timeline_gold=sum(bool(event.date) for event in gold.timeline),
        timeline_right=right,
        timeline_finer=finer,
        timeline_wrong=wrong,
        conflicts_gold=len(gold.conflicts),
        conflicts_shown=sum(_both(one.values, page.text) for one in gold.conflicts),
        conflicts_side_by_side=sum(
            any(_both(one.values, text) for text in page.disagreements) for one in gold.conflicts
        ),
        people_gold=len(gold.people),
        people_shown=sum(says(page.text, ((person.name,), person.role_forms)) for person in gold.people),
        words=len(page.text.replace(" . ", " ").split()),
    )


def _statement(claim: Mapping[str, Any], page: Page, article_text: ArticleText) -> Statement:
    cited = page.cited_by(claim)
    return Statement(claim["text"], tuple(located(one, article_text) if one else None for one in cited))


def _both(values: Sequence[str], text: str) -> bool:
    """Whether two of the values are said, each in words of its own: 'more than 5%' is not also '5%'."""
    left, found = f" {normalise(text)} ", 0
    for value in sorted(map(normalise, values), key=len, reverse=True):
        found += f" {value} " in left
        left = left.replace(f" {value} ", " | ")
    return found >= 2


def _timeline(gold: GoldBrief, page: Page) -> tuple[int, int, tuple[str, ...]]:
    """How many dated gold events are right, how many finer, and the entries that contradict the others."""
    right = finer = 0
    wrong: list[str] = []
    for event in gold.timeline:
        entries = [one for one in page.timeline if one.date and event.date and _is(event, one)]
        agree = [one for one in entries if event.date.startswith(one.date[:10])]
        exact = [one for one in entries if one.date.startswith(event.date)]
        right += bool(agree)
        finer += bool(exact and not agree)
        if not agree and not exact:
            wrong += [f"{one.date} for {event.date}: {one.event}" for one in entries]
    return right, finer, tuple(wrong)


def _is(event: GoldEvent, entry: Entry) -> bool:
    """Whether the entry is about the event. The year may stand in the date only."""
    return says(entry.event, event.forms) or says(f"{entry.date[:4]} . {entry.event}", event.forms)


def _where(nugget: GoldNugget, found: Label, trace: Mapping[str, Any] | None) -> str:
    """Where a lost nugget was lost. The last stage that had it says most."""
    if found is Label.PARTIAL:
        return SPREAD
    if not trace:
        return NO_TRACE
    for name, where in (("cut", CUT), ("dropped", DROPPED), ("extracted", NOT_PRINTED)):
        if any(says(_text(one), nugget.forms) for one in trace.get(name) or ()):
            return where
    if "retrieved" in trace and nugget.article not in trace["retrieved"]:
        return NOT_RETRIEVED
    return NOT_EXTRACTED


def _text(one: Any) -> str:
    return one if isinstance(one, str) else str(one.get("text", ""))
