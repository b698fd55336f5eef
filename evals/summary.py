"""Scores of many answers as figures with intervals."""

from __future__ import annotations

from collections.abc import Sequence

from evals.scores import Estimate, Score


def summarise(scores: Sequence[Score]) -> dict[str, Estimate]:
    """The figures by the names used in reports and in gate.toml."""
    raise NotImplementedError


def summarise_by_type(scores: Sequence[Score]) -> dict[str, dict[str, Estimate]]:
    """``summarise`` for each type of question."""
    raise NotImplementedError
