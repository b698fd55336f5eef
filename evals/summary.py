"""Scores of many answers as figures with intervals. Pure.

Means over questions, unless said otherwise:

accuracy                   right answers; also _answerable, _unanswerable, _false_premise
accuracy_short             right and at most 60 words, so that pouring out passages gains nothing
accuracy_supported         answerable: right, and the cited quotes hold all facts
precision_when_answering   answerable: right ones among those answered (selective accuracy)
fact_recall                answerable: facts held / facts (a ratio of sums: a list of six weighs six)
cited_fact_recall          the same of the facts in the cited quotes
cited_support              answerable: the cited quotes hold all facts
forbidden_rate             answers that hold a forbidden form
abstention_rate            answers that abstain
abstention_precision       of the abstentions, those where there is no answer
abstention_recall          of the unanswerable questions, those abstained on
citation_recall, _precision   of statements and citations (``evals.alce``), over answers with claims
unsupported_claims         claims not entailed by what they cite / claims
quote_validity             quotes that stand in their article / quotes
article_recall, mrr        of retrieval, over questions that need an article
cited_recall, cited_precision   of the cited articles; answerable
answer_words, quoted_words      length of the answer, and of what it quotes
latency_p50, latency_p95   seconds, without those that failed
prompt_tokens, completion_tokens, cost_usd   for an answer; the cost where it is known
failure_rate               questions without an answer because something broke
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from evals.scores import Estimate, Score
from evals.stages import UNANSWERED
from evals.stats import bootstrap_interval, quantile_interval, ratio_interval

SHORT = 60
"""Words of a short answer."""
LOWER_IS_BETTER = frozenset(
    {
        "forbidden_rate",
        "unsupported_claims",
        "answer_words",
        "quoted_words",
        "latency_p50",
        "latency_p95",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "failure_rate",
    }
)
Value = Callable[[Score], float | None]
Pair = Callable[[Score], tuple[float, float]]


def answerable(score: Score) -> bool:
    """Whether the articles answer the question."""
    return score.type not in UNANSWERED


def _everything(score: Score) -> bool:
    return True


# Which scores a mean is over, and of what.
_MEANS: dict[str, tuple[Callable[[Score], bool], Value]] = {
    "accuracy": (_everything, lambda one: one.correct),
    "accuracy_answerable": (answerable, lambda one: one.correct),
    "accuracy_unanswerable": (lambda one: one.type == "unanswerable", lambda one: one.correct),
    "accuracy_false_premise": (lambda one: one.type == "false_premise", lambda one: one.correct),
    "accuracy_short": (_everything, lambda one: one.correct and one.words <= SHORT),
    "accuracy_supported": (answerable, lambda one: one.correct and one.supported),
    "precision_when_answering": (
        lambda one: answerable(one) and not one.abstained and not one.failed,
        lambda one: one.correct,
    ),
    "cited_support": (answerable, lambda one: one.supported),
    "forbidden_rate": (_everything, lambda one: one.forbidden),
    "abstention_rate": (_everything, lambda one: one.abstained),
    "abstention_precision": (lambda one: one.abstained, lambda one: not answerable(one)),
    "abstention_recall": (lambda one: one.type == "unanswerable", lambda one: one.abstained),
    "citation_recall": (_everything, lambda one: one.citation_recall),
    "citation_precision": (_everything, lambda one: one.citation_precision),
    "article_recall": (_everything, lambda one: one.article_recall),
    "mrr": (_everything, lambda one: one.reciprocal_rank),
    "cited_recall": (answerable, lambda one: one.cited_recall),
    "cited_precision": (answerable, lambda one: one.cited_precision),
    "answer_words": (lambda one: not one.failed, lambda one: one.words),
    "quoted_words": (lambda one: answerable(one) and not one.failed, lambda one: one.quoted_words),
    "prompt_tokens": (lambda one: not one.failed, lambda one: one.prompt_tokens),
    "completion_tokens": (lambda one: not one.failed, lambda one: one.completion_tokens),
    "cost_usd": (lambda one: not one.failed, lambda one: one.cost_usd),
    "failure_rate": (_everything, lambda one: bool(one.failed)),
}
_RATIOS: dict[str, tuple[Callable[[Score], bool], Pair]] = {
    "fact_recall": (answerable, lambda one: (sum(one.facts_held), len(one.facts_held))),
    "cited_fact_recall": (answerable, lambda one: (sum(one.facts_quoted), len(one.facts_held))),
    "unsupported_claims": (_everything, lambda one: (one.claims_unsupported, one.claims)),
    "quote_validity": (_everything, lambda one: (one.quotes_valid, one.quotes)),
}
_QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95}
NAMES = (*_MEANS, *_RATIOS, *_QUANTILES)


def summarise(scores: Sequence[Score]) -> dict[str, Estimate]:
    """The figures by the names of reports and of gate.toml; every name is there, even without a value."""
    figures = {
        name: mean(value(one) for one in scores if over(one)) for name, (over, value) in _MEANS.items()
    }
    for name, (over, pair) in _RATIOS.items():
        figures[name] = ratio(pair(one) for one in scores if over(one))
    seconds = [one.seconds for one in scores if not one.failed]
    return figures | {name: _quantile(seconds, at) for name, at in _QUANTILES.items()}


def summarise_by_type(scores: Sequence[Score]) -> dict[str, dict[str, Estimate]]:
    """``summarise`` for each type of question."""
    ordered = sorted(scores, key=lambda one: one.type)
    return {kind: summarise(list(group)) for kind, group in groupby(ordered, key=lambda one: one.type)}


def value_of(score: Score, name: str) -> float | None:
    """What one answer adds to a figure that is a mean, None where it adds nothing: for paired tests.

    Raises KeyError for a figure that is no mean over questions.
    """
    over, value = _MEANS[name]
    found = value(score) if over(score) else None
    return None if found is None else float(found)


def mean(values: Iterable[float | None]) -> Estimate:
    """The mean of the values that are there."""
    known = [float(one) for one in values if one is not None]
    if not known:
        return Estimate(None, None, None, 0)
    return Estimate(sum(known) / len(known), *bootstrap_interval(known), len(known))


def ratio(pairs: Iterable[tuple[float, float]]) -> Estimate:
    """Sum of the first over sum of the second; ``n`` counts the pairs that have something to count."""
    known = [one for one in pairs if one[1]]
    if not known:
        return Estimate(None, None, None, 0)
    tops, bottoms = zip(*known, strict=True)
    return Estimate(sum(tops) / sum(bottoms), *ratio_interval(tops, bottoms), len(known))


def _quantile(values: Sequence[float], at: float) -> Estimate:
    import numpy as np

    if not values:
        return Estimate(None, None, None, 0)
    return Estimate(float(np.quantile(values, at)), *quantile_interval(values, at), len(values))
