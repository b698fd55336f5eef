"""What the commands that retrieve and ask have in common: options, filters, the model, and words about it."""

from __future__ import annotations

import calendar
import re
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.errors import Missing, ModelMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from qa.answer import Answerer
    from qa.chat_model import ChatModel
    from qa.config import Settings
    from qa.wiring import OnMissing

ABSTAINED = 3

KOption = Annotated[
    int | None, typer.Option("-k", metavar="N", help="Passages to retrieve.", show_default=False)
]
SinceOption = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Only articles of that day (month, year) or later.",
        show_default=False,
    ),
]
UntilOption = Annotated[
    str,
    typer.Option(
        "--until",
        metavar="DATE",
        help="Only articles of that day (month, year) or earlier.",
        show_default=False,
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only articles of this source; may be repeated.", show_default=False),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Only articles with this tag; may be repeated.", show_default=False),
]
NoModelOption = Annotated[
    bool, typer.Option("--no-model", help="Quote the articles, without a language model.")
]

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def filters(since: str, until: str, sources: list[str] | None, tags: list[str] | None) -> dict[str, Any]:
    """The filters of the command line as fields of a Query or a Question. Raises UsageError."""
    first = day(since, "--since") if since else None
    last = day(until, "--until", last=True) if until else None
    if first and last and first > last:
        raise UsageError(f"--since {since} is later than --until {until}, so that no article can match")
    return {"since": first, "until": last, "sources": tuple(sources or ()), "tags": tuple(tags or ())}


def day(text: str, name: str, *, last: bool = False) -> date:
    """``2005-01-31``; of a month or year its first day, or with ``last`` its last one. Raises UsageError."""
    match = _DATE.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        year = int(match[1])
        month = int(match[2] or (12 if last else 1))
        number = int(match[3] or (calendar.monthrange(year, month)[1] if last else 1))
        return date(year, month, number)
    except ValueError:
        raise UsageError(f"{name} must be a date like 2021-09-22, 2021-09 or 2021, not {text!r}") from None


class Narrator:
    """What is going on, on stderr: a passing line on a terminal, and lines that stay wherever it is."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._status: Any = None

    def doing(self, words: str) -> None:
        """Show what is being done now, until it changes; nothing where stderr is no terminal."""
        from qa.terminal import safe

        if not self._screen.is_terminal:
            return
        if self._status is None:
            from rich.status import Status
            from rich.text import Text

            self._status = Status(Text(safe(words)), console=self._screen)
            self._status.start()
        else:
            from rich.text import Text

            self._status.update(Text(safe(words)))

    def say(self, line: str) -> None:
        """Print a line that stays."""
        from qa.terminal import safe

        self._screen.print(f"qa: {safe(line)}")

    def pause(self) -> None:
        """Take the passing line away: something is about to be printed, or asked."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __enter__(self) -> Narrator:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()


@contextmanager
def answerer(effective: Settings, *, yes: bool, no_model: bool, narrator: Narrator) -> Iterator[Answerer]:
    """Everything that answering needs, opened and closed again.

    Raises what ``qa.wiring`` raises.
    """
    from qa import wiring

    missing = pulling_quietly(effective, yes, narrator)
    narrator.doing("opening the index")
    with wiring.retriever(effective, on_missing=missing) as retriever:
        model = None if no_model else language_model(effective, missing, narrator)
        yield wiring.answerer(effective, retriever, model)


def language_model(effective: Settings, missing: OnMissing, narrator: Narrator) -> ChatModel | None:
    """The model that the settings ask for; None, said in a line, where ``auto`` finds none to be had.

    A model that somebody named and that is not there raises Missing.
    """
    from qa import wiring

    narrator.doing("starting the model")
    try:
        return wiring.chat_model(effective, on_missing=missing, on_retry=narrator.say)
    except Missing as error:
        if effective.model != "auto":
            raise
        narrator.say(f"{error}; until then, answers are quotations without a language model")
        return None


def pulling_quietly(effective: Settings, yes: bool, narrator: Narrator) -> Callable[[ModelMissing], None]:
    """As ``qa.commands.pulling``, without the passing line in between."""
    from qa.commands import pulling

    pull = pulling(effective, yes)

    def on_missing(missing: ModelMissing) -> None:
        narrator.pause()
        pull(missing)

    return on_missing
