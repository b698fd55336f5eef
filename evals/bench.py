"""Whole-process figures: ``python -m evals.bench --corpus DIR [--articles N] [--what embed,add,search,ask]``.

    embed    tokens embedded per second: the index's way, the runtime alone on the same batches, Chroma's way
    add      ``qa index add`` into a new index, the same again, and LlamaIndex's pipeline on the same files
    search   ``qa search``: a new process for each question, and 20 questions in one process
    ask      ``qa ask``: likewise; in a new process also the time until the first claim is on the terminal

Medians over the runs, as tables and then as one line of JSON. Without ``--index`` search and ask use an index
made of the same files. Replies of the model are never taken from the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals import bench_embed
from evals.measure import Run, circumstances, copy, middle, run, sample, table

ROOT = Path(__file__).parent.parent
FLOOR_AGAIN, FLOOR_EMBED = 50, 0.85
QA = [sys.executable, "-m", "qa"]
Figures = dict[str, dict[str, Any]]


def embed(args: argparse.Namespace) -> Figures:
    """How fast texts become vectors; loading is not counted."""
    from index.embed import cores

    texts = bench_embed.sample(args.corpus, args.texts)
    found = bench_embed.measure(texts, [bench_embed.weights()], rounds=args.runs, threads=cores())
    figures: Figures = {way: dict(one) for (_, way), one in found.items()}
    floor = figures["onnxruntime"]["tokens_per_s"]
    for one in figures.values():
        one["of_the_runtime"] = one["tokens_per_s"] / floor
    return figures


def add(args: argparse.Namespace) -> Figures:
    """Whole processes, in turn: first add, the same add again, LlamaIndex; each run into a new folder."""
    ways = ("qa index add", "the same again", "LlamaIndex")
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as work:
        folder = copy(args.corpus, sample(args.corpus, args.articles), Path(work, "articles"))
        for n in range(args.runs):
            ours = [*QA, "index", "add", str(folder), "--index", f"{work}/index{n}", "--json"]
            theirs = [sys.executable, "-m", "evals.peer", str(folder), f"{work}/peer{n}"]
            for way, command in zip(ways, (ours, ours, theirs), strict=True):
                said(f"add, run {n + 1} of {args.runs}: {way}")
                runs[way].append(run(command))
        articles, texts = embedded(folder)
    tokens = {ways[0]: bench_embed.token_count(texts)}
    tokens[ways[2]] = json.loads(runs[ways[2]][0].out.splitlines()[-1])["tokens"]
    figures: Figures = {}
    for way, found in runs.items():
        seconds = middle(one.seconds for one in found) or 0.0
        figures[way] = {
            "seconds": seconds,
            "articles_per_s": articles / seconds,
            "tokens": tokens.get(way),
            "tokens_per_s": tokens[way] / seconds if way in tokens else None,
            "peak_mb": middle(one.peak for one in found),
        }
    ratios = [
        first.seconds / again.seconds for first, again in zip(runs[ways[0]], runs[ways[1]], strict=True)
    ]
    figures["the same again"]["times_faster"] = middle(ratios)
    return figures


def embedded(folder: Path) -> tuple[int, list[str]]:
    """How many articles there are, and the texts that the index embeds for them."""
    from index.chunk import chunk, embedding_text
    from index.load import LoadOptions, load
    from index.types import Article

    articles = [one for one in load([str(folder)], LoadOptions()) if isinstance(one, Article)]
    return len(articles), [embedding_text(one, piece) for one in articles for piece in chunk(one)]


def search(args: argparse.Namespace) -> Figures:
    """``qa search``, cold and warm."""
    with index_of(args) as index:
        cold = [cold_run(args, index, ["search", question]) for question in questions(args, args.runs)]
        return {"cold process": processes(cold), "warm": warm(args, index, "search")}


def ask(args: argparse.Namespace) -> Figures:
    """``qa ask``, cold and warm. On a terminal, so that claims are printed as they are checked."""
    with index_of(args) as index:
        flags = ["--no-cache", "--model", args.model]
        cold = [cold_run(args, index, ["ask", question, *flags]) for question in questions(args, args.runs)]
        figures = {"cold process": processes(cold), "warm": warm(args, index, "ask")}
    figures["cold process"]["first_words_s"] = middle(one.first for one in cold)
    return figures


def cold_run(args: argparse.Namespace, index: Path, words: list[str]) -> Run:
    """One question in a process of its own."""
    said(f"cold: qa {words[0]} {words[1]}")
    return run([*QA, *words, "--index", str(index)], terminal=True)


def processes(runs: list[Run]) -> dict[str, Any]:
    """Medians of whole processes."""
    return {
        "questions": len(runs),
        "seconds": middle(one.seconds for one in runs),
        "peak_mb": middle(one.peak for one in runs),
    }


def warm(args: argparse.Namespace, index: Path, what: str) -> dict[str, Any]:
    """Many questions in one process, whose first is not counted."""
    said(f"warm: {args.questions} questions in one process")
    command = [sys.executable, "-m", "evals.bench", "--warm", what, "--index", str(index)]
    command += ["--gold", str(args.gold), "--questions", str(args.questions), "--model", args.model]
    process = run(command)
    found: dict[str, Any] = json.loads(process.out.splitlines()[-1])
    return {**found, "peak_mb": process.peak}


def warm_up(args: argparse.Namespace) -> dict[str, Any]:
    """The child's part of ``warm``: median seconds a question after the first one."""
    from index.types import Query
    from qa import config, wiring
    from qa.answer import Question
    from qa.highlight import best_sentences

    settings = config.load({"index": args.index, "model": args.model, "cache": False})
    with wiring.retriever(settings) as retriever:
        if args.warm == "search":

            def one(text: str) -> int:
                found = retriever.search(Query(text, k=settings.k))
                best_sentences(text, found, retriever.catalog)
                return 0
        else:
            model = wiring.chat_model(settings)
            answerer = wiring.answerer(settings, retriever, model)

            def one(text: str) -> int:
                return answerer.ask(Question(text, k=settings.k)).usage.prompt_tokens

        timed = [clocked(one, text) for text in questions(args, args.questions + 1)][1:]
    figures = {"questions": len(timed), "seconds": middle(seconds for seconds, _ in timed)}
    if args.warm == "ask":
        figures["prompt_tokens"] = middle(tokens for _, tokens in timed)
    return figures


