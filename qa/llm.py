"""The one client for language models: any service that speaks the OpenAI chat API, the local one included.

The only loop that asks again is here. A reply is returned only if it can be used; whatever else a service
does becomes one ``ServiceError`` that says so in a sentence. See ``qa.failures`` for the sentences,
``qa.http_guard`` for the limits on time and size, ``qa.replies`` for the reading.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa.budget import Budget, Meter, total
from qa.chat_model import ChatModel, Request, Timeouts, finish
from qa.errors import ConfigError
from qa.failures import AttemptFailed, Failure, broken
from qa.prices import FREE, price_of
from qa.replies import Collected, parse_json, strip_thinking
from qa.retry import Backoff, RateLimiter
from qa.secret import Secret
from qa.types import Message, Reply, Usage

if TYPE_CHECKING:
    from qa.transport import Transport

__all__ = ["Budget", "ChatModel", "OpenAIChat", "RateLimiter", "Timeouts", "finish", "parse_json"]

OPENAI_URL = "https://api.openai.com/v1"
# What a reasoning model gets on top of max_tokens, once it has shown that it thinks first.
THINKING_ROOM = 4096
MOST_ADAPTATIONS = 8


class OpenAIChat:
    """A model behind the OpenAI chat API.

    base_url: None for OpenAI itself.
    api_key: may be empty for a service that wants none.
    service: how sentences name the service; by default from the host.
    local: the server inside this process: costs nothing and understands llama.cpp's own parameters.
    identity: see ChatModel; by default the base URL and the model.
    selector: see ChatModel.
    adapted: this is the local server's model with its adapter.
    on_retry: is given one line each time something is asked again.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None,
        api_key: str,
        *,
        timeouts: Timeouts | None = None,
        retries: int = 3,
        service: str = "",
        local: bool = False,
        identity: str = "",
        selector: ChatModel | None = None,
        adapted: bool = False,
        limiter: RateLimiter | None = None,
        budget: Budget | None = None,
        on_retry: Callable[[str], None] = lambda line: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._model = model
        self._url, host = _checked_url(base_url or OPENAI_URL)
        self._host = host
        self._secret = _checked_key(api_key)
        self._timeouts = timeouts or Timeouts()
        self._backoff = Backoff(retries, jitter)
        self._service = service or f"the model's service at {host}"
        self._local = local
        self._identity = identity or f"{self._url} {model}"
        self._selector, self._adapted = selector, adapted
        self._limiter = limiter
        price = FREE if local else price_of(model, host)
        self._meter = Meter(price, budget)
        self._on_retry = on_retry
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._dropped: frozenset[str] = frozenset()
        self._thinks = False
        self._transport: Transport | None = None
        if budget is not None and price is None:
            raise ConfigError(
                f"What {model} at {host} costs is not known, so a budget cannot be kept: leave --budget out."
            )

    def __repr__(self) -> str:
        return f"OpenAIChat({self._model!r}, {self._host!r})"

    @property
    def name(self) -> str:
        """See ChatModel."""
        return self._model

    @property
    def identity(self) -> str:
        """See ChatModel."""
        return self._identity

    @property
    def selector(self) -> ChatModel | None:
        """See ChatModel."""
        return self._selector

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
        """See ChatModel."""
        request = Request(
            tuple(messages), max_tokens, schema, temperature, tuple(stop), top_logprobs, grammar, False
        )
        return finish(self._ask(request))

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
        """See ChatModel."""
        request = Request(
            tuple(messages), max_tokens, schema, temperature, tuple(stop), top_logprobs, grammar, True
        )
        return self._ask(request)

    def prepare(self) -> None:
        """Load the HTTP client now (about a second, once), say while something else is waited for."""
        self._connected()

    def _ask(self, request: Request) -> Generator[str, None, Reply]:
        """Attempts until one succeeds or asking again does not help; text already yielded is not repeated."""
        shown = _Shown()
        attempt, adaptations, discarded = 1, 0, Usage(cost_usd=0.0)
        broken_before = False
        while True:
            try:
                reply = yield from shown.follow(self._attempt(request))
                return replace(reply, usage=total(discarded, reply.usage))
            except AttemptFailed as failed:
                failure, usage = failed.failure, failed.usage
            if usage is not None and usage.completion_tokens:
                discarded = total(discarded, usage)
            if failure.drop and adaptations < MOST_ADAPTATIONS and self._adapt(failure.drop):
                adaptations += 1
                continue
            wait = self._backoff.wait(attempt, failure.retry_after)
            if not failure.retryable or (failure.once and broken_before) or wait is None:
                raise failure.error(self._service, attempt)
            broken_before |= failure.once
            if self._limiter is not None and failure.retry_after is not None:
                self._limiter.pause(failure.retry_after)
            attempt += 1
            self._on_retry(
                f"{self._service} {failure.reason}: asking again in {wait:.1f} s (attempt {attempt})"
            )
            self._sleep(wait)

    def _adapt(self, parameter: str) -> bool:
        """Remember that the service does not take a parameter; False when that was known already."""
        with self._lock:
            if parameter == "thinking":
                known, self._thinks = self._thinks, True
            else:
                known = parameter in self._dropped
                self._dropped |= {parameter}
        return not known

    def _attempt(self, request: Request) -> Generator[str, None, Reply]:
        """One request. Raises AttemptFailed."""
        transport = self._connected()
        params, room = self._params(request)
        if self._limiter is not None:
            self._limiter.acquire()
        worst = self._meter.reserve(params, room)
        collected, started = Collected(), self._clock()
        failure: Failure | None = None
        billed = True
        try:
            yield from transport.exchange(params, collected, streaming=request.streaming)
            had_room = room > request.max_tokens
            failure = collected.judge(request.schema, request.max_tokens, self._secret, had_room=had_room)
        except AttemptFailed as failed:
            failure = failed.failure
            billed = failure.billed
        finally:
            usage = self._meter.settle(worst, collected, billed=billed)
        if failure is not None:
            raise AttemptFailed(failure, usage)
        return self._reply(collected, usage, self._clock() - started)

    def _reply(self, collected: Collected, usage: Usage, seconds: float) -> Reply:
        # A snapshot of the model that was asked for (gpt-4o-2024-08-06) is worth telling; other names that
        # services give, such as the path of a file of weights, are not.
        snapshot = collected.model.startswith(self._model)
        return Reply(
            text=self._secret.hide(strip_thinking(collected.text)[0]),
            model=collected.model if snapshot else self._model,
            usage=usage,
            finish_reason=collected.finish_reason or "stop",
            seconds=seconds,
            logprobs=tuple(collected.logprobs),
        )

    def _connected(self) -> Transport:
        from qa.transport import Transport

        with self._lock:
            if self._transport is None:
                self._transport = Transport(self._model, self._url, self._secret, self._timeouts)
            return self._transport

    def _params(self, request: Request) -> tuple[dict[str, Any], int]:
        """The request's parameters as this service takes them, and the tokens it may spend."""
        with self._lock:
            dropped, thinks = self._dropped, self._thinks
        room = request.max_tokens + (THINKING_ROOM if thinks else 0)
        params = request.params(self._model, room, dropped, local=self._local, adapted=self._adapted)
        if self._selector is not None:
            # The server would go on from a beginning that it read with the adapter.
            params["cache_prompt"] = False
        return params, room


