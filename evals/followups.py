"""Follow-ups: ``python -m evals.followups --index DIR [--no-model | --model NAME]``.

Holds the conversations of a gold file three times: with follow-ups rewritten from the conversation so far
(``on``), asked as they stand (``off``), and with the wordings that a person wrote out in full (``written
out``). With ``on`` a conversation goes on from its own answers, right or wrong. Prints for each follow-up how
it was rewritten and where it was lost, then the shares of right answers, and of questions whose facts were
among the evidence, for all turns and for follow-ups alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.facts import ANSWERABLE, held
from evals.measure import table
from evals.stages import Way, lost_at
from index.types import Query

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from qa.answer import Answerer
    from qa.chat.record import Turn
    from qa.chat_model import ChatModel
    from qa.config import Settings

ROOT = Path(__file__).parent.parent
WAYS = ("on", "off", "written out")
ALLOWED = 0.05
"""By how much rewriting may fall behind questions that are written out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question in one of the ways. lost: as ``evals.stages`` says it, empty where the answer is right."""

    turn: dict[str, Any]
    place: int
    question: str
    answer: str
    lost: str
    in_evidence: bool | None


@dataclass(frozen=True, slots=True)
class Setup:
    """What answers, and from what."""

    settings: Settings
    retriever: Retriever
    answerer: Answerer
    improver: ChatModel | None


def hold(conversation: dict[str, Any], way: str, setup: Setup) -> Iterator[Asked]:
    """One conversation in one of the ways."""
    from qa.chat.session import Session

    session = Session(
        setup.answerer,
        setup.retriever.catalog.articles,
        k=setup.settings.k,
        model=setup.improver,
        rewriting=way == "on",
    )
    for place, turn in enumerate(conversation["turns"]):
        said = session.ask(turn["standalone" if way == "written out" else "question"])
        passages = setup.retriever.search(Query(said.question, k=setup.settings.k))
        text = " . ".join(f"{one.article.title} {one.text}" for one in passages)
        evidence = " . ".join(one.quote for one in said.passages)
        known = all(held(evidence, turn["facts"])) if turn["type"] in ANSWERABLE else None
        yield Asked(turn, place, said.question, said.answer.answer, _lost(turn, said, evidence, text), known)


def _lost(turn: dict[str, Any], said: Turn, evidence: str, passages: str) -> str:
    checks = said.answer.trace.checks
    way = Way(
        said=said.answer.answer,
        abstained=said.answer.abstained,
        passages=passages,
        evidence=evidence,
        drafted=" . ".join(check.drafted for check in checks),
        withheld=any(not check.printed for check in checks),
    )
    return lost_at(turn["type"], turn["facts"], turn.get("forbidden", ()), way)


def shares(asked: Sequence[Asked]) -> dict[str, Any]:
    """Right answers and facts in evidence as counts and shares."""
    judged = [one.in_evidence for one in asked if one.in_evidence is not None]
    right = sum(not one.lost for one in asked)
    return {
        "questions": len(asked),
        "right": right,
        "accuracy": right / len(asked) if asked else 0.0,
        "facts in evidence": sum(judged) / len(judged) if judged else 0.0,
    }


def verdict(found: dict[str, dict[str, Any]]) -> str:
    """Whether rewriting holds against questions written out, in a line."""
    return (
        f"on is {100 * _behind(found):.1f} points behind written out, at most {100 * ALLOWED:.0f} are allowed"
        f": {'held' if _behind(found) <= ALLOWED else 'NOT held'}"
    )


def _behind(found: dict[str, dict[str, Any]]) -> float:
    """By how much rewriting is behind; rounded, for shares are seldom exact."""
    return round(float(found["written out"]["accuracy"] - found["on"]["accuracy"]), 9)


def run(gold: Sequence[dict[str, Any]], setup: Setup, say: Callable[[str], None]) -> dict[str, list[Asked]]:
    """Every conversation in every way."""
    asked: dict[str, list[Asked]] = {way: [] for way in WAYS}
    for n, conversation in enumerate(gold, 1):
        for way in WAYS:
            asked[way] += hold(conversation, way, setup)
        say(f"{n}/{len(gold)} {conversation['id']}")
    return asked


def shown(asked: dict[str, list[Asked]]) -> Iterator[str]:
    """For each follow-up what became of it."""
    for rows in zip(*(asked[way] for way in WAYS), strict=True):
        if rows[0].place:
            fates = ", ".join(f"{way}: {one.lost or 'right'}" for way, one in zip(WAYS, rows, strict=True))
            yield f"{rows[0].turn['question']}\n  -> {rows[0].question}\n  {fates}"


def main() -> int:
    """Command line. Exit code 5 where rewriting falls too far behind."""
    from qa import config, wiring

    parser = argparse.ArgumentParser(prog="python -m evals.followups", description="Follow-up questions.")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--gold", type=Path, default=ROOT / "evals/gold/seeds_conversations.jsonl")
    parser.add_argument("--model", default=None)
    parser.add_argument("--no-model", action="store_true", help="quotations only")
    parser.add_argument("--improve", action="store_true", help="the model may improve the rewritings")
    args = parser.parse_args()
    settings = config.load({"index": args.index, "model": args.model})
    gold = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines() if line]
    model = None if args.no_model else wiring.chat_model(settings)
    with wiring.retriever(settings) as retriever:
        answerer = wiring.answerer(settings, retriever, model)
        setup = Setup(settings, retriever, answerer, model if args.improve else None)
        asked = run(gold, setup, lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(shown(asked)))
    for name, follow in (("all turns", False), ("follow-ups", True)):
        found = {way: shares([one for one in asked[way] if one.place or not follow]) for way in WAYS}
        columns = list(found["on"])
        print("\n" + table([[name, *columns], *([way, *row.values()] for way, row in found.items())]))
    found = {way: shares(asked[way]) for way in WAYS}
    print("\n" + verdict(found))
    print(json.dumps({"model": model.name if model else None, **found}))
    return 0 if _behind(found) <= ALLOWED else 5


if __name__ == "__main__":
    sys.exit(main())
