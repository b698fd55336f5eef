"""How gold questions are asked: as ``qa ask`` asks them, a conversation's turns as ``qa chat`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast

from evals import fingerprint
from evals.folder import FORMAT
from evals.gold import ArticleText, GoldQuestion, GoldTurn
from evals.watch import WatchedModel, WatchedRetriever, passage_dict
from index.errors import NoSuchArticle
from qa import config
from qa.answer import Answerer, Options, Question
from qa.chat.session import Session
from qa.render import to_dict
from qa.types import Answer

if TYPE_CHECKING:
    from evals.goldfile import Gold
    from evals.recorded_reader import Reads
    from index.catalog import Catalog
    from index.retrieve import Retriever
    from qa.chat_model import ChatModel
    from qa.config import Settings
    from qa.reader import Reader

# Settings that have a say in an answer, and so must be the same throughout a run.
SETTINGS = ("k", "evidence_tokens", "max_tokens", "verify", "cache")

Ask = Callable[[GoldQuestion], Mapping[str, Any]]
Begin = Callable[[], Ask]


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run is asked with.

    reader: chooses evidence; None where there is none to be had.
    today: the day that 'yesterday' in a question counts from.
    """

    settings: Settings
    retriever: Retriever
    model: ChatModel | None
    reader: Reads | None = None
    today: date | None = None
    note: Mapping[str, Any] = field(default_factory=dict)

    def about(self, gold: Gold) -> dict[str, Any]:
        """What ``run.json`` says at the beginning."""
        return {
            **self.described(),
            "gold": {"file": gold.path.name, "sha256": gold.sha256, "kind": gold.kind},
            "asked": len(gold.questions),
            "of": gold.of,
        }

    def described(self) -> dict[str, Any]:
        """All that has a say in what is said, but for the gold."""
        sha256, count = fingerprint.of_articles(self.retriever.catalog)
        settings = {name: config.shown(self.settings, name) for name in SETTINGS}
        today = self.today.isoformat() if self.today else None
        return {
            "format": FORMAT,
            "articles": {"sha256": sha256, "count": count},
            "model": self.model.identity if self.model else "none",
            "embedding": self.retriever.embedder.name,
            "settings": settings | {"today": today, "reader": self.reader is not None},
            "code": fingerprint.of_code(),
            "commit": fingerprint.commit(),
            "versions": fingerprint.versions(),
            "jobs": self.settings.jobs,
            "cores": _cores(),
            "started": now(),
            "finished": None,
            **self.note,
        }


def _cores() -> int:
    from qa.local import cores

    return cores()


def article_text(catalog: Catalog) -> ArticleText:
    """Headline and text of the article at a path; safe to call again and again."""
    known: dict[str, str | None] = {}

    def text(path: str) -> str | None:
        if path not in known:
            try:
                found = catalog.article(path)
                known[path] = f"{found.title}\n\n{found.text}"
            except NoSuchArticle:
                known[path] = None
        return known[path]

    return text


def asking(setup: Setup) -> Begin:
    """What begins a conversation, or a question by itself: a function that answers one gold question after
    the other. Different threads may begin different ones.
    """
    found = WatchedRetriever(setup.retriever)
    model = WatchedModel(setup.model) if setup.model else None
    options = Options.of(setup.settings)
    if setup.today:
        options = replace(options, today=setup.today)
    # They have all of a retriever and of a reader that answering uses.
    reader = cast("Reader | None", setup.reader)
    answerer = Answerer(cast("Retriever", found), found.embedder, model, options, reader)

    def begin() -> Ask:
        talk = _Talk(answerer, setup)

        def ask(gold: GoldQuestion) -> Mapping[str, Any]:
            found.begin()
            if model:
                model.begin()
            answer = talk.say(gold) if isinstance(gold, GoldTurn) else talk.ask(_question(gold, setup))
            row = {**to_dict(answer, trace=True), "id": gold.id, "asked": gold.question}
            passages = [passage_dict(rank, one) for rank, one in enumerate(found.passages(), 1)]
            row["trace"]["passages"] = passages
            return {**row, "eval": {"known_replies": bool(model and model.known)}}

        return ask

    return begin


def _question(gold: GoldQuestion, setup: Setup) -> Question:
    return Question(gold.question, id=gold.id, k=setup.settings.k)


class _Talk:
    """A conversation as ``qa chat`` holds it; it keeps the last answer whole, where a turn keeps less."""

    def __init__(self, answerer: Answerer, setup: Setup) -> None:
        self._answerer = answerer
        self._session = Session(self, setup.retriever.catalog.articles, k=setup.settings.k)

    def ask(self, question: Question, **how: Any) -> Answer:
        """See Answerer."""
        self._last = self._answerer.ask(question, **how)
        return self._last

    def say(self, turn: GoldTurn) -> Answer:
        """The answer to a turn, after those that were said before."""
        self._session.ask(turn.question)
        return self._last
