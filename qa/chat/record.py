"""A turn of a conversation as it is kept in mind, on disk and in files: question, answer, what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from qa.compose import citation
from qa.render import to_dict
from qa.types import Answer, Check, Citation, Claim, Fate, Timings, Trace, Usage

FORMAT = 1
# Of how an answer came about this much is kept beside the checks.
_NOTES = ("probability", "threshold")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles are asked; empty ones do not filter."""

    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As ``/filter`` takes it; empty where nothing is filtered."""
        days = [("since", self.since), ("until", self.until)]
        words = [("source", one) for one in self.sources] + [("tag", one) for one in self.tags]
        pairs = [(name, str(day)) for name, day in days if day] + words
        return " ".join(f"{name}={_quoted(value)}" for name, value in pairs)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or not value else value


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    asked: as it was typed. answer: with the stand-alone wording as its question, and of its trace only the
    checks and the odds. at: when it was answered. passages: the sentences that were read, by their numbers.
    followed: the question followed up the turn before. centre: see ``qa.chat.heard.Heard``. rewriting: what a
    model's rewriting cost.
    """

    asked: str
    answer: Answer
    at: datetime
    passages: tuple[Citation, ...] = ()
    filters: Filters = Filters()
    followed: bool = False
    centre: str = ""
    rewriting: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))

    @property
    def question(self) -> str:
        """The stand-alone wording that was asked."""
        return self.answer.question


def turn_of(asked: str, answer: Answer, **known: Any) -> Turn:
    """The turn for an answer: whole articles and prompts stay behind, for a conversation may be long."""
    notes = {name: answer.trace.notes[name] for name in _NOTES if name in answer.trace.notes}
    return Turn(
        asked=asked,
        answer=replace(answer, trace=Trace(checks=answer.trace.checks, notes=notes)),
        passages=tuple(citation(one.number, one) for one in answer.trace.evidence),
        **known,
    )


def to_json(turn: Turn) -> dict[str, Any]:
    """A turn as a JSON object. ``answer`` is the public contract of answers."""
    return {
        "asked": turn.asked,
        "at": turn.at.isoformat(timespec="seconds"),
        "followed": turn.followed,
        "centre": turn.centre,
        "filters": _filters_to_json(turn.filters),
        "answer": to_dict(turn.answer),
        "checks": [asdict(check) for check in turn.answer.trace.checks],
        "notes": dict(turn.answer.trace.notes),
        "passages": [asdict(one) for one in turn.passages],
        "rewriting": asdict(turn.rewriting),
    }


def from_json(value: Mapping[str, Any]) -> Turn:
    """The turn of such an object. Raises KeyError, TypeError or ValueError where it is none."""
    answer = value["answer"]
    checks = tuple(
        Check(one["drafted"], tuple(one["cited"]), Fate(one["fate"]), tuple(one["reasons"]), one["printed"])
        for one in value["checks"]
    )
    return Turn(
        asked=_text(value["asked"]),
        at=datetime.fromisoformat(value["at"]),
        followed=bool(value["followed"]),
        centre=_text(value["centre"]),
        filters=_filters_from_json(value["filters"]),
        passages=_citations(value["passages"]),
        rewriting=Usage(**value["rewriting"]),
        answer=Answer(
            id=_text(answer["id"]),
            question=_text(answer["question"]),
            answer=_text(answer["answer"]),
            abstained=bool(answer["abstained"]),
            claims=tuple(Claim(_text(one["text"]), tuple(one["citations"])) for one in answer["claims"]),
            citations=_citations(answer["citations"]),
            nearest=_citations(answer["nearest"]),
            model=_text(answer["model"]),
            prompt=_text(answer["prompt"]),
            usage=Usage(**answer["usage"]),
            timings=Timings(**answer["timings"]),
            notice=_text(answer.get("notice", "")),
            trace=Trace(checks=checks, notes=dict(value["notes"])),
        ),
    )


_CITED = tuple(one.name for one in fields(Citation))


def _citations(values: Any) -> tuple[Citation, ...]:
    return tuple(Citation(**{name: one[name] for name in _CITED}) for one in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {value!r}")
    return value


def _filters_to_json(filters: Filters) -> dict[str, Any]:
    return {
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
        "sources": list(filters.sources),
        "tags": list(filters.tags),
    }


def _filters_from_json(value: Mapping[str, Any]) -> Filters:
    since, until = value["since"], value["until"]
    return Filters(
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
        tuple(map(str, value["sources"])),
        tuple(map(str, value["tags"])),
    )
