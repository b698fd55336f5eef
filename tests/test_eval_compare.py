"""Two runs compared: measures with their tests, and the questions that flipped."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from evals.compare import Change, compare, differences, said, show, to_dict
from evals.stats import Difference
from qa.errors import UsageError
from tests.evaluation import about, failed, finished_run, quoting, right, withheld
from tests.small_paper import BRIDGE

WRONG = quoting("q1", BRIDGE, "It replaces a ford that flooded every spring.")


@pytest.fixture
def shown() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=120, markup=False, emoji=False, highlight=False, soft_wrap=True), out


def test_what_flipped_and_by_how_much(tmp_path: Path) -> None:
    a = finished_run(tmp_path / "a", [WRONG, right("q2"), right("q3"), withheld("q4")])
    b = finished_run(tmp_path / "b", [right("q1"), withheld("q2"), right("q3"), right("q4")])
    found = compare(a, b)
    changes = {one.measure: one for one in found.changes}
    accuracy = changes["accuracy"]
    assert (accuracy.before, accuracy.after, accuracy.n) == (0.5, 0.75, 4)
    # One worse and two better of three that flipped: p = 2 * (1 + 3) / 8, at most 1.
    assert (accuracy.difference.delta, accuracy.difference.p) == (0.25, 1.0)
    assert accuracy.verdict == "chance"
    assert (changes["abstention_recall"].n, changes["abstention_recall"].verdict) == (1, "same")
    assert [(one.gold.id, one.better, one.lost) for one in found.flips] == [
        ("q2", False, "abstention"),
        ("q1", True, "evidence"),
        ("q4", True, "abstention"),
    ]
    assert found.other == ()


@pytest.mark.parametrize(
    ("measure", "before", "after", "p", "verdict"),
    [
        ("accuracy", 0.5, 0.9, 0.01, "better"),
        ("accuracy", 0.9, 0.5, 0.01, "worse"),
        ("accuracy", 0.5, 0.9, 0.2, "chance"),
        ("seconds", 4.0, 2.0, 0.01, "better"),
        ("unsupported_claims", 0.0, 0.2, 0.01, "worse"),
        ("abstention_rate", 0.1, 0.2, 0.01, "other"),
        ("accuracy", 0.5, 0.5, 1.0, "same"),
    ],
)
def test_noise_is_not_called_progress(
    measure: str, before: float, after: float, p: float, verdict: str
) -> None:
    assert Change(measure, before, after, 50, Difference(after - before, 0, 0, p)).verdict == verdict


def test_only_questions_that_both_runs_have_are_compared(tmp_path: Path) -> None:
    a = finished_run(tmp_path / "a", [right("q1"), right("q2")])
    b = finished_run(tmp_path / "b", [right("q2"), right("q3")])
    found = compare(a, b)
    assert {one.n for one in found.changes if one.measure == "accuracy"} == {1}
    assert found.other == ("q1", "q3")
    with pytest.raises(UsageError, match="no question in common"):
        compare(finished_run(tmp_path / "c", [right("q4")]), b)


def test_a_failure_is_a_wrong_answer_that_says_so(tmp_path: Path) -> None:
    a = finished_run(tmp_path / "a", [right("q1"), right("q2")])
    b = finished_run(tmp_path / "b", [failed("q1"), right("q2")])
    (flip,) = compare(a, b).flips
    assert (flip.better, flip.lost) == (False, "failed")
    assert said(b, "q1") == "(failed: ValueError: a crooked number)"
    assert said(finished_run(tmp_path / "c", [withheld("q4")]), "q4").startswith("(withheld) The articles")


def test_the_settings_that_differ_are_named() -> None:
    other = about(model="local:big", settings={"k": 3, "today": None}, code="5" * 64)
    assert differences(about(), other) == [
        "model: local:scripted -> local:big",
        "settings.k: 10 -> 3",
        "code: 222222222222 -> 555555555555",
    ]
    assert differences(about(), about()) == []


def test_both_answers_are_printed_side_by_side(tmp_path: Path, shown: tuple[Console, io.StringIO]) -> None:
    console, out = shown
    a = finished_run(tmp_path / "before", [WRONG, right("q2")])
    b = finished_run(tmp_path / "after", [right("q1"), right("q2")], model="local:big")
    show(compare(a, b), console)
    text = out.getvalue()
    assert "before -> after" in text
    assert "model: local:scripted -> local:big" in text
    assert "Wrong now, right before: 0" in text
    assert "Right now, wrong before: 1" in text
    (line,) = [line for line in text.splitlines() if "“It replaces a ford" in line]
    assert "“The bridge is 412 metres long.”" in line


def test_runs_of_one_name_are_told_apart(tmp_path: Path, shown: tuple[Console, io.StringIO]) -> None:
    console, out = shown
    for folder in ("monday", "friday"):
        (tmp_path / folder).mkdir()
    a = finished_run(tmp_path / "monday" / "seeds", [right("q1")])
    b = finished_run(tmp_path / "friday" / "seeds", [right("q1")])
    show(compare(a, b), console)
    assert "monday/seeds -> friday/seeds" in out.getvalue()


def test_the_comparison_for_programs_says_the_same(tmp_path: Path) -> None:
    a = finished_run(tmp_path / "a", [WRONG])
    b = finished_run(tmp_path / "b", [right("q1")])
    value = to_dict(compare(a, b))
    (flip,) = value["flips"]
    assert (flip["id"], flip["became"], flip["gold"]) == ("q1", "right", "412 metres.")
    (accuracy,) = [one for one in value["changes"] if one["measure"] == "accuracy"]
    assert (accuracy["before"], accuracy["after"], accuracy["delta"], accuracy["verdict"]) == (
        0.0,
        1.0,
        1.0,
        "chance",
    )
