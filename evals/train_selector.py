"""Train the selector:
``python -m evals.train_selector --model FILE.gguf --tokenizer DIR --data FILE --out FILE``.

``--data`` are the groups of ``evals.selector_groups``, each read once. The loss is the cross-entropy of the
numbers of the sentences that answer (in equal shares), or of 0, among all numbers. ``--tokenizer`` is a
folder that ``transformers`` loads; it also reads one out of the GGUF file. Every question is asked before
anything is learned from it, so the figures that are printed are of questions not seen before.

The updates in ``qa/selector.gguf`` were trained in three stages, on the questions of ``evals/training``:
1. 502 groups (4,842 questions) at 4e-4 in 68 minutes, with the number of a sentence only before it;
2. going on from these at 3e-4 in bfloat16, 75 minutes: some 1,310 groups (12,109 questions) of 1,696, in
   random order: 1,100 drawn anew (``--most 1100 --seed 11``), and the 596 that ``evals.selector_squad`` makes
   of half of the development set of SQuAD 2.0 (CC BY-SA 4.0);
3. the same way, 56 minutes: 2,100 groups (24,424 questions), of which 960 are of ``bbc-3.jsonl`` alone
   (``--most 2000 --seed 21 --chosen 0.5``), 720 of all three files (of ``--most 1500 --seed 22 --chosen
   0.15``; the answered questions of ``bbc-2.jsonl`` weighed 1) and 420 of SQuAD (``--seed 17``); with
   ``--keep 0.4``, for the mean of before and after chooses and abstains better than either.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evals.calibrate_answerable import auc
from evals.reader_passages import OPEN
from evals.selector_groups import REMOVED
from evals.selector_net import SelectorNet, write
from qa.prompting import messages
from qa.selector import MOST, PROMPT

GROUPS = 2
"""Of a step."""
RATE, WARM, LEVEL = 4e-4, 12, 0.35
"""The rate, the steps to reach it, and the share of the time to keep it; then it goes down to little."""
RECENT = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said to one question: the probability of 0, and whether the best sentence answers."""

    type: str
    none: float
    hit: bool
    loss: float


def laid(evidence: str, asked: Sequence[str], tokenizer: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A list of sentences and questions about it for ``SelectorNet``, in the model's chat format."""

    def tokens(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False).input_ids)

    system, user = messages(PROMPT, evidence=evidence, question="{}")
    shown, asking = user.content.rsplit("\n\n", 1)
    ids = tokens(f"<|im_start|>system\n{system.content}<|im_end|>\n<|im_start|>user\n{shown}\n\n")
    places, owner, last, before = list(range(len(ids))), [0] * len(ids), [], len(ids)
    for number, question in enumerate(asked, 1):
        put = asking.replace("{}", " ".join(question.split()))
        own = tokens(f"{put}<|im_end|>\n<|im_start|>assistant\n")
        ids += own
        places += range(before, before + len(own))
        owner += [number] * len(own)
        last.append(len(ids) - 1)
    whose = torch.tensor(owner)
    sees = (whose[None, :] == 0) | (whose[None, :] == whose[:, None])
    mask = torch.ones(len(ids), len(ids), dtype=torch.bool).tril() & sees
    return torch.tensor(ids), torch.tensor(places), mask, torch.tensor(last)


def learn(one: dict[str, Any], net: SelectorNet, tokenizer: Any, numbers: Tensor) -> Iterator[Asked]:
    """Adds the gradient of one group; yields what was said to each question."""
    logits = net(*laid(one["evidence"], [row[0] for row in one["asked"]], tokenizer), numbers)
    said = logits[:, : one["sentences"] + 1].log_softmax(-1)
    losses = torch.stack([-row[2] * said[n, row[1]].mean() for n, row in enumerate(one["asked"])])
    (losses.sum() / (16 * GROUPS / 2)).backward()
    for n, (_, right, weight, kind) in enumerate(one["asked"]):
        best = int(said[n, 1:].argmax()) + 1
        yield Asked(kind, float(said[n, 0].detach().exp()), best in right, float(losses[n].detach()) / weight)


def figures(recent: Sequence[Asked]) -> str:
    """Loss, share of right sentences, area under the ROC curve of 0 for both ways to lack an answer."""
    answered = [one for one in recent if one.type not in (OPEN, REMOVED)]
    parts = [f"loss {sum(one.loss for one in recent) / len(recent):.3f}"]
    parts.append(f"right sentence {sum(one.hit for one in answered) / max(1, len(answered)):.3f}")
    for kind in (OPEN, REMOVED):
        lacking = [one for one in recent if one.type == kind]
        if lacking and answered:
            area = auc(
                np.array([one.none for one in (*lacking, *answered)]),
                np.array([1.0] * len(lacking) + [0.0] * len(answered)),
            )
            parts.append(f"area, {kind} {area:.3f}")
    return ", ".join(parts)


def train(
    groups: Sequence[dict[str, Any]], net: SelectorNet, tokenizer: Any, minutes: float, rate: float
) -> None:
    """Once over the groups, or for so many minutes."""
    numbers = torch.tensor([tokenizer.convert_tokens_to_ids(str(number)) for number in range(MOST + 1)])
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    started, asked = time.perf_counter(), list[Asked]()
    steps = len(groups) // GROUPS
    for step in range(steps):
        spent = max((time.perf_counter() - started) / (60 * minutes), step / steps)
        if spent >= 1:
            break
        falling = 1.0 if spent < LEVEL else max(0.03, (1 - spent) / (1 - LEVEL))
        for each in optimiser.param_groups:
            each["lr"] = rate * min(1.0, (step + 1) / WARM) * falling
        for one in groups[step * GROUPS : (step + 1) * GROUPS]:
            asked += learn(one, net, tokenizer, numbers)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % 10 == 9:
            seconds = time.perf_counter() - started
            print(
                f"step {step + 1}, {seconds:.0f} s, {figures(asked[-RECENT:])}", file=sys.stderr, flush=True
            )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="updates to go on from")
    parser.add_argument("--keep", type=float, default=0.0, help="share of these in what is written")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--minutes", type=float, default=68)
    parser.add_argument("--kind", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    from transformers import AutoTokenizer

    torch.manual_seed(1)
    tokenizer = AutoTokenizer.from_pretrained(args.tokenizer)
    lines = args.data.read_text(encoding="utf-8").splitlines()
    net = SelectorNet(args.model, getattr(torch, args.kind))
    if args.start:
        net.start(args.start)
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    train([json.loads(line) for line in lines], net, tokenizer, args.minutes, args.rate)
    # What was learned last is partly of the last questions only; a mean of weights forgets less than it
    # loses (Wortsman et al. 2022).
    for name, value in net.named_parameters():
        value.data.lerp_(before[name], args.keep)
    write(args.out, dict(net.named_parameters()))


if __name__ == "__main__":
    main()
