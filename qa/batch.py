"""Many questions, several at a time, each answer written as it comes; ``qa.batch_files`` has the files.

A question whose service failed is left out of the results, so that a rerun asks it again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.errors import EmbeddingServiceFailed
from qa.errors import BudgetExceeded, ServiceError

if TYPE_CHECKING:
    from qa.answer import Question
    from qa.types import Answer

GIVE_UP_AFTER = 5
"""Failures of the service without a success between them, after which the rest is left to a rerun."""

Say = Callable[[str], None]


@dataclass
class Outcome:
    """How many questions were answered, abstained from, failed, and left because the run was given up."""

    answered: int = 0
    abstained: int = 0
    failed: int = 0
    left: int = 0

    @property
    def done(self) -> int:
        """Questions that need no more work in this run."""
        return self.answered + self.abstained + self.failed


class Pace:
    """Lets at most ``per_minute`` questions start a minute, evenly spread over it; 0 does not hold any up."""

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next question may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._gap
        if start > now:
            self._sleep(start - now)


@dataclass
class _Run:
    ask: Callable[[Question], Answer]
    write: Callable[[Answer], None]
    say: Say
    report: Callable[[Outcome], None]
    pace: Pace
    outcome: Outcome = field(default_factory=Outcome)
    in_a_row: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def one(self, question: Question) -> None:
        try:
            self._one(question)
        except BaseException:
            # Here rather than where the error arrives, so that no other thread begins a question meanwhile.
            self.stopped.set()
            raise

    def _one(self, question: Question) -> None:
        if not self.stopped.is_set():
            self.pace.wait()
        if self.stopped.is_set():
            with self.lock:
                self.outcome.left += 1
            return
        try:
            answer = self.ask(question)
        except (ServiceError, EmbeddingServiceFailed) as error:
            with self.lock:
                self._failed(question, error)
            return
        with self.lock:
            self.write(answer)
            self.in_a_row = 0
            self.outcome.answered += not answer.abstained
            self.outcome.abstained += answer.abstained
            self.report(self.outcome)

    def _failed(self, question: Question, error: Exception) -> None:
        self.outcome.failed += 1
        self.in_a_row += 1
        self.say(f"{question.id}: {error}")
        if isinstance(error, BudgetExceeded) or self.in_a_row >= GIVE_UP_AFTER:
            self.stopped.set()
        self.report(self.outcome)


def run(
    questions: Iterable[Question],
    ask: Callable[[Question], Answer],
    write: Callable[[Answer], None],
    *,
    say: Say,
    report: Callable[[Outcome], None] = lambda outcome: None,
    jobs: int = 1,
    pace: Pace | None = None,
) -> Outcome:
    """Answer the questions, ``jobs`` at a time; each answer is written as soon as it is there.

    ask: has to be safe for several threads when ``jobs`` is more than one.
    A question whose service failed is said and left out; when the budget is spent, or GIVE_UP_AFTER failed
    without a success between them, the rest is left. Any other error stops the run and is raised, after the
    questions under way are done.
    """
    state = _Run(ask, write, say, report, pace or Pace(0))
    if jobs == 1:
        for question in questions:
            state.one(question)
        return state.outcome
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(state.one, question) for question in questions]):
                future.result()
        except BaseException:
            state.stopped.set()
            raise
    return state.outcome
