"""The lines of gold files, held against the JSON Schemas in ``evals/schemas``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from qa.errors import UsageError


class GoldInvalid(UsageError):
    """Gold that cannot be used; ``problems`` has a line for every mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__("\n".join([f"The gold cannot be used, correct {count}:", *problems]))


def rows(path: Path, kind: str) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a file with their lines, all of them valid.

    kind: ``questions``, ``briefs`` or ``conversations``. Raises GoldInvalid with all mistakes of the file,
    and UsageError if it cannot be read.
    """
    good: list[tuple[int, dict[str, Any]]] = []
    problems: list[str] = []
    first: dict[str, int] = {}
    for number, line in enumerate(_lines(path), 1):
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
        good.append((number, row))
    if not good and not problems:
        problems.append(f"{path}:1: there is nothing in it")
    if problems:
        raise GoldInvalid(problems)
    return good


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of ``questions``, ``briefs`` or ``conversations``."""
    text = files("evals").joinpath(f"schemas/{kind}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"The gold file {path} cannot be read ({reason}); give a JSONL file.") from error


@lru_cache(maxsize=4)
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(kind))


def _mistakes(row: Any, kind: str, where: str = "") -> Iterator[str]:
    """What is wrong with an object, each with its place in it."""
    for error in sorted(_validator(kind).iter_errors(row), key=lambda one: list(map(str, one.absolute_path))):
        yield f"{where}{_place(error.absolute_path)}{_message(error)}"
    if not isinstance(row, dict):
        return
    yield from (f"{where}{one}" for one in _misspelt(row, set(schema(kind)["properties"])))
    if kind == "conversations" and isinstance(row.get("turns"), list):
        for n, turn in enumerate(row["turns"]):
            if isinstance(turn, dict):
                yield from _mistakes({"id": "-"} | turn, "questions", f"turns[{n}].")
                if n and not turn.get("standalone"):
                    yield f"turns[{n}].'standalone' is a required property"


def _place(path: Iterable[str | int]) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{name.lstrip('.')}: " if name else ""


def _message(error: Any) -> str:
    if error.validator != "pattern":
        return str(error.message)
    what = (
        error.schema.get("description", "") if "\\d" in error.validator_value else "needs a letter or a digit"
    )
    return f"{error.instance!r}: {what}"


def _misspelt(row: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """Unknown fields are left alone, unless one looks like a known one that is not there."""
    for name in row.keys() - known:
        if near := get_close_matches(name, known - row.keys(), 1, 0.8):
            yield f"{name}: there is no such field; {near[0]} was meant?"
