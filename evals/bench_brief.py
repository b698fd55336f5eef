"""Briefs beside stock LlamaIndex: ``python -m evals.bench_brief GOLD --index DIR --topics N``.

For each gold topic ours is made twice, first with nothing kept and then with what the first run kept, and
LlamaIndex's ``tree_summarize`` summarises the same articles with the same local model, in one run. Prints
seconds and tokens, for each article and in all, and how many nuggets stand on the page of each; then one line
of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from evals.gold import GoldBrief, load_briefs
from evals.measure import circumstances, table
from evals.nuggets import label, nugget_scores
from evals.page import Page
from index.sentences import sentences

if TYPE_CHECKING:
    from qa.brief.make import Briefer
    from qa.brief.types import Brief
    from qa.config import Settings

CONTEXT = 4096
MAX_TOKENS = 400
FIRST, CACHED, PEER = "qa, first", "qa, cached", "LlamaIndex"


def nuggets(gold: GoldBrief, lines: Sequence[str]) -> dict[str, float]:
    """The shares of vital and of all nuggets that one line of a page holds in full."""
    scores = nugget_scores([(one.vital, label(one.forms, lines)) for one in gold.nuggets])
    return {"vital": scores.strict_vital or 0.0, "all": scores.strict_all or 0.0}


def ours(gold: GoldBrief, made: Brief, seconds: float) -> dict[str, float]:
    """The figures of one brief of ours."""
    from qa.brief.render import to_dict

    page = Page(to_dict(made))
    articles = len(made.trace.retrieved)
    tokens = made.usage.prompt_tokens + made.usage.completion_tokens
    return {
        "articles": articles,
        "seconds": seconds,
        "map_seconds_per_article": made.timings.map_s / articles,
        "model_tokens": tokens,
        "model_tokens_per_article": tokens / articles,
        "words": len(page.text.split()),
        **nuggets(gold, page.lines),
    }


def theirs(gold: GoldBrief, texts: Sequence[str], llm: Any) -> dict[str, float]:
    """The figures of LlamaIndex's summary of the same articles."""
    from llama_index.core import PromptHelper, get_response_synthesizer
    from llama_index.core.response_synthesizers import ResponseMode

    helper = PromptHelper(context_window=CONTEXT, num_output=MAX_TOKENS)
    engine = get_response_synthesizer(
        response_mode=ResponseMode.TREE_SUMMARIZE, llm=llm, prompt_helper=helper
    )
    before, start = llm.prompt_tokens, time.perf_counter()
    summary = str(engine.get_response(f"Write a brief about this: {gold.topic}", list(texts)))
    seconds, tokens = time.perf_counter() - start, llm.prompt_tokens - before
    print(f"{gold.id} LlamaIndex: {' '.join(summary.split())}", file=sys.stderr, flush=True)
    lines = [summary[one.start : one.end] for one in sentences(summary)]
    return {
        "articles": len(texts),
        "seconds": seconds,
        "map_seconds_per_article": seconds / len(texts),
        "model_tokens": tokens,
        "model_tokens_per_article": tokens / len(texts),
        "words": len(summary.split()),
        **nuggets(gold, lines),
    }


def timed(gold: GoldBrief, briefer: Briefer) -> tuple[Brief | None, float]:
    """A brief and the seconds that it took."""
    start = time.perf_counter()
    return briefer.about(gold.topic), time.perf_counter() - start


def spread(golds: Sequence[GoldBrief], count: int) -> list[GoldBrief]:
    """So many topics from all over a gold file."""
    return [golds[n * len(golds) // count] for n in range(count)] if 0 < count < len(golds) else list(golds)


def means(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure."""
    found = list(rows)
    return {name: mean(one[name] for one in found) for name in found[0]}


def measured(golds: Sequence[GoldBrief], settings: Settings, work: Path) -> dict[str, list[dict[str, float]]]:
    """The figures of each system, brief by brief."""
    from evals.peer import LocalLLM
    from qa import local, models, wiring
    from qa.brief.make import Briefer
    from qa.brief.notes import NoteStore
    from qa.reply_cache import CachedChat, ReplyCache

    name = wiring.chat_choice(settings).name
    server = local.serve(name, models.path(name, settings.models_dir).parent, context=CONTEXT)
    llm = LocalLLM(server.base_url, server.api_key, name, max_tokens=MAX_TOKENS)
    model = CachedChat(wiring.chat_model(settings), ReplyCache(work / "replies.sqlite"))
    rows: dict[str, list[dict[str, float]]] = {FIRST: [], CACHED: [], PEER: []}
    with wiring.retriever(settings) as retriever:
        list(retriever.embedder.embed(["what is loaded at first use is not counted"]))
        briefer = Briefer(retriever, model, NoteStore(work / "notes"))
        for gold in golds:
            first, cached = timed(gold, briefer), timed(gold, briefer)
            if first[0] is None or cached[0] is None:
                print(f"{gold.id}: the articles say nothing about it", file=sys.stderr)
                continue
            rows[FIRST].append(ours(gold, first[0], first[1]))
            rows[CACHED].append(ours(gold, cached[0], cached[1]))
            read = [retriever.catalog.article(path) for path in first[0].trace.retrieved]
            rows[PEER].append(theirs(gold, [f"{one.title}\n\n{one.text}" for one in read], llm))
    return rows


def main() -> int:
    """Command line."""
    from qa import config, wiring

    parser = argparse.ArgumentParser(prog="python -m evals.bench_brief", description="Beside LlamaIndex.")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--topics", type=int, default=2, help="from all over the gold file; 0: all")
    parser.add_argument("--model", default=f"local:{wiring.LOCAL_MODEL}")
    args = parser.parse_args()
    if not args.model.startswith(config.LOCAL_PREFIX):
        parser.error("--model must be local:NAME: both systems ask a server in this process")
    busy = os.getloadavg()[0]
    golds = spread([one for one in load_briefs(args.gold) if one.kind == "topic"], args.topics)
    settings = config.load({"index": args.index, "model": args.model, "cache": False})
    with tempfile.TemporaryDirectory() as work:
        rows = measured(golds, settings, Path(work))
    found = {name: means(rows[name]) for name in (FIRST, CACHED, PEER) if rows[name]}
    if not found:
        print("nothing is known about any of the topics", file=sys.stderr)
        return 3
    columns = list(found[FIRST])
    print(table([["", *found], *([column, *(row[column] for row in found.values())] for column in columns)]))
    print(circumstances(busy))
    print(json.dumps({"load_before": busy, "means": found, "topics": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
