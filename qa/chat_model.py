"""What every chat model offers, and a request as it goes to a service."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qa.types import Message, Reply


class ChatModel(Protocol):
    """Messages to a reply. Implementations are safe to use from several threads."""

    @property
    def name(self) -> str:
        """The model's name, as answers show it."""
        ...

    @property
    def identity(self) -> str:
        """What tells this model at this service from any other; part of the key of cached replies."""
        ...

    @property
    def selector(self) -> ChatModel | None:
        """The same model as ``qa.selector`` asks it, with the updates for that; None where there are none."""
        ...

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        top_logprobs: int = 0,
        grammar: str | None = None,
    ) -> Reply:
        """The model's whole reply.

        max_tokens: of the visible reply. Without ``schema`` a reply that reaches it is returned with
            ``finish_reason`` ``length``; with one it is an error, for cut JSON is no JSON.
        schema: JSON Schema of the reply; it is asked for where the service can, checked in any case, and
            the text is returned as it came: ``parse_json`` gives the value.
        top_logprobs: how many alternatives to report at each token, where the service can.
        grammar: GBNF, which only llama.cpp understands; other services get the schema alone.

        Raises ServiceError.
        """
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        top_logprobs: int = 0,
        grammar: str | None = None,
    ) -> Generator[str, None, Reply]:
        """As ``complete``, but yields the text as it comes, without thinking; returns the Reply.

        Closing the generator ends the request. The Reply's text is what counts: the pieces may differ from
        it in white space, or where thinking was not marked as such.
        """
        ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, until a stream's first token, and for a whole reply (each attempt)."""

    connect: float = 10.0
    first_token: float = 60.0
    total: float = 180.0


@dataclass(frozen=True, slots=True)
class Request:
    """What ``complete`` and ``stream`` were asked for."""

    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None
    temperature: float
    stop: tuple[str, ...]
    top_logprobs: int
    grammar: str | None
    streaming: bool

    def params(
        self, model: str, room: int, dropped: frozenset[str], *, local: bool, adapted: bool = False
    ) -> dict[str, Any]:
        """The parameters for a service that does not take those in ``dropped``.

        room: tokens that the model may spend, thinking included.
        local: the service understands llama.cpp's own parameters.
        adapted: a local server's model is to answer with its adapter.
        """
        params: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "temperature": self.temperature,
            "max_completion_tokens" if "max_tokens" in dropped else "max_tokens": room,
        }
        if self.stop:
            params["stop"] = list(self.stop)
        if self.top_logprobs and "logprobs" not in dropped:
            params |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        if local:
            params["cache_prompt"] = True
        if adapted:
            params["lora"] = [{"id": 0, "scale": 1.0}]
        if self.grammar and local:
            params["grammar"] = self.grammar
        elif self.schema is not None:
            params["response_format"] = _response_format(self.schema)
        if self.streaming:
            params["stream_options"] = {"include_usage": True}
        return {name: value for name, value in params.items() if name not in dropped}


def finish(pieces: Generator[str, None, Reply], on_text: Callable[[str], None] = lambda piece: None) -> Reply:
    """Run ``ChatModel.stream`` to its end, giving each piece to ``on_text``, and return the Reply."""
    while True:
        try:
            on_text(next(pieces))
        except StopIteration as stop:
            reply: Reply = stop.value
            return reply


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's form. ``strict`` only where the schema is of the kind that OpenAI is strict about."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "reply", "schema": schema, "strict": _closed(schema)},
    }


def _closed(schema: object) -> bool:
    """Whether every object in the schema requires all of its properties and allows no others."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object" or "properties" in schema:
            names = set(schema.get("properties", {}))
            if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != names:
                return False
        return all(_closed(value) for value in schema.values())
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return all(_closed(value) for value in schema)
    return True
