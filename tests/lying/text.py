"""Sentences, words and quotation marks, as the generators of claims see them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from index.sentences import sentences
from index.types import Article, Span

WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))

STOPWORDS = frozenset(WORDS["lists"]["stopwords"].split())
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
WORD_NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
# Words that may begin a sentence and are written small anywhere else.
SMALL = frozenset(WORDS["lists"]["small"].split())
AUXILIARY = [
    "is",
    "was",
    "are",
    "were",
    "has",
    "have",
    "had",
    "will",
    "would",
    "can",
    "could",
    "should",
    "may",
    "might",
    "must",
    "do",
    "does",
    "did",
]
_PAIR = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)‘[^’]*’(?!\w)|(?<!\w)'[^'\n]*[^s\s]'(?!\w)")


@dataclass(frozen=True)
class Sentence:
    """One sentence: ``article.text[start:end]``, the ``index``-th of its article.

    inside: whether it begins within a quotation that was opened in a sentence before it.
    """

    article: Article
    index: int
    start: int
    end: int
    inside: bool

    @cached_property
    def text(self) -> str:
        """Its words, with white space settled."""
        return " ".join(self.article.text[self.start : self.end].split())

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)

    @cached_property
    def usable(self) -> bool:
        """Whether a claim can be made of it: it is whole, names its subject and closes its quotations."""
        text = self.text
        return (
            not self.inside
            and text.endswith((".", '."', ".”"))
            and 6 <= len(text.split()) <= 34
            and text.count('"') % 2 == 0
            and text.count("“") == text.count("”")
            and text.count("(") == text.count(")")
            and (text[0].isupper() or text[0] in '"“')
            and not re.match(
                r"(?:He|She|It|They|We|I|You|This|That|These|Those|His|Her|Their|Its|My|Our|There|One|Another"
                r"|Such|Both|Here|So|What|Who|How|Why|If|Not|Nor|Or|Then|Now|Other|Others|None|Neither)\b",
                text,
            )
            and not re.search(r"\?|!|;| - |:(?! [\"“])|--|\.\.|…", text)
        )


@lru_cache(maxsize=4096)
def sentences_of(article: Article) -> tuple[Span, ...]:
    """The spans of the article's sentences, without boilerplate."""
    return tuple(sentences(article.text, skip=article.boilerplate))


@lru_cache(maxsize=4096)
def scene(article: Article) -> tuple[Sentence, ...]:
    """The article's sentences with what the generators ask of them."""
    found = []
    for index, span in enumerate(sentences_of(article)):
        paragraph = article.text.rfind("\n", 0, span.start) + 1
        before = article.text[paragraph : span.start]
        inside = before.count('"') % 2 == 1 or before.count("“") > before.count("”")
        found.append(Sentence(article, index, span.start, span.end, inside))
    return tuple(found)


@lru_cache(maxsize=65536)
def outside(text: str) -> str:
    """``text`` with every quoted character replaced, so that offsets hold and nothing quoted is found."""
    return _PAIR.sub(lambda match: "¤" * len(match[0]), text)


def put(text: str, start: int, end: int, new: str) -> str:
    """``text`` with ``new`` in the place of ``[start, end)``; the first letter of a sentence stays large."""
    out = text[:start] + new + text[end:]
    return out[0].upper() + out[1:] if start == 0 else out


def lowered(text: str, article: Article) -> str | None:
    """``text`` as it is written in the middle of a sentence, or None where that is not known."""
    first = re.split(r"\W", text, maxsplit=1)[0]
    if not first:
        return None
    if re.match(r"[A-Z][\w'’]*(?:-[A-Z]\w*)? [A-Z]", text) and first.lower() not in SMALL:
        return text
    if first.lower() in SMALL and first != "I":
        return text[0].lower() + text[1:]
    if re.search(rf"(?<=[a-z,] ){re.escape(first)}\b", outside(article.text)):
        return text  # it is written so in the middle of a sentence elsewhere
    if re.search(rf"(?<=[a-z,] ){re.escape(first.lower())}\b", article.text):
        return text[0].lower() + text[1:]
    return None


@lru_cache(maxsize=65536)
def content(text: str) -> frozenset[str]:
    """Small-lettered words that carry meaning, cut to six letters so that forms of a word meet."""
    words = re.findall(r"(?<![\w'’])[a-z]{4,}|\d[\d,.]*\d|\d", text)
    return frozenset(word[:6] for word in words if word not in STOPWORDS)


def overlap(one: str, other: str) -> float:
    """Share of the content of the smaller text that stands in the other."""
    left, right = content(one), content(other)
    return len(left & right) / max(1, min(len(left), len(right)))


@lru_cache(maxsize=4096)
def whole(article: Article) -> str:
    """Headline and text."""
    return f"{article.title}\n{article.text}"


def mentions(article: Article, phrase: str) -> bool:
    """Whether the article has the words anywhere, in large or small letters."""
    words = f" {phrase.lower()} "
    return words in _plain(article)


@lru_cache(maxsize=4096)
def _plain(article: Article) -> str:
    """The article's words in small letters with one space between them."""
    return " " + " ".join(re.findall(r"[\w'’]+", whole(article).lower())) + " "


def is_finite(word: str) -> bool:
    """Whether a word is likely the verb of a main clause: an auxiliary or a past tense."""
    return (
        word in AUXILIARY
        or word in WORDS["verbs"]
        or bool(re.fullmatch(r"[a-z]{2,}[^e\W]ed|says|believes", word))
    )
