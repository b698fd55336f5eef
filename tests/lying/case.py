"""One case: a claim, whether it is honest, and the sentences of the article that it was made from."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from index.types import Article, Span
from qa.types import Evidence
from tests.lying.text import sentences_of

OFFERED = 8


@dataclass(frozen=True, slots=True)
class Case:
    """A claim made from ``spans`` of ``article``.

    honest: whether the article says it.
    invented: citation numbers that stand for nothing, where the claim does not cite its own source.
    """

    kind: str
    honest: bool
    claim: str
    article: Article
    spans: tuple[Span, ...]
    invented: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """12 hex digits that depend on nothing but the kind, the article and the claim."""
        key = "\n".join((self.kind, self.article.path, self.article.title, self.claim))
        return hashlib.sha256(key.encode()).hexdigest()[:12]

    @property
    def source(self) -> str:
        """The words that the claim was made from."""
        return " / ".join(self.article.text[span.start : span.end] for span in self.spans)


def held_out(case: Case) -> bool:
    """Whether the case belongs to the tenth that nobody reads and nobody tunes on."""
    return int(case.id, 16) % 10 == 0


def offered(case: Case) -> tuple[tuple[Evidence, ...], tuple[int, ...]]:
    """Eight sentences of the article, shuffled, the sources among them, and the numbers the claim cites."""
    rng = random.Random(case.id)
    spans = [
        span for span in sentences_of(case.article) if not any(_overlap(span, own) for own in case.spans)
    ]
    chosen = [*case.spans, *rng.sample(spans, max(0, min(len(spans), OFFERED - len(case.spans))))]
    rng.shuffle(chosen)
    evidence = tuple(
        Evidence(number, case.article, span.start, span.end, 1.0 / number)
        for number, span in enumerate(chosen, start=1)
    )
    own = tuple(chosen.index(span) + 1 for span in case.spans)
    return evidence, case.invented or own


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
