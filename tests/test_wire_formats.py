"""The formats in which OpenAI, Ollama, vLLM and llama.cpp's server really speak, served and understood.

The bodies were written by hand after the services' documentation and, for llama.cpp, after its server's
replies; values that do not matter are made up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from qa import local
from qa.errors import ContextTooLong, ServiceRejected
from qa.llm import OpenAIChat, finish
from qa.types import Message, Reply, TokenLogprob
from tests.conftest import MODELS
from tests.misbehaving import Behaviour, MisbehavingServer, bytes_reply, head

ASK = [Message("user", "When did they meet?")]
TEXT = "They met on 4 May."

OPENAI = {
    "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    "object": "chat.completion",
    "created": 1741569952,
    "model": "gpt-4.1-2025-04-14",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 10,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    },
    "service_tier": "default",
    "system_fingerprint": "fp_50cad350e4",
}
OLLAMA = {
    "id": "chatcmpl-462",
    "object": "chat.completion",
    "created": 1741569952,
    "model": "gpt-4.1",
    "system_fingerprint": "fp_ollama",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
}
OLLAMA_THINKING = OLLAMA | {
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": TEXT, "reasoning": "The article says 4 May."},
            "finish_reason": "stop",
        }
    ]
}
VLLM = {
    "id": "chatcmpl-8b2b91720edd4372b0579e89255b4828",
    "object": "chat.completion",
    "created": 1772423572,
    "model": "gpt-4.1",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "reasoning_content": "\nThe article says 4 May.\n",
                "content": "\n\n" + TEXT,
                "tool_calls": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
            "stop_reason": None,
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "total_tokens": 29,
        "completion_tokens": 10,
        "prompt_tokens_details": None,
    },
    "prompt_logprobs": None,
    "kv_transfer_params": None,
}
TIMINGS = {
    "cache_n": 12,
    "prompt_n": 7,
    "prompt_ms": 57.2,
    "prompt_per_token_ms": 8.2,
    "prompt_per_second": 122.3,
    "predicted_n": 10,
    "predicted_ms": 240.4,
    "predicted_per_token_ms": 24.0,
    "predicted_per_second": 41.6,
}
LLAMA_CPP = {
    "choices": [{"finish_reason": "stop", "index": 0, "message": {"role": "assistant", "content": TEXT}}],
    "created": 1795465920,
    "model": "/srv/weights/small.gguf",
    "system_fingerprint": "b0-unknown",
    "object": "chat.completion",
    "usage": {
        "completion_tokens": 10,
        "prompt_tokens": 19,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 12},
    },
    "id": "chatcmpl-w6QKeaTT86FiM1B7uS76NYlMBjyc5z9E",
    "timings": TIMINGS,
}
LLAMA_CPP_TIMINGS_ONLY = {name: value for name, value in LLAMA_CPP.items() if name != "usage"}
THINKS_ALOUD = OLLAMA | {
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": f"<think>\nThe article says 4 May.\n</think>\n\n{TEXT}",
            },
            "finish_reason": "stop",
        }
    ]
}

WHOLE: dict[str, dict[str, Any]] = {
    "OpenAI": OPENAI,
    "Ollama": OLLAMA,
    "Ollama, thinking": OLLAMA_THINKING,
    "vLLM with a reasoning parser": VLLM,
    "llama.cpp": LLAMA_CPP,
    "llama.cpp, timings only": LLAMA_CPP_TIMINGS_ONLY,
    "a model that thinks aloud": THINKS_ALOUD,
}


def as_stream(*chunks: dict[str, Any], done: str = "data: [DONE]\n\n", separator: str = "\n\n") -> Behaviour:
    lines = "".join(f"data: {json.dumps(chunk)}{separator}" for chunk in chunks)
    return lambda conn: conn.raw(
        head(content_type="text/event-stream; charset=utf-8") + (lines + done).encode()
    )


def chunks(common: dict[str, Any], *choices: dict[str, Any], **more: Any) -> Iterator[dict[str, Any]]:
    for choice in choices:
        yield common | {"object": "chat.completion.chunk", "choices": [{"index": 0} | choice]} | more


def delta(finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"delta": fields, "finish_reason": finish_reason}


def streamed_openai() -> Behaviour:
    common = {"id": "chatcmpl-123", "created": 1694268190, "model": "gpt-4.1", "system_fingerprint": "fp_44"}
    choices = [
        delta(role="assistant", content="", refusal=None),
        delta(content="They met"),
        delta(content=" on 4 May."),
        delta("stop"),
    ]
    last = common | {"object": "chat.completion.chunk", "choices": [], "usage": OPENAI["usage"]}
    return as_stream(*chunks(common, *choices, usage=None), last)


def streamed_ollama() -> Behaviour:
    """Ollama repeats the role; older versions send an empty finish_reason until the end."""
    common = {
        "id": "chatcmpl-693",
        "created": 1715427619,
        "model": "gpt-4.1",
        "system_fingerprint": "fp_ollama",
    }
    choices = [
        delta("", role="assistant", content="They met"),
        delta("", role="assistant", content=" on 4 May."),
        delta("stop", role="assistant", content=""),
    ]
    last = common | {"object": "chat.completion.chunk", "choices": [], "usage": OLLAMA["usage"]}
    return as_stream(*chunks(common, *choices), last)


def streamed_ollama_thinking() -> Behaviour:
    common = {
        "id": "chatcmpl-694",
        "created": 1715427619,
        "model": "gpt-4.1",
        "system_fingerprint": "fp_ollama",
    }
    choices = [
        delta(role="assistant", content="", reasoning="The article"),
        delta(role="assistant", content="", reasoning=" says 4 May."),
        delta(role="assistant", content=TEXT),
        delta("stop", role="assistant", content=""),
    ]
    last = common | {"object": "chat.completion.chunk", "choices": [], "usage": OLLAMA["usage"]}
    return as_stream(*chunks(common, *choices), last)


def streamed_vllm() -> Behaviour:
    """vLLM sends the last piece of text together with the finish_reason."""
    common = {"id": "chatcmpl-8b2b", "created": 1772423572, "model": "gpt-4.1"}
    choices = [
        delta(role="assistant", content="") | {"logprobs": None},
        delta(reasoning_content="The article says 4 May."),
        delta(content="They met"),
        delta("stop", content=" on 4 May.") | {"stop_reason": None},
    ]
    last = common | {"object": "chat.completion.chunk", "choices": [], "usage": VLLM["usage"]}
    return as_stream(*chunks(common, *choices), last)


def streamed_llama_cpp() -> Behaviour:
    common = {"created": 1795465919, "id": "chatcmpl-AiMO", "model": "/srv/weights/small.gguf"}
    choices = [
        delta(role="assistant", content=None),
        delta(content="They met"),
        delta(content=" on 4 May."),
        delta("stop"),
    ]
    last = common | {
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": LLAMA_CPP["usage"],
        "timings": TIMINGS,
    }
    return as_stream(*chunks(common, *choices), last)


def streamed_llama_cpp_timings_only() -> Behaviour:
    """Older servers take no notice of stream_options and put the timings into the last chunk."""
    common = {"created": 1795465919, "id": "chatcmpl-AiMO", "model": "/srv/weights/small.gguf"}
    body = list(chunks(common, delta(role="assistant", content=None), delta(content=TEXT), delta("stop")))
    body[-1]["timings"] = TIMINGS
    return as_stream(*body)


def streamed_aloud() -> Behaviour:
    common = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4.1"}
    pieces = ["<th", "ink>\nThe art", "icle says 4 May.\n</thi", "nk>\n", "\nThey met", " on 4 May."]
    usage = OLLAMA["usage"]
    return as_stream(*chunks(common, *(delta(content=piece) for piece in pieces), delta("stop"), usage=usage))


def streamed_with_crlf_and_comments() -> Behaviour:
    common = {"id": "gen-1", "created": 1, "model": "gpt-4.1"}
    body = list(chunks(common, delta(content=TEXT), delta("stop"), usage=OLLAMA["usage"]))
    first, *rest = body
    data = f": PROCESSING\r\n\r\nevent: message\r\ndata: {json.dumps(first)}\r\n\r\n"
    data += "".join(f"data:{json.dumps(item)}\r\n\r\n" for item in rest) + "data: [DONE]\r\n\r\n"
    return lambda conn: conn.raw(head(content_type="text/event-stream") + data.encode())


STREAMS = {
    "OpenAI": streamed_openai(),
    "Ollama": streamed_ollama(),
    "Ollama, thinking": streamed_ollama_thinking(),
    "vLLM with a reasoning parser": streamed_vllm(),
    "llama.cpp": streamed_llama_cpp(),
    "llama.cpp, timings only": streamed_llama_cpp_timings_only(),
    "a model that thinks aloud": streamed_aloud(),
    "a proxy with comments and CRLF": streamed_with_crlf_and_comments(),
}


def check(result: Reply) -> None:
    assert result.text.strip() == TEXT
    assert result.finish_reason == "stop"
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (19, 10)
    assert result.model in ("gpt-4.1", "gpt-4.1-2025-04-14")


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_reply(name: str) -> None:
    with MisbehavingServer(bytes_reply(json.dumps(WHOLE[name]).encode())) as server:
        check(OpenAIChat("gpt-4.1", server.url, "k").complete(ASK, max_tokens=50))


@pytest.mark.parametrize("name", STREAMS)
def test_a_streamed_reply(name: str) -> None:
    with MisbehavingServer(STREAMS[name]) as server:
        got: list[str] = []
        result = finish(OpenAIChat("gpt-4.1", server.url, "k").stream(ASK, max_tokens=50), got.append)
    check(result)
    assert "".join(got).strip() == TEXT, "no thinking is shown"
    assert len(server.requests) == 1


def test_usage_that_is_missing_stays_zero() -> None:
    common = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4.1"}
    with MisbehavingServer(as_stream(*chunks(common, delta(content=TEXT), delta("stop")))) as server:
        result = finish(OpenAIChat("gpt-4.1", server.url, "k").stream(ASK, max_tokens=50))
    assert (result.usage.prompt_tokens, result.usage.completion_tokens, result.usage.cost_usd) == (0, 0, None)


def test_logprobs_of_llama_cpp_and_openai() -> None:
    """llama.cpp adds an id to each token; otherwise they are alike."""
    content = [
        {
            "id": 19556,
            "token": "They",
            "bytes": [84, 104, 101, 121],
            "logprob": -0.25,
            "top_logprobs": [
                {"id": 19556, "token": "They", "bytes": [84], "logprob": -0.25},
                {"id": 57, "token": "I", "bytes": [73], "logprob": -2.5},
            ],
        },
        {"token": " met", "bytes": None, "logprob": -0.5, "top_logprobs": []},
    ]
    choice = LLAMA_CPP["choices"][0] | {"logprobs": {"content": content}}  # type: ignore[index]
    body = LLAMA_CPP | {"choices": [choice]}
    with MisbehavingServer(bytes_reply(json.dumps(body).encode())) as server:
        result = OpenAIChat("m", server.url, "k").complete(ASK, max_tokens=50, top_logprobs=2)
    assert result.logprobs == (
        TokenLogprob("They", -0.25, (("They", -0.25), ("I", -2.5))),
        TokenLogprob(" met", -0.5, ()),
    )


def test_logprobs_in_another_form_are_left_out() -> None:
    legacy = {"tokens": ["They"], "token_logprobs": [-0.25], "top_logprobs": None}
    choice = LLAMA_CPP["choices"][0] | {"logprobs": legacy}  # type: ignore[index]
    with MisbehavingServer(bytes_reply(json.dumps(LLAMA_CPP | {"choices": [choice]}).encode())) as server:
        assert OpenAIChat("m", server.url, "k").complete(ASK, max_tokens=50).logprobs == ()


def test_the_real_local_server_speaks_as_assumed(local_model: str) -> None:
    """Replies, streams, log-probabilities, schema, grammar and errors of the server in this process."""
    name = local_model.removeprefix("local:")
    server = local.serve(name, MODELS / name, context=512)
    url, key = server.base_url, server.api_key
    chat = OpenAIChat(name, url, key, local=True, service="the local model")
    ask = [Message("user", "Reply with the single word: yes")]
    whole = chat.complete(ask, max_tokens=8, top_logprobs=2)
    assert whole.text
    assert whole.model == name
    assert whole.usage.prompt_tokens > 5
    assert whole.usage.completion_tokens == len(whole.logprobs) or whole.finish_reason == "stop"
    assert all(entry.logprob <= 0 and len(entry.top) == 2 for entry in whole.logprobs)
    assert whole.usage.cost_usd == 0.0
    pieces: list[str] = []
    streamed = finish(chat.stream(ask, max_tokens=8), pieces.append)
    assert "".join(pieces) == streamed.text
    assert streamed.usage.prompt_tokens == whole.usage.prompt_tokens
    schema = {
        "type": "object",
        "properties": {"answer": {"enum": ["yes", "no"]}},
        "required": ["answer"],
        "additionalProperties": False,
    }
    assert json.loads(chat.complete(ask, max_tokens=30, schema=schema).text)["answer"] in ("yes", "no")
    assert chat.complete(ask, max_tokens=8, grammar='root ::= "perhaps"').text == "perhaps"
    with pytest.raises(ContextTooLong, match=f"too long for {name}"):
        chat.complete([Message("user", "word " * 900)], max_tokens=8)
    with pytest.raises(ServiceRejected, match="does not accept the key"):
        OpenAIChat(name, url, "another-key").complete(ask, max_tokens=8)
    with pytest.raises(ServiceRejected, match="no chat endpoint"):
        OpenAIChat(name, url + "/nowhere", key).complete(ask, max_tokens=8)
    server.stop()
