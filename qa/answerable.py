"""How probable it is that the articles answer a question, from what was found and drafted.

Two logistic models, for there are two ways to have no answer: the articles are about something else
(``on_topic``, from what was found), or they are about it and do not say (``supported``, from the draft).
``evals/calibrate_answerable.py`` finds their weights, and shifts them so that one half is where to withhold.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from qa.draft import Draft
from qa.evidence import Ranked
from qa.features import Terms, answers_kind
from qa.question import Part
from qa.verify import Checked
from qa.wording import stems

if TYPE_CHECKING:
    from index.catalog import Catalog

# Log-probability that stands in where a service does not tell any.
_TYPICAL_CONFIDENCE = -0.25
# How far below the best sentence the drafted one counts: further down is not worse.
LEAST_SCORE = -3.0
# The share of a draft's words that a sentence must have to be where the draft came from.
HELD = 0.7


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for and against an answer. All are about 0 to 1 but for the scores, ``confidence``,
    ``support`` and ``answer``.

    The last three are 0 without a reader: its most support for a sentence, for words as the answer, and the
    share of its likeliest answer that was drafted too.
    """

    best: float
    margin: float
    in_article: float
    in_context: float
    similarity: float
    similarity_in_context: float
    missing_term: float
    confidence: float
    standing: float
    drafted_rank: float
    drafted_score: float
    wrong_kind: float
    echo: float
    lacks_kind: float
    support: float = 0.0
    answer: float = 0.0
    agreement: float = 0.0

    def named(self) -> Iterator[tuple[str, float]]:
        """Name and value of each signal."""
        for one in fields(self):
            yield one.name, round(float(getattr(self, one.name)), 4)

    @classmethod
    def of(
        cls,
        part: Part,
        ranked: Sequence[Ranked],
        draft: Draft | None,
        checked: Sequence[Checked],
        catalog: Catalog,
    ) -> Signals:
        """The signals for one part of a question; ``ranked`` must not be empty."""
        top = ranked[0]
        value = top.named()
        terms = Terms(part.text, catalog.document_frequency, catalog.chunk_count())
        article = top.sentence.article
        known = set(stems(article.text)) | set(stems(article.title))
        missing = max((weight for stem, weight in terms.weight.items() if stem not in known), default=0.0)
        text = " ".join(claim.text for claim in draft.claims) if draft else ""
        place = _place(ranked, checked, text)
        return cls(
            best=top.score,
            margin=top.score - ranked[min(4, len(ranked) - 1)].score,
            in_article=value["question_in_article"],
            in_context=value["question_in_context"],
            similarity=max(one.named()["similarity"] for one in ranked[:5]),
            similarity_in_context=value["similarity_in_context"],
            missing_term=missing / 10,
            confidence=draft.confidence if draft and draft.confidence is not None else _TYPICAL_CONFIDENCE,
            standing=float(any(one.evidence and not one.quoted for one in checked)),
            drafted_rank=1 / (1 + place),
            drafted_score=max(LEAST_SCORE, ranked[place].score - top.score),
            wrong_kind=float(bool(text) and not answers_kind(part.kind, text, part.text)),
            echo=_share(stems(text), set(stems(part.text))),
            lacks_kind=value["lacks_kind"],
            **_read(ranked, text),
        )


def _read(ranked: Sequence[Ranked], drafted: str) -> dict[str, float]:
    """The signals that come from a reader."""
    read = [(one.sentence.article, one.reading) for one in ranked if one.reading]
    if not read:
        return {}
    article, likeliest = max(read, key=lambda pair: pair[1].answer)
    return {
        "support": max(reading.support for _, reading in read),
        "answer": likeliest.answer,
        "agreement": _share(stems(article.text[likeliest.start : likeliest.end]), set(stems(drafted))),
    }


def _place(ranked: Sequence[Ranked], checked: Sequence[Checked], text: str) -> int:
    """The place in the ranking of the first sentence that holds what was drafted, else the last place."""
    rests = {(one.article.id, one.start) for claim in checked for one in claim.evidence}
    drafted = set(stems(text))
    for n, one in enumerate(ranked):
        if (one.sentence.article.id, one.sentence.start) in rests:
            return n
        if drafted and len(drafted & set(stems(one.sentence.text))) >= HELD * len(drafted):
            return n
    return len(ranked) - 1


def _share(found: Sequence[str], among: set[str]) -> float:
    return sum(stem in among for stem in found) / len(found) if found else 0.0


STAGES = ("on_topic", "supported")


@lru_cache(maxsize=1)
def _models() -> tuple[tuple[float, dict[str, tuple[float, float, float]]], ...]:
    """For each stage the bias, and weight, mean and scale of its signals."""
    data = tomllib.loads(files("qa").joinpath("weights.toml").read_text(encoding="utf-8"))
    return tuple(
        (
            float(data[stage]["bias"]),
            {
                name: (row["weight"], row["mean"], row["scale"])
                for name, row in data[stage].items()
                if name != "bias"
            },
        )
        for stage in STAGES
    )


def probability(signals: Signals) -> float:
    """How likely it is that the articles answer, 0 to 1, by the stage that doubts most.

    Below 0.5 an answer is withheld.
    """
    values = dict(signals.named())
    logits = (
        bias + sum(weight * (values[name] - mean) / scale for name, (weight, mean, scale) in table.items())
        for bias, table in _models()
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, min(logits)))))
