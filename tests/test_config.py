from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from qa import config
from qa.config import KEYS, Settings, load
from qa.errors import ConfigError, Missing

KEY = "sk-not-a-real-key-0123456789abcdef"


def settings(
    tmp_path: Path,
    *,
    here: str = "",
    user: str = "",
    environ: dict[str, str] | None = None,
    flags: dict[str, object] | None = None,
) -> Settings:
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    (folder / "qa.toml").write_text(here, encoding="utf-8")
    user_file = tmp_path / "user.toml"
    user_file.write_text(user, encoding="utf-8")
    return load(flags, environ=environ or {}, folder=folder, user=user_file)


def test_each_layer_wins_over_the_next(tmp_path: Path) -> None:
    layers = {"here": "k = 3", "user": "k = 4", "environ": {"QA_K": "2"}, "flags": {"k": 1}}
    seen = []
    for drop in ("flags", "environ", "here", "user", None):
        got = settings(tmp_path, **layers)  # type: ignore[arg-type]
        seen.append((got.k, got.where("k")))
        layers.pop(drop, None) if drop else None
    work = str(tmp_path / "work" / "qa.toml")
    assert seen == [
        (1, "command line"),
        (2, "environment QA_K"),
        (3, work),
        (4, str(tmp_path / "user.toml")),
        (10, "default"),
    ]


def test_a_flag_that_was_not_given_hides_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, here="k = 3", flags={"k": None}).k == 3


def test_own_variables_win_over_those_of_openai(tmp_path: Path) -> None:
    both = {"OPENAI_API_KEY": "theirs", "QA_API_KEY": "ours", "OPENAI_BASE_URL": "http://a/v1/"}
    got = settings(tmp_path, environ=both)
    assert (got.api_key, got.base_url) == ("ours", "http://a/v1")
    assert got.where("base_url") == "environment OPENAI_BASE_URL"


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert settings(tmp_path, environ={"QA_K": "", "OPENAI_API_KEY": ""}).api_key is None


def test_a_named_file_is_read_instead_of_the_others(tmp_path: Path) -> None:
    named = tmp_path / "mine.toml"
    named.write_text("jobs = 2", encoding="utf-8")
    (tmp_path / "qa.toml").write_text("k = 3\njobs = 5", encoding="utf-8")
    got = load(file=named, environ={}, folder=tmp_path, user=tmp_path / "qa.toml")
    assert (got.jobs, got.k) == (2, 10)
    with pytest.raises(Missing, match=r"absent\.toml"):
        load(file=tmp_path / "absent.toml", environ={}, folder=tmp_path)


def test_paths_start_at_the_file_or_at_the_working_folder(tmp_path: Path) -> None:
    work = tmp_path / "work"
    assert settings(tmp_path, here='index = "news"').index == work / "news"
    assert settings(tmp_path, user='index = "news"').index == tmp_path / "news"
    assert settings(tmp_path, environ={"QA_INDEX": "news"}).index == work / "news"
    assert settings(tmp_path, flags={"index": Path("~/news")}).index == Path.home() / "news"


def test_unknown_keys_name_the_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"qa\.toml:3: unknown setting 'evidence_token'.*'evidence_tokens'"):
        settings(tmp_path, here="# mine\nk = 3\nevidence_token = 200\n")
    with pytest.raises(ConfigError, match=r"qa\.toml:2: unknown setting 'tool'"):
        settings(tmp_path, here="k = 3\n[tool.qa]\nk = 3\n")
    with pytest.raises(ConfigError, match="QA_MODLE, the nearest known one is 'QA_MODEL'"):
        settings(tmp_path, environ={"QA_MODLE": "x"})


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("k = 0", "k must be a whole number from 1 to 100, not 0"),
        ("k = 2.5", "k must be a whole number"),
        ("k = true", "k must be a whole number"),
        ("retries = -1", "retries must be a whole number from 0 to 10"),
        ("timeout_total = nan", "timeout_total must be a number"),
        ('timeout_total = "soon"', "timeout_total must be a number"),
        ('cache = "perhaps"', "cache must be true or false"),
        ('verify = "never"', "verify must be one of rules, model"),
        ('base_url = "localhost:11434"', "base_url must be an address"),
        ('base_url = "http://[::1"', "base_url must be an address"),
        ('model = ""', "model must be a non-empty text"),
        ("index = 3", "index must be a non-empty text"),
        ("k = = 3", "cannot be read as TOML"),
    ],
)
def test_values_are_checked(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        settings(tmp_path, here=f"\n{line}\n")
    assert "qa.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_words_from_the_environment_become_values(tmp_path: Path) -> None:
    environ = {"QA_CACHE": "no", "QA_TIMEOUT_TOTAL": "2.5", "QA_JOBS": "4", "QA_BUDGET_USD": "0"}
    got = settings(tmp_path, environ=environ)
    assert (got.cache, got.timeout_total, got.jobs, got.budget_usd) == (False, 2.5, 4, 0.0)


def test_settings_are_frozen_and_keep_keys_to_themselves(tmp_path: Path) -> None:
    got = settings(tmp_path, environ={"OPENAI_API_KEY": KEY, "QA_EMBEDDING_API_KEY": KEY})
    assert KEY not in repr(got)
    with pytest.raises(FrozenInstanceError):
        got.k = 3  # type: ignore[misc]


def test_what_is_shown_gives_no_key_away(tmp_path: Path) -> None:
    environ = {
        "OPENAI_API_KEY": KEY,
        "QA_EMBEDDING_API_KEY": "short",
        "QA_BASE_URL": "https://me:hush@host/v1",
    }
    got = settings(tmp_path, environ=environ)
    text = json.dumps({name: config.shown(got, name) for name in KEYS})
    assert KEY not in text
    assert "short" not in text
    assert "hush" not in text
    assert config.shown(got, "api_key") == "***cdef"


def test_a_wrong_secret_is_not_repeated_in_the_complaint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, here="api_key = 123456789")
    assert "123456789" not in str(caught.value)


def test_every_setting_has_a_meaning_and_a_variable() -> None:
    assert all(key.help and key.variables for key in KEYS.values())
