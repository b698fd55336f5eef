"""Intervals, paired tests and kappa against values worked out by hand, and where the plain way goes wrong."""

from __future__ import annotations

import math
import random

import pytest

from evals.stats import (
    bootstrap_interval,
    cohen_kappa,
    kappa_interval,
    paired_difference,
    quantile_interval,
    ratio_interval,
)


def test_the_interval_holds_the_mean_and_repeats() -> None:
    values = [1.0] * 30 + [0.0] * 10
    low, high = bootstrap_interval(values)
    assert low < 0.75 < high
    # The textbook's interval for a share: 0.75 ± 1.96 · sqrt(0.75 · 0.25 / 40) = 0.616 … 0.884
    assert (low, high) == pytest.approx((0.616, 0.884), abs=0.03)
    assert (low, high) == bootstrap_interval(values)
    uneven = [math.sqrt(n) for n in range(40)]
    assert bootstrap_interval(uneven) != bootstrap_interval(uneven, seed=7)


def test_equal_values_leave_nothing_open() -> None:
    assert bootstrap_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)
    assert bootstrap_interval([0.3]) == (0.3, 0.3)


def test_a_lower_level_is_narrower() -> None:
    values = [float(n % 7) for n in range(50)]
    wide, narrow = bootstrap_interval(values), bootstrap_interval(values, level=0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_facts_of_one_question_are_drawn_together() -> None:
    # Ten questions of ten facts each, all held or none: there are ten things to draw, not a hundred.
    tops, bottoms = [10.0, 0.0] * 5, [10.0] * 10
    low, high = ratio_interval(tops, bottoms)
    naive_low, naive_high = bootstrap_interval([1.0, 0.0] * 50)
    assert high - low > 2 * (naive_high - naive_low)


def test_a_ratio_of_sums_is_no_mean_of_ratios() -> None:
    # 9 of 10 and 0 of 1: together 9/11, while the mean of the ratios, 0.45, weighs the one fact like the ten
    low, high = ratio_interval([9.0, 0.0], [10.0, 1.0])
    assert (low, high) == (0.0, 0.9)


def test_a_ratio_needs_something_below_the_line() -> None:
    # A draw of nothing but the empty pair has no ratio; it is left out, and is no NaN.
    assert ratio_interval([1.0, 0.0], [2.0, 0.0]) == (0.5, 0.5)
    for tops, bottoms in (([0.0], [0.0]), ([], []), ([1.0], [1.0, 1.0])):
        with pytest.raises(ValueError, match="denominators"):
            ratio_interval(tops, bottoms)


def test_the_interval_of_a_quantile() -> None:
    values = [float(n) for n in range(1, 101)]
    low, high = quantile_interval(values, 0.5)
    assert 35 < low < 50.5 < high < 66
    with pytest.raises(ValueError, match="no values"):
        quantile_interval([], 0.5)


def test_mcnemar_by_hand() -> None:
    # Of eight that flipped seven got better: p = 2 · (C(8,0) + C(8,1)) / 2^8 = 18/256
    before = [0] * 7 + [1] + [1] * 12
    after = [1] * 7 + [0] + [1] * 12
    difference = paired_difference(before, after)
    assert difference.p == pytest.approx(18 / 256)
    assert difference.delta == pytest.approx(6 / 20)
    assert difference.low < 0.3 < difference.high


def test_questions_that_did_not_flip_say_nothing() -> None:
    # The same eight flips among a thousand others: an unpaired test would no longer see them.
    before = [0] * 7 + [1] + [1] * 1000
    after = [1] * 7 + [0] + [1] * 1000
    assert paired_difference(before, after).p == pytest.approx(18 / 256)


def test_pairs_find_what_two_piles_hide() -> None:
    # Each question gets a little better, and questions differ much: the two intervals overlap all the same.
    generator = random.Random(5)
    before = [generator.random() for _ in range(30)]
    after = [value + 0.02 + 0.01 * generator.random() for value in before]
    assert bootstrap_interval(before)[1] > bootstrap_interval(after)[0]
    difference = paired_difference(before, after)
    assert difference.p < 0.001
    assert 0.02 < difference.low < difference.delta < difference.high < 0.03


def test_as_many_better_as_worse_is_no_difference() -> None:
    assert paired_difference([0, 1, 0, 1], [1, 0, 1, 0]).p == 1.0
    assert paired_difference([0, 1], [0, 1]) == paired_difference([1, 0], [1, 0])
    assert paired_difference([0.5, 0.25], [0.5, 0.25]).p == 1.0


def test_the_difference_is_of_the_second_run() -> None:
    assert paired_difference([0.2, 0.4], [0.6, 0.8]).delta == pytest.approx(0.4)
    assert paired_difference([0.6, 0.8], [0.2, 0.4]).delta == pytest.approx(-0.4)


def test_turning_signs_by_hand() -> None:
    # Differences 1, 2, 3: of the eight sums only ±6 are as large, 2/8; with -1, 2, 3 it is ±4 and ±6, 4/8
    assert paired_difference([0, 0, 0], [1, 2, 3]).p == pytest.approx(2 / 8)
    assert paired_difference([1, 0, 0], [0, 2, 3]).p == pytest.approx(4 / 8)


def test_both_tests_are_one_for_right_and_wrong() -> None:
    before, after = [0] * 9 + [1] * 3, [1] * 9 + [0] * 3
    halved = paired_difference([value / 2 for value in before], [value / 2 for value in after])
    assert halved.p == pytest.approx(paired_difference(before, after).p)
    # 2 · (1 + 12 + 66 + 220) / 4096
    assert halved.p == pytest.approx(598 / 4096)


def test_many_differences_are_turned_at_random() -> None:
    before = [0.0] * 40
    assert paired_difference(before, [0.1 + n / 1000 for n in range(40)]).p == pytest.approx(1 / 20_001)
    even = paired_difference(before, [(-1) ** n * 0.5 for n in range(40)])
    assert even.p > 0.9
    assert paired_difference([0] * 2000, [1] * 2000).p == pytest.approx(0)


def test_a_paired_test_needs_pairs() -> None:
    for a, b in (([], []), ([1.0], [1.0, 0.0])):
        with pytest.raises(ValueError, match="same questions"):
            paired_difference(a, b)


def test_kappa_by_hand() -> None:
    # Cohen's kind of table: 20 both yes, 15 both no, 5 and 10 apart. Observed 35/50; by chance
    # (25 · 30 + 25 · 20) / 50² = 0.5; kappa = (0.7 - 0.5) / (1 - 0.5)
    a = ["y"] * 20 + ["y"] * 5 + ["n"] * 10 + ["n"] * 15
    b = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(a, b) == pytest.approx(0.4)
    assert cohen_kappa(b, a) == pytest.approx(0.4)
    low, high = kappa_interval(a, b)
    assert low < 0.4 < high


def test_agreement_by_chance_is_none() -> None:
    # Nine in ten agree, for both nearly always say yes: the share of agreement flatters.
    a = ["y"] * 9 + ["n"]
    b = ["y"] * 10
    assert sum(one == other for one, other in zip(a, b, strict=True)) / 10 == 0.9
    assert cohen_kappa(a, b) == pytest.approx(0.0)
    # independent labels
    assert cohen_kappa([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(0.0)


def test_full_agreement_and_less_than_chance() -> None:
    assert cohen_kappa([1, 2, 3, 1], [1, 2, 3, 1]) == 1.0
    assert cohen_kappa([1, 2], [2, 1]) == pytest.approx(-1.0)


def test_one_label_only_shows_nothing() -> None:
    assert cohen_kappa(["y"] * 5, ["y"] * 5) == 0.0
    for a, b in (([], []), ([1], [1, 2])):
        with pytest.raises(ValueError, match="labellings"):
            cohen_kappa(a, b)