def clocked(work: Callable[[str], int], text: str) -> tuple[float, int]:
    """Seconds that ``work`` takes, and what it returns."""
    start = time.perf_counter()
    result = work(text)
    return time.perf_counter() - start, result


def questions(args: argparse.Namespace, count: int) -> list[str]:
    """The first questions of the gold file; from its start again where it has fewer."""
    lines = [line for line in args.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = [json.loads(line)["question"] for line in lines]
    return [texts[n % len(texts)] for n in range(count)]


@contextmanager
def index_of(args: argparse.Namespace) -> Iterator[Path]:
    """The index that was named, else a temporary one of the sampled files."""
    if args.index:
        yield args.index
        return
    with tempfile.TemporaryDirectory() as work:
        said("making an index")
        folder = copy(args.corpus, sample(args.corpus, args.articles), Path(work, "articles"))
        run([*QA, "index", "add", str(folder), "--index", f"{work}/index"])
        yield Path(work, "index")


def said(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def shown(name: str, figures: Figures) -> str:
    """One section as a table."""
    columns = list(dict.fromkeys(column for row in figures.values() for column in row))
    rows = [[way, *(row.get(column) for column in columns)] for way, row in figures.items()]
    return table([[name, *columns], *rows])


def floors(found: dict[str, Figures]) -> list[str]:
    """Which floors were measured, and whether they hold."""
    lines = []
    if "embed" in found:
        share = found["embed"]["qa"]["of_the_runtime"]
        lines.append(_floor("embedding beside the runtime alone", share, FLOOR_EMBED))
    if "add" in found:
        again = found["add"]["the same again"]["times_faster"]
        lines.append(_floor("the second add, times faster", again, FLOOR_AGAIN))
    return lines


def _floor(what: str, value: float, floor: float) -> str:
    return f"{what}: {value:.2f}, floor {floor}: {'held' if value >= floor else 'NOT held'}"


WHAT: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "embed": embed,
    "add": add,
    "search": search,
    "ask": ask,
}


def main() -> int:
    """Command line."""
    from qa.wiring import LOCAL_MODEL

    parser = argparse.ArgumentParser(prog="python -m evals.bench", description="Whole-process figures.")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    parser.add_argument("--articles", type=int, default=0, help="files from all over the corpus; 0: all")
    parser.add_argument("--what", default=",".join(WHAT), help="some of " + ",".join(WHAT))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--texts", type=int, default=200, help="texts to embed")
    parser.add_argument("--gold", type=Path, default=ROOT / "evals/gold/seeds.jsonl", help="the questions")
    parser.add_argument("--questions", type=int, default=20, help="questions in one process")
    parser.add_argument("--index", type=Path, help="an index for search and ask, instead of a new one")
    parser.add_argument("--model", default=f"local:{LOCAL_MODEL}")
    parser.add_argument("--warm", choices=("search", "ask"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.warm:
        print(json.dumps(warm_up(args)))
        return 0
    chosen = args.what.split(",")
    if unknown := [what for what in chosen if what not in WHAT]:
        parser.error(f"--what: {unknown[0]} is none of {', '.join(WHAT)}")
    busy = os.getloadavg()[0]
    found: dict[str, Figures] = {}
    for what in chosen:
        found[what] = WHAT[what](args)
        print(shown(what, found[what]) + "\n", flush=True)
    print("\n".join([*floors(found), circumstances(busy)]))
    print(json.dumps({"runs": args.runs, "load_before": busy, **found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
