"""How well passages are found: ``python -m evals.retrieval --gold FILE… --corpus FOLDER``.

Prints one row for each way of ranking (``fused`` is the product's; ``distinct``: without what near-duplicates
repeat), over the questions that the articles answer:

    recall@5    share of a question's gold articles among the first five distinct articles
    multi       the same, over the questions that need more than one article
    passages@5  share of the gold articles among the articles of the first five passages
    MRR         one over the rank of the first gold article among the distinct articles
    ev@3 …      share of the gold sentences that lie in the first 3, 5, 8 passages

A gold file has one JSON object a line: id, question, type, articles (paths below the corpus folder), and
evidence (article and quote).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from evals.facts import ANSWERABLE
from index.catalog import Catalog
from index.retrieve import Retriever, match_expression
from index.types import Chunk, Embedder, Query
from index.vectors import Vectors
from qa.errors import UsageError

COLUMNS = ("recall@5", "multi", "passages@5", "MRR", "ev@3", "ev@5", "ev@8")
DEPTH = 200


@dataclass(frozen=True, slots=True)
class Question:
    """articles: gold paths; evidence: path and quoted words."""

    id: str
    text: str
    articles: frozenset[str]
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage: the path of its article and its words."""

    path: str
    text: str


Search = Callable[[str], list[Hit]]


def read_gold(files: Iterable[Path]) -> list[Question]:
    """The answerable questions of gold files. Raises UsageError with file and line for a malformed one."""
    questions = []
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if row["type"] in ANSWERABLE and row["articles"]:
                    evidence = tuple((one["article"], one["quote"]) for one in row.get("evidence", ()))
                    questions.append(
                        Question(row["id"], row["question"], frozenset(row["articles"]), evidence)
                    )
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{file}:{number} is no gold question: {error!r}.") from error
    return questions


def measure(question: Question, hits: Sequence[Hit], group: Mapping[str, str]) -> dict[str, float]:
    """The measures of one question; ``multi`` and ``ev@k`` only where they mean something.

    group: what stands for a path, so that near-duplicates may count as one; an unknown path for itself.
    """
    got = [group.get(hit.path, hit.path) for hit in hits]
    ranked = list(dict.fromkeys(got))
    gold = {group.get(path, path) for path in question.articles}
    recall = len(gold & set(ranked[:5])) / len(gold)
    first = next((rank for rank, path in enumerate(ranked, 1) if path in gold), 0)
    measures = {
        "recall@5": recall,
        "passages@5": len(gold & set(got[:5])) / len(gold),
        "MRR": 1 / first if first else 0.0,
    }
    if len(gold) > 1:
        measures["multi"] = recall
    if question.evidence:
        texts = [(path, " ".join(hit.text.split())) for path, hit in zip(got, hits, strict=True)]
        quotes = [(group.get(path, path), " ".join(quote.split())) for path, quote in question.evidence]
        for k in (3, 5, 8):
            measures[f"ev@{k}"] = mean(
                any(where == path and quote in text for where, text in texts[:k]) for path, quote in quotes
            )
    return measures


def rankings(retriever: Retriever, vectors: Vectors, embedder: Embedder) -> dict[str, Search]:
    """The ways of ranking that are compared. The baselines give one passage for each article."""
    catalog = retriever.catalog

    def lexical(question: str) -> list[str]:
        match = match_expression(question)
        return [one for one, _ in catalog.lexical(match, DEPTH, Query(question))] if match else []

    def dense(question: str) -> list[str]:
        return [one for one, _ in vectors.query(embedder.embed([question])[0], DEPTH)]

    def rrf(question: str) -> list[str]:
        scores: dict[str, float] = defaultdict(float)
        for ranking in (dense(question), lexical(question)):
            for rank, one in enumerate(ranking, 1):
                scores[one] += 1 / (60 + rank)
        return sorted(scores, key=lambda one: (-scores[one], one))

    def plain(rank: Callable[[str], list[str]]) -> Search:
        return lambda question: _one_each(catalog, rank(question))

    def ours(duplicates: bool) -> Search:
        return lambda question: [
            Hit(one.article.path, one.text)
            for one in retriever.search(Query(question, k=30), duplicates=duplicates)
        ]

    return {
        "BM25": plain(lexical),
        "dense": plain(dense),
        "RRF": plain(rrf),
        "fused": ours(True),
        "fused, distinct": ours(False),
    }


