"""Evidence and a question to what the model says: nothing here is trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.errors import ReplyInvalid
from qa.evidence import fenced, render
from qa.llm import parse_json
from qa.prompting import messages, shown
from qa.types import Evidence, Reply, TokenLogprob
from qa.verify import Drafted

if TYPE_CHECKING:
    from qa.chat_model import ChatModel

PROMPT = "answer"
MAX_CHARACTERS = 600
# A small model may repeat itself to the end of what it is given; this many characters, of which each may be a
# token, leave room for the rest of the reply within the default ``max_tokens``.
LOCAL_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote for one part of a question.

    claims: its sentences or phrase, each with the evidence it cited; empty where it said nothing usable.
    confidence: mean log-probability of the answer's tokens, None where the service does not tell.
    """

    claims: tuple[Drafted, ...]
    prompt: str
    reply: Reply
    confidence: float | None


def schema() -> dict[str, Any]:
    """The JSON Schema of a reply."""
    return {
        "type": "object",
        "properties": {
            "answer": {"type": "string", "maxLength": MAX_CHARACTERS},
            "sentences": {
                "type": "array",
                # Not only the numbers that exist: a claim with a wrong one is anchored anew, or falls.
                "items": {"type": "integer"},
                "maxItems": 2,
            },
        },
        "required": ["answer", "sentences"],
        "additionalProperties": False,
    }


def grammar(numbers: int) -> str:
    """The same as ``schema`` for llama.cpp (GBNF), on one line: its own form of a schema is pretty-printed,
    which costs twice the tokens."""
    allowed = " | ".join(f'"{number}"' for number in range(1, numbers + 1))
    reply = r'"{\"answer\": \"" text "\", \"sentences\": [" list "]}"'
    return "\n".join(
        (
            f"root ::= {reply}",
            f"text ::= char{{1,{LOCAL_CHARACTERS}}}",
            r'char ::= [^"\\{}\x00-\x1F] | "\\" ["\\/]',
            'list ::= number (", " number)?',
            f"number ::= {allowed}",
        )
    )


def draft(question: str, evidence: Sequence[Evidence], model: ChatModel, *, max_tokens: int) -> Draft:
    """Ask the model. Raises ServiceError; a reply in the wrong form is an empty draft: it is no answer."""
    asked = messages(PROMPT, evidence=render(evidence), question=fenced(question))
    form = schema()
    reply = model.complete(
        asked, max_tokens=max_tokens, schema=form, top_logprobs=5, grammar=grammar(len(evidence))
    )
    try:
        value = parse_json(reply.text, form)
    except ReplyInvalid:
        return Draft((), shown(asked), reply, None)
    cited = tuple(dict.fromkeys(value["sentences"]))
    claims = tuple(Drafted(text, cited) for text in _claims(value["answer"]))
    return Draft(claims, shown(asked), reply, _confidence(reply.logprobs))


# A capital after a full stop, and none of the usual abbreviations before it.
_BETWEEN = re.compile(
    r"(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\b[A-Z]\.)(?<=[.!?])\s+(?=[A-Z\"“])"
)


# Numbers of sentences, and the days beside the headlines, which small models copy along.
_MARK = re.compile(r"\[\d+\]|\s\(\d{4}-\d\d-\d\d\)")


def _claims(text: str) -> list[str]:
    """The sentences of a reply, without citation marks."""
    plain = " ".join(_MARK.sub(" ", text).split())
    return [piece.strip() for piece in _BETWEEN.split(plain) if re.search(r"\w", piece)]


def _confidence(tokens: Sequence[TokenLogprob]) -> float | None:
    """Mean log-probability of the tokens of the value of ``answer``."""
    written, inside = [], False
    text = ""
    for token in tokens:
        text += token.token
        if inside and re.search(r'"\s*,\s*"sent', text):
            break
        if inside:
            written.append(token.logprob)
        elif re.search(r'"answer"\s*:\s*"', text):
            inside, text = True, ""
    return sum(written) / len(written) if written else None
