"""What is printed of the reader's quality, worked by hand."""

from __future__ import annotations

from evals.reader_quality import Read, summary


def test_places_and_the_area_are_those_of_the_questions() -> None:
    reads = [
        Read(True, 0, 3.0),
        Read(True, 2, 1.0),
        Read(True, None, -1.0),
        Read(True, 7, 0.0),
        Read(False, None, 0.0),
        Read(False, None, -2.0),
    ]
    # Answered above left open: 2 of 2 for 3.0 and 1.0, 1 of 2 for -1.0, 1 and a tie for 0.0: 6.5 of 8.
    assert summary(reads) == (
        "6 questions; gold sentence of 4 among the first  1: 0.250  3: 0.500  5: 0.500  10: 0.750\n"
        "answered or left open, area under the curve: 0.812"
    )


def test_without_open_questions_there_is_no_area() -> None:
    assert "area" not in summary([Read(True, 0, 1.0)])
