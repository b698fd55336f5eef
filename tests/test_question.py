"""What a question asks for: its parts, the kinds of their answers, and the days it names."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.question import Kind, Part, kind_of, parts_of, window_of

TODAY = date(2024, 1, 17)  # a Wednesday


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much will the repair cost?", Kind.AMOUNT),
        ("What fee was agreed on?", Kind.AMOUNT),
        ("When did the bridge open?", Kind.TIME),
        ("In which month was the arrest?", Kind.TIME),
        ("How long did the talks last?", Kind.TIME),
        ("How many passengers were on board?", Kind.NUMBER),
        ("What percentage of the pears froze?", Kind.NUMBER),
        ("How high is the tower?", Kind.NUMBER),
        ("Why did the ferry stop?", Kind.REASON),
        ("What led to the delay?", Kind.REASON),
        ("Who cut the ribbon?", Kind.PERSON),
        ("Which Rovers player scored first?", Kind.PERSON),
        ("Where is the ford?", Kind.PLACE),
        ("Which city has a new bridge?", Kind.PLACE),
        ("What did the engineers find?", Kind.THING),
        ("", Kind.THING),
    ],
)
def test_the_kind_of_answer_is_read_off_the_wording(question: str, kind: Kind) -> None:
    assert kind_of(question) is kind


def test_a_question_that_asks_one_thing_is_its_only_part() -> None:
    assert parts_of("  Who cut\nthe ribbon? ") == (Part("Who cut the ribbon?", Kind.PERSON),)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who cut the ribbon, and when did it open?", ["Who cut the ribbon", "when did it open?"]),
        ("Who cut the ribbon and where was it?", ["Who cut the ribbon", "where was it?"]),
        ("What broke; how was it found; who paid?", ["What broke", "how was it found", "who paid?"]),
        ("Who signed it, and for how much money?", ["Who signed it", "for how much money?"]),
    ],
)
def test_questions_that_are_joined_are_told_apart(question: str, parts: list[str]) -> None:
    assert [part.text for part in parts_of(question)] == parts


def test_each_part_has_a_kind_of_its_own() -> None:
    kinds = [part.kind for part in parts_of("Who bought the ferry, and how much did they pay?")]
    assert kinds == [Kind.PERSON, Kind.AMOUNT]


def test_a_topic_stands_before_each_part() -> None:
    parts = parts_of("The Kittiwake deal: who bought it, and for how much?")
    assert [part.text for part in parts] == [
        "The Kittiwake deal: who bought it",
        "The Kittiwake deal: for how much?",
    ]
    assert [part.kind for part in parts] == [Kind.PERSON, Kind.AMOUNT]


def test_a_topic_with_one_question_about_two_times_is_two_parts() -> None:
    parts = parts_of("Storm Edda: how many homes lost power on Thursday and on Friday?")
    assert [part.text for part in parts] == [
        "Storm Edda: how many homes lost power on Thursday",
        "Storm Edda: how many homes lost power on Friday",
    ]


@pytest.mark.parametrize(
    "question",
    [
        "When and where did the two generals meet?",  # a word alone is no question
        "Who are Brandvold and Solberg?",
        "Which ferry and which bridge and which road and which ford and which farm is it?",  # too many
        "Tell me of the ferry",
        "Kittiwake",
        "?",
    ],
)
def test_what_is_not_clearly_several_questions_stays_one(question: str) -> None:
    assert [part.text for part in parts_of(question)] == [question]


@given(st.text(max_size=200))
def test_any_text_has_one_to_three_parts(question: str) -> None:
    assert 1 <= len(parts_of(question)) <= 3


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("What happened on 3 March 2024?", date(2024, 3, 3), date(2024, 3, 3)),
        ("What happened on the 3rd of March 2024?", date(2024, 3, 3), date(2024, 3, 3)),
        ("What happened on March 3, 2024?", date(2024, 3, 3), date(2024, 3, 3)),
        ("Who resigned in Sep 2021?", date(2021, 9, 1), date(2021, 9, 30)),
        ("Who resigned in February 2024?", date(2024, 2, 1), date(2024, 2, 29)),
        ("Who resigned in February 2023?", date(2023, 2, 1), date(2023, 2, 28)),
        ("What opened during 2022?", date(2022, 1, 1), date(2022, 12, 31)),
        ("What was said today?", date(2024, 1, 17), date(2024, 1, 17)),
        ("What was said yesterday?", date(2024, 1, 16), date(2024, 1, 16)),
        ("What was said this week?", date(2024, 1, 15), date(2024, 1, 17)),
        ("What was said last week?", date(2024, 1, 8), date(2024, 1, 14)),
        ("What was said this month?", date(2024, 1, 1), date(2024, 1, 17)),
        ("What was said last month?", date(2023, 12, 1), date(2023, 12, 31)),  # across the year's end
        ("What was said this year?", date(2024, 1, 1), date(2024, 1, 17)),
        ("What was said LAST YEAR?", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_days_that_a_question_names(question: str, since: date, until: date) -> None:
    window = window_of(question, TODAY)
    assert window is not None
    assert (window.since, window.until) == (since, until)
    assert window.words in question


def test_last_week_on_a_monday_is_the_week_before() -> None:
    window = window_of("last week", date(2024, 1, 1))
    assert window is not None
    assert (window.since, window.until) == (date(2023, 12, 25), date(2023, 12, 31))


@pytest.mark.parametrize(
    "question",
    [
        "What happened on 30 February 2024?",
        "What happened on February 30, 2024?",
        "What happened on 29 February 2023?",
        "What happened in 0000?",
        "Who won in March?",
        "How many of the 212 passengers were hurt?",
        "",
    ],
)
def test_questions_that_name_no_days(question: str) -> None:
    assert window_of(question, TODAY) is None


@given(st.text(max_size=80), st.dates())
def test_no_text_and_no_day_breaks_the_window(question: str, today: date) -> None:
    window = window_of(question, today)
    assert window is None or window.since <= window.until


def test_a_part_that_refers_back_takes_the_names_along() -> None:
    first, second = parts_of("How long is Toldra's Anders Bridge, and which town did it cut off?")
    assert first.text == "How long is Toldra's Anders Bridge"
    assert second.text == "Toldra's Anders Bridge: which town did it cut off?"
    assert parts_of("Who runs the Kittiwake, and where is Eskerby?")[1].text == "where is Eskerby?"
