"""Gold files: questions, briefs and conversations, one JSON object a line.

Their formats are the JSON Schemas in ``evals/schemas``. Loading a file that breaks its schema raises
``GoldInvalid``, which lists every mistake with file and line; ``check_evidence`` holds the quotes against the
articles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from evals.facts import normalise
from qa.errors import UsageError

ArticleText = Callable[[str], str | None]
"""The text of the article at a path, headline first; None where there is no such article."""
Forms = tuple[str, ...]


class GoldInvalid(UsageError):
    """Gold that cannot be used; ``problems`` has a line for every mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__("\n".join([f"The gold cannot be used, correct {count}:", *problems]))


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
    return tuple(_question(row, path, line) for line, row in _rows(path, "questions"))


def load_conversations(path: Path) -> tuple[GoldConversation, ...]:
    """The conversations of a file. Raises GoldInvalid, and UsageError if the file cannot be read."""
    return tuple(
        GoldConversation(
            row["id"],
            tuple(_turn(turn, row["id"], n, path, line) for n, turn in enumerate(row["turns"], 1)),
            line,
            str(path),
        )
        for line, row in _rows(path, "conversations")
    )


def load_briefs(path: Path) -> tuple[GoldBrief, ...]:
    """The briefs of a file. Raises GoldInvalid, and UsageError if the file cannot be read."""
    return tuple(_brief(row, path, line) for line, row in _rows(path, "briefs"))


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


# Reading


def _rows(path: Path, kind: str) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a file with their lines, all of them valid."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"The gold file {path} cannot be read ({reason}); give a JSONL file.") from error
    rows: list[tuple[int, dict[str, Any]]] = []
    problems: list[str] = []
    first: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.append(f"{path}:{number}: is no JSON: {error}")
            continue
        found = list(_mistakes(row, kind))
        if not found and (earlier := first.setdefault(row["id"], number)) != number:
            found = [f"id: {row['id']!r} is already on line {earlier}"]
        problems += [f"{path}:{number}: {one}" for one in found]
        rows.append((number, row))
    if not rows and not problems:
        problems.append(f"{path}:1: there is nothing in it")
    if problems:
        raise GoldInvalid(problems)
    return rows


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of ``questions``, ``briefs`` or ``conversations``."""
    text = files("evals").joinpath(f"schemas/{kind}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@lru_cache(maxsize=4)
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(kind))


def _mistakes(row: Any, kind: str, where: str = "") -> Iterator[str]:
    """What is wrong with an object, each with its place in it."""
    for error in sorted(_validator(kind).iter_errors(row), key=lambda one: list(map(str, one.absolute_path))):
        yield f"{where}{_place(error.absolute_path)}{error.message}"
    if not isinstance(row, dict):
        return
    yield from (f"{where}{one}" for one in _misspelt(row, set(schema(kind)["properties"])))
    for name in ("facts", "forbidden", "must_not"):
        yield from (f"{where}{one}" for one in _unmatchable(row.get(name), name))
    if kind == "briefs":
        for name in ("nuggets", "timeline"):
            for n, one in enumerate(_objects(row.get(name))):
                yield from _unmatchable(one.get("forms"), f"{name}[{n}].forms")
    for n, turn in enumerate(_objects(row.get("turns"))) if kind == "conversations" else ():
        full = {"id": row.get("id", "-"), **turn} if isinstance(turn, dict) else turn
        yield from _mistakes(full, "questions", f"turns[{n}].")
        if n and not turn.get("standalone"):
            yield f"turns[{n}]: 'standalone' is a required property"


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _place(path: Iterable[str | int]) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{name.lstrip('.')}: " if name else ""


def _misspelt(row: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """Unknown fields are left alone, unless one looks like a known one that is not there."""
    for name in row.keys() - known:
        if near := get_close_matches(name, known - row.keys(), 1, 0.8):
            yield f"{name}: there is no such field; {near[0]} was meant?"


def _unmatchable(value: Any, name: str) -> Iterator[str]:
    """Forms of which nothing is left to compare, so that no answer could ever hold them."""
    for n, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, list):
            yield from _unmatchable(one, f"{name}[{n}]")
        elif isinstance(one, str) and one.strip() and not normalise(one):
            yield f"{name}[{n}]: {one!r} has no letter or digit to look for"


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
