"""``qa chat`` as a command: its options, pipes, and what is kept."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa import cli, local, models, wiring
from qa.chat import briefing, window
from qa.chat.store import Store, sessions_file
from qa.config import Settings, load
from tests import chat_program
from tests.chats import MILL, NEWS, turn
from tests.fakes import FakeEmbedder
from tests.small_paper import index_of

WHO = "Who told workers that orders had halved?"
BOSS = "Chief executive Petra Lindqvist told workers that orders had halved since 2019."
SERVICE = ("--model", "elsewhere", "--base-url", "http://127.0.0.1:9/v1")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_of(tmp_path_factory.mktemp("news") / "index", NEWS)


@pytest.fixture
def chat(index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: chat_program.Copying())
    monkeypatch.setattr(wiring, "reader", lambda *_, **__: None)

    def run(*arguments: str, input: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(input))
        code = cli.run(["chat", "--index", str(index), *SERVICE, *arguments])
        return code, *capsys.readouterr()

    return run


def test_each_line_of_a_pipe_is_answered_in_one(chat: Run) -> None:
    code, out, err = chat(input=f"{WHO}\nWill she stay until the autumn?\n")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first == f"{BOSS} [1]"
    assert "She will stay until the autumn." in second


def test_json_is_the_contract_with_the_question_in_full(chat: Run) -> None:
    code, out, _ = chat("--json", input=f"{WHO}\nWill she stay until the autumn?\n")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [one["question"] for one in answers] == [WHO, "Will Petra Lindqvist stay until the autumn?"]
    assert answers[0]["citations"][0]["quote"] == BOSS


def test_without_rewriting_questions_stay_as_they_are(chat: Run) -> None:
    _, out, _ = chat("--json", "--rewrite", "off", input=f"{WHO}\nWill she stay until the autumn?\n")
    assert json.loads(out.splitlines()[1])["question"] == "Will she stay until the autumn?"


def test_quotations_alone(chat: Run) -> None:
    _, out, _ = chat("--no-model", input=f"{WHO}\n")
    assert out.startswith(f"“{BOSS}” [1]")


def test_a_conversation_is_resumed_listed_exported_and_deleted(chat: Run) -> None:
    chat(input=f"{WHO}\n")
    code, out, _ = chat("--resume", "--json", input="Will she stay until the autumn?\n")
    assert (code, json.loads(out)["question"]) == (0, "Will Petra Lindqvist stay until the autumn?")
    code, out, _ = chat("--resume", "1", "--json", input="/undo\n")
    assert code == 0
    _, out, _ = chat("--sessions")
    assert "1 turn: Who told workers" in out
    _, out, _ = chat("--export", "1")
    assert out.startswith(f"## {WHO}\n")
    _, out, _ = chat("--export", "1", "--json")
    assert len(json.loads(out)["turns"]) == 1
    code, out, err = chat("--delete", "1")
    assert (code, out, err) == (0, "", "qa: conversation 1 is deleted\n")
    assert chat("--delete", "1")[0] == 4
    assert "No conversation has been kept yet." in chat("--sessions")[1]


def test_without_history_nothing_is_kept(chat: Run, tmp_path: Path) -> None:
    code, _, _ = chat("--no-history", input=f"{WHO}\n")
    assert code == 0
    assert [one for one in (tmp_path / ".home").rglob("*") if one.is_file()] == []
    chat(input=f"{WHO}\n")
    assert sessions_file().exists()


def test_without_history_the_models_replies_are_not_kept_either(
    chat: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[Settings] = []

    def chat_model(settings: Settings, **_: Any) -> Any:
        used.append(settings)
        return chat_program.Copying()

    monkeypatch.setattr(wiring, "chat_model", chat_model)
    chat("--no-history", input=f"{WHO}\n")
    chat(input=f"{WHO}\n")
    assert [one.cache for one in used] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["Who runs it?"], 2, "qa ask"),
        (["--rewrite", "maybe"], 2, "rules, model or off"),
        (["--resume", "--no-history"], 2, "keeps nothing"),
        (["--resume", "x"], 2, "has a number"),
        (["--resume"], 4, "no conversation has been kept"),
        (["--resume", "7"], 4, "no conversation 7"),
        (["--export", "7"], 4, "no conversation 7"),
        (["-k", "0"], 2, "k must be"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], code: int, named: str, chat: Run) -> None:
    found, out, err = chat(*arguments, input=f"{WHO}\n")
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert named in err


def test_a_command_in_a_pipe_that_fails_ends_it(chat: Run) -> None:
    code, out, err = chat(input="/opne 1\n")
    assert (code, out) == (2, "")
    assert err == "qa: there is no command /opne; the nearest is /open\n"


def test_no_index_is_told_before_anything_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["chat", "--index", str(tmp_path / "none")]) == 4
    assert "qa index add" in capsys.readouterr().err


def test_a_local_models_server_counts_its_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The counter asks the server that the model was started on, not another one."""
    started: list[tuple[Any, ...]] = []

    def serve(name: str, folder: Path, **options: Any) -> Any:
        started.append((name, folder, options))
        return local.LocalServer("http://127.0.0.1:9/v1", "key", name, [])

    monkeypatch.setattr(local, "serve", serve)
    monkeypatch.setattr(models, "ready", lambda name, root: tmp_path / "model" / "weights.gguf")
    settings = load({"model": f"local:{wiring.LOCAL_MODEL}", "jobs": 3}, environ={}, folder=tmp_path)
    wiring.chat_model(settings)
    count = window.counter(settings)
    assert started[0] == started[1]
    # Nobody listens there: counted another way instead of failing.
    assert count("one two three") == 3


def test_the_tokenizer_of_the_local_model(local_model: str, tmp_path: Path) -> None:
    settings = load({"model": local_model, "cache": False}, folder=tmp_path)
    wiring.chat_model(settings)
    count = window.counter(settings)
    assert count("") == 0
    assert count("Who runs the mill?") == 5


def test_briefs_are_there_or_it_is_said_that_they_are_not(monkeypatch: pytest.MonkeyPatch, chat: Run) -> None:
    monkeypatch.setattr(briefing, "available", lambda: False)
    code, _, err = chat(input="/brief the mill\n")
    assert (code, "makes no briefs" in err) == (4, True)


def test_the_export_is_that_of_the_store(chat: Run) -> None:
    store = Store(sessions_file())
    store.add(store.begin(Path("/i")), turn(WHO, MILL, BOSS))
    assert BOSS in chat("--export", "1")[1]
