"""A gold file for a run: its kind, the questions that are asked, and whether the articles bear it out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals import fingerprint
from evals.gold import (
    ArticleText,
    GoldInvalid,
    GoldQuestion,
    check_evidence,
    load_conversations,
    load_questions,
)
from qa.errors import Missing, UsageError


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file with the questions of it that are asked."""

    path: Path
    sha256: str
    kind: str
    of: int
    questions: tuple[GoldQuestion, ...]


def read_gold(path: Path, *, limit: int | None = None, ids: Sequence[str] = ()) -> Gold:
    """The questions of a gold file, a conversation's turns each as one; the first ones, or those named.

    Raises Missing and UsageError (GoldInvalid with every mistake, or ids that are not in the file).
    """
    sha256 = fingerprint.of_file(path)
    kind = kind_of(path)
    everything: tuple[GoldQuestion, ...]
    if kind == "conversations":
        everything = tuple(turn for one in load_conversations(path) for turn in one.turns)
    elif kind == "briefs":
        raise UsageError(f"{path} is a gold file of briefs, not of questions; give another one")
    else:
        everything = load_questions(path)
    if unknown := [one for one in ids if one not in {gold.id for gold in everything}]:
        raise UsageError(f"{path} has no question {', '.join(unknown)}; correct the ids")
    chosen = [one for one in everything if not ids or one.id in ids]
    return Gold(path, sha256, kind, len(everything), tuple(chosen[:limit]))


def kind_of(path: Path) -> str:
    """``questions``, ``conversations`` or ``briefs``, by the first object of the file. Raises Missing."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            first = next((line for line in lines if line.strip()), "")
    except OSError as error:
        raise Missing(f"{path} cannot be read ({error.strerror}); check the path") from None
    try:
        row = json.loads(first)
    except ValueError:
        return "questions"
    names = row.keys() if isinstance(row, dict) else ()
    return "conversations" if "turns" in names else "briefs" if "nuggets" in names else "questions"


def check_gold(gold: Gold, text: ArticleText) -> None:
    """Raises GoldInvalid where a quote or an article of the gold is not among the articles."""
    if problems := check_evidence(gold.questions, text):
        raise GoldInvalid(problems)
