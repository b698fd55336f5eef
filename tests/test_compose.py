"""Checked drafts and evidence to what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from qa.compose import (
    BESIDE,
    MAX_WORDS,
    QUOTED_WORDS,
    Found,
    Line,
    beside,
    cite,
    compose,
    is_sentence,
    quotation,
    says_more,
)
from qa.types import Evidence
from qa.verify import Checked, Drafted, verify
from tests.newsroom import article
from tests.small_paper import BRIDGE, FERRY, ORCHARD, evidence

COST = evidence(1, FERRY, "The repair will cost £2.3m, the port of Eskerby said.", 3.0)
CRACK = evidence(2, FERRY, "Engineers found a crack of 14 centimetres in its hull.", 2.0)
LENGTH = evidence(3, BRIDGE, "The bridge is 412 metres long.", 1.0)
ALL = (COST, CRACK, LENGTH)


def found(question: str, *drafts: Drafted, ranking: Sequence[Evidence] = ALL) -> Found:
    checked = verify(drafts, ranking)
    return Found(question, tuple(sorted(ranking, key=lambda one: -one.score)), checked)


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def test_a_verified_sentence_is_printed_as_it_was_drafted() -> None:
    claim = "The repair will cost £2.3m, the port of Eskerby said."
    lines = compose([found("What did they say?", Drafted(claim, (1,)))], fill=False)
    assert lines == (Line(claim, (COST,)),)


def test_an_unverified_draft_is_never_printed() -> None:
    false = "Engineers found a crack of 15 centimetres in its hull."
    part = found("What did they find?", Drafted(false, (2,)))
    for fill in (True, False):
        assert all(line.text == quotation(line.evidence[0]) for line in compose([part], fill=fill))


def test_what_the_check_let_through_only_as_a_quotation_is_not_printed_as_a_claim() -> None:
    part = found("What broke?", Drafted("Engineers found a crack of 15 centimetres in its hull.", (2,)))
    assert part.checked[0].quoted
    assert not any("15" in line.text for line in compose([part]))


@pytest.mark.parametrize("phrase", ["14 centimetres", "a crack of 14 centimetres", "£2.3m"])
def test_a_phrase_is_never_printed_by_itself(phrase: str) -> None:
    lines = compose([found("How big is it?", Drafted(phrase, (2,)))])
    assert phrase not in texts(lines)
    assert all(line.text == quotation(line.evidence[0]) for line in lines)


def test_a_phrase_points_to_the_sentence_that_holds_it() -> None:
    near = (evidence(1, FERRY, COST.text, 1.2), evidence(2, FERRY, CRACK.text, 1.0))
    plain = compose([found("How big?", ranking=near)], fill=False)
    pointed = compose([found("How big?", Drafted("14 centimetres", (2,)), ranking=near)], fill=False)
    assert texts(plain) == [quotation(COST)]
    assert texts(pointed) == [quotation(CRACK)]


def test_an_echo_of_the_question_says_nothing() -> None:
    echo = "The bridge is long."
    assert not says_more(echo, "Is the bridge long?")
    lines = compose([found("Is the bridge long?", Drafted(echo, (3,)))], fill=False)
    assert echo not in texts(lines)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Engineers repaired a crack in it.", True),
        ("The bridge is 412 metres long.", True),
        ("because the bridge was too long", False),  # begins in the middle
        ("The port of Eskerby and others", False),  # no verb
        ("It was long.", False),  # too short to say anything by itself
        ("", False),
    ],
)
def test_what_is_a_sentence(text: str, whole: bool) -> None:
    assert is_sentence(text) is whole


def test_quotations_are_verbatim_but_for_line_ends() -> None:
    broken = article("a.txt", "The dam\nat Pellin\tholds.")
    assert quotation(evidence(1, broken, broken.text)) == "“The dam at Pellin holds.”"
    assert quotation(LENGTH) == "“The bridge is 412 metres long.”"


def test_without_a_draft_the_best_sentence_is_quoted_first() -> None:
    assert texts(compose([found("What?")]))[0] == quotation(COST)
    assert texts(compose([found("What?")], fill=False)) == [quotation(COST)]


def test_more_quotations_fill_the_room_that_is_left_and_no_more() -> None:
    text = " ".join(
        f"Ship {n} of the Eskerby line left port at noon on Saturday with sand." for n in range(20)
    )
    long = article("ships.txt", text)
    ranking = [
        evidence(n + 1, long, sentence.strip() + ".", 20.0 - n)
        for n, sentence in enumerate(text.removesuffix(".").split(". "))
    ]
    lines = compose([found("Which ships?", ranking=ranking)])
    assert len(lines) > 1
    assert sum(line.words for line in lines) <= MAX_WORDS
    assert sum(line.words for line in lines) + Line(quotation(ranking[0]), ()).words > MAX_WORDS
    assert len(compose([found("Which ships?", ranking=ranking)], fill=False)) == 1


def test_no_sentence_is_printed_twice() -> None:
    lines = compose([found("What?"), found("And what?")])
    assert len({line.text for line in lines}) == len(lines) == 3


def test_each_part_of_a_question_has_its_line() -> None:
    parts = [
        found("What does it cost?", Drafted("The repair will cost £2.3m, the port of Eskerby said.", (1,))),
        found("How long is the bridge?", ranking=(LENGTH,)),
    ]
    assert texts(compose(parts, fill=False)) == [COST.text, quotation(LENGTH)]


def test_nothing_found_is_nothing_printed() -> None:
    assert compose([]) == compose([Found("What?", (), ())]) == ()
    assert cite(()) == ((), ())


def test_citations_are_numbered_in_the_order_of_their_first_use() -> None:
    frost = evidence(9, ORCHARD, "A late frost destroyed a third of the pears in Quillford.")
    claims, citations = cite(
        [Line("one", (LENGTH, COST)), Line("two", (COST,)), Line("three", (frost, LENGTH, frost))]
    )
    assert [claim.citations for claim in claims] == [(1, 2), (2,), (3, 1)]
    assert [one.id for one in citations] == [1, 2, 3]
    assert [one.quote for one in citations] == [LENGTH.text, COST.text, frost.text]
    assert [one.path for one in citations] == [BRIDGE.path, FERRY.path, ORCHARD.path]
    assert citations[0].published == "2024-04-15"
    for one, of in zip(citations, (BRIDGE, FERRY, ORCHARD), strict=True):
        assert of.text[one.start : one.end] == one.quote


def test_words_are_counted_as_they_are_printed() -> None:
    assert Line("The bridge is 412 metres long.", ()).words == 6


def test_a_dropped_claim_leaves_no_trace_in_what_is_printed() -> None:
    (dropped,) = verify([Drafted("Aliens landed in Toldra yesterday.", (1,))], ALL)
    assert dropped.evidence == ()
    assert isinstance(dropped, Checked)
    assert "Aliens" not in " ".join(texts(compose([Found("Who landed?", ALL, (dropped,))])))


def test_beside_the_answer_stands_what_comes_next_in_the_ranking() -> None:
    part = found("What broke?")
    assert beside([part], (Line("A crack.", (COST,)),)) == (CRACK, LENGTH)
    assert beside([part], (Line("A crack.", (CRACK, LENGTH)),)) == (COST,)
    assert beside([part], (Line("A crack.", ALL),)) == ()


def test_what_stands_beside_is_little() -> None:
    text = " ".join(f"Ship {n} of the Eskerby line left port at noon." for n in range(20))
    ships = article("ships.txt", text)
    ranking = tuple(
        evidence(n + 1, ships, f"Ship {n} of the Eskerby line left port at noon.", 20.0 - n)
        for n in range(20)
    )
    first = (Line("A ship left.", ranking[:1]),)
    assert beside([found("Which ships?", ranking=ranking)], first) == ranking[1 : 1 + BESIDE]
    long = tuple(replace(one, end=min(len(text), one.start + 200)) for one in ranking[:3])
    more = beside([found("Which ships?", ranking=long)], (Line("A ship left.", long[:1]),))
    assert len(more) == 1  # of some 40 words each two fit
    assert sum(len(one.text.split()) for one in (long[0], *more)) <= QUOTED_WORDS


def test_the_same_words_in_another_article_are_not_set_beside_them() -> None:
    copy = article("copy.txt", f"Copied. {COST.text}")
    part = found("What?", ranking=(COST, evidence(2, copy, COST.text, 2.0)))
    assert beside([part], (Line("It costs.", (COST,)),)) == ()
