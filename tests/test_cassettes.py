"""Client and pipeline against what the local model's server really said, as ``tests.record`` keeps it.

These fail when the prompt, the ranking's weights or the demo corpus change: then ``make cassettes`` records
anew, and the difference is part of the change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException

from index.retrieve import Retriever
from qa.answer import Question
from tests import record
from tests.fakes import FakeEmbedder

TAPES = sorted(record.FOLDER.glob("*.yaml"))
SECRETS = re.compile(r"bearer|authorization|api[-_]?key|\bsk-\w|cookie|/home/|/root/|/Users/", re.IGNORECASE)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    with Retriever(record.seeds_index(tmp_path_factory.mktemp("seeds")), FakeEmbedder()) as found:
        yield found


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(record.ANSWERS.read_text(encoding="utf-8"))
    return recorded


@pytest.mark.parametrize("name", record.IDS)
def test_recorded_replies_make_the_recorded_answers(
    name: str, seeds: Retriever, answers: dict[str, Any]
) -> None:
    item = record.questions()[name]
    with record.recorder("none").use_cassette(f"{name}.yaml") as tape:
        answer = record.answerer(seeds, record.chat()).ask(Question(item["question"], id=name))
    assert tape.all_played
    assert record.outcome(answer) == answers[name]
    for cited in (*answer.citations, *answer.nearest):
        assert seeds.catalog.article(cited.article_id).text[cited.start : cited.end] == cited.quote
    assert answer.usage.prompt_tokens > 0
    assert all(signals["confidence"] < 0 for signals in answer.trace.notes["signals"])


def test_a_recorded_stream(answers: dict[str, Any]) -> None:
    with record.recorder("none").use_cassette(f"{record.STREAM}.yaml") as tape:
        text, pieces = record.streamed(record.chat())
    assert tape.all_played
    assert text == answers[record.STREAM]
    assert len(pieces) > 1
    assert "".join(pieces).strip() == text.strip()


def test_what_was_not_recorded_is_not_asked(seeds: Retriever) -> None:
    with (
        record.recorder("none").use_cassette(f"{record.IDS[0]}.yaml") as tape,
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        record.answerer(seeds, record.chat()).ask(Question("How high is the lighthouse in feet?"))
    assert tape.play_count == 0


def test_there_is_a_tape_for_each_question_and_no_other() -> None:
    assert {tape.stem for tape in TAPES} == {*record.IDS, record.STREAM}
    for name in record.IDS:
        tape = yaml.safe_load((record.FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        assert len(tape["interactions"]) == (2 if name == "s183" else 1)


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_no_tape_holds_a_key_or_a_place_of_a_machine(tape: Path) -> None:
    text = tape.read_text(encoding="utf-8")
    assert not SECRETS.search(text)
    for interaction in yaml.safe_load(text)["interactions"]:
        assert interaction["request"]["uri"].startswith(record.SERVED)
        for side in ("request", "response"):
            assert {name.lower() for name in interaction[side]["headers"]} <= record.HEADERS
