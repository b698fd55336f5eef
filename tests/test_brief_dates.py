"""Dates: full ones anywhere, others by the day of publication and the tense, and never a guess."""

from __future__ import annotations

from datetime import date

import pytest

from qa.brief.dates import dates, in_background
from qa.brief.types import Precision

WEDNESDAY = date(2031, 9, 24)


def meanings(sentence: str, published: date | None = WEDNESDAY) -> list[tuple[str, str]]:
    return [(sentence[one.start : one.end], one.iso) for one in dates(sentence, published)]


@pytest.mark.parametrize("published", [None, WEDNESDAY])
@pytest.mark.parametrize(
    ("sentence", "iso", "precision"),
    [
        ("She was born on 5 April 1990.", "1990-04-05", Precision.DAY),
        ("She was born on April 5th, 1990.", "1990-04-05", Precision.DAY),
        ("The report is dated 2030-01-31.", "2030-01-31", Precision.DAY),
        ("The line opened in March 2004.", "2004-03", Precision.MONTH),
        ("The line opened in 2004.", "2004", Precision.YEAR),
        ("Her second novel, Tide (1968), sold well.", "1968", Precision.YEAR),
        ("They met on 31 February 2030.", "", Precision.OPEN),
    ],
)
def test_a_full_date_means_what_it_says(
    sentence: str, iso: str, precision: Precision, published: date | None
) -> None:
    (found,) = dates(sentence, published)
    assert (found.iso, found.precision) == (iso, precision)


@pytest.mark.parametrize(
    ("sentence", "iso"),
    [
        ("The port was closed on Monday.", "2031-09-22"),
        ("Police said on Wednesday that two men were held.", "2031-09-24"),
        ("The council will meet on Friday.", "2031-09-26"),
        ("On Monday, the bank said it was open.", "2031-09-22"),
        ("He resigned yesterday.", "2031-09-23"),
        ("The club folded in April.", "2031-04"),
        ("The club will fold in April.", "2032-04"),
        ("The ferry sank last month.", "2031-08"),
        ("In March last year the club folded.", "2030-03"),
        ("They were suspended last December.", "2030-12"),
        ("The firm lost £3m last year.", "2030"),
        ("The trial is due to begin on 6 October.", "2031-10-06"),
        ("The bridge was closed on 3 March.", "2031-03-03"),
        ("A vote is planned for 8 October.", "2031-10-08"),
    ],
)
def test_other_dates_count_from_the_day_of_publication(sentence: str, iso: str) -> None:
    assert [found for _, found in meanings(sentence)] == [iso]


@pytest.mark.parametrize(
    "sentence",
    [
        "The port was closed on Monday.",
        "The club folded in April.",
        "The ferry sank last month.",
        "The complaint was filed on 13 December.",
    ],
)
def test_without_a_day_of_publication_they_stay_open(sentence: str) -> None:
    (found,) = dates(sentence, None)
    assert (found.iso, found.precision) == ("", Precision.OPEN)


@pytest.mark.parametrize(
    "sentence",
    [
        "The match is on Saturday.",  # no tense to go by
        "The hearing, which was due to take place on Friday, was put off.",  # it need not have
        "The club folded in October.",  # eleven months ago, or a slip for the coming one
        "The bridge was closed on 10 October.",
        "He said so last Tuesday.",  # yesterday, or a week before
        "They met in September.",  # this month, or a year ago
    ],
)
def test_what_is_in_doubt_stays_open(sentence: str) -> None:
    assert [found for _, found in meanings(sentence)] == [""]


@pytest.mark.parametrize(
    "sentence",
    [
        "He may be late, and the May sisters march on.",
        "The 2030 games cost £3m.",
        "About 2,004 people came.",
        "She sang in the 1990s.",
    ],
)
def test_what_is_no_date_is_none(sentence: str) -> None:
    assert meanings(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "beside"),
    [
        ("The two met again, having met in December 2019 in Toldra.", True),
        ("The mayor, who was elected in 2019, resigned.", True),
        ("Damage was half of what the storm of spring cost in 2017.", True),
        ("The mayor was elected in 2019.", False),
        ("Solberg, who is 54, was elected in 2019.", False),
    ],
)
def test_a_date_may_stand_beside_the_main_clause(sentence: str, beside: bool) -> None:
    (found,) = dates(sentence, None)
    assert in_background(sentence, found.start, found.end) is beside
