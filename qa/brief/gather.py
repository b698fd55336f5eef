"""A topic to the articles about it: all of them, and only those, near-duplicates once.

What the topic's own words find best are the seeds. Their leads and the words that they share widen the
search, and every article that it finds is weighed by what it has in common with them. How it is weighed was
set on twelve topics over 2,225 articles.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.types import Article, Passage, Query
from qa.evidence import article_sentences
from qa.features import Terms
from qa.wording import stems, words

if TYPE_CHECKING:
    from index.retrieve import Retriever

MOST = 30
"""Articles that a brief is made from, at most."""
_WIDTH = 60
_MOST_SEEDS = 12
# Of the best article's score a seed has at least this share.
_SEED = 0.68
# And of the topic's words, weighed by how rare they are, this share of what the best article has: a name in
# the topic outweighs its common words.
_SAYS = 0.6
# Something is known about a topic when an article has this share of its words, weighed by how rare they are,
# and is so near to it; a nearer one may lack a word.
_KNOWN = ((0.55, 0.3), (0.5, 0.6))
_MOST_WORDS, _NEAR = 0.7, 0.5
_SIGNATURE = 40
# What an article has in common with the seeds, at least; more, where the topic's own words do not find it.
_RELEVANT, _RELATED = 1.3, 1.9
_ON_TOPIC = 0.3
_SEARCHED, _CHUNKS = 6, 150
# A word in so many chunks may be of the signature in any index; in a large one, in a tenth of them.
_FEW = 60
# In units of the logarithm of the number of chunks: the weight of two rare words that most seeds share.
_FULL = 1.15


@dataclass(frozen=True, slots=True)
class Gathered:
    """The articles about a topic, best first.

    weight: by article id, how much it is about the topic, about 0 to 3.
    copies: by article id, the paths of its near-duplicates.
    """

    articles: tuple[Article, ...]
    weight: Mapping[str, float]
    copies: Mapping[str, tuple[str, ...]]


def by_topic(topic: str, retriever: Retriever, query: Query) -> Gathered:
    """The articles about a topic; none where nothing is known about it.

    query: its filters apply, its text and ``k`` do not. Raises what the retriever raises.
    """
    base = replace(query, k=_WIDTH)
    found = _best(retriever.search(replace(base, text=topic), duplicates=True))
    if not found or not _known(topic, list(found.values()), retriever):
        return Gathered((), {}, {})
    top = max(passage.fused for passage in found.values())
    said = _said(topic, found, retriever)
    least = _SAYS * max(said.values())
    seeds = [
        one.article for ident, one in found.items() if one.fused >= _SEED * top and said[ident] >= least
    ][:_MOST_SEEDS] or [next(iter(found.values())).article]
    groups = retriever.catalog.groups(list(found))
    signature = _signature(seeds, groups, retriever)
    articles = {ident: passage.article for ident, passage in found.items()}
    full = _FULL * math.log(1 + retriever.catalog.chunk_count())
    near = _nearness(seeds[:_SEARCHED], articles, retriever, base)
    weight: dict[str, float] = {}
    for ident, article in articles.items():
        topical = found[ident].fused / top if ident in found else 0.0
        score = _in_common(article, signature) + _focus(article, signature, full) + near.get(ident, 0.0)
        if len(seeds) == 1 and article == seeds[0]:
            score = 3.0
        if score >= (_RELEVANT if topical >= _ON_TOPIC else _RELATED):
            weight[ident] = score + topical
    if not weight:  # the topic is so wide that what is found about it has little in common
        weight = {seed.id: found[seed.id].fused / top for seed in seeds}
    return _distinct(sorted(weight, key=lambda one: (-weight[one], one))[:MOST], articles, weight, retriever)


def by_articles(articles: Sequence[Article], retriever: Retriever) -> Gathered:
    """The articles that were named, near-duplicates among them once."""
    unique = {article.id: article for article in articles}
    return _distinct(list(unique), unique, dict.fromkeys(unique, 1.0), retriever)


def lead(article: Article) -> str:
    """Headline and first two sentences."""
    first = article_sentences(article)[:2]
    return f"{article.title}. " + " ".join(article.text[start:end] for start, end in first)


def _best(passages: Iterable[Passage]) -> dict[str, Passage]:
    """The first passage of each article, by its id."""
    found: dict[str, Passage] = {}
    for passage in passages:
        found.setdefault(passage.article.id, passage)
    return found


def _said(topic: str, found: Mapping[str, Passage], retriever: Retriever) -> dict[str, float]:
    """By article id, the share of the topic's words, weighed by how rare they are, that the article has."""
    terms = Terms(topic, retriever.catalog.document_frequency, retriever.catalog.chunk_count())
    return {ident: terms.covered(one.article.title, one.article.text) for ident, one in found.items()}


