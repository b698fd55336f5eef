"""Gold questions asked, each answer kept with its trace, and scored.

What goes wrong with one question is written down as its answer, and the run goes on; only a service that
fails again and again ends it early. A run that was interrupted goes on where it was.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evals import fingerprint
from evals.folder import FORMAT, Run, Writer
from evals.gold import (
    ArticleText,
    GoldInvalid,
    GoldQuestion,
    GoldTurn,
    check_evidence,
    load_conversations,
    load_questions,
)
from evals.metrics import Score, failure, score
from evals.watch import WatchedModel, WatchedRetriever, passage_dict
from index.errors import EmbeddingServiceFailed, NoSuchArticle
from qa import config
from qa.answer import Answerer, Options, Question
from qa.batch import GIVE_UP_AFTER, Outcome
from qa.errors import ServiceError, UsageError
from qa.render import to_dict

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.retrieve import Retriever
    from qa.chat_model import ChatModel
    from qa.config import Settings

# Settings that have a say in an answer, and so must be the same throughout a run.
SETTINGS = ("k", "evidence_tokens", "max_tokens", "verify", "cache")

Ask = Callable[[GoldQuestion], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file with the questions of it that are asked."""

    path: Path
    sha256: str
    kind: str
    of: int
    questions: tuple[GoldQuestion, ...]


def read_gold(path: Path, *, limit: int | None = None, ids: Sequence[str] = ()) -> Gold:
    """The questions of a gold file, a conversation's turns each as one; the first ones, or those named.

    Raises Missing and UsageError (GoldInvalid with every mistake, or ids that are not in the file).
    """
    sha256 = fingerprint.of_file(path)
    kind = kind_of(path)
    everything: tuple[GoldQuestion, ...]
    if kind == "conversations":
        everything = tuple(turn for one in load_conversations(path) for turn in one.turns)
    elif kind == "briefs":
        raise UsageError(f"{path} is a gold file of briefs; 'qa eval' runs questions and conversations")
    else:
        everything = load_questions(path)
    if unknown := [one for one in ids if one not in {gold.id for gold in everything}]:
        raise UsageError(f"{path} has no question {', '.join(unknown)}; correct the ids")
    chosen = [one for one in everything if not ids or one.id in ids]
    return Gold(path, sha256, kind, len(everything), tuple(chosen[:limit]))


