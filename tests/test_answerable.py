"""How probable an answer is, from signals that can be checked one by one."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import answerable
from qa.answerable import Signals, probability
from qa.draft import Draft
from qa.evidence import Ranked, choose, rank
from qa.question import Kind, Part
from qa.verify import Drafted, verify
from tests.fakes import FakeEmbedder, reply
from tests.small_paper import PAPER, passages, retriever

STAGES = ("on_topic", "supported", "chosen", "on_topic_unread", "supported_unread")
PART = Part("How long is the bridge in metres?", Kind.NUMBER)


def signals(folder: Path, part: Part, *claims: str, confidence: float | None = -0.5) -> Signals:
    """The signals for a draft of these claims, or for none where there are no claims."""
    with retriever(folder) as found:
        order = rank(part, passages(*PAPER), found.catalog, FakeEmbedder())
        drafted = tuple(Drafted(text) for text in claims)
        draft = Draft(drafted, "", reply("{}"), confidence) if claims else None
        return Signals.of(part, order, draft, verify(drafted, choose([order], 1000)), found.catalog)


def test_signals_of_a_draft_that_stands(tmp_path: Path) -> None:
    found = signals(tmp_path, PART, "The bridge is 412 metres long.")
    assert found.standing == 1.0
    assert found.drafted_rank == 1.0
    assert found.drafted_score == 0.0
    assert found.wrong_kind == 0.0
    assert found.lacks_kind == 0.0
    assert found.missing_term == 0.0
    assert found.confidence == -0.5
    assert found.echo == pytest.approx(3 / 4)  # bridge, metres, long; not 412
    assert found.in_article == pytest.approx(1.0)


def test_signals_of_a_draft_that_falls(tmp_path: Path) -> None:
    found = signals(tmp_path, PART, "Aliens landed in Toldra.")
    assert found.standing == 0.0
    assert found.wrong_kind == 1.0
    assert found.echo == 0.0
    assert found.drafted_rank is not None
    assert found.drafted_score is not None
    assert found.drafted_rank < 1.0
    assert found.drafted_score < 0.0


def test_signals_without_a_model(tmp_path: Path) -> None:
    found = signals(tmp_path, PART)
    assert (found.standing, found.wrong_kind, found.echo) == (None, None, None)


def test_what_is_not_known_speaks_neither_for_nor_against(tmp_path: Path) -> None:
    told = signals(tmp_path, PART, "412 metres", confidence=None)
    assert told.confidence is None
    table = answerable._models("on_topic_unread", "supported_unread")[1][1]
    assert probability(told) == pytest.approx(probability(replace(told, confidence=table["confidence"][1])))


def test_a_word_that_the_article_lacks_is_missed(tmp_path: Path) -> None:
    known = signals(tmp_path, PART)
    unknown = signals(tmp_path / "again", Part("How long is the bridge in Atlantis?", Kind.NUMBER))
    assert unknown.missing_term > known.missing_term == 0.0
    assert unknown.in_article < known.in_article


def test_the_signals_are_numbers_by_name(tmp_path: Path) -> None:
    found = signals(tmp_path, PART, "412 metres")
    named = dict(found.named())
    assert list(named) == [one.name for one in fields(Signals)]
    unread = {"support", "answer", "agreement", "chosen"}
    assert {name for name, value in named.items() if value is None} == unread
    assert all(math.isfinite(value) for value in named.values() if value is not None)


def test_every_calibrated_weight_belongs_to_a_signal() -> None:
    for bias, table in answerable._models(*STAGES):
        assert math.isfinite(bias)
        assert set(table) <= {one.name for one in fields(Signals)}
        assert all(scale > 0 for _, _, scale in table.values())


def test_the_probability_is_logistic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sure: tuple[float, dict[str, tuple[float, float, float]]] = (30.0, {})
    doubt = (0.5, {"confidence": (2.0, -1.0, 0.5)})
    monkeypatch.setattr(answerable, "_models", lambda *stages: (sure, doubt))
    found = signals(tmp_path, PART, "412 metres")
    assert probability(found) == pytest.approx(1 / (1 + math.exp(-(0.5 + 2.0 * (-0.5 + 1.0) / 0.5))))
    assert probability(replace(found, confidence=-1.5)) == pytest.approx(1 / (1 + math.exp(1.5)))


NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(NUMBERS, min_size=len(fields(Signals)), max_size=len(fields(Signals))))
def test_a_probability_is_between_0_and_1_whatever_the_signals(values: list[float]) -> None:
    assert 0.0 < probability(Signals(*values)) < 1.0


def test_a_ranking_of_one_sentence_has_signals(tmp_path: Path) -> None:
    with retriever(tmp_path) as found:
        (first, *_) = rank(PART, passages(*PAPER), found.catalog, FakeEmbedder())
        alone = [Ranked(first.sentence, first.values, first.score)]
        made = Signals.of(PART, alone, None, (), found.catalog)
    assert made.margin == 0.0
    assert made.best == first.score
    assert made.similarity == first.named()["similarity"]
