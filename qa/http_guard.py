"""Limits on one HTTP exchange that no server can get round: time, size, redirects, compression.

httpx's own timeouts begin anew with every byte, so a server that drips one byte a second never trips them.
Here a timer closes the socket when the time is up, whatever the other end is doing. This module imports the
HTTP library that the installed ``openai`` uses; import it only when a request is about to be made.
"""

from __future__ import annotations

import contextlib
import importlib
import socket
import threading
import zlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import openai

if TYPE_CHECKING:
    import httpx2 as httpx
else:
    # openai 3 is built on httpx2, openai 2 on httpx; its own client class says which.
    _base = next(base for base in openai.DefaultHttpxClient.__mro__ if base.__name__ == "Client")
    httpx = importlib.import_module(_base.__module__.partition(".")[0])

__all__ = ["Exchange", "ReplyTooLarge", "UnknownEncoding", "current", "http_client", "httpx"]

REPLY_LIMIT = 4 * 1024 * 1024
ERROR_LIMIT = 64 * 1024


class ReplyTooLarge(Exception):
    """The reply is longer than any answer of a language model."""


class UnknownEncoding(Exception):
    """The reply is compressed in a way that was not asked for and cannot be read within bounds."""


class Exchange:
    """One request and its reply: how long it may take, and what came of it.

    limit: bytes of the reply's body, after decompression.
    expired: the name of the time limit that ran out, else empty.
    status: the HTTP status, or 0 while there is none.
    sent: whether the request has gone out.
    tail: the last bytes of the body so far.
    """

    def __init__(self, limit: int = REPLY_LIMIT) -> None:
        self.limit = limit
        self.expired = ""
        self.status = 0
        self.sent = False
        self.tail = b""
        self._sock: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def allow(self, seconds: float, name: str) -> None:
        """From now on the exchange ends after ``seconds``, and ``expired`` will then be ``name``."""
        self.finish()
        timer = threading.Timer(max(0.0, seconds), self._expire, (name,))
        timer.daemon = True
        self._timer = timer
        timer.start()

    def finish(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self, name: str) -> None:
        with self._lock:
            self.expired = name
            self._close()

    def _close(self) -> None:
        if self._sock is not None:
            # Not SSLSocket.shutdown, which tears TLS down under the thread that is reading.
            with contextlib.suppress(OSError):  # it may be closed already
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's trace extension: learn the socket as soon as there is one."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._sock = info["return_value"].get_extra_info("socket")
                if self.expired:
                    self._close()
        elif event.endswith("send_request_headers.started"):
            self.sent = True


current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class BoundedStream(httpx.SyncByteStream):
    """A reply's body, decompressed, cut off where the exchange's limit is passed."""

    def __init__(self, inner: Any, exchange: Exchange, *, cut: int | None, compressed: bool) -> None:
        self._inner = inner
        self._exchange = exchange
        self._cut = cut
        self._unzip = zlib.decompressobj(wbits=47) if compressed else None

    def __iter__(self) -> Iterator[bytes]:
        limit = self._exchange.limit if self._cut is None else self._cut
        total = 0
        for raw in self._inner:
            chunk = raw if self._unzip is None else self._unzip.decompress(raw, limit + 1 - total)
            total += len(chunk)
            if total > limit:
                if self._cut is not None:
                    return  # of an error page the beginning is enough
                raise ReplyTooLarge
            self._exchange.tail = (self._exchange.tail + chunk)[-64:]
            yield chunk

    def close(self) -> None:
        self._inner.close()


def _arm(request: httpx.Request) -> None:
    exchange = current.get()
    if exchange is not None:
        request.extensions["trace"] = exchange.trace


def _bound(response: httpx.Response) -> None:
    exchange = current.get()
    if exchange is None:
        return
    exchange.status = response.status_code
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise UnknownEncoding(encoding)
    response.headers.pop("content-encoding", None)
    response.stream = BoundedStream(
        response.stream,
        exchange,
        cut=ERROR_LIMIT if response.status_code >= 300 else None,
        compressed=encoding in ("gzip", "x-gzip", "deflate"),
    )


def http_client(*, loopback: bool) -> httpx.Client:
    """A client that follows no redirects and obeys the current ``Exchange``.

    For a service on this machine the proxies of the environment are not used: what is meant for this machine
    does not leave it. Connections are not kept alive, so that the socket of each exchange is known.
    """
    return httpx.Client(
        follow_redirects=False,
        trust_env=not loopback,
        verify=httpx.create_ssl_context(),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [_arm], "response": [_bound]},
    )
