"""Articles to cases: each kind gets at most so many, spread over the articles."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from index.types import Article
from tests.lying import (
    corrupt_detail,
    corrupt_joins,
    corrupt_names,
    corrupt_sense,
    corrupt_speech,
    corrupt_values,
    reword_form,
    reword_order,
    reword_shape,
    reword_short,
)
from tests.lying.case import Case
from tests.lying.text import Sentence, scene

Op = Callable[[Sentence, str, random.Random], list[str]]
Maker = Callable[[Article, random.Random], list[Case]]

_LIES: Mapping[str, Op] = (
    corrupt_values.KINDS
    | corrupt_names.KINDS
    | corrupt_sense.KINDS
    | corrupt_detail.KINDS
    | corrupt_speech.KINDS
)
_REWORDINGS: Mapping[str, Op] = reword_form.KINDS | reword_shape.KINDS
_SHORTENINGS = (
    reword_short.clause_left_out,
    reword_short.apposition_left_out,
    reword_short.leading_word_left_out,
)
# Rewordings that may be put on top of each other without making nonsense.
_FIRST = (*_SHORTENINGS, reword_order.clause_order, reword_order.reporting_moved)
_SECOND = (reword_form.number_format, reword_form.synonym, reword_form.name_form, reword_form.date_format)
PER_ARTICLE = 2


def corruptions(articles: Sequence[Article], seed: int, per_kind: int = 40) -> list[Case]:
    """False claims, at most ``per_kind`` of each kind and two of a kind from one article."""
    found: list[Case] = []
    for kind, op in _LIES.items():
        found += _some(_each(kind, False, op, _shuffled(articles, seed, kind), seed, mixed=True), per_kind)
    for kind, make in corrupt_joins.KINDS.items():
        found += _some(_made(kind, make, _shuffled(articles, seed, kind), seed), per_kind)
    found += _some(_strangers(articles, seed), per_kind)
    return found


def paraphrases(articles: Sequence[Article], seed: int, per_kind: int = 40) -> list[Case]:
    """Honest claims, at most ``per_kind`` of each kind and two of a kind from one article."""
    found: list[Case] = []
    for kind, op in {**_REWORDINGS, "two rewordings at once": _twice}.items():
        found += _some(_each(kind, True, op, _shuffled(articles, seed, kind), seed, mixed=False), per_kind)
    for kind, make in reword_shape.ARTICLE_KINDS.items():
        found += _some(_made(kind, make, _shuffled(articles, seed, kind), seed), per_kind)
    return found


def _some(cases: Iterable[Case], most: int) -> list[Case]:
    kept: dict[str, Case] = {}
    for case in cases:
        if len(kept) >= most:
            break
        kept.setdefault(case.claim, case)
    return list(kept.values())


def _shuffled(articles: Sequence[Article], seed: int, kind: str) -> list[Article]:
    """Another order for each kind, so that not the same few articles serve all of them."""
    order = random.Random(f"{seed} {kind}")
    return order.sample(articles, len(articles))


def _random(seed: int, kind: str, article: Article) -> random.Random:
    return random.Random(f"{seed} {kind} {article.path} {article.title}")


def _each(
    kind: str, honest: bool, op: Op, articles: Sequence[Article], seed: int, *, mixed: bool
) -> Iterator[Case]:
    """What ``op`` makes of the sentences; where ``mixed``, of half of them only after rewording."""
    for article in articles:
        rng = _random(seed, kind, article)
        made: list[Case] = []
        for sentence in scene(article):
            if sentence.usable:
                base = _reworded(sentence, rng) if mixed and rng.random() < 0.5 else sentence.text
                claims = [claim for claim in op(sentence, base, rng) if claim not in (sentence.text, base)]
                if claims:
                    made.append(Case(kind, honest, rng.choice(claims), article, (sentence.span,)))
        yield from rng.sample(made, min(PER_ARTICLE, len(made)))


def _reworded(sentence: Sentence, rng: random.Random) -> str:
    """The sentence shortened or put otherwise where that is possible: what a model that lies begins with."""
    forms = [
        form
        for op in rng.choice((_SHORTENINGS, _FIRST, _SECOND))
        for form in op(sentence, sentence.text, rng)
    ]
    return rng.choice(forms) if forms else sentence.text


def _twice(sentence: Sentence, text: str, rng: random.Random) -> list[str]:
    once = [form for op in _FIRST for form in op(sentence, text, rng)]
    return [form for first in once for op in _SECOND for form in op(sentence, first, rng)]


def _made(kind: str, make: Maker, articles: Sequence[Article], seed: int) -> Iterator[Case]:
    for article in articles:
        rng = _random(seed, kind, article)
        made = make(article, rng)
        yield from rng.sample(made, min(PER_ARTICLE, len(made)))


def _strangers(articles: Sequence[Article], seed: int) -> Iterator[Case]:
    for article, other in zip(articles, [*articles[1:], *articles[:1]], strict=True):
        rng = _random(seed, "an invented citation", article)
        made = corrupt_joins.invented_citation(article, other, rng)
        yield from rng.sample(made, min(PER_ARTICLE, len(made)))