def _one_each(catalog: Catalog, ids: Sequence[str]) -> list[Hit]:
    chunks = catalog.chunks(ids)
    best: dict[str, Chunk] = {}
    for one in ids:
        if one in chunks:
            best.setdefault(chunks[one].article_id, chunks[one])
    articles = catalog.articles(list(best))
    return [
        Hit(articles[owner].path, articles[owner].text[chunk.start : chunk.end])
        for owner, chunk in best.items()
        if owner in articles
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """What one way of ranking gave for each question, and the median time of a question."""

    name: str
    hits: list[list[Hit]]
    milliseconds: float


def ask(name: str, search: Search, questions: Sequence[Question]) -> Run:
    """Asks all questions."""
    hits, times = [], []
    for question in questions:
        start = time.perf_counter()
        hits.append(search(question.text))
        times.append(1000 * (time.perf_counter() - start))
    return Run(name, hits, median(times))


def table(runs: Sequence[Run], questions: Sequence[Question], group: Mapping[str, str]) -> str:
    """One line for each run."""
    lines = [f"{len(questions)} questions".ljust(16) + "".join(f"{name:>11}" for name in COLUMNS) + "   ms"]
    for run in runs:
        values: dict[str, list[float]] = defaultdict(list)
        for question, hits in zip(questions, run.hits, strict=True):
            for key, value in measure(question, hits, group).items():
                values[key].append(value)
        cells = "".join(f"{mean(values[key]):11.4f}" if values[key] else f"{'-':>11}" for key in COLUMNS)
        lines.append(f"{run.name:<16}{cells}{run.milliseconds:5.0f}")
    return "\n".join(lines)


def misses(run: Run, questions: Sequence[Question], group: Mapping[str, str]) -> str:
    """The questions for which a run did not give all gold articles, or another one first."""
    lines = []
    for question, hits in zip(questions, run.hits, strict=True):
        found = measure(question, hits, group)
        if found["recall@5"] < 1 or found["MRR"] < 1:
            got = ", ".join(list(dict.fromkeys(hit.path for hit in hits))[:5])
            wanted = ", ".join(sorted(question.articles))
            lines.append(f"{question.id}  {question.text}\n    wanted {wanted}\n    got    {got}")
    return "\n".join(lines)


def build_index(corpus: Path, folder: Path, embedder: Embedder) -> None:
    """Adds the corpus to the index in ``folder``; what is there already is left alone."""
    from index import build
    from index.chunk import chunk, embedding_text
    from index.load import LoadOptions, load

    summary = build.add(folder, load([str(corpus)], LoadOptions()), embedder, chunk, embedding_text)
    print(
        f"{summary.added} articles added, {summary.unchanged} unchanged,"
        f" {summary.chunks_embedded} chunks embedded in {summary.seconds:.1f} s",
        file=sys.stderr,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds the index where it is missing, asks all questions, prints the table."""
    from qa import config, wiring

    parser = argparse.ArgumentParser(prog="python -m evals.retrieval", description=__doc__.split("\n")[0])
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--index", type=Path, help="folder to keep the index in; a temporary one otherwise")
    parser.add_argument("--embedding", help="as in the setting of that name")
    parser.add_argument("--misses", action="store_true", help="list what was not found first")
    options = parser.parse_args(arguments)
    flags = {"embedding": options.embedding} if options.embedding else {}
    embedder = wiring.embedder(config.load(flags))
    questions = read_gold(options.gold)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.index or Path(scratch)
        build_index(options.corpus, folder, embedder)
        vectors = Vectors(folder, embedder.dimensions)
        with Retriever(folder, embedder) as retriever, vectors:
            ways = rankings(retriever, vectors, embedder)
            runs = [ask(name, search, questions) for name, search in ways.items()]
            paths = {article.id: article.path for article in retriever.catalog.list_articles()}
            groups = {paths[one]: group for one, group in retriever.catalog.groups(paths).items()}
            print("The named articles only:\n" + table(runs, questions, {}))
            print("\nA near-duplicate counts as the article:\n" + table(runs, questions, groups))
            if options.misses:
                print("\n" + misses(runs[-1], questions, groups))
    return 0


if __name__ == "__main__":
    from qa.errors import QAError

    try:
        sys.exit(main())
    except QAError as error:
        sys.exit(str(error))
