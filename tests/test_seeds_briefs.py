"""The gold briefs about the demo corpus rest on its words, and a page can satisfy them."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from evals.brief_scores import score_brief
from evals.facts import holds
from evals.gold import GoldBrief, check_evidence, load_briefs
from evals.nuggets import says
from index.load import LoadOptions, load
from index.sentences import sentences
from index.types import Article

ROOT = Path(__file__).parent.parent
BRIEFS = load_briefs(ROOT / "evals" / "gold" / "seeds_briefs.jsonl")
EACH = pytest.mark.parametrize("brief", BRIEFS, ids=lambda one: one.id)


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {one.path: one for one in load([str(ROOT / "seeds")], LoadOptions()) if isinstance(one, Article)}


@pytest.fixture(scope="module")
def reporting(articles: dict[str, Article]) -> dict[str, str]:
    """The texts without what is marked as no reporting."""
    texts: dict[str, str] = {}
    for path, one in articles.items():
        at, out = 0, []
        for mark in one.boilerplate:
            out.append(one.text[at : mark.start])
            at = mark.end
        texts[path] = "".join([*out, one.text[at:]])
    return texts


def test_there_are_enough() -> None:
    assert len(BRIEFS) >= 12
    assert {one.kind for one in BRIEFS} == {"topic", "article"}
    assert sum(len(one.conflicts) for one in BRIEFS) >= 8
    assert sum(bool(event.date) for one in BRIEFS for event in one.timeline) >= 40
    assert any(not event.date for one in BRIEFS for event in one.timeline)
    for one in BRIEFS:
        assert len(one.nuggets) >= 9
        assert sum(nugget.vital for nugget in one.nuggets) >= 4
        assert not all(nugget.vital for nugget in one.nuggets)
        assert one.must_not


def test_quotes_are_verbatim(reporting: dict[str, str]) -> None:
    assert check_evidence(BRIEFS, reporting.get) == []
    for one in BRIEFS:
        for nugget in one.nuggets:
            assert nugget.quote in reporting[nugget.article], "to the letter, marks and all"
            assert nugget.article in one.articles


@EACH
def test_a_nugget_is_said_by_its_quote_and_its_text(brief: GoldBrief) -> None:
    lacking = [
        nugget.text
        for nugget in brief.nuggets
        if not says(nugget.quote, nugget.forms) or not says(nugget.text, nugget.forms)
    ]
    assert lacking == []


@EACH
def test_events_people_and_values_are_in_the_articles(brief: GoldBrief, reporting: dict[str, str]) -> None:
    for event in brief.timeline:
        text = reporting[event.article]
        assert any(says(text[one.start : one.end], event.forms) for one in sentences(text)), event.event
    for person in brief.people:
        forms = ((person.name,), person.role_forms)
        assert any(says(reporting[path], forms) for path in brief.articles), person.name
    for conflict in brief.conflicts:
        for value in conflict.values:
            assert any(holds(reporting[path], [value]) for path in conflict.articles), value


@EACH
def test_what_must_not_be_there_is_not_in_the_articles(brief: GoldBrief, reporting: dict[str, str]) -> None:
    assert [
        form for form in brief.must_not for path in brief.articles if holds(reporting[path], [form])
    ] == []


def day_of(article: Article) -> date | None:
    """The day of its front matter or metadata, else of the place and date that it begins with."""
    found = re.match(r"[^(]{0,40}, (\d{1,2} [A-Z][a-z]+ \d{4}) \(", article.text)
    line = datetime.strptime(found[1], "%d %B %Y").date() if found else None
    return article.published or line


@EACH
def test_dates_are_in_the_articles_or_follow_from_theirs(
    brief: GoldBrief, articles: dict[str, Article]
) -> None:
    for event in brief.timeline:
        article = articles[event.article]
        known = day_of(article)
        if len(event.date) == 10:
            day = date.fromisoformat(event.date)
            # A weekday counts from the article's own date: at most a week away, and it is that weekday.
            near = known is not None and abs((day - known).days) <= 7
            named = f"{day:%A}" in article.text
            assert f"{day.day} {day:%B}" in article.text or (near and named), event.event
        elif event.date:
            year = int(event.date[:4])
            assert str(year) in article.text or (known and abs(year - known.year) <= 1), event.event
        if len(event.date) == 7:
            month = date.fromisoformat(f"{event.date}-01")
            last = (
                known is not None and (known.year * 12 + known.month) - (month.year * 12 + month.month) == 1
            )
            assert f"{month:%B}" in article.text or (last and "last month" in article.text), event.event


@EACH
def test_a_page_of_the_quotes_gets_everything(brief: GoldBrief, reporting: dict[str, str]) -> None:
    claims = [{"text": one.quote, "citations": [n]} for n, one in enumerate(brief.nuggets, 1)]
    citations = [{"id": n, "path": one.article, "quote": one.quote} for n, one in enumerate(brief.nuggets, 1)]
    found = score_brief(brief, {"key_facts": claims, "citations": citations}, reporting.get)
    assert (found.nuggets.strict_all, found.nuggets.strict_weighted) == (1.0, 1.0)
    assert (found.quotes_valid, found.claims_unsupported, found.must_not) == (len(claims), 0, ())
    assert found.article_precision == 1.0


def test_a_page_about_another_topic_gets_nothing(reporting: dict[str, str]) -> None:
    for brief, other in zip(BRIEFS, [*BRIEFS[1:], BRIEFS[0]], strict=True):
        page = {"key_facts": [{"text": one.quote, "citations": []} for one in other.nuggets]}
        assert score_brief(brief, page, reporting.get).nuggets.strict_vital == 0.0, (brief.id, other.id)
