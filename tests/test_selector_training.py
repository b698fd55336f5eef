"""What the selector is trained on, and how much it is made to weigh; training itself needs torch."""

from __future__ import annotations

import random

import numpy as np
import pytest

from evals.calibrate_selector import Case, first, fit, probabilities
from evals.reader_passages import OPEN
from evals.selector_groups import REMOVED, Corpus, group
from evals.selector_squad import ANSWERED
from evals.selector_squad import group as passage_group
from qa.evidence import render
from qa.selector import MOST
from qa.selector import numbered as shown_line
from qa.types import Evidence
from tests.newsroom import article
from tests.small_paper import BRIDGE, FERRY, ORCHARD, evidence

LONG = article(
    "town/long.txt",
    " ".join(f"Councillor number {name} spoke about the {name} bridge." for name in "abcdefghijklmnop"),
    title="A long evening",
)
CORPUS = Corpus({one.path: one for one in (FERRY, BRIDGE, ORCHARD, LONG)})


def asked(question: str, words: str = "", of: str = BRIDGE.path, weight: float = 1.0) -> dict[str, object]:
    """A question that the sentence with these words answers; that the article leaves open without any."""
    start = CORPUS.articles[of].text.index(words) if words else 0
    spans = [[start, start + len(words)]] if words else []
    return {"question": question, "type": "single" if words else OPEN, "sentences": spans, "weight": weight}


def numbered(evidence: str) -> dict[int, str]:
    rows = [line for line in evidence.splitlines() if line.startswith("[")]
    return {int(line[1 : line.index("]")]): line.partition("] ")[2] for line in rows}


@pytest.mark.parametrize("seed", range(20))
def test_the_numbers_are_those_of_the_sentences_that_answer(seed: int) -> None:
    questions = [
        asked("How long is it?", "The bridge is 412 metres long."),
        asked("Who cut the ribbon?", "Mayor Tomas Brandvold"),
        asked("Who built it?", weight=9.0),
    ]
    made = group(BRIDGE.path, questions, CORPUS, random.Random(seed))
    rows = numbered(made["evidence"])
    assert list(rows) == list(range(1, made["sentences"] + 1))
    assert made["sentences"] <= MOST
    for question, right, weight, kind in made["asked"]:
        if kind == OPEN:
            assert (question, right, weight) == ("Who built it?", [0], 1.5)
        elif kind == REMOVED:
            assert right == [0]
            assert weight < 1
        else:
            words = "412 metres" if "long" in question else "cut a ribbon"
            assert [number for number, text in rows.items() if words in text] == right


def test_of_a_long_article_not_every_answer_is_there() -> None:
    questions = [
        asked(f"What did {name} speak of?", f"Councillor number {name}", LONG.path)
        for name in "abcdefghijklmnop"
    ]
    made = group(LONG.path, questions, CORPUS, random.Random(1))
    kinds = [row[3] for row in made["asked"]]
    assert 0 < kinds.count(REMOVED) <= 3
    assert kinds.count("single") > 3


def test_a_list_may_be_what_was_really_chosen() -> None:
    """Then it stands as it was chosen, whatever the question it was chosen for."""
    bridge = "The bridge is 412 metres long."
    choice = (
        evidence(1, FERRY, "Engineers found a crack of 14 centimetres in its hull."),
        evidence(2, BRIDGE, bridge),
    )
    questions = [
        asked("How long is it?", bridge),
        asked("Who cut the ribbon?", "Mayor Tomas Brandvold"),
        asked("Who built it?"),
    ]
    wanted: list[str] = []

    def choosing(question: str) -> tuple[Evidence, ...]:
        wanted.append(question)
        return choice

    made = group(BRIDGE.path, questions, CORPUS, random.Random(1), choosing)
    assert len(wanted) == 1
    rows = numbered(made["evidence"])
    (number,) = (n for n, text in rows.items() if bridge in text)
    assert len(rows) == 2
    assert {question: (numbers, kind) for question, numbers, _, kind in made["asked"]} == {
        "How long is it?": ([number], "single"),
        "Who cut the ribbon?": ([0], REMOVED),
        "Who built it?": ([0], OPEN),
    }


def test_the_nearest_sentence_shares_the_rarest_words() -> None:
    (nearest,) = CORPUS.nearest("Which councillor spoke about the k bridge?", LONG.path, 1)
    assert " k bridge" in CORPUS.sentences[LONG.path][nearest] or nearest == 0


def made(draw: np.random.Generator, ranking: float, selection: float) -> Case:
    """Six sentences of which one is gold, with signals of these strengths for it."""
    gold = np.zeros(6, dtype=bool)
    gold[draw.integers(6)] = True
    noise = draw.normal(size=(6, 2))
    return Case(noise + np.outer(gold, [ranking, selection]), gold)


def test_what_tells_more_weighs_more() -> None:
    draw = np.random.default_rng(3)
    data = [made(draw, 0.5, 2.5) for _ in range(200)]
    weight = fit(data)
    assert weight[1] > 2 * weight[0] > 0
    assert first(data, weight) >= first(data, np.array([1.0, 0.0]))
    assert probabilities(data[0], weight).sum() == pytest.approx(1.0)


PASSAGE = {
    "context": "Varnholt opened it on Saturday. The bridge is 412 metres long. Lorries may not cross it.",
    "qas": [
        {"question": "How long is it?", "is_impossible": False, "answers": [{"answer_start": 46}]},
        {"question": "How wide is it?", "is_impossible": True, "answers": []},
    ],
}
BESIDE = "A ford was there before. It flooded every spring. Nobody misses it."


@pytest.mark.parametrize("seed", range(20))
def test_a_passage_with_questions_is_a_list_of_its_sentences_and_some_beside(seed: int) -> None:
    found = passage_group("Varnholt", PASSAGE, [BESIDE], random.Random(seed))
    assert found is not None
    rows = numbered(found["evidence"])
    assert list(rows) == list(range(1, found["sentences"] + 1))
    right = {question: (numbers, kind) for question, numbers, _, kind in found["asked"]}
    assert right["How wide is it?"] == ([0], OPEN)
    there = [number for number, text in rows.items() if "412 metres" in text]
    assert right["How long is it?"] == ((there, ANSWERED) if there else ([0], REMOVED))


def test_a_passage_that_is_too_long_for_a_list_is_none() -> None:
    text = "The bridge is long. " * (MOST + 1)
    assert passage_group("Varnholt", {"context": text, "qas": []}, [], random.Random(1)) is None


def test_training_lists_sentences_as_the_selector_is_shown_them() -> None:
    """Else it would be asked in a form that it did not learn."""
    text = CORPUS.articles[BRIDGE.path].text
    made = group(
        BRIDGE.path, [asked("How long is it?", "The bridge is 412 metres long.")], CORPUS, random.Random(2)
    )
    spans = {text[a:b] for a, b in CORPUS.spans[BRIDGE.path]}
    shown = render(
        [
            evidence(number, BRIDGE, words)
            for number, line in numbered(made["evidence"]).items()
            if (words := line.removesuffix(f" [{number}]")) in spans
        ],
        shown_line,
    )
    assert len(shown.splitlines()) > 2
    assert set(shown.splitlines()[1:]) <= set(made["evidence"].splitlines())
