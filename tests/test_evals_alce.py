"""Citation recall and precision by ALCE's definitions, with a judge that is told and with the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from evals.alce import Cited, Statement, deterministic, located, statements_of, support
from index.types import Article
from tests.small_paper import FERRY

BODY = "The ferry left at noon. It carried 40 people. The captain was tired."
ARTICLE = Article("1", "a.txt", "a.txt", "Ferry leaves", BODY)


def cited(words: str, article: Article = ARTICLE) -> Cited:
    start = article.text.index(words)
    return Cited(article, start, start + len(words))


A, B, C = (
    cited(words) for words in ("The ferry left at noon.", "It carried 40 people.", "The captain was tired.")
)


def told(*needed: Sequence[Cited]) -> Any:
    """A judge by whom a statement is entailed by whatever holds one of these sets in full."""

    def entails(citations: Sequence[Cited], text: str) -> bool:
        return any(all(one in citations for one in together) for together in needed)

    return entails


def test_one_citation_that_carries_its_statement() -> None:
    found = support([Statement("s", (A,))], told([A]))
    assert (found.recall, found.precision) == (1.0, 1.0)


def test_a_second_citation_that_does_nothing_is_irrelevant() -> None:
    # B neither carries it alone nor is missed: 1 of 2. A naive 'the citations together do' finds 2 of 2.
    found = support([Statement("s", (A, B))], told([A]))
    assert (found.recall, found.precision) == (1.0, 0.5)
    assert found.relevant == ((True, False),)


def test_two_that_carry_it_only_together_are_both_needed() -> None:
    # Alone neither does; a naive 'each citation must carry the statement' finds 0 of 2.
    found = support([Statement("s", (A, B))], told([A, B]))
    assert (found.recall, found.precision) == (1.0, 1.0)


def test_two_that_each_carry_it_are_both_relevant() -> None:
    # Each can be spared, but each carries it by itself: more sources than needed are no fault.
    assert support([Statement("s", (A, B))], told([A], [B])).precision == 1.0


def test_of_three_the_idle_one_is_found() -> None:
    assert support([Statement("s", (A, B, C))], told([A, B])).relevant == ((True, True, False),)


def test_citations_of_a_statement_that_does_not_stand_are_worth_nothing() -> None:
    found = support([Statement("s", (A, B))], told([C]))
    assert (found.recall, found.precision) == (0.0, 0.0)


def test_means_are_over_statements_and_over_citations() -> None:
    # 2 of 3 statements, 2 of 4 citations; a mean of the statements' own precisions gives (1 + 1/3 + 0) / 3
    statements = [Statement("one", (A,)), Statement("two", (A, B, C)), Statement("three", ())]
    found = support(statements, told([A]))
    assert found.recall == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(2 / 4)


def test_without_citations_and_without_statements() -> None:
    bare = support([Statement("s", ())], told([A]))
    assert (bare.recall, bare.precision) == (0.0, 0.0)
    nothing = support([], told([A]))
    assert (nothing.recall, nothing.precision) == (None, None)


def test_a_quote_that_is_nowhere_counts_against_precision() -> None:
    found = support([Statement("s", (A, None))], told([A]))
    assert (found.recall, found.precision) == (1.0, 0.5)
    assert support([Statement("s", (None,))], told([A])).entailed == (False,)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("The ferry left at noon.", True),
        ("“The ferry left at noon.”", True),
        ("“The ferry … at noon.”", True),
        ("The ferry left at midnight.", False),
        ("“The ferry left at midnight.”", False),
        ("“At noon the ferry left.”", False),
        ("“… noon … ferry …”", False),  # pieces stand in the order of the article
        ("The captain sank the ferry.", False),
        ("", False),
    ],
)
def test_the_rules_are_the_judge(text: str, stands: bool) -> None:
    assert deterministic([A], text) is stands


def test_two_clauses_may_stand_on_two_citations() -> None:
    text = "The ferry left at noon, and it carried 40 people."
    assert deterministic([A, B], text)
    assert not deterministic([A], text)
    assert support([Statement(text, (A, B))]).precision == 1.0


def test_where_and_when_may_stand_before_a_quotation() -> None:
    from datetime import date

    article = Article("1", "a.txt", "a.txt", "t", BODY, source="Harbour Post", published=date(2024, 5, 3))
    one = cited("The ferry left at noon.", article)
    assert deterministic([one], "Harbour Post, 3 May 2024: “The ferry left at noon.”")
    assert not deterministic([one], "Harbour Post, 4 May 2024: “The ferry left at noon.”")
    assert not deterministic([one], "Captain Bligh: “The ferry left at noon.”")
    assert deterministic([one], "The article says otherwise: “The ferry left at noon.”")
    assert deterministic([one], "The article says noon, not midnight: “The ferry left at noon.”")
    assert not deterministic([one], "The article says dusk, not midnight: “The ferry left at noon.”")
    assert not deterministic([one], "The article says ferry, not noon: “The ferry left at noon.”")


def citation(quote: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "path": "a.txt", "title": "Ferry leaves", "quote": quote, "start": 0} | more


TEXTS = {"a.txt": f"Ferry leaves\n\n{BODY} The ferry left at noon."}


def test_a_citation_is_found_in_its_article() -> None:
    found = located(citation("It carried\n40 people."), TEXTS.get)
    assert found is not None
    assert (found.quote, found.article.title) == ("It carried 40 people.", "Ferry leaves")
    assert found.article.text.startswith("The ferry"), "the headline is not of the body"


def test_of_two_places_it_is_the_one_that_was_meant() -> None:
    first, last = (located(citation("The ferry left at noon.", start=start), TEXTS.get) for start in (0, 69))
    assert first is not None
    assert last is not None
    assert (first.start, last.start) == (0, len(BODY) + 1)


def test_a_headline_may_be_cited() -> None:
    found = located(citation("Ferry leaves"), TEXTS.get)
    assert found is not None
    assert found.quote == "Ferry leaves"


@pytest.mark.parametrize(
    "bad",
    [
        citation("It carried 41 people."),
        citation(""),
        citation("It carried", path="b.txt"),
        citation("it CARRIED"),
    ],
)
def test_a_citation_that_is_nowhere(bad: dict[str, Any]) -> None:
    assert located(bad, TEXTS.get) is None


def test_other_systems_citations_have_fewer_fields() -> None:
    found = located(
        {"article": "a.txt", "quote": "It carried 40 people.", "published": "some day"}, TEXTS.get
    )
    assert found is not None
    assert found.article.published is None


def test_the_claims_of_an_answer() -> None:
    answer = {
        "claims": [
            {"text": "The ferry left at noon.", "citations": [1, 2]},
            {"text": "It left.", "citations": [9]},
            {"text": "No.", "citations": []},
        ],
        "citations": [citation("The ferry left at noon."), citation("It sank.", id=2)],
    }
    statements = statements_of(answer, TEXTS.get)
    assert [len(one.cited) for one in statements] == [2, 1, 0]
    assert [one is None for one in statements[0].cited] == [False, True]
    assert statements[1].cited == (None,), "a number without its citation"
    assert support(statements).entailed == (True, False, False)


def test_an_articles_own_sentences_stand() -> None:
    from index.sentences import sentences

    for span in sentences(FERRY.text):
        assert deterministic([Cited(FERRY, span.start, span.end)], FERRY.text[span.start : span.end])
