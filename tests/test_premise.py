"""What articles contradict in questions: told by rule, seldom, and in the article's own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.types import Article
from qa.premise import contradicted
from qa.question import kind_of
from qa.types import Evidence

BEFORE = "The harbour council of Toldra met again."


def evidence(sentence: str, more: str = "") -> tuple[Evidence, ...]:
    text = " ".join(filter(None, (BEFORE, sentence, more)))
    article = Article("a", "a.txt", "a.txt", "Toldra harbour news", text)
    return (Evidence(1, article, len(BEFORE) + 1, len(BEFORE) + 1 + len(sentence), 1.0),)


def told(question: str, sentence: str, more: str = "") -> str | None:
    found = contradicted(question, kind_of(question), evidence(sentence, more))
    return found.words if found else None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Why did Mayor Ortiz sell the old lighthouse to Brask Hotels?",
         "Mayor Ortiz said the town would not sell the old lighthouse to Brask Hotels."),
        ("What is written on the permanent tattoo that sailor Finn Dahl wears for Brask?",
         "Sailor Finn Dahl wears a non-permanent tattoo for Brask on his arm."),
        ("How much did Brask Hotels pay the ferry crew in compensation?",
         "Brask Hotels refused to pay the ferry crew any compensation."),
        ("What did the label on the Kelpie ferry ticket warn of?",
         "The Kelpie ferry ticket was printed without a label."),
    ],
)  # fmt: skip
def test_a_denial_of_what_is_asked_is_told(question: str, sentence: str) -> None:
    assert told(question, sentence) == "The article says otherwise:"


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("Who opened the new ferry terminal in Toldra on Monday?",
         "Queen Ilse opened the new ferry terminal in Toldra on Tuesday.",
         "The article says Tuesday, not Monday:"),
        ("How many tickets did the Kelpie ferry sell in 2003?",
         "The Kelpie ferry sold 40,000 tickets in 2004, a record.",
         "The article says 2004, not 2003:"),
    ],
)  # fmt: skip
def test_another_value_is_told_beside_the_asked_one(question: str, sentence: str, words: str) -> None:
    assert told(question, sentence) == words


@pytest.mark.parametrize(
    ("question", "sentence", "more"),
    [
        # What is asked for is no premise.
        ("On which day did Queen Ilse open the ferry terminal in Toldra?",
         "Queen Ilse opened the ferry terminal in Toldra on Tuesday.", ""),
        # The article has the value elsewhere: it may be right as well.
        ("Who opened the new ferry terminal in Toldra on Monday?",
         "Queen Ilse opened the new ferry terminal in Toldra on Tuesday.", "The work ended on Monday."),
        # Of something else.
        ("Who opened the new ferry terminal in Toldra on Monday?", "The council met on Tuesday.", ""),
        # The question denies it itself.
        ("Why did the town not sell the old lighthouse to Brask Hotels?",
         "Mayor Ortiz said the town would not sell the old lighthouse to Brask Hotels.", ""),
        # Another thing is denied.
        ("Who sold the old lighthouse of Toldra to Brask Hotels?",
         "Mayor Ortiz, who did not seek advice, sold the old lighthouse of Toldra to Brask Hotels.", ""),
        # 'Denied' of somebody who did not get a thing denies nothing.
        ("Who scored the tries for Toldra in the cup final?",
         "Toldra were denied two tries in the cup final by the referee.", ""),
        # The question is about a denial.
        ("Who turned down the wish of Brask Hotels to buy the lighthouse?",
         "Mayor Ortiz has shown no wish that Brask Hotels buy the lighthouse.", ""),
        ("When did the governor of the bank reject the rumour?",
         "The governor of the bank on Monday denied a rumour.", ""),
        # Since when is not when.
        ("Which team won the Toldra cup final of 2024?",
         "Harbour Rovers won the Toldra cup final for the first time since 1987.", ""),
        # A bound is no denial.
        ("When may lorries cross the new bridge of Toldra?",
         "Lorries may not cross the new bridge of Toldra before June.", ""),
        # 'Last year' is no day that another could stand for.
        ("How many tickets did the Kelpie ferry sell last year?",
         "The Kelpie ferry has sold 40,000 tickets this year.", ""),
        # Another figure may be of something else.
        ("Who bought the Kelpie ferry from Toldra Lines for £3m?",
         "Brask Hotels bought the Kelpie ferry from Toldra Lines for £5m.", ""),
    ],
)  # fmt: skip
def test_what_is_no_contradiction_is_let_pass(question: str, sentence: str, more: str) -> None:
    assert told(question, sentence, more) is None


def test_nothing_is_contradicted_without_evidence() -> None:
    assert contradicted("Who sold the ferry?", kind_of("Who sold the ferry?"), ()) is None


def test_the_year_of_publication_needs_no_mention() -> None:
    sentence = "The Kelpie ferry sold 40,000 tickets in 2004, a record."
    (one,) = evidence(sentence)
    asked = "How many tickets did the Kelpie ferry sell in 2005?"
    later = replace(one, article=replace(one.article, published=date(2005, 1, 3)))
    assert contradicted(asked, kind_of(asked), (one,)) is not None
    assert contradicted(asked, kind_of(asked), (later,)) is None
