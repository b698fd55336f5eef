"""The reports of a run: complete, well-formed, and nothing in them is anything but text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evals import plots, report
from evals.folder import Run
from evals.judge import Opinion, Verdict
from evals.report_html import page
from evals.report_junit import junit
from evals.report_markdown import escaped, markdown
from evals.summary import NAMES
from tests.evaluation import failed, finished_run, quoting, right, withheld
from tests.small_paper import BRIDGE

EVIL = (
    '</script><script>alert(1)</script><img src=x onerror=alert(2)> & "quoted" \x1b[31m \u202e | [a](b) @all'
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    wrong = quoting("q1", BRIDGE, "It replaces a ford that flooded every spring.", said=EVIL)
    return finished_run(tmp_path / "run", [wrong, failed("q2"), right("q3"), right("q4")])


class Page(HTMLParser):
    """Every element with its attributes, and the ids of what was opened and not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_all_reports_are_written_into_the_folder(run: Run) -> None:
    paths = report.write(report.of(run))
    assert {kind: path.name for kind, path in paths.items()} == {
        "JSON": "summary.json",
        "Markdown": "report.md",
        "JUnit": "junit.xml",
        "HTML": "report.html",
    }
    summary = json.loads(paths["JSON"].read_text(encoding="utf-8"))
    assert set(summary["figures"]) == set(NAMES)
    assert summary["figures"]["accuracy"]["value"] == 0.5
    assert summary["figures"]["failure_rate"]["value"] == 0.25
    assert summary["wrong"] == [
        {"id": "q1", "type": "numeric", "lost": "evidence"},
        {"id": "q2", "type": "single", "lost": "failed"},
    ]
    assert summary["lost"] == {"evidence": 1, "failed": 1}


def test_every_figure_has_a_place_and_a_form() -> None:
    placed = [name for names in report.GROUPS.values() for name in names]
    assert sorted(placed) == sorted(set(placed))
    assert set(placed) <= set(NAMES)
    assert set(report.UNITS) <= set(placed)
    assert report.shown("accuracy", 0.5) == "0.500"
    assert report.shown("latency_p50", 1.234) == "1.23 s"
    assert report.shown("cost_usd", 0.0001) == "$0.00010"
    assert report.shown("accuracy", None) == "-"


def test_junit_has_a_case_for_each_question(run: Run) -> None:
    suite = ElementTree.fromstring(junit(report.of(run)))
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    cases = {str(one.get("name")).split()[0]: one for one in suite}
    failure, error = cases["q1"].find("failure"), cases["q2"].find("error")
    assert failure is not None
    assert error is not None
    assert failure.get("message") == "lost in: evidence"
    assert "alert(1)" in str(failure.text)
    assert "\x1b" not in str(failure.text)
    assert "Traceback" in str(error.text)
    assert len(cases["q3"]) == len(cases["q4"]) == 0


def test_nothing_in_the_page_is_markup_but_its_own(run: Run) -> None:
    text = page(report.of(run))
    parsed = Page(text)
    assert parsed.open == []
    kinds = {tag for tag, _ in parsed.elements}
    assert not kinds & {"script", "img", "iframe", "object", "link", "form", "a"}
    assert not [name for _, attrs in parsed.elements for name in attrs if name.startswith("on")]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_needs_nothing_from_elsewhere(run: Run) -> None:
    text = page(report.of(run))
    named = {name for _, attrs in Page(text).elements for name in attrs}
    assert not named & {"src", "srcset", "href", "xlink:href", "action", "data", "poster"}
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text
    assert 'name="viewport"' in text


def test_the_page_tells_what_went_wrong_and_where(run: Run) -> None:
    text = page(report.of(run))
    for words in (
        "2 of 4 right; lost in: evidence 1, failed 1.",
        "Wrong answers to read: 2",
        "It failed: ValueError: a crooked number",
        "412 metres / 412 m",
        "Accuracy by type",
        "Reliability",
        "There is one run so far.",
    ):
        assert words in text


