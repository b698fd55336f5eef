"""The measures of one answer. Pure: the same answer and the same articles give the same score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.gold import ArticleText, GoldQuestion
from evals.scores import Estimate, Score
from evals.summary import summarise, summarise_by_type

__all__ = ["Estimate", "Score", "failure", "score", "summarise", "summarise_by_type"]


def score(
    gold: GoldQuestion,
    answer: Mapping[str, Any],
    retrieved: Sequence[str],
    article_text: ArticleText,
    passages: Sequence[str] = (),
) -> Score:
    """The measures of one answer.

    answer: what ``qa ask --json`` prints, with its trace.
    retrieved: paths of the passages' articles by rank, one entry for each passage.
    passages: the passages' words; where they are not given, the whole articles'.
    """
    raise NotImplementedError


def failure(gold: GoldQuestion, why: str, seconds: float = 0.0) -> Score:
    """The score of a question that got no answer because something broke: wrong, and no abstention."""
    raise NotImplementedError
