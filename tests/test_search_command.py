from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.types import Span
from qa import cli, wiring
from qa.highlight import marked
from tests.fakes import FakeEmbedder

Run = Callable[..., tuple[int, str, str]]

STORIES: list[dict[str, Any]] = [
    {
        "path": "ports/ferry.txt",
        "title": "Crack stops the Kittiwake",
        "source": "Bay News",
        "published": "2024-03-04",
        "tags": ["sea"],
        "text": "The weather was mild on the coast. A crack was found in the hull of the ferry Kittiwake. "
        "Nobody was hurt.",
    },
    {
        "path": "ports/harbour.txt",
        "title": "Harbour closed",
        "source": "Coast Post",
        "published": "2024-05-06",
        "text": "The harbour of Eskerby was closed on Monday. Forty ships wait outside.",
    },
    {
        "path": "town/bakery.txt",
        "title": "Last \u202eloaf\x1b[31m [bold]sold[/bold]",
        "source": "Bay News",
        "text": "A bakery in Minsay sold its last loaf of bread. Its owner means to travel now.",
    },
]


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "index"))
    stories = tmp_path / "stories.jsonl"
    stories.write_text("\n".join(json.dumps(story) for story in STORIES), encoding="utf-8")
    assert cli.run(["index", "add", str(stories)]) == 0
    capsys.readouterr()

    def run(*arguments: Any) -> tuple[int, str, str]:
        code = cli.run(["search", *(str(argument) for argument in arguments)])
        return code, *capsys.readouterr()

    return run


def test_a_row_tells_rank_date_source_and_title_with_the_matching_sentence_under_it(search: Run) -> None:
    code, out, err = search("cracks in the hull of a ferry", "-k", 1)
    assert (code, err) == (0, "")
    assert out == (
        "    date        source    title\n"
        "  1 2024-03-04  Bay News  Crack stops the Kittiwake\n"
        "    A crack was found in the hull of the ferry Kittiwake.\n"
    )


def test_filters_and_k_narrow_what_is_found(search: Run) -> None:
    def titles(*options: Any) -> set[str]:
        _, out, _ = search("the coast, a harbour and a bakery", "--json", *options)
        return {one["title"].split()[0] for one in json.loads(out)["passages"]}

    assert titles() == {"Crack", "Harbour", "Last"}
    assert len(titles("-k", 1)) == 1
    assert titles("--since", "2024-04") == {"Harbour"}
    assert titles("--until", "2024-03-04") == {"Crack"}
    assert titles("--source", "Coast Post") == {"Harbour"}
    assert titles("--source", "Coast Post", "--tag", "sea") == set()
    assert titles("--tag", "sea") == {"Crack"}


def test_json_gives_exact_places(search: Run) -> None:
    code, out, _ = search("Who sold the last loaf of bread?", "--json", "-k", 1)
    value = json.loads(out)
    (found,) = value["passages"]
    text = str(STORIES[2]["text"])
    assert (code, value["query"], found["rank"]) == (0, "Who sold the last loaf of bread?", 1)
    assert found["text"] == text[found["start"] : found["end"]]
    sentence = found["sentence"]
    assert sentence["text"] == text[sentence["start"] : sentence["end"]]
    assert sentence["text"] == "A bakery in Minsay sold its last loaf of bread."
    assert found["published"] is None


def test_nothing_found_is_exit_code_3_in_one_sentence(search: Run) -> None:
    code, out, err = search("anything", "--source", "Nobody")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "no passage" in err
    code, out, err = search("anything", "--source", "Nobody", "--json")
    assert (code, json.loads(out)["passages"], err) == (3, [], "")


@pytest.mark.parametrize(
    "arguments",
    [[" "], ["x", "--since", "soon"], ["x", "-k", "0"], ["x", "--since", "2025", "--until", "2024"]],
)
def test_wrong_usage_is_one_sentence(search: Run, arguments: list[str]) -> None:
    code, out, err = search(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_no_index_says_how_to_make_one(search: Run, tmp_path: Path) -> None:
    code, out, err = search("x", "--index", tmp_path / "none")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "qa index add" in err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with monkeypatch.context() as patched:
        out = _Terminal()
        patched.setattr(sys, "stdout", out)
        assert cli.run(["search", *arguments]) == 0
    return out.getvalue()


def test_the_terms_are_bold_on_a_terminal_unless_it_wants_no_colour(
    search: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = on_terminal(monkeypatch, "cracks in the hull", "-k", "1")
    assert "\x1b[1mcrack\x1b[0m was found in the \x1b[1mhull\x1b[0m of" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_terminal(monkeypatch, "cracks in the hull", "-k", "1")


def test_nothing_of_an_article_takes_effect_on_the_terminal(
    search: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_terminal(monkeypatch, "a bakery sold its last loaf", "-k", "1")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]sold[/bold]" in shown


def test_terms_are_found_in_any_inflection() -> None:
    text = "The ports' closures: Eskerby's port closed, ports are closing."
    words = [text[span.start : span.end] for span in marked("Which port in Eskerby was closed?", text)]
    assert words == ["ports", "Eskerby", "port", "closed", "ports", "closing"]
    assert marked("What of it?", text) == []
    assert marked("5.6%", "5.6 or 6.5") == [Span(0, 3)]
