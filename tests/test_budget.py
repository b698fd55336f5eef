"""``--budget`` holds, whatever the service does and however many threads ask."""

from __future__ import annotations

import threading

import pytest

from qa.budget import Budget
from qa.errors import (
    BudgetExceeded,
    ConfigError,
    ServiceError,
)
from qa.llm import OpenAIChat
from tests import misbehaving as bad
from tests.misbehaving import Behaviour, MisbehavingServer, completion, error, reply
from tests.service_client import HASTY, KEY, Client


def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    from qa.prices import Price

    monkeypatch.setattr("qa.llm.price_of", lambda model, host: Price(1.0, 10.0, 0.5))


def test_the_budget_is_never_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    priced(monkeypatch)
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}  # $0.0006
    budget = Budget(0.005)
    with MisbehavingServer(reply(completion(usage=usage))) as server:
        client = Client(server.url, budget=budget)
        done = 0
        refusal = ""
        while not refusal and done < 100:
            try:
                assert client.ask().usage.cost_usd == pytest.approx(0.0006)
                done += 1
            except BudgetExceeded as error:
                refusal = str(error)
    assert "--budget" in refusal
    assert 0.004 < budget.spent_usd <= 0.005
    assert done == len(server.requests) == round(budget.spent_usd / 0.0006)


def test_the_budget_counts_what_may_have_been_billed(monkeypatch: pytest.MonkeyPatch) -> None:
    priced(monkeypatch)
    spent = {}
    cases: dict[str, Behaviour] = {"refused": error(401), "slow": bad.silence, "cut": bad.short}
    for name, behaviour in cases.items():
        budget = Budget(1.0)
        with MisbehavingServer(behaviour) as server, pytest.raises(ServiceError):
            Client(server.url, timeouts=HASTY, budget=budget, retries=0).ask()
        spent[name] = budget.spent_usd
    assert spent["refused"] == 0
    assert spent["slow"] == spent["cut"] > 0.0005


def test_a_budget_for_an_unknown_price_is_refused() -> None:
    with pytest.raises(ConfigError, match="not known"):
        OpenAIChat("m", "http://127.0.0.1:1/v1", KEY, budget=Budget(1.0))


def test_threads_share_a_client_and_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    priced(monkeypatch)
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    budget = Budget(0.02)
    answered: list[str] = []
    refused: list[str] = []
    with MisbehavingServer(error(500), error(429), reply(completion(usage=usage))) as server:
        client = Client(server.url, budget=budget)

        def work() -> None:
            for _ in range(10):
                try:
                    answered.append(client.ask().text)
                except BudgetExceeded as error:
                    refused.append(str(error))

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(answered) + len(refused) == 60
    assert refused
    assert budget.spent_usd == pytest.approx(len(answered) * 0.0006)
    assert 0.018 < budget.spent_usd <= 0.02