def kind_of(path: Path) -> str:
    """``questions``, ``conversations`` or ``briefs``, by the first object of the file."""
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        row = json.loads(first)
    except ValueError:
        return "questions"
    names = row.keys() if isinstance(row, dict) else ()
    return "conversations" if "turns" in names else "briefs" if "nuggets" in names else "questions"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run is asked with.

    today: the day that 'yesterday' in a question counts from.
    """

    settings: Settings
    retriever: Retriever
    model: ChatModel | None
    today: date | None = None
    note: Mapping[str, Any] = field(default_factory=dict)

    def about(self, gold: Gold) -> dict[str, Any]:
        """What ``run.json`` says at the beginning."""
        sha256, count = fingerprint.of_articles(self.retriever.catalog)
        settings = {name: config.shown(self.settings, name) for name in SETTINGS}
        return {
            "format": FORMAT,
            "gold": {"file": gold.path.name, "sha256": gold.sha256, "kind": gold.kind},
            "asked": len(gold.questions),
            "of": gold.of,
            "articles": {"sha256": sha256, "count": count},
            "model": self.model.identity if self.model else "none",
            "embedding": self.retriever.embedder.name,
            "settings": settings | {"today": self.today.isoformat() if self.today else None},
            "code": fingerprint.of_code(),
            "commit": fingerprint.commit(),
            "versions": fingerprint.versions(),
            "jobs": self.settings.jobs,
            "cores": _cores(),
            "started": now(),
            "finished": None,
            **self.note,
        }


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


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


def asking(setup: Setup) -> Ask:
    """A function that answers one gold question; safe for several threads."""
    found = WatchedRetriever(setup.retriever)
    model = WatchedModel(setup.model) if setup.model else None
    options = Options.of(setup.settings)
    if setup.today:
        options = replace(options, today=setup.today)
    # It has all of a retriever that answering uses.
    answerer = Answerer(cast("Retriever", found), found.embedder, model, options)

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        found.begin()
        if model:
            model.begin()
        text = gold.standalone if isinstance(gold, GoldTurn) else gold.question
        answer = to_dict(answerer.ask(Question(text, id=gold.id, k=setup.settings.k)), trace=True)
        passages = [passage_dict(rank, one) for rank, one in enumerate(found.passages(), 1)]
        answer["trace"]["passages"] = passages
        return {**answer, "eval": {"known_replies": bool(model and model.known)}}

    return ask


@dataclass
class _Asking:
    """The state of a run: each question ends as a row of the folder."""

    ask: Ask
    folder: Writer
    say: Callable[[str], None]
    report: Callable[[Outcome], None]
    outcome: Outcome = field(default_factory=Outcome)
    in_a_row: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def one(self, gold: GoldQuestion) -> None:
        if self.stopped.is_set():
            with self.lock:
                self.outcome.left += 1
            return
        try:
            row = self.ask(gold)
        except Exception as error:
            # A mistake in one answer must not cost the others; what it was stands in the row.
            self._failed(gold, error)
            return
        except BaseException:
            self.stopped.set()
            raise
        self.folder.add(row)
        with self.lock:
            self.in_a_row = 0
            self.outcome.abstained += row["abstained"]
            self.outcome.answered += not row["abstained"]
            self.report(self.outcome)

    def _failed(self, gold: GoldQuestion, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"
        lines = "".join(traceback.format_exception(error))
        self.folder.add({"id": gold.id, "question": gold.question, "failed": words, "traceback": lines})
        service = isinstance(error, ServiceError | EmbeddingServiceFailed)
        with self.lock:
            self.outcome.failed += 1
            self.in_a_row = self.in_a_row + 1 if service else 0
            if self.in_a_row >= GIVE_UP_AFTER:
                self.stopped.set()
            self.say(f"{gold.id}: {words}")
            self.report(self.outcome)


def run(
    ask: Ask,
    folder: Writer,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda line: None,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Asks what the folder has no answer to yet, ``jobs`` at a time.

    Every answer or failure is written as it comes. After GIVE_UP_AFTER failures of the service without an
    answer between them the rest is left to another run in the same folder.
    """
    state = _Asking(ask, folder, say, report)
    start = time.monotonic()
    try:
        if jobs == 1:
            for gold in folder.left:
                state.one(gold)
        else:
            with ThreadPoolExecutor(jobs) as pool:
                for done in [pool.submit(state.one, gold) for gold in folder.left]:
                    done.result()
    finally:
        state.stopped.set()
        folder.add_seconds(time.monotonic() - start)
    return state.outcome


def scored(folder: Writer, text: ArticleText) -> Iterator[Score]:
    """The score of each question that was asked, failures included."""
    for gold in folder.golds:
        row = folder.answers.get(gold.id)
        if row is not None:
            yield score_of(gold, row, text)


def score_of(gold: GoldQuestion, row: Mapping[str, Any], text: ArticleText) -> Score:
    """The score of one row of ``answers.jsonl``."""
    if "answer" not in row:
        return failure(gold, row.get("failed", "there is no answer"))
    passages = row["trace"]["passages"]
    words = [f"{one['title']} {one['text']}" for one in passages]
    return score(gold, row, [one["path"] for one in passages], text, words)


def check_gold(gold: Gold, text: ArticleText) -> None:
    """Raises GoldInvalid where a quote or an article of the gold is not among the articles."""
    if problems := check_evidence(gold.questions, text):
        raise GoldInvalid(problems)


def finish(folder: Writer, text: ArticleText) -> Run:
    """Scores everything, also what an earlier run answered, and closes the folder."""
    return folder.finish(list(scored(folder, text)), now())
