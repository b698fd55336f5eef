"""Intervals, paired tests and agreement, so that noise is not sold as progress. Pure, with a fixed seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20260101
RESAMPLES = 2000
LEVEL = 0.95
EXACT = 14
"""Up to so many differing pairs all sign patterns are tried; beyond, as many random ones as ``FLIPS``."""
FLIPS = 20_000


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the second run's mean is, with an interval, and how likely so much is by chance."""

    delta: float
    low: float
    high: float
    p: float


def bootstrap_interval(
    values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED, level: float = LEVEL
) -> tuple[float, float]:
    """The percentile interval of the mean (Efron 1979; Efron and Tibshirani 1993, chapter 13).

    Raises ValueError for no values.
    """
    return ratio_interval(values, [1.0] * len(values), resamples=resamples, seed=seed, level=level)


def ratio_interval(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = LEVEL,
) -> tuple[float, float]:
    """The percentile interval of sum(numerators) / sum(denominators), whose pairs are drawn together.

    The pairs are the questions: facts, quotes or claims of one answer stand or fall together, so drawing them
    one by one would make the interval too narrow. Draws whose denominators add up to nothing are left out.
    Raises ValueError for lengths that differ or add up to nothing.
    """
    import numpy as np

    if len(numerators) != len(denominators) or sum(denominators) <= 0:
        raise ValueError("a ratio needs pairs whose denominators add up to more than nothing")
    drawn = _draws(len(numerators), resamples, seed)
    tops = np.asarray(numerators, dtype=float)[drawn].sum(axis=1)
    bottoms = np.asarray(denominators, dtype=float)[drawn].sum(axis=1)
    return _ends(tops[bottoms > 0] / bottoms[bottoms > 0], level)


def quantile_interval(
    values: Sequence[float],
    quantile: float,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = LEVEL,
) -> tuple[float, float]:
    """The percentile interval of a quantile. Raises ValueError for no values."""
    import numpy as np

    drawn = _draws(len(values), resamples, seed)
    return _ends(np.quantile(np.asarray(values, dtype=float)[drawn], quantile, axis=1), level)


def _draws(count: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Places drawn with replacement, shape ``(resamples, count)``."""
    import numpy as np

    if count == 0:
        raise ValueError("no values to draw from")
    return np.random.default_rng(seed).integers(0, count, size=(resamples, count))


def _ends(figures: NDArray[np.float64], level: float) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(
    a: Sequence[float], b: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference:
    """The mean of ``b`` less that of ``a``, both over the same questions in the same order.

    p is two-sided. For right and wrong (0 and 1) it is McNemar's exact test: of the questions that flipped,
    how unlikely is so uneven a split (McNemar 1947; the binomial form in Dietterich 1998). Otherwise the
    randomisation test that turns the signs of the differences (Fisher 1935; Smucker et al. 2007 recommend it
    for retrieval), which for 0 and 1 is the same test. The interval is a bootstrap over the pairs.
    Raises ValueError for no values or lengths that differ.
    """
    if len(a) != len(b) or not a:
        raise ValueError("a paired test needs two runs over the same questions")
    differences = [float(second) - float(first) for first, second in zip(a, b, strict=True)]
    low, high = bootstrap_interval(differences, resamples=resamples, seed=seed)
    binary = {float(value) for value in (*a, *b)} <= {0.0, 1.0}
    p = _mcnemar(differences) if binary else _sign_flips(differences, seed)
    return Difference(sum(differences) / len(differences), low, high, p)


def _mcnemar(differences: Sequence[float]) -> float:
    better, worse = sum(one > 0 for one in differences), sum(one < 0 for one in differences)
    flipped = better + worse
    rarer = sum(comb(flipped, k) for k in range(min(better, worse) + 1))
    return min(1.0, 2 * rarer / (1 << flipped))


def _sign_flips(differences: Sequence[float], seed: int) -> float:
    import numpy as np

    changed = np.asarray([one for one in differences if one], dtype=float)
    if not len(changed):
        return 1.0
    seen = abs(changed.sum()) * (1 - 1e-9)  # sums that are equal but for rounding count as equal
    if len(changed) <= EXACT:
        signs = np.asarray(list(product((-1.0, 1.0), repeat=len(changed))))
        return float((abs(signs @ changed) >= seen).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(FLIPS, len(changed)))
    # The sample as it was seen is one of the patterns, so that p is never 0 (Phipson and Smyth 2010).
    return float((1 + (abs(signs @ changed) >= seen).sum()) / (1 + FLIPS))


def cohen_kappa(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Agreement of two labellings of the same things beyond chance (Cohen 1960): 1 is full, 0 is none.

    Where both know one label only there is nothing that chance does not explain, and it is 0.
    Raises ValueError for no labels or lengths that differ.
    """
    if len(a) != len(b) or not a:
        raise ValueError("agreement needs two labellings of the same things")
    count = len(a)
    observed = sum(one == other for one, other in zip(a, b, strict=True)) / count
    ours, theirs = Counter(a), Counter(b)
    expected = sum(ours[label] * theirs[label] for label in ours) / count**2
    return 0.0 if expected == 1 else (observed - expected) / (1 - expected)


def kappa_interval(
    a: Sequence[Hashable], b: Sequence[Hashable], *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """The percentile interval of ``cohen_kappa``, its pairs drawn together. Raises ValueError as it does."""
    import numpy as np

    cohen_kappa(a, b)
    drawn = _draws(len(a), resamples, seed)
    kappas = [cohen_kappa([a[n] for n in one], [b[n] for n in one]) for one in drawn.tolist()]
    return _ends(np.asarray(kappas), LEVEL)
