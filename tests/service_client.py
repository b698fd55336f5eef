"""A client for the tests of failing services: it never really waits, and remembers what it said."""

from __future__ import annotations

from typing import Any

from qa.chat_model import finish
from qa.errors import (
    QAError,
)
from qa.llm import OpenAIChat, Timeouts
from qa.types import Message, Reply

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


# How services say that a prompt is too long: status and body.
TOO_LONG: dict[str, tuple[int, dict[str, Any]]] = {
    "openai": (
        400,
        {
            "error": {
                "message": "This model's maximum context length is 8192 tokens. However, your messages "
                "resulted in 9001 tokens. Please reduce the length of the messages.",
                "type": "invalid_request_error",
                "param": "messages",
                "code": "context_length_exceeded",
            }
        },
    ),
    "vllm before 0.10": (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested "
            "5200 tokens (5000 in the messages, 200 in the completion). Please reduce the length "
            "of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
    ),
    "vllm max_tokens": (
        400,
        {
            "error": {
                "message": "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum "
                "context length is 8192 tokens and your request has 1210 input tokens (8192 > 8192 - 1210).",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        },
    ),
    "vllm 0.16": (
        400,
        {
            "error": {
                "message": "You passed 1015 input tokens and requested 10 output tokens. However, the "
                "model's context length is only 1024 tokens, resulting in a maximum input length of "
                "1014 tokens.",
                "type": "BadRequestError",
                "param": "input_tokens",
                "code": 400,
            }
        },
    ),
    "llama.cpp": (
        400,
        {
            "error": {
                "code": 400,
                "message": "request (931 tokens) exceeds the available context size (512 tokens), "
                "try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 931,
                "n_ctx": 512,
            }
        },
    ),
    "llama.cpp older": (
        500,
        {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size. try increasing the context size "
                "or enable context shift",
                "type": "exceed_context_size_error",
            }
        },
    ),
    "ollama": (
        400,
        {
            "error": {
                "message": "the input length exceeds the context length",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        },
    ),
}


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
    assert text.endswith("."), text
    assert text[0].isupper(), text
    assert text.isprintable(), text
    assert len(text) < 450, text
    assert "127.0.0.1" in text, "the sentence names the service"
    assert ": " in text, "the sentence says what to do"
    return text
