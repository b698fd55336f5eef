"""Find the weights of the evidence ranking: ``python -m evals.calibrate --index DIR --gold FILE… [--write]``.

A listwise softmax over each question's sentences (the loss is minus the log of the probability that falls on
the gold sentences; ListNet, Cao et al. 2007), with L2, by Adam. Prints, by cross-validation over the
questions, the share of questions whose gold sentence is among the first n, and the share for which the first
n sentences hold all the facts. ``--write`` fits on all questions and writes ``qa/weights.toml``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.facts import ANSWERABLE
from index.types import Query
from qa import config, wiring
from qa.evidence import MODELS, similarities, split, undense
from qa.question import Part, kind_of

CUTS = (1, 2, 3, 5, 8, 10, 12, 15)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A question's sentences: features of shape (sentences, features), and which hold gold evidence.

    The features are those of the model ``full_read``.
    """

    id: str
    values: Matrix
    gold: NDArray[np.bool_]
    texts: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]


def squash(text: str) -> str:
    """White space and quotation marks settled, as a quotation is compared."""
    for mark, plain in (("‘", "'"), ("’", "'"), ("“", '"'), ("”", '"')):
        text = text.replace(mark, plain)
    return " ".join(text.split())


def cases(index: Path, gold: Sequence[Path], k: int) -> list[Case]:
    """Every answerable question of the gold files with all sentences of its passages."""
    settings = config.load({"index": index})
    made: list[Case] = []
    reader = wiring.reader(settings)
    if reader is None:
        raise SystemExit("the reader's weights are not there: run 'qa models pull'")
    with wiring.retriever(settings) as retriever:
        embedder, catalog = retriever.embedder, retriever.catalog
        for line in (line for path in gold for line in path.read_text(encoding="utf-8").splitlines()):
            item = json.loads(line)
            if item["type"] not in ANSWERABLE:
                continue
            part = Part(item["question"], kind_of(item["question"]))
            passages = retriever.search(Query(part.text, k=k))
            found = split(passages)
            cheap = undense(part, found, passages, catalog, reader.read(part.text, found))
            dense = similarities(part.text, found, embedder)
            values = [(*row, *pair) for row, pair in zip(cheap, dense, strict=True)]
            made.append(_case(item, [one.text for one in found], np.array(values)))
            print(f"\r{len(made)} questions", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return made


def _case(item: dict[str, Any], texts: list[str], values: Matrix) -> Case:
    quotes = [squash(one["quote"]) for one in item["evidence"]]
    facts = tuple(tuple(squash(form).lower() for form in forms) for forms in item.get("facts", ()))
    gold = [
        any(squash(text) in quote or quote in squash(text) for quote in quotes)
        and (not facts or any(form in squash(text).lower() for forms in facts for form in forms))
        for text in texts
    ]
    return Case(item["id"], values, np.array(gold, dtype=bool), tuple(texts), facts)


def fit(
    data: Sequence[Case], columns: Sequence[int], *, l2: float = 0.05, steps: int = 300
) -> tuple[Matrix, Matrix, Matrix]:
    """Weights, means and scales of the chosen feature columns."""
    stacked = np.vstack([case.values[:, columns] for case in data])
    mean, scale = stacked.mean(0), stacked.std(0) + 1e-6
    pairs = [((case.values[:, columns] - mean) / scale, case.gold) for case in data if case.gold.any()]
    weight = np.zeros(len(columns))
    first, second = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, steps + 1):
        slope = l2 * weight
        for values, gold in pairs:
            probability = _softmax(values @ weight)
            target = probability * gold
            slope -= (target / target.sum() - probability) @ values / len(pairs)
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weight -= 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weight, mean, scale


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), dtype=np.float64)


def validate(data: Sequence[Case], columns: Sequence[int], *, folds: int = 5, l2: float = 0.05) -> str:
    """Two lines: gold sentence found, and all facts held, by the first n sentences, cross-validated."""
    hits, held = dict.fromkeys(CUTS, 0), dict.fromkeys(CUTS, 0)
    for fold in range(folds):
        train = [case for n, case in enumerate(data) if n % folds != fold]
        weight, mean, scale = fit(train, columns, l2=l2)
        for case in (case for n, case in enumerate(data) if n % folds == fold):
            order = np.argsort(-(((case.values[:, columns] - mean) / scale) @ weight))
            for cut in CUTS:
                hits[cut] += bool(case.gold[order[:cut]].any())
                text = squash(" ".join(case.texts[n] for n in order[:cut])).lower()
                held[cut] += all(any(form in text for form in forms) for forms in case.facts)
    row = "  ".join
    return (
        "gold sentence among the first  "
        + row(f"{cut}: {hits[cut] / len(data):.3f}" for cut in CUTS)
        + "\nall facts within the first     "
        + row(f"{cut}: {held[cut] / len(data):.3f}" for cut in CUTS)
    )


def table(name: str, names: Sequence[str], fitted: tuple[Matrix, Matrix, Matrix]) -> str:
    """One model as TOML."""
    rows = [
        f"{feature} = {{ weight = {weight:.4f}, mean = {mean:.4f}, scale = {scale:.4f} }}"
        for feature, weight, mean, scale in zip(names, *fitted, strict=True)
    ]
    return "\n".join([f"[{name}]", *rows])


def with_tables(text: str, tables: Sequence[str]) -> str:
    """``qa/weights.toml`` with some tables in place of those of the same name; the others stay."""
    blocks = {block.partition("\n")[0]: block for block in text.strip().split("\n\n")}
    blocks |= {table.partition("\n")[0]: table.strip() for table in tables}
    return "\n\n".join(blocks.values()) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("-k", type=int, default=10, help="passages a question")
    parser.add_argument("--write", action="store_true", help="write qa/weights.toml")
    args = parser.parse_args()
    data = cases(args.index, args.gold, args.k)
    print(
        f"{len(data)} questions, "
        f"{sum(not case.gold.any() for case in data)} without a gold sentence retrieved"
    )
    known = MODELS["full_read"]
    fitted = []
    for name, features in MODELS.items():
        columns = [known.index(feature) for feature in features]
        print(f"{name}\n{validate(data, columns)}", flush=True)
        fitted.append(table(name, features, fit(data, columns)))
    if args.write:
        target = Path(__file__).parent.parent / "qa" / "weights.toml"
        target.write_text(with_tables(target.read_text(encoding="utf-8"), fitted), encoding="utf-8")
        print(f"written: {target.name}")


if __name__ == "__main__":
    main()
