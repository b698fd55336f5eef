"""Streams that fail, and clocks that hold against servers that never end."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from qa.chat_model import finish
from qa.errors import (
    ContextTooLong,
    ReplyInvalid,
    ServiceError,
    ServiceOverloaded,
    ServiceRejected,
    ServiceUnreachable,
)
from qa.llm import OpenAIChat, Timeouts
from tests import misbehaving as bad
from tests.misbehaving import Behaviour, MisbehavingServer, chunk, error, reply, stream
from tests.service_client import ASK, HASTY, KEY, TOO_LONG, Client, one_sentence

STREAMED: dict[str, tuple[Behaviour, type[ServiceError], str, int]] = {
    "500": (error(500, "boom"), ServiceOverloaded, "answered 500 (boom)", 4),
    "401": (error(401), ServiceRejected, "does not accept the key (401)", 1),
    "too long": (reply(TOO_LONG["llama.cpp"][1], 400), ContextTooLong, "too long for m", 1),
    "page with 200": (bad.bytes_reply(b"<p>Welcome", 200, "text/html"), ReplyInvalid, "web page", 2),
    "hangs up": (bad.hang_up, ServiceUnreachable, "in the middle", 4),
    "no events": (stream(done=True), ReplyInvalid, "nothing in it", 2),
    "cut at once": (stream(done=False), ServiceUnreachable, "in the middle", 4),
    "role only": (stream(chunk(role="assistant"), chunk(finish="stop")), ReplyInvalid, "empty reply", 2),
    "cut": (bad.cut_stream(chunk("Ye")), ServiceUnreachable, "in the middle", 4),
    "reset": (bad.reset_stream(chunk("Ye")), ServiceUnreachable, "in the middle", 4),
    "invalid JSON": (
        lambda conn: conn.raw(bad.head(content_type="text/event-stream") + b'data: {"choices": [}\n\n'),
        ReplyInvalid,
        "not JSON",
        2,
    ),
    "not UTF-8": (
        lambda conn: conn.raw(bad.head(content_type="text/event-stream") + b'data: {"a": "\xff"}\n\n'),
        ReplyInvalid,
        "not UTF-8",
        2,
    ),
    "numbers": (stream(1, 2, 3), ReplyInvalid, "no chat completion", 2),
    "odd choices": (
        stream({"choices": 5}, {"choices": [7]}, {"choices": None}),
        ReplyInvalid,
        "nothing in it",
        2,
    ),
    "error event": (
        stream(chunk("Ye"), {"error": {"message": "CUDA out of memory", "code": 500}}),
        ServiceOverloaded,
        "CUDA out of memory",
        4,
    ),
    "too long event": (
        stream({"error": TOO_LONG["llama.cpp"][1]["error"]}),
        ContextTooLong,
        "too long for m",
        1,
    ),
    "content filter": (
        stream(chunk("Y"), chunk(finish="content_filter")),
        ServiceRejected,
        "content filter",
        1,
    ),
    "100 MB": (bad.flood_stream, ReplyInvalid, "more than 4 MB", 1),
    "100 MB in a line": (bad.flood_line, ReplyInvalid, "more than 4 MB", 1),
}


@pytest.mark.parametrize("name", STREAMED)
def test_lasting_failure_of_a_stream(name: str) -> None:
    behaviour, kind, words, times = STREAMED[name]
    with MisbehavingServer(behaviour) as server:
        client = Client(server.url)
        with pytest.raises(ServiceError) as caught:
            client.stream()
    assert type(caught.value) is kind
    assert words in one_sentence(caught.value)
    assert len(server.requests) == times
    assert len(client.said) == times - 1
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_cut_stream_continues_where_it_ended() -> None:
    with MisbehavingServer(
        bad.reset_stream(chunk("They "), chunk("met")), stream(chunk("They met"), chunk(" in May.", "stop"))
    ) as server:
        client = Client(server.url)
        pieces = client.chat.stream(ASK, max_tokens=50)
        got: list[str] = []
        result = finish(pieces, got.append)
    assert "".join(got) == result.text == "They met in May."
    assert len(client.said) == 1


@pytest.mark.parametrize("second", ["We met in June.", "They"])
def test_a_cut_stream_that_goes_on_differently_is_no_reply(second: str) -> None:
    with MisbehavingServer(bad.cut_stream(chunk("They met")), stream(chunk(second, "stop"))) as server:
        client = Client(server.url)
        with pytest.raises(ReplyInvalid, match="answered differently"):
            client.stream()


def test_closing_a_stream_ends_the_request() -> None:
    gone = threading.Event()

    def endless(conn: bad.Connection) -> None:
        try:
            bad.drip_tokens(conn)
        except OSError:
            gone.set()
            raise

    with MisbehavingServer(endless) as server:
        pieces = Client(server.url).chat.stream(ASK, max_tokens=50)
        next(pieces)
        pieces.close()
        assert gone.wait(10), "the server notices that nobody listens"


SLOW: dict[str, tuple[Behaviour, bool, str, int]] = {
    "silence": (bad.silence, False, "did not finish its reply within 0.6 s", 1),
    "drip of a body": (bad.drip_body, False, "did not finish its reply within 0.6 s", 1),
    "drip of headers": (bad.drip_headers, False, "did not finish its reply within 0.6 s", 1),
    "silent stream": (bad.silence, True, "did not begin to answer within 0.3 s", 2),
    "stream of comments": (bad.drip_comments, True, "did not begin to answer within 0.3 s", 2),
    "drip of headers before a stream": (bad.drip_headers, True, "did not begin to answer within 0.3 s", 2),
    "endless stream": (bad.drip_tokens, True, "did not finish its reply within 0.6 s", 1),
}


@pytest.mark.parametrize("name", SLOW)
def test_timeouts_hold(name: str) -> None:
    behaviour, streaming, words, times = SLOW[name]
    with MisbehavingServer(behaviour) as server:
        client = Client(server.url, timeouts=HASTY)
        started = time.monotonic()
        with pytest.raises(ServiceUnreachable) as caught:
            (client.stream if streaming else client.ask)()
        assert time.monotonic() - started < 10, "against a server that never ends"
    assert words in one_sentence(caught.value)
    assert len(server.requests) == times


def test_the_wait_for_the_first_token_may_be_followed_by_a_long_reply() -> None:
    def slow(conn: bad.Connection) -> None:
        conn.raw(bad.head(content_type="text/event-stream") + bad.events(chunk("They "), done=False))
        conn.wait(0.5)
        conn.raw(bad.events(chunk("met.", "stop")))

    with MisbehavingServer(slow) as server:
        timeouts = Timeouts(connect=10, first_token=0.3, total=20)
        assert Client(server.url, timeouts=timeouts).stream().text == "They met."


def test_interrupting_passes_through_at_once() -> None:
    def interrupt(conn: bad.Connection) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        bad.silence(conn)

    with MisbehavingServer(interrupt) as server:
        client = Client(server.url)
        with pytest.raises(KeyboardInterrupt):
            client.ask()
    assert not client.said
    assert len(server.requests) == 1


def test_interrupting_the_wait_passes_through() -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with MisbehavingServer(error(500)) as server:
        chat = OpenAIChat("m", server.url, KEY, sleep=interrupted)
        with pytest.raises(KeyboardInterrupt):
            chat.complete(ASK, max_tokens=5)


def test_no_timer_survives_its_request() -> None:
    with MisbehavingServer(reply(), error(500), reply()) as server:
        client = Client(server.url)
        client.ask()
        client.ask()
    gc.collect()
    timers: list[Callable[..., object]] = [
        thread.cancel
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]
    assert not timers
