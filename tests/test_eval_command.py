"""``qa eval`` as it is called: what it prints where, its exit codes, and its folders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qa.answer
from qa import cli, wiring
from qa.errors import ModelMissing, ServiceUnreachable
from tests.evaluation import (
    GATE,
    QUESTIONS,
    FakeReader,
    Known,
    failed,
    finished_run,
    quoting,
    right,
    write_corpus,
    write_gold,
)
from tests.fakes import FakeChatModel, FakeEmbedder
from tests.small_paper import BRIDGE, index_of

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_of(tmp_path_factory.mktemp("paper") / "index")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write_gold(tmp_path / "paper.jsonl")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: Known())
    monkeypatch.setattr(wiring, "reader", lambda *_, **__: FakeReader())

    def call(*arguments: Any) -> tuple[int, str, str]:
        code = cli.run(["eval", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def test_a_gold_file_is_asked_scored_and_reported(run: Run, gold: Path, index: Path, tmp_path: Path) -> None:
    code, out, err = run(gold, "--index", index, "--out", tmp_path / "first")
    assert code == 0
    assert "accuracy" in out
    assert "95% interval" in out
    assert "4 of 4 questions" in err
    assert f"to read: {tmp_path / 'first' / 'report.html'}" in err.replace("\n", "")
    names = {path.name for path in (tmp_path / "first").iterdir()}
    assert names >= {"run.json", "answers.jsonl", "scores.jsonl", "summary.json", "report.md", "junit.xml"}
    about = json.loads((tmp_path / "first" / "run.json").read_text(encoding="utf-8"))
    assert (about["model"], about["asked"], about["gold"]["file"]) == (Known.identity, 4, "paper.jsonl")


def test_the_same_folder_again_asks_only_what_is_missing(
    run: Run, gold: Path, index: Path, tmp_path: Path
) -> None:
    options = (gold, "--index", index, "--out", tmp_path / "first")
    assert run(*options, "--limit", 2)[0] == 0
    code, _, err = run(*options)
    assert code == 0
    assert "2 of 4 questions are answered already" in err
    code, out, err = run(*options, "--json")
    assert "4 of 4 questions are answered already" in err
    assert json.loads(out)["questions"] == 4


def test_a_run_has_a_folder_of_its_own_where_none_is_named(run: Run, gold: Path, index: Path) -> None:
    assert run(gold, "--index", index, "--id", "q1", "--no-model")[0] == 0
    (folder,) = Path("eval-runs/paper").iterdir()
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (about["model"], about["asked"]) == ("none", 1)


def test_a_corpus_is_indexed_for_the_run(run: Run, gold: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "articles")
    code, out, _ = run("run", gold, "--corpus", corpus, "--out", tmp_path / "first", "--json")
    assert code == 0
    summary = json.loads(out)
    assert summary["run"]["articles"]["count"] == 3
    assert summary["figures"]["quote_validity"]["value"] == 1.0
    assert (tmp_path / "first" / "index" / "catalog.sqlite").is_file()
    assert run("run", gold, "--corpus", corpus, "--out", tmp_path / "first")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["no.jsonl"], 4, "no.jsonl cannot be read"),
        (["{gold}", "--corpus", "a", "--index", "b"], 2, "not both"),
        (["{gold}", "--corpus", "nowhere"], 2, "there is no corpus at nowhere"),
        (["{gold}", "--index", "nowhere"], 4, "nowhere"),
        (["{gold}", "--today", "soon"], 2, "--today must be a date"),
        (["{gold}", "--id", "q9"], 2, "has no question q9"),
        (["compare", "a", "b"], 4, "there is no run in a"),
        (["show", "a", "q1"], 4, "there is no run in a"),
        (["gate"], 4, "there is no gate at"),
        (["{gold}", "--jobs", "0"], 2, "jobs must be"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    run: Run, gold: Path, arguments: list[str], code: int, words: str
) -> None:
    got, out, err = run(*(one.replace("{gold}", str(gold)) for one in arguments))
    assert (got, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


def test_malformed_gold_is_told_with_every_line(run: Run, index: Path, tmp_path: Path) -> None:
    rows = [{**QUESTIONS[0], "facts": "412"}, {**QUESTIONS[1], "evidence": None}, QUESTIONS[2]]
    path = write_gold(tmp_path / "bad.jsonl", rows)
    code, _, err = run(path, "--index", index)
    assert code == 2
    assert "bad.jsonl:1" in err
    assert "bad.jsonl:2" in err
    wrong = {**QUESTIONS[0], "evidence": [{"article": BRIDGE.path, "quote": "The bridge is of glass."}]}
    code, _, err = run(write_gold(tmp_path / "untrue.jsonl", [wrong]), "--index", index)
    assert code == 2
    assert "does not say 'The bridge is of glass.'" in err


def test_a_crash_is_told_and_the_exit_code_says_so(
    run: Run, gold: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = qa.answer.Answerer.ask

    def crooked(self: Any, question: Any, **how: Any) -> Any:
        if question.id == "q2":
            raise RuntimeError("out of ink")
        return real(self, question, **how)

    monkeypatch.setattr(qa.answer.Answerer, "ask", crooked)
    code, out, err = run(gold, "--index", index, "--out", tmp_path / "first")
    assert code == 1
    assert "q2: RuntimeError: out of ink" in err
    assert "failed 1" in out
    assert "Traceback" not in err


def test_a_service_that_fails_ends_with_its_exit_code(
    run: Run, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**QUESTIONS[0], "id": f"d{n}"} for n in range(7)]
    path = write_gold(tmp_path / "many.jsonl", rows)
    down = [ServiceUnreachable("no route to the model")] * 7
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: FakeChatModel(*down))
    code, out, err = run(path, "--index", index, "--out", tmp_path / "first")
    assert (code, out) == (6, "")
    assert "2 questions are left; the same command with --out" in err


def test_the_judge_is_asked_and_its_agreement_printed(
    run: Run, gold: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def chat_model(settings: Any, **_: Any) -> Any:
        asked.append(settings.model)
        return Known() if len(asked) == 1 else FakeChatModel(*['{"verdict": "support"}', "what?"] * 4)

    monkeypatch.setattr(wiring, "chat_model", chat_model)
    code, out, _ = run(gold, "--index", index, "--judge", "big", "--out", tmp_path / "first", "--json")
    assert code == 0
    assert asked == ["auto", "big"]
    judged = json.loads(out)["judge"]
    assert judged["prompt"] == "judge@1"
    assert judged["verdicts"]["unreadable"] > 0


def test_two_runs_are_compared(run: Run, tmp_path: Path) -> None:
    wrong = quoting("q1", BRIDGE, "It replaces a ford that flooded every spring.")
    finished_run(tmp_path / "a", [wrong, right("q2")])
    finished_run(tmp_path / "b", [right("q1"), right("q2")])
    code, out, _ = run("compare", "a", "b")
    assert code == 0
    assert "Right now, wrong before: 1" in out
    code, out, _ = run("compare", "a", "b", "--json")
    assert [one["id"] for one in json.loads(out)["flips"]] == ["q1"]


def test_a_question_is_shown(run: Run, tmp_path: Path) -> None:
    finished_run(tmp_path / "a", [right("q1"), failed("q2")])
    code, out, _ = run("show", "a", "q1")
    assert code == 0
    assert "Prompt 1 of 1" in out
    assert "Prompt" not in run("show", "a", "q1", "--no-prompt")[1]
    assert run("show", "a", "q9")[0] == 2


@pytest.fixture
def gated(tmp_path: Path, gold: Path) -> Path:
    write_corpus(tmp_path / "corpus")
    gold.rename(tmp_path / "gold.jsonl")
    (tmp_path / "evals").mkdir()
    text = GATE.replace('"gold.jsonl"', '"../gold.jsonl"').replace('"corpus"', '"../corpus"')
    (tmp_path / "evals" / "gate.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_gate_is_recorded_set_kept_and_falls_short(
    run: Run, gated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run("gate")
    assert code == 5
    assert "FALLS SHORT" in out
    assert "none yet" in out
    code, _, err = run("gate", "--record")
    assert code == 0
    assert "replies are recorded" in err
    monkeypatch.setattr(wiring, "chat_model", None)
    code, out, err = run("gate", "--update")
    assert code == 0
    assert "look at the difference" in err
    code, out, _ = run("gate", "--out", "reports")
    assert (code, "all 3 kept" in out) == (0, True)
    assert json.loads(Path("reports/gate.json").read_text(encoding="utf-8"))["kept"] is True
    (gated / "corpus" / "more.txt").write_text("News\n\nRain fell on Toldra.", encoding="utf-8")
    code, out, _ = run("gate", "paper", "--json")
    assert (code, json.loads(out)["sets"][0]["kept"]) == (5, False)


def test_a_gate_without_weights_is_left_out_in_words(
    run: Run, gated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gated / "evals" / "gate.toml"
    path.write_text(path.read_text("utf-8").replace('recorded = "tapes/paper"\n', ""), encoding="utf-8")
    assert run("gate", "--update")[0] == 0

    def missing(*_: object, **__: object) -> Any:
        raise ModelMissing("the weights of small are not there", "small")

    monkeypatch.setattr(wiring, "chat_model", missing)
    code, out, _ = run("gate")
    assert code == 0
    assert "paper: not run, for the weights of small are not there" in out


def test_the_help_names_the_commands(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for name in ("run", "compare", "show", "gate"):
        assert name in out
    assert "--judge" in run("run", "--help")[1]


def test_evals_is_imported_only_when_it_is_needed() -> None:
    program = "import sys\nfrom qa.cli import run\nrun(['eval', '--help'])\nprint('evals' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
