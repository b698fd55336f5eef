"""Which articles are about what a question names."""

from __future__ import annotations

from qa.about import REASON, articles_about, held, kept, names_in
from qa.types import Check, Fate
from qa.verify import Checked
from tests.newsroom import article
from tests.small_paper import BRIDGE, FERRY, evidence

TOLDRA = article(
    "ports/toldra.txt", "Ingrid Solberg runs the port of Toldra. It has a ferry.", title="Toldra"
)


def test_names_are_words_with_a_capital_that_begin_no_sentence() -> None:
    assert names_in("Who replaced Ingrid Solberg? Eskerby's port is hers.") == {"ingrid", "solberg"}
    assert names_in("who runs the port") == frozenset()


def test_an_article_without_half_of_the_names_is_about_something_else() -> None:
    asked = "What did Ingrid Solberg of Eskerby say of the Kittiwake?"
    assert articles_about(asked, [FERRY, BRIDGE]) == {FERRY.id}
    assert articles_about(asked, [BRIDGE, FERRY, TOLDRA]) == {FERRY.id, TOLDRA.id}


def test_one_name_alone_may_stand_under_another() -> None:
    assert articles_about("Who runs the port of Eskerby?", [BRIDGE, FERRY]) == {BRIDGE.id, FERRY.id}


def test_what_is_enough_is_told_by_the_articles_ranked_first() -> None:
    asked = "What did Ingrid Solberg of Eskerby say of the Kittiwake?"
    assert articles_about(asked, [BRIDGE] * 10 + [FERRY]) == {BRIDGE.id, FERRY.id}


def test_claims_that_rest_on_other_articles_are_dropped_with_the_reason() -> None:
    crack = evidence(1, FERRY, "Engineers found a crack of 14 centimetres in its hull.")
    metres = evidence(2, BRIDGE, "The bridge is 412 metres long.")
    assert kept([crack, metres], frozenset({BRIDGE.id})) == (metres,)
    claim = Checked(Check("It is 412 metres long.", (2,), Fate.VERIFIED, (), "x"), "x", (metres,))
    assert held(claim, frozenset({BRIDGE.id})) == claim
    gone = held(claim, frozenset({FERRY.id}))
    assert (gone.check.fate, gone.check.reasons, gone.evidence) == (Fate.DROPPED, (REASON,), ())
