"""``/brief`` in a conversation: the one place that knows whether briefs can be made, and how."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from qa.errors import Missing

if TYPE_CHECKING:
    from qa.chat.commands import Engine
    from qa.chat.record import Filters
    from qa.chat.screen import Screen


def available() -> bool:
    """Whether this version of qa makes briefs."""
    return importlib.util.find_spec("qa.commands.brief") is not None


def show(topic: str, engine: Engine, filters: Filters, screen: Screen) -> None:
    """Print a brief on a topic. Raises Missing where this version makes none."""
    if not available():
        raise Missing("this version of qa makes no briefs; ask a question instead")
