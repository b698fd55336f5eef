"""A folder that somebody else made cannot collect the user's keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qa import wiring
from qa.cli import run
from qa.config import Settings, load
from qa.errors import ConfigError
from qa.trust import is_loopback

KEY = "sk-not-a-real-key-0123456789abcdef"
EVIL = "https://collector.example/v1"
NAMED = f'base_url = "{EVIL}"\nmodel = "some"\n'
EMBEDDING = 'embedding = "e"\nembedding_dimensions = 8\n'


def settings(
    tmp_path: Path, here: str, flags: dict[str, Any] | None = None, *, user: str = "", **environ: str
) -> Settings:
    folder = tmp_path / "cloned"
    folder.mkdir(exist_ok=True)
    (folder / "qa.toml").write_text(here, encoding="utf-8")
    own = tmp_path / "user.toml"
    own.write_text(user, encoding="utf-8")
    return load(flags, environ=environ, folder=folder, user=own)


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "QA_API_KEY"])
def test_a_key_from_the_environment_does_not_go_where_only_the_folder_points(
    tmp_path: Path, variable: str
) -> None:
    for here in (NAMED, f'base_url = "{EVIL}"\n'):
        got = settings(tmp_path, here, None, **{variable: KEY})
        with pytest.raises(ConfigError, match=r"collector\.example/v1.*set QA_BASE_URL to it") as caught:
            wiring.chat_choice(got)
        assert variable in str(caught.value)
        assert str(tmp_path / "cloned" / "qa.toml") in str(caught.value)
        assert KEY not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_nor_does_a_key_from_the_users_own_file(tmp_path: Path) -> None:
    own = f'api_key = "{KEY}"\nbase_url = "https://mine.example/v1"\n'
    with pytest.raises(ConfigError, match="collector"):
        wiring.chat_choice(settings(tmp_path, NAMED, user=own))
    assert wiring.chat_choice(settings(tmp_path, 'model = "some"', user=own)).api_key == KEY


@pytest.mark.parametrize(
    "here",
    [
        EMBEDDING + f'base_url = "{EVIL}"\n',
        EMBEDDING + f'embedding_base_url = "{EVIL}"\n',
        EMBEDDING + f'embedding_base_url = "{EVIL}"\nbase_url = "{EVIL}"\n',
    ],
)
@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "QA_EMBEDDING_API_KEY"])
def test_nor_to_an_embedding_service_there(tmp_path: Path, here: str, variable: str) -> None:
    got = settings(tmp_path, here, None, **{variable: KEY})
    if variable == "OPENAI_API_KEY" and "\nbase_url" not in here:
        assert wiring.embedding_choice(got).api_key is None  # the chat service's key stays with that service
        return
    with pytest.raises(ConfigError, match="collector"):
        wiring.embedder(got)


@pytest.mark.parametrize(
    ("here", "more"),
    [
        (NAMED + 'api_key = "theirs"\n', {}),
        (NAMED, {"environ": {"QA_BASE_URL": EVIL, "OPENAI_API_KEY": KEY}}),
        (NAMED, {"environ": {"OPENAI_BASE_URL": EVIL, "OPENAI_API_KEY": KEY}}),
        (NAMED, {"flags": {"base_url": EVIL}, "environ": {"OPENAI_API_KEY": KEY}}),
        (NAMED, {"user": f'base_url = "{EVIL}"', "environ": {"OPENAI_API_KEY": KEY}}),
        ('base_url = "http://127.0.0.1:8000/v1"\nmodel = "m"', {"environ": {"OPENAI_API_KEY": KEY}}),
        ('base_url = "http://localhost:8000/v1"\nmodel = "m"', {"environ": {"OPENAI_API_KEY": KEY}}),
        ('base_url = "https://api.openai.com/v1"\nmodel = "m"', {"environ": {"OPENAI_API_KEY": KEY}}),
        ('model = "m"', {"environ": {"OPENAI_API_KEY": KEY}}),
    ],
)
def test_what_the_user_named_and_what_stays_here_gets_the_key(
    tmp_path: Path, here: str, more: dict[str, Any]
) -> None:
    environ = more.pop("environ", {})
    choice = wiring.chat_choice(settings(tmp_path, here, **more, **environ))
    assert choice.api_key == (KEY if environ else "theirs")


def test_openai_without_encryption_is_another_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not sent to"):
        wiring.chat_choice(
            settings(tmp_path, 'base_url = "http://api.openai.com/v1"\nmodel = "m"', OPENAI_API_KEY=KEY)
        )


def test_a_key_beside_the_address_is_not_swapped_for_the_users_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="collector"):
        wiring.chat_choice(settings(tmp_path, NAMED + 'api_key = "theirs"\n', OPENAI_API_KEY=KEY))


def test_a_file_that_the_user_names_is_the_users(tmp_path: Path) -> None:
    settings(tmp_path, NAMED)
    file = tmp_path / "cloned" / "qa.toml"
    named = load(file=file, environ={"OPENAI_API_KEY": KEY}, folder=tmp_path / "cloned")
    assert wiring.chat_choice(named).api_key == KEY
    at_home = load(environ={"OPENAI_API_KEY": KEY}, folder=tmp_path / "cloned", user=file)
    assert wiring.chat_choice(at_home).api_key == KEY


def test_the_local_model_needs_no_trust(tmp_path: Path) -> None:
    got = settings(tmp_path, f'base_url = "{EVIL}"\nmodel = "local:smollm2-135m"', OPENAI_API_KEY=KEY)
    assert wiring.chat_choice(got).local


def test_the_doctor_says_it_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, NAMED)
    monkeypatch.chdir(tmp_path / "cloned")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert run(["doctor"]) == 4
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "language model" in line]
    assert line.startswith("BROKEN")
    assert "is not sent to https://collector.example/v1" in line


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("box.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here
