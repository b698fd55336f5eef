"""The slash commands: a table that ``/help`` prints, completion reads, and a line is looked up in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qa.chat import briefing, filtering, keeping, views
from qa.chat.record import Filters, Turn
from qa.chat.screen import Screen, rows
from qa.errors import UsageError
from qa.types import Citation

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from qa.chat.keeping import Keeper
    from qa.chat.session import Asks, Session
    from qa.chat.window import Count
    from qa.chat_model import ChatModel
    from qa.config import Settings


class Engine(Protocol):
    """What commands know of ``qa.chat.engine.Engine``."""

    @property
    def settings(self) -> Settings: ...

    @property
    def retriever(self) -> Retriever: ...

    @property
    def answerer(self) -> Asks: ...

    @property
    def model(self) -> ChatModel | None: ...

    @property
    def count(self) -> Count: ...

    @property
    def name(self) -> str: ...

    def use(self, name: str) -> None: ...


@dataclass(slots=True)
class Talk:
    """A conversation with everything that its commands act on.

    leaving: the user wants to go. offered: a line put into the input to be corrected; it is then asked in
    place of the last question, as written. briefed: what a brief cites that was shown since the last answer.
    """

    session: Session
    engine: Engine
    keeper: Keeper
    screen: Screen
    leaving: bool = False
    offered: str = ""
    saved: set[Path] = field(default_factory=set)
    briefed: tuple[Citation, ...] = ()

    @property
    def last(self) -> Turn:
        """The last turn. Raises UsageError where nothing has been asked."""
        turn = self.session.last
        if turn is None:
            raise UsageError("nothing has been asked yet")
        return turn


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: its name, what follows it, what it does, and how."""

    name: str
    takes: str
    help: str
    run: Callable[[Talk, str], None]

    @property
    def usage(self) -> str:
        """``/name`` and what follows it."""
        return f"/{self.name} {self.takes}".rstrip()


def obey(line: str, talk: Talk) -> None:
    """Run a line that begins with a slash. Raises UsageError for an unknown one, and what commands raise."""
    name, _, rest = line.strip().removeprefix("/").partition(" ")
    find(name.lower()).run(talk, rest.strip())


def find(name: str) -> Command:
    """The command called so. Raises UsageError, which names the nearest one."""
    known = {command.name: command for command in COMMANDS}
    known |= {other: known[own] for other, own in _ALSO.items()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, [*known], 1, 0.5) or [one for one in known if one[:2] == name[:2]]
    hint = f"the nearest is /{known[near[0]].name}" if name and near else "/help shows them all"
    raise UsageError(f"there is no command /{name}; {hint}")


def _open(talk: Talk, rest: str) -> None:
    cited = talk.briefed or talk.last.answer.citations or talk.last.answer.nearest
    number = re.fullmatch(r"\[?(\d{1,4})\]?", rest or "1")
    found = next((one for one in cited if number and one.id == int(number[1])), None)
    if found is None:
        numbers = ", ".join(str(one.id) for one in cited)
        raise UsageError(f"/open takes one of: {numbers}" if cited else "the last answer cites nothing")
    article = talk.engine.retriever.catalog.articles([found.article_id]).get(found.article_id)
    views.opened(found, article, talk.screen.out)


def _sources(talk: Talk, rest: str) -> None:
    views.sources(talk.last, talk.screen.out)


def _why(talk: Talk, rest: str) -> None:
    views.why(talk.last, talk.screen.out)


def _passages(talk: Talk, rest: str) -> None:
    views.passages(talk.last, talk.screen.out)


def _edit(talk: Talk, rest: str) -> None:
    last = talk.last
    talk.offered = rest or last.question


def _brief(talk: Talk, rest: str) -> None:
    topic = rest or (talk.last.question if talk.session.last else "")
    if not topic:
        raise UsageError("give /brief a topic, or ask a question first")
    made = briefing.show(topic, talk.engine, talk.session.filters, talk.screen)
    if made is not None:
        talk.briefed, usage = made
        talk.session.spend(usage)


def _filter(talk: Talk, rest: str) -> None:
    if rest.lower() in ("off", "none"):
        talk.session.filters = Filters()
    elif rest:
        talk.session.filters = filtering.parsed(rest, talk.session.filters, talk.engine.retriever)
    shown = str(talk.session.filters)
    filtered = f"Only articles with {shown}; /filter off ends it."
    talk.screen.aside(filtered if shown else "All articles are asked.")


def _model(talk: Talk, rest: str) -> None:
    from qa import wiring

    engine = talk.engine
    if rest:
        engine.use(rest)
        session = talk.session
        session.answerer, session.count = engine.answerer, engine.count
        session.model = engine.model if session.model else None
    why = wiring.chat_choice(engine.settings).why
    answers = f"{engine.name} answers ({why})."
    talk.screen.aside(answers if engine.name else "No model: the articles are quoted.")


