"""``/brief`` in a conversation: the one place that knows whether briefs can be made, and how."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from index.types import Query
from qa.config import notes_folder
from qa.errors import Missing
from qa.types import Citation, Usage

if TYPE_CHECKING:
    from qa.brief.make import Progress
    from qa.chat.commands import Engine
    from qa.chat.record import Filters
    from qa.chat.screen import Screen


def available() -> bool:
    """Whether this version of qa makes briefs."""
    return importlib.util.find_spec("qa.brief") is not None


def show(
    topic: str, engine: Engine, filters: Filters, screen: Screen
) -> tuple[tuple[Citation, ...], Usage] | None:
    """Print a short brief on a topic; its citations and what it cost, or None where nothing is known.

    Raises Missing where this version makes no briefs, and what ``Briefer.about`` raises.
    """
    if not available():
        raise Missing("this version of qa makes no briefs; ask a question instead")
    from qa.brief.make import Briefer
    from qa.brief.notes import NoteStore
    from qa.brief.screen import print_brief
    from qa.brief.types import Length

    def on_progress(progress: Progress) -> None:
        counts = f" {progress.read} of {progress.articles} articles" if progress.stage == "reading" else ""
        screen.doing(f"{progress.stage}{counts}")

    store = NoteStore(notes_folder() if engine.settings.cache else None)
    query = Query("", since=filters.since, until=filters.until, sources=filters.sources, tags=filters.tags)
    made = Briefer(engine.retriever, engine.model, store).about(
        topic, length=Length.SHORT, query=query, on_progress=on_progress
    )
    screen.still()
    if made is None:
        screen.say(f"The articles say nothing about: {topic}.")
        return None
    print_brief(made, screen.out)
    return made.citations, made.usage
