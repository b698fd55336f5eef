from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa import cli, wiring
from tests.fakes import FakeEmbedder

Run = Callable[..., tuple[int, str, str]]

HARBOUR = (
    "The harbour of Vessel Bay was closed on Monday. Forty ships wait outside. The storm is to end soon."
)
BAKERY = "A bakery in Oldham sold its last loaf. Its owner, Ada Mills, is 81. She means to travel now."


@pytest.fixture
def qa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "index"))

    def run(*arguments: Any) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "world").mkdir(parents=True)
    (folder / "harbour.txt").write_text(f"Harbour closed by storm\n\n{HARBOUR}\n", encoding="utf-8")
    (folder / "world" / "bakery.txt").write_text(f"Last loaf in Oldham\n\n{BAKERY}\n", encoding="utf-8")
    return folder


def test_add_counts_and_a_second_run_changes_nothing(qa: Run, articles: Path) -> None:
    code, out, err = qa("index", "add", articles, "--source", "Bay News", "--published", "2024-05-06")
    assert (code, err) == (0, "")
    assert out.startswith("2 added, 0 unchanged, 0 updated, 0 removed, 0 skipped")
    code, out, _ = qa("index", "add", articles, "--source", "Bay News", "--published", "2024-05-06", "--json")
    again = json.loads(out)
    assert (code, again["added"], again["unchanged"], again["chunks_embedded"]) == (0, 0, 2, 0)


def test_bad_input_is_one_line_each_and_the_rest_is_added(qa: Run, articles: Path) -> None:
    (articles / "empty.txt").write_text("", encoding="utf-8")
    lines = ['{"title": "Bridge", "text": "The bridge at Ormley opened on Friday."}', "{not json"]
    (articles / "more.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = qa("index", "add", articles)
    assert code == 2
    assert out.startswith("3 added, 0 unchanged, 0 updated, 0 removed, 2 skipped")
    assert len(err.splitlines()) == 2
    assert "empty.txt: " in err
    assert "more.jsonl" in err
    assert "2: " in err.replace("#", ":")


def test_a_missing_path_and_wrong_options_are_one_sentence(qa: Run, articles: Path, tmp_path: Path) -> None:
    code, _, err = qa("index", "add", tmp_path / "nowhere")
    assert (code, err.count("\n")) == (4, 1)
    assert "nowhere" in err
    assert qa("index", "add", articles, tmp_path / "nowhere")[0] == 4
    assert qa("index", "list")[1].count("\n") == 2
    for option, value in (("--published", "May 6"), ("--field", "headline")):
        code, _, err = qa("index", "add", articles, option, value)
        assert (code, err.count("\n")) == (2, 1)
        assert option in err
    code, _, err = qa("index", "add", articles, "--field", "headlin=title")
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "command", [["list"], ["stats"], ["show", "x"], ["export"], ["check"], ["remove", "x"]]
)
def test_without_an_index_each_command_says_so(qa: Run, command: list[str]) -> None:
    code, out, err = qa("index", *command)
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert err.startswith("qa: ")


def test_list_show_and_remove(qa: Run, articles: Path) -> None:
    qa("index", "add", articles, "--source", "Bay News", "--tag", "weather", "--tag", "sea")
    _, out, _ = qa("index", "list")
    assert [line.rpartition("(")[2] for line in out.splitlines()] == ["harbour.txt)", "world/bakery.txt)"]
    listed = [json.loads(line) for line in qa("index", "list", "--json")[1].splitlines()]
    assert listed[0]["title"] == "Harbour closed by storm"
    assert listed[0]["tags"] == ["weather", "sea"]

    _, out, _ = qa("index", "show", listed[0]["id"][:8])
    assert "Harbour closed by storm" in out
    assert HARBOUR in out
    shown = json.loads(qa("index", "show", "harbour.txt", "--json")[1])
    assert shown["text"] == HARBOUR
    assert HARBOUR in qa("index", "show", "harbour.txt", "--original")[1]

    assert qa("index", "remove", "harbour.txt")[:2] == (0, "1 removed\n")
    assert len(qa("index", "list")[1].splitlines()) == 1
    assert qa("index", "show", "harbour.txt")[0] == 4


def test_what_an_article_says_cannot_reach_the_terminal_as_a_command(qa: Run, tmp_path: Path) -> None:
    line = {"title": "Up \u001b]0;owned\u0007 [red]down[/red]", "text": f"\u001b[2J{HARBOUR} [bold]x[/bold]"}
    (tmp_path / "odd.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert qa("index", "add", tmp_path / "odd.jsonl")[0] == 0
    ident = json.loads(qa("index", "list", "--json")[1])["id"]
    for command in (["list"], ["show", ident], ["stats"]):
        _, out, err = qa("index", *command)
        assert not {"\x1b", "\x07"} & set(out + err)
    assert "[bold]x[/bold]" in qa("index", "show", ident)[1]


def test_stats_count_what_was_added(qa: Run, articles: Path) -> None:
    qa("index", "add", articles, "--source", "Bay News", "--published", "2024-05-06")
    stats = json.loads(qa("index", "stats", "--json")[1])
    assert (stats["articles"], stats["chunks"], stats["chunks_without_vector"]) == (2, 2, 0)
    assert (stats["first_day"], stats["sources"]) == ("2024-05-06", {"Bay News": 2})
    assert "Bay News: 2" in qa("index", "stats")[1]


def test_what_is_exported_can_be_added(qa: Run, articles: Path, tmp_path: Path) -> None:
    qa("index", "add", articles, "--source", "Bay News", "--published", "2024-05-06", "--tag", "sea")
    out = tmp_path / "all.jsonl"
    assert qa("index", "export", "--out", out)[:2] == (0, "")
    assert out.read_text(encoding="utf-8") == qa("index", "export")[1]
    other = tmp_path / "other"
    assert qa("index", "add", out, "--index", other)[0] == 0

    def told(*where: Any) -> list[dict[str, Any]]:
        lines = qa("index", "export", *where)[1].splitlines()
        return sorted(({**json.loads(line), "path": ""} for line in lines), key=lambda told: told["title"])

    assert told("--index", other) == told()


def test_check_finds_damage_and_repairs_it(qa: Run, articles: Path, tmp_path: Path) -> None:
    import sqlite3

    qa("index", "add", articles)
    assert qa("index", "check")[:2] == (0, "all is well\n")
    with sqlite3.connect(tmp_path / "index" / "catalog.sqlite") as catalog:
        catalog.execute("DELETE FROM vector")
    catalog.close()
    code, out, err = qa("index", "check")
    assert code == 4
    assert out
    assert "--repair" in err
    assert qa("index", "check", "--repair")[0] == 0
    assert qa("index", "check")[:2] == (0, "all is well\n")
