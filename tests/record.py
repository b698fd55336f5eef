"""Recorded conversations with the local model, and the one command that records them anew:

    .venv/bin/python -m tests.record      (or: make cassettes)

It needs the weights of the default local model. With ``--answers`` it asks nobody and writes down what now
becomes of the recorded replies, for a change in checking or composing alone.

A cassette holds one question's requests and replies, and ``answers.json`` what became of them. They go with
the prompt, the weights of the ranking and the demo corpus: whoever changes one of these records anew and
looks at the difference.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr

from index import build, chunk
from index.load import LoadOptions, load
from index.retrieve import Retriever
from qa import local
from qa.answer import Answerer, Options, Question
from qa.chat_model import finish
from qa.llm import OpenAIChat
from qa.types import Answer, Message
from tests.conftest import MODELS, ROOT, SMALL
from tests.fakes import FakeEmbedder

FOLDER = Path(__file__).parent / "cassettes"
ANSWERS = FOLDER / "answers.json"
# Of each type some; s183 asks two things, s032 and s106 cannot be answered.
IDS = ("s004", "s021", "s032", "s046", "s089", "s102", "s106", "s160", "s166", "s183")
STREAM = "stream"
# The local server's port and key are others each time.
SERVED = "http://127.0.0.1:8080/v1"
OPTIONS = Options(threshold=0.5, today=date(2024, 4, 20))
HEADERS = frozenset({"content-type", "content-encoding", "transfer-encoding"})


def recorder(mode: str) -> Any:
    """A VCR whose requests match in everything that matters; nothing about the machine is kept."""
    return vcr.VCR(
        cassette_library_dir=str(FOLDER),
        record_mode=mode,
        match_on=("method", "scheme", "host", "port", "path", "query", "body"),
        filter_headers=("authorization", "api-key", "x-api-key", "cookie"),
        decode_compressed_response=True,
        before_record_request=_settled_request,
        before_record_response=_settled_response,
    )


def _settled_request(request: Any) -> Any:
    parts, served = urlsplit(request.uri), urlsplit(SERVED)
    request.uri = parts._replace(netloc=served.netloc).geturl()
    for name in [name for name in request.headers if name.lower() not in HEADERS]:
        del request.headers[name]
    return request


def _settled_response(response: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in response["headers"].items() if name.lower() in HEADERS}
    return response | {"headers": kept}


def questions() -> dict[str, dict[str, Any]]:
    """The gold entries of ``IDS``."""
    lines = (ROOT / "evals" / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    found = {item["id"]: item for item in map(json.loads, lines)}
    return {name: found[name] for name in IDS}


def seeds_index(folder: Path) -> Path:
    """An index of the demo corpus with vectors that are the same on every machine."""
    items = load([str(ROOT / "seeds")], LoadOptions(), sys.stdin.buffer)
    build.add(folder, items, FakeEmbedder(), chunk.chunk, chunk.embedding_text)
    return folder


def chat(base_url: str = SERVED, key: str = "none") -> OpenAIChat:
    """The client as it talks to the local server."""
    return OpenAIChat(SMALL, base_url, key, retries=0, local=True, service="the local model")


def answerer(retriever: Retriever, model: OpenAIChat) -> Answerer:
    """What answers the questions when recording and when playing back."""
    return Answerer(retriever, retriever.embedder, model, OPTIONS)


def streamed(model: OpenAIChat) -> tuple[str, list[str]]:
    """A reply as a stream: the whole text, and the pieces."""
    pieces: list[str] = []
    ask = [Message("system", "Answer in one short sentence."), Message("user", "What does a ferry carry?")]
    return finish(model.stream(ask, max_tokens=24), pieces.append).text, pieces


def outcome(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer to compare with."""
    return {
        "question": answer.question,
        "abstained": answer.abstained,
        "answer": answer.answer,
        "cited": [f"{one.path} {one.start}-{one.end}" for one in answer.citations],
    }


def main() -> None:
    """Record everything anew, or with ``--answers`` only what becomes of the replies that are there."""
    replay = sys.argv[1:] == ["--answers"]
    FOLDER.mkdir(exist_ok=True)
    if replay:
        key, model, tapes = "", chat(), recorder("none")
    else:
        for old in FOLDER.glob("*.yaml"):
            old.unlink()
        server = local.serve(SMALL, MODELS / SMALL)
        key, model, tapes = server.api_key, chat(server.base_url, server.api_key), recorder("new_episodes")
    answers: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Retriever(seeds_index(Path(folder)), FakeEmbedder()) as found,
    ):
        for name, item in questions().items():
            with tapes.use_cassette(f"{name}.yaml"):
                answer = answerer(found, model).ask(Question(item["question"], id=name))
            answers[name] = outcome(answer)
            print(f"{name} {item['question']}\n     {answer.answer}", file=sys.stderr)
    with tapes.use_cassette(f"{STREAM}.yaml"):
        answers[STREAM] = streamed(model)[0]
    for tape in FOLDER.glob("*.yaml"):
        if key and key in tape.read_text(encoding="utf-8"):
            raise SystemExit(f"the key is in {tape.name}")
    ANSWERS.write_text(json.dumps(answers, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
