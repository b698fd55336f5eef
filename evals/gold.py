"""Gold files: questions, briefs and conversations, one JSON object a line.

Their formats are the JSON Schemas in ``evals/schemas``. Loading a file that breaks its schema raises
``GoldInvalid``, which lists every mistake with file and line; ``check_evidence`` holds the quotes against the
articles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from evals.gold_rows import GoldInvalid, rows, schema
from evals.stages import UNANSWERED

__all__ = [
    "ArticleText",
    "GoldBrief",
    "GoldConflict",
    "GoldConversation",
    "GoldEvent",
    "GoldEvidence",
    "GoldInvalid",
    "GoldNugget",
    "GoldPerson",
    "GoldQuestion",
    "GoldTurn",
    "check_evidence",
    "load_briefs",
    "load_conversations",
    "load_questions",
    "schema",
    "settled",
    "turns",
    "verbatim",
]

ArticleText = Callable[[str], str | None]
"""The text of the article at a path, headline first; None where there is no such article."""
Forms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Words of an article that the answer rests on."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and what a right answer holds.

    facts: each with the forms in which it may be said. forbidden: forms that no right answer holds.
    articles: paths of those that the answer needs; alt_articles would do as well.
    file, line: where it stands, for messages.
    """

    id: str
    question: str
    type: str
    answer: str
    facts: tuple[Forms, ...]
    forbidden: Forms
    articles: tuple[str, ...]
    evidence: tuple[GoldEvidence, ...]
    alt_articles: tuple[str, ...] = ()
    line: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class GoldTurn(GoldQuestion):
    """A question of a conversation. ``id`` is the conversation's with the turn's number, as in ``c01.2``.

    standalone: the question as it would be asked without what came before it.
    """

    standalone: str = ""


@dataclass(frozen=True, slots=True)
class GoldConversation:
    """Questions asked one after the other."""

    id: str
    turns: tuple[GoldTurn, ...]
    line: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class GoldNugget:
    """A fact that a page about the topic should say.

    forms: the parts that must be said together, each with its forms. vital: a page without it is a bad page.
    """

    id: str
    text: str
    vital: bool
    forms: tuple[Forms, ...]
    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldEvent:
    """Something that happened; ``date`` is a year, month or day (ISO), empty if the articles don't say."""

    event: str
    forms: tuple[Forms, ...]
    article: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class GoldPerson:
    """Somebody whom the page should name with one of the roles."""

    name: str
    role_forms: Forms


