"""Where facts are lost: ``python -m evals.losses --index DIR --gold FILE… [--out ANSWERS.jsonl]``.

Asks every question of the gold files and prints, for each wrong answer, the first stage that no longer had
the facts (``evals.stages``). Then a table of figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Any

from evals.facts import held
from evals.stages import UNANSWERED, Way, lost_at
from index.types import Query
from qa import config, wiring
from qa.answer import Options, Question
from qa.render import to_dict
from qa.types import Answer

SHORT = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question's answer and the stage at which it was lost; empty where it is right."""

    gold: dict[str, Any]
    answer: Answer
    lost: str


def judge(gold: dict[str, Any], answer: Answer, passages: str) -> str:
    """The stage at which the answer went wrong, or an empty string."""
    way = Way(
        said=answer.answer,
        abstained=answer.abstained,
        passages=passages,
        evidence=" . ".join(one.text for one in answer.trace.evidence),
        drafted=" . ".join(check.drafted for check in answer.trace.checks),
        withheld=any(not check.printed for check in answer.trace.checks),
    )
    return lost_at(gold["type"], gold["facts"], gold.get("forbidden", ()), way)


def report(outcomes: Sequence[Outcome]) -> str:
    """The table of figures."""
    asked = [one for one in outcomes if one.gold["type"] not in UNANSWERED]
    unanswerable = [one for one in outcomes if one.gold["type"] == "unanswerable"]
    withheld = [one for one in outcomes if one.answer.abstained]
    rightly = [one for one in withheld if one.gold["type"] in UNANSWERED]
    quoted = [sum(len(cited.quote.split()) for cited in one.answer.citations) for one in asked]
    supported = [
        all(held(" . ".join(cited.quote for cited in one.answer.citations), one.gold["facts"]))
        for one in asked
    ]
    rows = {
        "accuracy, answerable": _share(not one.lost for one in asked),
        "accuracy, all": _share(not one.lost for one in outcomes),
        f"accuracy, all, at most {SHORT} words": _share(
            not one.lost and len(one.answer.answer.split()) <= SHORT for one in outcomes
        ),
        "abstention recall": _share(one.answer.abstained for one in unanswerable),
        "abstention precision": f"{len(rightly)}/{len(withheld)}",
        "cited support": _share(supported),
        "quoted words": f"{mean(quoted):.1f}" if quoted else "-",
        "prompt tokens": f"{mean(one.answer.usage.prompt_tokens for one in outcomes):.0f}",
        "seconds, median": f"{median(one.answer.timings.total_s for one in outcomes):.2f}",
        "lost": ", ".join(f"{stage} {n}" for stage, n in Counter(o.lost for o in outcomes if o.lost).items()),
    }
    kinds = sorted({one.gold["type"] for one in outcomes})
    by_kind = [f"{kind}: {_share(not o.lost for o in outcomes if o.gold['type'] == kind)}" for kind in kinds]
    return "\n".join([f"{name:36}{value}" for name, value in rows.items()] + by_kind)


def _share(right: Any) -> str:
    values = [bool(one) for one in right]
    return f"{sum(values) / len(values):.3f} ({sum(values)}/{len(values)})" if values else "-"


def ask_all(args: argparse.Namespace) -> list[Outcome]:
    """Every question, asked in turn."""
    settings = config.load({"index": args.index, "model": args.model})
    model = None if args.no_model else wiring.chat_model(settings)
    outcomes: list[Outcome] = []
    lines = [line for path in args.gold for line in path.read_text(encoding="utf-8").splitlines() if line]
    with wiring.retriever(settings) as retriever:
        options = Options.of(settings)
        if args.never_abstain:
            options = replace(options, threshold=0.0)
        answerer = wiring.answerer(settings, retriever, model, options)
        for gold in map(json.loads, lines[: args.limit or None]):
            answer = answerer.ask(Question(gold["question"], id=gold["id"]))
            passages = retriever.search(Query(gold["question"], k=8))
            text = " . ".join(f"{one.article.title} {one.text}" for one in passages)
            outcomes.append(Outcome(gold, answer, judge(gold, answer, text)))
            if args.out:
                with args.out.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(to_dict(answer, trace=True), ensure_ascii=False) + "\n")
            print(
                f"{len(outcomes)}/{len(lines)} {gold['id']} {outcomes[-1].lost}", file=sys.stderr, flush=True
            )
    return outcomes


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--model", default=None)
    parser.add_argument("--no-model", action="store_true", help="quotations only")
    parser.add_argument("--never-abstain", action="store_true")
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None, help="append the answers with their traces")
    args = parser.parse_args()
    outcomes = ask_all(args)
    for one in outcomes:
        if one.lost:
            gold, answer = one.gold, one.answer
            print(f"\n{gold['id']} {gold['type']} lost in {one.lost}: {gold['question']}")
            print(f"  gold: {gold['answer']}\n  said: {answer.answer}")
            print("  drafted: " + " | ".join(check.drafted for check in answer.trace.checks))
    print("\n" + report(outcomes))


if __name__ == "__main__":
    main()
