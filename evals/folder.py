"""The folder of a run: what was run, every answer with its trace, and the scores.

run.json       gold file, articles, model, settings, code and versions, when and how long
gold.jsonl     the questions that were asked, so that the folder explains itself
answers.jsonl  one line a question, as ``qa ask --batch --explain`` writes them, with the passages in the
               trace and a field ``eval``; a question that failed has only ``id``, ``question``, ``failed``
scores.jsonl   one line a question
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from evals.gold import GoldQuestion, load_questions
from evals.metrics import Score
from qa.errors import Missing, UsageError

FORMAT = 1
ABOUT, GOLD, ANSWERS, SCORES, SUMMARY = (
    "run.json",
    "gold.jsonl",
    "answers.jsonl",
    "scores.jsonl",
    "summary.json",
)
INDEX = "index"
# What must be the same for a run to be gone on with.
SAME = ("gold", "articles", "model", "embedding", "settings", "code")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run as it was read: answers and scores by id, in the order of the gold file."""

    path: Path
    about: Mapping[str, Any]
    golds: Mapping[str, GoldQuestion]
    answers: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Score]

    @property
    def name(self) -> str:
        """What the run is called: its folder."""
        return self.path.resolve().name


def load(path: Path) -> Run:
    """Reads a finished run. Raises Missing and UsageError."""
    about = about_of(path)
    if about is None:
        raise Missing(f"there is no run in {path}; 'qa eval GOLD --out {path}' makes one")
    if not (path / SCORES).is_file():
        raise Missing(f"the run in {path} has not been finished; 'qa eval GOLD --out {path}' goes on with it")
    golds = {one.id: one for one in load_questions(path / GOLD)}
    scores = {row["id"]: _score(path / SCORES, row) for row in _rows(path / SCORES)}
    answers = {row["id"]: row for row in _rows(path / ANSWERS)}
    return Run(path, about, golds, {name: answers[name] for name in golds if name in answers}, scores)


def about_of(path: Path) -> dict[str, Any] | None:
    """The contents of ``run.json``, or None where there is none. Raises UsageError."""
    file = path / ABOUT
    if not file.is_file():
        return None
    try:
        about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise ValueError(f"format {about['format']} is not {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} is no description of a run ({error!r}); name another folder") from None
    return about


def _score(file: Path, row: dict[str, Any]) -> Score:
    try:
        return Score(**row | {"facts_held": tuple(row["facts_held"])})
    except (KeyError, TypeError) as error:
        raise UsageError(f"{file} has scores of another version ({error}); run the set again") from None


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}); run the set again") from None
    return [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        return {**row, "id": str(row["id"])}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}:{number} cannot be read ({error!r}); run the set again") from None


class Writer:
    """The folder of a run under way. Open one, write answers as they come, then scores.

    Raises UsageError where the folder holds another run, or something else.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], golds: Sequence[GoldQuestion]) -> None:
        self.path = path
        self.golds = tuple(golds)
        self.about = dict(about)
        self._lock = threading.Lock()
        self._file: IO[str] | None = None
        before = about_of(path)
        if before is None and path.exists() and any(one.name != INDEX for one in path.iterdir()):
            raise UsageError(f"{path} is not empty and holds no run; give --out another folder")
        if before is not None:
            self._check(before)
            self.about = {**self.about, "started": before["started"], "seconds": before.get("seconds", 0.0)}
        self.answers = {row["id"]: row for row in self._kept()}

    def _check(self, before: Mapping[str, Any]) -> None:
        for name in SAME:
            if before.get(name) != self.about.get(name):
                raise UsageError(
                    f"the run in {self.path} has another {name} ({_difference(before, self.about, name)}); "
                    "give --out another folder"
                )

    def _kept(self) -> Iterable[dict[str, Any]]:
        """The answers that are there, without a line that was torn when the run was killed."""
        file = self.path / ANSWERS
        if not file.is_file():
            return []
        data = file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            file.write_bytes(whole)
        return _rows(file)

    @property
    def left(self) -> list[GoldQuestion]:
        """The questions that have no answer yet; one that failed is asked again."""
        return [one for one in self.golds if "answer" not in self.answers.get(one.id, {})]

    def __enter__(self) -> Writer:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.save_about()
            lines = (json.dumps(gold_row(one), ensure_ascii=False) + "\n" for one in self.golds)
            (self.path / GOLD).write_text("".join(lines), encoding="utf-8")
            self._file = (self.path / ANSWERS).open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep an answer, at once; from any thread."""
        with self._lock:
            self.answers[str(row["id"])] = dict(row)
            if self._file is not None:
                self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
                self._file.flush()

    def add_seconds(self, seconds: float) -> None:
        """Time spent asking."""
        self.about["seconds"] = round(self.about.get("seconds", 0.0) + seconds, 2)

    def save_about(self) -> None:
        """Write ``run.json``."""
        text = json.dumps(self.about, ensure_ascii=False, indent=1, default=str)
        fresh = self.path / f"{ABOUT}.new"
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(self.path / ABOUT)

    def finish(self, scores: Iterable[Score], finished: str) -> Run:
        """Write scores, and each question's last answer once and in order; returns the run."""
        self.about["finished"] = finished
        self.save_about()
        ordered = [self.answers[one.id] for one in self.golds if one.id in self.answers]
        _write(self.path / ANSWERS, ordered)
        _write(self.path / SCORES, map(asdict, scores))
        return load(self.path)


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """All or nothing: a run that is killed here keeps its answers."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    fresh.replace(path)


def _difference(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> str:
    was, is_ = before.get(name), now.get(name)
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        for key in {**was, **is_}:
            if was.get(key) != is_.get(key):
                return f"{key}: {brief(was.get(key))} there, {brief(is_.get(key))} now"
    return f"{brief(was)} there, {brief(is_)} now"


def brief(value: object) -> str:
    """A value of ``run.json`` for a line: of a hash its beginning."""
    text = str(value)
    return text[:12] if len(text) == 64 else text


def gold_row(one: GoldQuestion) -> dict[str, Any]:
    """A gold question as a line of a gold file has it."""
    return {name: value for name, value in asdict(one).items() if name not in ("line", "file")}
