"""What is measured of one answer, and of many. The measures themselves are in ``evals.metrics``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that is measured of one answer; None where a measure has no meaning for the question.

    correct, supported, abstained, forbidden: see ``evals.metrics``.
    facts_held: one for each gold fact. facts_quoted: which of them stand in a cited quote.
    citation_recall, citation_precision: of statements and citations, see ``evals.alce``.
    article_recall, reciprocal_rank: of the retrieved articles; cited_recall, cited_precision: of the cited.
    seconds: wall clock. cost_usd: None where the price is unknown.
    lost: the stage at which the answer went wrong (``evals.stages``), empty where it is right.
    failed: why there is no answer at all, else empty; every other value is then that of a wrong answer.
    """

    id: str
    type: str
    correct: bool
    facts_held: tuple[bool, ...]
    forbidden: bool
    abstained: bool
    supported: bool
    quotes: int
    quotes_valid: int
    claims: int
    claims_unsupported: int
    citation_recall: float | None
    citation_precision: float | None
    article_recall: float | None
    reciprocal_rank: float | None
    words: int
    quoted_words: int
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    lost: str
    failed: str = ""
    facts_quoted: tuple[bool, ...] = ()
    cited_recall: float | None = None
    cited_precision: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over ``n`` questions, with the ends of its 95% bootstrap interval.

    value, low, high: None where no question has the measure.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
