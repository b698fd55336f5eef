"""A second opinion from a model on claims that have already been verified; it may only reject."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import prompts
from qa.errors import ReplyInvalid
from qa.evidence import fenced
from qa.llm import parse_json
from qa.types import Fate, Message
from qa.verify import Checked

if TYPE_CHECKING:
    from qa.chat_model import ChatModel

SCHEMA = {
    "type": "object",
    "properties": {"supported": {"type": "boolean"}},
    "required": ["supported"],
    "additionalProperties": False,
}


def entailed(checked: Checked, model: ChatModel) -> Checked:
    """The same, or replaced by a quotation of its evidence where the model does not find it supported.

    Quotations and dropped claims are not asked about. A reply that cannot be read rejects nothing: the rules
    have already accepted the claim. Raises ServiceError.
    """
    if checked.quoted or not checked.evidence:
        return checked
    words = " ".join(fenced(one.text) for one in checked.evidence)
    filled = prompts.load("entail").messages(quotation=words, claim=fenced(checked.text))
    reply = model.complete([Message(role, text) for role, text in filled], max_tokens=16, schema=SCHEMA)
    try:
        supported = bool(parse_json(reply.text, SCHEMA)["supported"])
    except ReplyInvalid:
        return checked
    if supported:
        return checked
    first = checked.evidence[0]
    check = replace(
        checked.check, fate=Fate.QUOTED, reasons=(*checked.check.reasons, "entailment"), printed=first.text
    )
    return Checked(check, first.text, (first,), quoted=True)
