"""Words as ranking and checking compare them: lower case, stemmed, without those that carry no content."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import Stemmer

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_POSSESSIVE = re.compile(r"['’]s\b")
_STOP_LIST = """
a an the of in on at to for from by with and or but is are was were be been being it its this that
these those as into than then so if not no do does did done has have had having he she they them his
her their him i you we our your my me us will would can could should may might must shall what which
who whom whose when where why how s t re ve ll d m about after before over under up down out off
again there here all any both each few more most other some such only own same too very just also
because while during between against through above below said say says
"""
_STOP_WORDS = frozenset(_STOP_LIST.split())


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """The content words of ``text`` in order, lower case, possessives off; numbers count as words."""
    plain = _POSSESSIVE.sub("", text.lower())
    return [word for word in _WORD.findall(plain) if word not in _STOP_WORDS]


def wording(text: str) -> str:
    """All the words of ``text``, lower case, without punctuation: two articles that print one sentence."""
    return " ".join(re.findall(r"\w+", text.lower()))


@lru_cache(maxsize=16_384)
def stems(text: str) -> tuple[str, ...]:
    """``words`` reduced to their stems (Snowball's English stemmer)."""
    stemmed: list[str] = _stemmer().stemWords(words(text))
    return tuple(stemmed)
