from __future__ import annotations

import json

import pytest

from qa import config
from qa.cli import run
from qa.reply_cache import ReplyCache
from qa.types import Reply, Usage


@pytest.fixture
def kept() -> ReplyCache:
    """The user's cache, which in a test is an empty one."""
    return ReplyCache(config.replies_file())


def keep(cache: ReplyCache, *keys: str) -> None:
    for key in keys:
        cache.put(key, Reply("It was Ormley.", "some-model", Usage(10, 4), "stop", 0.1))


def test_an_empty_cache_is_told_and_not_made(kept: ReplyCache, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "stats"]) == 0
    assert run(["cache", "clear"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("0 replies, 0.0 of 200 MB, in ")
    assert out[1] == "0 replies forgotten"
    assert not kept.path.exists()


def test_replies_are_counted_and_forgotten(kept: ReplyCache, capsys: pytest.CaptureFixture[str]) -> None:
    keep(kept, "one", "two")
    assert run(["cache", "stats", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["replies"], row["bytes"]) == kept.stats()
    assert row["replies"] == 2
    assert row["path"] == str(kept.path)
    assert row["used"] is True
    assert run(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "2 replies forgotten\n"
    assert kept.stats() == (0, 0)
    keep(kept, "three")
    assert run(["cache", "stats"]) == 0
    assert capsys.readouterr().out.startswith("1 reply, ")


def test_notes_of_briefs_are_forgotten_too(kept: ReplyCache, capsys: pytest.CaptureFixture[str]) -> None:
    folder = config.notes_folder()
    folder.mkdir(parents=True)
    for name in ("a.json", "b.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    assert run(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "0 replies forgotten, and the notes of 2 articles\n"
    assert list(folder.iterdir()) == []


def test_a_cache_that_is_switched_off_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_CACHE", "no")
    assert run(["cache", "stats"]) == 0
    assert "not used" in capsys.readouterr().out


def test_a_damaged_cache_is_one_sentence_and_can_be_cleared(
    kept: ReplyCache, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.path.parent.mkdir(parents=True, exist_ok=True)
    kept.path.write_bytes(b"this is no database at all " * 100)
    assert run(["cache", "stats"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "qa cache clear" in err
    assert run(["cache", "clear"]) == 0
    assert run(["cache", "stats"]) == 0
    assert "0 replies" in capsys.readouterr().out
