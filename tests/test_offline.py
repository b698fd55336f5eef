"""Everything local works with every door shut but loopback, in a process that has nothing from before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MODELS, ROOT, SMALL

ARTICLES = ("lighthouse.txt", "tunnel.md", "cup-final.md", "tram-opening.html", "march-gazette.txt")
QUESTION = "How high is the lighthouse tower at Cape Tarrow?"

# Run before anything of ours is imported, so that no module can have kept the real functions.
GUARD = """
import contextlib, io, json, socket, sys

LOOPBACK = ("127.0.0.1", "::1", "localhost", b"127.0.0.1", None)
refused = []

def shut(name):
    real = getattr(socket.socket, name)
    def guarded(self, *rest):
        address = rest[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            refused.append(f"{name} {address[0]}")
            raise OSError(101, "Network is unreachable")
        return real(self, *rest)
    setattr(socket.socket, name, guarded)

def shut_look_up(name):
    real = getattr(socket, name)
    def guarded(host, *rest, **named):
        if host not in LOOPBACK:
            refused.append(f"{name} {host}")
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real(host, *rest, **named)
    setattr(socket, name, guarded)

for name in ("connect", "connect_ex", "sendto"):
    shut(name)
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    shut_look_up(name)
"""

WORK = """
from qa import cli

done = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(arguments)
    done.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
print(json.dumps({"done": done, "refused": refused}))
"""

ATTEMPTS = """
for attempt in (
    lambda: socket.socket().connect(("192.0.2.1", 80)),
    lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.getaddrinfo("news.example", 443),
    lambda: socket.gethostbyname("news.example"),
):
    with contextlib.suppress(OSError):
        attempt()
print(json.dumps(refused))
"""


def run(program: str, folder: Path, *arguments: str) -> Any:
    """The JSON that a fresh process prints; its home is empty, and its proxy leads nowhere."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "QA_MODELS": str(MODELS),
        "HTTPS_PROXY": "http://192.0.2.1:9",
        "HTTP_PROXY": "http://192.0.2.1:9",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_guard_shuts_every_door(tmp_path: Path) -> None:
    assert run(GUARD + ATTEMPTS, tmp_path) == [
        "connect 192.0.2.1",
        "connect_ex 192.0.2.1",
        "sendto 192.0.2.1",
        "getaddrinfo news.example",
        "gethostbyname news.example",
    ]


@pytest.mark.usefixtures("minilm_folder", "local_model")
def test_articles_are_indexed_searched_and_asked_without_a_network(tmp_path: Path) -> None:
    index = ["--index", str(tmp_path / "index")]
    paths = [str(ROOT / "seeds" / "world" / name) for name in ARTICLES]
    commands = [
        ["index", "add", *paths, *index, "--json"],
        ["search", QUESTION, *index, "--json"],
        ["ask", QUESTION, *index, "--model", f"local:{SMALL}", "--json"],
    ]
    result = run(GUARD + WORK, tmp_path, json.dumps(commands))
    assert result["refused"] == []
    added, searched, asked = result["done"]
    assert (added["code"], searched["code"], asked["code"]) == (0, 0, 0), result
    assert json.loads(added["out"])["added"] == len(ARTICLES)
    assert "41 metres" in searched["out"]
    answer = json.loads(asked["out"])
    assert answer["model"].endswith(SMALL)
    assert answer["usage"]["prompt_tokens"] > 0  # the model was really asked
    assert "41 metres" in answer["answer"]
    assert answer["citations"][0]["path"] == "lighthouse.txt"
