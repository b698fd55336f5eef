"""Nugget scores as in TREC RAG (Pradeep et al. 2024, 'Initial Nugget Evaluation Results for the TREC 2024 RAG
Track with the AutoNuggetizer Framework'). Pure.

A nugget is a fact that a good page holds; vital if it must, else okay. TREC has a language model say for each
whether the page supports it, partly or not. Here its parts decide, each in one of its forms (``holds`` of
``evals.facts``): one line of the page has them all; the page has, but no line alone; or not even the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.facts import held

Forms = Sequence[Sequence[str]]


class Label(StrEnum):
    """How far a page holds a nugget; the names are TREC's."""

    SUPPORT = "support"
    PARTIAL = "partial_support"
    NONE = "not_support"


@dataclass(frozen=True, slots=True)
class NuggetScores:
    """The scores of one page; None where there is no nugget of the kind.

    strict_*: only full support counts. Otherwise partial support counts one half.
    weighted: over all nuggets, an okay one weighing one half. TREC ranks by ``strict_vital``.
    """

    strict_vital: float | None
    strict_all: float | None
    strict_weighted: float | None
    vital: float | None
    all: float | None
    weighted: float | None


def says(text: str, forms: Forms) -> bool:
    """Whether a text holds all parts."""
    return all(held(text, forms))


def label(forms: Forms, lines: Sequence[str]) -> Label:
    """How far a page of these lines holds a nugget with these parts."""
    if any(says(line, forms) for line in lines):
        return Label.SUPPORT
    parts = (any(held(line, [part])[0] for line in lines) for part in forms)
    return Label.PARTIAL if all(parts) else Label.NONE


def nugget_scores(labels: Sequence[tuple[bool, Label]]) -> NuggetScores:
    """The scores for nuggets given as whether they are vital and how far the page holds them."""
    return NuggetScores(
        strict_vital=_mean(labels, partial=0.0, okay=0.0),
        strict_all=_mean(labels, partial=0.0, okay=1.0),
        strict_weighted=_mean(labels, partial=0.0, okay=0.5),
        vital=_mean(labels, partial=0.5, okay=0.0),
        all=_mean(labels, partial=0.5, okay=1.0),
        weighted=_mean(labels, partial=0.5, okay=0.5),
    )


def _mean(labels: Sequence[tuple[bool, Label]], *, partial: float, okay: float) -> float | None:
    """The mean, where ``partial`` is what partial support counts, and ``okay`` what an okay nugget weighs."""
    worth = {Label.SUPPORT: 1.0, Label.PARTIAL: partial, Label.NONE: 0.0}
    weights = [1.0 if vital else okay for vital, _ in labels]
    if not sum(weights):
        return None
    return sum(weight * worth[one] for weight, (_, one) in zip(weights, labels, strict=True)) / sum(weights)
