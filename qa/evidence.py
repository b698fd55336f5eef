"""Passages to evidence: the sentences that matter for a question, numbered.

Every sentence of the passages is scored twice by a linear model over ``qa.features``: first by what is known
of all of them, then, for the best of these, with two embedding similarities as well. Where there is a reader
(``qa.reader``), it has a say both times. The weights in ``weights.toml`` come from ``evals/calibrate.py``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from index.sentences import sentences
from index.tokens import count
from index.types import Article, Embedder, Passage
from qa.features import DENSE, LEXICAL, READ, Sentence, Terms, lexical
from qa.question import Part
from qa.reader import UNREAD, Reading
from qa.types import Evidence
from qa.wording import wording

if TYPE_CHECKING:
    from index.catalog import Catalog
    from qa.reader import Reader

SHORTLIST = 32
"""Sentences that get an embedding."""
_ASKS = re.compile(r"\?[\"'”’)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear model: the sum over the features of ``weight * (value - mean) / scale``."""

    names: tuple[str, ...]
    weight: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def score(self, values: Sequence[float]) -> float:
        """The score of one sentence; higher is better."""
        rows = zip(self.weight, values, self.mean, self.scale, strict=True)
        return sum(weight * (value - mean) / scale for weight, value, mean, scale in rows)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sentence with its features and score, for one part of a question. reading: None without a reader."""

    sentence: Sentence
    values: tuple[float, ...]
    score: float
    reading: Reading | None = None

    def named(self) -> dict[str, float]:
        """The features by name."""
        return dict(zip(MODELS["full_read" if self.reading else "full"], self.values, strict=True))


@lru_cache(maxsize=1)
def weights() -> dict[str, Weights]:
    """The calibrated models: ``lexical`` for the shortlist, ``full`` for the final order; with a reader,
    ``lexical_read`` and ``full_read``."""
    data = tomllib.loads(files("qa").joinpath("weights.toml").read_text(encoding="utf-8"))
    return {name: _weights(data[name]) for name in MODELS}


def _weights(table: dict[str, dict[str, float]]) -> Weights:
    names = tuple(table)
    return Weights(
        names,
        tuple(table[name]["weight"] for name in names),
        tuple(table[name]["mean"] for name in names),
        tuple(table[name]["scale"] for name in names),
    )


@lru_cache(maxsize=512)
def article_sentences(article: Article) -> tuple[tuple[int, int], ...]:
    """Start and end of each sentence of an article that is no boilerplate."""
    return tuple((span.start, span.end) for span in sentences(article.text, skip=article.boilerplate))


def split(passages: Sequence[Passage]) -> list[Sentence]:
    """The sentences of the passages, each once, with their neighbours."""
    found: dict[tuple[str, int], Sentence] = {}
    for passage in passages:
        text, spans = passage.article.text, article_sentences(passage.article)
        for n, (start, end) in enumerate(spans):
            if start < passage.chunk.start or end > passage.chunk.end:
                continue
            previous = text[slice(*spans[n - 1])] if n else ""
            following = text[slice(*spans[n + 1])] if n + 1 < len(spans) else ""
            found.setdefault(
                (passage.article.id, start), Sentence(passage, start, end, n, previous, following)
            )
    return list(found.values())


def rank(
    part: Part,
    passages: Sequence[Passage],
    catalog: Catalog,
    embedder: Embedder,
    reader: Reader | None = None,
) -> list[Ranked]:
    """The best ``SHORTLIST`` sentences for one part of a question, best first, with all their features.

    A sentence that itself asks something is none of them: it tells nothing.
    """
    candidates = split(passages)
    if not candidates:
        return []
    readings = reader.read(part.text, candidates) if reader else None
    cheap = undense(part, candidates, passages, catalog, readings)
    suffix, models = ("_read" if reader else ""), weights()
    first, final = models["lexical" + suffix], models["full" + suffix]
    telling = [n for n, one in enumerate(candidates) if not _ASKS.search(one.text)]
    short = sorted(telling, key=lambda n: -first.score(cheap[n]))[:SHORTLIST]
    dense = similarities(part.text, [candidates[n] for n in short], embedder)
    ranked = [
        Ranked(
            candidates[n],
            (*cheap[n], *pair),
            final.score((*cheap[n], *pair)),
            readings[n] if readings else None,
        )
        for n, pair in zip(short, dense, strict=True)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.sentence.article.id, one.sentence.start))


def undense(
    part: Part,
    candidates: Sequence[Sentence],
    passages: Sequence[Passage],
    catalog: Catalog,
    readings: Sequence[Reading] | None,
) -> list[tuple[float, ...]]:
    """The features of every candidate that need no embedding: ``LEXICAL`` and, with readings, ``READ``."""
    terms = Terms(part.text, catalog.document_frequency, catalog.chunk_count())
    strongest = max((passage.lexical or 0.0 for passage in passages), default=0.0) or 1.0
    values = [lexical(part, terms, one, strongest) for one in candidates]
    if readings is None:
        return values
    best: dict[str, float] = {}
    for one, reading in zip(candidates, readings, strict=True):
        chunk = one.passage.chunk.id
        best[chunk] = max(best.get(chunk, UNREAD), reading.support)
    return [
        (*row, reading.support, reading.answer, best[one.passage.chunk.id])
        for row, one, reading in zip(values, candidates, readings, strict=True)
    ]


def similarities(
    question: str, candidates: Sequence[Sentence], embedder: Embedder
) -> list[tuple[float, float]]:
    """The features named in ``DENSE``: cosine of question and sentence, without and with its context."""
    texts = [one.text for one in candidates] + [one.in_context for one in candidates]
    vectors = embedder.embed([question, *texts])
    cosine = vectors[1:] @ vectors[0]
    half = len(candidates)
    return [(float(cosine[n]), float(cosine[half + n])) for n in range(half)]


def choose(ranked: Sequence[Sequence[Ranked]], budget: int, most: int | None = None) -> tuple[Evidence, ...]:
    """The evidence for a question from the ranking of each of its parts, at most ``budget`` tokens and, where
    it is given, ``most`` sentences.

    The parts take turns. A sentence that stands in a near-duplicate as well counts once. Sentences are
    numbered article by article, in the order of the text, articles by their best sentence.
    """
    chosen: dict[tuple[str, int], Ranked] = {}
    told: set[str] = set()
    used = 0
    for turn in range(max((len(part) for part in ranked), default=0)):
        for part in ranked:
            if turn >= len(part):
                continue
            one = part[turn]
            key, words = (one.sentence.article.id, one.sentence.start), wording(one.sentence.text)
            if key in chosen or words in told:
                continue
            cost = count(one.sentence.text) + 5
            if chosen and (used + cost > budget or len(chosen) == most):
                return _numbered(chosen)
            chosen[key] = one
            told.add(words)
            used += cost
    return _numbered(chosen)


def pool(ranked: Sequence[Ranked]) -> tuple[Evidence, ...]:
    """Every ranked sentence as evidence, best first; for looking something up, not for the prompt."""
    return tuple(
        Evidence(n, one.sentence.article, one.sentence.start, one.sentence.end, round(one.score, 4))
        for n, one in enumerate(ranked, 1)
    )


def _numbered(chosen: dict[tuple[str, int], Ranked]) -> tuple[Evidence, ...]:
    order = {article: n for n, article in enumerate(dict.fromkeys(article for article, _ in chosen))}
    keys = sorted(chosen, key=lambda key: (order[key[0]], key[1]))
    return tuple(
        Evidence(
            n, chosen[key].sentence.article, key[1], chosen[key].sentence.end, round(chosen[key].score, 4)
        )
        for n, key in enumerate(keys, 1)
    )


# What a chat template or a numbered list would read as its own; articles are data.
_CONTROL = re.compile(
    r"<\s*[|｜]([^<>|｜]{0,40})[|｜]\s*>|<\s*/?\s*(?:s|system|user|assistant|think|tool_call)\s*>|\[/?INST\]"
    r"|<<\s*/?\s*SYS\s*>>|<\s*/?\s*(?:start|end)_of_turn\s*>|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"[\[［【]\s*(\d+)\s*[\]］】]")


def fenced(text: str) -> str:
    """Text of an article as it may stand in a prompt: one line, no template tokens, no forged numbers."""
    plain = " ".join(text.split())
    while (cleaned := _CONTROL.sub(" ", plain)) != plain:
        plain = cleaned
    return " ".join(_NUMBERING.sub(r"(\1)", plain).split())


def _line(number: int, text: str) -> str:
    return f"[{number}] {text}"


def render(evidence: Sequence[Evidence], line: Callable[[int, str], str] = _line) -> str:
    """The evidence as the model sees it: under each headline its sentences, ``line`` by line."""
    lines: list[str] = []
    last = ""
    for one in evidence:
        if one.article.id != last:
            last = one.article.id
            day = f" ({one.article.published.isoformat()})" if one.article.published else ""
            lines.append(f"# {fenced(one.article.title)}{day}")
        lines.append(line(one.number, fenced(one.text)))
    return "\n".join(lines)


MODELS: dict[str, tuple[str, ...]] = {
    "lexical": LEXICAL,
    "full": LEXICAL + DENSE,
    "lexical_read": LEXICAL + READ,
    "full_read": LEXICAL + READ + DENSE,
}
"""The features of each model, in the order of ``Ranked.values``."""
