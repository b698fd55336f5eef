"""What can be looked up: sources, passages, how claims were checked, a quote in its context, the tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from index.types import Article
from qa.chat.record import Turn
from qa.chat.screen import ASIDE, INDENT, MARK, TITLE, by_article, rows
from qa.chat.store import Kept
from qa.render import BESIDE, place, plain, put
from qa.types import Check, Citation, Fate, Usage

if TYPE_CHECKING:
    from rich.console import Console

# A short paragraph is shown with its neighbours; a very long one not whole. Characters.
_SHORT, _LONG, _AROUND = 160, 1800, 700

_REASONS = {
    "attribution": "it leaves out who said so",
    "binding": "its figures are tied to something else",
    "citation": "the sentences that it cites do not say it",
    "comparison": "it compares otherwise",
    "coverage": "some of its words are not in the evidence",
    "date": "a date is not in the evidence",
    "entailment": "the model itself found it unsupported",
    "modality": "it is surer, or less sure, than the evidence",
    "name": "a name is not in the evidence",
    "number": "a figure is not in the evidence",
    "order": "its words are put together otherwise",
    "polarity": "one says what the other denies",
    "quotation": "words in quotation marks are not verbatim",
    "role": "who did what to whom is otherwise",
    "time": "a time is not in the evidence",
    "unit": "a figure has another unit",
}
_FATES = {
    Fate.VERIFIED: ("✓", "verified: printed as drafted"),
    Fate.REANCHORED: ("✓", "verified on another sentence than the model cited"),
    Fate.QUOTED: ("≈", "did not stand; the nearest sentence is quoted instead"),
    Fate.DROPPED: ("✗", "dropped"),
}


def sources(turn: Turn, out: Console) -> None:
    """Every citation with its place and the quoted words."""
    cited = turn.answer.citations or turn.answer.nearest
    if not cited:
        put(out, "There are no sources.", indent=INDENT)
    elif not turn.answer.citations:
        put(out, "Nearest, but not an answer:", indent=INDENT, style=ASIDE)
    for n, one in enumerate(cited):
        if n:
            out.print()
        if one in turn.answer.beside[:1]:
            put(out, BESIDE, indent=INDENT, style=ASIDE)
        _place(one, f"[{one.id}] " if turn.answer.citations else "– ", out)
        put(out, f"“{' '.join(one.quote.split())}”", indent=INDENT + 4)


def passages(turn: Turn, out: Console) -> None:
    """The sentences that were read, under their articles."""
    if not turn.passages:
        put(out, "Nothing was read: no article is near the question.", indent=INDENT)
    for n, (first, numbers) in enumerate(by_article(turn.passages)):
        if n:
            out.print()
        _place(first, "", out)
        for one in turn.passages:
            if one.id in numbers and one.article_id == first.article_id:
                mark = f"{one.id:>2}  "
                put(out, (mark, ASIDE), (" ".join(one.quote.split()), ""), indent=INDENT, hang=len(mark))


def why(turn: Turn, out: Console) -> None:
    """How each drafted claim was checked, what was dropped and why, and how sure the answer is."""
    answer = turn.answer
    put(out, f"Asked: {turn.question}", indent=INDENT, style=ASIDE)
    checks = answer.trace.checks
    if not checks:
        put(out, "The model drafted nothing: the articles' own sentences are quoted.", indent=INDENT)
    for check in checks:
        out.print()
        _check(check, out)
    odds, least = answer.trace.notes.get("probability"), answer.trace.notes.get("threshold")
    if isinstance(odds, float) and isinstance(least, float):
        out.print()
        withheld = "so the answer was withheld" if answer.abstained else "so the answer was given"
        line = f"That the articles answer was put at {odds:.0%}; it takes {least:.0%}, {withheld}."
        put(out, line, indent=INDENT, style=ASIDE)


def _check(check: Check, out: Console) -> None:
    sign, fate = _FATES[check.fate]
    put(out, (f"{sign} ", MARK), (check.drafted, ""), indent=INDENT, hang=2)
    put(out, fate, indent=INDENT + 2, style=TITLE)
    for reason in check.reasons:
        put(out, _REASONS.get(reason.partition(":")[0], reason), indent=INDENT + 4, style=ASIDE)
    if check.printed and check.printed != check.drafted:
        put(out, f"“{' '.join(check.printed.split())}”", indent=INDENT + 2)


def opened(citation: Citation, article: Article | None, out: Console) -> None:
    """The quote in its context: the paragraph around it, the quoted words marked."""
    _place(citation, f"[{citation.id}] ", out)
    out.print()
    if article is None or article.text[citation.start : citation.end] != citation.quote:
        put(out, "The article is no longer in the index. The quoted words were:", indent=INDENT, style=ASIDE)
        put(out, f"“{' '.join(citation.quote.split())}”", indent=INDENT)
        return
    for n, (start, end) in enumerate(_context(article.text, citation.start, citation.end)):
        if n:
            out.print()
        put(out, *_marked(article.text, start, end, citation, plain(out)), indent=INDENT)


def _context(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The paragraphs to show, as spans of the text."""
    spans = [match.span() for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text)]
    first = next(n for n, span in enumerate(spans) if span[1] > start)
    last = next(n for n, span in enumerate(spans) if span[1] >= end)
    if spans[last][1] - spans[first][0] < _SHORT:
        first, last = max(0, first - 1), min(len(spans) - 1, last + 1)
    shown = spans[first : last + 1]
    if shown[-1][1] - shown[0][0] <= _LONG:
        return shown
    # From a word to a word.
    first = text.find(" ", max(0, start - _AROUND), start) + 1 or start
    last = text.rfind(" ", end, end + _AROUND)
    last = last if last > 0 else end
    return [(max(one, first), min(other, last)) for one, other in shown if other > first and one < last]


