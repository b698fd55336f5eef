"""Sentences made to stand alone, facts merged, disagreements found, and what there is room for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from index.types import Article
from qa.brief.arrange import PLANS, Page, choose, plan_of
from qa.brief.conflicts import conflicts
from qa.brief.merge import carriers
from qa.brief.salient import Pool, Unit
from qa.brief.standalone import Line, line
from qa.brief.timeline import date_of, event_line
from qa.brief.types import Length
from tests.brief_paper import CLOSED, COSTS, TOPIC, UNDATED, pool_of
from tests.newsroom import article


def unit_of(text: str, words: str, **fields: Any) -> Unit:
    """The sentence of an article that begins with ``words``."""
    pool = pool_of("bridge", article("a.txt", text, title="Bridge", **fields))
    return next(unit for unit in pool.units if unit.text.startswith(words))


def unit(pool: Pool, words: str) -> Unit:
    return next(one for one in pool.units if words in one.text)


SHORTER = (
    ("But the council of Toldra agreed to pay.", "The council of Toldra agreed to pay."),
    ("However, the council of Toldra agreed to pay.", "The council of Toldra agreed to pay."),
    ("TOLDRA (Minsay Wire) - The council agreed to pay.", "The council agreed to pay."),
    ("So far the council has agreed to pay.", "So far the council has agreed to pay."),
)


@pytest.mark.parametrize(("sentence", "text"), SHORTER)
def test_what_only_joins_a_sentence_goes(sentence: str, text: str) -> None:
    found = line(unit_of(sentence, sentence))
    assert found is not None
    assert found.text == text
    assert found.evidence.text.lower().endswith(text.lower())


def test_a_pronoun_gives_way_to_the_name_it_stands_for() -> None:
    found = line(unit_of("Ingrid Solberg is the mayor. She opened the bridge in spring.", "She"))
    assert found is not None
    assert (found.text, found.verbatim) == ("Ingrid Solberg opened the bridge in spring.", False)
    assert found.evidence.text == "She opened the bridge in spring."


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        (
            "Ingrid Solberg met Pia Lund and Oda Vik. They opened the bridge in spring.",
            "They",
            "Ingrid Solberg met Pia Lund and Oda Vik. They opened the bridge in spring.",
        ),
        (
            "Have the two of them met before?\n\nOnce, in Toldra in 2019.",
            "Once",
            "Have the two of them met before? Once, in Toldra in 2019.",
        ),
    ],
)
def test_where_that_is_in_doubt_the_sentence_before_is_quoted_too(text: str, words: str, shown: str) -> None:
    found = line(unit_of(text, words))
    assert found is not None
    assert (found.text, found.both) == (shown, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It rained.\n\nThey opened the bridge in the spring of that year.", "They"),
        ("Who will pay for the repair of the bridge?", "Who"),
        ('The mayor left early today. "We will pay for it all by ourselves."', '"We'),
        ("The council of Toldra, which runs the ferry, disputed that.", "The council"),
    ],
)
def test_what_cannot_stand_alone_is_left_out(text: str, words: str) -> None:
    assert line(unit_of(text, words)) is None


def test_words_of_somebody_have_their_speaker() -> None:
    text = (
        'Mayor Ingrid Solberg said: "We will pay for the bridge ourselves. '
        '"The people of Toldra will not have to pay for any of it."'
    )
    found = line(unit_of(text, '"The people'))
    assert found is not None
    assert found.text == "Ingrid Solberg: “The people of Toldra will not have to pay for any of it.”"


def test_the_same_fact_of_two_articles_has_both_citations() -> None:
    first = article("a.txt", "The bridge over the Orla was closed on Tuesday by the council of Varnholt.")
    other = article("b.txt", "On Tuesday the council of Varnholt closed the bridge over the river Orla.")
    denial = article(
        "c.txt", "The bridge over the Orla was not closed on Tuesday by the council of Varnholt."
    )
    more = article(
        "d.txt", "The bridge over the Orla was closed on Tuesday by the council of Varnholt for 3 days."
    )
    pool = pool_of("bridge closed", first, other, denial, more)
    one = unit(pool, "was closed on Tuesday by the council of Varnholt.")
    one = one if one.notes.article == first else next(u for u in pool.units if u.notes.article == first)
    found = line(one)
    assert found is not None
    assert {evidence.article.path for evidence in carriers(found, one, pool)} == {"a.txt", "b.txt", "d.txt"}
    longer = next(u for u in pool.units if u.notes.article == more)
    assert [one.article.path for one in carriers(Line(longer.text, longer.evidence), longer, pool)] == [
        "d.txt"
    ]


def told(*articles: Article) -> list[tuple[str, set[str]]]:
    return [
        (one.about, {side.notes.article.path for side in (one.one, one.other)})
        for one in conflicts(pool_of("bridge repair", *articles), 9)
    ]


def pair(first: str, other: str) -> tuple[Article, Article]:
    return article("a.txt", first), article("b.txt", other)


@pytest.mark.parametrize(
    ("first", "other", "about"),
    [
        (
            "The repair of the Orla bridge will cost £2.3m.",
            "The repair of the Orla bridge will cost £3.1m.",
            "£",
        ),
        (
            "The council wants the firm to return $500m (£350m) to Varnholt.",
            "The firm should return $500m (£266m) to Varnholt, the council says.",
            "$500m",
        ),
        (
            "The bridge talks ran for four hours in Toldra.",
            "The bridge talks in Toldra went on for six hours.",
            "hours",
        ),
        (
            'The mayor said: "You are just like a man who sells the same old bridge twice over."',
            'The mayor said: "You are like a man who sells the same old bridge twice over."',
            "words",
        ),
        (
            "The bridge was built by engineer Remy Korchemny.",
            "The bridge of engineer Remy Korchemy was closed.",
            "spelling",
        ),
        (
            "A report said the firm had hidden the crack in the bridge for years.",
            "The firm denied that it had hidden the crack in the bridge for years.",
            "hidden",
        ),
    ],
)
def test_articles_disagree(first: str, other: str, about: str) -> None:
    found = told(*pair(first, other))
    assert len(found) == 1
    assert about in found[0][0]
    assert found[0][1] == {"a.txt", "b.txt"}


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (
            "The repair of the Orla bridge will cost £2.3m.",
            "The repair of the Orla bridge will cost £2,300,000.",
        ),
        ("The repair of the bridge cost £2m in 1998.", "The repair of the bridge cost £3m in 2030."),
        ("The repair of the Orla bridge will cost £2m.", "The mayor of Toldra earns £3m."),
        ("The cost of the Orla bridge rose from £2m to £3m.", "The cost of the Orla bridge was £2m."),
        (
            "The firm offered £1.3bn ($2.5bn) for the bridge.",
            "The firm offered £1.3bn ($2.48bn) for the bridge.",
        ),
        ("Oda Vik wrote about the bridge.", "Ada Lund wrote about the bridge."),
    ],
)
def test_they_do_not_disagree_where_both_may_be_right(first: str, other: str) -> None:
    assert told(*pair(first, other)) == []


def test_one_article_does_not_disagree_with_itself() -> None:
    text = "The repair of the Orla bridge will cost £2.3m. The repair of the Orla bridge will cost £3.1m."
    assert told(article("a.txt", text)) == []


def test_of_a_figure_that_changes_the_older_is_known() -> None:
    (found,) = conflicts(pool_of(TOPIC, CLOSED, COSTS), 1)
    assert found.older is not None
    assert found.older.notes.article == CLOSED
    (found,) = conflicts(pool_of(TOPIC, *pair("The repair cost £2.3m.", "The repair cost £3.1m.")), 1)
    assert found.older is None


def test_an_event_has_one_date_that_is_of_its_main_clause() -> None:
    for sentence, iso in (
        ("The bridge was opened in May 1998.", "1998-05"),
        ("The bridge was opened in May 1998 and closed in June 2003.", None),
        ("The bridge has been closed since 2003.", None),
        ("The bridge, which was opened in May 1998, is closed.", None),
    ):
        found = date_of(unit_of(sentence, sentence))
        assert (found.iso if found else None) == iso


def test_what_stands_behind_since_is_the_event() -> None:
    sentence = "There has been talk of a new bridge since the old bridge fell in 1998."
    found = event_line(unit_of(sentence, sentence))
    assert found is not None
    assert found.text == "The old bridge fell in 1998"
    doubted = "He said there was talk of a new bridge since the old bridge fell in 1998."
    assert date_of(unit_of(doubted, doubted)) is None


def test_a_date_that_opens_a_sentence_is_not_said_twice() -> None:
    sentence = "On Monday, the council of Varnholt closed the bridge."
    found = event_line(unit_of(sentence, sentence, published=date(2031, 3, 6)))
    assert found is not None
    assert found.text == "The council of Varnholt closed the bridge."
    undated = event_line(unit_of(sentence, sentence))
    assert undated is not None
    assert undated.text == sentence


def test_the_page_stays_within_its_room_and_tells_nothing_twice() -> None:
    pool = pool_of(TOPIC, CLOSED, COSTS, UNDATED)
    page = Page(pool, 90)
    chosen = choose(page, pool.units, 99, 60)
    assert 0 < page.used <= 60
    assert len({found.text for _, found in chosen}) == len(chosen)
    assert page.cut
    assert not set(page.cut) & {found.text for _, found in chosen}
    again = choose(page, pool.units, 99, 90)
    assert not {found.text for _, found in chosen} & {found.text for _, found in again}
    assert page.used <= 90


def test_a_page_about_little_is_shorter() -> None:
    assert plan_of(Length.STANDARD, 10_000) == PLANS[Length.STANDARD]
    assert plan_of(Length.STANDARD, 800).budget < 800
    assert plan_of(Length.SHORT, 10_000).budget < plan_of(Length.LONG, 10_000).budget
