"""Gold questions asked, each answer kept with its trace, and scored.

What goes wrong with one question is written down as its answer, and the run goes on; only a service that
fails again and again ends it early. A run that was interrupted goes on where it was.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from evals.asking import Ask, Begin, now
from evals.folder import Run, Writer
from evals.gold import ArticleText, GoldQuestion, GoldTurn
from evals.metrics import Score, failure, score
from index.errors import EmbeddingServiceFailed
from qa.batch import GIVE_UP_AFTER, Outcome
from qa.errors import ServiceError


@dataclass
class _Asking:
    """The state of a run: each question ends as a row of the folder."""

    begin: Begin
    folder: Writer
    say: Callable[[str], None]
    report: Callable[[Outcome], None]
    outcome: Outcome = field(default_factory=Outcome)
    in_a_row: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def talk(self, golds: Sequence[GoldQuestion]) -> None:
        """The questions of one conversation, or one by itself."""
        ask = self.begin()
        for gold in golds:
            self._one(gold, ask)

    def _one(self, gold: GoldQuestion, ask: Ask) -> None:
        if self.stopped.is_set():
            with self.lock:
                self.outcome.left += 1
            return
        try:
            row = ask(gold)
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
    begin: Begin,
    folder: Writer,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda line: None,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Asks what the folder has no answer to yet, ``jobs`` questions or conversations at a time.

    Every answer or failure is written as it comes. After GIVE_UP_AFTER failures of the service without an
    answer between them the rest is left to another run in the same folder.
    """
    state = _Asking(begin, folder, say, report)
    start = time.monotonic()
    try:
        if jobs == 1:
            for golds in talks(folder):
                state.talk(golds)
        else:
            _together(state, talks(folder), jobs)
    finally:
        state.stopped.set()
        folder.add_seconds(time.monotonic() - start)
    return state.outcome


def _together(state: _Asking, all_talks: Sequence[Sequence[GoldQuestion]], jobs: int) -> None:
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in [pool.submit(state.talk, golds) for golds in all_talks]:
                done.result()
        except BaseException:
            # The pool waits for what was submitted; let it find nothing to do.
            state.stopped.set()
            raise


def talks(folder: Writer) -> list[list[GoldQuestion]]:
    """What is left to ask; a conversation that was interrupted is held from its beginning."""
    left = {_talk_of(one) for one in folder.left}
    found: dict[str, list[GoldQuestion]] = {}
    for one in folder.golds:
        if _talk_of(one) in left:
            found.setdefault(_talk_of(one), []).append(one)
    return list(found.values())


def _talk_of(gold: GoldQuestion) -> str:
    return gold.id.rpartition(".")[0] if isinstance(gold, GoldTurn) else gold.id


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


def finish(folder: Writer, text: ArticleText) -> Run:
    """Scores everything, also what an earlier run answered, and closes the folder."""
    return folder.finish(list(scored(folder, text)), now())
