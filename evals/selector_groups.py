"""Questions to what the selector is trained on:
``python -m evals.selector_groups --index DIR --questions FILE… --out FILE``.

The questions are those of ``evals.reader_passages``, which point into articles and quote nothing. Those of
one article are put together over one list of numbered sentences, so that training reads the sentences once
for all of them. A line of ``--out`` is such a group: ``{"evidence", "sentences": how many, "asked":
[[question, [numbers that answer, or 0], weight, type] …]}``.

In the list stand sentences that answer, for questions that the article leaves open those that share most
with them, sentences of articles that are alike, and others to fill it. With ``--chosen`` a share of the lists
are what is really chosen for one of the questions, out of all that is indexed. A question whose answer is not
in the list is asked as well, at a lower weight: then 0 is right, however it is put.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.reader_passages import OPEN, questions
from evals.wording_weights import HEAVIEST
from index.errors import NoSuchArticle
from index.retrieve import Retriever
from index.types import Article, Query
from qa import config, wiring
from qa.evidence import article_sentences, choose, rank
from qa.question import parts_of
from qa.selector import MOST, numbered
from qa.types import Evidence
from qa.wording import words

REMOVED = "removed"
"""The type of a question whose answer is not in the list."""
REMOVED_WEIGHT = 0.35
"""Of such a question: another sentence may answer it after all."""
COMMON = 400
"""A word in so many articles tells nothing of what one is about."""
ALIKE = 3
"""Articles that sentences beside are taken from."""
DATED, SHUFFLED, REVERSED = 0.3, 0.35, 0.4
"""Share of the groups whose articles are dated, are not in the order of their weight, stand the other way."""
Key = tuple[str, int]
"""A sentence: the path of its article, and where it starts or which one it is there."""
Block = tuple[str, list[tuple[Key, str]]]
"""A title and sentences of its article."""
Row = tuple[str, list[int], float, str]
"""A question, the numbers that answer, its weight and its type."""


class Corpus:
    """Articles as sentences, with what their words are worth and which articles are alike."""

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self.articles = articles
        self.spans = {path: article_sentences(one) for path, one in articles.items()}
        self.sentences = {
            path: [articles[path].text[start:end] for start, end in spans]
            for path, spans in self.spans.items()
        }
        known = {path: set(words(one.text)) for path, one in articles.items()}
        count = Counter(word for each in known.values() for word in each)
        self.worth = {word: math.log(len(articles) / number) for word, number in count.items()}
        telling = {
            word: n for n, word in enumerate(word for word, each in count.items() if 1 < each < COMMON)
        }
        vectors = np.zeros((len(known), len(telling)), dtype=np.float32)
        for row, each in enumerate(known.values()):
            for word in each & telling.keys():
                vectors[row, telling[word]] = self.worth[word]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
        alike = vectors @ vectors.T
        np.fill_diagonal(alike, -1)
        names = list(known)
        # What is nearly the same article would answer too.
        self.near = {
            name: [names[n] for n in np.argsort(-row)[: 2 * ALIKE] if row[n] < 0.9][:ALIKE]
            for name, row in zip(names, alike, strict=True)
        }

    def nearest(self, question: str, path: str, count: int) -> list[int]:
        """The sentences of an article that share most with a question."""
        asked = set(words(question))
        shared = [
            sum(self.worth.get(word, 8.0) for word in asked & set(words(text)))
            for text in self.sentences[path]
        ]
        return sorted(range(len(shared)), key=lambda n: -shared[n])[:count]


def group(
    path: str,
    asked: Sequence[dict[str, Any]],
    corpus: Corpus,
    draw: random.Random,
    choosing: Callable[[str], Sequence[Evidence]] | None = None,
) -> dict[str, Any]:
    """The questions of one article over one list of sentences: the one that is chosen for one of them
    where ``choosing`` is given, else one that is put together."""
    golds = [
        {n for n, (a, b) in enumerate(corpus.spans[path]) for s, e in one["sentences"] if a < e and s < b}
        for one in asked
    ]
    shown = (
        _chosen(choosing(draw.choice(asked)["question"]))
        if choosing
        else _put_together(path, asked, golds, corpus, draw)
    )
    evidence, places = listed(shown, draw)
    starts = {start: n for n, (start, _) in enumerate(corpus.spans[path])}
    numbers = {starts[start]: place for (name, start), place in places.items() if name == path}
    rows = [_row(one, gold, numbers) for one, gold in zip(asked, golds, strict=True)]
    return grouped(evidence, len(places), rows, draw)


def _chosen(evidence: Sequence[Evidence]) -> list[Block]:
    blocks: dict[str, Block] = {}
    for one in evidence:
        block = blocks.setdefault(one.article.path, (one.article.title, []))
        block[1].append(((one.article.path, one.start), one.text))
    return list(blocks.values())


def _put_together(
    path: str,
    asked: Sequence[dict[str, Any]],
    golds: Sequence[set[int]],
    corpus: Corpus,
    draw: random.Random,
) -> list[Block]:
    size = draw.choice([MOST] * 3 + [8, 8, 7, 6, 5])
    others = draw.choice([0, 0, 1, 2, 3]) if size > 6 else draw.choice([0, 1])
    room = size - others
    own: set[int] = set()
    for one, gold in draw.sample([*zip(asked, golds, strict=True)], len(asked)):
        more = set(corpus.nearest(one["question"], path, 2)) if one["type"] == OPEN else gold
        if len(own | more) <= room:
            own |= more
    rest = [n for n in range(len(corpus.sentences[path])) if n not in own]
    own |= set(draw.sample(rest, min(len(rest), room - len(own))))
    blocks = {path: own}
    for _ in range(others if corpus.near[path] else 0):
        other = draw.choice(corpus.near[path])
        blocks.setdefault(other, set()).update(corpus.nearest(draw.choice(asked)["question"], other, 1))
    order = list(blocks)
    if draw.random() < SHUFFLED:
        draw.shuffle(order)
    return [
        (
            corpus.articles[name].title,
            [((name, corpus.spans[name][n][0]), corpus.sentences[name][n]) for n in sorted(blocks[name])],
        )
        for name in order
    ]


def listed(blocks: Sequence[Block], draw: random.Random) -> tuple[str, dict[Key, int]]:
    """Titles with their sentences as ``qa.selector`` shows them; the number of each sentence."""
    if draw.random() < REVERSED:
        blocks = [(title, sentences[::-1]) for title, sentences in reversed(blocks)]
    dated = draw.random() < DATED
    lines: list[str] = []
    places: dict[Key, int] = {}
    for title, sentences in blocks:
        day = f" ({draw.randint(2003, 2026)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02})"
        lines.append(f"# {' '.join(title.split())}{day if dated else ''}")
        for key, text in sentences:
            places[key] = len(places) + 1
            lines.append(numbered(places[key], " ".join(text.split())))
    return "\n".join(lines), places


def grouped(evidence: str, sentences: int, rows: list[Row], draw: random.Random) -> dict[str, Any]:
    """A line of what is written."""
    draw.shuffle(rows)
    removed = [row for row in rows if row[3] == REMOVED][:3]
    return {
        "evidence": evidence,
        "sentences": sentences,
        "asked": [*[row for row in rows if row[3] != REMOVED][:12], *removed],
    }


def answered(
    question: str, gold: set[int], numbers: Mapping[int, int], kind: str, weight: float = 1.0
) -> Row:
    """Of a question that is answered, by those of the ``gold`` sentences that have a number in the list."""
    there = sorted(numbers[n] for n in gold if n in numbers)
    if not there:
        return question, [0], REMOVED_WEIGHT * weight, REMOVED
    return question, there, weight if len(there) == len(gold) else 0.7 * weight, kind


def keep(path: Path, groups: list[dict[str, Any]], draw: random.Random) -> None:
    """Write the groups to a file in random order, as ``evals.train_selector`` reads them."""
    draw.shuffle(groups)
    with path.open("w", encoding="utf-8") as out:
        for one in groups:
            print(json.dumps(one, ensure_ascii=False), file=out)


def _row(one: dict[str, Any], gold: set[int], numbers: Mapping[int, int]) -> Row:
    weight = min(HEAVIEST, one.get("weight", 1.0))
    if one["type"] == OPEN:
        return one["question"], [0], weight, OPEN
    return answered(one["question"], gold, numbers, one["type"], weight)


def articles(retriever: Retriever, paths: Sequence[str]) -> dict[str, Article]:
    """The articles at the paths that are indexed."""
    found = {}
    for path in paths:
        try:
            found[path] = retriever.catalog.article(path)
        except NoSuchArticle:
            continue
    return found


def chooser(retriever: Retriever, settings: config.Settings) -> Callable[[str], tuple[Evidence, ...]]:
    """What chooses the sentences for a question as ``qa.answer`` does for a model that selects; a question
    of several parts is searched for as a whole only."""
    reader = wiring.reader(settings)

    def choosing(question: str) -> tuple[Evidence, ...]:
        passages = retriever.search(Query(question))
        ranked = [
            rank(part, passages, retriever.catalog, retriever.embedder, reader) for part in parts_of(question)
        ]
        return choose(ranked, settings.evidence_tokens, MOST)

    return choosing


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--most", type=int, default=1000, help="groups")
    parser.add_argument("--chosen", type=float, default=0.0, help="share of the lists that are really chosen")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    by_article: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in questions(args.questions):
        by_article[one["article"]].append(one)
    draw, settings = random.Random(args.seed), config.load({"index": args.index})
    with wiring.retriever(settings) as retriever:
        corpus = Corpus(articles(retriever, list(by_article)))
        choosing = chooser(retriever, settings) if args.chosen else None
        groups = []
        for path in corpus.articles:
            real = choosing if choosing and draw.random() < args.chosen else None
            groups.append(group(path, by_article[path], corpus, draw, real))
    # Those with most questions teach most for the time that reading their sentences takes.
    groups.sort(key=lambda one: -sum(row[3] != REMOVED for row in one["asked"]))
    groups = groups[: args.most]
    keep(args.out, groups, draw)


if __name__ == "__main__":
    main()