def _tokens(talk: Talk, rest: str) -> None:
    views.tokens(talk.session.turns, talk.session.spent, talk.screen.out)


def _save(talk: Talk, rest: str) -> None:
    if not rest:
        raise UsageError("give /save a file that ends in .md or .json")
    path = Path(rest.strip("\"'")).expanduser()
    turns = talk.session.turns
    if not turns:
        raise UsageError("nothing has been asked yet")
    keeping.write(path, turns, replacing=path in talk.saved)
    talk.saved.add(path)
    talk.screen.aside(f"{len(turns)} turn{'' if len(turns) == 1 else 's'} saved in {path}.")


def _load(talk: Talk, rest: str) -> None:
    if not rest:
        raise UsageError("give /load a saved .json file, or the number of a conversation")
    store = talk.keeper.store
    if rest.isdigit() and store is not None:
        turns = store.turns(int(rest))
        talk.session.resume(turns)
        talk.keeper.id = int(rest)
    else:
        turns = keeping.read(Path(rest.strip("\"'")).expanduser())
        talk.session.resume(turns)
        talk.keeper.all(turns)
    recalled(talk)


def recalled(talk: Talk) -> None:
    """Where the conversation was: its last question and answer, and whether it was about another index."""
    turns = talk.session.turns
    keeper = talk.keeper
    about = keeper.store.folder(keeper.id) if keeper.store is not None and keeper.id is not None else ""
    if about and about != str(talk.engine.settings.index):
        talk.screen.aside(f"It was about the index in {about}; {talk.engine.settings.index} is asked now.")
    talk.screen.aside(f"{len(turns)} turn{'' if len(turns) == 1 else 's'} so far. The last one:")
    if turns:
        talk.screen.gap()
        talk.screen.say(turns[-1].asked, "bold")
        talk.screen.gap()
        talk.screen.rest(turns[-1].answer, 0)


def _sessions(talk: Talk, rest: str) -> None:
    store = talk.keeper.store
    if store is None:
        raise UsageError("this conversation is not kept, and so the others are out of reach")
    word, _, wanted = rest.partition(" ")
    if word == "delete" and wanted.strip().isdigit():
        number = int(wanted)
        if number == talk.keeper.id:
            raise UsageError("this conversation is the present one; /new begins another first")
        store.delete(number)
        talk.screen.aside(f"Conversation {number} is deleted.")
        return
    if rest:
        raise UsageError("/sessions takes nothing, or: delete NUMBER")
    views.sessions(store.sessions(), talk.screen.out, talk.keeper.id)


def _new(talk: Talk, rest: str) -> None:
    talk.session.new()
    talk.keeper.id = None
    talk.screen.aside("A new conversation: what was said before is out of mind.")


def _undo(talk: Talk, rest: str) -> None:
    gone = talk.session.undo()
    if gone is None:
        raise UsageError("nothing has been asked yet")
    talk.screen.aside(f"Taken back: {gone.asked}")


def _exit(talk: Talk, rest: str) -> None:
    talk.leaving = True


def _help(talk: Talk, rest: str) -> None:
    lines = [(command.usage, command.help) for command in COMMANDS]
    rows(talk.screen.out, lines)
    talk.screen.gap()
    rows(talk.screen.out, KEYS)


KEYS = (
    ("=QUESTION", "asked as it is written, not as a follow-up"),
    ("Alt-Enter", "a new line in the question"),
    ("Tab", "completes commands, and titles of articles"),
    ("Ctrl-C", "stops the answer, or clears the line"),
    ("Ctrl-D", "leaves"),
)
COMMANDS = (
    Command("open", "N", "the quote of [N] in its context", _open),
    Command("sources", "", "the last answer's sources, with the quoted words", _sources),
    Command("why", "", "how each claim was checked, what was dropped and why", _why),
    Command("passages", "", "the sentences that were read for the last answer", _passages),
    Command("edit", "[QUESTION]", "correct how the last question was understood", _edit),
    Command("brief", "[TOPIC]", "a brief on a topic, or on the last question", _brief),
    Command("filter", "KEY=VALUE…", "only some articles: since= until= source= tag= or off", _filter),
    Command("model", "[NAME]", "which model answers; NAME: another one", _model),
    Command("tokens", "", "tokens, time and cost of this conversation", _tokens),
    Command("save", "FILE", "the conversation as .md to read or .json to load", _save),
    Command("load", "FILE|NUMBER", "go on with a saved or a kept conversation", _load),
    Command("sessions", "", "the kept conversations; delete NUMBER forgets one", _sessions),
    Command("new", "", "begin a new conversation", _new),
    Command("undo", "", "take the last turn back", _undo),
    Command("help", "", "this list", _help),
    Command("exit", "", "leave", _exit),
)
_ALSO = {"quit": "exit", "q": "exit", "?": "help", "h": "help"}
