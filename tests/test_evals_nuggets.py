"""Nugget scores by hand, and what the plain way of counting gets wrong."""

from __future__ import annotations

import pytest

from evals.nuggets import Label, label, nugget_scores, says

FORMS = (("ferry", "boat"), ("£12", "12 pounds"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["The ferry costs £12."], Label.SUPPORT),
        (["Nothing.", "By boat it is 12 pounds."], Label.SUPPORT),
        (["The ferry sails.", "The train costs £12."], Label.PARTIAL),  # the page holds both, no line does
        (["The ferry sails."], Label.NONE),
        (["The ferry costs £12.50."], Label.NONE),
        (["The ferry costs £112."], Label.NONE),
        (["The ferryman paid £12."], Label.NONE),
        ([], Label.NONE),
    ],
)
def test_how_far_a_page_holds_a_nugget(lines: list[str], expected: Label) -> None:
    assert label(FORMS, lines) is expected


def test_parts_do_not_run_from_one_line_into_the_next() -> None:
    # '14 May' is said by neither line, though the page as one string holds it.
    assert label((("14 May",),), ["It was 14", "May is warm."]) is Label.NONE


def test_every_part_is_asked_for() -> None:
    assert says("The boat is 12 pounds", FORMS)
    assert not says("The boat is late", FORMS)


S, P, N = Label.SUPPORT, Label.PARTIAL, Label.NONE


def test_the_scores_by_hand() -> None:
    # vital: support, support, partial, none; okay: support, partial
    labels = [(True, S), (True, S), (True, P), (True, N), (False, S), (False, P)]
    scores = nugget_scores(labels)
    assert scores.strict_vital == pytest.approx(2 / 4)
    assert scores.vital == pytest.approx(2.5 / 4)
    assert scores.strict_all == pytest.approx(3 / 6)
    assert scores.all == pytest.approx(4 / 6)
    # an okay nugget weighs one half: (2 + 0.5) / (4 + 1), and with halves (2.5 + 0.5 + 0.25) / 5
    assert scores.strict_weighted == pytest.approx(2.5 / 5)
    assert scores.weighted == pytest.approx(3.25 / 5)


def test_okay_nuggets_do_not_make_up_for_vital_ones() -> None:
    scores = nugget_scores([(True, N), (False, S), (False, S), (False, S)])
    assert scores.strict_vital == 0.0
    assert scores.strict_all == 0.75


def test_where_there_is_no_vital_nugget_there_is_no_share_of_them() -> None:
    scores = nugget_scores([(False, S)])
    assert (scores.strict_vital, scores.strict_all, scores.weighted) == (None, 1.0, 1.0)
    assert nugget_scores([]).all is None
