"""A real HTTP server on loopback that behaves as badly as it is told to, one way per request."""

from __future__ import annotations

import gzip
import http.server
import json
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

# A certificate for 127.0.0.1 that nobody vouches for, and its key; they serve no other purpose.
SELF_SIGNED = Path(__file__).parent / "self_signed.pem"


@dataclass(frozen=True)
class Received:
    """A request as it arrived; the names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


Behaviour = Callable[["Connection"], None]


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection; behaviours write what they like to ``wfile``."""

    server: MisbehavingServer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        """Record the request, then behave as the script says."""
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.note(
            Received(
                self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(content)
            )
        )
        self.close_connection = True
        try:
            self.server.next_behaviour()(self)
            self.wfile.flush()
        except OSError:
            pass  # the client has had enough, as it should

    do_GET = do_POST  # noqa: N815 (the name is http.server's)

    def raw(self, data: bytes) -> None:
        """Send these bytes now."""
        self.wfile.write(data)
        self.wfile.flush()

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while; True when the test is over."""
        return self.server.over.wait(seconds)


class MisbehavingServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """``with MisbehavingServer(a, b) as server``: the first request gets ``a``, all later ones ``b``."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *script: Behaviour, tls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.script = list(script)
        self.requests: list[Received] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SELF_SIGNED)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self._scheme = "https"

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}/v1"

    def note(self, request: Received) -> None:
        """Keep a request for the test to look at."""
        with self._lock:
            self.requests.append(request)

    def next_behaviour(self) -> Behaviour:
        """The script's next entry; the last one stays."""
        with self._lock:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def handle_error(self, request: object, client_address: object) -> None:
        """A failed handshake is the test's point, not news."""

    def __enter__(self) -> MisbehavingServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


def completion(text: str | None = "Yes.", **more: Any) -> dict[str, Any]:
    """A chat completion in OpenAI's form; ``message``, ``choice`` and other names override parts of it."""
    message = {"role": "assistant", "content": text} | more.pop("message", {})
    choice = {"index": 0, "message": message, "finish_reason": "stop"} | more.pop("choice", {})
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    base = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }
    return base | more


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """One chunk of a stream."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": content | delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def events(*chunks: object, done: bool = True) -> bytes:
    """Server-sent events."""
    lines = [f"data: {json.dumps(item)}\n\n" for item in chunks]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def head(status: int = 200, content_type: str = "application/json", **headers: str) -> bytes:
    """A status line and headers; names are given with ``_`` for ``-``. Without a length: until closing."""
    fields = {"Content-Type": content_type, "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reply(body: object = None, status: int = 200, **headers: str) -> Behaviour:
    """An ordinary JSON response."""
    content = json.dumps(completion() if body is None else body).encode()
    return bytes_reply(content, status, **headers)


def bytes_reply(
    content: bytes, status: int = 200, content_type: str = "application/json", **headers: str
) -> Behaviour:
    """An ordinary response with these bytes."""
    return lambda conn: conn.raw(
        head(status, content_type, Content_Length=str(len(content)), **headers) + content
    )


def stream(*chunks: object, done: bool = True) -> Behaviour:
    """An ordinary stream."""
    return lambda conn: conn.raw(head(content_type="text/event-stream") + events(*chunks, done=done))


def error(status: int, message: str = "", **headers: str) -> Behaviour:
    """An error in OpenAI's form."""
    return reply({"error": {"message": message, "type": "x", "param": None, "code": None}}, status, **headers)


def silence(conn: Connection) -> None:
    """Say nothing until the test is over."""
    conn.wait(20)


def reset(conn: Connection) -> None:
    """Send half a reply, then a TCP reset."""
    conn.raw(head(Content_Length="1000") + b'{"id": "c", "choi')
    conn.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.connection.close()


def hang_up(conn: Connection) -> None:
    """Close without a word."""
    conn.connection.shutdown(socket.SHUT_RDWR)


def short(conn: Connection) -> None:
    """Promise more bytes than are sent."""
    content = json.dumps(completion()).encode()
    conn.raw(head(Content_Length=str(len(content) + 50)) + content)


def drip_body(conn: Connection) -> None:
    """A valid beginning, then a space at a time, for ever."""
    conn.raw(head())
    while not conn.wait(0.02):
        conn.raw(b" ")


def drip_headers(conn: Connection) -> None:
    """Headers that never end, a byte at a time."""
    conn.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not conn.wait(0.02):
        conn.raw(b"x")


def drip_tokens(conn: Connection) -> None:
    """A stream that never ends."""
    conn.raw(head(content_type="text/event-stream"))
    while not conn.wait(0.02):
        conn.raw(events(chunk("and "), done=False))


def drip_comments(conn: Connection) -> None:
    """A stream that is kept alive and never says anything."""
    conn.raw(head(content_type="text/event-stream"))
    while not conn.wait(0.02):
        conn.raw(b": still here\n\n")


def flood(conn: Connection) -> None:
    """A hundred megabytes."""
    conn.raw(head(Content_Length=str(100 * 1024 * 1024)))
    for _ in range(100):
        conn.raw(b" " * (1024 * 1024))


def flood_stream(conn: Connection) -> None:
    """A hundred megabytes of tokens."""
    conn.raw(head(content_type="text/event-stream"))
    block = events(*[chunk("x" * 1000)] * 100, done=False)
    for _ in range(1000):
        conn.raw(block)


def flood_line(conn: Connection) -> None:
    """One event of a hundred megabytes."""
    conn.raw(head(content_type="text/event-stream") + b"data: ")
    for _ in range(100):
        conn.raw(b"x" * (1024 * 1024))


def flood_error(conn: Connection) -> None:
    """An error page without end."""
    conn.raw(head(503, "text/html") + b"<html>")
    while not conn.wait(0):
        conn.raw(b"sorry " * 10000)
        time.sleep(0.001)


def bomb(conn: Connection) -> None:
    """A small gzip file that unpacks to two hundred megabytes, unasked."""
    packed = gzip.compress(b" " * (200 * 1024 * 1024), compresslevel=1)
    conn.raw(head(Content_Encoding="gzip", Content_Length=str(len(packed))) + packed)


def cut_stream(*chunks: object) -> Behaviour:
    """A stream whose connection ends properly, but too early."""
    return stream(*chunks, done=False)


def reset_stream(*chunks: object) -> Behaviour:
    """A stream that ends in a TCP reset."""

    def behave(conn: Connection) -> None:
        conn.raw(head(content_type="text/event-stream", Transfer_Encoding="chunked"))
        data = events(*chunks, done=False)
        conn.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        conn.wait(0.05)
        conn.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conn.connection.close()

    return behave


def echo_key(status: int) -> Behaviour:
    """Every error message a careless service can think of, with the key in it."""

    def behave(conn: Connection) -> None:
        sent = conn.headers["Authorization"]
        key = sent.removeprefix("Bearer ")
        text = f"bad header {sent}; key {key}; starts {key[:20]} ends {key[-12:]} " + "x" * 300 + key
        body = {
            "error": {"message": text, "type": key, "param": key, "code": key},
            "headers": dict(conn.headers),
        }
        reply(body, status, X_Echo=key, Location=f"http://127.0.0.1:1/{key}")(conn)

    return behave
