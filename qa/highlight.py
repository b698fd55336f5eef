"""The sentence of a passage that matches a question best, and the question's words in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.sentences import sentences
from index.types import Passage, Span
from qa.features import Terms
from qa.wording import stems

if TYPE_CHECKING:
    from index.catalog import Catalog

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")


def best_sentences(question: str, passages: Sequence[Passage], catalog: Catalog) -> list[Span]:
    """For each passage the span in its article's text of the sentence that holds most of the question.

    The question's words count by how rare they are in the index; of equal sentences the first is taken. A
    passage without a whole sentence gives its own span.
    """
    terms = Terms(question, catalog.document_frequency, catalog.chunk_count())
    return [_best(passage, terms) for passage in passages]


def _best(passage: Passage, terms: Terms) -> Span:
    text, chunk = passage.article.text, passage.chunk
    inside = (
        span
        for span in sentences(text, skip=passage.article.boilerplate)
        if chunk.start <= span.start and span.end <= chunk.end
    )
    whole = Span(chunk.start, chunk.end)
    return max(inside, key=lambda span: terms.covered(text[span.start : span.end]), default=whole)


def marked(question: str, text: str) -> list[Span]:
    """Where the question's content words stand in ``text``, in any inflection; spans of ``text``."""
    asked = set(stems(question))
    return [
        Span(match.start(), match.end())
        for match in _WORD.finditer(text)
        if asked.intersection(stems(match.group()))
    ]
