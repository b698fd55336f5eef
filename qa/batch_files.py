"""The files of a batch: questions in, one JSON object a line; answers out, so that a rerun goes on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from qa.errors import Missing, UsageError

if TYPE_CHECKING:
    from qa.answer import Question


_BEGINNING = b'{"id": "'
_MAX_K = 100


def read(name: str, template: Question) -> tuple[list[Question], list[str]]:
    """The questions of a JSONL file (``-``: standard input), and one line for each that is malformed.

    template: what holds where a line does not say otherwise.
    Raises Missing, and UsageError when the file cannot be read or has an id twice.
    """
    questions: list[Question] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_lines(name), 1):
        if not line.strip():
            continue
        try:
            question = parse(line, template)
        except ValueError as error:
            faults.append(f"{name}:{number}: {error}")
            continue
        if question.id in seen:
            raise UsageError(
                f"{name}:{number}: the id {question.id!r} is that of line {seen[question.id]} too; "
                "give every question its own"
            )
        seen[question.id] = number
        questions.append(question)
    return questions, faults


def _lines(name: str) -> list[bytes]:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except FileNotFoundError:
        raise Missing(f"there is no file {name}; check the path given with --batch") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    return content.removeprefix(b"\xef\xbb\xbf").split(b"\n")


def parse(line: bytes, template: Question) -> Question:
    """One line to a question; fields that are not a question's are ignored. Raises ValueError in words."""
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("this is not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("this is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("this is not a JSON object")
    ident = value.get("id")
    if isinstance(ident, int) and not isinstance(ident, bool):
        ident = str(ident)
    given: dict[str, Any] = {"id": _text(ident, "id"), "text": _text(value.get("question"), "question")}
    for name in ("since", "until"):
        if value.get(name) is not None:
            given[name] = _date(value[name], name)
    for name in ("sources", "tags"):
        if value.get(name) is not None:
            given[name] = _texts(value[name], name)
    if value.get("k") is not None:
        given["k"] = _count(value["k"])
    question = replace(template, **given)
    if question.since and question.until and question.since > question.until:
        raise ValueError("'since' is later than 'until'")
    return question


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"'{name}' must be a text that is not empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"'{name}' holds half a character (a lone surrogate)")
    return value.strip()


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(_text(item, name) for item in (value if isinstance(value, list) else [value]))


def _date(value: object, name: str) -> date:
    try:
        return date.fromisoformat(_text(value, name))
    except ValueError:
        raise ValueError(f"'{name}' must be a date like 2021-09-22") from None


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MAX_K:
        raise ValueError(f"'k' must be a whole number from 1 to {_MAX_K}")
    return value


def answered(out: Path) -> dict[str, str]:
    """The questions that ``out`` answers already, by id; a torn last line is cut off first.

    Raises UsageError when the file holds anything but answers, so that nothing of the user's is harmed.
    """
    if not out.is_file():
        return {}
    try:
        with out.open("r+b") as file:
            return _answered(out, file)
    except OSError as error:
        raise UsageError(f"{out} cannot be read and written: {error.strerror}") from None


def _answered(out: Path, file: IO[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    whole = 0
    for number, line in enumerate(file, 1):
        ident, question = _answer_line(line)
        if ident is None:
            if line.endswith(b"\n") or not _BEGINNING.startswith(line[: len(_BEGINNING)]):
                raise UsageError(
                    f"{out}:{number}: this is no answer of a batch; give --out another file, "
                    "or remove the line if it was damaged"
                )
            file.truncate(whole)
            break
        found[ident] = question
        whole += len(line)
        if not line.endswith(b"\n"):
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
    return found


def _answer_line(line: bytes) -> tuple[str | None, str]:
    try:
        value = json.loads(line)
        if {"answer", "abstained", "claims"} <= value.keys():
            return str(value["id"]), str(value["question"])
    except (ValueError, AttributeError, KeyError):
        pass
    return None, ""


def remaining(questions: Sequence[Question], done: dict[str, str], out: Path) -> list[Question]:
    """The questions that ``done`` lacks. Raises UsageError where an id stands for another question there."""
    left = []
    for question in questions:
        if question.id not in done:
            left.append(question)
        elif done[question.id].split() != question.text.split():
            raise UsageError(
                f"{out} answers another question under the id {question.id!r}; give --out another file"
            )
    return left


@contextmanager
def written(out: Path | None) -> Iterator[Callable[[str], None]]:
    """A function that writes one line and flushes it, to the end of ``out`` or to standard output."""
    if out is None:
        stdout = sys.stdout
        yield lambda line: print(line, file=stdout, flush=True)
        return
    try:
        # What UTF-8 has no bytes for is written as JSON's own escape.
        file = out.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None

    def write(line: str) -> None:
        try:
            file.write(f"{line}\n")
            file.flush()
        except OSError as error:
            raise UsageError(f"{out} cannot be written: {error.strerror}") from None

    with file:
        yield write
