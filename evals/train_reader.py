"""Train the reader: ``python -m evals.train_reader --encoder FILE --tokenizer FILE --data FILE… --out FILE``.

``--data`` are JSON Lines, each a question with a passage: ``{"question", "title", "sentences": [text …],
"gold": [numbers of the sentences that answer], "answer": [sentence, start, end] or null, "weight": 1.0}``; no
gold sentence means that the passage does not answer. ``--start`` goes on from earlier weights.

The weights in ``qa/reader.npz`` were trained in two stages on public sets, then on our own questions:
1. one epoch at 1e-3 over 7,556 passages: half of the development set of SQuAD 2.0 (CC BY-SA 4.0; answerable
   questions and a third of the others), SelQA's development and test sets (Apache-2.0), WikiQA, and the
   question-sentence pairs of the TREC QA tracks;
2. two epochs at 6e-4 over 8,047 passages of news that retrieval finds for 3,096 questions of our own, a
   quarter of which ask for what the articles leave out: passages with the answer, and up to two without it,
   at half the weight (0.8 where the very article asked about does not say). These quote the articles of
   others, so they are not here.
None of their articles is one that a question of a development set is about.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from evals import reader_net as net
from qa.adapter import LINEAR, NORM
from qa.reader import CLS, QUESTION, SEP, STOP, TITLE

LENGTHS = (128, 208, 288)
"""Texts are padded to one of these, for each shape is compiled anew."""
TOKENS = 3072
"""Of a batch."""


def laid(item: dict[str, Any], tokenizer: Any) -> dict[str, Any] | None:
    """A question with its passage as tokens, as ``qa.reader`` lays them; None when the answer was cut off."""
    asked = tokenizer.encode(item["question"], add_special_tokens=False).ids[:QUESTION]
    title = tokenizer.encode(item["title"], add_special_tokens=False).ids[:TITLE]
    ids = [CLS, *asked, SEP]
    types = [0] * len(ids)
    ids += [*title, STOP] if title else []
    sentence = [-1] * len(ids)
    start = end = 0
    for n, text in enumerate(item["sentences"][: net.SENTENCES]):
        encoded = tokenizer.encode(text, add_special_tokens=False)
        if n and len(ids) + len(encoded.ids) + 1 > LENGTHS[-1]:
            break
        if item["answer"] and item["answer"][0] == n:
            for place, (first, last) in enumerate(encoded.offsets, len(ids)):
                start = place if first <= item["answer"][1] < last else start
                end = place if first < item["answer"][2] <= last else end
        ids += encoded.ids
        sentence += [n] * len(encoded.ids)
    ids, sentence = [*ids[: LENGTHS[-1] - 1], SEP], [*sentence[: LENGTHS[-1] - 1], -1]
    gold = [n for n in item["gold"] if n in sentence]
    if item["gold"] and not gold:
        return None
    whole = 0 < start <= end < len(ids)
    return {
        "ids": ids,
        "types": types + [1] * (len(ids) - len(types)),
        "sentence": sentence,
        "gold": gold,
        "start": start if whole else 0,
        "end": end if whole else 0,
        "spanned": float(whole or not gold),
        "weight": item.get("weight", 1.0),
    }


def pad(rows: Sequence[dict[str, Any]], length: int, texts: int) -> dict[str, Any]:
    """A batch of the shape (texts, length); rows that are not there weigh nothing."""
    batch: dict[str, Any] = {name: np.zeros((texts, length), np.int32) for name in ("ids", "types")}
    batch["sentence"] = np.full((texts, length), -1, np.int32)
    batch["mask"] = np.zeros((texts, length), np.float32)
    batch["mask"][:, 0] = 1
    batch["gold"] = np.zeros((texts, net.SENTENCES + 1), np.float32)
    batch |= {name: np.zeros(texts, np.int32) for name in ("start", "end")}
    batch |= {name: np.zeros(texts, np.float32) for name in ("spanned", "weight")}
    for n, row in enumerate(rows):
        size = len(row["ids"])
        batch["mask"][n, :size] = 1
        for name in ("ids", "types", "sentence"):
            batch[name][n, :size] = row[name]
        for name in ("start", "end", "spanned", "weight"):
            batch[name][n] = row[name]
    for n in range(texts):
        gold = rows[n]["gold"] if n < len(rows) else []
        batch["gold"][n, [number + 1 for number in gold] or [0]] = 1
    return batch


def batches(rows: Sequence[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """All rows once, in an order drawn from ``seed``, those of like length together."""
    draw = random.Random(seed)
    by_length: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_length.setdefault(next(one for one in LENGTHS if one >= len(row["ids"])), []).append(row)
    plan = []
    for length, group in sorted(by_length.items()):
        draw.shuffle(group)
        texts = TOKENS // length
        plan += [(length, texts, group[n : n + texts]) for n in range(0, len(group), texts)]
    draw.shuffle(plan)
    return (pad(group, length, texts) for length, texts, group in plan)


def train(rows: Sequence[dict[str, Any]], base: Any, tree: Any, *, epochs: int, rate: float) -> Any:
    """The updates after ``epochs`` over the rows; AdamW, warmed up and let down along a cosine."""
    steps = epochs * sum(1 for _ in batches(rows, 0))
    schedule = optax.warmup_cosine_decay_schedule(0, rate, int(0.06 * steps) + 1, steps, 0.03 * rate)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.01))
    state = optimiser.init(tree)

    @jax.jit  # type: ignore[untyped-decorator,unused-ignore]
    def step(tree: Any, state: Any, batch: Any, key: Any) -> tuple[Any, Any, Any]:
        value, slope = jax.value_and_grad(net.loss)(tree, base, batch, key)
        change, state = optimiser.update(slope, state, tree)
        return optax.apply_updates(tree, change), state, value

    key, started, recent, done = jax.random.PRNGKey(1), time.perf_counter(), 0.0, 0
    for epoch in range(epochs):
        for batch in batches(rows, epoch):
            key, now = jax.random.split(key)
            tree, state, value = step(tree, state, batch, now)
            recent, done = (0.98 * recent + 0.02 * float(value)) if done else float(value), done + 1
            if done % 50 == 0:
                seconds = time.perf_counter() - started
                print(f"step {done} of {steps}, loss {recent:.4f}, {seconds:.0f} s", file=sys.stderr)
    return tree


def unpacked(path: Path, rank: int) -> Any:
    """Updates to go on from, out of a file that this script wrote."""
    tree = net.updates(rank)
    with np.load(path, allow_pickle=False) as stored:
        for n, layer in enumerate(tree["layers"]):
            for key in LINEAR:
                first, second, bias = (
                    jnp.asarray(stored[f"{n}.{key}.{one}"], jnp.float32) for one in ("a", "b", "bias")
                )
                layer[key] = (first, second / net.SCALE, bias)
            for key in NORM:
                layer[f"norm{key}"] = tuple(
                    jnp.asarray(stored[f"{n}.norm{key}.{one}"], jnp.float32) for one in ("weight", "bias")
                )
        tree["head"] = tuple(jnp.asarray(stored[one], jnp.float32) for one in ("head", "head.bias"))
    return tree


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--encoder", type=Path, required=True, help="model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    args = parser.parse_args()
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    lines = [line for path in args.data for line in path.read_text(encoding="utf-8").splitlines() if line]
    rows = [row for line in lines if (row := laid(json.loads(line), tokenizer))]
    print(f"{len(rows)} passages of {len(lines)}", file=sys.stderr)
    tree = unpacked(args.start, args.rank) if args.start else net.updates(args.rank)
    tree = train(rows, net.encoder(args.encoder), tree, epochs=args.epochs, rate=args.rate)
    np.savez_compressed(args.out, **net.packed(tree))


if __name__ == "__main__":
    main()