def test_a_run_without_a_mistake_says_so(tmp_path: Path) -> None:
    whole = report.of(finished_run(tmp_path / "run", [right(name) for name in ("q1", "q2", "q3", "q4")]))
    assert "4 of 4 right." in markdown(whole)
    assert "<details>" not in markdown(whole)
    assert "There is none." in page(whole)


def test_known_replies_have_no_say_in_the_times(tmp_path: Path) -> None:
    rows = [right("q1") | {"eval": {"known_replies": True}}]
    made = report.of(finished_run(tmp_path / "run", rows))
    assert made.known_replies == 1
    text = page(made)
    assert "there is no time to show" in text
    assert "1 answers rest on replies that were known already" in text


def test_the_judge_is_reported_where_there_was_one(run: Run) -> None:
    opinion = Opinion("big<b>", "judge@1", (Verdict("q1", ("412 metres",), "support", False),))
    made = report.of(run, opinion)
    assert "Judge big&lt;b&gt; (judge@1), advisory" in page(made)
    assert made.to_dict()["judge"]["verdicts"]["support"] == 1
    assert "judge: support, score: not held" in page(made)


def test_markdown_of_a_model_is_text(run: Run) -> None:
    text = markdown(report.of(run))
    assert "<script>" not in text
    assert "@all" not in text
    assert "](b)" not in text
    rows = [line for line in text.splitlines() if line.startswith("| q1")]
    assert len(rows) == 1
    assert rows[0].count("|") == 6
    assert escaped("a | b\n# c") == "a &#124; b &#35; c"
    assert escaped("see www.x.org or http://x.org, 1.5 (a-b)!") == (
        "see www&#46;x.org or http&#58;//x.org, 1.5 (a-b)!"
    )
    assert escaped("x" * 500).endswith("x …")


def test_the_history_has_the_runs_of_the_same_gold_by_time(tmp_path: Path) -> None:
    for name, started in (("second", "2031-05-02"), ("first", "2031-05-01")):
        report.write(report.of(finished_run(tmp_path / name, [right("q1")], started=started)))
    other = {"file": "other.jsonl", "sha256": "0" * 64, "kind": "questions"}
    report.write(report.of(finished_run(tmp_path / "third", [right("q1")], gold=other)))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "summary.json").write_text("{", encoding="utf-8")
    run = finished_run(tmp_path / "now", [withheld("q1")], started="2031-05-03")
    report.write(report.of(run))
    history = report.history(run)
    assert [one["name"] for one in history] == ["first", "second", "now"]
    text = (tmp_path / "now" / "report.html").read_text(encoding="utf-8")
    assert "first: accuracy 1.000" in text
    assert "now: accuracy 0.000" in text


def test_plots_put_values_where_they_belong() -> None:
    drawn = plots.bars([plots.Bar("why <b>", 0.5, 0.25, 1.0, "n=4")], "about")
    ElementTree.fromstring(drawn)
    assert "why &lt;b&gt;" in drawn
    widths = [float(one) for one in re.findall(r'<rect[^>]* width="([\d.]+)"', drawn)]
    assert widths[1] == pytest.approx(widths[0] / 2)
    axes = plots.Axes(1.0, 1.0)
    assert axes.x(0) == plots.LEFT
    assert axes.x(1) == plots.WIDTH - plots.RIGHT
    assert axes.y(1) == plots.TOP
    assert axes.y(0) == axes.height - plots.BOTTOM


def test_a_histogram_counts_every_value_once() -> None:
    drawn = plots.histogram([0.0, 0.1, 0.1, 2.0], [(0.1, "median")], "about", bins=4)
    ElementTree.fromstring(drawn)
    counts = [int(one) for one in re.findall(r"<title>[\d.]+ to [\d.]+: (\d+)</title>", drawn)]
    assert counts == [3, 1]
    ElementTree.fromstring(plots.histogram([0.0], [], "all at once"))
