"""The gate: bounds that hold or fall short, recorded replies, and bounds that are not lowered in silence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evals import gate, gate_report, gatefile
from evals.gate import Result
from evals.gatefile import Bound
from evals.recorded import files_of
from qa import config, models, wiring
from qa.errors import Missing, ModelMissing, UsageError
from tests.evaluation import GATE, QUESTIONS, FakeReader, Known, write_corpus, write_gold
from tests.fakes import FakeEmbedder


def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: Known())
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setattr(wiring, "reader", lambda *_, **__: FakeReader())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gold, corpus, gate and recordings, made once; take a copy."""
    folder = tmp_path_factory.mktemp("recorded")
    write_gold(folder / "gold.jsonl")
    write_corpus(folder / "corpus")
    (folder / "gate.toml").write_text(GATE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        _fakes(patched)
        assert record(folder) >= len(QUESTIONS)
    return folder


@pytest.fixture
def place(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it; the local model and embedding are fakes."""
    _fakes(monkeypatch)
    return shutil.copytree(recorded, tmp_path / "place")


@pytest.fixture
def unrecorded(place: Path) -> Path:
    """The same before anything was recorded."""
    shutil.rmtree(place / "tapes")
    return place


def settings(folder: Path) -> config.Settings:
    return config.load({}, environ={}, folder=folder, user=folder / "none.toml")


def quiet(_: object) -> None:
    pass


def record(place: Path) -> int:
    (one,) = gatefile.read(place / "gate.toml")
    return gate.record([one], settings(place), say=quiet, shown=quiet)


def check(place: Path, *, update: bool = False, out: str = "out") -> Result:
    (one,) = gatefile.read(place / "gate.toml")
    return gate.run(one, settings(place), place / out, update=update, say=quiet, shown=quiet)


def set_bounds(place: Path, result: Result, why: str = "") -> None:
    updates = [gate.updated(result, lower=bool(why))]
    gatefile.write(place / "gate.toml", updates, why, date(2031, 5, 1))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, there is neither model nor embedding."""

    def gone(*_: object, **__: object) -> Any:
        raise AssertionError("a recorded set asks nobody")

    def call() -> None:
        monkeypatch.setattr(wiring, "chat_model", gone)
        monkeypatch.setattr(wiring, "embedder", gone)
        monkeypatch.setattr(wiring, "reader", gone)

    return call


def found(result: Result) -> dict[str, tuple[str, bool]]:
    return {row.what: (row.found, row.kept) for row in result.rows}


def test_a_recorded_set_needs_no_model_and_always_says_the_same(
    place: Path, nobody: Callable[[], None]
) -> None:
    nobody()
    first, again = check(place, update=True), check(place, update=True, out="again")
    assert first.kept
    reports = [one.measured.report for one in (first, again) if one.measured and one.measured.report]
    untimed = [[replace(score, seconds=0.0) for score in one.scores] for one in reports]
    assert len(untimed[0]) == len(QUESTIONS)
    assert untimed[0] == untimed[1]
    assert not [score for score in reports[0].scores if score.failed]
    assert all(row["eval"]["known_replies"] for row in reports[0].run.answers.values())
    assert reports[0].run.about["settings"]["today"] == "2024-04-20"


def test_a_changed_prompt_falls_short_until_it_is_recorded(
    place: Path, nobody: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(place, check(place, update=True))
    nobody()
    monkeypatch.setattr("qa.draft.grammar", lambda numbers: "root ::= [0-9]+")
    result = check(place, out="changed")
    assert not result.kept
    assert found(result)["what is recorded"] == (
        "4 of 4 ask what was not recorded; record anew",
        False,
    )
    with pytest.raises(UsageError, match="not run to its end"):
        gate.updated(result, lower=True)


def test_a_set_without_recordings_says_to_record(unrecorded: Path, nobody: Callable[[], None]) -> None:
    nobody()
    result = check(unrecorded, update=True)
    assert not result.kept
    assert "record them" in result.rows[0].found


def test_what_was_recorded_is_not_asked_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = [path.read_bytes() for path in files_of(place / "tapes" / "paper")]
    model = Known()
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: model)
    record(place)
    assert model.asked == []
    assert data == [path.read_bytes() for path in files_of(place / "tapes" / "paper")]


def test_an_interrupted_recording_goes_on_where_it_was(
    unrecorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tired(Known):
        def complete(self, messages: Any, **options: Any) -> Any:
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().complete(messages, **options)

    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: Tired())
    with pytest.raises(KeyboardInterrupt):
        record(unrecorded)
    model = Known()
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: model)
    replies = record(unrecorded)
    assert len(model.asked) == replies - 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda place: write_gold(place / "gold.jsonl", QUESTIONS[:3]), "gold file"),
        (lambda place: (place / "corpus" / "new.txt").write_text("News\n\nRain fell.", "utf-8"), "articles"),
    ],
)
def test_changed_gold_or_articles_fall_short_until_the_bounds_are_set_anew(
    place: Path, change: Callable[[Path], Any], what: str
) -> None:
    set_bounds(place, check(place, update=True))
    assert check(place, out="before").kept
    change(place)
    result = check(place, out="after")
    assert [row.what for row in result.rows] == [what]
    assert not result.kept
    assert result.measured is None
    record(place)
    set_bounds(place, check(place, update=True, out="anew"))
    assert check(place, out="then").kept


