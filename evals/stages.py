"""The first stage that no longer had what was asked for: the one place where an answer is explained. Pure.

``retrieval`` (not in the passages), ``evidence`` (not in the sentences chosen), ``draft`` (the model wrote
something else), ``verification`` (the draft had it and was not let through), ``wording`` (verified, but not
among what was printed), ``abstention`` (withheld), ``forbidden`` (a wrong form was printed too), or
``answered`` (there is no answer, and one was given).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.facts import held, misleads

UNANSWERED = frozenset({"unanswerable", "false_premise"})
STAGES = (
    "retrieval",
    "evidence",
    "draft",
    "verification",
    "wording",
    "abstention",
    "forbidden",
    "answered",
    "failed",
)


@dataclass(frozen=True, slots=True)
class Way:
    """The words that each stage had. ``withheld``: some draft was not let through."""

    said: str
    abstained: bool
    passages: str
    evidence: str
    drafted: str
    withheld: bool


def lost_at(kind: str, facts: Sequence[Sequence[str]], forbidden: Sequence[str], way: Way) -> str:
    """The stage at which an answer to a question of this type went wrong, or an empty string."""
    bad = misleads(way.said, facts, forbidden)
    if kind in UNANSWERED:
        right = bool(facts) and all(held(way.said, facts)) and not bad
        return "" if way.abstained or (kind == "false_premise" and right) else "answered"
    if not way.abstained and all(held(way.said, facts)):
        return "forbidden" if bad else ""
    for stage, text in (("retrieval", way.passages), ("evidence", way.evidence)):
        if not all(held(text, facts)):
            return stage
    if way.abstained:
        return "abstention"
    if all(held(way.drafted, facts)):
        return "verification" if way.withheld else "wording"
    return "draft"
