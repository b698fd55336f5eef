"""What becomes of a request when the service fails, against a real HTTP server that does."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import pytest

from qa.budget import Budget
from qa.chat_model import finish
from qa.errors import (
    BudgetExceeded,
    ConfigError,
    ContextTooLong,
    QAError,
    ReplyInvalid,
    ServiceError,
    ServiceOverloaded,
    ServiceRejected,
    ServiceUnreachable,
)
from qa.llm import OpenAIChat, Timeouts
from qa.reply_cache import CachedChat, ReplyCache
from qa.types import Message, Reply
from tests import misbehaving as bad
from tests.misbehaving import Behaviour, MisbehavingServer, chunk, completion, error, reply, stream

KEY = "sk-canary-4f9d2b7c61e84d5f"
ASK = [Message("user", "Did they meet?")]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}
PATIENT = Timeouts(connect=10, first_token=20, total=40)
HASTY = Timeouts(connect=10, first_token=0.3, total=0.6)


class Client:
    """A client without waiting, and what it said and how long it would have waited."""

    def __init__(self, url: str, key: str = KEY, timeouts: Timeouts = PATIENT, **options: Any) -> None:
        self.said: list[str] = []
        self.waits: list[float] = []
        self.chat = OpenAIChat(
            "m",
            url,
            key,
            timeouts=timeouts,
            on_retry=self.said.append,
            sleep=self.waits.append,
            jitter=lambda: 0.0,
            **options,
        )

    def ask(self, **options: Any) -> Reply:
        return self.chat.complete(ASK, **({"max_tokens": 50} | options))

    def stream(self, **options: Any) -> Reply:
        return finish(self.chat.stream(ASK, **({"max_tokens": 50} | options)))


def one_sentence(error: QAError) -> str:
    text = str(error)
    assert text.endswith(".") and "\n" not in text and text[0].isupper() and len(text) < 450, text
    assert "127.0.0.1" in text, "the sentence names the service"
    assert ": " in text, "the sentence says what to do"
    return text


Ways = tuple[type[ServiceError], str, int]
TOO_LONG = {
    "openai": (400, {"error": {"message": "This model's maximum context length is 8192 tokens. However, your "
        "messages resulted in 9001 tokens. Please reduce the length of the messages.",
        "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}}),
    "vllm before 0.10": (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens. "
        "However, you requested 5200 tokens (5000 in the messages, 200 in the completion). Please reduce the length "
        "of the messages or completion.", "type": "BadRequestError", "param": None, "code": 400}),
    "vllm max_tokens": (400, {"error": {"message": "'max_tokens' or 'max_completion_tokens' is too large: 8192. This "
        "model's maximum context length is 8192 tokens and your request has 1210 input tokens (8192 > 8192 - 1210).",
        "type": "BadRequestError", "param": None, "code": 400}}),
    "vllm 0.16": (400, {"error": {"message": "You passed 1015 input tokens and requested 10 output tokens. However, "
        "the model's context length is only 1024 tokens, resulting in a maximum input length of 1014 tokens.",
        "type": "BadRequestError", "param": "input_tokens", "code": 400}}),
    "llama.cpp": (400, {"error": {"code": 400, "message": "request (931 tokens) exceeds the available context size "
        "(512 tokens), try increasing it", "type": "exceed_context_size_error", "n_prompt_tokens": 931,
        "n_ctx": 512}}),
    "llama.cpp older": (500, {"error": {"code": 500, "message": "the request exceeds the available context size. "
        "try increasing the context size or enable context shift", "type": "exceed_context_size_error"}}),
    "ollama": (400, {"error": {"message": "the input length exceeds the context length",
        "type": "invalid_request_error", "param": None, "code": None}}),
}  # fmt: skip
UNKNOWN_MODEL = {
    "openai": {"error": {"message": "The model `m` does not exist or you do not have access to it.",
        "type": "invalid_request_error", "param": None, "code": "model_not_found"}},
    "ollama": {"error": {"message": "model \"m\" not found, try pulling it first", "type": "api_error",
        "param": None, "code": None}},
    "vllm": {"object": "error", "message": "The model `m` does not exist.", "type": "NotFoundError", "param": None,
        "code": 404},
}  # fmt: skip
WRONG_PATH = {
    "llama.cpp": reply({"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}, 404),
    "fastapi": reply({"detail": "Not Found"}, 404),
    "go": bad.bytes_reply(b"404 page not found", 404, "text/plain"),
    "web server": bad.bytes_reply(b"<html><h1>Not Found</h1></html>", 404, "text/html"),
    "method": bad.bytes_reply(b"", 405),
}

# What the server does every time, the error, words of the sentence, and how often it is asked.
LASTING: dict[str, tuple[Behaviour, type[ServiceError], str, int]] = {
    "429": (
        error(429, "Rate limit reached"),
        ServiceOverloaded,
        "limiting requests (429) (Rate limit reached)",
        4,
    ),
    "no credit": (
        reply({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, 429),
        ServiceRejected,
        "no credit left",
        1,
    ),
    "402": (error(402, "Payment required"), ServiceRejected, "no credit left", 1),
    "500": (error(500, "boom"), ServiceOverloaded, "answered 500 (boom)", 4),
    "502 with a page": (
        bad.bytes_reply(b"<html>Bad Gateway</html>", 502, "text/html"),
        ServiceOverloaded,
        "answered 502 (4 attempts)",
        4,
    ),
    "503 loading": (
        reply({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, 503),
        ServiceOverloaded,
        "Loading model",
        4,
    ),
    "504": (bad.bytes_reply(b"", 504), ServiceOverloaded, "answered 504", 4),
    "529": (error(529, "Overloaded"), ServiceOverloaded, "answered 529", 4),
    "501": (error(501), ServiceRejected, "answered 501", 1),
    "503 without end": (bad.flood_error, ServiceOverloaded, "answered 503", 4),
    "401": (error(401, "Incorrect API key provided"), ServiceRejected, "does not accept the key (401)", 1),
    "403": (error(403, "Country not supported"), ServiceRejected, "Country not supported", 1),
    "400": (error(400, "What is this?"), ServiceRejected, "answered 400 (What is this?)", 1),
    "413": (bad.bytes_reply(b"", 413), ContextTooLong, "too large (413)", 1),
    "302": (
        reply({}, 302, Location="http://127.0.0.1:9/v1"),
        ServiceRejected,
        "redirects elsewhere (302)",
        1,
    ),
    "307": (
        reply({}, 307, Location="http://127.0.0.1:9/v1"),
        ServiceRejected,
        "redirects elsewhere (307)",
        1,
    ),
    "hangs up": (bad.hang_up, ServiceUnreachable, "closed the connection in the middle", 4),
    "reset in the middle": (bad.reset, ServiceUnreachable, "closed the connection in the middle", 4),
    "short": (bad.short, ServiceUnreachable, "closed the connection in the middle", 4),
    "empty body": (bad.bytes_reply(b""), ReplyInvalid, "empty reply", 2),
    "invalid JSON": (bad.bytes_reply(b'{"choices": [}'), ReplyInvalid, "not JSON", 2),
    "truncated JSON": (bad.bytes_reply(json.dumps(completion()).encode()[:60]), ReplyInvalid, "not JSON", 2),
    "deep JSON": (bad.bytes_reply(b"[" * 500_000), ReplyInvalid, "not JSON", 2),
    "JSON list": (bad.bytes_reply(b"[]"), ReplyInvalid, "no chat completion", 2),
    "JSON null": (bad.bytes_reply(b"null"), ReplyInvalid, "no chat completion", 2),
    "page with 200": (
        bad.bytes_reply(b"<!doctype html><p>Welcome", 200, "text/html"),
        ReplyInvalid,
        "web page",
        2,
    ),
    "page as JSON": (bad.bytes_reply(b"<html>"), ReplyInvalid, "web page", 2),
    "not UTF-8": (bad.bytes_reply(b'{"choices": "\xff\xfe"}'), ReplyInvalid, "not UTF-8", 2),
    "no choices": (reply({"id": "c", "object": "chat.completion"}), ReplyInvalid, "nothing in it", 2),
    "empty choices": (reply(completion(choices=[])), ReplyInvalid, "nothing in it", 2),
    "odd choices": (reply(completion(choices="none")), ReplyInvalid, "nothing in it", 2),
    "odd message": (reply(completion(choice={"message": 7})), ReplyInvalid, "empty reply", 2),
    "empty text": (reply(completion("")), ReplyInvalid, "empty reply", 2),
    "white text": (reply(completion(" \n ")), ReplyInvalid, "empty reply", 2),
    "null text": (reply(completion(None)), ReplyInvalid, "empty reply", 2),
    "refusal": (
        reply(completion(None, message={"refusal": "I can't."})),
        ReplyInvalid,
        "declined to answer",
        1,
    ),
    "content filter": (
        reply(completion("Y", choice={"finish_reason": "content_filter"})),
        ServiceRejected,
        "content filter",
        1,
    ),
    "error with 200": (reply({"error": {"message": "busy", "code": 429}}), ServiceOverloaded, "(429)", 4),
    "error text with 200": (reply({"error": "out of memory"}), ServiceOverloaded, "out of memory", 4),
    "open thinking": (reply(completion("<think>Hm")), ReplyInvalid, "middle of its thinking", 2),
    "100 MB": (bad.flood, ReplyInvalid, "more than 4 MB", 1),
    "bomb": (bad.bomb, ReplyInvalid, "more than 4 MB", 1),
    "not gzip": (
        bad.bytes_reply(b"{}", Content_Encoding="gzip"),
        ReplyInvalid,
        "compressed wrongly",
        2,
    ),
    "zstd": (bad.bytes_reply(b"{}", Content_Encoding="zstd"), ReplyInvalid, "unknown way (zstd)", 1),
    **{
        f"too long: {name}": (reply(body, status), ContextTooLong, "too long for m", 1)
        for name, (status, body) in TOO_LONG.items()
    },
    **{
        f"unknown model: {name}": (reply(body, 404), ServiceRejected, "does not have the model m", 1)
        for name, body in UNKNOWN_MODEL.items()
    },
    **{
        f"wrong path: {name}": (behaviour, ServiceRejected, "no chat endpoint", 1)
        for name, behaviour in WRONG_PATH.items()
    },
}


@pytest.mark.parametrize("name", LASTING)
def test_lasting_failure(name: str) -> None:
    behaviour, kind, words, times = LASTING[name]
    with MisbehavingServer(behaviour) as server:
        client = Client(server.url)
        with pytest.raises(ServiceError) as caught:
            client.ask()
    assert type(caught.value) is kind
    assert words in one_sentence(caught.value)
    assert len(server.requests) == times
    assert len(client.said) == len(client.waits) == times - 1, "each retry is told of, in one line"
    assert all("\n" not in line and "asking again in" in line for line in client.said)
    assert sum(client.waits) < 15
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


PASSING = [
    "429", "500", "502 with a page", "503 loading", "504", "hangs up", "reset in the middle", "short", "empty body",
    "invalid JSON", "truncated JSON", "page with 200", "not UTF-8", "no choices", "empty text", "error with 200",
]  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_passing_failure(name: str) -> None:
    with MisbehavingServer(LASTING[name][0], reply()) as server:
        client = Client(server.url)
        assert client.ask().text == "Yes."
    assert len(server.requests) == 2
    assert len(client.said) == 1


STREAMED: dict[str, tuple[Behaviour, type[ServiceError], str, int]] = {
    "500": LASTING["500"],
    "401": LASTING["401"],
    "too long": LASTING["too long: llama.cpp"],
    "page with 200": LASTING["page with 200"],
    "hangs up": LASTING["hangs up"],
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
        with pytest.raises(ReplyInvalid, match="answered differently"):
            Client(server.url).stream()


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


def test_connecting_has_its_own_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and never shakes hands
        port = listener.getsockname()[1]
        client = Client(
            f"https://127.0.0.1:{port}/v1", timeouts=Timeouts(connect=0.2, first_token=20, total=20)
        )
        with pytest.raises(ServiceUnreachable, match="did not take the connection in time") as caught:
            client.ask()
    one_sentence(caught.value)
    assert len(client.said) == 3


def test_connection_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ServiceUnreachable, match="refused the connection") as caught:
        client.ask()
    assert f"127.0.0.1:{port}" in one_sentence(caught.value)
    assert len(client.said) == 3


def test_self_signed_certificate() -> None:
    with MisbehavingServer(reply(), tls=True) as server:
        client = Client(server.url)
        with pytest.raises(ServiceUnreachable, match="certificate is not trusted") as caught:
            client.ask()
    assert "SSL_CERT_FILE" in one_sentence(caught.value)
    assert not client.said and not server.requests, "a certificate does not get better by asking again"


def test_the_certificate_is_taken_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bad.SELF_SIGNED))
    with MisbehavingServer(reply(), bad.silence, tls=True) as server:
        client = Client(server.url, timeouts=HASTY)
        assert client.ask().text == "Yes."
        with pytest.raises(ServiceUnreachable, match="did not finish"):  # the clock holds under TLS too
            client.ask()


def test_http_where_https_is_said() -> None:
    with MisbehavingServer(reply()) as server:
        client = Client(server.url.replace("http:", "https:"))
        with pytest.raises(ServiceUnreachable, match="does not speak TLS") as caught:
            client.ask()
    one_sentence(caught.value)


def test_https_where_http_is_said() -> None:
    with MisbehavingServer(reply(), tls=True) as server:
        client = Client(server.url.replace("https:", "http:"))
        with pytest.raises(ServiceUnreachable) as caught:
            client.ask()
    one_sentence(caught.value)


def test_a_host_that_cannot_be_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    client = Client("http://no-such-host.invalid/v1")
    with pytest.raises(ServiceUnreachable, match=r"cannot be resolved \(no-such-host.invalid\)"):
        client.ask()
    assert not client.said


def test_a_resolver_that_is_out_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> object:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    client = Client("http://some-host.invalid/v1")
    with pytest.raises(ServiceUnreachable, match="cannot be resolved"):
        client.ask()
    assert len(client.said) == 3


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


def test_length_without_schema_is_the_callers_business() -> None:
    with MisbehavingServer(reply(completion("They m", choice={"finish_reason": "length"}))) as server:
        result = Client(server.url).ask()
    assert (result.text, result.finish_reason) == ("They m", "length")


def test_length_with_schema_is_an_error() -> None:
    with MisbehavingServer(reply(completion('{"a": ', choice={"finish_reason": "length"}))) as server:
        client = Client(server.url)
        with pytest.raises(ReplyInvalid, match="cut its reply off at 50 tokens") as caught:
            client.ask(schema=SCHEMA)
    one_sentence(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "text", ['{"a": "one"}', '{"b": 1}', '{"a": 1, "b": 2}', "[1]", "a: 1", '{"a": NaN}', '{"a": 1, "a": 2}']
)
def test_another_form_than_the_schema_is_asked_for_once_more(text: str) -> None:
    with MisbehavingServer(reply(completion(text))) as server:
        client = Client(server.url)
        with pytest.raises(ReplyInvalid) as caught:
            client.ask(schema=SCHEMA)
    assert "JSON" in one_sentence(caught.value)
    assert len(server.requests) == 2
    with MisbehavingServer(reply(completion(text)), reply(completion('{"a": 1}'))) as server:
        result = Client(server.url).ask(schema=SCHEMA)
    assert result.text == '{"a": 1}'
    assert result.usage.completion_tokens == 4, "what the broken reply took is counted too"


def test_a_redirect_does_not_carry_the_key_away() -> None:
    with MisbehavingServer(reply()) as thief:
        with MisbehavingServer(reply({}, 308, Location=thief.url + "/chat/completions")) as server:
            with pytest.raises(ServiceRejected, match="redirects elsewhere"):
                Client(server.url).ask()
        assert not thief.requests


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


@pytest.mark.parametrize(
    "url", ["", "ftp://h/v1", "localhost:8000", "http://", "http://[::1", "http://h:99999/v1"]
)
def test_a_base_url_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match="base URL"):
        OpenAIChat("m", url or " ", KEY)


@pytest.mark.parametrize("url", ["http://u:p@h/v1", "http://h/v1?api-key=s3cr3t"])
def test_a_base_url_with_secrets_is_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OpenAIChat("m", url, KEY)
    assert "s3cr3t" not in str(caught.value)
    assert "u:p" not in str(caught.value)


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────


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
    with MisbehavingServer(reply()) as server:
        Client(server.url).ask()
    assert "private" not in str(server.requests[0].headers)


def test_what_is_meant_for_this_machine_does_not_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with MisbehavingServer(reply(completion("proxied"))) as proxy, MisbehavingServer(reply()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert Client(server.url).ask().text == "Yes."
    assert not proxy.requests


# ── Budget and threads ────────────────────────────────────────────────────────────────────────────────────


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
        with pytest.raises(BudgetExceeded, match="--budget"):
            for _ in range(100):
                assert client.ask().usage.cost_usd == pytest.approx(0.0006)
                done += 1
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