@dataclass(frozen=True, slots=True)
class GoldConflict:
    """Values that the articles give for the same thing; both should be shown."""

    about: str
    values: tuple[str, ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldBrief:
    """What a page should and should not say. ``kind``: ``topic``, or ``article`` for a page about one."""

    id: str
    topic: str
    kind: str
    articles: tuple[str, ...]
    nuggets: tuple[GoldNugget, ...]
    timeline: tuple[GoldEvent, ...]
    conflicts: tuple[GoldConflict, ...]
    must_not: Forms
    people: tuple[GoldPerson, ...] = ()
    alt_articles: tuple[str, ...] = ()
    line: int = 0
    file: str = ""


def load_questions(path: Path) -> tuple[GoldQuestion, ...]:
    """The questions of a file. Raises GoldInvalid, and UsageError if the file cannot be read."""
    return tuple(_question(row, path, line) for line, row in rows(path, "questions"))


def load_conversations(path: Path) -> tuple[GoldConversation, ...]:
    """The conversations of a file. Raises GoldInvalid, and UsageError if the file cannot be read."""
    return tuple(
        GoldConversation(
            row["id"],
            tuple(_turn(turn, row["id"], n, path, line) for n, turn in enumerate(row["turns"], 1)),
            line,
            str(path),
        )
        for line, row in rows(path, "conversations")
    )


def turns(conversations: Iterable[GoldConversation]) -> tuple[GoldTurn, ...]:
    """All turns in order. What the articles answer after the first turn is of the type ``follow_up``.

    Such a question leans on what was said before it, which makes it harder than its own type.
    """
    return tuple(
        replace(turn, type="follow_up") if n and turn.type not in UNANSWERED else turn
        for one in conversations
        for n, turn in enumerate(one.turns)
    )


def load_briefs(path: Path) -> tuple[GoldBrief, ...]:
    """The briefs of a file. Raises GoldInvalid, and UsageError if the file cannot be read."""
    return tuple(_brief(row, path, line) for line, row in rows(path, "briefs"))


def check_evidence(
    items: Iterable[GoldQuestion | GoldConversation | GoldBrief], article_text: ArticleText
) -> list[str]:
    """A message with file and line for each article that is not there and each quote it does not hold."""
    problems: list[str] = []
    for item in items:
        place = f"{item.file}:{item.line}: {item.id}"
        for path, quote in _quotes(item):
            text = article_text(path)
            if text is None:
                problems.append(f"{place}: there is no article {path}")
            elif quote and not verbatim(quote, text):
                problems.append(f"{place}: {path} does not say {quote!r}")
    return list(dict.fromkeys(problems))


def verbatim(quote: str, text: str) -> bool:
    """Whether the quote stands in the text word for word; line breaks and kinds of quotation marks apart."""
    words = settled(quote)
    return bool(words) and words in settled(text)


_MARKS = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


@lru_cache(maxsize=512)
def settled(text: str) -> str:
    """One line with single spaces and straight quotation marks."""
    return " ".join(text.translate(_MARKS).split())


def _quotes(item: GoldQuestion | GoldConversation | GoldBrief) -> Iterator[tuple[str, str]]:
    """Paths with what their articles must say; an empty quote asks for the article only."""
    if isinstance(item, GoldConversation):
        for turn in item.turns:
            yield from _quotes(turn)
        return
    yield from ((path, "") for path in (*item.articles, *item.alt_articles))
    if isinstance(item, GoldBrief):
        yield from ((nugget.article, nugget.quote) for nugget in item.nuggets)
        yield from ((event.article, "") for event in item.timeline)
        yield from ((path, "") for conflict in item.conflicts for path in conflict.articles)
    else:
        yield from ((one.article, one.quote) for one in item.evidence)


# Rows to values


def _question(row: Mapping[str, Any], path: Path, line: int) -> GoldQuestion:
    return GoldQuestion(**_fields(row, row["id"], path, line))


def _turn(row: Mapping[str, Any], conversation: str, n: int, path: Path, line: int) -> GoldTurn:
    fields = _fields(row, f"{conversation}.{n}", path, line)
    return GoldTurn(**fields, standalone=row.get("standalone") or row["question"])


def _fields(row: Mapping[str, Any], name: str, path: Path, line: int) -> dict[str, Any]:
    return {
        "id": name,
        "question": row["question"],
        "type": row["type"].replace("-", "_"),
        "answer": row["answer"],
        "facts": tuple(map(tuple, row["facts"])),
        "forbidden": tuple(row["forbidden"]),
        "articles": tuple(row["articles"]),
        "evidence": tuple(GoldEvidence(one["article"], one["quote"]) for one in row["evidence"]),
        "alt_articles": tuple(row.get("alt_articles", ())),
        "line": line,
        "file": str(path),
    }


def _brief(row: Mapping[str, Any], path: Path, line: int) -> GoldBrief:
    def forms(one: Mapping[str, Any]) -> tuple[Forms, ...]:
        return tuple(map(tuple, one["forms"]))

    return GoldBrief(
        id=row["id"],
        topic=row["topic"],
        kind=row.get("kind", "topic"),
        articles=tuple(row["articles"]),
        nuggets=tuple(
            GoldNugget(
                str(one["id"]),
                one["text"],
                one["importance"] == "vital",
                forms(one),
                one["article"],
                one["quote"],
            )
            for one in row["nuggets"]
        ),
        timeline=tuple(
            GoldEvent(one["event"], forms(one), one["article"], one.get("date", ""))
            for one in row["timeline"]
        ),
        conflicts=tuple(
            GoldConflict(one["about"], tuple(one["values"]), tuple(one["articles"]))
            for one in row["conflicts"]
        ),
        must_not=tuple(row["must_not"]),
        people=tuple(GoldPerson(one["name"], tuple(one["role_forms"])) for one in row.get("people", ())),
        alt_articles=tuple(row.get("alt_articles", ())),
        line=line,
        file=str(path),
    )
