"""Ours beside stock LlamaIndex: ``python -m evals.bench_peer --corpus DIR --gold FILE --questions N``.

The same questions, articles, embedding, and local model in one run, asked in turn, neither with cached
replies. Each system has a server of the model to itself, so that each keeps the beginning of its prompt.
Prints the median of seconds a question, the mean of prompt tokens, and how often the gold facts were in the
answer, for both; then one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from evals.facts import held
from evals.measure import circumstances, copy, sample, table

if TYPE_CHECKING:
    from index.types import Embedder
    from qa.config import Settings

ROOT = Path(__file__).parent.parent
FLOOR = 0.5
MAX_TOKENS = 200
SYSTEMS = ("qa", "LlamaIndex")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to one system; an empty answer where it failed."""

    seconds: float
    prompt_tokens: int
    answer: str


Ask = Callable[[str], tuple[str, int]]


def timed(ask: Ask, question: str) -> Asked:
    """Asks, and takes the time. A question that a system fails at counts as an empty answer."""
    start = time.perf_counter()
    try:
        answer, tokens = ask(question)
    except Exception as error:  # what LlamaIndex raises has no common base
        print(f"failed: {error!r}", file=sys.stderr, flush=True)
        answer, tokens = "", 0
    return Asked(time.perf_counter() - start, tokens, answer)


@contextmanager
def ours(settings: Settings) -> Iterator[Ask]:
    """The answers of ``qa ask``."""
    from qa import wiring
    from qa.answer import Question

    model = wiring.chat_model(settings)
    with wiring.retriever(settings) as retriever:
        answerer = wiring.answerer(settings, retriever, model)

        def ask(question: str) -> tuple[str, int]:
            answer = answerer.ask(Question(question, k=settings.k))
            return answer.answer, answer.usage.prompt_tokens

        yield ask


def theirs(store: Path, embedder: Embedder, settings: Settings) -> Ask:
    """The answers of LlamaIndex's query engine, with a server of the same model."""
    from evals.peer import CONTEXT, LocalLLM, query_engine
    from qa import local, models, wiring

    name = wiring.chat_choice(settings).name
    weights = models.path(name, settings.models_dir)
    # Another context size makes it another server than ours.
    server = local.serve(name, weights.parent, context=CONTEXT)
    llm = LocalLLM(server.base_url, server.api_key, name, max_tokens=MAX_TOKENS)
    engine = query_engine(store, embedder, llm)

    def ask(question: str) -> tuple[str, int]:
        before = llm.prompt_tokens
        answer = str(engine.query(question))
        return answer, llm.prompt_tokens - before

    return ask


def compare(gold: Sequence[dict[str, Any]], systems: dict[str, Ask]) -> dict[str, list[Asked]]:
    """Every question to every system, one after the other; who is first changes from question to question."""
    found: dict[str, list[Asked]] = {name: [] for name in systems}
    for ask in systems.values():
        ask("What happened?")  # loads what is loaded at first use; not counted
    for n, one in enumerate(gold):
        names = list(systems)
        for name in names[n % len(names) :] + names[: n % len(names)]:
            asked = timed(systems[name], one["question"])
            found[name].append(asked)
            line = f"{n + 1}/{len(gold)} {name}: {asked.seconds:.2f} s, {asked.prompt_tokens} tokens"
            print(f"{line}: {' '.join(asked.answer.split())[:100]}", file=sys.stderr, flush=True)
    return found


def figures(gold: Sequence[dict[str, Any]], asked: Sequence[Asked]) -> dict[str, float]:
    """One system's figures."""
    facts = [(one["facts"], said.answer) for one, said in zip(gold, asked, strict=True) if one["facts"]]
    return {
        "questions": len(asked),
        "failed": sum(not one.answer for one in asked),
        "seconds_median": median(one.seconds for one in asked),
        "prompt_tokens_mean": mean(one.prompt_tokens for one in asked),
        "with_facts": len(facts),
        "facts_in_answer": sum(all(held(answer, forms)) for forms, answer in facts),
    }


def ratios(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Ours over theirs."""
    mine, other = (found[name] for name in SYSTEMS)
    return {name: mine[name] / other[name] for name in ("seconds_median", "prompt_tokens_mean")}


def spread(lines: Sequence[str], count: int) -> list[dict[str, Any]]:
    """So many questions from all over a gold file."""
    gold = [json.loads(line) for line in lines if line.strip()]
    return [gold[n * len(gold) // count] for n in range(count)] if 0 < count < len(gold) else gold


def prepare(args: argparse.Namespace, gold: Sequence[dict[str, Any]], work: Path) -> tuple[Path, Path]:
    """Our index and LlamaIndex's store over the same files: those named, else made in ``work``."""
    from evals.measure import run

    if args.index and args.store:
        return args.index, args.store
    wanted = {path for one in gold for path in one.get("articles", ())}
    folder = copy(args.corpus, sample(args.corpus, args.articles, wanted), work / "articles")
    print("indexing, first ours, then theirs", file=sys.stderr, flush=True)
    run([sys.executable, "-m", "qa", "index", "add", str(folder), "--index", str(work / "index")])
    run([sys.executable, "-m", "evals.peer", str(folder), str(work / "store")])
    return work / "index", work / "store"


def main() -> int:
    """Command line."""
    from qa import config, wiring

    parser = argparse.ArgumentParser(prog="python -m evals.bench_peer", description="Beside LlamaIndex.")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    parser.add_argument("--articles", type=int, default=0, help="files, those of the questions among them")
    parser.add_argument("--gold", type=Path, default=ROOT / "evals/gold/seeds.jsonl")
    parser.add_argument("--questions", type=int, default=0, help="from all over the gold file; 0: all")
    parser.add_argument("--index", type=Path, help="our index, made before; goes with --store")
    parser.add_argument("--store", type=Path, help="what 'python -m evals.peer FOLDER STORE' made")
    parser.add_argument("--model", default=f"local:{wiring.LOCAL_MODEL}")
    args = parser.parse_args()
    if bool(args.index) != bool(args.store):
        parser.error("--index and --store go together: both systems have to know the same articles")
    if not args.model.startswith(config.LOCAL_PREFIX):
        parser.error("--model must be local:NAME: both systems ask a server in this process")
    busy = os.getloadavg()[0]
    gold = spread(args.gold.read_text(encoding="utf-8").splitlines(), args.questions)
    with tempfile.TemporaryDirectory() as work:
        index, store = prepare(args, gold, Path(work))
        settings = config.load({"index": index, "model": args.model, "cache": False})
        with ours(settings) as ask:
            systems = {"qa": ask, "LlamaIndex": theirs(store, wiring.embedder(settings), settings)}
            asked = compare(gold, systems)
    found = {name: figures(gold, one) for name, one in asked.items()}
    shares = ratios(found)
    columns = list(found["qa"])
    print(table([["", *columns], *([name, *(row[one] for one in columns)] for name, row in found.items())]))
    for name, share in shares.items():
        print(
            f"{name}: {share:.2f} of LlamaIndex's, floor {FLOOR}: {'held' if share <= FLOOR else 'NOT held'}"
        )
    print(circumstances(busy))
    print(json.dumps({"load_before": busy, **found, "ratios": shares}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
