"""The price table is well-formed, and a price that is not known is never made up."""

from __future__ import annotations

import datetime

import pytest

from qa.errors import BudgetExceeded
from qa.llm import Budget, OpenAIChat
from qa.prices import FREE, Price, price_of, price_table
from qa.types import Message
from tests.misbehaving import MisbehavingServer, completion, reply

OPENAI = "api.openai.com"


def test_the_table_says_when_and_where_from() -> None:
    table = price_table()
    assert isinstance(table.date, datetime.date)
    assert table.date > datetime.date(2026, 1, 1)
    assert len(table.source) > 20
    assert len(table.hosts[OPENAI]) >= 10


def test_every_price_makes_sense() -> None:
    for models in price_table().hosts.values():
        for name, price in models.items():
            assert 0 < price.cached <= price.input < price.output, name


def test_known_models_and_their_snapshots() -> None:
    assert price_of("gpt-4o-mini", OPENAI) == Price(input=0.15, output=0.60, cached=0.075)
    assert price_of("gpt-4o-mini-2024-07-18", OPENAI) == price_of("gpt-4o-mini", OPENAI)
    assert price_of("gpt-4o-2024-05-13", OPENAI) == Price(input=5.0, output=15.0, cached=5.0)


@pytest.mark.parametrize(
    ("model", "host"),
    [
        ("gpt-4o-audio-preview", OPENAI),
        ("gpt-9", OPENAI),
        ("gpt-4o", "proxy.example"),
        ("", OPENAI),
        ("gpt-4o", ""),
    ],
)
def test_everything_else_is_unknown(model: str, host: str) -> None:
    assert price_of(model, host) is None


def test_the_arithmetic() -> None:
    price = Price(input=2.0, output=8.0, cached=0.5)
    assert price.cost(1_000_000, 0) == 2.0
    assert price.cost(0, 1_000_000) == 8.0
    assert price.cost(1_000_000, 500_000, 400_000) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 4.0)
    assert price.cost(10, 0, 99) == pytest.approx(10 * 0.5e-6), "no more can be cached than was sent"
    assert FREE.cost(10**9, 10**9) == 0.0


def test_a_reply_carries_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.llm.price_of", lambda model, host: Price(2.0, 8.0, 0.5))
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    bare = completion()
    del bare["usage"]
    with MisbehavingServer(reply(completion(usage=usage)), reply(bare)) as server:
        chat = OpenAIChat("m", server.url, "k")
        ask = [Message("user", "Did they meet?")]
        assert chat.complete(ask, max_tokens=5).usage.cost_usd == pytest.approx(
            (400 * 2 + 600 * 0.5 + 800) / 1e6
        )
        assert chat.complete(ask, max_tokens=5).usage.cost_usd is None, "no count, no cost"


def test_a_budget_reserves_settles_and_refuses() -> None:
    budget = Budget(1.0)
    budget.reserve(0.6)
    budget.settle(0.6, 0.1)
    budget.reserve(0.9)
    budget.settle(0.9, 0.85)
    assert budget.spent_usd == pytest.approx(0.95)
    with pytest.raises(BudgetExceeded, match=r"\$1\.0000 .*\$0\.9500"):
        budget.reserve(0.1)
    Budget(0.0).reserve(0.0)


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_senseless_budget(limit: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        Budget(limit)
