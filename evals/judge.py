"""A model's opinion on each gold fact of each answer: advisory, beside the scores that code gives.

Asked at temperature 0, one fact at a time, through the cache of replies where the settings keep one. A reply
that cannot be read is counted as that and as nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.folder import Run
from evals.stats import cohen_kappa
from qa.errors import ReplyInvalid
from qa.evidence import fenced
from qa.llm import parse_json
from qa.prompting import messages, prompt_id

if TYPE_CHECKING:
    from qa.chat_model import ChatModel

PROMPT = "judge"
FILE = "judge.jsonl"
SUPPORT, PARTIAL, NOT = VERDICTS = ("support", "partial", "not")
UNREADABLE = "unreadable"
MAX_TOKENS = 32
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": list(VERDICTS)}},
    "required": ["verdict"],
    "additionalProperties": False,
}
GRAMMAR = r'root ::= "{\"verdict\": \"" ("support" | "partial" | "not") "\"}"'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says of one fact of an answer, and whether the deterministic score finds it held."""

    id: str
    fact: tuple[str, ...]
    verdict: str
    held: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """All verdicts of one judge on one run."""

    model: str
    prompt: str
    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many facts got each verdict, those included that could not be read."""
        counted = Counter(one.verdict for one in self.verdicts)
        return {name: counted[name] for name in (*VERDICTS, UNREADABLE)}

    @property
    def agreement(self) -> float | None:
        """Share of the readable verdicts that say what the score says; None where there is none."""
        pairs = self._pairs()
        return sum(ours == theirs for ours, theirs in pairs) / len(pairs) if pairs else None

    @property
    def kappa(self) -> float | None:
        """The same beyond chance (Cohen's kappa); None where there is no readable verdict."""
        pairs = self._pairs()
        return cohen_kappa([ours for ours, _ in pairs], [theirs for _, theirs in pairs]) if pairs else None

    @property
    def disputed(self) -> tuple[Verdict, ...]:
        """Where judge and score say opposite things."""
        return tuple(
            one
            for one in self.verdicts
            if one.verdict in (SUPPORT, NOT) and one.held != (one.verdict == SUPPORT)
        )

    def _pairs(self) -> list[tuple[bool, bool]]:
        """Held, and fully supported, of each fact with a readable verdict; ``partial`` is not supported."""
        return [(one.held, one.verdict == SUPPORT) for one in self.verdicts if one.verdict != UNREADABLE]

    def to_dict(self) -> dict[str, Any]:
        """For ``summary.json``."""
        return {
            "model": self.model,
            "prompt": self.prompt,
            "facts": len(self.verdicts),
            "verdicts": self.counts,
            "agreement": self.agreement,
            "kappa": self.kappa,
            "disputed": [
                {"id": one.id, "fact": list(one.fact), "verdict": one.verdict} for one in self.disputed
            ],
        }

    def words(self) -> str:
        """One sentence about it."""
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        if self.agreement is None or self.kappa is None:
            return f"Judge {self.model} ({self.prompt}): {counts}; there is nothing to agree on."
        return (
            f"Judge {self.model} ({self.prompt}), advisory: {counts}; "
            f"agreement with the score {self.agreement:.3f}, kappa {self.kappa:.3f}."
        )


def judge(
    run: Run, model: ChatModel, *, report: Callable[[int, int], None] = lambda done, of: None
) -> Opinion:
    """The judge's opinion on every fact of every answer; withheld and failed answers are not judged.

    The verdicts are written to ``judge.jsonl`` of the run's folder as they come.
    report: is given how many facts are done, of how many. Raises ServiceError where the service fails.
    """
    asked = [
        (name, facts, held)
        for name, row in run.answers.items()
        if not row.get("abstained", True) and "answer" in row
        for facts, held in zip(run.golds[name].facts, run.scores[name].facts_held, strict=True)
    ]
    verdicts = []
    with (run.path / FILE).open("w", encoding="utf-8") as file:
        for n, (name, forms, held) in enumerate(asked, 1):
            row = run.answers[name]
            found = ask(model, row["question"], forms, row["answer"])
            verdicts.append(Verdict(name, forms, found, held))
            line = {"id": name, "fact": list(forms), "verdict": found, "held": held}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            report(n, len(asked))
    return Opinion(model.name, prompt_id(PROMPT), tuple(verdicts))


def ask(model: ChatModel, question: str, forms: Sequence[str], answer: str) -> str:
    """One of VERDICTS, or UNREADABLE. Raises ServiceError."""
    fact = " / ".join(forms)
    filled = messages(PROMPT, question=fenced(question), fact=fenced(fact), answer=fenced(answer))
    try:
        reply = model.complete(filled, max_tokens=MAX_TOKENS, schema=SCHEMA, temperature=0.0, grammar=GRAMMAR)
        value: Mapping[str, str] = parse_json(reply.text, SCHEMA)
    except ReplyInvalid:
        return UNREADABLE
    return value["verdict"]
