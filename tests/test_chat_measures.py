"""The measures of conversations: what they count, on conversations that are scripted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals import bench_chat, followups
from qa import config
from tests.chats import MILL, NEWS, Scripted
from tests.small_paper import retriever

BOSS = "Chief executive Petra Lindqvist told workers that orders had halved since 2019."
STAYS = "She will stay until the autumn."
WHO = "Who runs Orlin Paper?"


def turn(question: str, standalone: str, *facts: str, type: str = "single") -> dict[str, Any]:
    return {
        "question": question,
        "standalone": standalone,
        "type": type,
        "facts": [[fact] for fact in facts],
        "forbidden": [],
    }


TALK = {
    "id": "t1",
    "turns": [
        turn(WHO, WHO, "Petra Lindqvist"),
        turn("How long will she stay?", "How long will Petra Lindqvist stay?", "autumn"),
        turn("Who is her dentist?", "Who is Petra Lindqvist's dentist?", type="unanswerable"),
    ],
}


def test_each_way_asks_its_own_wording(tmp_path: Path) -> None:
    answerer: Any = Scripted({WHO: (MILL, BOSS), "How long will Petra Lindqvist stay?": (MILL, STAYS)})
    settings = config.load({"index": tmp_path}, environ={}, folder=tmp_path, user=tmp_path / "none")
    with retriever(tmp_path / "index", NEWS) as found:
        setup = followups.Setup(settings, found, answerer, None)
        asked = followups.run([TALK], setup, lambda line: None)
    assert [one.question for one in asked["on"]][1:] == [
        "How long will Petra Lindqvist stay?",
        "Who is Petra Lindqvist's dentist?",
    ]
    assert [one.question for one in asked["off"]][1:] == ["How long will she stay?", "Who is her dentist?"]
    assert [one.lost for one in asked["on"]] == ["", "", ""]
    assert asked["off"][1].lost
    assert [one.in_evidence for one in asked["on"]] == [True, True, None]
    assert followups.shares(asked["on"]) == {
        "questions": 3,
        "right": 3,
        "accuracy": 1.0,
        "facts in evidence": 1.0,
    }
    shown = "\n".join(followups.shown(asked))
    assert "-> How long will Petra Lindqvist stay?" in shown
    assert WHO not in shown


@pytest.mark.parametrize(("on", "held"), [(0.80, True), (0.75, True), (0.74, False)])
def test_the_verdict_is_five_points(on: float, held: bool) -> None:
    line = followups.verdict({"on": {"accuracy": on}, "written out": {"accuracy": 0.80}})
    assert line.endswith(": held") is held


def test_shares_of_nothing_are_nothing() -> None:
    assert followups.shares([]) == {"questions": 0, "right": 0, "accuracy": 0.0, "facts in evidence": 0.0}


def test_single_questions_become_conversations() -> None:
    held = bench_chat.conversations([{"question": "Who?"}, TALK, {"question": "What?"}], 5)
    assert held == [["Who?", *bench_chat.FOLLOW_UPS], [WHO, "How long will she stay?"]]


def test_every_system_is_asked_every_question_in_turn() -> None:
    asked: list[tuple[str, str]] = []

    def system(name: str) -> bench_chat.Begin:
        def begin() -> bench_chat.Ask:
            def ask(question: str) -> tuple[float | None, float | None]:
                asked.append((name, question))
                if question == "Why?":
                    raise RuntimeError
                return 1.0, 0.5

            return ask

        return begin

    held = [["Who?", "Why?"], ["When?"]]
    found = bench_chat.compare(held, {"a": system("a"), "b": system("b")})
    assert asked == [
        ("a", "Who?"),
        ("a", "Why?"),
        ("b", "Who?"),
        ("b", "Why?"),
        ("b", "When?"),
        ("a", "When?"),
    ]
    assert [one.later for one in found["a"]] == [False, True, False]
    assert [one.sentence for one in found["a"]] == [1.0, None, 1.0]
    assert bench_chat.figures(found["a"])["without a sentence"] == 1


def test_a_turn_without_a_sentence_counts_where_it_ended() -> None:
    waited = [bench_chat.Waited(False, 1.0, 0.5, 3.0), bench_chat.Waited(False, None, None, 5.0)]
    assert bench_chat.figures(waited) == {
        "turns": 2,
        "without a sentence": 1,
        "first sentence": 3.0,
        "first token": 2.75,
        "whole": 4.0,
    }
