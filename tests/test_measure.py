from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

from evals import bench, bench_peer
from evals.measure import copy, middle, run, sample, table


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for n in range(10):
        path = tmp_path / "corpus" / ("a" if n < 5 else "b") / f"{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Article {n}.", encoding="utf-8")
    (tmp_path / "corpus" / "README.TXT").write_text("no article", encoding="utf-8")
    (tmp_path / "corpus" / "picture.png").write_bytes(b"no article")
    return tmp_path / "corpus"


def test_a_sample_holds_what_is_wanted_and_comes_from_all_over(corpus: Path) -> None:
    assert len(sample(corpus, 0)) == len(sample(corpus, 99)) == 10
    some = sample(corpus, 4, ["b/9.txt", "not/there.txt"])
    assert len(set(some)) == 4
    assert "b/9.txt" in some
    assert {path[0] for path in some} == {"a", "b"}
    assert len(sample(corpus, 1, ["a/0.txt", "b/9.txt"])) == 2


def test_a_copy_keeps_the_paths(corpus: Path, tmp_path: Path) -> None:
    folder = copy(corpus, ["a/1.txt"], tmp_path / "copy")
    assert sample(folder, 0) == ["a/1.txt"]


@pytest.mark.parametrize("terminal", [False, True])
def test_a_process_is_read_to_its_end(terminal: bool) -> None:
    code = "import sys; print('first', flush=True); print(sys.stdout.isatty()); sys.exit(3)"
    done = run([sys.executable, "-c", code], terminal=terminal)
    assert done.code == 3  # an abstention is no failure
    assert done.out.split() == ["first", str(terminal)]
    assert done.first is not None
    assert 0 < done.first <= done.seconds
    assert done.peak > 1


def test_a_process_that_says_nothing_has_no_first_words() -> None:
    assert run([sys.executable, "-c", ""]).first is None


def test_a_failing_process_is_an_error_with_its_words() -> None:
    with pytest.raises(RuntimeError, match="ended with 4: no such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(4)"])


def test_figures_are_medians_in_columns() -> None:
    assert middle([3.0, None, 1.0, 2.0]) == 2.0
    assert middle([None]) is None
    assert (
        table([["", "x"], ["long name", 1234.5], ["b", None]])
        == "               x\nlong name  1,234\nb              -"
    )
    row = bench.processes([run([sys.executable, "-c", ""])])
    assert row["questions"] == 1


def test_floors_can_fail() -> None:
    good = {"embed": {"qa": {"of_the_runtime": 0.9}}, "add": {"the same again": {"times_faster": 51.0}}}
    bad = {"embed": {"qa": {"of_the_runtime": 0.8}}, "add": {"the same again": {"times_faster": 49.0}}}
    assert [line.rsplit(": ", 1)[1] for line in bench.floors(good)] == ["held", "held"]
    assert [line.rsplit(": ", 1)[1] for line in bench.floors(bad)] == ["NOT held", "NOT held"]
    assert bench.floors({"search": {}}) == []


def test_questions_start_again_where_a_file_has_too_few(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"question": "One?"}\n\n{"question": "Two?"}\n', encoding="utf-8")
    assert bench.questions(argparse.Namespace(gold=gold), 3) == ["One?", "Two?", "One?"]


def test_both_systems_are_asked_everything_in_turn_and_a_failure_counts() -> None:
    gold = [{"question": f"{n}?", "facts": [[str(n)]]} for n in range(4)]
    order: list[tuple[str, str]] = []

    def good(question: str) -> tuple[str, int]:
        order.append(("qa", question))
        return f"It is {question}", 10

    def bad(question: str) -> tuple[str, int]:
        order.append(("LlamaIndex", question))
        if question == "3?":
            raise ValueError
        return "It is 0.", 40

    asked = bench_peer.compare(gold, {"qa": good, "LlamaIndex": bad})
    assert [name for name, _ in order[2:6]] == ["qa", "LlamaIndex", "LlamaIndex", "qa"]
    found = {name: bench_peer.figures(gold, one) for name, one in asked.items()}
    assert (found["qa"]["facts_in_answer"], found["qa"]["failed"]) == (4, 0)
    assert (found["LlamaIndex"]["facts_in_answer"], found["LlamaIndex"]["failed"]) == (1, 1)
    assert bench_peer.ratios(found)["prompt_tokens_mean"] == pytest.approx(10 / 30)


def test_questions_are_spread_over_the_gold_file() -> None:
    lines = [json.dumps({"id": n}) for n in range(10)]
    assert [one["id"] for one in bench_peer.spread(lines, 3)] == [0, 3, 6]
    assert len(bench_peer.spread(lines, 0)) == len(bench_peer.spread(lines, 99)) == 10
