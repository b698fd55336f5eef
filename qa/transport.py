"""One request through the ``openai`` package, and what came back. Slow to import: do so only when used."""

from __future__ import annotations

import json
import ssl
import time
import zlib
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai

from qa.errors import ServiceUnreachable
from qa.failures import AttemptFailed, Failure, broken, chain, from_network, from_status, quoted
from qa.http_guard import (
    Exchange,
    ReplyTooLarge,
    UnknownEncoding,
    current,
    http_client,
    httpx,
)
from qa.replies import Collected, Thinking
from qa.retry import parse_retry_after
from qa.secret import Secret
from qa.trust import is_loopback

if TYPE_CHECKING:
    from qa.chat_model import Timeouts

# Everything that a server can make these libraries raise; what else comes up is a mistake of ours.
TROUBLE = (
    openai.OpenAIError,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    ssl.SSLError,
    OSError,
    zlib.error,
    ReplyTooLarge,
    UnknownEncoding,
    UnicodeError,
    json.JSONDecodeError,
    RecursionError,
)
# Parameters that are llama.cpp's own and unknown to the openai package.
_EXTRA = ("cache_prompt", "grammar", "lora")


class Transport:
    """The connection to one service. Safe to use from several threads."""

    def __init__(self, model: str, url: str, secret: Secret, timeouts: Timeouts) -> None:
        self._model = model
        self._secret = secret
        self._timeouts = timeouts
        self._host = urlsplit(url).hostname or ""
        self._client = openai.OpenAI(
            api_key=secret.reveal() or "none",
            base_url=url,
            max_retries=0,
            http_client=http_client(loopback=is_loopback(self._host)),
        )
        if self._host != "api.openai.com":
            # The package reads these from the environment; they are for OpenAI and nobody else.
            self._client.organization = None
            self._client.project = None
            self._client._custom_headers = {}  # OPENAI_CUSTOM_HEADERS

    def exchange(
        self, params: Mapping[str, Any], collected: Collected, *, streaming: bool
    ) -> Generator[str, None, None]:
        """Send, and fill ``collected``; yields the visible text as it comes when streaming.

        Raises AttemptFailed, without the exception that led to it: that one may hold the key.
        """
        exchange = Exchange()
        failure: Failure | None = None
        try:
            if streaming:
                yield from self._streamed(params, collected, exchange)
            else:
                self._whole(params, collected, exchange)
        except AttemptFailed as failed:
            failure = failed.failure
        except TROUBLE as error:
            failure = self._failure(error, exchange, params)
        finally:
            exchange.finish()
        if exchange.expired and exchange.status < 300:
            # The clock closed the connection, which may have looked like the end of the reply.
            failure = self._late(exchange)
        if failure is not None:
            raise AttemptFailed(failure)

    def _create(self, params: Mapping[str, Any], exchange: Exchange, *, streaming: bool) -> Any:
        timeouts = self._timeouts
        extra = {name: params[name] for name in _EXTRA if name in params}
        plain = {name: value for name, value in params.items() if name not in _EXTRA}
        completions = self._client.chat.completions
        create: Any = completions.create if streaming else completions.with_raw_response.create
        token = current.set(exchange)
        try:
            return create(
                **plain,
                stream=streaming,
                extra_body=extra or None,
                # The exchange's own clock is the one that counts; this one bounds the connecting.
                timeout=openai.Timeout(timeouts.total, connect=timeouts.connect),
            )
        finally:
            current.reset(token)

    def _whole(self, params: Mapping[str, Any], collected: Collected, exchange: Exchange) -> None:
        exchange.allow(self._timeouts.total, "total")
        response = self._create(params, exchange, streaming=False).http_response
        self._take(response.headers.get("content-type", ""), response.content, params, collected)

    def _take(
        self, content_type: str, content: bytes, params: Mapping[str, Any], collected: Collected
    ) -> None:
        """A body that came as a whole."""
        text = content.decode("utf-8")
        if "html" in content_type or text.lstrip()[:1] == "<":
            raise AttemptFailed(
                broken(
                    "answered with a web page instead of a reply",
                    "check the base URL, which usually ends in /v1",
                )
            )
        if not text.strip():
            raise AttemptFailed(broken("sent an empty reply"))
        body = json.loads(text)
        if not isinstance(body, Mapping):
            raise AttemptFailed(broken("sent JSON that is no chat completion", "check the base URL"))
        self._no_error(body, params)
        collected.add(body, "message")

    def _streamed(self, params: Mapping[str, Any], collected: Collected, exchange: Exchange) -> Iterator[str]:
        started = time.monotonic()
        exchange.allow(min(self._timeouts.first_token, self._timeouts.total), "first token")
        stream = self._create(params, exchange, streaming=True)
        content_type = stream.response.headers.get("content-type", "")
        thinking = Thinking()
        try:
            if "json" in content_type or "html" in content_type:
                # A service that does not stream: the reply comes at once.
                self._take(content_type, stream.response.read(), params, collected)
                yield thinking.feed(collected.text) + thinking.rest()
                return
            for chunk in self._chunks(stream, params):
                if not collected.choices and chunk.get("choices"):
                    exchange.allow(self._timeouts.total - (time.monotonic() - started), "total")
                if piece := thinking.feed(collected.add(chunk, "delta")):
                    yield piece
            if rest := thinking.rest():
                yield rest
        finally:
            stream.close()
        if not collected.finish_reason and b"[DONE]" not in exchange.tail:
            raise AttemptFailed(from_network(EOFError(), phase="reply", host=self._host))

    def _chunks(self, stream: Any, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for event in stream:
            chunk = event.to_dict(warnings=False) if hasattr(event, "to_dict") else event
            if not isinstance(chunk, Mapping):
                raise AttemptFailed(broken("sent a stream that is no chat completion", "check the base URL"))
            self._no_error(chunk, params)
            yield chunk

    def _no_error(self, body: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Some services send their errors with status 200."""
        if not body.get("error"):
            return
        raise AttemptFailed(self._judged(_status_in(body["error"]), body, params, None))

    def _judged(self, status: int, body: object, params: Mapping[str, Any], wait: float | None) -> Failure:
        return from_status(
            status, body, model=self._model, sent=params, retry_after=wait, secret=self._secret
        )

    def _failure(self, error: BaseException, exchange: Exchange, params: Mapping[str, Any]) -> Failure:
        """What an exception of the libraries stands for."""
        if isinstance(error, openai.APIStatusError):
            headers = error.response.headers
            wait = parse_retry_after(headers.get("retry-after"), headers.get("retry-after-ms"), time.time())
            return self._judged(error.status_code, error.body, params, wait)
        if exchange.status >= 300:  # and its body could not be read to the end
            return self._judged(exchange.status, None, params, None)
        for link in chain(error):
            if isinstance(link, ReplyTooLarge):
                limit = f"{exchange.limit // (1024 * 1024)} MB"
                return broken(f"sent more than {limit} and was cut off", "check the base URL", again=False)
            if isinstance(link, UnknownEncoding):
                return broken(
                    f"compresses its replies in an unknown way ({quoted(str(link), self._secret)})",
                    again=False,
                )
            if isinstance(link, UnicodeError):
                return broken("sent a reply that is not UTF-8")
            if isinstance(link, json.JSONDecodeError | RecursionError):
                return broken("sent a reply that is not JSON")
            if isinstance(link, zlib.error):
                return broken("sent a reply that is compressed wrongly")
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            return self._judged(_status_in(error.body), error.body, params, None)  # an error within a stream
        if any(isinstance(link, httpx.ReadTimeout | httpx.WriteTimeout) for link in chain(error)):
            exchange.expired = "total"
            return self._late(exchange)
        return from_network(error, phase="reply" if exchange.sent else "connect", host=self._host)

    def _late(self, exchange: Exchange) -> Failure:
        if exchange.expired == "first token":
            seconds = min(self._timeouts.first_token, self._timeouts.total)
            return Failure(
                ServiceUnreachable,
                f"did not begin to answer within {seconds:g} s",
                "it may be loading the model, so try again, or raise timeout_first_token",
                retryable=True,
                once=True,
                billed=True,
            )
        return Failure(
            ServiceUnreachable,
            f"did not finish its reply within {self._timeouts.total:g} s",
            "raise timeout_total, or use a faster model",
            billed=True,
        )


def _status_in(error: object) -> int:
    """The status that an error object names; 500 where it names none."""
    code = error.get("code") if isinstance(error, Mapping) else None
    try:
        status = int(str(code))
    except ValueError:
        return 500
    return status if 400 <= status < 600 else 500
