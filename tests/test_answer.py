"""A question to an answer, through everything but a real model."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.types import Article
from qa.answer import NEAREST, NO_MODEL, Answerer, Options, Question
from qa.compose import quotation
from qa.errors import ServiceUnreachable
from qa.evidence import render
from qa.types import Answer, Citation, Claim, Evidence, Fate
from tests.fakes import Asked, FakeChatModel
from tests.newsroom import article
from tests.small_paper import BRIDGE, COPY, FERRY, ORCHARD, PAPER, retriever, written

# The thresholds of the tests: the calibrated one changes with the weights.
ALWAYS = Options(threshold=0.0, today=date(2024, 4, 20))
NEVER = replace(ALWAYS, threshold=1.01)


@contextlib.contextmanager
def answerer(
    folder: Path,
    model: FakeChatModel | None,
    options: Options = ALWAYS,
    articles: Sequence[Article] = PAPER,
) -> Iterator[Answerer]:
    with retriever(folder, articles) as found:
        yield Answerer(found, found.embedder, model, options)


def ask(
    folder: Path,
    question: str | Question,
    *script: object,
    options: Options = ALWAYS,
    articles: Sequence[Article] = PAPER,
) -> Answer:
    """The answer of a scripted model, or without a model where there is no script."""
    model = FakeChatModel(*script) if script else None  # type: ignore[arg-type]
    asked = Question(question) if isinstance(question, str) else question
    with answerer(folder, model, options, articles) as ready:
        return sound(ready.ask(asked), articles)


def sound(answer: Answer, articles: Sequence[Article] = PAPER) -> Answer:
    """What must hold for every answer; returns it."""
    texts = {one.id: one.text for one in articles}
    ids = [one.id for one in answer.citations]
    assert ids == list(range(1, len(ids) + 1))
    for cited in (*answer.citations, *answer.nearest):
        assert texts[cited.article_id][cited.start : cited.end] == cited.quote != ""
    for claim in answer.claims:
        assert claim.citations
        assert set(claim.citations) <= set(ids)
    assert [one.id for one in answer.backing] == ids[: len(answer.backing)]
    assert {number for claim in answer.claims for number in claim.citations} == {
        one.id for one in answer.backing
    }
    assert len({(one.article_id, one.start) for one in answer.citations}) == len(ids)
    if answer.abstained:
        assert (answer.claims, answer.citations) == ((), ())
    else:
        assert answer.answer == " ".join(claim.text for claim in answer.claims) != ""
        assert answer.nearest == ()
    return answer


def cite(sentence: str, *, answer: str = "") -> object:
    """A reply that cites the sentence of the prompt that reads so, and says it or ``answer``."""

    def made(asked: Asked) -> str:
        numbers = [
            int(line[1 : line.index("]")])
            for line in asked.prompt.splitlines()
            if line.endswith(f"] {sentence}")
        ]
        assert numbers, f"not among the evidence: {sentence}"
        return written(answer or sentence, numbers[0])

    return made


LENGTH = "The bridge is 412 metres long."


def test_a_verified_sentence_is_the_answer(tmp_path: Path) -> None:
    said = "Lorries may not cross it before June, the council said."
    answer = ask(tmp_path, Question("When may lorries cross the bridge?", id="b7"), cite(said))
    assert not answer.abstained
    assert answer.claims[0] == Claim(said, (1,))
    assert answer.citations[0].quote == said
    assert (answer.citations[0].path, answer.citations[0].title) == (BRIDGE.path, BRIDGE.title)
    assert (answer.citations[0].source, answer.citations[0].published) == ("Varnholt Courier", "2024-04-15")
    assert (answer.id, answer.question) == ("b7", "When may lorries cross the bridge?")
    assert (answer.model, answer.prompt.split("@")[0]) == ("scripted", "answer")
    assert answer.usage.prompt_tokens == 100
    assert [check.fate for check in answer.trace.checks] == [Fate.VERIFIED]


def test_a_lie_is_not_printed(tmp_path: Path) -> None:
    answer = ask(tmp_path, "How long is the bridge?", cite(LENGTH, answer="The bridge is 999 metres long."))
    assert "999" not in answer.answer
    assert all(claim.text.startswith("“") for claim in answer.claims)
    assert answer.trace.checks[0].fate in (Fate.QUOTED, Fate.DROPPED)
    assert answer.trace.checks[0].drafted == "The bridge is 999 metres long."


def test_an_invented_fact_is_not_printed_however_it_is_cited(tmp_path: Path) -> None:
    answer = ask(tmp_path, "Who won the election?", written("Zebulon Pike won the election in Toldra.", 1, 2))
    assert "Zebulon" not in answer.answer


def test_a_forgotten_citation_is_repaired(tmp_path: Path) -> None:
    said = "Lorries may not cross it before June, the council said."
    answer = ask(tmp_path, "When may lorries cross the bridge?", written(said))
    assert answer.claims[0].text == said
    assert answer.citations[0].quote == said
    assert answer.trace.checks[0].fate is Fate.REANCHORED


@pytest.mark.parametrize("garbage", ["", "I don't know.", "{}", '{"answer": 7, "sentences": []}'])
def test_a_reply_in_the_wrong_form_leaves_quotations(garbage: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, "How long is the bridge?", garbage)
    assert answer.claims
    assert all(claim.text.startswith("“") for claim in answer.claims)
    assert answer.trace.checks == ()
    assert answer.trace.replies == (garbage,)


def test_a_withheld_answer_says_what_was_looked_for_and_shows_what_is_near(tmp_path: Path) -> None:
    answer = ask(tmp_path, "How long is \n the bridge??", cite(LENGTH), options=NEVER)
    assert answer.abstained
    assert answer.answer == "The articles do not answer this; looked for: How long is the bridge."
    assert 0 < len(answer.nearest) <= NEAREST
    assert [one.id for one in answer.nearest] == list(range(1, len(answer.nearest) + 1))
    assert answer.usage.prompt_tokens == 100  # it was asked, and that is told
    assert answer.trace.notes["threshold"] == 1.01


def test_nearest_passages_are_the_best_evidence_best_first(tmp_path: Path) -> None:
    answer = ask(tmp_path, "How long is the bridge in metres?", options=NEVER)
    scores = {(one.article.id, one.start): one.score for one in answer.trace.evidence}
    shown = [scores[one.article_id, one.start] for one in answer.nearest]
    assert shown == sorted(scores.values(), reverse=True)[:NEAREST]


def test_without_a_model_the_articles_are_quoted(tmp_path: Path) -> None:
    answer = ask(tmp_path, "How long is the bridge in metres?")
    assert answer.model == NO_MODEL
    assert answer.prompt == ""
    assert answer.claims[0].text == f"“{LENGTH}”"
    assert [claim.text for claim in answer.claims] == [
        "“" + " ".join(one.quote.split()) + "”" for one in answer.backing
    ]
    assert (answer.trace.prompts, answer.trace.replies, answer.trace.checks) == ((), (), ())
    assert (answer.usage.prompt_tokens, answer.usage.cost_usd) == (0, 0.0)


def test_two_parts_are_asked_apart_and_answered_together(tmp_path: Path) -> None:
    model = FakeChatModel(
        cite("The repair will cost £2.3m, the port of Eskerby said."),  # type: ignore[arg-type]
        cite("It replaces a ford that flooded every spring."),  # type: ignore[arg-type]
    )
    with answerer(tmp_path, model) as ready:
        answer = sound(
            ready.ask(
                Question("How much will the Kittiwake repair cost, and what ford does the bridge replace?")
            )
        )
    assert len(model.asked) == 2
    assert model.asked[0].prompt.endswith("How much will the Kittiwake repair cost")
    assert model.asked[1].prompt.endswith("what ford does the bridge replace?")
    assert answer.usage.prompt_tokens == 200
    assert {one.path for one in answer.citations} >= {FERRY.path, BRIDGE.path}
    assert answer.trace.notes["parts"] == [
        "How much will the Kittiwake repair cost",
        "what ford does the bridge replace?",
    ]
    assert len(answer.trace.notes["signals"]) == len(answer.trace.prompts) == 2


def test_evidence_in_the_prompt_is_that_of_the_trace(tmp_path: Path) -> None:
    model = FakeChatModel(cite(LENGTH))  # type: ignore[arg-type]
    with answerer(tmp_path, model) as ready:
        answer = ready.ask(Question("How long is the bridge?"))
    assert render(answer.trace.evidence) in model.asked[0].prompt
    assert model.asked[0].prompt in answer.trace.prompts[0]


def cited_paths(answer: Answer) -> set[str]:
    return {one.article.path for one in answer.trace.evidence}


def test_a_month_in_the_question_limits_the_articles(tmp_path: Path) -> None:
    assert cited_paths(ask(tmp_path, "What was said in April 2024?")) == {BRIDGE.path}
    assert cited_paths(ask(tmp_path / "b", "What was said last month?")) == {FERRY.path}  # March: it is April


def test_last_month_in_january_is_in_the_year_before(tmp_path: Path) -> None:
    january = replace(ALWAYS, today=date(2024, 1, 9))
    assert cited_paths(ask(tmp_path, "What happened last month?", options=january)) == {ORCHARD.path}


def test_a_window_without_articles_does_not_hide_the_others(tmp_path: Path) -> None:
    answer = ask(tmp_path, "What was said of the bridge in May 1999?")
    assert BRIDGE.path in cited_paths(answer)


def test_days_reckoned_from_today_that_no_article_is_of_are_told(tmp_path: Path) -> None:
    later = replace(ALWAYS, today=date(2031, 5, 20))
    answer = ask(tmp_path, "What was said of the bridge last month?", options=later)
    assert BRIDGE.path in cited_paths(answer)
    assert answer.notice == (
        "“last month” would be 2031-04-01 to 2031-04-30, and no indexed article is from then;"
        " all days were searched."
    )
    assert ask(tmp_path / "b", "What was said of the bridge in May 1999?").notice == ""


def test_a_question_that_an_article_contradicts_is_put_right(tmp_path: Path) -> None:
    answer = ask(
        tmp_path,
        "Why did harbour master Ingrid Solberg blame the crew?",
        options=replace(ALWAYS, threshold=1.0),
    )
    assert not answer.abstained
    assert [claim.text.split("“")[0] for claim in answer.claims] == ["The article says otherwise: "]


def test_a_day_that_does_not_exist_hides_nothing(tmp_path: Path) -> None:
    assert cited_paths(ask(tmp_path, "What of the bridge on 30 February 2024?")) >= {BRIDGE.path}


def test_given_dates_go_before_those_in_the_question(tmp_path: Path) -> None:
    asked = Question("What was said in April 2024?", until=date(2023, 12, 31))
    assert cited_paths(ask(tmp_path, asked)) == {ORCHARD.path}


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        ({"articles": (ORCHARD.id,)}, {ORCHARD.path}),
        ({"articles": (FERRY.id, ORCHARD.id)}, {FERRY.path, ORCHARD.path}),
        ({"sources": ("Varnholt Courier",)}, {BRIDGE.path}),
        ({"since": date(2024, 4, 1)}, {BRIDGE.path}),
    ],
)
def test_filters_limit_the_articles(filters: dict[str, object], paths: set[str], tmp_path: Path) -> None:
    asked = Question("What was said about the bridge, the ferry and the pears?", **filters)  # type: ignore[arg-type]
    assert cited_paths(ask(tmp_path, asked)) == paths


def test_filters_that_leave_no_article_leave_no_answer(tmp_path: Path) -> None:
    asked = Question("What of the bridge?", sources=("Nobody's Gazette",))
    answer = ask(tmp_path, asked, "never asked")
    assert answer.abstained
    assert answer.nearest == ()
    assert answer.trace.prompts == ()


def test_claims_are_told_in_order_with_their_citations_before_the_answer_is_returned(tmp_path: Path) -> None:
    told: list[tuple[Claim, Sequence[Citation]]] = []
    stages: list[str] = []
    with answerer(tmp_path, None) as ready:
        answer = ready.ask(
            Question("How long is the bridge?"),
            on_progress=stages.append,
            on_claim=lambda claim, citations: told.append((claim, citations)),
        )
    assert len(told) > 1
    assert tuple(claim for claim, _ in told) == answer.claims
    for claim, citations in told:
        assert tuple(one.id for one in citations) == claim.citations
    seen = list(itertools.chain.from_iterable(citations for _, citations in told))
    assert tuple(dict.fromkeys(seen)) == answer.backing
    assert stages[0] == "searching"
    assert stages[-1] == "checking"


def test_no_claim_is_told_of_an_answer_that_is_withheld(tmp_path: Path) -> None:
    told: list[Claim] = []
    with answerer(tmp_path, None, NEVER) as ready:
        answer = ready.ask(Question("How long is it?"), on_claim=lambda claim, citations: told.append(claim))
    assert answer.abstained
    assert told == []


def test_an_index_of_one_article_of_one_sentence(tmp_path: Path) -> None:
    lone = article("lone.txt", "The dam at Pellin holds.")
    answer = ask(tmp_path, "Does the dam hold?", articles=[lone])
    assert answer.claims == (Claim("“The dam at Pellin holds.”", (1,)),)
    assert answer.citations[0].published is None


def test_a_copy_of_an_article_is_not_quoted_beside_it(tmp_path: Path) -> None:
    answer = ask(tmp_path, "What will the Kittiwake repair cost?", articles=[*PAPER, COPY])
    quotes = [one.quote for one in answer.citations]
    assert len(set(quotes)) == len(quotes)


@pytest.mark.parametrize("question", ["", "   ", "?!", "…", "\n"])
def test_a_question_without_words_finds_nothing(question: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, question, "never asked")
    assert answer.abstained
    assert answer.nearest == ()


def test_a_very_long_question_is_answered_like_any_other(tmp_path: Path) -> None:
    question = "How long is the bridge? " + "Please tell me, for I have waited so many days to know. " * 400
    answer = ask(tmp_path, question, cite(LENGTH), options=replace(ALWAYS, evidence_tokens=2000))
    assert not answer.abstained
    assert answer.question == question


@pytest.mark.parametrize("question", ["大橋の長さは?", "Какой длины мост?", "ما طول الجسر؟", "🌉🌉"])
def test_a_question_in_another_script_breaks_nothing(question: str, tmp_path: Path) -> None:
    sound(ask(tmp_path, question))


def test_a_question_full_of_syntax_breaks_nothing(tmp_path: Path) -> None:
    for n, question in enumerate(
        ('bridge" OR *', "NEAR(bridge ferry)", "'; DROP TABLE article; --", "{evidence}")
    ):
        sound(ask(tmp_path / str(n), question))


def test_the_budget_of_evidence_holds_for_all_parts_together(tmp_path: Path) -> None:
    from index.tokens import count

    model = FakeChatModel(written("nothing"), written("nothing"))
    options = replace(ALWAYS, evidence_tokens=60)
    with answerer(tmp_path, model, options) as ready:
        ready.ask(Question("How long is the bridge, and how much will the Kittiwake repair cost?"))
    shown = [line for asked in model.asked for line in asked.prompt.splitlines() if line.startswith("[")]
    assert sum(count(line.partition("] ")[2]) for line in shown) <= 60


def test_entailment_may_only_reject(tmp_path: Path) -> None:
    said = "Lorries may not cross it before June, the council said."
    strict = replace(ALWAYS, entailment=True)
    kept = ask(tmp_path, "When may lorries cross?", cite(said), '{"supported": true}', options=strict)
    assert kept.claims[0].text == said
    fallen = ask(
        tmp_path / "b", "When may lorries cross?", cite(said), '{"supported": false}', options=strict
    )
    assert said not in [claim.text for claim in fallen.claims]
    assert fallen.trace.checks[0].reasons == ("entailment",)
    assert all(claim.text.startswith("“") for claim in fallen.claims)


def test_a_failing_service_is_an_error_not_an_abstention(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnreachable):
        ask(tmp_path, "How long is the bridge?", ServiceUnreachable("gone"))


def test_the_same_question_has_the_same_answer(tmp_path: Path) -> None:
    def plain(answer: Answer) -> tuple[object, ...]:
        return answer.answer, answer.claims, answer.citations, answer.trace

    once = ask(tmp_path / "a", "How long is the bridge?", cite(LENGTH))
    again = ask(tmp_path / "b", "How long is the bridge?", cite(LENGTH))
    assert plain(once) == plain(again)


def test_quotations_of_evidence_are_marked_as_such() -> None:
    start = FERRY.text.index("Engineers")
    assert quotation(Evidence(1, FERRY, start, start + 9, 0.0)) == "“Engineers”"
