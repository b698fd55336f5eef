"""What becomes of a request when the service fails, against a real HTTP server that does."""

from __future__ import annotations

import json
import socket

import pytest

from qa.errors import (
    ConfigError,
    ContextTooLong,
    ReplyInvalid,
    ServiceError,
    ServiceOverloaded,
    ServiceRejected,
    ServiceUnreachable,
)
from qa.llm import OpenAIChat, Timeouts
from tests import misbehaving as bad
from tests.misbehaving import Behaviour, MisbehavingServer, completion, error, reply
from tests.service_client import HASTY, KEY, SCHEMA, TOO_LONG, Client, one_sentence

UNKNOWN_MODEL = {
    "openai": {"error": {"message": "The model `m` does not exist or you do not have access to it.",
        "type": "invalid_request_error", "param": None, "code": "model_not_found"}},
    "ollama": {"error": {"message": "model \"m\" not found, try pulling it first", "type": "api_error",
        "param": None, "code": None}},
    "vllm": {"object": "error", "message": "The model `m` does not exist.", "type": "NotFoundError",
        "param": None, "code": 404},
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
    "429", "500", "502 with a page", "503 loading", "504", "hangs up", "reset in the middle", "short",
    "empty body", "invalid JSON", "truncated JSON", "page with 200", "not UTF-8", "no choices", "empty text",
    "error with 200",
]  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_passing_failure(name: str) -> None:
    with MisbehavingServer(LASTING[name][0], reply()) as server:
        client = Client(server.url)
        assert client.ask().text == "Yes."
    assert len(server.requests) == 2
    assert len(client.said) == 1


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
    assert not client.said, "a certificate does not get better by asking again"
    assert not server.requests


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
