"""Each measure against values worked out by hand, with a case that the plain way of measuring gets wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from evals.gold import GoldQuestion
from evals.metrics import Score, failure, score, summarise, summarise_by_type
from evals.summary import LOWER_IS_BETTER, NAMES, value_of

TEXTS = {
    "a.txt": "Ferry to cost more\n\nA ticket will cost £12 from May. Ann Orr runs the ferry.",
    "b.txt": "Bridge\n\nThe bridge has 2 lanes.",
    "c.txt": "Copy\n\nA ticket will cost £12 from May.",
}
GOLD = GoldQuestion(
    id="q",
    question="What will a ticket cost, and from when?",
    type="numeric",
    answer="£12 from May.",
    facts=(("£12", "12 pounds"), ("May",)),
    forbidden=("£15",),
    articles=("a.txt",),
    evidence=(),
)
SILENT = replace(GOLD, type="unanswerable", facts=(), forbidden=(), articles=())
PREMISE = replace(GOLD, type="false_premise", facts=(("£12",),), forbidden=("£15",))


def answered(
    text: str, *quotes: str, abstained: bool = False, path: str = "a.txt", **more: Any
) -> dict[str, Any]:
    """An answer that says the text as one claim and cites the quotes."""
    citations = [{"id": n, "path": path, "quote": quote, "start": 0} for n, quote in enumerate(quotes, 1)]
    claims = [{"text": text, "citations": [one["id"] for one in citations]}]
    return {"answer": text, "abstained": abstained, "citations": citations, "claims": claims} | more


def scored(gold: GoldQuestion, answer: dict[str, Any], retrieved: tuple[str, ...] = ("a.txt",)) -> Score:
    return score(gold, answer, retrieved, TEXTS.get)


SAID = "A ticket will cost £12 from May."


@pytest.mark.parametrize(
    ("text", "held", "correct"),
    [
        (SAID, (True, True), True),
        ("It is 12 pounds from May.", (True, True), True),
        ("It is £12.", (True, False), False),
        ("It is £12 from May, not £15.", (True, True), False),  # a forbidden form
        ("It is £112 from May.", (False, True), False),  # '12' stands in it, and it is not said
        ("It is £12.50 from May.", (False, True), False),
        ("It is £12 and may rise.", (True, True), True),  # what matching of words cannot tell
    ],
)
def test_facts(text: str, held: tuple[bool, ...], correct: bool) -> None:
    one = scored(GOLD, answered(text))
    assert (one.facts_held, one.correct) == (held, correct)


def test_a_figure_inside_another_is_not_that_figure() -> None:
    gold = replace(GOLD, facts=(("2",),), forbidden=())
    assert not scored(gold, answered("The bridge has 12 lanes.")).correct
    assert not scored(gold, answered("The bridge has 1.2 lanes.")).correct
    assert scored(gold, answered("The bridge has 2 lanes.")).correct


@pytest.mark.parametrize(
    ("gold", "text", "flag", "correct", "abstained"),
    [
        (GOLD, SAID, False, True, False),
        (GOLD, SAID, True, False, True),  # right, but withheld: the flag is what a user sees
        (GOLD, "The articles do not say.", False, False, True),  # not flagged, and yet no answer
        (GOLD, "", False, False, True),
        (SILENT, "Nothing.", True, True, True),
        (SILENT, "The articles do not say.", False, True, True),
        (SILENT, "Paris.", False, False, False),
        (SILENT, "Paris.", True, True, True),
        (PREMISE, "It will cost £12.", False, True, False),
        (PREMISE, "The articles do not say.", False, True, True),
        (PREMISE, "It will cost £15, not £12.", False, False, False),
        (replace(PREMISE, facts=()), "Because of the storm.", False, False, False),
    ],
)
def test_abstaining(gold: GoldQuestion, text: str, flag: bool, correct: bool, abstained: bool) -> None:
    one = scored(gold, answered(text, abstained=flag))
    assert (one.correct, one.abstained) == (correct, abstained)
    assert (one.lost == "") == correct, "what is wrong was lost somewhere, what is right nowhere"


def test_that_nothing_was_said_may_be_the_answer() -> None:
    gold = replace(GOLD, facts=(("no details",),), forbidden=())
    one = scored(gold, answered("There was no information: the police gave no details."))
    assert (one.correct, one.abstained) == (True, False)


def test_support_is_what_the_quotes_say() -> None:
    assert scored(GOLD, answered(SAID, SAID)).supported
    assert not scored(GOLD, answered(SAID, "A ticket will cost £12")).supported
    both = scored(GOLD, answered(SAID, "A ticket will cost £12", "from May."))
    assert (both.supported, both.facts_quoted) == (True, (True, True))
    assert not scored(SILENT, answered("Paris.", SAID)).supported


def test_a_fact_is_not_put_together_from_two_quotes() -> None:
    gold = replace(GOLD, facts=(("12 from May Ann",),))
    assert not scored(gold, answered(SAID, "12 from May.", "Ann Orr")).supported


def test_an_invented_quote_supports_nothing() -> None:
    one = scored(GOLD, answered(SAID, "A ticket will cost £12 from early May."))
    assert (one.quotes, one.quotes_valid, one.supported, one.claims_unsupported) == (1, 0, False, 1)
    elsewhere = scored(GOLD, answered(SAID, SAID, path="b.txt"))
    assert (elsewhere.quotes, elsewhere.quotes_valid, elsewhere.supported) == (1, 0, False)


def test_claims_and_their_citations() -> None:
    good = scored(GOLD, answered(SAID, SAID))
    assert (good.claims, good.claims_unsupported, good.citation_recall, good.citation_precision) == (
        1,
        0,
        1,
        1,
    )
    idle = scored(GOLD, answered(SAID, SAID, "Ann Orr runs the ferry."))
    assert (idle.claims_unsupported, idle.citation_precision) == (0, 0.5)
    plain = scored(GOLD, {"answer": SAID})
    assert (plain.claims, plain.citation_recall, plain.citation_precision) == (0, None, None)


@pytest.mark.parametrize(
    ("retrieved", "recall", "rank"),
    [
        (("a.txt", "b.txt"), 1.0, 1.0),
        (("b.txt", "a.txt"), 1.0, 0.5),
        (("b.txt", "b.txt", "b.txt", "a.txt"), 1.0, 0.5),  # three passages of one article are one article
        (("b.txt",), 0.0, 0.0),
        ((), 0.0, 0.0),
    ],
)
def test_retrieval(retrieved: tuple[str, ...], recall: float, rank: float) -> None:
    one = scored(GOLD, answered(SAID), retrieved)
    assert (one.article_recall, one.reciprocal_rank) == (recall, rank)


def test_retrieval_of_several() -> None:
    gold = replace(GOLD, articles=("a.txt", "b.txt"), alt_articles=("c.txt",))
    one = scored(gold, answered(SAID), ("c.txt", "a.txt", "a.txt"))
    # c.txt would do for one of the two, but which is not said
    assert (one.article_recall, one.reciprocal_rank) == (0.5, 0.5)


def test_an_article_that_would_do_as_well() -> None:
    gold = replace(GOLD, alt_articles=("c.txt",))
    one = scored(gold, answered(SAID, SAID, path="c.txt"), ("c.txt",))
    assert (one.article_recall, one.reciprocal_rank, one.cited_recall, one.cited_precision) == (1, 1, 1, 1)


def test_where_no_article_is_needed_there_is_nothing_to_find() -> None:
    one = scored(SILENT, answered("", abstained=True))
    assert (one.article_recall, one.reciprocal_rank, one.cited_recall, one.cited_precision) == (None,) * 4


def test_cited_articles() -> None:
    answer = answered(SAID, SAID)
    answer["citations"].append({"id": 2, "path": "b.txt", "quote": "The bridge has 2 lanes."})
    one = scored(replace(GOLD, articles=("a.txt", "c.txt")), answer)
    assert (one.cited_recall, one.cited_precision) == (0.5, 0.5)
    assert scored(GOLD, answered(SAID)).cited_precision is None


def test_lengths_tokens_and_times() -> None:
    usage = {"prompt_tokens": 300, "completion_tokens": 20, "cost_usd": None}
    one = scored(GOLD, answered(SAID, "A ticket will cost £12", usage=usage, timings={"total_s": 1.5}))
    assert (one.words, one.quoted_words, one.seconds) == (7, 5, 1.5)
    assert (one.prompt_tokens, one.completion_tokens, one.cost_usd) == (300, 20, None)


def test_where_it_was_lost() -> None:
    def lost(passages: str, evidence: str, drafted: str, printed: str) -> str:
        trace = {"evidence": [{"text": evidence}], "checks": [{"drafted": drafted, "printed": printed}]}
        return score(GOLD, answered("It will rise.", trace=trace), ["a.txt"], TEXTS.get, [passages]).lost

    assert lost("The bridge.", "", "", "") == "retrieval"
    assert lost(SAID, "A ticket will cost £12", "", "") == "evidence"
    assert lost(SAID, SAID, "£12", "£12") == "draft"
    assert lost(SAID, SAID, "£12 from May", "") == "verification"
    assert lost(SAID, SAID, "£12 from May", "£12 from May") == "wording"
    # Without the passages' words it is the articles' that count.
    assert scored(GOLD, answered("It will rise."), ("b.txt",)).lost == "retrieval"
    assert scored(GOLD, answered("It will rise."), ("a.txt",)).lost == "evidence"


def test_a_failure_is_wrong_and_no_abstention() -> None:
    for gold in (GOLD, SILENT):
        one = failure(gold, "ServiceOverloaded: busy", 3.0)
        assert (one.correct, one.abstained, one.lost, one.seconds) == (False, False, "failed", 3.0)
        assert len(one.facts_held) == len(gold.facts)


# Many answers


def several() -> list[Score]:
    return [
        scored(GOLD, answered(SAID, SAID)),
        scored(GOLD, answered("It is £12.", "A ticket will cost £13")),
        scored(GOLD, answered("", abstained=True)),
        scored(SILENT, answered("", abstained=True)),
        scored(SILENT, answered("It is £15.")),
        scored(PREMISE, answered("It will cost £12.", "A ticket will cost £12")),
        failure(GOLD, "broken"),
    ]


def rounded(scores: list[Score]) -> dict[str, tuple[float, int]]:
    """Each figure with four decimals, and over how many."""
    return {name: (round(one.value or 0.0, 4), one.n) for name, one in summarise(scores).items()}


def test_accuracy_of_each_kind_by_hand() -> None:
    figures = rounded(several())
    assert figures["accuracy"] == (0.4286, 7)
    # Neither questions without an answer nor false premises are among the answerable.
    assert figures["accuracy_answerable"] == (0.25, 4)
    assert figures["accuracy_unanswerable"] == (0.5, 2)
    assert figures["accuracy_false_premise"] == (1.0, 1)
    # of the answerable those that were answered: a failure and an abstention are none
    assert figures["precision_when_answering"] == (0.5, 2)
    assert figures["failure_rate"] == (0.1429, 7)


def test_abstention_by_hand() -> None:
    figures = rounded(several())
    assert figures["abstention_precision"] == (0.5, 2)
    assert figures["abstention_recall"] == (0.5, 2)
    assert figures["abstention_rate"] == (0.2857, 7)


def test_ratios_are_of_sums() -> None:
    figures = summarise(several())
    # facts: 2 of 2, 1 of 2, 0 of 2, 0 of 2
    assert figures["fact_recall"].value == pytest.approx(3 / 8)
    assert figures["cited_fact_recall"].value == pytest.approx(2 / 8)
    assert rounded(several())["quote_validity"] == (0.6667, 3)
    six = replace(GOLD, facts=tuple((word,) for word in "abcdef"), forbidden=())
    uneven = [scored(six, answered("a b c d e f")), scored(replace(six, facts=(("z",),)), answered("y"))]
    # six of seven facts; the mean of the two recalls would be one half
    assert summarise(uneven)["fact_recall"].value == pytest.approx(6 / 7)


def test_an_unsupported_claim_weighs_as_one_claim() -> None:
    three = answered(SAID, SAID)
    three["claims"] = [three["claims"][0]] * 3
    scores = [scored(GOLD, three), scored(GOLD, answered("The ferry sank.", SAID))]
    assert summarise(scores)["unsupported_claims"].value == pytest.approx(1 / 4)


def test_short_answers_only() -> None:
    long = scored(GOLD, answered(SAID + " and so on" * 20))
    assert long.correct
    assert summarise([long])["accuracy_short"].value == 0.0


def test_times_by_hand() -> None:
    scores = [scored(GOLD, answered(SAID, timings={"total_s": float(n)})) for n in range(1, 11)]
    figures = summarise([*scores, failure(GOLD, "broken", 600.0)])
    assert (figures["latency_p50"].value, figures["latency_p50"].n) == (5.5, 10)
    assert figures["latency_p95"].value == pytest.approx(9.55)


def test_costs_that_are_not_known_are_not_nothing() -> None:
    known = scored(GOLD, answered(SAID, usage={"cost_usd": 0.02}))
    unknown = scored(GOLD, answered(SAID, usage={"cost_usd": None}))
    assert (summarise([known, unknown])["cost_usd"].value, summarise([unknown])["cost_usd"].value) == (
        0.02,
        None,
    )


def test_every_figure_is_there_and_is_json() -> None:
    for scores in (several(), several()[:1], []):
        figures = summarise(scores)
        assert set(figures) == set(NAMES)
        assert set(NAMES) >= LOWER_IS_BETTER
        for one in figures.values():
            assert (one.value is None) == (one.n == 0) == (one.low is None) == (one.high is None)
            json.dumps([one.value, one.low, one.high], allow_nan=False)
            if one.value is not None:
                assert one.low is not None
                assert one.high is not None
                assert one.low - 1e-9 <= one.value <= one.high + 1e-9


def test_by_type() -> None:
    figures = summarise_by_type(several())
    assert list(figures) == ["false_premise", "numeric", "unanswerable"]
    assert (figures["numeric"]["accuracy"].value, figures["numeric"]["accuracy"].n) == (0.25, 4)
    assert figures["unanswerable"]["accuracy_answerable"].value is None


def test_one_answers_part_in_a_mean() -> None:
    right, *_, silent, _ = several()[:5]
    assert (value_of(right, "accuracy_answerable"), value_of(silent, "accuracy_answerable")) == (1.0, None)
    assert (value_of(right, "abstention_recall"), value_of(silent, "abstention_recall")) == (None, 1.0)
    with pytest.raises(KeyError):
        value_of(right, "fact_recall")
