"""A key goes to the service it is for and nowhere else: not into errors, logs, files, or to other hosts."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from qa.errors import (
    ConfigError,
    ServiceError,
    ServiceRejected,
)
from qa.llm import OpenAIChat
from qa.reply_cache import CachedChat, ReplyCache
from tests import misbehaving as bad
from tests.misbehaving import MisbehavingServer, completion, error, reply
from tests.service_client import ASK, KEY, Client


def pieces_of(key: str) -> Iterator[str]:
    return (key[i : i + 8] for i in range(len(key) - 7))


def all_about(error: BaseException) -> str:
    """Everything that printing an exception, its causes and its frames could show."""
    text = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        text += [repr(link), str(link), repr(link.args), repr(getattr(link, "__dict__", {}))]
        todo += [link.__cause__, link.__context__]
    return "\n".join(text)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("streaming", [False, True])
def test_a_service_that_echoes_the_key(
    status: int, streaming: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with MisbehavingServer(bad.echo_key(status)) as server:
        client = Client(server.url)
        with caplog.at_level(logging.DEBUG), pytest.raises(ServiceError) as caught:
            (client.stream if streaming else client.ask)()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    everything = "\n".join([str(caught.value), repr(client.chat), repr(vars(client.chat)), *client.said])
    everything += all_about_without_tests(caught.value)
    assert not [piece for piece in pieces_of(KEY) if piece in everything]
    ours = [record.getMessage() for record in caplog.records if record.name.partition(".")[0] == "qa"]
    assert not [piece for piece in pieces_of(KEY) if piece in "\n".join(ours)]


def all_about_without_tests(error: BaseException) -> str:
    """As all_about, without the frames of this file, whose locals hold the key because they check for it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return all_about(error.with_traceback(trace))


def test_a_reply_that_repeats_the_key_is_cleaned(tmp_path: Any) -> None:
    with MisbehavingServer(reply(completion(f"My key is {KEY}, and yours?"))) as server:
        client = Client(server.url)
        cache = ReplyCache(tmp_path / "replies.sqlite")
        result = CachedChat(client.chat, cache).complete(ASK, max_tokens=5)
    assert result.text == "My key is ***, and yours?"
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("replies.sqlite*"))
    assert stored
    assert not [piece for piece in pieces_of(KEY) if piece.encode() in stored]


def test_the_key_is_not_in_the_libraries_logs(caplog: pytest.LogCaptureFixture) -> None:
    with MisbehavingServer(error(500), reply()) as server, caplog.at_level(logging.DEBUG):
        Client(server.url).ask()
    assert caplog.records, "the libraries do log at this level"
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", [KEY + "\nX-Evil: 1", "sk-schl\u00fcssel-0123456789", "sk-0123456789\x00abc"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OpenAIChat("m", "http://127.0.0.1:1/v1", key)
    assert "sk-" not in str(caught.value)


def test_white_space_around_a_key_is_forgiven() -> None:
    with MisbehavingServer(reply()) as server:
        Client(server.url, key=f" {KEY}\n").ask()
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_only_openai_is_told_of_the_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-private")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Also: private\nAuthorization: Bearer private")
    with MisbehavingServer(reply()) as server:
        Client(server.url).ask()
    assert "private" not in str(server.requests[0].headers)


def test_what_is_meant_for_this_machine_does_not_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with MisbehavingServer(reply(completion("proxied"))) as proxy, MisbehavingServer(reply()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert Client(server.url).ask().text == "Yes."
    assert not proxy.requests


def test_a_redirect_does_not_carry_the_key_away() -> None:
    with (
        MisbehavingServer(reply()) as thief,
        MisbehavingServer(reply({}, 308, Location=thief.url + "/chat/completions")) as server,
    ):
        client = Client(server.url)
        with pytest.raises(ServiceRejected, match="redirects elsewhere"):
            client.ask()
        assert not thief.requests
