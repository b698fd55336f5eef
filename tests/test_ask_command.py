from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import qa.answer
from index.errors import NothingIndexed
from qa import cli, wiring
from qa.answer import NO_MODEL
from qa.errors import Missing, ModelMissing, ServiceOverloaded
from qa.types import Answer
from tests.answers import ABSTENTION, ANSWER, FakeAnswerer

Run = Callable[..., tuple[int, str, str]]
MODEL = object()


class _Retriever:
    embedder = object()

    def __enter__(self) -> _Retriever:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Models:
    """Stands in for ``wiring.chat_model``: what it was given, and the error it raises, if any."""

    def __init__(self) -> None:
        self.settings: list[Any] = []
        self.error: Exception | None = None
        self.missing: ModelMissing | None = None

    def __call__(self, settings: Any, *, on_missing: Any, on_retry: Any) -> Any:
        self.settings.append(settings)
        if self.missing is not None:
            on_missing(self.missing)
        if self.error is not None:
            raise self.error
        on_retry("the service is busy, asking again")
        return MODEL


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Models:
    made = Models()
    monkeypatch.setattr(wiring, "chat_model", made)
    return made


@pytest.fixture
def ask(models: Models, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    monkeypatch.setattr(wiring, "retriever", lambda *_, **__: _Retriever())
    monkeypatch.setattr(qa.answer, "Answerer", FakeAnswerer)
    monkeypatch.setattr(FakeAnswerer, "reply", staticmethod(lambda question: ANSWER), raising=False)
    FakeAnswerer.made.clear()

    def run(*arguments: Any) -> tuple[int, str, str]:
        code = cli.run(["ask", *(str(argument) for argument in arguments)])
        return code, *capsys.readouterr()

    yield run
    FakeAnswerer.made.clear()


def replies(monkeypatch: pytest.MonkeyPatch, reply: Callable[[Any], Answer]) -> None:
    monkeypatch.setattr(FakeAnswerer, "reply", staticmethod(reply), raising=False)


def test_an_answer_goes_to_stdout_and_the_rest_to_stderr(ask: Run) -> None:
    code, out, err = ask("When was it withdrawn?")
    assert code == 0
    assert out.startswith("The Kittiwake was withdrawn on 3 March. [1]\n")
    assert out.count("withdrawn on 3 March") == 1
    assert "“The port of Eskerby hopes to see it back in May.”" in out
    assert err == "qa: the service is busy, asking again\n"


def test_an_abstention_ends_with_exit_code_3(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    replies(monkeypatch, lambda question: ABSTENTION)
    code, out, _ = ask("Who built it?")
    assert code == 3
    assert out.startswith(
        "The articles do not say who built the Kittiwake.\n\nNearest passages (not an answer):"
    )
    code, out, _ = ask("Who built it?", "--json")
    assert (code, json.loads(out)["abstained"]) == (3, True)


def test_options_become_the_question_and_the_settings(ask: Run, models: Models) -> None:
    code, _, _ = ask(
        *(" When? ", "-k", 5, "--since", "2024", "--until", "2024-02", "--source", "A", "--source", "B"),
        *("--tag", "sea", "--model", "big", "--base-url", "http://127.0.0.1:1/v1", "--verify", "model"),
        *("--budget", "0.5", "--max-tokens", 99, "--timeout", 7, "--no-cache"),
    )
    assert code == 0
    (question,) = FakeAnswerer.made[0].questions
    assert (question.text, question.k) == ("When?", 5)
    assert (question.since, question.until) == (date(2024, 1, 1), date(2024, 2, 29))
    assert (question.sources, question.tags) == (("A", "B"), ("sea",))
    (used,) = models.settings
    assert (used.model, used.base_url, used.verify) == ("big", "http://127.0.0.1:1/v1", "model")
    assert (used.budget_usd, used.max_tokens, used.timeout_total, used.cache) == (0.5, 99, 7.0, False)
    assert FakeAnswerer.made[0].model is MODEL
    assert FakeAnswerer.made[0].embedder is _Retriever.embedder


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--batch"),
        ([""], "no question"),
        (["Who?", "--batch", "x.jsonl"], "not both"),
        (["Who?", "--out", "x.jsonl"], "--out"),
        (["Who?", "--jobs", "2"], "--jobs"),
        (["Who?", "--since", "May"], "--since"),
        (["Who?", "--until", "2023-02-30"], "--until"),
        (["Who?", "--since", "2024-02", "--until", "2024-01"], "no article can match"),
        (["Who?", "-k", "0"], "k must be"),
        (["Who?", "--verify", "hope"], "rules"),
        (["Who?", "--budget", "-1"], "budget"),
    ],
)
def test_wrong_usage_is_one_sentence(ask: Run, arguments: list[str], named: str) -> None:
    code, out, err = ask(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
    assert FakeAnswerer.made == []


def test_explanation_and_prompts_are_shown_when_asked_for(ask: Run) -> None:
    _, plain, _ = ask("When?")
    _, explained, _ = ask("When?", "--explain")
    _, prompts, _ = ask("When?", "--show-prompt")
    assert explained.startswith(plain)
    assert "dropped: number:1999" in explained
    assert prompts.startswith(plain)
    assert "answer from the evidence" in prompts
    assert "answer from the evidence" not in explained


def test_json_is_the_contract_alone_unless_the_trace_is_asked_for(ask: Run) -> None:
    code, out, _ = ask("When?", "--json")
    assert (code, out.count("\n")) == (0, 1)
    assert "trace" not in json.loads(out)
    assert json.loads(ask("When?", "--json", "--explain")[1])["trace"]["checks"][1]["fate"] == "dropped"
    assert json.loads(ask("When?", "--json", "--show-prompt")[1])["trace"]["prompts"]


def test_without_weights_it_quotes_and_says_what_to_pull(ask: Run, models: Models) -> None:
    models.missing = ModelMissing("the weights of small are not there; run 'qa models pull small'", "small")
    code, _, err = ask("When?")
    assert code == 0
    assert FakeAnswerer.made[0].model is None
    assert err.count("\n") == 1
    assert "qa models pull small" in err
    assert "quotations" in err


def test_weights_that_somebody_named_must_be_there(ask: Run, models: Models) -> None:
    models.missing = ModelMissing("the weights of small are not there; run 'qa models pull small'", "small")
    code, out, err = ask("When?", "--model", "local:small")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "qa models pull small" in err


def test_yes_pulls_what_is_missing(ask: Run, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled: list[str] = []

    def fetch(names: list[str], effective: Any) -> dict[str, Path]:
        pulled.extend(names)
        return {}

    monkeypatch.setattr("qa.commands.models.fetch", fetch)
    models.missing = ModelMissing("the weights of small are not there", "small")
    assert ask("When?", "--yes")[0] == 0
    assert pulled == ["small"]
    assert FakeAnswerer.made[0].model is MODEL


def test_a_pull_that_fails_still_leaves_quotations(
    ask: Run, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(names: list[str], effective: Any) -> dict[str, Path]:
        raise Missing("small could not be fetched")

    monkeypatch.setattr("qa.commands.models.fetch", fetch)
    models.missing = ModelMissing("the weights of small are not there", "small")
    code, _, err = ask("When?", "--yes")
    assert (code, FakeAnswerer.made[0].model) == (0, None)
    assert "small could not be fetched" in err


def test_no_model_starts_none(ask: Run, models: Models) -> None:
    code, _, err = ask("When?", "--no-model")
    assert (code, err, models.settings) == (0, "", [])
    assert FakeAnswerer.made[0].model is None


def test_a_failing_service_is_exit_code_6(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(question: Any) -> Answer:
        raise ServiceOverloaded("the service at example.org is too busy; try again later")

    replies(monkeypatch, reply)
    code, out, err = ask("When?")
    assert (code, out) == (6, "")
    assert err.splitlines()[-1] == "qa: the service at example.org is too busy; try again later"


def test_an_empty_index_says_how_to_fill_it(
    ask: Run, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retriever(*_: Any, **__: Any) -> Any:
        raise NothingIndexed("There is no index: add articles with 'qa index add PATH'.")

    monkeypatch.setattr(wiring, "retriever", retriever)
    code, out, err = ask("When?")
    assert (code, out, err.count("\n"), models.settings) == (4, "", 1, [])
    assert "qa index add" in err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def terminals(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[_Terminal, _Terminal]]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with monkeypatch.context() as patched:
        out, err = _Terminal(), _Terminal()
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        yield out, err


def test_a_terminal_sees_each_claim_once_as_it_is_checked(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with terminals(monkeypatch) as (out, err):
        code = cli.run(["ask", "When?", "--no-model"])
    shown = out.getvalue()
    assert code == 0
    assert shown.count("was withdrawn on 3 March.") == 1
    assert shown.count("back in May.") == 2  # the claim and the quotation
    assert "checking 2 claims" in err.getvalue()
    assert "checking" not in shown


def test_claims_shown_before_a_failure_keep_their_sources(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FakeAnswerer.ask

    def failing(self: FakeAnswerer, question: Any, **how: Any) -> Answer:
        real(self, question, **how)
        raise ServiceOverloaded("the service went away")

    monkeypatch.setattr(FakeAnswerer, "ask", failing)
    with terminals(monkeypatch) as (out, err):
        code = cli.run(["ask", "When?", "--no-model"])
    assert code == 6
    assert "“The port of Eskerby hopes to see it back in May.”" in out.getvalue()
    assert "the service went away" in err.getvalue()
    # Where nothing was streamed, nothing is printed.
    code, printed, _ = ask("When?", "--no-model")
    assert (code, printed) == (6, "")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [{"id": f"q{n}", "question": f"Question {n}?", "type": "single"} for n in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ids(text: str) -> list[str]:
    return [json.loads(line)["id"] for line in text.splitlines()]


def test_a_batch_prints_one_object_a_line(ask: Run, questions: Path) -> None:
    code, out, err = ask("--batch", questions)
    assert code == 0
    assert ids(out) == [f"q{n}" for n in range(6)]
    assert "6 of 6 questions" in err
    assert "qa: 6 answered" in err
    assert ids(ask("--batch", questions, "--limit", 2)[1]) == ["q0", "q1"]
    assert "trace" in json.loads(ask("--batch", questions, "--limit", 1, "--explain")[1])
    assert sorted(ids(ask("--batch", questions, "--jobs", 3)[1])) == [f"q{n}" for n in range(6)]


def test_abstentions_do_not_make_a_batch_fail(
    ask: Run, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies(monkeypatch, lambda question: ABSTENTION)
    code, _, err = ask("--batch", questions)
    assert code == 0
    assert "6 without a supported answer" in err


def test_a_rerun_asks_only_what_is_missing(
    ask: Run, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "answers.jsonl"

    def reply(question: Any) -> Answer:
        if question.id in ("q1", "q4"):
            raise ServiceOverloaded("too busy")
        return ANSWER

    replies(monkeypatch, reply)
    code, printed, err = ask("--batch", questions, "--out", out)
    assert (code, printed) == (6, "")
    assert ids(out.read_text(encoding="utf-8")) == ["q0", "q2", "q3", "q5"]
    assert "qa: q1: too busy" in err
    assert "4 answered, 2 failed; the same command" in err

    # The run was killed in the middle of its last line.
    whole = out.read_text(encoding="utf-8")
    out.write_text(whole[:-40], encoding="utf-8")
    replies(monkeypatch, lambda question: ANSWER)
    FakeAnswerer.made.clear()
    code, _, err = ask("--batch", questions, "--out", out)
    assert code == 0
    assert "3 answered, 3 answered before" in err
    assert [question.id for question in FakeAnswerer.made[0].questions] == ["q1", "q4", "q5"]
    assert sorted(ids(out.read_text(encoding="utf-8"))) == [f"q{n}" for n in range(6)]

    FakeAnswerer.made.clear()
    assert ask("--batch", questions, "--out", out)[0] == 0
    assert FakeAnswerer.made == [], "nothing to do must not even start a model"


def test_malformed_lines_are_reported_and_the_rest_is_done(ask: Run, questions: Path) -> None:
    questions.write_text("{broken\n" + questions.read_text(encoding="utf-8"), encoding="utf-8")
    code, out, err = ask("--batch", questions)
    assert code == 2
    assert len(ids(out)) == 6
    assert f"qa: {questions}:1: this is not JSON; the line is skipped" in err


def test_a_batch_does_not_overwrite_its_questions(ask: Run, questions: Path) -> None:
    before = questions.read_bytes()
    for out in (questions, questions.parent / "." / questions.name):
        code, _, err = ask("--batch", questions, "--out", out)
        assert (code, err.count("\n")) == (2, 1)
    assert questions.read_bytes() == before


def test_a_batch_reads_standard_input(ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"id": "x", "question": "Who?"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line)))
    code, out, _ = ask("--batch", "-")
    assert (code, ids(out)) == (0, ["x"])


def test_a_batch_line_carries_its_own_filters(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"id": "x", "question": "Who?", "since": "2024-01-01", "k": 2}', encoding="utf-8")
    assert ask("--batch", path, "--source", "A", "-k", 9)[0] == 0
    (question,) = FakeAnswerer.made[0].questions
    assert (question.k, question.since, question.sources) == (2, date(2024, 1, 1), ("A",))


def test_the_answer_that_is_printed_is_the_one_that_was_made(
    ask: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies(monkeypatch, lambda question: replace(ANSWER, answer="x", model=NO_MODEL))
    value = json.loads(ask("When?", "--json")[1])
    assert (value["question"], value["model"]) == ("When?", NO_MODEL)
