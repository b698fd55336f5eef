"""One question's whole way through a run: what was found, chosen, asked, written, checked and printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from evals.facts import holds
from evals.folder import Run
from evals.gold import GoldQuestion
from evals.scores import Score
from qa.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

STAGES = ("passages", "evidence", "draft", "checked", "answer")
FIRST_WORDS = 160


@dataclass(frozen=True, slots=True)
class FactWay:
    """Which stages had a gold fact; ``lost`` names the first that no longer did, empty where none lost it.

    A fact that a later stage has again was not lost: the evidence may say it though the draft did not.
    """

    forms: tuple[str, ...]
    held: tuple[bool, ...]

    @property
    def lost(self) -> str:
        if self.held[-1]:
            return ""
        last = max((n for n, held in enumerate(self.held) if held), default=-1)
        return STAGES[last + 1]


def texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that each of ``STAGES`` had; ``row`` is a line of ``answers.jsonl``."""
    trace = row.get("trace", {})
    checks = trace.get("checks", ())
    return (
        " . ".join(f"{one['title']} {one['text']}" for one in trace.get("passages", ())),
        " . ".join(one["text"] for one in trace.get("evidence", ())),
        " . ".join(one["drafted"] for one in checks),
        " . ".join(one["printed"] for one in checks),
        "" if row.get("abstained") else str(row.get("answer", "")),
    )


def fact_ways(gold: GoldQuestion, row: Mapping[str, Any]) -> list[FactWay]:
    """The way of each gold fact."""
    words = texts(row)
    return [FactWay(forms, tuple(holds(one, forms) for one in words)) for forms in gold.facts]


def find(run: Run, name: str) -> tuple[GoldQuestion, Mapping[str, Any], Score]:
    """Gold, row and score of a question. Raises UsageError where the run does not have it."""
    if name not in run.golds or name not in run.scores or name not in run.answers:
        near = get_close_matches(name, run.scores, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"the run in {run.path} has no question {name}{hint}")
    return run.golds[name], run.answers[name], run.scores[name]


def show(run: Run, name: str, out: Console, *, prompts: bool = True) -> None:
    """Prints it all. Raises UsageError where the run does not have the question."""
    from qa.render import put

    gold, row, score = find(run, name)
    put(out, (f"{gold.id} ", "bold"), f"{gold.type}: {gold.question}")
    put(out, ("gold: ", "dim"), gold.answer or "(the articles do not say)", indent=2)
    _verdict(row, score, out)
    if "answer" not in row:
        put(out, ("It failed: ", "bold"), row.get("failed", ""))
        for line in str(row.get("traceback", "")).splitlines():
            put(out, line, indent=2, style="dim")
        return
    _facts(fact_ways(gold, row), gold, out)
    trace = row["trace"]
    _passages(trace.get("passages", ()), gold, out)
    _evidence(trace["evidence"], out)
    if prompts:
        _raw("Prompt", trace["prompts"], out)
    _raw("Reply", trace["replies"], out)
    _checks(trace["checks"], out)
    _notes(row, out)


def _head(words: str, out: Console) -> None:
    from qa.render import put

    out.print()
    put(out, (words, "bold"))


def _verdict(row: Mapping[str, Any], score: Score, out: Console) -> None:
    from qa.render import put

    said = row.get("answer", "")
    put(out, ("said: ", "dim"), f"{'(withheld) ' if row.get('abstained') else ''}{said}", indent=2)
    verdict = "right" if score.correct else f"wrong, lost in: {score.lost or score.failed or 'the answer'}"
    extra = "; a forbidden form was printed" if score.forbidden else ""
    put(out, (verdict + extra, "bold"), indent=2)


