"""A question to passages: dense and lexical search, fused, without repetition.

How it is fused was chosen on 237 questions over 2,225 articles; ``evals/retrieval.py`` prints the table.
The sum of the cosine and a scaled BM25 score found more than reciprocal rank fusion, which throws away how
clear a ranking is. Splitting questions in two, weighing the headline, phrases, and comparing single sentences
did not add to it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Self

from index.catalog import Catalog
from index.errors import EmbeddingMismatch
from index.types import Article, Chunk, Embedder, Passage, Query
from index.vectors import Vectors, filters

CANDIDATES = 30
"""Chunks of each ranking that are compared, at least."""
_LEXICAL_ROWS = 200
# BM25 grows with the number of rare terms in the question and with the logarithm of the number of chunks. In
# units of that logarithm one rare term that is matched weighs about as much as a cosine difference of 0.2.
_LEXICAL_UNIT = 4.6
# What each further chunk of the same article loses, so that other articles come in between.
_REPEAT = 0.05
# A near-duplicate's chunk that shares this much of its wording with a passage says nothing new.
_SAME = 0.7
_MAX_TERMS = 64

_TERM = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_STOP_LIST = """
a an the of in on at by for from with to into onto over under about as is are was were be been being am
do does did done has have had having will would shall should can could may might must and or but if then
than that this these those there here it its they them their he him his she her hers we us our you your i
me my who whom whose what which when where why how s t d ll re ve not no nor so such same own too very
just also only any some many much more most few both each all other another say says said
"""
_STOP_WORDS = frozenset(_STOP_LIST.split())


def terms(question: str) -> list[str]:
    """The question's words that matter, lower case, each once; all of them where none would be left."""
    words = list(dict.fromkeys(_TERM.findall(question.lower())))[:_MAX_TERMS]
    return [word for word in words if word not in _STOP_WORDS] or words


def match_expression(question: str) -> str:
    """An FTS5 MATCH expression that finds chunks with any of the terms; empty where there is none.

    Terms are letters and digits in quotation marks, so nothing in a question is read as FTS5 syntax.
    """
    return " OR ".join(f'"{term}"' for term in terms(question))


@dataclass(frozen=True, slots=True)
class _Scored:
    chunk: str
    dense: float | None
    lexical: float | None
    fused: float


class Retriever:
    """Searches one index. Several threads may share it; every search sees what was committed before it."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Opens the index. Raises NothingIndexed, IndexDamaged, EmbeddingMismatch."""
        self._embedder = embedder
        self._catalog = Catalog.open(folder)
        made = self._catalog.embedding
        if made and made != (embedder.name, embedder.dimensions):
            self._catalog.close()
            raise EmbeddingMismatch(
                f"The index in {folder} was made with the embedding {made[0]} ({made[1]} numbers) and cannot"
                f" be searched with {embedder.name} ({embedder.dimensions}): use {made[0]}, or another index."
            )
        self._vectors = Vectors(folder, embedder.dimensions)

    @property
    def catalog(self) -> Catalog:
        """The articles and chunks behind the passages."""
        return self._catalog

    @property
    def embedder(self) -> Embedder:
        """What makes the vectors of the questions."""
        return self._embedder

    def search(self, query: Query, *, duplicates: bool = False) -> list[Passage]:
        """At most ``query.k`` passages, best first. Raises what the embedder raises, and IndexDamaged.

        An article's second passage has to be clearly better than another article's first one. What a
        near-duplicate article repeats is left out, or kept if ``duplicates``. A question without letters or
        digits finds nothing.
        """
        match = match_expression(query.text)
        if not match or query.k < 1:
            return []
        vector = self._embedder.embed([query.text])[0]
        width = max(CANDIDATES, 2 * query.k)
        where, articles = filters(query), query.articles or None
        with self._catalog.snapshot():
            lexical = dict(self._catalog.lexical(match, max(_LEXICAL_ROWS, width), query))
            dense = dict(self._vectors.query(vector, width, where, articles))
            missing = [chunk for chunk in list(lexical)[:width] if chunk not in dense]
            dense |= {chunk: float(other @ vector) for chunk, other in self._vectors.get(missing).items()}
            unit = _LEXICAL_UNIT * math.log(1 + self._catalog.chunk_count())
            ranked = _fused([*dense, *missing], dense, lexical, unit)
            chunks = self._catalog.chunks([one.chunk for one in ranked])
            owners = {chunk.article_id for chunk in chunks.values()}
            found = self._catalog.articles(list(owners))
            groups = self._catalog.groups(owners)
        # Chroma may still know a chunk that has just gone from the catalog.
        ranked = _spread((one for one in ranked if one.chunk in chunks), chunks)
        passages = _passages(ranked, chunks, found, groups)
        kept = islice(passages if duplicates else _distinct(passages), query.k)
        return [replace(passage, rank=rank) for rank, passage in enumerate(kept, 1)]

    def close(self) -> None:
        """Lets go of the files."""
        self._catalog.close()
        self._vectors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _fused(
    ids: Iterable[str], dense: dict[str, float], lexical: dict[str, float], unit: float
) -> list[_Scored]:
    """Candidates by cosine plus BM25 in units of ``unit``, best first, equal ones by their ids."""
    scored = (
        _Scored(one, dense.get(one), lexical.get(one), dense.get(one, 0.0) + lexical.get(one, 0.0) / unit)
        for one in set(ids)
    )
    return sorted(scored, key=_best_first)


def _spread(ranked: Iterable[_Scored], chunks: dict[str, Chunk]) -> list[_Scored]:
    """The same with lowered scores, and in their order, for all but the first chunk of each article."""
    before: dict[str, int] = defaultdict(int)
    lowered: list[_Scored] = []
    for one in ranked:
        article = chunks[one.chunk].article_id
        lowered.append(replace(one, fused=one.fused - _REPEAT * before[article]))
        before[article] += 1
    return sorted(lowered, key=_best_first)


def _best_first(one: _Scored) -> tuple[float, str]:
    return -one.fused, one.chunk


def _passages(
    ranked: Iterable[_Scored], chunks: dict[str, Chunk], articles: dict[str, Article], groups: dict[str, str]
) -> Iterator[Passage]:
    for one in ranked:
        chunk = chunks[one.chunk]
        article = articles[chunk.article_id]
        group = groups.get(article.id, article.id)
        yield Passage(chunk, article, 0, one.dense, one.lexical, one.fused, group)


def _distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Those whose wording no near-duplicate article has given before."""
    told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in passages:
        shingles = _shingles(one.text)
        others = set[str]().union(
            *(seen for owner, seen in told[one.group].items() if owner != one.article.id)
        )
        if len(shingles & others) < _SAME * len(shingles):
            told[one.group][one.article.id] |= shingles
            yield one


def _shingles(text: str) -> set[str]:
    """Runs of three words."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
