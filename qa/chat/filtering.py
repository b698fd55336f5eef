"""What ``/filter`` takes, as filters that some article passes."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from index.types import Query
from qa.chat.record import Filters
from qa.errors import UsageError

if TYPE_CHECKING:
    from index.retrieve import Retriever


def parsed(text: str, before: Filters, retriever: Retriever) -> Filters:
    """``before`` with the filters in ``text`` instead. Raises UsageError, also where no article passes."""
    from qa.commands._asking import day

    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError:
        raise UsageError("a quotation mark is missing in /filter") from None
    given: dict[str, list[str]] = {}
    for name, sign, value in pairs:
        if name.lower() not in ("since", "until", "source", "tag") or not sign:
            raise UsageError('/filter takes since=2021-09 until=2021 source="Example Times" tag=sea, or off')
        given.setdefault(name.lower(), []).extend([value] if value else [])
    made = before
    if "since" in given:
        made = replace(made, since=day(given["since"][-1], "since") if given["since"] else None)
    if "until" in given:
        made = replace(made, until=day(given["until"][-1], "until", last=True) if given["until"] else None)
    if "source" in given:
        made = replace(made, sources=tuple(given["source"]))
    if "tag" in given:
        made = replace(made, tags=tuple(given["tag"]))
    _check(made, retriever)
    return made


def _check(filters: Filters, retriever: Retriever) -> None:
    """Raises UsageError where no article passes, with the source that was perhaps meant."""
    query = Query("", since=filters.since, until=filters.until, sources=filters.sources, tags=filters.tags)
    if retriever.catalog.matching(query) != set():
        return
    known = [name for name, _ in retriever.catalog.stats().sources if name]
    for source in filters.sources:
        if source not in known:
            near = difflib.get_close_matches(source, known, 1, 0.4)
            hint = f"; the nearest source is {near[0]}" if near else ""
            raise UsageError(f"no article is from {source}{hint}")
    raise UsageError(f"no article has {filters}; the filter stays as it was")