def test_a_readme_in_the_corpus_is_no_article(place: Path) -> None:
    set_bounds(place, check(place, update=True))
    (place / "corpus" / "README.md").write_text("about", encoding="utf-8")
    assert check(place, out="after").kept


def test_bounds_are_tightened_to_what_is_measured_and_the_file_keeps_its_comments(place: Path) -> None:
    set_bounds(place, check(place, update=True))
    text = (place / "gate.toml").read_text(encoding="utf-8")
    assert "# A gate of the tests." in text
    assert "# the usual one" in text
    (one,) = gatefile.read(place / "gate.toml")
    bounds = {bound.figure: bound.value for bound in one.bounds}
    assert bounds["quote_validity"] == 1.0
    assert bounds["unsupported_claims"] < 0.5
    assert len(one.gold_sha256) == len(one.corpus_sha256) == 64


def test_a_bound_is_made_easier_only_with_a_reason_that_is_kept(place: Path) -> None:
    text = GATE.replace("unsupported_claims = 0.5", "unsupported_claims = 0.5\nanswer_words = 0.25")
    (place / "gate.toml").write_text(text, encoding="utf-8")
    result = check(place, update=True)
    assert found(result)["answer_words"][1] is False
    with pytest.raises(UsageError, match=r"falls short of answer_words 0\.25"):
        set_bounds(place, result)
    assert (place / "gate.toml").read_text(encoding="utf-8") == text
    set_bounds(place, result, "the fake is talkative")
    assert check(place, out="after").kept
    text = (place / "gate.toml").read_text(encoding="utf-8")
    for words in ('figure = "answer_words"', "from = 0.25", 'why = "the fake is talkative"', "2031-05-01"):
        assert words in text
    set_bounds(place, check(place, update=True, out="third"))
    assert (place / "gate.toml").read_text(encoding="utf-8") == text


def test_an_easier_bound_without_a_reason_is_not_written(place: Path) -> None:
    update = gatefile.Update("paper", {Bound("accuracy", 0.9, False): 0.8}, "a", "b")
    with pytest.raises(UsageError, match="without a reason"):
        gatefile.write(place / "gate.toml", [update], "", date(2031, 5, 1))


@pytest.mark.parametrize(
    ("bound", "measured", "margin", "fresh"),
    [
        (Bound("accuracy", 0.5, False), 0.66666, 0.0, 0.6666),
        (Bound("accuracy", 0.5, False), 0.7, 0.1, 0.6),
        (Bound("unsupported_claims", 0.5, True), 0.12341, 0.0, 0.1235),
        (Bound("unsupported_claims", 0.5, True), 0.1, 0.05, 0.15),
        (Bound("accuracy", 0.5, False), 1.0, 0.0, 1.0),
        (Bound("accuracy", 0.5, False), 0.29, 0.0, 0.29),
    ],
)
def test_a_fresh_bound_is_rounded_so_that_what_was_measured_keeps_it(
    bound: Bound, measured: float, margin: float, fresh: float
) -> None:
    assert bound.tightened(measured, margin) == pytest.approx(fresh)
    assert replace(bound, value=bound.tightened(measured, margin)).holds(measured)


def test_a_figure_that_could_not_be_measured_keeps_no_bound() -> None:
    assert not Bound("accuracy", 0.0, False).holds(None)
    assert not Bound("unsupported_claims", 1.0, True).holds(None)


