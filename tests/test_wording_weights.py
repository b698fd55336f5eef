"""Weights that take away what the wording of a question tells of whether it is answered."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from evals import wording_weights
from evals.calibrate_answerable import auc
from evals.reader_passages import OPEN
from evals.wording_weights import HEAVIEST, Worded, calibrated, overlap, signs


def rows(count: int = 600) -> list[dict[str, object]]:
    """Questions that begin with 'Why' are left open four times out of five, others one time out of five."""
    draw, out = random.Random(2), list[dict[str, object]]()
    for n in range(count):
        why, usual = draw.random() < 0.5, draw.random() < 0.8
        name = draw.choice(["Varnholt", "Eskerby", "Quillford"])
        asked = f"{'Why' if why else 'When'} did {name} {draw.choice(['close', 'sell', 'open'])} the bridge?"
        out.append(
            {"article": f"{n // 6}.txt", "question": asked, "type": OPEN if why == usual else "single"}
        )
    return out


def test_names_and_numbers_are_no_wording() -> None:
    assert signs("When did Varnholt open 3 bridges?") == signs("When did Eskerby open 12 bridges?")
    assert signs("When did Varnholt open it?") != signs("Why did Varnholt open it?")


def test_weights_take_the_wording_away() -> None:
    worded = Worded.of(rows())
    even = np.ones(len(worded.fold))
    odds = worded.log_odds(even)
    assert auc(odds, worded.left_open, even) > 0.7
    weight = overlap(calibrated(odds, worded.left_open), worded.left_open)
    assert auc(worded.log_odds(weight), worded.left_open, weight) < 0.6


def test_a_question_of_the_other_kinds_wording_weighs_more() -> None:
    open_, answered = overlap(np.array([2.0, 2.0]), np.array([1.0, 0.0]))
    assert open_ + answered == pytest.approx(2.0)
    assert open_ < answered


def test_an_area_counts_by_weight() -> None:
    scores, left_open = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0])
    assert auc(scores, left_open, np.array([1.0, 1.0, 1.0])) == pytest.approx(0.5)
    assert auc(scores, left_open, np.array([3.0, 1.0, 1.0])) == pytest.approx(0.75)


def test_the_file_is_written_with_weights_and_nothing_else_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.jsonl"
    before = rows(120)
    file.write_text("".join(json.dumps(row) + "\n" for row in before), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["wording_weights", "--questions", str(file), "--write"])
    wording_weights.main()
    after = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(0 < row.pop("weight") <= HEAVIEST for row in after)
    assert after == before
    assert "120 questions, area by their wording" in capsys.readouterr().out
