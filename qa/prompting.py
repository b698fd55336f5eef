"""Prompts as messages, for whoever may not know where prompts are kept."""

from __future__ import annotations

import prompts
from qa.types import Message


def messages(name: str, **values: str) -> list[Message]:
    """The messages of the prompt called ``name``, filled in.

    Raises FileNotFoundError, and KeyError for a missing or an unknown variable.
    """
    return [Message(role, content) for role, content in prompts.load(name).messages(**values)]


def prompt_id(name: str) -> str:
    """Name and version, such as ``judge@1``. Raises FileNotFoundError."""
    return prompts.load(name).id