class _Shown:
    """The text already yielded, so that after a cut the next attempt continues where the first one ended."""

    def __init__(self) -> None:
        self._text = ""

    def follow(self, pieces: Generator[str, None, Reply]) -> Generator[str, None, Reply]:
        """Yield what is new. Raises AttemptFailed where the new attempt says something else."""
        pending = self._text
        try:
            while True:
                piece = next(pieces)
                known = min(len(piece), len(pending))
                if piece[:known] != pending[:known]:
                    raise AttemptFailed(_diverged())
                pending, piece = pending[known:], piece[known:]
                if piece:
                    self._text += piece
                    yield piece
        except StopIteration as stop:
            if pending:
                raise AttemptFailed(_diverged()) from None
            reply: Reply = stop.value
            return reply
        finally:
            pieces.close()


def _diverged() -> Failure:
    return broken("was cut off and then answered differently", "ask again", again=False)


def _checked_url(url: str) -> tuple[str, str]:
    """The base URL as it is used, and the host to name in sentences: without user, password or query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("The base URL is none: write it as http://host:port/v1.")
    if parts.username or parts.password or parts.query:
        raise ConfigError(
            f"The base URL for {host} holds a user, password or query: give the key separately."
        )
    return url.rstrip("/"), host if port is None else f"{host}:{port}"


def _checked_key(key: str) -> Secret:
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        # Caught here, for the HTTP library would print the header that it refuses.
        raise ConfigError("The key holds characters that no key has: copy it again, in one line.")
    return Secret(key)
