"""Plain text: the first line is the headline when it looks like one."""

from __future__ import annotations

import re
from itertools import islice

from index.clean import settle
from index.record import Record

_LONGEST_HEADLINE = 150  # characters
_FIRST_LINES = 1000  # further down nothing is a headline
_ABBREVIATED = re.compile(r"(?:\b(?:[A-Z]\.){2,}|\b(?:Inc|Corp|Ltd|Co|Jr|Sr|No|St|etc)\.|\.\.\.)$")


def read_text(text: str) -> Record:
    """A record of the text, its headline in ``title`` and no longer in ``text``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = list(islice((index for index, line in enumerate(lines[:_FIRST_LINES]) if settle(line)), 2))
    if len(filled) == 2:
        first, second = filled
        headline = settle(lines[first])
        gap = second > first + 1
        if looks_like_headline(headline) and (gap or _starts_body(headline, settle(lines[second]))):
            return Record(text="\n".join(lines[first + 1 :]), original=text, title=headline)
    return Record(text=text, original=text)


def looks_like_headline(line: str) -> bool:
    """Short, and no sentence: no closing full stop, comma or the like, except of an abbreviation."""
    if not line or len(line) > _LONGEST_HEADLINE or "\n" in line or not any(map(str.isalpha, line)):
        return False
    return line[-1] not in ".,;:" or bool(_ABBREVIATED.search(line))


def _starts_body(headline: str, line: str) -> bool:
    """Whether the line right below is a text of its own and not the rest of a wrapped line."""
    return not line[0].islower() and len(line) > 1.5 * len(headline) and not looks_like_headline(line)
