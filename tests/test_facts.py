"""Whether a text holds a fact: worked out by hand; a plain search for the words gets many wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.facts import held, holds, misleads, normalise


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  The  Crème-Brûlée\nwas £5m! ", "the creme brulee was 5 million"),
        ("1,400,000 pounds", "1400000 pounds"),
        ("2.1bn and 3 tn and 40k", "2.1 billion and 3 trillion and 40 thousand"),
        ("71% or 71 per cent or 71 percent or 71pct", "71 percent or 71 percent or 71 percent or 71 percent"),
        ("Brandvold’s and the Greens' 3rd of 21st", "brandvold and the greens 3 of 21"),
        ("the U.S. at 10:30", "the us at 10:30"),
        ("O'Neill – don't", "oneill dont"),
        ("11.4km, 92mph", "11.4 km 92 mph"),
        ("…", ""),
    ],
)
def test_normal_forms(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("It cost £1,400.", "1400"),
        ("It cost £5m.", "5 million"),
        ("It cost 5 million pounds.", "£5m"),
        ("Cases fell by 71 per cent.", "71%"),
        ("Ysolde Karrach’s trial", "Ysolde Karrach"),
        ("in the café", "cafe"),
        ("a two-year freeze", "two year"),
        ("on the 4th of March", "4 of March"),
        ("won 3–2 at home", "3-2"),
        ("Storm EDDA", "storm edda"),
    ],
)
def test_the_same_said_in_another_way(text: str, form: str) -> None:
    assert holds(text, [form])


@pytest.mark.parametrize(
    ("text", "form"),
    [
        # each of these holds the form as a string
        ("There were 216 aboard.", "16"),
        ("It cost 16.5 million.", "16"),
        ("It cost 16.5 million.", "5 million"),
        ("1,600 came.", "600"),
        ("1,600 came.", "1"),
        ("The talks began at 10:30.", "10"),
        ("Halesworth won.", "Hale"),
        ("They met fourteen times.", "four"),
        ("It cost £5m.", ""),
        ("The Northern Isles", "north"),
    ],
)
def test_part_of_a_word_or_number_is_not_the_fact(text: str, form: str) -> None:
    assert form.lower() in text.lower()
    assert not holds(text, [form])


@pytest.mark.parametrize(
    ("text", "form"),
    [("5 thousand", "5 million"), ("five", "5"), ("", "5"), ("...", "5"), ("1400.5", "1400")],
)
def test_something_else_is_not_the_fact(text: str, form: str) -> None:
    assert not holds(text, [form])


def test_one_form_is_enough_and_each_fact_counts() -> None:
    text = "Sixteen died on the ferry."
    assert holds(text, ["16", "sixteen"])
    assert held(text, [["16", "sixteen"], ["storm"], ["ferry"]]) == [True, False, True]
    assert held(text, []) == []
    assert not holds(text, [])


@given(st.text(max_size=60))
def test_a_text_that_says_anything_holds_itself(text: str) -> None:
    assert holds(text, [text]) is bool(normalise(text))


@given(st.text(alphabet="abcxyz019 .,", max_size=30), st.text(alphabet="abcxyz019 .,", max_size=30))
def test_what_is_held_stays_held_inside_a_sentence(text: str, form: str) -> None:
    if holds(text, [form]):
        assert holds(f"He said: {text} | and left", [form])


@pytest.mark.parametrize(
    ("text", "misled"),
    [
        ("In April.", False),
        ("In June.", True),
        ("In April or June.", True),  # in its own words it may not hedge
        ("In April. “In June he said no.”", False),  # the article's words about something else
        ("“In April he announced it; in June he said no.”", False),
        ("“In June he said no.” “In April he announced it.”", True),  # first comes what was not asked
        ("“In June he said no.”", True),
        ("“He spoke of “April, at last”.” “In June he said no.”", False),  # quotation marks within
        ("“He spoke of “April.” In June he said no.", True),  # never closed: nobody's words but its own
    ],
)
def test_a_forbidden_form_misleads_where_it_is_given_as_the_answer(text: str, misled: bool) -> None:
    assert misleads(text, [["April"]], ["June"]) == misled


def test_a_question_without_facts_has_no_answer_for_a_quotation_to_follow() -> None:
    assert misleads("“In June he said no.”", [], ["June"])
    assert misleads("“In April.” “In June he said no.”", [["April"], ["Geneva"]], ["June"])
