"""Which of the numbered evidence answers a question: the model reads all of it at once and says a number.

Asked plainly, a small model names a wrong sentence as readily as the right one. With updates of its own
(``selector.gguf``, LoRA: Hu et al. 2021, trained by ``evals/train_selector.py``) it chooses well, and it
knows better when there is nothing to choose. It writes a single token, and what counts is not the token but
the log-probabilities of all numbers at its place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa.evidence import fenced, render
from qa.prompting import messages, shown
from qa.types import Evidence, Reply

if TYPE_CHECKING:
    from qa.chat_model import ChatModel

PROMPT = "select"
MOST = 9
"""Sentences to choose among: each number must be a single token."""
# Of the log-probability beside the score of the evidence ranking, and of the sum as a log-probability. What
# evals/calibrate_selector.py finds differs by who wrote the questions, from 0.7 (for those most like what
# both were trained on) to 3.7; on 363 questions of four sets together it is 1.10. SCALE would be 0.5 there:
# with it and an ENOUGH that quotes as many sentences, these have the gold one as often.
WEIGHT, SCALE = 1.0, 0.35
# So much of the probability the sentences that are quoted should have together.
ENOUGH = 0.9
# Alternatives to ask for: words that the model would rather say stand before the numbers.
ALTERNATIVES = 60
# What a number gets that is not among them.
UNSEEN = -16.0


@dataclass(frozen=True, slots=True)
class Selection:
    """What the model said of the evidence for one part of a question.

    odds: for each sentence, in the order of the evidence, the log-probability that it answers.
    none: the log-probability that none of them does. All of these together sum to one.
    """

    odds: tuple[float, ...]
    none: float
    prompt: str
    reply: Reply

    @property
    def some(self) -> float:
        """The log-odds that any of the sentences answers."""
        return math.log(max(1e-9, sum(math.exp(one) for one in self.odds))) - self.none


def select(question: str, evidence: Sequence[Evidence], model: ChatModel) -> Selection | None:
    """Ask ``model``, which must be one that was trained for it, about at most ``MOST`` sentences.

    None where the reply tells nothing of the numbers. Raises ServiceError.
    """
    asked = messages(PROMPT, evidence=render(evidence, numbered), question=fenced(question))
    numbers = [str(number) for number in range(len(evidence) + 1)]
    grammar = "root ::= " + " | ".join(f'"{number}"' for number in numbers)
    reply = model.complete(asked, max_tokens=1, top_logprobs=ALTERNATIVES, grammar=grammar)
    known = dict(reply.logprobs[0].top) if reply.logprobs else {}
    if not any(number in known for number in numbers):
        return None
    raw = [known.get(number, UNSEEN) for number in numbers]
    whole = math.log(sum(math.exp(one) for one in raw))
    none, *odds = (one - whole for one in raw)
    return Selection(tuple(odds), none, shown(asked), reply)


def numbered(number: int, text: str) -> str:
    """A sentence as the model sees it. Its number stands at both ends: what reads from left to right knows
    at the end of a sentence what it said, and takes the next number for its own otherwise."""
    return f"[{number}] {text} [{number}]"


def weighed(evidence: Sequence[Evidence], selection: Selection) -> tuple[Evidence, ...]:
    """The evidence with what was said of each sentence added to its score."""
    return tuple(
        replace(one, score=round(one.score + WEIGHT * odds, 4))
        for one, odds in zip(evidence, selection.odds, strict=True)
    )


def needed(evidence: Sequence[Evidence]) -> int:
    """How many of the best of some ``weighed`` evidence have ``ENOUGH`` of the probability together."""
    best = sorted((SCALE * one.score for one in evidence), reverse=True)
    shares = [math.exp(one - best[0]) for one in best]
    held, enough = 0.0, ENOUGH * sum(shares)
    for count, share in enumerate(shares, 1):
        held += share
        if held >= enough:
            return count
    return len(shares)
