"""The figures of the benchmark of briefs, on invented ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench_brief import means, nuggets, ours, spread
from evals.gold import GoldBrief, GoldNugget
from qa.brief.make import Briefer
from qa.brief.notes import NoteStore
from tests.brief_paper import CLOSED, TOPIC, retriever


def gold(*forms: tuple[bool, str]) -> GoldBrief:
    found = tuple(
        GoldNugget(id=str(n), text=form, vital=vital, forms=((form,),), article=CLOSED.path, quote=form)
        for n, (vital, form) in enumerate(forms, 1)
    )
    return GoldBrief("b", TOPIC, "topic", (CLOSED.path,), found, timeline=(), conflicts=(), must_not=())


def test_nuggets_count_where_one_line_holds_them() -> None:
    found = nuggets(
        gold((True, "closed"), (True, "sold"), (False, "May 1998")), ["It was closed.", "In May 1998."]
    )
    assert found == {"vital": 0.5, "all": pytest.approx(2 / 3)}


def test_the_figures_of_a_brief(tmp_path: Path) -> None:
    with retriever(tmp_path / "index") as made:
        brief = Briefer(made, None, NoteStore(None)).about(TOPIC)
    assert brief is not None
    figures = ours(gold((True, "Orla Quay"), (False, "Atlantis")), brief, 2.0)
    assert (figures["seconds"], figures["articles"], figures["model_tokens"]) == (2.0, 4, 0)
    assert (figures["vital"], figures["all"]) == (1.0, 0.5)
    assert figures["words"] > 20


def test_topics_are_spread_and_figures_averaged() -> None:
    golds = [gold() for _ in range(6)]
    assert spread(golds, 2) == [golds[0], golds[3]]
    assert spread(golds, 0) == golds
    assert means([{"a": 1.0}, {"a": 3.0}]) == {"a": 2.0}
