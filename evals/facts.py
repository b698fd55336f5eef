"""Whether a text holds a fact, given the forms in which it may be said. Pure.

Both sides are normalised: case, accents, quotation marks and dashes, thousands separators, per cent, scales
(``£5m`` and ``5 million``), possessives, ordinals. A form counts where it stands as whole words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# The types of gold questions that the articles answer.
ANSWERABLE = frozenset({"single", "numeric", "temporal", "attribution", "multi", "list", "why", "conflict"})

_SCALES = {"bn": "billion", "mn": "million", "m": "million", "tn": "trillion", "k": "thousand"}
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[\u2018\u2019\u201a\u2032`\u00b4]"), "'"),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(?<=\d)\s?(?:%|per\s?cent\b|pct\b)"), " percent"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"'s\b|(?<=s)'(?=\s|$)"), ""),
    (re.compile("'"), ""),
    (re.compile(r"(?<=\d)(?:st|nd|rd|th)\b"), ""),
)
_SCALE = re.compile(r"(?<=\d)\s?(bn|mn|m|tn|k)\b")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_TOKEN = re.compile(r"\d+(?:[.:]\d+)*|[^\W_]+")


def normalise(text: str) -> str:
    """Lower-case words and numbers, one space between them."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    for pattern, replacement in _STEPS:
        plain = pattern.sub(replacement, plain)
    plain = _SCALE.sub(lambda match: " " + _SCALES[match[1]], plain)
    plain = _INITIALS.sub(lambda match: match[0].replace(".", ""), plain)
    return " ".join(_TOKEN.findall(plain))


def holds(text: str, forms: Sequence[str]) -> bool:
    """Whether the text says the fact in one of its forms."""
    words = f" {normalise(text)} "
    return any(f" {form} " in words for form in map(normalise, forms) if form)


def held(text: str, facts: Sequence[Sequence[str]]) -> list[bool]:
    """``holds`` for each fact."""
    return [holds(text, forms) for forms in facts]


def misleads(text: str, facts: Sequence[Sequence[str]], forbidden: Sequence[str]) -> bool:
    """Whether an answer gives a forbidden form as what was asked for.

    In its own words an answer may not hold one at all: 'in April or June' is no answer. A quotation, between
    “ and ”, speaks of whatever its article does: it misleads only where it is given first, before every fact
    is said, and holds none itself. Labels set by reading are why; see ``evals/README.md``.
    """
    left = list(facts)
    for passage, quoted in _passages(text):
        found = [forms for forms in left if holds(passage, forms)]
        answers = bool(facts) and (not left or bool(found))
        if holds(passage, forbidden) and not (quoted and answers):
            return True
        left = [forms for forms in left if forms not in found]
    return False


def _passages(text: str) -> list[tuple[str, bool]]:
    """The stretches of a text in their order, each with whether it is a quotation. One not closed is none."""
    passages: list[tuple[str, bool]] = []
    start = depth = 0
    for place, character in enumerate(text):
        if character == "“":
            if not depth:
                passages.append((text[start:place], False))
                start = place
            depth += 1
        elif character == "”" and depth:
            depth -= 1
            if not depth:
                passages.append((text[start : place + 1], True))
                start = place + 1
    return [*passages, (text[start:], False)]
