"""What goes to a terminal: consoles for stdout and stderr, and text made harmless for them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# Besides control characters these hide or reorder what a reader sees: format characters, lone surrogates.
_HIDDEN = {"Cc", "Cf", "Cs"}
# Joiners that scripts need: ZWNJ, ZWJ and the soft hyphen.
_KEPT = {"\u200c", "\u200d", "\u00ad"}


def safe(text: str, *, lines: bool = False) -> str:
    """``text`` without control and direction-changing characters; line breaks survive only with ``lines``."""
    return "".join(_safe_character(character, lines) for character in text)


def _safe_character(character: str, lines: bool) -> str:
    if character == "\n" and lines:
        return character
    if character in "\t\n\r\u2028\u2029":
        return " "
    if unicodedata.category(character) in _HIDDEN and character not in _KEPT:
        return ""
    return character


def console(color: str = "auto", *, stderr: bool = False) -> Console:
    """A rich console for stdout or stderr; ``color`` is the setting of that name.

    Markup and emoji codes are off: what is printed comes from articles. Pass ``rich.text.Text`` to style.
    """
    from rich.console import Console

    return Console(
        stderr=stderr,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        no_color=True if color == "never" else None,
        force_terminal=True if color == "always" else None,
    )
