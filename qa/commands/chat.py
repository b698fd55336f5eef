"""``qa chat``: a conversation with the articles."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.commands import BaseUrlOption, IndexOption, JsonOption, ModelOption, YesOption, settings
from qa.commands._asking import KOption, Narrator, NoModelOption
from qa.errors import UsageError

if TYPE_CHECKING:
    from qa.chat.commands import Talk
    from qa.chat.engine import Engine
    from qa.chat.loop import Reads
    from qa.chat.store import Store
    from qa.config import Settings

Wanted = Annotated[
    str | None,
    typer.Argument(metavar="[NUMBER]", help="With --resume: which conversation.", show_default=False),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the last conversation, or with NUMBER.")]
NoHistory = Annotated[bool, typer.Option("--no-history", help="Keep nothing of this conversation.")]
Rewrite = Annotated[
    str,
    typer.Option(
        metavar="rules|model|off",
        help="How follow-ups are understood: model lets the model improve on the rules.",
    ),
]
Sessions = Annotated[bool, typer.Option("--sessions", help="List the kept conversations.")]
Delete = Annotated[
    int | None, typer.Option(metavar="NUMBER", help="Delete a kept conversation.", show_default=False)
]
Export = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="Print a kept conversation as Markdown, or as JSON with --json.",
        show_default=False,
    ),
]


def chat(
    ctx: typer.Context,
    number: Wanted = None,
    resume: Resume = False,
    no_history: NoHistory = False,
    rewrite: Rewrite = "rules",
    k: KOption = None,
    index: IndexOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    no_model: NoModelOption = False,
    json_: JsonOption = False,
    yes: YesOption = False,
    sessions: Sessions = False,
    delete: Delete = None,
    export: Export = None,
) -> None:
    """Ask question after question about the articles; follow-ups are understood from what was said.

    Where input or output is no terminal, each line of standard input is answered in one line of standard
    output (with --json by one object).
    """
    from qa.chat.store import Store, sessions_file

    if number is not None and not resume:
        raise UsageError(f"{number!r} needs --resume before it, or is a question for 'qa ask'")
    if rewrite not in ("rules", "model", "off"):
        raise UsageError(f"--rewrite must be rules, model or off, not {rewrite!r}")
    if no_history and resume:
        raise UsageError("--resume goes on with what is kept, and --no-history keeps nothing; give one")
    store = Store(sessions_file())
    if sessions or delete is not None or export is not None:
        _manage(store, sessions, delete, export, as_json=json_)
        return
    resumed = store.find(number or "") if resume else None
    effective = settings(
        ctx, index=index, model=model, base_url=base_url, k=k, cache=False if no_history else None
    )
    _converse(
        effective,
        None if no_history else store,
        resumed,
        rewrite=rewrite,
        no_model=no_model,
        as_json=json_,
        yes=yes,
    )


def _manage(store: Store, listed: bool, delete: int | None, export: int | None, *, as_json: bool) -> None:
    """The kept conversations, without having one."""
    from qa.chat import keeping, views
    from qa.terminal import console

    if delete is not None:
        store.delete(delete)
        typer.echo(f"qa: conversation {delete} is deleted", err=True)
    if export is not None:
        turns = store.turns(export)
        sys.stdout.write(keeping.as_json(turns) if as_json else keeping.markdown(turns))
    if listed:
        views.sessions(store.sessions(), console())


def _converse(
    effective: Settings,
    store: Store | None,
    resumed: int | None,
    *,
    rewrite: str,
    no_model: bool,
    as_json: bool,
    yes: bool,
) -> None:
    from qa.chat import engine, loop
    from qa.chat.commands import recalled
    from qa.terminal import console

    turns = store.turns(resumed) if store is not None and resumed is not None else ()
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    with ExitStack() as open_:
        narrator = open_.enter_context(Narrator(console(effective.color, stderr=True)))
        ready = open_.enter_context(engine.opened(effective, narrator, yes=yes, no_model=no_model))
        narrator.pause()
        talk = _talk(ready, store, narrator, rewrite)
        if turns:
            talk.session.resume(turns)
            talk.keeper.id = resumed
        if not on_terminal:
            loop.piped(talk, sys.stdin, as_json=as_json)
            return
        ready.warm()
        note = "" if store is not None else "Nothing of this conversation is kept."
        loop.greeting(talk.screen, ready.articles, ready.name, note)
        if turns:
            recalled(talk)
            talk.screen.gap()
        loop.interactive(talk, _reader(ready, effective, keeps=store is not None))
        if talk.keeper.id is not None and talk.session.turns:
            talk.screen.aside(f"Kept: qa chat --resume {talk.keeper.id} goes on.")


def _talk(ready: Engine, store: Store | None, narrator: Narrator, rewrite: str) -> Talk:
    from qa.chat.commands import Talk
    from qa.chat.keeping import Keeper
    from qa.chat.screen import Screen
    from qa.chat.session import Session
    from qa.terminal import console

    keeper = Keeper(store, ready.settings.index, narrator.say)
    session = Session(
        ready.answerer,
        ready.retriever.catalog.articles,
        k=ready.settings.k,
        model=ready.model if rewrite == "model" else None,
        count=ready.count,
        on_turn=keeper.add,
        on_undo=keeper.undo,
        rewriting=rewrite != "off",
    )
    return Talk(session, ready, keeper, Screen(console(ready.settings.color)))


def _reader(ready: Engine, effective: Settings, *, keeps: bool) -> Reads:
    from qa.chat.completion import Lines
    from qa.chat.reading import Reader
    from qa.chat.store import typed_file

    completer = Lines(ready.retriever.catalog, ready.local_models())
    history: Path | None = typed_file() if keeps else None
    return Reader(completer, history=history, color=effective.color)