def _known(topic: str, passages: Sequence[Passage], retriever: Retriever) -> bool:
    """Whether an article has enough of the topic's words, all of its numbers, and a passage near to it."""
    terms = Terms(topic, retriever.catalog.document_frequency, retriever.catalog.chunk_count())
    asked = set(stems(topic))
    for one in passages[:10]:
        text = f"{one.article.title} {one.article.text}"
        there = set(stems(text))
        if any(stem[0].isdigit() and stem not in there for stem in asked):
            continue
        held, near = terms.covered(text), one.dense or 0.0
        # In a small index a word that is missing weighs too much: there most of the words will do.
        most = len(asked & there) >= _MOST_WORDS * len(asked) and near >= _NEAR
        if most or any(held >= known and near >= least for known, least in _KNOWN):
            return True
    return False


def _signature(seeds: Sequence[Article], groups: Mapping[str, str], retriever: Retriever) -> dict[str, float]:
    """The words that the seeds share, each with its weight; near-duplicate seeds count once."""
    distinct = {groups.get(seed.id, seed.id): seed for seed in reversed(seeds)}
    counts: Counter[str] = Counter()
    for seed in distinct.values():
        counts.update(set(words(f"{seed.title} {seed.text}")))
    frequency = retriever.catalog.document_frequency(list(counts))
    total = retriever.catalog.chunk_count()
    least = max(2, 0.4 * len(distinct)) if len(distinct) > 1 else 1
    weight = {
        word: count / len(distinct) * math.log(1 + total / (1 + frequency[word]))
        for word, count in counts.items()
        if count >= least and frequency[word] < max(_FEW, 0.1 * total)
    }
    return dict(sorted(weight.items(), key=lambda one: (-one[1], one[0]))[:_SIGNATURE])


def _in_common(article: Article, signature: Mapping[str, float]) -> float:
    """The share of the signature's weight that an article has, 0 to 1."""
    there = set(words(f"{article.title} {article.text}"))
    held = sum(weight for word, weight in signature.items() if word in there)
    return held / (sum(signature.values()) or 1.0)


def _focus(article: Article, signature: Mapping[str, float], full: float) -> float:
    """How much of the article is about it: the mean over its sentences, 0 to 1 (at ``full`` weight)."""
    spans = article_sentences(article)
    heavy = [
        min(1.0, sum(signature.get(word, 0.0) for word in set(words(article.text[start:end]))) / full)
        for start, end in spans
    ]
    return sum(heavy) / len(heavy) if heavy else 0.0


def _nearness(
    seeds: Sequence[Article], articles: dict[str, Article], retriever: Retriever, base: Query
) -> dict[str, float]:
    """For each article the mean cosine of its chunks to the leads of the three seeds nearest to it.

    Adds to ``articles`` what the leads find. A chunk that is not among that counts as the last of it.
    """
    held: dict[str, list[float]] = defaultdict(list)
    length: dict[str, int] = {}
    for seed in seeds:
        by_article: dict[str, list[float]] = defaultdict(list)
        last = 1.0
        for passage in retriever.search(replace(base, text=lead(seed), k=_CHUNKS), duplicates=True):
            articles.setdefault(passage.article.id, passage.article)
            by_article[passage.article.id].append(passage.dense or 0.0)
            last = min(last, passage.dense or last)
        for ident in articles.keys() - {seed.id}:
            cosines = by_article.get(ident, [])
            if ident not in length:
                length[ident] = len(retriever.catalog.chunks_of(ident)) or 1
            rest = max(0, length[ident] - len(cosines))
            held[ident].append((sum(cosines) + rest * last) / (len(cosines) + rest))
    return {ident: sum(sorted(means)[-3:]) / len(means[-3:]) for ident, means in held.items()}


def _distinct(
    order: Sequence[str],
    articles: Mapping[str, Article],
    weight: Mapping[str, float],
    retriever: Retriever,
) -> Gathered:
    """One article of each group of near-duplicates: the newest, of undated ones the longest."""
    groups = retriever.catalog.groups(order)
    members: dict[str, list[Article]] = {}
    for ident in order:
        members.setdefault(groups.get(ident, ident), []).append(articles[ident])
    kept: list[Article] = []
    copies: dict[str, tuple[str, ...]] = {}
    for group in members.values():
        best = max(group, key=lambda one: (str(one.published or ""), len(one.text), one.id))
        kept.append(best)
        copies[best.id] = tuple(sorted(one.path for one in group if one.id != best.id))
    return Gathered(tuple(kept), {one.id: weight[one.id] for one in kept}, copies)
