"""What stands on a brief's page, from its JSON. Pure.

The JSON is walked rather than spelled out, so that other systems' briefs are read too: a claim is whatever
has ``text`` and ``citations``, and a citation is an object with ``quote``, or the number of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# What is not part of the page's text.
_APART = frozenset(
    {
        *(
            "quote",
            "citation",
            "citations",
            "sources",
            "model",
            "prompt",
            "usage",
            "timings",
            "trace",
            "notes",
        ),
        *("article_id", "path", "id", "topic", "precision", "start", "end", "kind", "length"),
    }
)


@dataclass(frozen=True)
class Entry:
    """A line of the timeline; ``date`` in ISO form, empty where it is left open."""

    date: str
    event: str


@dataclass(frozen=True)
class Page:
    """A brief's JSON, read as what a reader sees."""

    brief: Mapping[str, Any]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Every piece of text by itself: claims, headings, names, dates."""
        return tuple(dict.fromkeys(_texts(self.brief)))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return " . ".join(_texts(self.brief))

    @cached_property
    def claims(self) -> tuple[Mapping[str, Any], ...]:
        """Every claim, wherever it stands."""
        return tuple(_claims(self.brief))

    @cached_property
    def citations(self) -> tuple[Mapping[str, Any], ...]:
        """Every citation once."""
        found: dict[Any, Mapping[str, Any]] = {}
        for one in _citations(self.brief):
            found.setdefault(one.get("id", (path_of(one), one["quote"])), one)
        return tuple(found.values())

    def cited_by(self, claim: Mapping[str, Any]) -> list[Mapping[str, Any] | None]:
        """The citations of a claim, None for a number that stands for none."""
        by_id = {one["id"]: one for one in self.citations if "id" in one}
        return [one if isinstance(one, Mapping) else by_id.get(one) for one in claim.get("citations") or ()]

    @property
    def timeline(self) -> tuple[Entry, ...]:
        """The timeline's lines in their order."""
        return tuple(
            Entry(str(one.get("date") or ""), " ".join(_texts(one.get("event", ""))))
            for one in self.brief.get("timeline") or ()
        )

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Each disagreement with its positions, as one text."""
        return tuple(" . ".join(_texts(one)) for one in self.brief.get("disagreements") or ())


def path_of(citation: Mapping[str, Any]) -> str:
    """The article of a citation; other systems call it ``article``."""
    return citation.get("path") or citation.get("article") or ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _APART:
                yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _claims(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "text" in value and "citations" in value:
            yield value
        for name, inner in value.items():
            if name not in ("citations", "sources", "trace"):
                yield from _claims(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _claims(inner)


def _citations(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "quote" in value and path_of(value):
            yield value
        for name, inner in value.items():
            if name != "trace":
                yield from _citations(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _citations(inner)
