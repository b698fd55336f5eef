"""Figures, dates, times, names and quotations in running text: equal ones are equal, others are not."""

from __future__ import annotations

import pytest

from qa.kinds import Kind
from qa.names import names, same
from qa.quoting import quotations
from qa.tokens import Token, tokens

MENTIONS = (Kind.NUMBER, Kind.DATE, Kind.TIME)


def mentions(text: str) -> list[Token]:
    return [token for token in tokens(text) if token.kind in MENTIONS]


def equal(one: str, other: str) -> bool:
    """Whether two texts hold the same mentions in the same order."""
    here, there = mentions(one), mentions(other)
    assert here
    assert there
    pairs = zip(here, there, strict=False)
    return len(here) == len(there) and all(a.keys & b.keys for a, b in pairs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("£1.4bn", "1.4 billion pounds"),
        ("£1.4bn", "£1,400m"),
        ("£1.4bn", "£1.4 billion"),
        ("$5m", "five million dollars"),
        ("US$5m", "$5m"),
        ("A$8.4bn", "8.4bn Australian dollars"),
        ("€20", "20 euros"),
        ("56p", "£0.56"),
        ("56 pence", "56p"),
        ("12%", "12 per cent"),
        ("12%", "twelve percent"),
        ("12,500 people", "12500 people"),
        ("twelve people", "12 people"),
        ("a dozen people", "12 people"),
        ("twenty-five people", "25 people"),
        ("two hundred and six people", "206 people"),
        ("a million people", "1,000,000 people"),
        ("half a million people", "500,000 people"),
        ("5m people", "five million people"),
        ("two-thirds of it", "two thirds of it"),
        ("a quarter of it", "one quarter of it"),
        ("a six-week ban", "a ban of 6 weeks"),
        ("10km", "ten kilometres"),
        ("60mph", "60 mph"),
        ("more than 200 people", "over 200 people"),
        ("nearly 200 people", "almost 200 people"),
        ("about 200 people", "around 200 people"),
        ("200 or more people", "at least 200 people"),
        ("the 3rd time", "the third time"),
        ("21 September", "September 21"),
        ("21 September 2004", "Sept 21st, 2004"),
        ("the 21st of September", "21 September"),
        ("2004-09-21", "21 September 2004"),
        ("the 1990s", "the nineties"),
        ("5.30pm", "17:30"),
        ("5pm", "5 p.m."),
        ("1730 GMT", "17:30"),
        ("noon", "12:00"),
        ("last year", "Last year"),
    ],
)
def test_equal_mentions(one: str, other: str) -> None:
    assert equal(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("£1.4bn", "£1.4m"),
        ("£1.4bn", "$1.4bn"),
        ("$5m", "A$5m"),
        ("12%", "12 points"),
        ("12%", "12 percentage points"),
        ("12 people", "13 people"),
        ("two hundred people", "200,000 people"),
        ("six weeks", "six months"),
        ("10km", "10 miles"),
        ("more than 200 people", "200 people"),
        ("more than 200 people", "less than 200 people"),
        ("at least 200 people", "more than 200 people"),
        ("up to 200 people", "200 people"),
        ("nearly 200 people", "just over 200 people"),
        ("a third of it", "the third of it"),
        ("the second time", "two times"),
        ("half of it", "a third of it"),
        ("21 September", "21 October"),
        ("21 September", "22 September"),
        ("September 2004", "September 2005"),
        ("on Monday", "on Tuesday"),
        ("5.30pm", "5.30am"),
        ("5pm", "6pm"),
        ("6-3", "3-6"),
        ("last year", "last month"),
        ("the 1990s", "the 1980s"),
    ],
)
def test_unequal_mentions(one: str, other: str) -> None:
    assert not equal(one, other)


@pytest.mark.parametrize(
    "text",
    ["They may go.", "They march on.", "No one came.", "The second-hand car.", "an hour of need"],
)
def test_what_is_no_date(text: str) -> None:
    assert not [token for token in mentions(text) if token.kind is Kind.DATE]


def test_parts_of_a_date_come_in_one_order() -> None:
    keys = [min(token.keys) for token in mentions("on 21 September 2004")]
    assert keys == ["month:9", "day:21", "year:2004"]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('He said: "I will go."', ["I will go."]),
        ("He said: “I will go.” She left.", ["I will go."]),
        ("a 'great' day", ["great"]),
        ("the workers' party and the firm's debts", []),
        ('it goes on," he said.', ["it goes on,"]),
        ('"It goes on.', ["It goes on."]),
        ('"One," he said. "Two."', ["One,", "Two."]),
    ],
)
def test_what_stands_in_quotation_marks(text: str, inside: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == inside


def test_a_sentence_in_the_middle_of_a_quotation_is_inside_it() -> None:
    assert quotations("It goes on.", True) == ((0, 11),)


ARTICLE = names(
    "Gordon Brown spoke. Mr Brown met Ann Lee and Mark Lee. The Harbour Safety Authority (HSA) agreed. "
    "General Mark Millner left. General Mark Milner came. Quill Group rose. Quill said so. New York slept. "
    "Glasgow Green was full. Glasgow was not."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gordon brown", "brown"),
        ("harbour safety authority", "hsa"),
        ("mark millner", "mark milner"),
        ("quill group", "quill"),
    ],
)
def test_names_of_one_thing(one: str, other: str) -> None:
    assert same(tuple(one.split()), tuple(other.split()), ARTICLE)
    assert same(tuple(other.split()), tuple(one.split()), ARTICLE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gordon brown", "alan brown"),
        ("ann lee", "lee"),
        ("york", "new york"),
        ("glasgow", "glasgow green"),
        ("mark millner", "mark miller"),
        ("un", "hsa"),
    ],
)
def test_names_of_different_things(one: str, other: str) -> None:
    assert not same(tuple(one.split()), tuple(other.split()), ARTICLE)
