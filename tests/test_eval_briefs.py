"""Gold briefs made, scored and held against bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals import gate, gatefile
from evals.asking import Setup
from evals.brief_runs import BriefRun, read_briefs, run_briefs
from evals.gold import GoldInvalid
from index.retrieve import Retriever
from qa import cli, config, wiring
from qa.errors import UsageError
from tests.evaluation import FakeReader, Known, write_corpus, write_gold
from tests.fakes import FakeEmbedder
from tests.small_paper import BRIDGE, FERRY, index_of

BRIEFS: tuple[dict[str, Any], ...] = (
    {
        "id": "b1",
        "topic": "the crack in the Kittiwake ferry",
        "kind": "topic",
        "articles": [FERRY.path],
        "nuggets": [
            {
                "id": 1,
                "text": "The repair will cost 2.3 million pounds.",
                "importance": "vital",
                "forms": [["£2.3m", "2.3 million"]],
                "article": FERRY.path,
                "quote": "The repair will cost £2.3m",
            },
            {
                "id": 2,
                "text": "The ferry is painted green.",
                "importance": "okay",
                "forms": [["painted green"]],
                "article": FERRY.path,
                "quote": "The ferry carried 212 passengers on its last trip.",
            },
        ],
        "timeline": [],
        "conflicts": [],
        "must_not": ["pears"],
        "people": [],
    },
    {
        "id": "b2",
        "topic": "the bridge of Varnholt",
        "kind": "article",
        "articles": [BRIDGE.path],
        "nuggets": [
            {
                "id": 1,
                "text": "The bridge is 412 metres long.",
                "importance": "vital",
                "forms": [["412"]],
                "article": BRIDGE.path,
                "quote": "The bridge is 412 metres long.",
            }
        ],
        "timeline": [],
        "conflicts": [],
        "must_not": [],
        "people": [],
    },
)
GATE = """
[sets.pages]
gold = "briefs.jsonl"
corpus = "corpus"
model = "local:qwen2.5-coder-0.5b"
recorded = "tapes/paper"

[sets.pages.floors]
strict_vital = 0.5
claims_cited = 1.0

[sets.pages.ceilings]
must_not = 0.0
"""


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., BriefRun]:
    """Makes the briefs of a gold file without a model."""
    index = index_of(tmp_path / "index")
    path = write_gold(tmp_path / "briefs.jsonl", BRIEFS)

    def make(out: str = "run", **how: Any) -> BriefRun:
        settings = config.load({"index": index}, environ={}, folder=index, user=index / "none.toml")
        with Retriever(index, FakeEmbedder()) as retriever:
            return run_briefs(how.pop("path", path), Setup(settings, retriever, None), tmp_path / out, **how)

    return make


def test_briefs_are_made_of_topics_and_of_articles_and_scored(
    made: Callable[..., BriefRun], tmp_path: Path
) -> None:
    done: list[tuple[int, int]] = []
    run = made(report=lambda n, of: done.append((n, of)))
    assert [one.id for one in run.scores] == ["b1", "b2"]
    assert done == [(1, 2), (2, 2)]
    assert not run.failed
    assert run.figures["strict_vital"].value == 1.0
    assert run.figures["claims_cited"].value == 1.0
    assert [one.nugget.text for one in run.scores[0].lost] == ["The ferry is painted green."]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["figures"]["strict_vital"]["n"] == 2
    assert summary["run"]["articles"]["count"] == 3
    assert "The ferry is painted green." in (tmp_path / "run" / "lost.txt").read_text(encoding="utf-8")
    assert "strict&#95;vital" in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    rows = (tmp_path / "run" / "briefs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["b1", "b2"]


def test_a_crash_is_recorded_and_counts_as_an_empty_page(
    made: Callable[..., BriefRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crooked(self: Any, articles: Any, **_: Any) -> Any:
        raise RuntimeError("out of ink")

    monkeypatch.setattr("qa.brief.make.Briefer.of", crooked)
    told: list[str] = []
    run = made(say=told.append)
    assert run.failed == {"b2": "RuntimeError: out of ink"}
    assert told == ["b2: RuntimeError: out of ink"]
    assert [one.nuggets.strict_vital for one in run.scores] == [1.0, 0.0]
    assert "RuntimeError" in run.markdown()


def test_some_briefs_of_a_file(made: Callable[..., BriefRun], tmp_path: Path) -> None:
    assert [one.id for one in made("one", limit=1).scores] == ["b1"]
    assert [one.id for one in made("other", ids=["b2"]).scores] == ["b2"]
    with pytest.raises(UsageError, match="no brief b7"):
        read_briefs(tmp_path / "briefs.jsonl", ids=["b7"])
    with pytest.raises(UsageError, match="not empty"):
        made("one")


def test_gold_that_the_articles_do_not_bear_out_is_refused(
    made: Callable[..., BriefRun], tmp_path: Path
) -> None:
    nugget = {**BRIEFS[1]["nuggets"][0], "quote": "The bridge is of glass."}
    path = write_gold(tmp_path / "untrue.jsonl", [{**BRIEFS[1], "nuggets": [nugget]}])
    with pytest.raises(GoldInvalid, match=r"does not say 'The bridge is of glass\.'"):
        made(path=path)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_gold(tmp_path / "briefs.jsonl", BRIEFS)
    write_corpus(tmp_path / "corpus")
    (tmp_path / "gate.toml").write_text(GATE, encoding="utf-8")
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: Known())
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setattr(wiring, "reader", lambda *_, **__: FakeReader())
    monkeypatch.setattr(Known, "say", staticmethod(lambda asked: '{"headline": "Crack stops the Kittiwake"}'))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_set_of_briefs_is_recorded_and_held_against_its_bounds(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["eval", "gate", "--gate", "gate.toml", "--record"]) == 0
    monkeypatch.setattr(wiring, "chat_model", None)
    assert cli.run(["eval", "gate", "--gate", "gate.toml", "--update"]) == 0
    capsys.readouterr()
    assert cli.run(["eval", "gate", "--gate", "gate.toml", "--out", "reports"]) == 0
    assert "strict_vital" in capsys.readouterr().out
    (one,) = gatefile.read(place / "gate.toml")
    assert {bound.figure: bound.value for bound in one.bounds}["strict_vital"] == 1.0
    comment = (place / "reports" / "gate.md").read_text(encoding="utf-8")
    assert "pages: all figures" in comment


def test_a_changed_text_of_a_recorded_set_falls_short(place: Path) -> None:
    def quiet(_: object) -> None:
        pass

    (one,) = gatefile.read(place / "gate.toml")
    settings = config.load({}, environ={}, folder=place, user=place / "none.toml")
    gate.record([one], settings, say=quiet, shown=quiet)
    # Another topic has no vector.
    other = [{**BRIEFS[0], "topic": "what the ferry costs"}, BRIEFS[1]]
    write_gold(place / "briefs.jsonl", other)
    result = gate.run(one, settings, place / "out", update=True, say=quiet, shown=quiet)
    found = {row.what: (row.found, row.kept) for row in result.rows}
    assert found["what is recorded"] == ("1 of 2 ask what was not recorded; record anew", False)


def test_the_command_makes_briefs_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "briefs.jsonl", "--corpus", "corpus", "--no-model"]
    assert cli.run([*command, "--out", "run"]) == 0
    out, err = capsys.readouterr()
    assert "strict_vital" in out
    assert "what was lost, and where: run/lost.txt" in err
    assert cli.run([*command, "--out", "second", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["strict_vital"]["value"] == 1.0
