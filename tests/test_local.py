"""The local server: loopback only, keyed, silent, stopped with the process; with the real small model."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa import local
from qa.errors import Missing
from tests.conftest import MODELS

ROOT = Path(__file__).parent.parent
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Shuts every socket of this process but those to loopback; the hosts that were refused."""
    refused: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOOPBACK:
            refused.append(str(address[0]))
            raise OSError(f"a test without network connects to {address[0]}")
        connect(self, address)

    def guarded_look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in LOOPBACK:
            refused.append(str(host))
            raise socket.gaierror(f"a test without network looks up {host}")
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield refused
    assert refused == []


@pytest.fixture
def server(local_model: str) -> Iterator[local.LocalServer]:
    name = local_model.removeprefix("local:")
    yield local.serve(name, MODELS / name, context=1024)
    local.stop_all()


def status(server: local.LocalServer, path: str, body: object = None, key: str | None = None) -> int:
    request = urllib.request.Request(
        server.base_url.removesuffix("/v1") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_guard_refuses_the_world(monkeypatch: pytest.MonkeyPatch, only_loopback: list[str]) -> None:
    with pytest.raises(OSError, match="without network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    assert only_loopback == ["192.0.2.1"]
    only_loopback.clear()


def test_a_completion_without_any_network(server: local.LocalServer, only_loopback: list[str]) -> None:
    import openai

    client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
    reply = client.chat.completions.create(
        model=server.model,
        messages=[
            {"role": "system", "content": "Answer in one short sentence, from the text alone."},
            {
                "role": "user",
                "content": "The ferry to Tarnholm sails at noon from pier nine.\n\nFrom which pier?",
            },
        ],
        temperature=0,
        max_tokens=30,
    )
    assert "nine" in (reply.choices[0].message.content or "").lower()
    assert reply.usage is not None
    assert reply.usage.prompt_tokens > 20
    assert reply.model == server.model


def test_the_reply_keeps_to_a_grammar(server: local.LocalServer) -> None:
    import openai

    client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    reply = client.chat.completions.create(
        model=server.model,
        messages=[{"role": "user", "content": "Name a fruit."}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "c", "strict": True, "schema": schema},
        },
        temperature=0,
        max_tokens=40,
    )
    assert json.loads(reply.choices[0].message.content or "")["colour"] in {"red", "green"}


def test_without_the_key_nothing_is_served(server: local.LocalServer) -> None:
    chat = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 1}
    asked: list[tuple[str, object]] = [
        ("/v1/chat/completions", chat),
        ("/completion", {"prompt": "hello", "n_predict": 1}),
        ("/tokenize", {"content": "hello"}),
        ("/v1/models", None),
        ("/props", None),
        ("/slots", None),
        ("/metrics", None),
    ]
    for path, body in asked:
        assert status(server, path, body) == 401, path
        assert status(server, path, body, key="x" * 43) == 401, path
    assert status(server, "/v1/chat/completions", chat, key=server.api_key) == 200
    # What tells of other requests is not there even with the key, nor is a page for a browser.
    assert status(server, "/slots", key=server.api_key) == 501
    assert status(server, "/metrics", key=server.api_key) == 501
    assert status(server, "/") == 404


def test_it_listens_on_loopback_only(server: local.LocalServer) -> None:
    host, _, port = server.base_url.removeprefix("http://").removesuffix("/v1").rpartition(":")
    assert host == "127.0.0.1"
    with (
        socket.socket() as elsewhere
    ):  # the port is free on another address, so nobody listens on all of them
        elsewhere.bind(("127.0.0.2", int(port)))


def test_one_server_for_one_model_and_its_key_stays_unseen(server: local.LocalServer) -> None:
    assert local.serve(server.model, MODELS / server.model, context=1024) is server
    assert len(server.api_key) >= 32
    assert server.api_key not in repr(server)


def test_after_stop_nobody_listens(local_model: str) -> None:
    name = local_model.removeprefix("local:")
    server = local.serve(name, MODELS / name, context=512)
    server.stop()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        status(server, "/health")
    again = local.serve(name, MODELS / name, context=512)
    assert again is not server
    again.stop()


def child(program: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, timeout=90
    )


def test_it_writes_nothing_and_ends_with_the_process(local_model: str) -> None:
    """Also when a generation is under way, and when the server was never asked anything."""
    name = local_model.removeprefix("local:")
    start = f"""
        from pathlib import Path
        from qa import local
        server = local.serve({name!r}, Path({str(MODELS / name)!r}), context=1024)
    """
    busy = """
        import threading, time, openai
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        chat = [{"role": "user", "content": "Count from 1 to 900."}]
        stream = client.chat.completions.create(model="m", messages=chat, max_tokens=900, stream=True)
        next(iter(stream))
    """
    for program in (start, textwrap.dedent(start) + textwrap.dedent(busy)):
        done = child(program)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_still_interrupts_python(server: local.LocalServer) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert status(server, "/health") == 200


def test_what_is_no_model_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Missing, match="no GGUF file is in"):
        local.serve("m", tmp_path)
    (tmp_path / "a.gguf").write_bytes(b"no model at all" * 100)
    with pytest.raises(Missing, match="could not be loaded as a model"):
        local.serve("m", tmp_path)
    (tmp_path / "b.gguf").touch()
    with pytest.raises(Missing, match="several GGUF files are in"):
        local.serve("m", tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_library_that_does_not_load_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.gguf").touch()
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(Missing, match="does not load"):
        local.serve("m", tmp_path)


def test_threads_wait_asleep_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    with local._patient_threads():
        assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    with local._patient_threads():
        assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert os.environ["OMP_WAIT_POLICY"] == "active"


@pytest.mark.parametrize(
    ("siblings", "quota", "expected"),
    [
        ({0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}, "max 100000", 2),
        ({0: "0", 1: "1", 2: "2", 3: "3"}, "", 4),
        ({0: "", 1: ""}, "", 2),
        ({0: "0", 1: "1", 2: "2", 3: "3"}, "250000 100000", 2),
        ({0: "0", 1: "1"}, "50000 100000", 1),
    ],
)
def test_cores(
    siblings: dict[int, str], quota: str, expected: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, text in siblings.items():
        (tmp_path / f"cpu{number}").write_text(text + "\n" if text else "")
    (tmp_path / "quota").write_text(quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(siblings), raising=False)
    monkeypatch.setattr(local, "SIBLINGS", str(tmp_path / "cpu{}"))
    monkeypatch.setattr(local, "QUOTA", str(tmp_path / "quota"))
    assert local.cores() == expected
