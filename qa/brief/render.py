"""Briefs for programs (JSON) and as Markdown. qa/schemas/brief.json is the contract."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from qa.brief.types import Brief, Event, Source
from qa.terminal import safe
from qa.types import Citation, Claim

MONTHS = tuple(calendar.month_name)[1:]


def to_dict(brief: Brief, *, trace: bool = False) -> dict[str, Any]:
    """The contract's object; with ``trace`` also how the brief came about. Seconds have three decimals."""
    value = asdict(brief)
    del value["contexts"]
    if not trace:
        del value["trace"]
    value["timings"] = {name: round(seconds, 3) for name, seconds in value["timings"].items()}
    loaded: dict[str, Any] = json.loads(json.dumps(value))
    return loaded


def to_json(brief: Brief, *, trace: bool = False) -> str:
    """The contract's object on one line."""
    return json.dumps(to_dict(brief, trace=trace), ensure_ascii=False)


def day(date: str) -> str:
    """``2005-01-31`` as '31 January 2005', ``2005-01`` as 'January 2005', ``2005`` as it is."""
    year, *rest = date.split("-")
    month = [MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([*(str(int(number)) for number in rest[1:]), *month, year])


def when(event: Event) -> str:
    """The date of an event, or the article's words for it."""
    return day(event.date) if event.date else event.when


def to_markdown(brief: Brief) -> str:
    """The page as Markdown; whatever stands in articles is escaped, so that none of it is markup."""
    return "\n".join(_blocks(brief)) + "\n"


def _blocks(brief: Brief) -> Iterator[str]:
    yield f"# {plain(brief.headline)}"
    yield f"\n*{plain(brief.topic)}*"
    if brief.summary:
        yield "\n" + " ".join(map(_claim, brief.summary))
    yield from _section("Key facts", (f"- {_claim(one)}" for one in brief.key_facts))
    yield from _section("Timeline", map(_event, brief.timeline))
    yield from _section(
        "Figures", (f"- **{plain(one.value)}** – {_claim(one.claim)}" for one in brief.figures)
    )
    for title, parties in (("People", brief.people), ("Organisations", brief.organisations)):
        yield from _section(title, (f"- **{plain(one.name)}** – {_claim(one.role)}" for one in parties))
    yield from _section(
        "In their words",
        (
            f"> “{plain(one.words)}” — {plain(one.speaker)}{_marks((one.citation,))}\n"
            for one in brief.quotations
        ),
    )
    yield from _section("Where the articles differ", _differences(brief))
    yield from _section("Open questions", (f"- {_claim(one)}" for one in brief.open_questions))
    yield from _section("Citations", map(_citation, brief.citations))
    yield from _section("Sources", map(_source, brief.sources))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"\n## {title}\n"
        yield from found


def _claim(one: Claim) -> str:
    return f"{plain(one.text)}{_marks(one.citations)}"


def _marks(citations: Iterable[int]) -> str:
    numbers = "".join(f"\\[{number}\\]" for number in citations)
    return f" {numbers}" if numbers else ""


def _event(one: Event) -> str:
    mark = "**" if one.date else "*"
    return f"- {mark}{plain(when(one))}{mark} – {_claim(one.event)}"


def _differences(brief: Brief) -> Iterator[str]:
    dates = {one.id: one.published for one in brief.citations}
    for one in brief.disagreements:
        yield f"- {plain(one.about)}"
        for claim in one.positions:
            published = dates.get(claim.citations[0])
            yield f"    - {f'{day(published)}: ' if published else ''}{_claim(claim)}"


def _citation(one: Citation) -> str:
    return f"- \\[{one.id}\\] {_place(one.title, one.source, one.published, one.path)}: “{plain(one.quote)}”"


def _source(one: Source) -> str:
    copies = f"; the same in {', '.join(map(plain, one.copies))}" if one.copies else ""
    return f"- {_place(one.title, one.source, one.published, one.path)}{copies}"


def _place(title: str, source: str, published: str | None, path: str) -> str:
    where = ", ".join(plain(part) for part in (source, day(published) if published else "", path) if part)
    return f"{plain(title) or '(no title)'} ({where})"


_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_LEADING = re.compile(r"^(\s*)([-+=]|\d+[.)])")


def plain(text: str) -> str:
    """Text on one line that Markdown takes for nothing but text."""
    line = " ".join(safe(text).split())
    return _LEADING.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", line))
