"""The loop of a conversation: on a terminal, and through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

from index.errors import IndexFailure
from qa import render
from qa.chat.commands import Talk, obey
from qa.chat.screen import Screen, one_line, unechoed
from qa.chat.session import AS_WRITTEN
from qa.errors import QAError
from qa.types import Citation, Claim

_LEAVING = ("exit", "quit", "bye")


class Reads(Protocol):
    """What reads lines: ``qa.chat.reading.Reader``."""

    def read(self, offered: str = "") -> str:
        """The next line."""
        ...

    @property
    def unfinished(self) -> str:
        """What stood in a line that was interrupted."""
        ...


def interactive(talk: Talk, reader: Reads) -> None:
    """Read lines and answer them until the user leaves. Errors are told, and the conversation goes on."""
    while not talk.leaving:
        offered, talk.offered = talk.offered, ""
        try:
            line = reader.read(offered).strip()
        except KeyboardInterrupt:
            if not reader.unfinished:
                talk.screen.aside("Ctrl-D leaves, /help shows the commands.")
            continue
        except EOFError:
            return
        if line:
            handle(line, talk, instead=bool(offered) and not line.startswith("/"))


def handle(line: str, talk: Talk, *, instead: bool = False) -> None:
    """Answer or obey one line; Ctrl-C ends that and no more.

    instead: the line corrects the last question.
    """
    screen = talk.screen
    screen.gap()
    try:
        if line.lower().rstrip("!. ") in _LEAVING:
            talk.leaving = True
        elif line.startswith("/"):
            obey(line, talk)
        else:
            with unechoed():
                answer(f"{AS_WRITTEN}{line}" if instead else line, talk, instead=instead)
    except KeyboardInterrupt:
        screen.aside("Stopped.")
    except (QAError, IndexFailure) as error:
        screen.say(f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.")
    finally:
        screen.still()
    if not talk.leaving and not talk.offered:
        screen.gap()


def answer(text: str, talk: Talk, *, instead: bool = False) -> None:
    """Ask, and show each claim as soon as it has been checked. Raises what ``Session.ask`` raises."""
    screen = talk.screen
    shown = 0
    cited: dict[int, Citation] = {}

    def on_question(question: str) -> None:
        if question != " ".join(text.lstrip(AS_WRITTEN).split()):
            screen.understood(question)
            screen.gap()

    def on_claim(claim: Claim, citations: Sequence[Citation]) -> None:
        nonlocal shown
        screen.claim(claim)
        shown += 1
        cited.update({one.id: one for one in citations})

    try:
        turn = talk.session.ask(
            text, instead=instead, on_question=on_question, on_progress=screen.doing, on_claim=on_claim
        )
    except BaseException:
        screen.still()
        if cited:
            screen.gap()
            screen.sources(cited.values())
        raise
    talk.briefed = ()
    screen.rest(turn.answer, shown)


def piped(talk: Talk, lines: Iterable[str], *, as_json: bool) -> None:
    """One answer for each line, without decoration; commands print what they print.

    Raises what asking raises: what comes after a question that failed may have followed it up.
    """
    for line in lines:
        text = line.strip()
        if not text:
            continue
        if text.startswith("/"):
            obey(text, talk)
            if talk.offered:
                offered, talk.offered = talk.offered, ""
                _print(talk, f"{AS_WRITTEN}{offered}", as_json=as_json, instead=True)
        else:
            _print(talk, text, as_json=as_json)
        if talk.leaving:
            return


def _print(talk: Talk, text: str, *, as_json: bool, instead: bool = False) -> None:
    turn = talk.session.ask(text, instead=instead)
    print(render.to_json(turn.answer) if as_json else one_line(turn.answer), file=sys.stdout, flush=True)


def greeting(screen: Screen, articles: int, model: str, note: str) -> None:
    """The lines that a conversation begins with."""
    count = f"{articles:,} article{'' if articles == 1 else 's'}"
    screen.gap()
    render.put(
        screen.out,
        ("qa", "bold"),
        (f"  {count} · {model or 'no model, quotations only'}", "dim"),
        indent=2,
    )
    screen.aside("Ask about the articles. /help shows the commands, Ctrl-D leaves.")
    if note:
        screen.aside(note)
    screen.gap()
