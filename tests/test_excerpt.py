"""What is quoted of a long sentence."""

from __future__ import annotations

import pytest

from qa.excerpt import LONG, excerpt, is_cut
from qa.wording import stems
from tests.newsroom import article
from tests.small_paper import evidence

TAIL = (
    "which the harbour office had put off three times since the spring because no dock on the whole coast was"
    " wide enough for a hull of her size and nobody could be found to tow her north"
)
PLAIN = f"The Kittiwake went into dry dock at Eskerby on 4 March for a repair of six weeks, {TAIL}."


def test_a_short_sentence_is_quoted_whole() -> None:
    one = evidence(
        1, article("b.txt", "The bridge is 412 metres long."), "The bridge is 412 metres long.", 1.0
    )
    assert excerpt(one, stems("how long is the bridge")) is one


def test_the_clause_that_matters_is_taken_in_its_exact_words() -> None:
    whole = evidence(1, article("k.txt", PLAIN), PLAIN, 1.0)
    cut = excerpt(whole, stems("When did the Kittiwake go into dry dock at Eskerby?"))
    assert cut.text == "The Kittiwake went into dry dock at Eskerby on 4 March for a repair of six weeks"
    assert cut.article.text[cut.start : cut.end] == cut.text
    assert is_cut(cut, whole) == (False, True)


@pytest.mark.parametrize(
    "sentence",
    [
        f"The port denied, {TAIL}, that the Kittiwake went into dry dock at Eskerby on 4 March.",
        f"The Kittiwake went into dry dock at Eskerby on 4 March, {TAIL}, a dismissed mechanic claimed.",
        f"If the money is found, {TAIL}, the Kittiwake goes into dry dock at Eskerby on 4 March.",
    ],
)
def test_nothing_is_left_out_that_takes_the_rest_back(sentence: str) -> None:
    whole = evidence(1, article("k.txt", sentence), sentence, 1.0)
    assert len(sentence.split()) > LONG
    assert excerpt(whole, stems("Kittiwake dry dock Eskerby 4 March")) is whole
