"""What speaks for a sentence as the answer to a question, in numbers.

Three groups: those that cost nothing (shared words, the kind of thing asked for, the passage's own scores),
two similarities that need an embedding, and what a reader says of the sentence, of the likeliest answer in
it and of the best sentence of its passage. ``qa.evidence`` weighs them; ``evals/calibrate.py`` finds the
weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index.types import Article, Passage
from qa.question import Kind, Part
from qa.wording import stems, words

LEXICAL = (
    "question_in_sentence",
    "question_in_sentence_and_next",
    "question_in_sentence_and_title",
    "question_in_context",
    "question_in_passage",
    "question_in_article",
    "rarest_term",
    "passage_similarity",
    "passage_bm25",
    "passage_first",
    "new_names",
    "lacks_kind",
    "amount_has_money",
    "amount_has_number",
    "number_has_number",
    "time_has_time",
    "person_has_name",
    "length",
    "fragment",
    "opening",
    "pronoun",
)
DENSE = ("similarity", "similarity_in_context")
READ = ("support", "answer", "passage_support")

_NUMBER = re.compile(
    r"\b\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|thousand|million|billion|half|twice|double|dozen|third|quarter)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[£$€¥]\s?\d|\b\d[\d,.]*\s?(?:m|bn|million|billion|p)?\s?"
    r"(?:euros?|pounds?|dollars?|pence|cents?|yen|rupees|roubles|francs?|crowns?)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:1[0-9]|20)\d\d\b|\b(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday|today|tomorrow"
    r"|(?:last|next) (?:week|month|year)|summer|winter|spring|autumn|century|years?|months?|weeks?|days?"
    r"|hours?)\b"
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|after|as a result|caused?|reason|so that|in order to|blamed?|thanks to"
    r"|amid|following|since|fears?|concerns?|led to|prompted|for|which|felt"
    r"|to (?:avoid|prevent|protect|help|allow|reduce))\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s+(?:(?:of|the|and|de|van|von|al)\s+)?[A-Z][\w'’-]+)*")
_PRONOUN = re.compile(r"(?:But |And )?(?:He|She|It|They|This|That|His|Her|Their|he|she|it|they)\b")
_PREVIOUS_CHARACTERS = 150


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage with its neighbours: ``article.text[start:end]``.

    ordinal: its place in the article; 0 opens it.
    """

    passage: Passage
    start: int
    end: int
    ordinal: int
    previous: str
    following: str

    @property
    def article(self) -> Article:
        """The article it stands in."""
        return self.passage.article

    @property
    def text(self) -> str:
        """The exact words."""
        return self.article.text[self.start : self.end]

    @property
    def in_context(self) -> str:
        """Headline, the end of the sentence before, and the sentence: what a reader has before the eyes."""
        before = self.previous[-_PREVIOUS_CHARACTERS:]
        return f"{self.article.title}: {before + ' ' if before else ''}{self.text}"


class Terms:
    """A question's content words and how much each one tells (inverse document frequency over the chunks).

    frequency: the number of chunks that hold each of the given words.
    chunks: how many chunks there are.
    """

    def __init__(
        self, question: str, frequency: Callable[[Sequence[str]], Mapping[str, int]], chunks: int
    ) -> None:
        plain = list(dict.fromkeys(words(question)))
        found = frequency(plain)
        self.weight: dict[str, float] = {}
        for word in plain:
            count = found.get(word, 0)
            inverse = math.log(1 + (chunks - count + 0.5) / (count + 0.5)) if count <= chunks else 0.0
            for stem in stems(word):
                self.weight[stem] = max(inverse, self.weight.get(stem, 0.0))
        self.total = sum(self.weight.values()) or 1.0

    def covered(self, *texts: str) -> float:
        """The share of the question's weight that the texts hold together, 0 to 1."""
        present = {stem for text in texts for stem in stems(text)}
        return sum(weight for stem, weight in self.weight.items() if stem in present) / self.total

    def rarest(self, text: str) -> float:
        """The weight of the most telling term in the text, about 0 to 1."""
        return max((self.weight[stem] for stem in stems(text) if stem in self.weight), default=0.0) / 10


def lexical(part: Part, terms: Terms, sentence: Sentence, strongest_bm25: float) -> tuple[float, ...]:
    """The features named in ``LEXICAL``, in their order."""
    text, passage, title = sentence.text, sentence.passage, sentence.article.title
    names = new_names(text, part.text)
    number = new_number(text, part.text)
    has = kinds(text, names, number)
    length = len(words(text))
    return (
        terms.covered(text),
        terms.covered(text, sentence.following),
        terms.covered(text, title),
        terms.covered(text, title, sentence.previous, sentence.following),
        terms.covered(passage.text, title),
        terms.covered(sentence.article.text, title),
        terms.rarest(text),
        passage.dense or 0.0,
        (passage.lexical or 0.0) / strongest_bm25,
        1.0 / passage.rank,
        min(len(names), 5) / 5,
        float(not has[part.kind]),
        float(part.kind is Kind.AMOUNT and has[Kind.AMOUNT]),
        float(part.kind is Kind.AMOUNT and number),
        float(part.kind is Kind.NUMBER and number),
        float(part.kind is Kind.TIME and has[Kind.TIME]),
        float(part.kind is Kind.PERSON and has[Kind.PERSON]),
        min(length, 40) / 40,
        float(length < 5),
        float(sentence.ordinal == 0),
        float(bool(_PRONOUN.match(text))),
    )


def new_names(text: str, question: str) -> list[str]:
    """Capitalised runs that the question does not hold; a lone capital that opens the text is no name."""
    asked = {word.lower() for word in re.findall(r"[\w'’-]+", question)}
    return [
        name
        for name in _NAME.findall(text)
        if not all(word.lower() in asked for word in name.split())
        and (not text.startswith(name) or " " in name)
    ]


def new_number(text: str, question: str) -> bool:
    """Whether the text holds a number that the question does not."""
    known = set(_NUMBER.findall(question))
    return any(found not in known for found in _NUMBER.findall(text))


def kinds(text: str, names: Sequence[str], number: bool) -> dict[Kind, bool]:
    """For each kind of answer, whether the text has something of it."""
    return {
        Kind.AMOUNT: bool(_MONEY.search(text)),
        Kind.NUMBER: number,
        Kind.TIME: bool(_TIME.search(text)),
        Kind.REASON: bool(_REASON.search(text)),
        Kind.PERSON: any(" " in name for name in names),
        Kind.PLACE: bool(names),
        Kind.THING: bool(names),
    }


def answers_kind(kind: Kind, text: str, question: str) -> bool:
    """Whether a drafted phrase can be the kind of thing asked for; reasons and things can be anything."""
    if kind in (Kind.AMOUNT, Kind.NUMBER):
        return new_number(text, question)
    if kind is Kind.TIME:
        return bool(_TIME.search(text)) or new_number(text, question)
    if kind in (Kind.PERSON, Kind.PLACE):
        asked = {word.lower() for word in re.findall(r"[\w'’-]+", question)}
        return any(word[0].isupper() and word.lower() not in asked for word in re.findall(r"[\w'’-]+", text))
    return True
