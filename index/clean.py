"""Text as it comes, settled: one form of Unicode, of blanks and of paragraphs, and nothing a terminal obeys.

Quotations are checked against the words of the file, so no word, quote, dash or case is ever changed here.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from index.boilerplate import find_boilerplate

__all__ = ["find_boilerplate", "settle", "settle_line", "shorten"]

# A whole escape sequence goes, not only its first character: '[31m' is no more a word than ESC is.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d\n]{0,2000}(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]"
)
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # drawn as nothing, though not category Cf
_LINE_ENDS = frozenset("\n\x85\u2028")
_PARAGRAPH_ENDS = frozenset("\x0b\x0c\u2029")
_SPACED_CONTROLS = frozenset("\t\x1c\x1d\x1e\x1f")

_BLANKS = re.compile(r" {2,}")
_BLOCKS = re.compile(r"\n{2,}")
_MID_SENTENCE = re.compile(r"[^.!?:;\"'”’)\]…]$")

# Lines of this width and all filled are one paragraph that somebody wrapped.
_NARROWEST, _WIDEST = 40, 120


class _Table(dict[int, str]):
    """What each code point becomes, worked out when first met: nearly all texts need very few."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _settled_character(chr(code))
        return found


def _settled_character(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    if character in _PARAGRAPH_ENDS:
        return "\n\n"
    if character in _SPACED_CONTROLS:
        return " "
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    code = ord(character)
    variation_selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if category in {"Cc", "Cf", "Cs"} or character in _FILLERS or variation_selector or noncharacter:
        return ""
    return character


_TABLE = _Table()


def settle(text: str) -> str:
    """The text in NFC, one blank between words, exactly one empty line between paragraphs, ends stripped.

    Controls, escape sequences, zero-width and bidirectional marks, soft hyphens and lone surrogates are gone.
    Lines that were wrapped are joined; any other line is a paragraph, so no single line break is left.
    ``settle(settle(text)) == settle(text)``.
    """
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", text.translate(_TABLE))
    text = "\n".join(_BLANKS.sub(" ", line).strip(" ") for line in text.split("\n"))
    blocks = (block for block in _BLOCKS.split(text.strip("\n")) if block)
    return "\n\n".join(_unwrapped(block) for block in blocks)


def _unwrapped(block: str) -> str:
    if "\n" not in block:
        return block
    lines = block.split("\n")
    wrapped = _was_wrapped(lines)
    pieces = [lines[0]]
    for before, line in pairwise(lines):
        if wrapped or (line[0].islower() and _MID_SENTENCE.search(before)):
            hyphenated = before[-1] == "-" and before[-2:-1].isalpha() and line[0].islower()
            pieces.append("" if hyphenated else " ")
        else:
            pieces.append("\n\n")
        pieces.append(line)
    return "".join(pieces)


def _was_wrapped(lines: list[str]) -> bool:
    """Whether an editor filled these lines: none had room for the next line's first word."""
    width = max(map(len, lines))
    if not _NARROWEST <= width <= _WIDEST:
        return False
    breaks = list(pairwise(lines))
    if not any(_MID_SENTENCE.search(line) for line, _ in breaks):
        return False
    return all(len(line) + 1 + len(after.split(" ", 1)[0]) > width for line, after in breaks)


def settle_line(text: str, limit: int = 500) -> str:
    """A title, a name, a source: settled, on one line, cut at ``limit`` characters."""
    line = " ".join(settle(text[: 8 * limit]).split())
    return line if len(line) <= limit else shorten(line, limit)


def shorten(line: str, limit: int) -> str:
    """The start of a line in at most ``limit`` characters, cut between words, with an ellipsis."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:-–—") + "…"
