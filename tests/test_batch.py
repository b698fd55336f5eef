from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.errors import EmbeddingServiceFailed, IndexDamaged
from qa import batch, batch_files
from qa.answer import Question
from qa.errors import BudgetExceeded, Missing, ServiceOverloaded, UsageError
from qa.render import to_json
from qa.types import Answer
from tests.answers import ABSTENTION, ANSWER

TEMPLATE = Question(text="", k=5, sources=("Bay News",))


def lines(path: Path, *values: Any) -> str:
    """Writes each value on a line: texts and bytes as they are, the rest as JSON."""
    raw = [
        value
        if isinstance(value, bytes)
        else (value if isinstance(value, str) else json.dumps(value)).encode()
        for value in values
    ]
    path.write_bytes(b"\n".join(raw))
    return str(path)


def test_lines_become_questions_and_the_command_line_fills_gaps(tmp_path: Path) -> None:
    name = lines(
        tmp_path / "in.jsonl",
        b"\xef\xbb\xbf" + b'{"id": "a", "question": " Who won? ", "type": "single", "answer": "x"}',
        "",
        {"id": 7, "question": "When?", "since": "2024-01-01", "until": "2024-02-01", "k": 3},
        {"id": "c", "question": "Où?\u2028", "sources": ["A", "B"], "tags": "sport", "k": None},
    )
    questions, faults = batch_files.read(name, TEMPLATE)
    assert faults == []
    assert questions == [
        replace(TEMPLATE, id="a", text="Who won?"),
        replace(TEMPLATE, id="7", text="When?", since=date(2024, 1, 1), until=date(2024, 2, 1), k=3),
        replace(TEMPLATE, id="c", text="Où?", sources=("A", "B"), tags=("sport",)),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b'{"id": "x", "question": "\xff"}', "not UTF-8"),
        (["id", "question"], "not a JSON object"),
        ({"question": "Who?"}, "'id'"),
        ({"id": True, "question": "Who?"}, "'id'"),
        ({"id": "", "question": "Who?"}, "'id'"),
        ({"id": "x"}, "'question'"),
        ({"id": "x", "question": "  "}, "'question'"),
        ({"id": "x", "question": ["Who?"]}, "'question'"),
        ('{"id": "x", "question": "\\ud800"}', "'question'"),
        ({"id": "x", "question": "Who?", "since": "May"}, "'since'"),
        ({"id": "x", "question": "Who?", "until": 2024}, "'until'"),
        ({"id": "x", "question": "Who?", "since": "2024-02-01", "until": "2024-01-01"}, "later"),
        ({"id": "x", "question": "Who?", "k": 0}, "'k'"),
        ({"id": "x", "question": "Who?", "k": "3"}, "'k'"),
        ({"id": "x", "question": "Who?", "tags": [1]}, "'tags'"),
    ],
)
def test_a_malformed_line_is_named_and_skipped(tmp_path: Path, line: Any, words: str) -> None:
    name = lines(
        tmp_path / "in.jsonl", {"id": "a", "question": "One?"}, line, {"id": "b", "question": "Two?"}
    )
    questions, faults = batch_files.read(name, TEMPLATE)
    assert [question.id for question in questions] == ["a", "b"]
    assert len(faults) == 1
    assert faults[0].startswith(f"{name}:2: ")
    assert words in faults[0]


def test_an_id_twice_and_a_missing_file_are_one_sentence(tmp_path: Path) -> None:
    name = lines(tmp_path / "in.jsonl", {"id": "a", "question": "One?"}, {"id": "a", "question": "Two?"})
    with pytest.raises(UsageError, match=r"in\.jsonl:2: the id 'a' is that of line 1 too"):
        batch_files.read(name, TEMPLATE)
    with pytest.raises(Missing, match=r"no file .*nowhere"):
        batch_files.read(str(tmp_path / "nowhere"), TEMPLATE)
    with pytest.raises(UsageError, match="cannot be read"):
        batch_files.read(str(tmp_path), TEMPLATE)


ONE = to_json(replace(ANSWER, id="a", question="One?"))
TWO = to_json(replace(ABSTENTION, id="b", question="Two?"), trace=True)


@pytest.mark.parametrize("cut", [1, 3, 9, 40, -2])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    out = tmp_path / "out.jsonl"
    for before in ("", ONE + "\n"):
        out.write_text(before + TWO[:cut], encoding="utf-8")
        assert batch_files.answered(out) == ({"a": "One?"} if before else {})
        assert out.read_text(encoding="utf-8") == before


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(f"{ONE}\n{TWO}", encoding="utf-8")
    assert batch_files.answered(out) == {"a": "One?", "b": "Two?"}
    assert out.read_text(encoding="utf-8") == f"{ONE}\n{TWO}\n"
    with batch_files.written(out) as write:
        write("{}")
    assert out.read_text(encoding="utf-8") == f"{ONE}\n{TWO}\n{{}}\n"


