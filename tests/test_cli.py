from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import EmbeddingServiceFailed, IndexBusy, InputMissing, NothingIndexed
from qa import cli
from qa.errors import (
    BudgetExceeded,
    ConfigError,
    Missing,
    ModelMissing,
    ReplyInvalid,
    ServiceUnreachable,
    UsageError,
)

KEY = "sk-not-a-real-key-0123456789abcdef"


def qa(*arguments: str, input: str = "", **surroundings: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, in a process of its own."""
    import os

    environ = {**os.environ, **surroundings}
    return subprocess.run(
        [sys.executable, "-m", "qa", *arguments],
        capture_output=True,
        text=True,
        input=input,
        env=environ,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError("x"), 2),
        (Missing("x"), 4),
        (ModelMissing("x", "name"), 4),
        (NothingIndexed("x"), 4),
        (IndexBusy("x"), 4),
        (InputMissing("x"), 4),
        (ServiceUnreachable("x"), 6),
        (EmbeddingServiceFailed("x"), 6),
        (ReplyInvalid("x"), 6),
        (BudgetExceeded("x"), 6),
        (ValueError("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert cli.exit_code(error) == code


@pytest.mark.parametrize("error", [Missing("no such\x1b[31m thing"), NothingIndexed("nothing there")])
def test_an_error_is_one_harmless_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", _raiser(error))
    assert cli.run([]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"qa: {str(error).replace(chr(27), '')}\n"


def test_a_bug_asks_for_a_report_and_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", _raiser(ZeroDivisionError("division by zero")))
    assert cli.run([]) == 1
    err = capsys.readouterr().err
    assert err.startswith("qa: this is a bug in qa; please report it")
    assert "ZeroDivisionError" in err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError()])
def test_an_interrupt_and_a_closed_pipe_are_silent(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", _raiser(error))
    monkeypatch.setattr("os.dup2", lambda *_: None)
    assert cli.run([]) in (130, 141)
    assert capsys.readouterr() == ("", "")


def _raiser(error: BaseException) -> object:
    def app(*_: object, **__: object) -> None:
        raise error

    return app


def test_help_names_every_command() -> None:
    done = qa("--help")
    assert done.returncode == 0
    for command in ("index", "config", "doctor"):
        assert command in done.stdout


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert qa("--version").stdout == f"qa {version('qa-news')}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["confg"], "No such command 'confg'. Did you mean 'config'"),
        (["config", "--jason"], "No such option: --jason"),
        (["index", "add"], "Missing argument"),
        (["index", "show"], "Missing argument"),
        (["--base-url", "localhost", "config"], "--base-url must be an address"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = qa(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("qa: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_config_masks_keys_and_says_where_values_come_from() -> None:
    for arguments in (["config"], ["config", "--json"]):
        done = qa("--model", "some-model", *arguments, OPENAI_API_KEY=KEY, QA_K="5")
        assert done.returncode == 0
        assert KEY not in done.stdout
        assert "environment OPENAI_API_KEY" in done.stdout
    values = json.loads(done.stdout)
    assert values["k"] == {"value": 5, "from": "environment QA_K"}
    assert values["model"] == {"value": "some-model", "from": "command line"}
    assert values["jobs"]["from"] == "default"


def test_a_named_configuration_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("k = 5\n", encoding="utf-8")
    assert json.loads(qa("--config", str(file), "config", "--json").stdout)["k"]["value"] == 5
    missing = qa("--config", str(tmp_path / "absent.toml"), "config")
    assert (missing.returncode, missing.stderr.count("\n")) == (4, 1)


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -m qa config | head -c 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {program}"], capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode in (0, 141)


def test_completion_scripts_are_offered() -> None:
    done = qa(_QA_COMPLETE="source_bash")
    assert done.returncode == 0
    assert "complete -o default -F _qa_completion qa" in done.stdout


def test_the_readme_names_every_command_and_setting() -> None:
    from typer.main import get_command

    from qa.config import KEYS

    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    names = [f"`{name}`" for name in KEYS]
    for name, command in get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        names += [f"qa {name} {inner}" for inner in getattr(command, "commands", {})] or [f"qa {name}"]
    assert [name for name in names if name not in readme] == []
