"""The line that is typed: history, completion, several lines, keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition, completion_is_selected
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from qa.chat.commands import COMMANDS
from qa.chat.store import private

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyPressEvent

PROMPT = "› "
_ALONE = {command.usage for command in COMMANDS if not command.takes}
_STYLE = Style.from_dict(
    {
        "prompt": "ansicyan bold",
        "completion-menu": "bg:default noreverse",
        "completion-menu.completion": "bg:default fg:default noreverse",
        "completion-menu.completion.current": "bg:default ansicyan bold noreverse",
        "completion-menu.meta.completion": "bg:default ansibrightblack noreverse",
        "completion-menu.meta.completion.current": "bg:default ansibrightblack noreverse",
        "scrollbar.background": "bg:default",
        "scrollbar.button": "bg:default",
    }
)


class Reader:
    """Reads what a user types at a terminal.

    history: file of the lines typed before, or None to keep none.
    """

    def __init__(self, completer: Completer, *, history: Path | None, color: str) -> None:
        self._session: PromptSession[str] = PromptSession(
            FormattedText([("class:prompt", PROMPT)]),
            multiline=True,
            prompt_continuation=" " * len(PROMPT),
            key_bindings=_keys(),
            history=_history(history),
            completer=completer,
            complete_while_typing=Condition(_slash),
            complete_in_thread=True,
            enable_suspend=True,
            style=_STYLE,
            color_depth=ColorDepth.DEPTH_1_BIT if color == "never" else None,
        )

    def read(self, offered: str = "") -> str:
        """What was typed, perhaps several lines. Raises EOFError for Ctrl-D, KeyboardInterrupt for Ctrl-C.

        offered: stands in the line already, to be changed.
        """
        return self._session.prompt(default=offered)

    @property
    def unfinished(self) -> str:
        """What stood in the line when it was interrupted."""
        return self._session.default_buffer.text


def _slash() -> bool:
    return get_app().current_buffer.text.startswith("/")


def _history(file: Path | None) -> History:
    if file is None:
        return InMemoryHistory()
    try:
        private(file)
        with file.open("ab"):
            pass
    except OSError:
        return InMemoryHistory()
    return FileHistory(file)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _submit(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("enter", filter=completion_is_selected)
    def _choose(event: KeyPressEvent) -> None:
        """A command that takes nothing is obeyed at once."""
        event.current_buffer.complete_state = None
        if event.current_buffer.text in _ALONE:
            event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
