"""The kinds of token that verification tells apart, and the raw material they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a token is to verification."""

    FREE = "free"
    PUNCT = "punctuation"
    CONJ = "conjunction"
    PREP = "preposition"
    SUB = "subordinator"
    MARK = "marker"
    PRON = "pronoun"
    TITLE = "courtesy title"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    NAME = "name"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Raw:
    """A stretch of letters or digits, or a mark: ``text[start:end]``; ``lower`` is its normalised form.

    fresh: it begins a sentence or a quotation, where a capital says nothing.
    """

    lower: str
    text: str
    start: int
    end: int
    fresh: bool = False

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()


@dataclass(frozen=True, slots=True)
class Mention:
    """A figure, date or time over ``raws[first:last]``. Two that share one of their keys are equal."""

    kind: Kind
    keys: frozenset[str]
    first: int
    last: int


def word_at(raws: Sequence[Raw], at: int) -> str:
    return raws[at].lower if 0 <= at < len(raws) else ""


def single_mention(kind: Kind, keys: set[str], first: int, last: int) -> tuple[Mention, ...]:
    return (Mention(kind, frozenset(keys), first, last),)


# Dates


def skip_hyphen(raws: Sequence[Raw], at: int) -> int:
    return at + 1 if word_at(raws, at) == "-" else at


def words(text: str) -> frozenset[str]:
    """The words of a text that is a list."""
    return frozenset(text.split())