@pytest.mark.parametrize(
    "content", ["notes of mine", "notes\n", '{"id": "a", "question": "One?"}\n', f"{ONE}\nbroken\n{TWO}\n"]
)
def test_a_file_that_holds_something_else_is_not_touched(tmp_path: Path, content: str) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="no answer of a batch"):
        batch_files.answered(out)
    assert out.read_text(encoding="utf-8") == content


def test_what_is_answered_is_left_out_unless_it_was_another_question() -> None:
    questions = [Question(text="One  more?", id="a"), Question(text="Two?", id="b")]
    out = Path("out.jsonl")
    assert batch_files.remaining(questions, {}, out) == questions
    assert batch_files.remaining(questions, {"a": "One more?", "z": "?"}, out) == questions[1:]
    with pytest.raises(UsageError, match="another question under the id 'b'"):
        batch_files.remaining(questions, {"b": "Three?"}, out)


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), batch_files.written(tmp_path / "no" / "out"):
        pass
    out = tmp_path / "out"
    with batch_files.written(out) as write:
        write('{"text": "half \ud800"}')
        assert json.loads(out.read_text(encoding="utf-8")) == {"text": "half \ud800"}


class Desk:
    """Answers questions; those whose id is in ``trouble`` raise."""

    def __init__(self, trouble: dict[str, Exception] | None = None) -> None:
        self.trouble = trouble or {}
        self.asked: list[str] = []
        self.written: list[str] = []
        self.said: list[str] = []
        self.reports: list[int] = []

    def ask(self, question: Question) -> Answer:
        self.asked.append(question.id)
        if error := self.trouble.get(question.id):
            raise error
        return replace(ABSTENTION if question.id.startswith("none") else ANSWER, id=question.id)

    def run(self, *ids: str, **how: Any) -> batch.Outcome:
        return batch.run(
            [Question(text="Who?", id=ident) for ident in ids],
            self.ask,
            lambda answer: self.written.append(answer.id),
            say=self.said.append,
            report=lambda outcome: self.reports.append(outcome.done),
            **how,
        )


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_question_is_asked_once_and_failures_are_left_out(jobs: int) -> None:
    desk = Desk({"c": ServiceOverloaded("too busy"), "e": EmbeddingServiceFailed("no vectors")})
    outcome = desk.run("a", "none-1", "c", "d", "e", "f", jobs=jobs)
    assert outcome == batch.Outcome(answered=3, abstained=1, failed=2, left=0)
    assert sorted(desk.asked) == ["a", "c", "d", "e", "f", "none-1"]
    assert sorted(desk.written) == ["a", "d", "f", "none-1"]
    assert sorted(desk.said) == ["c: too busy", "e: no vectors"]
    assert sorted(desk.reports) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_spent_budget_leaves_the_rest(jobs: int) -> None:
    ids = [f"{n:03}" for n in range(60)]
    desk = Desk(dict.fromkeys(ids[2:], BudgetExceeded("the budget is spent")))
    outcome = desk.run(*ids, jobs=jobs)
    assert outcome.answered == 2
    assert 1 <= outcome.failed <= jobs
    assert outcome.answered + outcome.failed + outcome.left == 60


def test_a_dead_service_is_given_up_but_single_failures_are_not() -> None:
    ids = [f"{n:03}" for n in range(40)]
    dead = Desk(dict.fromkeys(ids[1:], ServiceOverloaded("down")))
    assert dead.run(*ids) == batch.Outcome(answered=1, failed=batch.GIVE_UP_AFTER, left=34)
    limping = Desk({ident: ServiceOverloaded("down") for ident in ids if int(ident) % 3})
    assert limping.run(*ids) == batch.Outcome(answered=14, failed=26)


@pytest.mark.parametrize("jobs", [1, 2])
def test_any_other_error_stops_the_run_and_keeps_what_was_written(jobs: int) -> None:
    ids = [f"{n:03}" for n in range(50)]
    desk = Desk({"003": IndexDamaged("torn")})
    with pytest.raises(IndexDamaged, match="torn"):
        desk.run(*ids, jobs=jobs)
    assert set(desk.written) >= {"000", "001", "002"}
    assert len(desk.asked) < 50


def test_jobs_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=30)

    def ask(question: Question) -> Answer:
        together.wait()
        return replace(ANSWER, id=question.id)

    written: list[str] = []
    questions = [Question(text="Who?", id=str(n)) for n in range(6)]
    batch.run(questions, ask, lambda answer: written.append(answer.id), say=written.append, jobs=3)
    assert sorted(written) == list("012345")


def test_the_pace_spreads_questions_over_the_minute() -> None:
    now = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    def paced(per_minute: float) -> Callable[[], None]:
        return batch.Pace(per_minute, clock=lambda: now[0], sleep=sleep).wait

    wait = paced(120)
    for _ in range(3):
        wait()
    assert slept == [0.5, 0.5]
    now[0] += 10
    wait()
    assert slept == [0.5, 0.5]
    free = paced(0)
    for _ in range(5):
        free()
    assert slept == [0.5, 0.5]
