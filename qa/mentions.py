"""Quantities, dates and clock times in running text, in a form in which equal ones are equal.

£1.4bn, 1.4 billion pounds and £1,400m are one mention; so are 'twelve', 12 and 'a dozen', 21 September and
Sept 21st, 5.30pm and 17:30. What qualifies a figure ('more than', 'nearly') is part of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.kinds import Kind, Mention, Raw
from qa.moments import clock, dates
from qa.quantities import quantities

__all__ = ["Kind", "Mention", "Raw", "mention"]


def mention(raws: Sequence[Raw], at: int) -> tuple[Mention, ...]:
    """The mentions that begin at ``raws[at]``, in canonical order; empty where none does.

    A date comes as its parts, month before day before year, so that a claim may name fewer of them.
    """
    return dates(raws, at) or clock(raws, at) or quantities(raws, at)
