"""A key that does not show itself."""

from __future__ import annotations

import re

SHORTEST_SECRET = 12
_WINDOW = 8


class Secret:
    """A key. It shows itself only to ``reveal``; printing, logging or formatting it shows stars.

    Keys shorter than 12 characters (``EMPTY``, ``ollama``) are placeholders: hiding those would garble text.
    """

    __slots__ = ("_value", "_windows")

    def __init__(self, value: str) -> None:
        self._value = value
        long = len(value) >= SHORTEST_SECRET
        self._windows = {value[i : i + _WINDOW] for i in range(len(value) - _WINDOW + 1)} if long else set()

    def reveal(self) -> str:
        """The key itself, for the request header and nothing else."""
        return self._value

    def hide(self, text: str) -> str:
        """``text`` with the key, and any piece of eight or more of its characters, replaced by ``***``."""
        if not any(window in text for window in self._windows):
            return text
        hidden = bytearray(len(text))
        for start in range(len(text) - _WINDOW + 1):
            if text[start : start + _WINDOW] in self._windows:
                hidden[start : start + _WINDOW] = b"\x01" * _WINDOW
        marked = "".join("\0" if hidden[i] else char for i, char in enumerate(text))
        return re.sub("\0+", "***", marked)

    def __repr__(self) -> str:
        return "Secret(***)"