def test_a_live_set_is_left_out_in_words_where_there_are_no_weights(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = GATE.replace('recorded = "tapes/paper"\n', "")
    (place / "gate.toml").write_text(text, encoding="utf-8")

    def missing(*_: object, **__: object) -> Any:
        raise ModelMissing("the weights of small are not there; run: qa models pull small", "small")

    set_bounds(place, check(place, update=True))
    monkeypatch.setattr(wiring, "chat_model", missing)
    result = check(place, out="after")
    assert (result.kept, result.measured) == (True, None)
    assert result.skipped == "not run, for the weights of small are not there; run: qa models pull small"


def test_a_live_set_is_not_recorded(place: Path) -> None:
    (place / "gate.toml").write_text(GATE.replace('recorded = "tapes/paper"\n', ""), encoding="utf-8")
    with pytest.raises(UsageError, match="plays back nothing"):
        record(place)


def test_sets_may_share_their_recordings(unrecorded: Path, nobody: Callable[[], None]) -> None:
    path = unrecorded / "gate.toml"
    second = GATE.replace("sets.paper", "sets.few").replace("today =", 'ids = ["q1"]\ntoday =')
    path.write_text(GATE + second, encoding="utf-8")
    sets = gatefile.read(path)
    ((group, whole),) = gate.together(sets, sets)
    assert ([one.name for one in group], whole) == (["paper", "few"], True)
    replies = gate.record(group, settings(unrecorded), whole=whole, say=quiet, shown=quiet)
    # One of the two recorded anew: what the other needs stays.
    ((group, whole),) = gate.together(sets, sets[1:])
    assert ([one.name for one in group], whole) == (["few"], False)
    assert gate.record(group, settings(unrecorded), whole=whole, say=quiet, shown=quiet) == replies
    nobody()
    for one in sets:
        assert gate.run(
            one, settings(unrecorded), unrecorded / "out", update=True, say=quiet, shown=quiet
        ).kept
    other = [sets[0], replace(sets[1], model="local:other")]
    with pytest.raises(UsageError, match="paper, few share recordings and have other models"):
        gate.together(other, other)


def test_without_a_reader_nothing_is_recorded(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "reader", lambda *_, **__: None)
    data = [path.read_bytes() for path in files_of(place / "tapes" / "paper")]
    with pytest.raises(Missing, match="no reader to record"):
        record(place)
    assert data == [path.read_bytes() for path in files_of(place / "tapes" / "paper")]


def test_weights_are_part_of_a_recording(place: Path) -> None:
    head = json.loads(files_of(place / "tapes" / "paper")[0].read_text(encoding="utf-8").splitlines()[0])
    assert head["weights"] == models.find("qwen2.5-coder-0.5b").files[0].sha256


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[sets.paper]", "[set.paper]", "unknown table 'set'"),
        ('gold = "gold.jsonl"\n', "", "'gold' is missing"),
        ('gold = "gold.jsonl"', "gold = 3", "gold is of the wrong kind"),
        ("recorded =", "recordings =", "unknown key 'recordings'; 'recorded' was meant"),
        ("article_recall", "article_recal", "no figure 'article_recal'; 'article_recall' was meant"),
        ("article_recall = 0.5", 'article_recall = "high"', "must be a number"),
        ("article_recall = 0.5", "article_recall = nan", "must be a number"),
        ("article_recall = 0.5", "article_recall = true", "must be a number"),
        ("article_recall", "forbidden_rate", "belongs under ceilings"),
        ("unsupported_claims", "accuracy", "belongs under floors"),
        ("[sets.paper]", "[sets.paper", "cannot be read as TOML"),
    ],
)
def test_a_malformed_gate_is_refused_in_words(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(GATE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        gatefile.read(path)


def test_a_gate_that_could_not_fall_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="has no set"):
        gatefile.read(path)
    path.write_text(GATE.split("[sets.paper.floors]", maxsplit=1)[0], encoding="utf-8")
    with pytest.raises(UsageError, match="no floors and no ceilings"):
        gatefile.read(path)
    with pytest.raises(Missing, match="no gate at"):
        gatefile.read(tmp_path / "nowhere.toml")


def test_sets_are_chosen_by_name(place: Path) -> None:
    assert [one.name for one in gate.chosen(place / "gate.toml", [])] == ["paper"]
    with pytest.raises(UsageError, match="has no set pages; it has paper"):
        gate.chosen(place / "gate.toml", ["pages"])


def test_the_verdict_is_told_for_programs_and_for_a_pull_request(place: Path) -> None:
    text = GATE.replace("unsupported_claims = 0.5", "unsupported_claims = 0.5\nanswer_words = 0.25")
    (place / "gate.toml").write_text(text, encoding="utf-8")
    result = check(place, update=True)
    gate_report.write([result], place / "reports")
    value = json.loads((place / "reports" / "gate.json").read_text(encoding="utf-8"))
    assert value["kept"] is False
    short = [row for row in value["sets"][0]["rows"] if not row["kept"]]
    assert [row["what"] for row in short] == ["answer_words"]
    comment = (place / "reports" / "gate.md").read_text(encoding="utf-8")
    assert "falls short" in comment
    assert "| answer&#95;words | at most 0.2500 |" in comment


def test_the_gate_of_this_project_can_be_read_and_its_files_are_there() -> None:
    path = Path(__file__).parent.parent / "evals" / "gate.toml"
    for one in gatefile.read(path):
        assert one.gold.is_file()
        assert one.corpus.is_dir()
        assert one.model.startswith("local:")


def test_no_recording_of_this_project_holds_a_key_or_a_place_of_a_machine() -> None:
    root = Path(__file__).parent.parent
    stems = {one.recorded for one in gatefile.read(root / "evals" / "gate.toml") if one.recorded}
    assert stems
    for stem in stems:
        replies, *others = files_of(stem)
        text = replies.read_text(encoding="utf-8")
        assert not re.search(
            r"bearer|authorization|api[-_]?key|\bsk-\w|/home/|/root/|/Users/", text, re.IGNORECASE
        )
        for path in others:
            assert not re.search(rb"/home/|/root/|/Users/", path.read_bytes())
