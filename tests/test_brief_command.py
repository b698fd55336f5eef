"""``qa brief``: formats, files, exit codes, progress, and pages that do no harm."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from qa import cli, wiring
from qa.brief.make import Briefer
from qa.brief.notes import NoteStore
from qa.brief.render import day, to_markdown
from qa.brief.screen import print_brief
from qa.brief.types import Brief
from qa.errors import ServiceUnreachable
from tests.brief_paper import CLOSED, TOPIC, UNDATED, ContentEmbedder, retriever
from tests.fakes import FakeChatModel
from tests.newsroom import article

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("brief") / "index"
    retriever(made).close()
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: ContentEmbedder())

    def brief(*arguments: Any) -> tuple[int, str, str]:
        code = cli.run(["brief", "--index", str(folder), *(str(argument) for argument in arguments)])
        return code, *capsys.readouterr()

    return brief


def test_json_goes_to_standard_output_and_progress_to_the_other(run: Run) -> None:
    code, out, err = run(TOPIC, "--no-model", "--json")
    assert code == 0
    value = json.loads(out)
    assert value["topic"] == TOPIC
    assert "trace" not in value
    assert re.search(r"3 of 3 articles read, \d+ claims kept, \d+ dropped, 0 \+ 0 tokens, \$0\.0000", err)
    assert "trace" in json.loads(run(TOPIC, "--no-model", "--json", "--trace")[1])


def test_a_second_run_says_what_it_knew(run: Run) -> None:
    run(TOPIC, "--no-model", "--json")
    assert "3 of 3 articles read (3 known from before)" in run(TOPIC, "--no-model", "--json")[2]
    assert "known from before" not in run(TOPIC, "--no-model", "--no-cache", "--json")[2]


def test_markdown_and_the_page_say_the_same(run: Run) -> None:
    markdown, page = run(TOPIC, "--no-model", "--md")[1], run(TOPIC, "--no-model")[1]
    assert markdown.startswith("# ")
    for words in ("Where the articles differ", "£2.3m or £3.1m", "Ingrid Solberg", "May 1998"):
        assert words in markdown
        assert words in page


@pytest.mark.parametrize(("name", "begins"), [("b.json", "{"), ("b.md", "# ")])
def test_a_file_is_written_in_the_format_of_its_name(
    run: Run, tmp_path: Path, name: str, begins: str
) -> None:
    code, out, _ = run(TOPIC, "--no-model", "--out", tmp_path / name)
    assert (code, out) == (0, "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_named_articles_are_briefed(run: Run) -> None:
    code, out, _ = run(
        "--article", UNDATED.path, "-a", CLOSED.id[:8], "--no-model", "--json", "--length", "short"
    )
    assert code == 0
    assert {one["path"] for one in json.loads(out)["citations"]} <= {UNDATED.path, CLOSED.path}


def test_a_topic_that_nothing_is_known_about(run: Run) -> None:
    code, out, err = run("moon landing", "--no-model", "--json")
    assert (code, out) == (3, "")
    assert "The articles say nothing about: moon landing." in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "there is no topic"),
        ([" "], 2, "there is no topic"),
        ([TOPIC, "--json", "--md"], 2, "only one of"),
        ([TOPIC, "--length", "endless"], 2, "--length must be"),
        ([TOPIC, "--out", "page.pdf"], 2, "page.pdf is not clear"),
        ([TOPIC, "--since", "soon"], 2, "--since must be a date"),
        (["--article", "a", "--since", "2031"], 2, "give one"),
        (["--article", "nowhere.txt", "--no-model"], 4, "No article 'nowhere.txt'"),
        ([TOPIC, "--no-model", "--out", "/nowhere/b.md"], 4, "cannot be written"),
        ([TOPIC, "--model", "gpt-x"], 4, "neither a key nor a base URL"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(run: Run, arguments: list[str], code: int, says: str) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert says in err
    assert "Traceback" not in err


def test_there_must_be_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["brief", TOPIC, "--no-model", "--index", str(tmp_path / "none")]) == 4
    assert "There is no index" in capsys.readouterr().err


def test_a_service_that_fails_is_told_of(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeChatModel(ServiceUnreachable("The service is away: wait."))
    monkeypatch.setattr(wiring, "chat_model", lambda *_, **__: model)
    code, out, err = run(TOPIC, "--json")
    assert code == 0
    assert json.loads(out)["headline"]
    assert "The service is away: wait." in err


def test_an_interrupt_is_silent_and_what_was_read_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import qa.brief.make

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(qa.brief.make, "pool", interrupt)
        assert run(TOPIC, "--no-model") == (130, "", "")
    assert "3 known from before" in run(TOPIC, "--no-model", "--json")[2]


# What stands in articles is text, whatever it looks like


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Brief:
    text = (
        "The *Orla* Quay bridge was [closed](http://evil.example) on Tuesday, <script>1</script> said. "
        "Mayor Ingrid Solberg \x1b[31mof Varnholt\x1b[0m said the `repair` of the Orla bridge costs £2m. "
        "\u202eEngineers of the | Orla | Quay bridge # worked on the bridge_ all night_ long in Varnholt."
    )
    bad = article("evil/<b>.txt", text, title="# Orla <img src=x> Quay \x07bridge", source="[x](y)")
    with retriever(tmp_path_factory.mktemp("evil") / "index", [bad]) as made:
        found = Briefer(made, None, NoteStore(None)).of([bad], topic="<i>Orla</i>\n# Quay")
    assert found is not None
    return found


def test_markdown_of_articles_is_text(hostile: Brief) -> None:
    from markdown_it import MarkdownIt

    markdown = to_markdown(hostile)
    tokens = MarkdownIt("commonmark").parse(markdown)
    kinds = {child.type for token in tokens for child in [token, *(token.children or [])]}
    assert not kinds & {
        "html_inline",
        "html_block",
        "link_open",
        "image",
        "code_inline",
        "fence",
        "code_block",
    }
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert len(headings) == len(set(headings))
    assert "\x1b" not in markdown
    assert "\u202e" not in markdown
    assert "\x07" not in markdown


def test_a_terminal_gets_no_control_characters(hostile: Brief) -> None:
    out = io.StringIO()
    print_brief(hostile, Console(file=out, force_terminal=True, width=80, color_system=None))
    assert not set("\x07\u202e") & set(out.getvalue())
    assert "\x1b[31m" not in out.getvalue()


def test_dates_are_written_out() -> None:
    assert [day(date) for date in ("2031-03-06", "2031-03", "2031")] == ["6 March 2031", "March 2031", "2031"]
