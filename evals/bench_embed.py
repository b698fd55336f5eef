"""Tokens embedded per second and peak memory: ``python -m evals.bench_embed --corpus FOLDER``.

Ways, each in a process of its own, taking turns so that other load hits all alike; loading is not counted:

    qa            what the index does: tokenise, sort, encode, pool
    onnxruntime   the model alone on the very same token batches with the same threads: the floor
    one session   the model alone on the same batches, all cores in one call
    chroma        as Chroma's built-in embedding does it: batches of 32 in the given order, padded to 256
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from index.embed import MAX_TOKENS, OnnxEmbedder, cores, make_batches

WAYS = ("qa", "onnxruntime", "one session", "chroma")


def sample(corpus: Path, count: int) -> list[str]:
    """Texts as they are embedded for the index, from all over the corpus."""
    from index.chunk import chunk, embedding_text
    from index.load import LoadOptions, load
    from index.types import Article

    articles = [one for one in load([str(corpus)], LoadOptions()) if isinstance(one, Article)]
    texts: list[str] = []
    for article in articles[:: max(1, 2 * len(articles) // count)]:
        texts.extend(embedding_text(article, piece) for piece in chunk(article))
    return texts[:count]


def run(way: str, folder: Path, texts: Sequence[str], threads: int) -> dict[str, float]:
    """Embeds the texts once after a short warm-up: tokens, seconds, peak memory of the process in MB."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    work = _work(way, folder, texts, tokens, threads)
    work(8)
    start = time.perf_counter()
    work(len(texts))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"tokens": sum(map(len, tokens)), "seconds": seconds, "peak": peak}


def _work(
    way: str, folder: Path, texts: Sequence[str], tokens: list[list[int]], threads: int
) -> Callable[[int], object]:
    """A function that embeds the first so many texts."""
    if way == "qa":
        embedder = OnnxEmbedder(folder, threads=threads)
        return lambda count: embedder.embed(texts[:count])
    session = _session(folder, 1 if way == "onnxruntime" else threads)
    if way == "chroma":
        return lambda count: [
            session.run(None, _feed(tokens[at : at + 32], MAX_TOKENS)) for at in range(0, count, 32)
        ]

    def batches(count: int) -> list[Any]:
        lots = make_batches([len(ids) for ids in tokens[:count]])
        return [_feed([tokens[i] for i in lot]) for lot in lots]

    ready = {count: batches(count) for count in (8, len(texts))}
    if way == "one session":
        return lambda count: [session.run(None, feed) for feed in ready[count]]

    def shared(count: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda feed: session.run(None, feed), ready[count]))

    return shared


def _session(folder: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )


def _feed(tokens: Sequence[Sequence[int]], width: int = 0) -> dict[str, Any]:
    import numpy as np

    ids = np.zeros((len(tokens), width or max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, line in enumerate(tokens):
        ids[row, : len(line)] = line
        mask[row, : len(line)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def main() -> int:
    """Runs every way in turn, ``--rounds`` times, and prints medians."""
    from qa import config

    parser = argparse.ArgumentParser(prog="python -m evals.bench_embed", description="Embedding speed.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", type=Path, nargs="*", help="folders with model.onnx and tokenizer.json")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        texts = json.load(sys.stdin)
        print(json.dumps(run(options.way, options.model[0], texts, options.threads)))
        return 0
    texts = json.dumps(sample(options.corpus, options.texts))
    folders = options.model or [config.load().models_dir / "minilm-l6-v2"]
    results: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for _ in range(options.rounds):
        for folder in folders:
            for way in WAYS:
                command = [sys.executable, "-m", "evals.bench_embed", "--corpus", "-", "--way", way]
                command += ["--model", str(folder), "--threads", str(options.threads)]
                done = subprocess.run(command, input=texts, capture_output=True, text=True, check=True)
                results[str(folder), way].append(json.loads(done.stdout))
    print(f"{'model':<32}{'way':<14}{'tokens/s':>10}{'peak MB':>10}")
    for (name, way), rounds in results.items():
        speed = median(one["tokens"] / one["seconds"] for one in rounds)
        peak = median(one["peak"] for one in rounds)
        print(f"{Path(name).name:<32}{way:<14}{speed:>10.0f}{peak:>10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
