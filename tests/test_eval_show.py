"""One question's whole way, as it is printed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from evals.gold import GoldQuestion
from evals.show import FactWay, fact_ways, show
from qa.errors import UsageError
from tests.evaluation import failed, finished_run, golds, quoting, right
from tests.small_paper import BRIDGE

WRONG = quoting("q1", BRIDGE, "It replaces a ford that flooded every spring.")


@pytest.fixture
def printed(tmp_path: Path) -> Callable[..., str]:
    def run(name: str, *rows: dict[str, object], prompts: bool = True) -> str:
        out = io.StringIO()
        console = Console(file=out, width=200, markup=False, emoji=False, highlight=False, soft_wrap=True)
        show(finished_run(tmp_path / "run", rows), name, console, prompts=prompts)
        return out.getvalue()

    return run


def test_the_way_of_an_answer_is_all_there(printed: Callable[..., str]) -> None:
    text = printed("q1", WRONG)
    for words in (
        "q1 numeric: How long is the new bridge of Varnholt?",
        "gold: 412 metres.",
        "said: “It replaces a ford that flooded every spring.”",
        "wrong, lost in: evidence",
        "1* roads/bridge.txt",
        "fused 0.900, dense 0.500, lexical 3.000",
        "[1] It replaces a ford that flooded every spring. (roads/bridge.txt, score 0.500)",
        "Prompt 1 of 1",
        '{"answer": "…"}',
        "- It replaces a ford that flooded every spring. [1]",
        "verified",
        "probability that the articles answer: 0.9; withheld below 0.5",
        "200 + 12 tokens",
        "forbidden: 214 metres",
    ):
        assert words in text
    assert "Prompt 1 of 1" not in printed("q1", WRONG, prompts=False)


def test_a_right_answer_is_called_right(printed: Callable[..., str]) -> None:
    text = printed("q1", right("q1"))
    assert "\n  right\n" in text
    assert "lost in:" not in text


def test_a_gold_article_that_was_not_found_is_named(printed: Callable[..., str]) -> None:
    row = right("q1")
    row["trace"]["passages"] = []
    assert "not found: roads/bridge.txt" in printed("q1", row)


def test_a_failure_shows_its_traceback(printed: Callable[..., str]) -> None:
    text = printed("q2", failed("q2"))
    assert "It failed: ValueError: a crooked number" in text
    assert "Traceback" in text


def test_what_a_model_or_article_sends_cannot_steer_the_terminal(printed: Callable[..., str]) -> None:
    row = right("q1")
    row["trace"]["replies"] = ["\x1b[2J\u202eevil"]
    row["answer"] += "\x1b]0;title\x07"
    text = printed("q1", row)
    assert "evil" in text
    assert not {"\x1b", "\u202e", "\x07"} & set(text)


def test_an_unknown_question_is_told_with_near_ones(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", [right("q1")])
    with pytest.raises(UsageError, match=r"has no question q7; did you mean q1\?"):
        show(run, "q7", Console(file=io.StringIO()))


@pytest.mark.parametrize(
    ("held", "lost"),
    [
        ((True, True, True, True, True), ""),
        ((False, False, False, False, False), "passages"),
        ((True, False, False, False, False), "evidence"),
        ((True, True, False, False, False), "draft"),
        ((True, True, True, False, False), "checked"),
        ((True, True, True, True, False), "answer"),
        # The model knew it by itself, and was not let through.
        ((True, False, True, False, False), "checked"),
    ],
)
def test_a_fact_is_lost_at_the_first_stage_without_it(held: tuple[bool, ...], lost: str) -> None:
    assert FactWay(("x",), held).lost == lost


def test_the_stages_of_a_fact_are_read_from_the_row(tmp_path: Path) -> None:
    gold: GoldQuestion = golds(tmp_path)[0]
    (way,) = fact_ways(gold, right("q1"))
    assert way.held == (True,) * 5
    (way,) = fact_ways(gold, WRONG)
    assert (way.held, way.lost) == ((True, False, False, False, False), "evidence")
    (way,) = fact_ways(gold, {**right("q1"), "abstained": True})
    assert way.lost == "answer"
