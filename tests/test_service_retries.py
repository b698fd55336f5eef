"""When a service is asked again, and how long that waits."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from qa.errors import (
    ServiceOverloaded,
)
from tests.misbehaving import MisbehavingServer, error, reply
from tests.service_client import Client, one_sentence


def test_retry_after_is_obeyed() -> None:
    in_20_s = formatdate(time.time() + 20, usegmt=True)
    with MisbehavingServer(
        error(429, Retry_After="7"),
        error(503, Retry_After=in_20_s),
        error(429, retry_after_ms="1500"),
        reply(),
    ) as server:
        client = Client(server.url)
        assert client.ask().text == "Yes."
    assert client.waits[0] == 7
    assert 10 < client.waits[1] <= 20
    assert client.waits[2] == 1.5


@pytest.mark.parametrize("value", ["3600", "inf", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_nobody_waits_for_an_hour(value: str) -> None:
    with MisbehavingServer(error(429, Retry_After=value), reply()) as server:
        client = Client(server.url)
        with pytest.raises(ServiceOverloaded, match="asks to wait") as caught:
            client.ask()
    one_sentence(caught.value)
    assert not client.waits
    assert len(server.requests) == 1
    assert caught.value.retry_after
    assert caught.value.retry_after > 60


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "Fri, 31 Dec 1999 23:59:59 GMT", "Mon, 99 Foo"])
def test_a_senseless_retry_after_does_no_harm(value: str) -> None:
    with MisbehavingServer(error(429, Retry_After=value), reply()) as server:
        client = Client(server.url)
        assert client.ask().text == "Yes."
    assert 0 <= client.waits[0] <= 1


def test_no_retries_when_none_are_wanted() -> None:
    with MisbehavingServer(error(500)) as server:
        client = Client(server.url, retries=0)
        with pytest.raises(ServiceOverloaded):
            client.ask()
    assert len(server.requests) == 1
    assert not client.said
