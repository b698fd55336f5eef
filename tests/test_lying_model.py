"""A model that lies costs coverage, never truth: thousands of false claims and honest rewordings are judged.

``python -m tests.lying`` prints the figures of each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.types import Check, Fate
from qa.verify import Checked
from tests.lying import Case, corruptions, demo, held_out, news, offered, paraphrases
from tests.lying.measure import Outcome, judged, share, table

SEED = 1
LIES_OF_A_KIND = 20
REWORDINGS_OF_A_KIND = 45
PRINTED_AT_MOST = 0.01
REFUSED_AT_MOST = 0.15
# Of fewer held-out cases than these one more or less is a share of its own.
MEANINGFUL = 50


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
    def believe(claims: Sequence[object], evidence: Sequence[object]) -> tuple[Checked, ...]:
        return (Checked(Check("", (), Fate.VERIFIED, ()), "a lie"),)

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