def _marked(text: str, start: int, end: int, citation: Citation, bare: bool) -> list[tuple[str, str]]:
    """A paragraph in pieces; without styles, signs stand around the quoted words."""
    left, right = max(start, citation.start), min(end, citation.end)
    cut = text[start - 1 : start] == " ", text[end : end + 1] == " "
    before = ("… " if cut[0] else "") + text[start : min(left, end)]
    after = text[max(right, start) : end] + (" …" if cut[1] else "")
    if left >= right:
        return [(before if left >= end else after, ASIDE)]
    quote = text[left:right]
    return [(before, ASIDE), (f"»{quote}«" if bare else quote, "bold"), (after, ASIDE)]


def _place(one: Citation, mark: str, out: Console) -> None:
    put(out, (mark, MARK), (one.title or "(no title)", TITLE), indent=INDENT, hang=len(mark))
    put(out, place(one.source, one.published, one.path), indent=INDENT + len(mark), style=ASIDE)


def tokens(turns: Sequence[Turn], spent: Usage, out: Console) -> None:
    """Tokens, time and cost of the conversation."""
    seconds = [turn.answer.timings.total_s for turn in turns]
    cost = "unknown" if spent.cost_usd is None else f"${spent.cost_usd:.4f}"
    lines = [
        ("turns", str(len(turns))),
        ("tokens read", f"{spent.prompt_tokens:,}"),
        ("tokens written", f"{spent.completion_tokens:,}"),
        ("cost", cost),
        (
            "time",
            f"{sum(seconds):.1f} s" + (f", {sum(seconds) / len(seconds):.1f} s a turn" if seconds else ""),
        ),
    ]
    if turns:
        stages = {
            name: value for name, value in asdict(turns[-1].answer.timings).items() if name != "total_s"
        }
        last = ", ".join(f"{name.removesuffix('_s')} {value:.1f} s" for name, value in stages.items())
        lines.append(("last turn", last))
    rows(out, lines)


def sessions(kept: Sequence[Kept], out: Console, current: int | None = None) -> None:
    """The kept conversations, the one last used first."""
    if not kept:
        put(out, "No conversation has been kept yet.", indent=INDENT)
    lines = []
    for one in kept:
        turns = f"{one.turns} turn{'' if one.turns == 1 else 's'}"
        here = ", this one" if one.id == current else ""
        lines.append((str(one.id), f"{ago(datetime.now(UTC) - one.used)}, {turns}{here}: {one.first}"))
    rows(out, lines)


def ago(time: timedelta) -> str:
    """How long ago, in words."""
    minutes = int(time.total_seconds() // 60)
    for size, name in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
