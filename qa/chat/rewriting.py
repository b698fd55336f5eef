"""A model's rewriting of a follow-up: asked for where the rules left something open, taken if it checks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import prompts
from qa.chat import phrases
from qa.chat.followup import Rewriting
from qa.chat.window import Count, conversation
from qa.errors import ReplyInvalid, ServiceError
from qa.evidence import fenced
from qa.llm import parse_json
from qa.types import Message, Usage
from qa.wording import stems

if TYPE_CHECKING:
    from qa.chat.record import Turn
    from qa.chat_model import ChatModel

PROMPT = "rewrite"
_MAX_TOKENS = 80
_MAX_CHARACTERS = 300
_LONGEST = 40  # words
_REFERS = re.compile(r"\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs)\b", re.IGNORECASE)
# Words that a wording may need and that say nothing of their own.
_CONNECTING = frozenset({"use", "involv", "regard", "concern"})


@dataclass(frozen=True, slots=True)
class Improved:
    """A rewriting and what it cost."""

    rewriting: Rewriting
    usage: Usage


def schema() -> dict[str, Any]:
    """The JSON Schema of a reply."""
    return {
        "type": "object",
        "properties": {"question": {"type": "string", "maxLength": _MAX_CHARACTERS}},
        "required": ["question"],
        "additionalProperties": False,
    }


def improved(
    question: str, rules: Rewriting, turns: Sequence[Turn], model: ChatModel, count: Count
) -> Improved:
    """The model's rewriting where it is acceptable, else that of the rules, also where the service fails."""
    filled = prompts.load(PROMPT).messages(conversation=conversation(turns, count), question=fenced(question))
    form = schema()
    try:
        reply = model.complete(
            [Message(role, content) for role, content in filled], max_tokens=_MAX_TOKENS, schema=form
        )
    except ServiceError:
        return Improved(rules, Usage(cost_usd=0.0))
    try:
        text = " ".join(str(parse_json(reply.text, form)["question"]).split())
    except ReplyInvalid:
        return Improved(rules, reply.usage)
    if not acceptable(text, question, turns):
        return Improved(rules, reply.usage)
    return Improved(replace(rules, text=text, sure=True), reply.usage)


def acceptable(text: str, question: str, turns: Sequence[Turn]) -> bool:
    """Whether a rewriting says what the question says, and besides only what the conversation said.

    It must keep the question's words of content and what it asks for, add words of the conversation and no
    others, and leave no pronoun over. A small model often only repeats the question.
    """
    if not text.endswith("?") or len(text.split()) > _LONGEST or _REFERS.search(text):
        return False
    before, after = phrases.shape(question), phrases.shape(text)
    if before.wh and before.wh.split()[-1] != (after.wh.split() or [""])[-1]:
        return False
    asked, written = set(stems(phrases.bare(question))), set(stems(text))
    said = {
        stem
        for turn in turns
        for part in (turn.question, turn.answer.answer, *(one.title for one in turn.answer.backing))
        for stem in stems(part)
    }
    added = written - asked
    return asked <= written and bool(added & said) and added <= said | _CONNECTING
