"""How probable it is that the articles answer a question, from what was found and drafted.

Two logistic models, for there are two ways to have no answer: the articles are about something else
(``on_topic``, from what was found), or they are about it and do not say (``supported``, from the draft, or
``chosen``, from the selection).
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
    from qa.selector import Selection

# How far below the best sentence the drafted one counts: further down is not worse.
LEAST_SCORE = -3.0
# The share of a draft's words that a sentence must have to be where the draft came from.
HELD = 0.7


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for and against an answer. All are about 0 to 1 but for the scores, ``confidence``,
    ``support`` and ``answer``; None is not known, and speaks neither for nor against.

    Without a draft nothing is known from ``confidence`` to ``echo``, without a reader nothing of ``support``
    (the most that a sentence has), ``answer`` (the same for words as the answer) and ``agreement`` (the share
    of these words that was drafted too), without a selection nothing of ``chosen`` (the log-odds that any of
    the evidence answers).
    """

    best: float
    margin: float
    in_article: float
    in_context: float
    similarity: float
    similarity_in_context: float
    missing_term: float
    confidence: float | None
    standing: float | None
    drafted_rank: float | None
    drafted_score: float | None
    wrong_kind: float | None
    echo: float | None
    lacks_kind: float
    support: float | None = None
    answer: float | None = None
    agreement: float | None = None
    chosen: float | None = None

    def named(self) -> Iterator[tuple[str, float | None]]:
        """Name and value of each signal."""
        for one in fields(self):
            value = getattr(self, one.name)
            yield one.name, None if value is None else round(float(value), 4)

    @classmethod
    def of(
        cls,
        part: Part,
        ranked: Sequence[Ranked],
        draft: Draft | None,
        checked: Sequence[Checked],
        catalog: Catalog,
        selection: Selection | None = None,
    ) -> Signals:
        """The signals for one part of a question; ``ranked`` must not be empty."""
        top = ranked[0]
        value = top.named()
        terms = Terms(part.text, catalog.document_frequency, catalog.chunk_count())
        article = top.sentence.article
        known = set(stems(article.text)) | set(stems(article.title))
        missing = max((weight for stem, weight in terms.weight.items() if stem not in known), default=0.0)
        text = " ".join(claim.text for claim in draft.claims) if draft else ""
        return cls(
            best=top.score,
            margin=top.score - ranked[min(4, len(ranked) - 1)].score,
            in_article=value["question_in_article"],
            in_context=value["question_in_context"],
            similarity=max(one.named()["similarity"] for one in ranked[:5]),
            similarity_in_context=value["similarity_in_context"],
            missing_term=missing / 10,
            lacks_kind=value["lacks_kind"],
            **_drafted(part, ranked, draft, checked, text),
            **_read(ranked, text if draft else None),
            chosen=selection.some if selection else None,
        )


def _drafted(
    part: Part, ranked: Sequence[Ranked], draft: Draft | None, checked: Sequence[Checked], text: str
) -> dict[str, float | None]:
    """The signals that come from a draft, whose claims' text is ``text``."""
    if draft is None:
        return dict.fromkeys(
            ("confidence", "standing", "drafted_rank", "drafted_score", "wrong_kind", "echo")
        )
    place = _place(ranked, checked, text)
    return {
        "confidence": draft.confidence,
        "standing": float(any(one.evidence and not one.quoted for one in checked)),
        "drafted_rank": 1 / (1 + place),
        "drafted_score": max(LEAST_SCORE, ranked[place].score - ranked[0].score),
        "wrong_kind": float(bool(text) and not answers_kind(part.kind, text, part.text)),
        "echo": _share(stems(text), set(stems(part.text))),
    }


def _read(ranked: Sequence[Ranked], drafted: str | None) -> dict[str, float | None]:
    """The signals that come from a reader."""
    read = [(one.sentence.article, one.reading) for one in ranked if one.reading]
    if not read:
        return {}
    article, likeliest = max(read, key=lambda pair: pair[1].answer)
    return {
        "support": max(reading.support for _, reading in read),
        "answer": likeliest.answer,
        "agreement": None
        if drafted is None
        else _share(stems(article.text[likeliest.start : likeliest.end]), set(stems(drafted))),
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


@lru_cache(maxsize=4)
def _models(*stages: str) -> tuple[tuple[float, dict[str, tuple[float, float, float]]], ...]:
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
        for stage in stages
    )


def probability(signals: Signals) -> float:
    """How likely it is that the articles answer, 0 to 1, by the stage that doubts most.

    Below 0.5 an answer is withheld.
    """
    values = dict(signals.named())
    unread = "" if signals.support is not None else "_unread"
    told = f"supported{unread}" if signals.chosen is None else "chosen"
    logits = (
        bias
        + sum(
            weight * (value - mean) / scale
            for name, (weight, mean, scale) in table.items()
            if (value := values[name]) is not None
        )
        for bias, table in _models(f"on_topic{unread}", told)
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, min(logits)))))
