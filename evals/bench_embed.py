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

from index.embed import BATCH_TOKENS, MAX_TOKENS, OnnxEmbedder, cores, make_batches

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


def weights() -> Path:
    """The file or folder of the configured embedding. Raises ModelMissing, and Missing if it is a service."""
    from qa import config, models, wiring
    from qa.errors import Missing

    settings = config.load()
    choice = wiring.embedding_choice(settings)
    if not choice.local:
        raise Missing(f"{choice.name} is a service's; only a local embedding can be measured here")
    return models.ready(choice.name, settings.models_dir)


def token_count(texts: Sequence[str], place: Path | None = None) -> int:
    """Tokens of the texts as the encoder reads them: cut at ``MAX_TOKENS``, with its two markers."""
    return sum(map(len, _tokens(texts, place or weights())))


def _tokens(texts: Sequence[str], place: Path) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str((place if place.is_dir() else place.parent) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]


def run(way: str, place: Path, texts: Sequence[str], threads: int) -> dict[str, float]:
    """Embeds the texts once after a short warm-up: tokens, seconds, peak memory of the process in MB.

    place: a folder with model.onnx, encoded in batches, or an ONNX file, whose texts are encoded one by one.
    """
    tokens = _tokens(texts, place)
    work = _work(way, place, texts, tokens, threads)
    work(8)
    start = time.perf_counter()
    work(len(texts))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"tokens": sum(map(len, tokens)), "seconds": seconds, "peak": peak}


def _work(
    way: str, place: Path, texts: Sequence[str], tokens: list[list[int]], threads: int
) -> Callable[[int], object]:
    """A function that embeds the first so many texts."""
    file = place / "model.onnx" if place.is_dir() else place
    size = BATCH_TOKENS if place.is_dir() else 1
    if way == "qa":
        embedder = OnnxEmbedder(file.parent, file=file.name, threads=threads, batch_tokens=size)
        return lambda count: embedder.embed(texts[:count])
    session = _session(file, 1 if way == "onnxruntime" else threads)
    if way == "chroma":
        return lambda count: [
            session.run(None, _feed(tokens[at : at + 32], MAX_TOKENS)) for at in range(0, count, 32)
        ]

    def batches(count: int) -> list[Any]:
        lots = make_batches([len(ids) for ids in tokens[:count]], size)
        return [_feed([tokens[i] for i in lot]) for lot in lots]

    ready = {count: batches(count) for count in (8, len(texts))}
    if way == "one session":
        return lambda count: [session.run(None, feed) for feed in ready[count]]

    def shared(count: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda feed: session.run(None, feed), ready[count]))

    return shared


def _session(file: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _feed(tokens: Sequence[Sequence[int]], width: int = 0) -> dict[str, Any]:
    import numpy as np

    ids = np.zeros((len(tokens), width or max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, line in enumerate(tokens):
        ids[row, : len(line)] = line
        mask[row, : len(line)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def measure(
    texts: Sequence[str], places: Sequence[Path], *, rounds: int, threads: int
) -> dict[tuple[str, str], dict[str, float]]:
    """For each model and way the medians of tokens per second and of the peak memory in MB."""
    results: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    given = json.dumps(list(texts))
    for _ in range(rounds):
        for place in places:
            for way in WAYS:
                command = [sys.executable, "-m", "evals.bench_embed", "--corpus", "-", "--way", way]
                command += ["--model", str(place), "--threads", str(threads)]
                done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
                results[place.name, way].append(json.loads(done.stdout))
    return {
        key: {
            "tokens_per_s": median(one["tokens"] / one["seconds"] for one in found),
            "peak_mb": median(one["peak"] for one in found),
        }
        for key, found in results.items()
    }


def main() -> int:
    """Runs every way in turn, ``--rounds`` times, and prints medians."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench_embed", description="Embedding speed.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument(
        "--model", type=Path, nargs="*", help="folders with model.onnx and tokenizer.json, or ONNX files"
    )
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        texts = json.load(sys.stdin)
        print(json.dumps(run(options.way, options.model[0], texts, options.threads)))
        return 0
    places = options.model or [weights()]
    texts = sample(options.corpus, options.texts)
    figures = measure(texts, places, rounds=options.rounds, threads=options.threads)
    print(f"{'model':<32}{'way':<14}{'tokens/s':>10}{'peak MB':>10}")
    for (name, way), one in figures.items():
        print(f"{name:<32}{way:<14}{one['tokens_per_s']:>10.0f}{one['peak_mb']:>10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
