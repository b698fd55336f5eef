"""A model that lies costs coverage, never truth: thousands of false claims and honest rewordings are judged.

``python -m tests.lying`` prints the figures of each kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.retrieve import Retriever
from qa.answer import Answerer, Options, Question
from qa.errors import ReplyInvalid
from qa.llm import OpenAIChat
from qa.types import Answer, Check, Fate
from qa.verify import Checked
from tests.fakes import FakeEmbedder
from tests.lying import Case, corruptions, demo, held_out, news, offered, paraphrases
from tests.lying.measure import Outcome, believe, judged, share, table
from tests.lying_server import LyingServer
from tests.quoting import is_quotation
from tests.small_paper import index_of as build_index

SEED = 1
LIES_OF_A_KIND = 20
REWORDINGS_OF_A_KIND = 45
PRINTED_AT_MOST = 0.01
REFUSED_AT_MOST = 0.15
# Of fewer held-out cases than these one more or less is a share of its own.
MEANINGFUL = 50
LIES_TOLD_OF_A_KIND = 3


@pytest.fixture(scope="module")
def demo_lies() -> list[Outcome]:
    return [judged(case) for case in corruptions(demo(), SEED)]


@pytest.fixture(scope="module")
def demo_rewordings() -> list[Outcome]:
    return [judged(case) for case in paraphrases(demo(), SEED)]


@pytest.fixture(scope="module")
def news_lies() -> list[Outcome]:
    return [judged(case) for case in corruptions(news(), SEED, LIES_OF_A_KIND)]


@pytest.fixture(scope="module")
def news_rewordings() -> list[Outcome]:
    return [judged(case) for case in paraphrases(news(), SEED, REWORDINGS_OF_A_KIND)]


def _assert_share(outcomes: Sequence[Outcome], most: float) -> None:
    """At most this share wrong, overall and in the held-out tenth, whose cases nobody is shown.

    Without a traceback, which would show cases; and a tenth of few cases says nothing.
    """
    hidden = [outcome for outcome in outcomes if held_out(outcome.case)]
    if share(outcomes) > most or (len(hidden) >= MEANINGFUL and share(hidden) > most):
        pytest.fail(f"more than {most:.0%} are wrong\n\n{table(outcomes)}", pytrace=False)


def test_lies_about_the_demo_articles_are_not_printed(demo_lies: list[Outcome]) -> None:
    assert len(demo_lies) >= 300
    _assert_share(demo_lies, PRINTED_AT_MOST)


def test_rewordings_of_the_demo_articles_are_not_refused(demo_rewordings: list[Outcome]) -> None:
    assert len(demo_rewordings) >= 150
    _assert_share(demo_rewordings, REFUSED_AT_MOST)


def test_lies_about_news_are_not_printed(
    shared: Path, demo_lies: list[Outcome], news_lies: list[Outcome]
) -> None:
    assert len(news_lies) >= 600
    _assert_share([*demo_lies, *news_lies], PRINTED_AT_MOST)


def test_rewordings_of_news_are_not_refused(
    shared: Path, demo_rewordings: list[Outcome], news_rewordings: list[Outcome]
) -> None:
    assert len(news_rewordings) >= 600
    _assert_share([*demo_rewordings, *news_rewordings], REFUSED_AT_MOST)


def test_citations_that_stand_for_nothing_are_never_printed(demo_rewordings: list[Outcome]) -> None:
    for outcome in demo_rewordings[:60]:
        evidence, _ = offered(outcome.case)
        # An honest claim with an invented number is repaired, and rests on evidence that exists.
        honest = judged(_citing(outcome.case, (99,)))
        assert set(honest.checked.evidence) <= set(evidence)
        assert honest.wrong or honest.checked.check.fate is Fate.REANCHORED


def _citing(case: Case, numbers: tuple[int, ...]) -> Case:
    return Case(case.kind, case.honest, case.claim, case.article, case.spans, numbers)


def test_the_measure_sees_a_verifier_that_believes_everything(
    monkeypatch: pytest.MonkeyPatch, demo_lies: list[Outcome], demo_rewordings: list[Outcome]
) -> None:
    monkeypatch.setattr("tests.lying.measure.verify", believe)
    lies = [judged(outcome.case) for outcome in demo_lies]
    honest = [judged(outcome.case) for outcome in demo_rewordings]
    assert share(lies) == 1.0
    assert share(honest) == 0.0


def test_the_measure_sees_a_lie_in_a_quotation(
    monkeypatch: pytest.MonkeyPatch, demo_lies: list[Outcome]
) -> None:
    def quote(claims: Sequence[object], evidence: Sequence[object]) -> tuple[Checked, ...]:
        return (Checked(Check("", (), Fate.QUOTED, ()), "nobody wrote this", (), quoted=True),)

    monkeypatch.setattr("tests.lying.measure.verify", quote)
    assert judged(demo_lies[0].case).wrong


def test_the_cases_are_the_same_every_time_and_each_is_there_once() -> None:
    once, again = corruptions(demo(), SEED), corruptions(demo(), SEED)
    assert [case.id for case in once] == [case.id for case in again]
    assert max(Counter(case.id for case in once).values()) == 1
    assert {case.id for case in once} != {case.id for case in corruptions(demo(), SEED + 1)}


def test_the_evidence_is_eight_sentences_with_the_sources_among_them() -> None:
    for case in (*corruptions(demo(), SEED)[::25], *paraphrases(demo(), SEED)[::25]):
        evidence, cited = offered(case)
        assert [one.number for one in evidence] == list(range(1, len(evidence) + 1))
        assert len(evidence) <= 8
        assert {(span.start, span.end) for span in case.spans} <= {(one.start, one.end) for one in evidence}
        own = {(one.start, one.end) for one in evidence if one.number in cited}
        assert bool(own) != bool(case.invented)


def test_about_a_tenth_is_held_out_and_never_shown(demo_lies: list[Outcome]) -> None:
    hidden = [outcome.case for outcome in demo_lies if held_out(outcome.case)]
    assert 0.05 < len(hidden) / len(demo_lies) < 0.15
    report = table([Outcome(o.case, o.checked, wrong=True) for o in demo_lies])
    assert not any(case.claim in report or case.id in report for case in hidden)


def test_the_pipeline_prints_no_lie_of_a_lying_service(tmp_path: Path) -> None:
    lies = _some_of_each_kind(corruptions(demo(), SEED), LIES_TOLD_OF_A_KIND)
    told, printed = _printed(tmp_path, lies)
    assert len(told) >= 0.8 * len(lies)
    assert len({case.kind for case in told}) >= 35
    assert printed == []


def test_lies_would_be_printed_without_verification(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.answer.verify", believe)
    lies = _some_of_each_kind(corruptions(demo(), SEED), 1)
    told, printed = _printed(tmp_path, lies)
    assert len(printed) >= 0.7 * len(told)


def _printed(folder: Path, lies: Sequence[Case]) -> tuple[list[Case], list[str]]:
    """The lies that the service told, and what was printed that no article says."""
    index = build_index(folder / "index", demo())
    with LyingServer() as server, Retriever(index, FakeEmbedder()) as retriever:
        model = OpenAIChat("liar", server.url, "", retries=0)
        answerer = Answerer(retriever, retriever.embedder, model, Options(threshold=0.0))
        printed = [text for case in lies for text in _unbacked(_ask(answerer, server, case))]
    return server.told, printed


def _some_of_each_kind(cases: Sequence[Case], most: int) -> list[Case]:
    kinds = Counter[str]()
    chosen = []
    for case in cases:
        kinds[case.kind] += 1
        if kinds[case.kind] <= most:
            chosen.append(case)
    return chosen


def _ask(answerer: Answerer, server: LyingServer, case: Case) -> Answer | None:
    """The answer to a question about the very sentence that the lie was made from.

    None where the reply is refused as it is: it cites what was not among the numbers it may cite.
    """
    server.lie = case
    start, end = case.spans[0].start, case.spans[0].end
    # Half of its words: a draft that only repeats the question is never printed.
    words = re.findall(r"[\w'’]+", case.article.text[start:end])
    about = " ".join(words[: len(words) // 2])
    try:
        return answerer.ask(Question(f"What is known about this: {about}?", articles=(case.article.id,)))
    except ReplyInvalid:
        assert case.invented
        return None


def _unbacked(answer: Answer | None) -> list[str]:
    """What the answer prints that is not, as it stands, an article's sentence: the liar drafts no such."""
    if answer is None:
        return []
    texts = {article.id: " ".join(article.text.split()) for article in demo()}
    quotes = {one.id: " ".join(one.quote.split()) for one in answer.citations}
    for one in answer.citations:
        assert quotes[one.id] in texts[one.article_id]
    return [
        claim.text
        for claim in answer.claims
        if not is_quotation(claim, answer)
        and claim.text not in {quotes[number] for number in claim.citations}
    ]
