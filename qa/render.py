"""Answers for people (on a terminal, or plain when piped) and for programs (JSON).

The JSON is a public contract: ``qa/schemas/answer.json``. Whatever comes from articles or models goes to a
terminal only through ``qa.terminal.safe``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qa.terminal import safe
from qa.types import Answer, Citation, Claim, Evidence, Trace

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDEST = 100
"""Columns; longer lines are hard to read."""
NEAREST = "Nearest passages (not an answer):"
BESIDE = "Also near the question:"
_MARK, _TITLE, _ASIDE = "bold cyan", "bold", "dim"


def to_dict(answer: Answer, *, trace: bool = False) -> dict[str, Any]:
    """The contract's object; with ``trace`` also how the answer came about. Seconds have three decimals."""
    value: dict[str, Any] = {
        "id": answer.id,
        "question": answer.question,
        "answer": answer.answer,
        "abstained": answer.abstained,
        "claims": [{"text": claim.text, "citations": list(claim.citations)} for claim in answer.claims],
        "citations": [asdict(citation) for citation in answer.citations],
        "nearest": [asdict(citation) for citation in answer.nearest],
        "model": answer.model,
        "prompt": answer.prompt,
        "usage": asdict(answer.usage),
        "timings": {name: round(seconds, 3) for name, seconds in asdict(answer.timings).items()},
    }
    if answer.notice:
        value["notice"] = answer.notice
    if trace:
        value["trace"] = _trace(answer.trace)
    return value


def to_json(answer: Answer, *, trace: bool = False) -> str:
    """The contract's object on one line."""
    return json.dumps(to_dict(answer, trace=trace), ensure_ascii=False, default=str)


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "evidence": [_evidence(one) for one in trace.evidence],
        "checks": [
            {
                "drafted": check.drafted,
                "cited": list(check.cited),
                "fate": check.fate.value,
                "reasons": list(check.reasons),
                "printed": check.printed,
            }
            for check in trace.checks
        ],
        "prompts": list(trace.prompts),
        "replies": list(trace.replies),
        "notes": dict(trace.notes),
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "number": one.number,
        "article_id": one.article.id,
        "path": one.article.path,
        "start": one.start,
        "end": one.end,
        "text": one.text,
        "score": one.score,
    }


def print_answer(answer: Answer, out: Console, *, claims_shown: int = 0) -> None:
    """The whole answer: claims with their marks, then the sources; or why there is none and what is near.

    claims_shown: so many of the claims have been printed already, by ``print_claim``.
    """
    from qa.answer import NO_MODEL

    for claim in answer.claims[claims_shown:]:
        print_claim(claim, out)
    if answer.abstained or not answer.claims:
        put(out, answer.answer)
    if answer.model == NO_MODEL:
        put(out, "No language model was asked: these are the articles' own sentences.", style=_ASIDE)
    if answer.notice:
        put(out, answer.notice, style=_ASIDE)
    if answer.abstained:
        print_nearest(answer.nearest, out)
    else:
        print_sources(answer.backing, out, answer.beside)


def print_claim(claim: Claim, out: Console) -> None:
    """One claim with the marks of its citations."""
    marks = "".join(f"[{number}]" for number in claim.citations)
    put(out, (claim.text, ""), (f" {marks}" if marks else "", _MARK))


def print_sources(backing: Iterable[Citation], out: Console, beside: Iterable[Citation] = ()) -> None:
    """Each citation: its number, title, source, date, path and quoted words; then those that back nothing."""
    for header, citations in (("", backing), (BESIDE, beside)):
        for n, citation in enumerate(citations):
            if n == 0:
                out.print()
            if n == 0 and header:
                put(out, header)
            mark = f"[{citation.id}] "
            put(out, (mark, _MARK), (citation.title or "(no title)", _TITLE), hang=len(mark))
            _print_place(citation, out, indent=4)


def print_nearest(citations: Iterable[Citation], out: Console) -> None:
    """Passages beside an abstention, marked as not an answer."""
    for n, citation in enumerate(citations):
        if n == 0:
            out.print()
            put(out, NEAREST)
        put(out, ("- ", ""), (citation.title or "(no title)", _TITLE), hang=2)
        _print_place(citation, out, indent=2)


