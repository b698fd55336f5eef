"""What may go into a prompt: tokens as the model counts them, and as much of a conversation as fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qa.errors import UsageError

if TYPE_CHECKING:
    from qa.chat.record import Turn
    from qa.config import Settings

Count = Callable[[str], int]

CONVERSATION_TOKENS = 600
"""Of a conversation in a prompt."""
QUESTION_TOKENS = 400
"""Of a question; the local model's context also has to hold the evidence and the reply."""
_LATEST = 8
"""Turns that are looked at at all: a follow-up refers to nothing older."""
_ANSWER_CHARACTERS = 600


def counter(settings: Settings) -> Count:
    """How the model that the settings name counts tokens.

    A local model's server counts itself; for OpenAI's, and where there is no better way, tiktoken does.
    """
    from index.tokens import count
    from qa import wiring

    choice = wiring.chat_choice(settings)
    if not choice.local:
        return _tiktoken(choice.name)
    # The very server that ``wiring.chat_model`` started.
    server = wiring.local_server(choice.name, settings)
    return _by_server(server.base_url, server.api_key, count)


def _tiktoken(model: str) -> Count:
    from index.tokens import count

    count("")  # which tells tiktoken where its vocabularies are
    try:
        import tiktoken

        encoding = tiktoken.encoding_for_model(model)
    except Exception:  # an unknown model, or a vocabulary that would have to be fetched
        return count
    return lambda text: len(encoding.encode_ordinary(text))


def _by_server(base_url: str, key: str, otherwise: Count) -> Count:
    """llama.cpp's own tokenizer, at ``/tokenize`` beside the OpenAI API."""
    address = urlsplit(base_url).netloc
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def counted(text: str) -> int:
        connection = HTTPConnection(address, timeout=10)
        try:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            return len(json.loads(connection.getresponse().read())["tokens"])
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            return otherwise(text)
        finally:
            connection.close()

    return counted


def check(question: str, count: Count) -> None:
    """Raises UsageError where a question is too long to be sent."""
    # A token is at least a character, so short questions need not be counted.
    if len(question) > QUESTION_TOKENS and (tokens := count(question)) > QUESTION_TOKENS:
        raise UsageError(
            f"the question has {tokens:,} tokens and at most {QUESTION_TOKENS} fit beside the evidence: "
            "ask about less at a time"
        )


def conversation(turns: Sequence[Turn], count: Count, budget: int = CONVERSATION_TOKENS) -> str:
    """The latest turns as they may stand in a prompt, the oldest first, within ``budget`` tokens.

    Whole turns as far as they fit; of the ones before them the questions alone; the oldest not at all.
    """
    from qa.evidence import fenced

    lines: list[str] = []
    used, whole = 0, True
    for turn in reversed(turns[-_LATEST:]):
        asked = f"Question: {fenced(turn.question)}"
        said = "" if turn.answer.abstained else fenced(turn.answer.answer)[:_ANSWER_CHARACTERS]
        both = f"{asked}\nAnswer: {said or 'none was found.'}"
        for form in (both, asked) if whole else (asked,):
            if used + (cost := count(form) + 1) <= budget:
                whole = whole and form is both
                used += cost
                lines.append(form)
                break
        else:
            break
    return "\n".join(reversed(lines))
