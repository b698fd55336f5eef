"""What stands within quotation marks."""

from __future__ import annotations

import re
from functools import lru_cache

_QUOTES = '"“”«»'
_SINGLE = re.compile(r"(?<![^\s(\[—–-])['‘](?=\w)(?P<body>(?:[^'’\"]|['’](?=\w))*?)['’](?=[\s.,;:!?)\]]|$)")


@lru_cache(maxsize=8192)
def quotations(text: str, quoted: bool = False) -> tuple[tuple[int, int], ...]:
    """Spans of ``text`` inside quotation marks, without the marks. One that is not closed runs to the end."""
    spans: list[tuple[int, int]] = [
        (found.start("body"), found.end("body")) for found in _SINGLE.finditer(text)
    ]
    opened: int | None = 0 if quoted else None
    for place, character in enumerate(text):
        if character not in _QUOTES:
            continue
        closing = opened is not None and character not in "“«" and not _opens(text, place)
        if closing:
            spans.append((opened or 0, place))
        elif opened is None and (character in "”»" or _closes(text, place)):
            spans.append((0, place))  # it was opened in a sentence before
        opened = None if closing or (opened is None and spans and spans[-1][1] == place) else place + 1
    if opened is not None:
        spans.append((opened, len(text)))
    return tuple(sorted(spans))


def _opens(text: str, place: int) -> bool:
    before = text[place - 1 : place] if place else " "
    return before in " \n([" and text[place + 1 : place + 2].isalnum()


def _closes(text: str, place: int) -> bool:
    before = text[place - 1 : place]
    after = text[place + 1 : place + 2]
    return bool(before and not before.isspace() and before not in "(—–-" and not after.isalnum())


def plain(text: str) -> str:
    """Text with one kind of apostrophe and one kind of space."""
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'")).strip()
