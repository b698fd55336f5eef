"""The headline: the model's, if it holds, else the title of the article that is nearest to all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import prompts
from index.tokens import count
from qa.brief.salient import Pool, Unit
from qa.errors import ReplyInvalid
from qa.evidence import fenced
from qa.llm import parse_json
from qa.types import Evidence, Fate, Message, Usage
from qa.verify import Drafted, verify

if TYPE_CHECKING:
    from index.types import Embedder
    from qa.chat_model import ChatModel

PROMPT = "headline"
MOST_TOKENS = 200
"""Of the sentence that the model is shown. A longer one is not cut: then the title stands."""
MAX_CHARACTERS, LEAST_WORDS, MOST_WORDS = 140, 4, 16
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"headline": {"type": "string", "maxLength": MAX_CHARACTERS}},
    "required": ["headline"],
    "additionalProperties": False,
}
# The same for llama.cpp, whose own form of a schema is pretty-printed and costs twice the tokens.
_GRAMMAR = "\n".join(
    (
        r'root ::= "{\"headline\": \"" text "\"}"',
        f"text ::= char{{1,{MAX_CHARACTERS}}}",
        r'char ::= [^"\\{}\x00-\x1F] | "\\" ["\\/]',
    )
)


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline and what it stands on.

    prompt: name and version where a model was asked. usage: None where its reply was known or none was asked.
    dropped: what it wrote and the check refused. notes: why it was not asked.
    """

    text: str
    evidence: tuple[Evidence, ...]
    prompt: str = ""
    usage: Usage | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def headline(topic: str, pool: Pool, embedder: Embedder, model: ChatModel | None) -> Headline:
    """The headline of a brief. Raises ServiceError.

    The model is asked to shorten the sentence that opens the most central article. Without a model, and where
    what it writes is not borne out by that sentence, the article's title stands, cited by the sentence.
    """
    central = _central(topic, pool, embedder)
    title = " ".join(central.notes.article.title.split())
    given = Headline(title or topic, (central.evidence,))
    if model is None:
        return given
    if count(central.text) > MOST_TOKENS:
        note = f"the sentence for the headline is longer than {MOST_TOKENS} tokens, so no model was asked"
        return replace(given, notes=(note,))
    filled = prompts.load(PROMPT).messages(sentence=fenced(central.text))
    messages = [Message(role, content) for role, content in filled]
    asked = replace(given, prompt=prompts.load(PROMPT).id)
    try:
        reply = model.complete(messages, max_tokens=60, schema=_SCHEMA, grammar=_GRAMMAR)
        asked = replace(asked, usage=None if reply.cached else reply.usage)
        written = " ".join(str(parse_json(reply.text, _SCHEMA)["headline"]).split()).rstrip(".")
    except ReplyInvalid:
        return asked
    checked = verify([Drafted(written, (1,))], [central.evidence])[0]
    stands = checked.check.fate is Fate.VERIFIED
    if not stands or not LEAST_WORDS <= len(written.split()) <= MOST_WORDS:
        return replace(asked, dropped=(written,))
    return replace(asked, text=written[:1].upper() + written[1:], evidence=checked.evidence)


_MATTER = 8
_NEWER = 0.15
# Such a title says what the article is, not what happened.
_NO_HEADLINE = re.compile(
    r"^(?:Q&A|Profile|Timeline|Analysis|Viewpoint|In quotes|At a glance)\b|\?$", re.IGNORECASE
)


def _central(topic: str, pool: Pool, embedder: Embedder) -> Unit:
    """The opening sentence under the title nearest to the topic and to what matters; newer ones first."""
    opening = [unit for unit in pool.units if unit.n == 0] or list(pool.units[:1])
    opening = [unit for unit in opening if not _NO_HEADLINE.search(unit.notes.article.title)] or opening
    best = [unit.text for unit in pool.units[:_MATTER]]
    vectors = embedder.embed([topic, *best, *(unit.notes.article.title for unit in opening)])
    wanted = vectors[0] + vectors[1 : len(best) + 1].mean(axis=0)
    near = (vectors[len(best) + 1 :] @ wanted).tolist()
    days = sorted({str(unit.notes.article.published or "") for unit in opening})
    newer = {day: n / max(1, len(days) - 1) for n, day in enumerate(days)}

    def worth(pair: tuple[Unit, float]) -> tuple[float, int]:
        unit, cosine = pair
        return cosine + _NEWER * newer[str(unit.notes.article.published or "")], -unit.at

    return max(zip(opening, near, strict=True), key=worth)[0]
