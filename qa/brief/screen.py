"""Briefs on a terminal. Whatever comes from articles gets there only through ``qa.terminal.safe``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qa.brief.render import day, when
from qa.brief.types import Brief
from qa.render import place, put

if TYPE_CHECKING:
    from rich.console import Console

_HEAD, _TITLE, _MARK, _ASIDE = "bold underline", "bold", "bold cyan", "dim"


def print_brief(brief: Brief, out: Console) -> None:
    """The page: sections with the marks of their citations, then the citations with their words."""
    put(out, brief.headline, style=_HEAD)
    put(out, brief.topic, style=_ASIDE)
    if brief.summary:
        out.print()
    for one in brief.summary:
        put(out, (one.text, ""), (_marks(one.citations), _MARK))
    _claims(out, "Key facts", ((one.text, one.citations) for one in brief.key_facts))
    _entries(out, "Timeline", ((when(one), one.event.text, one.event.citations) for one in brief.timeline))
    _entries(out, "Figures", ((one.value, one.claim.text, one.claim.citations) for one in brief.figures))
    for title, parties in (("People", brief.people), ("Organisations", brief.organisations)):
        _entries(out, title, ((one.name, one.role.text, one.role.citations) for one in parties))
    _claims(
        out,
        "In their words",
        ((f"“{one.words}” — {one.speaker}", (one.citation,)) for one in brief.quotations),
    )
    _differences(out, brief)
    _claims(out, "Open questions", ((one.text, one.citations) for one in brief.open_questions))
    _citations(out, brief)


def _claims(out: Console, title: str, lines: Iterable[tuple[str, Iterable[int]]]) -> None:
    for n, (text, citations) in enumerate(lines):
        if n == 0:
            _title(out, title)
        put(out, ("- ", ""), (text, ""), (_marks(citations), _MARK), indent=2, hang=2)


def _entries(out: Console, title: str, lines: Iterable[tuple[str, str, Iterable[int]]]) -> None:
    for n, (name, text, citations) in enumerate(lines):
        if n == 0:
            _title(out, title)
        put(
            out,
            ("- ", ""),
            (name, _TITLE),
            (" – ", ""),
            (text, ""),
            (_marks(citations), _MARK),
            indent=2,
            hang=2,
        )


def _differences(out: Console, brief: Brief) -> None:
    dates = {one.id: one.published for one in brief.citations}
    for n, one in enumerate(brief.disagreements):
        if n == 0:
            _title(out, "Where the articles differ")
        put(out, ("- ", ""), (one.about, _TITLE), indent=2, hang=2)
        for claim in one.positions:
            published = dates.get(claim.citations[0])
            said = f"{day(published)}: " if published else ""
            put(
                out,
                ("- ", ""),
                (said, _ASIDE),
                (claim.text, ""),
                (_marks(claim.citations), _MARK),
                indent=4,
                hang=2,
            )


def _citations(out: Console, brief: Brief) -> None:
    """Under each source the citations from it."""
    _title(out, "Sources")
    for source in brief.sources:
        put(out, ("- ", ""), (source.title or "(no title)", _TITLE), indent=2, hang=2)
        put(out, place(source.source, source.published, source.path), indent=4, style=_ASIDE)
        for one in brief.citations:
            if one.article_id == source.article_id:
                mark = f"[{one.id}] "
                put(out, (mark, _MARK), (f"“{' '.join(one.quote.split())}”", ""), indent=4, hang=len(mark))


def _title(out: Console, title: str) -> None:
    out.print()
    put(out, title, style=_TITLE)


def _marks(citations: Iterable[int]) -> str:
    numbers = "".join(f"[{number}]" for number in citations)
    return f" {numbers}" if numbers else ""
