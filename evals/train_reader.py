"""Train the reader: ``python -m evals.train_reader --encoder FILE --tokenizer FILE --data FILE… --out FILE``.

``--data`` are JSON Lines, each a question with a passage: ``{"question", "title", "sentences": [text …],
"gold": [numbers of the sentences that answer], "answer": [sentence, start, end] or null, "weight": 1.0}``; no
gold sentence means that the passage does not answer. ``--start`` goes on from earlier weights.

The weights in ``qa/reader.npz`` were trained in four stages, each going on from the one before:
1. one epoch at 1e-3 over 7,556 passages: half of the development set of SQuAD 2.0 (CC BY-SA 4.0; answerable
   questions and a third of the others), SelQA's development and test sets (Apache-2.0), WikiQA, and the
   question-sentence pairs of the TREC QA tracks;
2. two epochs at 6e-4 over 8,047 passages of news for 3,096 questions that are no longer here;
3. with rank 32 from here on, one epoch at 4e-4 over 10,976 passages for the 5,445 questions of
   ``evals/training/bbc-1.jsonl``, which are in other words than the articles that answer them;
4. one epoch at 4e-4 over 15,773 passages for the 8,560 questions of ``bbc-2.jsonl``. Three quarters of them
   are twins, which tell reading from guessing: see ``evals.reader_quality``. The others are weighed so that
   their style says less about whether they are answered.
The questions of the last two stages were written by a large language model that read the articles, and
``evals.reader_passages`` made passages of them. None of their articles is one that a question of a
development set is about.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evals import reader_net as net
from qa.reader import CLS, QUESTION, SEP, STOP, TITLE

LENGTH = 288
"""Tokens of a text at most."""
TOKENS = 4096
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
        if n and len(ids) + len(encoded.ids) + 1 > LENGTH:
            break
        if item["answer"] and item["answer"][0] == n:
            for place, (first, last) in enumerate(encoded.offsets, len(ids)):
                start = place if first <= item["answer"][1] < last else start
                end = place if first < item["answer"][2] <= last else end
        ids += encoded.ids
        sentence += [n] * len(encoded.ids)
    ids, sentence = [*ids[: LENGTH - 1], SEP], [*sentence[: LENGTH - 1], -1]
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


def pad(rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """A batch as long as its longest text: ``ids``, ``types``, ``mask`` and ``sentence`` (-1 outside of any)
    of shape (texts, tokens); ``gold`` of shape (texts, sentences + 1), where the first is 'no answer'."""
    texts, length = len(rows), max(len(row["ids"]) for row in rows)
    batch = {name: torch.zeros(texts, length, dtype=torch.long) for name in ("ids", "types", "mask")}
    batch["sentence"] = torch.full((texts, length), -1)
    batch["gold"] = torch.zeros(texts, net.SENTENCES + 1)
    for n, row in enumerate(rows):
        size = len(row["ids"])
        batch["mask"][n, :size] = 1
        for name in ("ids", "types", "sentence"):
            batch[name][n, :size] = torch.tensor(row[name])
        batch["gold"][n, [number + 1 for number in row["gold"]] or [0]] = 1
    batch |= {
        name: torch.tensor([row[name] for row in rows]) for name in ("start", "end", "spanned", "weight")
    }
    return batch


def batches(rows: Sequence[dict[str, Any]], seed: int) -> list[list[dict[str, Any]]]:
    """All rows once, in an order drawn from ``seed``, those of like length together."""
    draw = random.Random(seed)
    order = sorted(rows, key=lambda row: (len(row["ids"]) // 8, draw.random()))
    plan: list[list[dict[str, Any]]] = []
    for row in order:
        if not plan or (len(plan[-1]) + 1) * len(row["ids"]) > TOKENS:
            plan.append([])
        plan[-1].append(row)
    draw.shuffle(plan)
    return plan


def train(rows: Sequence[dict[str, Any]], reader: net.ReaderNet, *, epochs: int, rate: float) -> None:
    """``epochs`` over the rows by AdamW, warmed up and let down along a cosine; products are in bfloat16."""
    steps = sum(len(batches(rows, epoch)) for epoch in range(epochs))
    warm = int(0.06 * steps) + 1
    optimiser = torch.optim.AdamW(reader.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(step / warm, 0.03 + 0.97 * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2),
    )
    started, recent, done = time.perf_counter(), 0.0, 0
    reader.train()
    for epoch in range(epochs):
        for group in batches(rows, epoch):
            batch = pad(group)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = reader(batch)
            value = net.loss(logits, batch)
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call,unused-ignore]
            torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            recent, done = (0.98 * recent + 0.02 * value.item()) if done else value.item(), done + 1
            if done % 25 == 0:
                seconds = time.perf_counter() - started
                print(
                    f"step {done} of {steps}, loss {recent:.4f}, {seconds:.0f} s", file=sys.stderr, flush=True
                )


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
    torch.manual_seed(1)
    reader = net.ReaderNet(args.encoder, args.rank)
    if args.start:
        with np.load(args.start, allow_pickle=False) as stored:
            net.start_from(reader, stored)
    train(rows, reader, epochs=args.epochs, rate=args.rate)
    np.savez_compressed(args.out, **net.packed(reader))  # type: ignore[arg-type,unused-ignore]


if __name__ == "__main__":
    main()
