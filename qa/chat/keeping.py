"""The conversation on disk as it goes on; conversations as files: Markdown to read, JSON to load again."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from qa.chat.record import FORMAT, Turn, from_json, to_json
from qa.chat.store import Store
from qa.errors import Missing, UsageError
from qa.render import BESIDE, place

_MARK = "qa-chat"


class Keeper:
    """Writes each turn of the present conversation to the store, if there is one.

    on_problem: is told, once, when nothing more can be kept; the conversation goes on.
    """

    def __init__(self, store: Store | None, folder: Path, on_problem: Callable[[str], None]) -> None:
        self.store = store
        self.id: int | None = None
        self._folder = folder
        self._on_problem = on_problem

    def add(self, turn: Turn) -> None:
        """Keep a turn; the first one begins a conversation in the store."""
        if self.store is None:
            return
        try:
            if self.id is None:
                self.id = self.store.begin(self._folder)
            self.store.add(self.id, turn)
        except Missing as error:
            self._give_up(error)

    def undo(self) -> None:
        """Forget the last turn."""
        if self.store is not None and self.id is not None:
            try:
                self.store.undo(self.id)
            except Missing as error:
                self._give_up(error)

    def all(self, turns: Sequence[Turn]) -> None:
        """Keep turns that come from a file as a new conversation."""
        self.id = None
        for turn in turns:
            self.add(turn)

    def _give_up(self, error: Missing) -> None:
        self.store = None
        self._on_problem(f"{error}; this conversation is not kept any more")


def write(path: Path, turns: Sequence[Turn], *, replacing: bool = False) -> None:
    """The conversation as Markdown or JSON, by the file's suffix.

    replacing: over a file that is there. Raises UsageError, also where the file cannot be written.
    """
    form = {".md": markdown, ".markdown": markdown, ".json": as_json}.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path.name} must end in .md or .json, which says in which form it is saved")
    if not replacing and path.exists():
        raise UsageError(f"{path} is there already; give another name")
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(form(turns), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UsageError(f"{path} cannot be written ({error.strerror or error})") from None


def read(path: Path) -> tuple[Turn, ...]:
    """The turns of a file that ``write`` made as JSON. Raises Missing and UsageError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Missing(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error})") from None
    try:
        value = json.loads(text)
        if value[_MARK] != FORMAT:
            raise ValueError
        return tuple(from_json(one) for one in value["turns"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path} is no conversation saved as JSON by 'qa chat'") from None


def as_json(turns: Sequence[Turn]) -> str:
    """All there is of a conversation, so that it can be loaded again."""
    value = {_MARK: FORMAT, "turns": [to_json(turn) for turn in turns]}
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"


def markdown(turns: Sequence[Turn]) -> str:
    """A conversation to read: questions, answers with marks, sources with the quoted words."""
    pieces = []
    for turn in turns:
        lines = [f"## {_plain(turn.asked)}", ""]
        if turn.question != turn.asked:
            lines += [f"*Asked as: {_plain(turn.question)}*", ""]
        if turn.filters != type(turn.filters)():
            lines += [f"*Only articles with: {_plain(str(turn.filters))}*", ""]
        claims = [f"{_plain(claim.text)} {_marks(claim.citations)}".strip() for claim in turn.answer.claims]
        lines += [*(claims or [_plain(turn.answer.answer)]), ""]
        for one in turn.answer.citations:
            if one in turn.answer.beside[:1]:
                lines += ["", BESIDE]
            where = place(one.source, one.published, one.path)
            lines.append(f"- \\[{one.id}\\] **{_plain(one.title)}**, {_plain(where)}: {_plain(one.quote)}")
        pieces.append("\n".join(lines).rstrip())
    return "\n\n".join(pieces) + "\n"


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"\\[{number}\\]" for number in numbers)


_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>#|&"})


def _plain(text: str) -> str:
    """Text of articles as Markdown that shows just this text, on one line."""
    from qa.terminal import safe

    return " ".join(safe(text).split()).translate(_ESCAPED)
