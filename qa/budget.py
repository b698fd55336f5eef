"""Counting money: what requests cost, and ``--budget``, for which it is set aside before they are sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from qa.errors import BudgetExceeded
from qa.prices import Price
from qa.replies import Collected
from qa.types import Usage


class Budget:
    """US dollars that may be spent, shared by all threads.

    Each request sets its worst case aside (``reserve``) and then gives back what it did not cost
    (``settle``). A request that would not fit waits for those under way, whose worst cases are usually far
    above what they come to cost, and is refused only when it would not fit on its own.
    """

    def __init__(self, limit_usd: float) -> None:
        if not limit_usd >= 0:
            raise ValueError("a budget is a number of dollars, zero or more")
        self.limit_usd = limit_usd
        self._spent = 0.0
        self._reserved = 0.0
        self._changed = threading.Condition()

    @property
    def spent_usd(self) -> float:
        """What the settled requests cost."""
        with self._changed:
            return self._spent

    def reserve(self, worst_usd: float) -> None:
        """Set ``worst_usd`` aside. Raises BudgetExceeded where the budget might be passed."""
        with self._changed:
            while self._reserved and self._spent + self._reserved + worst_usd > self.limit_usd:
                self._changed.wait()
            if self._spent + worst_usd > self.limit_usd:
                raise BudgetExceeded(
                    f"The next request might pass the budget of ${self.limit_usd:.4f} (${self._spent:.4f} is "
                    f"spent, and it could cost ${worst_usd:.4f}): raise --budget to go on."
                )
            self._reserved += worst_usd

    def settle(self, worst_usd: float, cost_usd: float) -> None:
        """Give back a reservation of ``worst_usd`` and book what the request cost instead."""
        with self._changed:
            # Sums of floats that cancel out must not leave a crumb behind on which a thread would wait.
            self._reserved = max(0.0, self._reserved - worst_usd)
            if self._reserved < 1e-12:
                self._reserved = 0.0
            self._spent += cost_usd
            self._changed.notify_all()


class Meter:
    """What a model's requests cost, before (at worst) and after (as the service counted), and the budget."""

    def __init__(self, price: Price | None, budget: Budget | None) -> None:
        self._price = price
        self._budget = budget

    def reserve(self, params: Mapping[str, Any], room: int) -> float:
        """Set aside what a request costs at worst, and return it. Raises BudgetExceeded.

        A token is at least one byte, so the bytes of all that is sent bound the tokens of the prompt.
        """
        if self._price is None:
            return 0.0
        text = json.dumps([params["messages"], params.get("response_format")], ensure_ascii=False)
        worst = self._price.cost(len(text.encode("utf-8", "replace")), room)
        if self._budget is not None:
            self._budget.reserve(worst)
        return worst

    def settle(self, worst_usd: float, collected: Collected, *, billed: bool) -> Usage:
        """Book what a request cost, and return it as the reply shows it.

        billed: the service may have charged for it. Where it did not say for how many tokens, the budget
        books the worst, and the cost is shown as unknown.
        """
        exact = None
        if self._price is not None:
            exact = self._price.cost(
                collected.prompt_tokens, collected.completion_tokens, collected.cached_tokens
            )
            if not collected.counted and self._price.output:
                exact = None if billed else 0.0
        if self._budget is not None and self._price is not None:
            self._budget.settle(worst_usd, worst_usd if exact is None else exact)
        return Usage(collected.prompt_tokens, collected.completion_tokens, exact)


def total(first: Usage, second: Usage) -> Usage:
    """The sum of two usages; its cost is unknown where either is."""
    known = first.cost_usd is not None and second.cost_usd is not None
    return Usage(
        first.prompt_tokens + second.prompt_tokens,
        first.completion_tokens + second.completion_tokens,
        (first.cost_usd or 0.0) + (second.cost_usd or 0.0) if known else None,
    )
