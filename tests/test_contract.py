"""What ``qa ask --json`` prints keeps to qa/schemas/answer.json, and the schema refuses what it should."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from qa import cli, wiring
from qa.answer import NO_MODEL
from qa.render import to_dict
from tests.answers import ABSTENTION, ANSWER, TEXT
from tests.fakes import FakeEmbedder

SCHEMA = json.loads(files("qa").joinpath("schemas/answer.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """The value as a reader of the JSON gets it."""
    loaded: dict[str, Any] = json.loads(json.dumps(value))
    return loaded


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize("answer", [ANSWER, ABSTENTION], ids=["answer", "abstention"])
def test_what_is_rendered_keeps_to_it(answer: Any, trace: bool) -> None:
    VALIDATOR.validate(plain(to_dict(answer, trace=trace)))


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


BREAKS = {
    "unknown field": _set("extra", to=1),
    "unknown field of a citation": _set("citations", 0, "url", to="x"),
    "unknown field of a claim": _set("claims", 0, "score", to=1),
    "a claim without citations": _set("claims", 0, "citations", to=[]),
    "a citation number zero": _set("claims", 0, "citations", to=[0]),
    "an empty quote": _set("citations", 0, "quote", to=""),
    "a date that is none": _set("citations", 0, "published", to="March 2024"),
    "a negative start": _set("citations", 0, "start", to=-1),
    "claims beside an abstention": _set("abstained", to=True),
    "no claim in an answer": _set("claims", to=[]),
    "nearest passages beside an answer": _set("nearest", to=[plain(to_dict(ANSWER))["citations"][0]]),
    "seconds below zero": _set("timings", "total_s", to=-0.1),
    "an unknown timing": _set("timings", "think_s", to=0.1),
    "tokens as text": _set("usage", "prompt_tokens", to="412"),
    "no model": _set("model", to=""),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_it_refuses(broken: str) -> None:
    value = plain(to_dict(ANSWER))
    assert VALIDATOR.is_valid(value)
    BREAKS[broken](value)
    assert not VALIDATOR.is_valid(value)


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_it_misses_every_field(name: str) -> None:
    value = copy.deepcopy(plain(to_dict(ANSWER)))
    del value[name]
    assert not VALIDATOR.is_valid(value)


STORIES = {
    "ports/ferry.txt": f"Crack stops the Kittiwake\n\n{TEXT}\n",
    "ports/harbour.txt": "Harbour closed by storm\n\nThe harbour of Vessel Bay was closed on Monday. "
    "Forty ships wait outside. The storm is to end soon.\n",
    "bakery.txt": "Last loaf in Oldham\n\nA bakery in Oldham sold its last loaf. "
    "Its owner, Ada Mills, is 81. She means to travel now.\n",
}
QUESTIONS: dict[str, dict[str, Any]] = {
    "ferry": {"question": "When was the Kittiwake ferry taken out of service?"},
    "two": {"question": "How many ships wait outside Vessel Bay, and when was its harbour closed?"},
    "owner": {"question": "Who owns the bakery in Oldham?"},
    "element": {"question": "Which chemical element has the highest melting point?"},
    "nowhere": {"question": "When was the ferry taken out of service?", "sources": ["Nobody"]},
}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "news"
    for path, text in STORIES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "index"))
    return folder


def ask_all(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, Any]]:
    """Real answers to ``QUESTIONS`` by id, from the command line, each checked against contract and index."""
    batch = tmp_path / "questions.jsonl"
    lines = (json.dumps({"id": ident, **rest}) for ident, rest in QUESTIONS.items())
    batch.write_text("\n".join(lines), encoding="utf-8")
    capsys.readouterr()
    assert cli.run(["ask", "--batch", str(batch), *options]) == 0
    answers = {value["id"]: value for value in map(json.loads, capsys.readouterr().out.splitlines())}
    assert answers.keys() == QUESTIONS.keys()
    for value in answers.values():
        VALIDATOR.validate(value)
        assert value["question"] == QUESTIONS[value["id"]]["question"]
        known = [one["id"] for one in value["citations"]]
        cited = [number for claim in value["claims"] for number in claim["citations"]]
        assert known == list(range(1, len(known) + 1))
        assert set(cited) == set(known[: len(set(cited))])  # then those that no claim refers to
        for citation in value["citations"] + value["nearest"]:
            assert cli.run(["index", "show", citation["article_id"], "--json"]) == 0
            article = json.loads(capsys.readouterr().out)
            assert citation["quote"] == article["text"][citation["start"] : citation["end"]]
            assert (citation["path"], citation["title"]) == (article["path"], article["title"])
            assert citation["path"] in STORIES
    assert answers["nowhere"]["abstained"]
    return answers


def test_real_quotations_keep_to_it(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    assert cli.run(["index", "add", str(index)]) == 0
    answers = ask_all(tmp_path, capsys, "--no-model")
    assert {value["model"] for value in answers.values()} == {NO_MODEL}
    assert any(not value["abstained"] for value in answers.values())


def test_real_answers_of_the_local_model_keep_to_it(
    index: Path, tmp_path: Path, local_model: str, minilm_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["index", "add", str(index)]) == 0
    answers = ask_all(tmp_path, capsys, "--model", local_model, "--explain")
    assert "3 March" in answers["ferry"]["answer"]
