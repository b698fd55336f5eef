from __future__ import annotations

import io

import pytest

from index.build import Progress
from index.types import Skipped
from qa import progress
from qa.terminal import console, safe


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("plain – “quoted” naïve 東京 🙂", "plain – “quoted” naïve 東京 🙂"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07bell", "]0;titlebell"),
        ("a\x9b2Jb", "a2Jb"),
        ("over\rwritten", "over written"),
        ("two\nlines\u2028three\tfour", "two lines three four"),
        ("abc\u202edcba\u2066x", "abcdcbax"),
        ("half \ud800 pair", "half  pair"),
        ("\ufeff\u200bzero", "zero"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(text: str, printed: str) -> None:
    assert safe(text) == printed


def test_lines_are_kept_only_on_request() -> None:
    assert safe("a\nb\x1b\nc", lines=True) == "a\nb\nc"


def test_markup_in_what_is_printed_is_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[bold]x[/bold] :smile: [/nonsense]")
    assert capsys.readouterr().out == "[bold]x[/bold] :smile: [/nonsense]\n"


def test_progress_counts_what_is_through() -> None:
    waiting = Progress(articles=10, skipped=2, chunks_embedded=5, tokens_embedded=500, chunks_pending=20)
    assert progress.done_items(waiting) == 4
    assert progress.done_items(Progress(1, 0, 0, 0, 100)) == 0


def test_what_is_skipped_is_told_in_one_harmless_line() -> None:
    assert (
        progress.skipped_line(Skipped("a.jsonl:3", "is no\x1b[1m JSON\nat all"))
        == "a.jsonl:3: is no[1m JSON at all"
    )


def test_elsewhere_than_on_a_terminal_progress_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 20.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    from rich.console import Console

    out = io.StringIO()
    with progress.shown(Console(file=out), 100) as (report, say):
        report(Progress(5, 0, 10, 1000, 0))  # too soon after the start for a line
        say("a.txt: is empty")
        report(Progress(50, 0, 100, 10_000, 0))
    assert (
        out.getvalue() == "a.txt: is empty\n50 articles of about 100, 20 s left, 5 chunks embedded a second\n"
    )