def _facts(ways: Sequence[FactWay], gold: GoldQuestion, out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from qa.render import put
    from qa.terminal import safe

    if not ways:
        return
    _head("Facts, and where they were", out)
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    table.add_column("fact", overflow="fold")
    for stage in (*STAGES, "lost in"):
        table.add_column(stage, no_wrap=True)
    for way in ways:
        marks = ["yes" if held else "-" for held in way.held]
        table.add_row(Text(safe(" / ".join(way.forms))), *marks, way.lost)
    out.print(table)
    if gold.forbidden:
        put(out, f"forbidden: {' / '.join(gold.forbidden)}", indent=2, style="dim")


def _passages(passages: Sequence[Mapping[str, Any]], gold: GoldQuestion, out: Console) -> None:
    from qa.render import put

    _head(f"Passages: {len(passages)} (* is of a gold article)", out)
    named = {*gold.articles, *gold.alt_articles}
    for one in passages:
        mark = f"{one['rank']:>3}{'*' if one['path'] in named else ' '} "
        scores = ", ".join(
            f"{name} {one[name]:.3f}" for name in ("fused", "dense", "lexical") if one[name] is not None
        )
        put(
            out, (mark, "cyan"), f"{one['path']} {one['start']}-{one['end']} ", (f"({scores})", "dim"), hang=5
        )
        words = " ".join(one["text"].split())
        put(out, words[:FIRST_WORDS] + ("…" if len(words) > FIRST_WORDS else ""), indent=5, style="dim")
    missing = [path for path in gold.articles if path not in {one["path"] for one in passages}]
    if missing:
        put(out, f"not found: {', '.join(missing)}", indent=2)


def _evidence(evidence: Sequence[Mapping[str, Any]], out: Console) -> None:
    from qa.render import put

    _head(f"Evidence: {len(evidence)}", out)
    for one in evidence:
        mark = f"[{one['number']}] "
        where = f" ({one['path']}, score {one['score']:.3f})"
        put(out, (mark, "cyan"), one["text"], (where, "dim"), indent=2, hang=len(mark))


def _raw(what: str, pieces: Sequence[str], out: Console) -> None:
    from qa.render import put
    from qa.terminal import safe

    for n, piece in enumerate(pieces, 1):
        _head(f"{what} {n} of {len(pieces)}", out)
        out.print(safe(piece, lines=True))
    if not pieces:
        _head(f"{what}: none", out)
        put(out, "No model was asked.", indent=2, style="dim")


def _checks(checks: Sequence[Mapping[str, Any]], out: Console) -> None:
    from qa.render import put

    _head(f"Drafted claims: {len(checks)}", out)
    for one in checks:
        cited = "".join(f"[{number}]" for number in one["cited"])
        put(out, f"- {one['drafted']} {cited}".rstrip(), indent=2, hang=2)
        reasons = f": {', '.join(one['reasons'])}" if one["reasons"] else ""
        put(out, (f"{one['fate']}{reasons}", "bold"), indent=4)
        if one["printed"] and one["printed"] != one["drafted"]:
            put(out, f"printed: {one['printed']}", indent=4)


def _notes(row: Mapping[str, Any], out: Console) -> None:
    from qa.render import put

    _head("Answer", out)
    for claim in row["claims"]:
        put(out, f"- {claim['text']} {''.join(f'[{one}]' for one in claim['citations'])}", indent=2, hang=2)
    for one in row["citations"]:
        put(
            out,
            (f"[{one['id']}] ", "cyan"),
            f"{one['path']} {one['start']}-{one['end']}: “{one['quote']}”",
            indent=4,
            hang=4,
        )
    notes, usage = row["trace"]["notes"], row["usage"]
    if "probability" in notes:
        words = f"probability that the articles answer: {notes['probability']}"
        put(out, f"{words}; withheld below {notes['threshold']}", indent=2)
    put(out, f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens", indent=2)
    seconds = ", ".join(f"{name.removesuffix('_s')} {value:.2f} s" for name, value in row["timings"].items())
    known = " (the model's reply was known already)" if row.get("eval", {}).get("known_replies") else ""
    put(out, seconds + known, indent=2, style="dim")
