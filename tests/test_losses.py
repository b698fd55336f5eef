"""Where an answer went wrong: one case for each stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evals.losses import Outcome, judge, report
from qa.types import Answer, Check, Citation, Fate, Timings, Trace, Usage
from tests.small_paper import FERRY, evidence

SENTENCE = "The repair will cost £2.3m, the port of Eskerby said."
COST = evidence(1, FERRY, SENTENCE)
GOLD: dict[str, Any] = {
    "id": "q",
    "type": "numeric",
    "question": "What will it cost?",
    "facts": [["2.3 million"]],
}
PASSAGES = f"Crack stops the Kittiwake {FERRY.text}"


def answer(
    text: str, *, abstained: bool = False, drafted: str = "", printed: str = "", found: bool = True
) -> Answer:
    """An answer with one drafted claim."""
    check = Check(drafted, (1,), Fate.VERIFIED if printed else Fate.DROPPED, (), printed)
    quote = Citation(1, FERRY.id, FERRY.path, "", "", None, SENTENCE, COST.start, COST.end)
    return Answer(
        id="q",
        question=GOLD["question"],
        answer=text,
        abstained=abstained,
        claims=(),
        citations=() if abstained else (quote,),
        model="m",
        prompt="answer@1",
        usage=Usage(100, 10),
        timings=Timings(total_s=2.0),
        trace=Trace(evidence=(COST,) if found else (), checks=(check,)),
    )


RIGHT = answer("It will cost £2.3m.", drafted="£2.3m", printed="£2.3m")
WRONG = "It will cost money."


@pytest.mark.parametrize(
    ("given", "passages", "stage"),
    [
        (RIGHT, PASSAGES, ""),
        (RIGHT, "", ""),  # right however it came about
        (answer(WRONG, drafted=WRONG, printed=WRONG, found=False), "nothing of it", "retrieval"),
        (answer(WRONG, drafted=WRONG, printed=WRONG, found=False), PASSAGES, "evidence"),
        (answer(WRONG, drafted=WRONG, printed=WRONG), PASSAGES, "draft"),
        (answer(WRONG, drafted="It will cost £2.3m."), PASSAGES, "verification"),
        (answer(WRONG, drafted="£2.3m", printed="£2.3m"), PASSAGES, "wording"),
        (answer("Not said.", abstained=True, drafted="£2.3m", printed="£2.3m"), PASSAGES, "abstention"),
        # the facts were not there: that came first
        (answer("Not said.", abstained=True, found=False), PASSAGES, "evidence"),
        # the words of an abstention are no answer, even when they repeat the fact from the question
        (answer("Looked for: what of the 2.3 million.", abstained=True), PASSAGES, "abstention"),
    ],
)
def test_the_first_stage_that_lost_the_facts(given: Answer, passages: str, stage: str) -> None:
    assert judge(GOLD, given, passages) == stage


def test_a_wrong_form_beside_the_right_one() -> None:
    gold = GOLD | {"forbidden": ["2.8 million"]}
    both = answer("It will cost £2.3m or £2.8m.", drafted="£2.3m", printed="£2.3m")
    assert judge(gold, both, PASSAGES) == "forbidden"
    assert judge(gold, RIGHT, PASSAGES) == ""


def test_every_fact_is_asked_for() -> None:
    gold = GOLD | {"facts": [["2.3 million"], ["14 centimetres"]]}
    assert judge(gold, RIGHT, PASSAGES) == "evidence"


@pytest.mark.parametrize("kind", ["unanswerable", "false_premise"])
def test_questions_without_an_answer(kind: str) -> None:
    gold = GOLD | {"type": kind, "facts": []}
    assert judge(gold, answer("Not said.", abstained=True), PASSAGES) == ""
    assert judge(gold, RIGHT, PASSAGES) == "answered"


def test_a_false_premise_may_be_set_right() -> None:
    gold = GOLD | {"type": "false_premise", "forbidden": ["free of charge"]}
    assert judge(gold, RIGHT, PASSAGES) == ""
    assert judge(gold, answer("It is free of charge, £2.3m."), PASSAGES) == "answered"
    assert judge(gold, answer(WRONG), PASSAGES) == "answered"
    assert judge(gold | {"type": "unanswerable"}, RIGHT, PASSAGES) == "answered"


def rows(table: str) -> dict[str, str]:
    split = (
        line.split(":") if ": " in line and "  " not in line else (line[:36], line[36:])
        for line in table.splitlines()
    )
    return {name.strip(): value.strip() for name, value in split}


def test_the_table_counts_by_hand() -> None:
    no_answer = GOLD | {"type": "unanswerable", "facts": []}
    withheld = answer("Not said.", abstained=True)
    outcomes = [
        Outcome(GOLD, RIGHT, ""),
        Outcome(GOLD, replace(RIGHT, answer=WRONG, timings=Timings(total_s=4.0)), "draft"),
        Outcome(GOLD, withheld, "abstention"),
        Outcome(no_answer, withheld, ""),
        Outcome(no_answer, RIGHT, "answered"),
    ]
    found = rows(report(outcomes))
    assert found["accuracy, answerable"] == "0.333 (1/3)"
    assert found["accuracy, all"] == "0.400 (2/5)"
    assert found["abstention recall"] == "0.500 (1/2)"
    assert found["abstention precision"] == "1/2"
    assert found["cited support"] == "0.667 (2/3)"
    assert found["quoted words"] == f"{2 * len(SENTENCE.split()) / 3:.1f}"
    assert found["prompt tokens"] == "100"
    assert found["seconds, median"] == "2.00"
    assert found["lost"] == "draft 1, abstention 1, answered 1"
    assert found["unanswerable"] == "0.500 (1/2)"


def test_a_long_answer_does_not_count_as_short() -> None:
    wordy = replace(RIGHT, answer="It will cost £2.3m. " + "Really. " * 60)
    assert rows(report([Outcome(GOLD, wordy, "")]))["accuracy, all, at most 60 words"] == "0.000 (0/1)"
    assert rows(report([Outcome(GOLD, RIGHT, "")]))["accuracy, all, at most 60 words"] == "1.000 (1/1)"
