"""Laying a claim over its evidence: what may be left out, and which reorderings keep the meaning."""

from __future__ import annotations

import pytest

from qa.alignment import align, bare
from qa.clauses import attribution
from qa.rewrite import actives, adjuncts, claim_forms, exchanged, genitives, measures, reported
from qa.tokens import tokens


def lies_over(claim: str, evidence: str) -> bool:
    return align(tokens(claim), tokens(evidence)) is not None


def words(form: object) -> str:
    return " ".join(token.text for token in form)  # type: ignore[attr-defined]


LONG = "The ferry, which was built in 1998, left Lerrick at dawn on Monday with 152 people on board."


@pytest.mark.parametrize(
    "claim",
    [
        LONG,
        "The ferry left Lerrick at dawn.",
        "The ferry left Lerrick.",
        "The ferry left Lerrick at dawn with 152 people on board.",
        "The ferry was built in 1998.",
    ],
)
def test_what_may_be_left_out(claim: str) -> None:
    assert lies_over(claim, LONG)


@pytest.mark.parametrize(
    "claim",
    [
        "The ferry left 152 people on board.",
        "Lerrick left the ferry.",
        "The ferry was built with 152 people on board.",
        "People left Lerrick.",
        "The ferry left.",
        "Dawn left Lerrick.",
    ],
)
def test_what_may_not(claim: str) -> None:
    assert not lies_over(claim, LONG)


def test_pairs_rise_on_both_sides() -> None:
    pairs = align(tokens("The ferry left Lerrick."), tokens(LONG))
    assert pairs is not None
    here, there = zip(*pairs, strict=True)
    assert list(here) == sorted(set(here))
    assert list(there) == sorted(set(there))


def test_a_claim_of_light_words_lies_over_nothing() -> None:
    assert align(tokens("It is the"), tokens(LONG)) is None
    assert align(tokens("the"), tokens(LONG)) is None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("£2,000", True), ("Lena Kovar", True), ("Lena Kovar died", False), ("He resigned", False)],
)
def test_a_phrase_asserts_nothing(text: str, phrase: bool) -> None:
    assert bare(tokens(text)) is phrase


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("he claimed", True),
        ("said the minister", True),
        ("the spending watchdog has said", True),
        ("according to police", True),
        ("and said so", False),
        ("who said so", False),
        ("the chairman of the board", False),
        ("saying it was late", False),
    ],
)
def test_a_reporting_clause(text: str, is_one: bool) -> None:
    assert attribution(tokens(text)) is is_one


@pytest.mark.parametrize(
    ("text", "turn", "expected"),
    [
        ("Stolz was beaten by Kovar", actives, "Kovar beaten Stolz"),
        ("The bridge is unsafe, Marsh said", reported, "Marsh said The bridge is unsafe ,"),
        ("The bridge is unsafe, said Marsh", reported, "Marsh said The bridge is unsafe ,"),
        ("On Friday, Dunn left", adjuncts, "Dunn left On Friday"),
        ("Dunn left on Friday", adjuncts, "on Friday Dunn left"),
        ("the sale of Quill", genitives, "the Quill sale"),
        ("Lee and Marsh won", exchanged, "Marsh and Lee won"),
        ("It rose to £5 from £4", measures, "It rose from £4 to £5"),
    ],
)
def test_each_turn(text: str, turn: object, expected: str) -> None:
    assert expected in [words(form) for form in turn(tokens(text))]  # type: ignore[operator]


def test_reported_time_stays_with_what_is_reported() -> None:
    forms = [words(form) for form in claim_forms(tokens("Marsh said the bridge fell on Friday."))]
    assert not [form for form in forms if form.startswith("on Friday")]


@pytest.mark.parametrize(
    "text", ["Kovar beat Lee and Marsh", "Lee, Marsh and Dunn ran one, two and three respectively"]
)
def test_what_is_never_exchanged(text: str) -> None:
    assert not [form for form in exchanged(tokens(text)) if words(form).startswith("Marsh")]