def _print_place(citation: Citation, out: Console, indent: int) -> None:
    put(out, place(citation.source, citation.published, citation.path), indent=indent, style=_ASIDE)
    put(out, f"“{' '.join(citation.quote.split())}”", indent=indent)


def place(source: str, published: str | None, path: str) -> str:
    """Where something was published, and where it is in the index, in one line."""
    return ", ".join(part for part in (source, published or "no date", path) if part)


def print_explanation(answer: Answer, out: Console) -> None:
    """What the model was shown, each claim's fate and reasons, and the scores behind an abstention."""
    usage, trace = answer.usage, answer.trace
    cost = "cost unknown" if usage.cost_usd is None else f"${usage.cost_usd:.6f}"
    out.print()
    put(out, "How this answer came about", style=_TITLE)
    asked = f", prompt {answer.prompt}" if answer.prompt else ""
    tokens = f"{usage.prompt_tokens} + {usage.completion_tokens} tokens, {cost}"
    put(out, f"model {answer.model}{asked}, {tokens}", indent=2)
    seconds = asdict(answer.timings).items()
    put(out, ", ".join(f"{name.removesuffix('_s')} {value:.2f} s" for name, value in seconds), indent=2)
    if trace.evidence:
        put(out, "Evidence:", indent=2)
    for one in trace.evidence:
        mark = f"[{one.number}] "
        where = f" ({one.article.path}, score {one.score:.3f})"
        put(out, (mark, _MARK), (one.text, ""), (where, _ASIDE), indent=4, hang=len(mark))
    if trace.checks:
        put(out, "Drafted claims:", indent=2)
    for check in trace.checks:
        cited = "".join(f"[{number}]" for number in check.cited)
        reasons = f": {', '.join(check.reasons)}" if check.reasons else ""
        put(out, f"- {check.drafted} {cited}".rstrip(), indent=4, hang=2)
        put(out, (f"{check.fate.value}{reasons}", _TITLE), indent=6)
        if check.printed and check.printed != check.drafted:
            put(out, f"printed: {check.printed}", indent=6)
    _print_notes(trace.notes, out)


def _print_notes(notes: Mapping[str, Any], out: Console) -> None:
    if notes:
        put(out, "Notes:", indent=2)
    for name, value in notes.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        put(out, f"{name}: {shown}", indent=4, hang=2)


def print_prompts(answer: Answer, out: Console) -> None:
    """The prompts that were sent, as they were sent."""
    for n, prompt in enumerate(answer.trace.prompts, 1):
        out.print()
        put(out, f"Prompt {n} of {len(answer.trace.prompts)}:", style=_TITLE)
        out.print(safe(prompt, lines=True))
    if not answer.trace.prompts:
        put(out, "No prompt was sent.")


def plain(out: Console) -> bool:
    """Whether ``out`` gets text without any decoration."""
    return out.no_color or not out.is_terminal


def put(
    out: Console, *pieces: str | tuple[str, str], indent: int = 0, hang: int = 0, style: str = ""
) -> None:
    """One paragraph of (text, style) pieces, made safe: wrapped on a terminal, one line elsewhere.

    hang: how much further the lines after the first are indented.
    """
    from rich.text import Text

    text = _styled(out, pieces, style)
    wide = max(20, min(out.width, WIDEST) - indent - hang)
    for n, line in enumerate(text.wrap(out, wide) if out.is_terminal else [text]):
        # The first line holds its own mark, which is as wide as the others' hanging indent.
        line.rstrip()
        out.print(Text(" " * (indent + (hang if n else 0))) + line)


def _styled(out: Console, pieces: Iterable[str | tuple[str, str]], style: str) -> Text:
    from rich.text import Text

    text = Text()
    for piece in pieces:
        words, own = piece if isinstance(piece, tuple) else (piece, style)
        text.append(safe(words), None if plain(out) else own or style or None)
    return text
