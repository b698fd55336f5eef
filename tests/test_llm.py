"""The client's own logic: what it sends, what it makes of replies, what it remembers of a service."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from qa.errors import ReplyInvalid, ServiceRejected
from qa.llm import OpenAIChat, RateLimiter, finish, parse_json
from qa.replies import Thinking, strip_thinking
from qa.retry import Backoff, parse_retry_after
from qa.secret import Secret
from qa.types import Message
from tests.misbehaving import MisbehavingServer, chunk, completion, error, reply, stream

ASK = [Message("system", "Be brief."), Message("user", "Did they meet?")]
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
    "required": ["a"],
    "additionalProperties": False,
}


def chat(url: str, **options: Any) -> OpenAIChat:
    return OpenAIChat("m", url, "k", sleep=lambda seconds: None, **options)


def test_importing_the_client_is_cheap() -> None:
    heavy = "openai httpx httpx2 jsonschema pydantic chromadb llama_index numpy"
    code = f"import sys, qa.llm, qa.reply_cache; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_sent() -> None:
    with MisbehavingServer(reply()) as server:
        result = chat(server.url).complete(ASK, max_tokens=50)
    request = server.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["accept-encoding"] == "identity"
    assert request.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Did they meet?"},
        ],
        "temperature": 0.0,
        "max_tokens": 50,
        "stream": False,
    }
    assert (result.text, result.model, result.finish_reason, result.cached) == ("Yes.", "m", "stop", False)
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (10, 2)
    assert result.usage.cost_usd is None, "what an unknown service charges is unknown"


def test_all_options_are_sent() -> None:
    with MisbehavingServer(reply(completion('{"a": [1]}'))) as server:
        chat(server.url).complete(
            ASK,
            max_tokens=5,
            schema=CLOSED,
            temperature=0.5,
            stop=["\n"],
            top_logprobs=3,
            grammar="root ::= x",
        )
    body = server.requests[0].body
    assert (body["temperature"], body["stop"], body["logprobs"], body["top_logprobs"]) == (
        0.5,
        ["\n"],
        True,
        3,
    )
    assert body["response_format"]["json_schema"] == {"name": "reply", "schema": CLOSED, "strict": True}
    assert "grammar" not in body, "only llama.cpp knows grammars"
    assert "cache_prompt" not in body


def test_a_schema_that_openai_would_not_take_strictly_is_not_sent_as_strict() -> None:
    loose = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    nested = CLOSED | {"properties": {"a": {"type": "object", "properties": {}}}}
    with MisbehavingServer(reply(completion('{"a": {}}')), reply(completion('{"a": 1}'))) as server:
        chat(server.url).complete(ASK, max_tokens=5, schema=nested)
        chat(server.url).complete(ASK, max_tokens=5, schema=loose)
    for request in server.requests:
        assert request.body["response_format"]["json_schema"]["strict"] is False


def test_the_local_server_gets_its_own_parameters_and_costs_nothing() -> None:
    with MisbehavingServer(reply(completion('{"a": [1]}'))) as server:
        local = chat(server.url, local=True)
        result = local.complete(ASK, max_tokens=5, schema=CLOSED, grammar="root ::= x")
        local.complete(ASK, max_tokens=5, schema=CLOSED)
    first, second = (request.body for request in server.requests)
    assert first["cache_prompt"] is True
    assert first["grammar"] == "root ::= x"
    assert "response_format" not in first, "llama.cpp takes one of the two"
    assert "response_format" in second
    assert result.usage.cost_usd == 0.0


def test_a_stream_yields_text_as_it_comes_and_returns_the_reply() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    last = chunk() | {"choices": [], "usage": usage}
    with MisbehavingServer(stream(chunk("They "), chunk("met."), chunk(finish="stop"), last)) as server:
        got: list[str] = []
        result = finish(chat(server.url).stream(ASK, max_tokens=5), got.append)
    assert got == ["They ", "met."]
    assert result.text == "They met."
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (7, 3)
    assert server.requests[0].body["stream"] is True
    assert server.requests[0].body["stream_options"] == {"include_usage": True}


def test_a_service_that_does_not_stream_is_no_problem() -> None:
    with MisbehavingServer(reply(completion("They met."))) as server:
        got: list[str] = []
        result = finish(chat(server.url).stream(ASK, max_tokens=5), got.append)
    assert "".join(got) == result.text == "They met."


def test_a_stream_that_says_done_but_never_why() -> None:
    with MisbehavingServer(stream(chunk("They met."))) as server:
        assert finish(chat(server.url).stream(ASK, max_tokens=5)).finish_reason == "stop"


REFUSALS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "OpenAI: max_tokens": (
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        {"param": "max_tokens", "code": "unsupported_parameter"},
        {},
        "max_tokens",
    ),
    "OpenAI: temperature": (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value "
        "is supported.",
        {"param": "temperature", "code": "unsupported_value"},
        {},
        "temperature",
    ),
    "OpenAI: stop": (
        "Unsupported parameter: 'stop' is not supported with this model.",
        {"param": "stop"},
        {"stop": ["\n"]},
        "stop",
    ),
    "OpenAI: logprobs": (
        "You are not allowed to request logprobs from this model.",
        {},
        {"top_logprobs": 2},
        "logprobs",
    ),
    "DeepSeek: response_format": (
        "This response_format type is unavailable now",
        {"type": "invalid_request_error"},
        {"schema": CLOSED},
        "response_format",
    ),
    "OpenAI: schema": (
        "Invalid schema for response_format 'reply': In context=(), 'minItems' is not permitted.",
        {"param": "response_format"},
        {"schema": CLOSED},
        "response_format",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_parameter_that_the_service_does_not_take_is_left_out_from_then_on(name: str) -> None:
    message, more, options, parameter = REFUSALS[name]
    body = {"error": {"message": message, "type": "invalid_request_error"} | more}
    said: list[str] = []
    with MisbehavingServer(reply(body, 400), reply(completion('{"a": [1]}'))) as server:
        client = chat(server.url, on_retry=said.append)
        client.complete(ASK, max_tokens=5, **options)
        client.complete(ASK, max_tokens=5, **options)
    first, second, third = (request.body for request in server.requests)
    assert parameter in first
    assert parameter not in second
    assert parameter not in third, "it is remembered"
    assert ("max_completion_tokens" in second) == (parameter == "max_tokens")
    assert not said, "this is no failure"


@pytest.mark.parametrize(
    "detail",
    [
        [
            {
                "type": "extra_forbidden",
                "loc": ["body", "response_format"],
                "msg": "Extra inputs are not permitted",
            }
        ],
        "unknown field: response_format",
    ],
)
def test_a_service_that_validates_its_input(detail: object) -> None:
    with MisbehavingServer(
        reply({"detail": detail}, 422), reply(completion('```json\n{"a": [1]}\n```'))
    ) as server:
        result = chat(server.url).complete(ASK, max_tokens=5, schema=CLOSED)
    assert parse_json(result.text, CLOSED) == {"a": [1]}
    assert "response_format" not in server.requests[1].body


def test_several_parameters_are_dropped_one_after_the_other() -> None:
    def no(name: str) -> Any:
        return error(400, f"Unsupported parameter: '{name}' is not supported with this model.")

    with MisbehavingServer(no("max_tokens"), no("temperature"), no("stop"), reply()) as server:
        chat(server.url, retries=0).complete(ASK, max_tokens=5, stop=["x"])
    assert server.requests[-1].body.keys() == {"model", "messages", "max_completion_tokens", "stream"}


def test_a_service_that_refuses_the_same_thing_for_ever() -> None:
    with MisbehavingServer(error(400, "temperature: invalid")) as server, pytest.raises(ServiceRejected):
        chat(server.url).complete(ASK, max_tokens=5)
    assert len(server.requests) == 2


def test_a_model_that_thinks_gets_room_for_it() -> None:
    thinking = completion("<think>They may have", choice={"finish_reason": "length"})
    with MisbehavingServer(reply(thinking), reply(completion("<think>Hm.</think>\n\nYes."))) as server:
        client = chat(server.url)
        assert client.complete(ASK, max_tokens=50).text == "Yes."
        client.complete(ASK, max_tokens=60)
    assert [request.body["max_tokens"] for request in server.requests] == [50, 50 + 4096, 60 + 4096]


def test_a_model_that_thinks_too_long_is_given_up() -> None:
    details = {"reasoning_tokens": 50}
    usage = {"prompt_tokens": 9, "completion_tokens": 50, "completion_tokens_details": details}
    spent = completion("", choice={"finish_reason": "length"}, usage=usage)
    with MisbehavingServer(reply(spent)) as server:
        client = chat(server.url)
        with pytest.raises(ReplyInvalid, match="used up its 50 tokens before it answered"):
            client.complete(ASK, max_tokens=50)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("text", "visible", "unfinished"),
    [
        ("Yes.", "Yes.", False),
        ("<think>Hm.</think>\n\nYes.", "Yes.", False),
        ("\n<think>\nHm.\n</think>\nYes.", "Yes.", False),
        ("<think></think>Yes.", "Yes.", False),
        ("<think>a</think> <think>b</think> Yes.", "Yes.", False),
        ("<thinking>Hm.</thinking>Yes.", "Yes.", False),
        ("[THINK]Hm.[/THINK]Yes.", "Yes.", False),
        ("<think>Hm.", "", True),
        ("Hm.</think>\nYes.", "Yes.", False),
        ("Say <think> and </think>.", "Say <think> and </think>.", False),
        ("<thin ice>", "<thin ice>", False),
        ("<th", "<th", False),
        ("", "", False),
    ],
)
def test_thinking_is_stripped(text: str, visible: str, unfinished: bool) -> None:
    assert strip_thinking(text) == (visible, unfinished)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "text", ["<think>Hm. </thin </think>\n\nYes, they did.", "<thin ice> broke.", "Yes."]
)
def test_thinking_is_stripped_piece_by_piece(text: str, size: int) -> None:
    thinking = Thinking()
    got = "".join(thinking.feed(text[i : i + size]) for i in range(0, len(text), size)) + thinking.rest()
    assert got.strip() == strip_thinking(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        ' \n{"a": [1, 2]}\n ',
        '```json\n{"a": [1, 2]}\n```',
        '```\n{"a": [1, 2]}\n```\n',
        'Here it is:\n\n```JSON\n{\n  "a": [1, 2]\n}\n```',
        '<think>{"a": "no"}</think>\n```json\n{"a": [1, 2]}```',
    ],
)
def test_json_is_found(text: str) -> None:
    assert parse_json(text, CLOSED) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("They met.", "not JSON"),
        ('Sure: {"a": [1]}', "not JSON"),
        ('{"a": [1]} Anything else?', "not JSON"),
        ('{"a": [1]', "not JSON"),
        ('{"a": [1,]}', "not JSON"),
        ("{'a': [1]}", "not JSON"),
        ('{"a": [NaN]}', "no JSON number"),
        ('{"a": [1], "a": [2]}', "occurs twice"),
        ('```json\n{"a": [1]}\n```\n```json\n{"a": [2]}\n```', "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": [1' + "0" * 5000 + "]}", "not JSON"),
        ('{"a": ["1"]}', r"another form \(\$\.a\[0\]"),
        ('{"b": [1]}', "another form"),
        ('{"a": [1], "b": "\\ud800"}', "not JSON"),
        ("null", "another form"),
        ("<think>so", "middle of its thinking"),
    ],
)
def test_json_is_not_repaired(text: str, problem: str) -> None:
    with pytest.raises(ReplyInvalid, match=problem) as caught:
        parse_json(text, CLOSED)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_a_broken_character_does_not_come_through() -> None:
    with MisbehavingServer(reply(completion("caf\ud800"))) as server:
        assert chat(server.url).complete(ASK, max_tokens=5).text == "caf?"


def test_parts_of_content_are_joined() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "They "},
        {"type": "text", "text": "met."},
    ]
    with MisbehavingServer(reply(completion(message={"content": parts}))) as server:
        assert chat(server.url).complete(ASK, max_tokens=5).text == "They met."


def test_the_models_name_is_the_one_asked_for_or_its_snapshot() -> None:
    with MisbehavingServer(
        reply(completion(model="/srv/weights/m.gguf")), reply(completion(model="m-2026-01-01"))
    ) as server:
        client = chat(server.url)
        assert client.complete(ASK, max_tokens=5).model == "m"
        assert client.complete(ASK, max_tokens=5).model == "m-2026-01-01"
    assert client.name == "m"


def test_backoff_grows_with_jitter_and_ends() -> None:
    least, most = Backoff(4, lambda: 0.0), Backoff(4, lambda: 1.0)
    assert [least.wait(n, None) for n in range(1, 6)] == [0.25, 0.5, 1.0, 2.0, None]
    assert [most.wait(n, None) for n in range(1, 6)] == [0.5, 1.0, 2.0, 4.0, None]
    assert Backoff(100, lambda: 1.0).wait(60, None) == 8.0
    assert least.wait(1, 60.0) == 60.0
    assert least.wait(1, 60.1) is None


def test_retry_after_forms() -> None:
    assert parse_retry_after("7", None, 0.0) == 7.0
    assert parse_retry_after("7", "250", 0.0) == 0.25
    assert parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", None, 40.0) == 60.0
    assert parse_retry_after(None, None, 0.0) is None
    assert parse_retry_after("later", "soon", 0.0) is None


def test_the_rate_limiter_spaces_requests_over_threads() -> None:
    now = [100.0]
    waits: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            waits.append(round(seconds, 6))

    limiter = RateLimiter(60, clock=lambda: now[0], sleep=sleep)
    threads = [threading.Thread(target=limiter.acquire) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [1.0, 2.0, 3.0, 4.0], "the first one goes at once"
    limiter.pause(30.0)
    limiter.acquire()
    assert waits[-1] == 30.0
    now[0] = 1000.0
    limiter.acquire()
    assert len(waits) == 5, "after a rest there is nothing to wait for"


def test_every_attempt_passes_the_limiter_and_a_429_slows_all() -> None:
    waits: list[float] = []
    limiter = RateLimiter(600, clock=lambda: 0.0, sleep=waits.append)
    with MisbehavingServer(error(429, Retry_After="20"), reply()) as server:
        client = chat(server.url, limiter=limiter)
        client.complete(ASK, max_tokens=5)
    assert waits == [20.0]


@pytest.mark.parametrize("per_minute", [0, -1, float("nan")])
def test_a_senseless_rate_is_refused(per_minute: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        RateLimiter(per_minute)


def test_a_secret_hides_itself_and_its_pieces() -> None:
    secret = Secret("sk-abcdefghijklmnop")
    assert "abc" not in repr(secret)
    assert "abc" not in f"{secret}"
    assert secret.hide("key sk-abcdefghijklmnop.") == "key ***."
    assert secret.hide("ends in ghijklmnop!") == "ends in ***!"
    assert secret.hide("an abc of things") == "an abc of things"
    assert Secret("EMPTY").hide("EMPTY rooms") == "EMPTY rooms", "a placeholder is no secret"
    assert Secret("").hide("text") == "text"
