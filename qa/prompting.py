"""Prompts as messages, and messages as a trace shows them."""

from __future__ import annotations

from collections.abc import Sequence

import prompts
from qa.types import Message


def messages(name: str, **values: str) -> list[Message]:
    """The messages of the prompt called ``name``, filled in.

    Raises FileNotFoundError, and KeyError for a missing or an unknown variable.
    """
    return [Message(role, content) for role, content in prompts.load(name).messages(**values)]


def shown(asked: Sequence[Message]) -> str:
    """The messages as a trace shows them."""
    return "\n\n".join(f"{message.role}:\n{message.content}" for message in asked)


def prompt_id(name: str) -> str:
    """Name and version, such as ``judge@1``. Raises FileNotFoundError."""
    return prompts.load(name).id
