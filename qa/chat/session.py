"""The state of a conversation: its turns, what of them is in mind, and how the next question is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from index.types import Article
from qa.answer import Question
from qa.budget import total
from qa.chat import followup, window
from qa.chat.followup import REMEMBERED, Rewriting
from qa.chat.heard import Heard, heard
from qa.chat.record import Filters, Turn, turn_of
from qa.types import Answer, Citation, Claim, Fate, Usage

if TYPE_CHECKING:
    from qa.chat_model import ChatModel

AS_WRITTEN = "="
"""Before a question: it is asked as it is written."""

OnClaim = Callable[[Claim, Sequence[Citation]], None]


class Asks(Protocol):
    """What answers: ``qa.answer.Answerer``."""

    def ask(
        self, question: Question, *, on_progress: Callable[[str], None] = ..., on_claim: OnClaim = ...
    ) -> Answer:
        """The answer to a question that stands alone."""
        ...


class Session:
    """One conversation. Not for several threads at once.

    answerer: answers. articles: looks articles up by id, to know who is who in those that were shown.
    k: passages to retrieve. model: improves rewritings where the rules are not sure; None: rules alone.
    count: tokens of a text. on_turn: is given each turn as it ends, to be kept; on_undo: is called when the
    last one is taken back. rewriting: False asks every question as it is written.
    """

    def __init__(
        self,
        answerer: Asks,
        articles: Callable[[Sequence[str]], Mapping[str, Article]],
        *,
        k: int = 10,
        model: ChatModel | None = None,
        count: window.Count = len,
        on_turn: Callable[[Turn], None] = lambda turn: None,
        on_undo: Callable[[], None] = lambda: None,
        rewriting: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.answerer = answerer
        self.model = model
        self.count = count
        self.filters = Filters()
        self._articles = articles
        self._k = k
        self._on_turn = on_turn
        self._on_undo = on_undo
        self._rewriting = rewriting
        self._clock = clock
        self._turns: list[Turn] = []
        self._mind: list[Heard] = []
        self._spent = Usage(cost_usd=0.0)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, the oldest first."""
        return tuple(self._turns)

    @property
    def last(self) -> Turn | None:
        """The last turn."""
        return self._turns[-1] if self._turns else None

    @property
    def spent(self) -> Usage:
        """What this conversation used, undone turns included."""
        return self._spent

    def understand(self, text: str) -> tuple[Rewriting, Usage]:
        """The question that stands alone, and what finding it cost. Raises UsageError for an endless one."""
        window.check(text, self.count)
        if text.lstrip().startswith(AS_WRITTEN):
            return Rewriting(" ".join(text.lstrip(f" \t\n{AS_WRITTEN}").split())), Usage(cost_usd=0.0)
        if not self._rewriting:
            return Rewriting(" ".join(text.split())), Usage(cost_usd=0.0)
        rules = followup.rewrite(text, self._mind)
        if self.model is None or rules.sure:
            return rules, Usage(cost_usd=0.0)
        from qa.chat.rewriting import improved

        found = improved(text, rules, self._turns, self.model, self.count)
        return found.rewriting, found.usage

    def ask(
        self,
        text: str,
        *,
        instead: bool = False,
        on_question: Callable[[str], None] = lambda question: None,
        on_progress: Callable[[str], None] = lambda stage: None,
        on_claim: OnClaim = lambda claim, citations: None,
    ) -> Turn:
        """Ask what was typed and append the turn. Raises what ``Answerer.ask`` raises, and UsageError.

        instead: in place of the last turn. on_question: is given the stand-alone wording before it is asked.
        Whatever is raised meanwhile, an interrupt included, leaves the conversation as it was.
        """
        rewriting, cost = self.understand(text)
        on_question(rewriting.text)
        filters = self.filters
        question = Question(
            rewriting.text,
            k=self._k,
            since=filters.since,
            until=filters.until,
            sources=filters.sources,
            tags=filters.tags,
        )
        answer = self.answerer.ask(question, on_progress=on_progress, on_claim=on_claim)
        turn = turn_of(
            " ".join(text.split()),
            answer,
            at=self._clock(),
            filters=filters,
            followed=rewriting.follows is not None,
            centre=rewriting.centre,
            rewriting=cost,
        )
        if instead:
            self.undo()
        self._append(turn, rewriting.follows)
        self._on_turn(turn)
        return turn

    def spend(self, usage: Usage) -> None:
        """Count what was used beside answering."""
        self._spent = total(self._spent, usage)

    def undo(self) -> Turn | None:
        """Take the last turn back; None where there is none."""
        if not self._turns:
            return None
        gone = self._turns.pop()
        self._recall()
        self._on_undo()
        return gone

    def resume(self, turns: Sequence[Turn]) -> None:
        """Go on where these turns ended, in place of the present ones."""
        self._turns = list(turns)
        self._spent = Usage(cost_usd=0.0)
        for turn in turns:
            self._spent = total(total(self._spent, turn.answer.usage), turn.rewriting)
        self.filters = turns[-1].filters if turns else Filters()
        self._recall()

    def new(self) -> None:
        """Begin again: nothing is in mind. The filters stay."""
        filters = self.filters
        self.resume(())
        self.filters = filters

    def _append(self, turn: Turn, follows: Heard | None) -> None:
        self._turns.append(turn)
        self._spent = total(total(self._spent, turn.answer.usage), turn.rewriting)
        self._mind = [*self._mind[1 - REMEMBERED :], self._heard(turn, follows)]

    def _recall(self) -> None:
        """Bring the latest turns to mind again."""
        self._mind = []
        for turn in self._turns[-REMEMBERED:]:
            before = self._mind[-1] if turn.followed and self._mind else None
            self._mind.append(self._heard(turn, before))

    def _heard(self, turn: Turn, before: Heard | None) -> Heard:
        answer = turn.answer
        # What was withheld was still asked of some articles: a follow-up may speak of what they tell.
        shown = tuple(dict.fromkeys(one.article_id for one in answer.backing or answer.nearest))
        found = self._articles(shown) if shown else {}
        drafts = [check.drafted for check in answer.trace.checks if check.fate is not Fate.DROPPED]
        return heard(
            turn.question,
            [claim.text for claim in answer.claims],
            drafts,
            [found[one] for one in shown if one in found],
            before,
            turn.centre,
        )
