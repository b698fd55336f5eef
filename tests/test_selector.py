"""Choosing among sentences: what is asked, how the numbers are read, and what becomes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qa import config, wiring
from qa.answer import Answerer, Options, Question
from qa.chat_model import ChatModel
from qa.selector import ALTERNATIVES, MOST, PROMPT, UNSEEN, Selection, select, weighed
from qa.types import Answer, Reply, TokenLogprob
from tests.fakes import Asked, FakeChatModel, reply
from tests.small_paper import BRIDGE, FERRY, evidence, retriever

ROWS = (
    evidence(1, BRIDGE, "The bridge is 412 metres long."),
    evidence(2, BRIDGE, "It replaces a ford that flooded every spring."),
    evidence(3, FERRY, "Engineers found a crack of 14 centimetres in its hull."),
)
LENGTH = "How long is the bridge?"


def said(shares: Mapping[str, float]) -> Reply:
    """A reply whose one token has alternatives with these probabilities."""
    top = tuple((word, math.log(share)) for word, share in shares.items())
    best = max(shares, key=lambda word: shares[word])
    return reply(best, [TokenLogprob(best, math.log(shares[best]), top)])


def selection(shares: Mapping[str, float]) -> Selection:
    found = select(LENGTH, ROWS, FakeChatModel(said(shares)))
    assert found is not None
    return found


def test_numbers_share_what_other_words_leave() -> None:
    found = selection({"The": 0.5, "1": 0.3, "0": 0.1, "3": 0.1})
    assert math.exp(found.odds[0]) == pytest.approx(0.6, abs=1e-4)
    assert math.exp(found.none) == pytest.approx(0.2, abs=1e-4)
    assert sum(math.exp(one) for one in (*found.odds, found.none)) == pytest.approx(1.0)
    assert found.some == pytest.approx(math.log(0.8 / 0.2), abs=1e-3)


def test_a_number_that_is_not_told_is_unlikely_and_one_that_does_not_exist_is_nothing() -> None:
    found = selection({"1": 0.5, "0": 0.1, "4": 0.4})
    assert len(found.odds) == len(ROWS)
    assert found.odds[1] == found.odds[2] == pytest.approx(UNSEEN - math.log(0.6), abs=1e-3)


@pytest.mark.parametrize(
    "silent", [reply("1"), said({"The": 0.9, "A": 0.1})], ids=["no alternatives", "no number"]
)
def test_a_reply_without_numbers_selects_nothing(silent: Reply) -> None:
    assert select(LENGTH, ROWS, FakeChatModel(silent)) is None


def test_one_token_is_asked_for_and_only_numbers_are_allowed() -> None:
    model = FakeChatModel(said({"1": 1.0}))
    found = select(LENGTH, ROWS, model)
    (asked,) = model.asked
    assert asked.max_tokens == 1
    assert asked.grammar == 'root ::= "0" | "1" | "2" | "3"'
    assert f"[3] {ROWS[2].text} [3]" in asked.prompt.splitlines()
    assert asked.prompt.endswith(f"Question: {LENGTH}")
    assert found is not None
    assert asked.prompt in found.prompt
    assert ALTERNATIVES > MOST


def test_what_was_chosen_comes_first() -> None:
    found = selection({"2": 0.8, "1": 0.1, "0": 0.1})
    order = sorted(weighed(ROWS, found), key=lambda one: -one.score)
    assert [one.number for one in order] == [2, 1, 3]
    assert {(one.article.id, one.start) for one in order} == {(one.article.id, one.start) for one in ROWS}


Choice = Callable[[Asked], Mapping[str, float]]


class Choosing(FakeChatModel):
    """A model that chooses as a function of the request says, as often as it is asked."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self._choice = choice

    def complete(self, messages: object, **options: object) -> Reply:
        asked = Asked(tuple(messages), 1, None, None)  # type: ignore[arg-type]
        self.asked.append(asked)
        return said(self._choice(asked))


def of(words: str, share: float = 0.94) -> Choice:
    """Chooses the sentence that holds the words, with this probability; the rest goes to 0."""

    def choice(asked: Asked) -> Mapping[str, float]:
        (line,) = [line for line in asked.prompt.splitlines() if line.startswith("[") and words in line]
        return {line[1 : line.index("]")]: share, "0": 1 - share}

    return choice


def ask(folder: Path, question: str, choice: Choice, threshold: float = 0.0) -> tuple[Answer, Choosing]:
    model, chooser = FakeChatModel(), Choosing(choice)
    model.selector = chooser
    with retriever(folder) as found:
        ready = Answerer(found, found.embedder, model, Options(threshold=threshold))
        return ready.ask(Question(question)), chooser


def test_a_model_that_chooses_writes_nothing_and_its_sentence_is_quoted(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "What is said of lorries?", of("412 metres"))
    assert answer.answer == "“The bridge is 412 metres long.”"
    assert answer.claims[0].citations == (1,)
    assert answer.prompt.split("@")[0] == PROMPT
    assert answer.usage.prompt_tokens == 100
    assert answer.trace.replies


def test_further_sentences_are_quoted_where_the_choice_is_open(tmp_path: Path) -> None:
    question = "What is said of lorries?"
    open_, _ = ask(tmp_path / "open", question, lambda asked: {str(number): 0.1 for number in range(10)})
    chosen, _ = ask(tmp_path / "chosen", question, of("412 metres", 0.3))
    assert len(open_.claims) > len(chosen.claims) == 1


def test_each_part_of_a_question_is_chosen_for(tmp_path: Path) -> None:
    question = "How long is the bridge, and who cut the ribbon?"

    def choice(asked: Asked) -> Mapping[str, float]:
        return of("cut a ribbon" if "ribbon" in asked.prompt.rpartition("Question:")[2] else "412")(asked)

    answer, chooser = ask(tmp_path, question, choice)
    assert len(chooser.asked) == 2
    assert "412 metres" in answer.answer
    assert "Tomas Brandvold" in answer.answer


def test_a_choice_of_none_is_an_answer_withheld(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, LENGTH, lambda asked: {"0": 0.9999, "1": 0.0001}, threshold=0.5)
    assert answer.abstained
    assert answer.nearest


def test_only_who_asks_for_the_updates_gets_them(local_model: str) -> None:
    """And the model without them does not go on from what it read with them."""
    model = wiring.chat_model(config.load({"model": local_model, "cache": False}))
    chooser = model.selector
    assert chooser is not None
    assert chooser.identity != model.identity
    assert chooser.selector is None

    def shares(of: ChatModel) -> tuple[float, ...]:
        found = select(LENGTH, ROWS, of)
        assert found is not None
        return (*found.odds, found.none)

    plain, chosen, again = shares(model), shares(chooser), shares(model)
    assert plain == pytest.approx(again, abs=1e-3)
    assert max(abs(one - other) for one, other in zip(plain, chosen, strict=True)) > 0.5
    assert max(chosen) == chosen[0]  # the bridge is 412 metres long
