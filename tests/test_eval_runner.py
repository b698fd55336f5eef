"""A run of a gold set: what is asked, what is kept, what happens when something breaks."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evals import runner
from evals.asking import Setup, article_text, asking
from evals.folder import Writer, load
from evals.gold import GoldInvalid, GoldQuestion
from evals.goldfile import check_gold, read_gold
from evals.runner import finish
from index.retrieve import Retriever
from qa import config
from qa.batch import GIVE_UP_AFTER
from qa.errors import Missing, ServiceOverloaded, UsageError
from qa.reply_cache import CachedChat, ReplyCache
from tests.evaluation import QUESTIONS, about, failed, golds, right, text_of, withheld, write_gold
from tests.fakes import FakeChatModel, FakeEmbedder
from tests.small_paper import BRIDGE, index_of, written


def writer(folder: Path, **changes: Any) -> Writer:
    return Writer(folder / "run", about(**changes), golds(folder))


def answer(gold: GoldQuestion) -> Mapping[str, Any]:
    return right(gold.id)


def kept(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "run" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_run_keeps_every_answer_with_its_trace_and_scores_it(tmp_path: Path) -> None:
    with writer(tmp_path) as folder:
        outcome = runner.run(lambda: answer, folder)
        assert (outcome.answered, outcome.abstained, outcome.failed, outcome.left) == (3, 1, 0, 0)
        done = finish(folder, text_of)
    assert list(done.answers) == list(done.scores) == ["q1", "q2", "q3", "q4"]
    assert all(one.correct for one in done.scores.values())
    assert done.scores["q1"].article_recall == 1.0
    assert done.answers["q1"]["trace"]["passages"][0]["path"] == BRIDGE.path
    assert done.about["finished"]
    assert load(tmp_path / "run").scores == done.scores


def test_a_crash_is_a_recorded_failure_and_the_run_goes_on(tmp_path: Path) -> None:
    told: list[str] = []

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        if gold.id == "q2":
            raise ZeroDivisionError("of nothing")
        return right(gold.id)

    with writer(tmp_path) as folder:
        outcome = runner.run(lambda: ask, folder, say=told.append)
        done = finish(folder, text_of)
    assert (outcome.answered, outcome.failed) == (2, 1)
    assert told == ["q2: ZeroDivisionError: of nothing"]
    assert "raise ZeroDivisionError" in done.answers["q2"]["traceback"]
    score = done.scores["q2"]
    assert (score.failed, score.correct, score.lost) == ("ZeroDivisionError: of nothing", False, "failed")


def test_a_run_goes_on_where_it_was_and_asks_again_what_failed(tmp_path: Path) -> None:
    with writer(tmp_path) as folder:
        for row in (right("q1"), failed("q2")):
            folder.add(row)
    torn = (tmp_path / "run" / "answers.jsonl").read_bytes() + b'{"id": "q3", "quest'
    (tmp_path / "run" / "answers.jsonl").write_bytes(torn)
    asked = []

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        asked.append(gold.id)
        return right(gold.id)

    with writer(tmp_path, started="2031-05-02T10:00:00+00:00") as folder:
        runner.run(lambda: ask, folder)
        done = finish(folder, text_of)
    assert asked == ["q2", "q3", "q4"]
    assert [row["id"] for row in kept(tmp_path)] == ["q1", "q2", "q3", "q4"]
    assert all("failed" not in row for row in kept(tmp_path))
    assert done.about["started"] == about()["started"]


def test_answers_are_written_as_they_come(tmp_path: Path) -> None:
    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        if gold.id == "q3":
            raise KeyboardInterrupt
        return right(gold.id)

    with writer(tmp_path) as folder, pytest.raises(KeyboardInterrupt):
        runner.run(lambda: ask, folder)
    assert [row["id"] for row in kept(tmp_path)] == ["q1", "q2"]
    with pytest.raises(Missing, match="has not been finished"):
        load(tmp_path / "run")


def test_a_service_that_is_down_ends_the_run_early(tmp_path: Path) -> None:
    rows = [{**QUESTIONS[0], "id": f"d{n}"} for n in range(GIVE_UP_AFTER + 3)]
    gold = read_gold(write_gold(tmp_path / "gold.jsonl", rows))

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        raise ServiceOverloaded("the service is busy")

    with Writer(tmp_path / "run", about(), gold.questions) as folder:
        outcome = runner.run(lambda: ask, folder)
        assert (outcome.failed, outcome.left) == (GIVE_UP_AFTER, 3)
        assert len(folder.left) == GIVE_UP_AFTER + 3


def test_several_questions_at_a_time(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=20)

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        together.wait()
        return right(gold.id)

    with writer(tmp_path) as folder:
        assert runner.run(lambda: ask, folder, jobs=2).answered == 3
        assert list(finish(folder, text_of).answers) == ["q1", "q2", "q3", "q4"]


def test_an_interrupt_ends_a_run_of_several_at_a_time(tmp_path: Path) -> None:
    asked = []

    def ask(gold: GoldQuestion) -> Mapping[str, Any]:
        asked.append(gold.id)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return {**right("q1"), "id": gold.id}

    rows = [{**QUESTIONS[0], "id": f"d{n}"} for n in range(200)]
    gold = read_gold(write_gold(tmp_path / "gold.jsonl", rows))
    with Writer(tmp_path / "run", about(), gold.questions) as folder, pytest.raises(KeyboardInterrupt):
        runner.run(lambda: ask, folder, jobs=2)
    assert len(asked) < 200


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "local:other"}, "another model"),
        ({"gold": {"file": "paper.jsonl", "sha256": "9" * 64, "kind": "questions"}}, "another gold"),
        ({"articles": {"sha256": "8" * 64, "count": 3}}, "another articles"),
        ({"settings": {"k": 3, "today": None}}, "k: 10 there, 3 now"),
        ({"code": "7" * 64}, "another code"),
    ],
)
def test_a_folder_with_another_run_is_not_gone_on_with(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    with writer(tmp_path) as folder:
        folder.add(right("q1"))
    with pytest.raises(UsageError, match=named):
        writer(tmp_path, **change)
    assert [row["id"] for row in kept(tmp_path)] == ["q1"]


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty and holds no run"):
        writer(tmp_path)
    with pytest.raises(Missing, match="there is no run"):
        load(tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no description of a run"):
        load(tmp_path / "run")


def test_damaged_scores_are_told_with_file_and_line(tmp_path: Path) -> None:
    with writer(tmp_path) as folder:
        runner.run(lambda: answer, folder)
        finish(folder, text_of)
    scores = tmp_path / "run" / "scores.jsonl"
    lines = scores.read_text(encoding="utf-8").splitlines()
    scores.write_text(f"{lines[0]}\nnonsense\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"scores\.jsonl:2 cannot be read"):
        load(tmp_path / "run")
    scores.write_text('{"id": "q1", "facts_held": [], "beauty": 3}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="scores of another version"):
        load(tmp_path / "run")


def test_gold_is_chosen_by_number_and_by_id(tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl")
    assert [one.id for one in read_gold(path, limit=2).questions] == ["q1", "q2"]
    chosen = read_gold(path, ids=["q4", "q2"])
    assert ([one.id for one in chosen.questions], chosen.of, chosen.kind) == (["q2", "q4"], 4, "questions")
    with pytest.raises(UsageError, match="no question q9"):
        read_gold(path, ids=["q9"])
    with pytest.raises(Missing, match="cannot be read"):
        read_gold(tmp_path / "nowhere.jsonl")


SECOND = {
    **QUESTIONS[3],
    "question": "How many candles did she light?",
    "standalone": "How many candles did Agneta Holm light?",
    "type": "follow-up",
}


def conversation(folder: Path) -> Path:
    first = {**QUESTIONS[3], "question": "Who is Agneta Holm?", "facts": [["farmer"]]}
    turns = [{key: value for key, value in one.items() if key != "id"} for one in (first, SECOND)]
    return write_gold(folder / "talks.jsonl", [{"id": "c1", "turns": turns}])


def test_a_conversation_is_held_turn_by_turn(tmp_path: Path) -> None:
    gold = read_gold(conversation(tmp_path))
    assert (gold.kind, [one.id for one in gold.questions]) == ("conversations", ["c1.1", "c1.2"])
    with setup(tmp_path) as made, Writer(tmp_path / "run", about(), gold.questions) as folder:
        begin = asking(made)
        alone = begin()(gold.questions[1])
        assert runner.run(begin, folder).done == 2
        done = finish(folder, text_of)
    second = done.answers["c1.2"]
    assert (second["id"], second["asked"]) == ("c1.2", SECOND["question"])
    assert alone["question"] == SECOND["question"]
    assert "Agneta Holm" in second["question"]
    assert second["trace"]["evidence"]
    assert done.scores["c1.2"].type == "follow_up"


def test_a_conversation_that_was_interrupted_is_held_from_its_beginning(tmp_path: Path) -> None:
    gold = read_gold(conversation(tmp_path))
    with Writer(tmp_path / "run", about(), gold.questions) as folder:
        folder.add({**right("q4"), "id": "c1.1"})
        assert [[one.id for one in talk] for talk in runner.talks(folder)] == [["c1.1", "c1.2"]]
        folder.add({**right("q4"), "id": "c1.2"})
        assert runner.talks(folder) == []


def test_briefs_are_refused_in_words(tmp_path: Path) -> None:
    path = write_gold(tmp_path / "briefs.jsonl", [{"id": "b1", "topic": "ferries", "nuggets": []}])
    with pytest.raises(UsageError, match="gold file of briefs, not of questions"):
        read_gold(path)


def test_gold_that_the_articles_do_not_bear_out_is_refused(tmp_path: Path) -> None:
    wrong = {**QUESTIONS[0], "evidence": [{"article": BRIDGE.path, "quote": "The bridge is 9 metres long."}]}
    gold = read_gold(write_gold(tmp_path / "gold.jsonl", [wrong, QUESTIONS[1]]))
    with pytest.raises(GoldInvalid) as caught:
        check_gold(gold, text_of)
    assert len(caught.value.problems) == 1
    assert "gold.jsonl:1: q1: roads/bridge.txt does not say" in caught.value.problems[0]


class setup:  # noqa: N801 - it reads as a function
    """A Setup over the small paper; without script there is no model."""

    def __init__(self, folder: Path, model: Any = None) -> None:
        self._index, self._model = index_of(folder / "index"), model

    def __enter__(self) -> Setup:
        self._retriever = Retriever(self._index, FakeEmbedder())
        settings = config.load({"index": self._index}, environ={}, folder=self._index, user=self._index / "x")
        return Setup(settings, self._retriever, self._model)

    def __exit__(self, *_: object) -> None:
        self._retriever.close()


def test_a_row_has_the_passages_that_were_found_and_the_answer_as_it_is_printed(tmp_path: Path) -> None:
    gold = golds(tmp_path)[0]
    with setup(tmp_path) as made:
        row = asking(made)()(gold)
        text = article_text(made.retriever.catalog)
        score = runner.score_of(gold, row, text)
        assert text("roads/bridge.txt") == text_of("roads/bridge.txt")
        assert text("no/such.txt") is None
    passages = row["trace"]["passages"]
    assert [one["rank"] for one in passages] == list(range(1, len(passages) + 1))
    best = passages[0]
    assert (best["path"], best["text"]) == (BRIDGE.path, BRIDGE.text[best["start"] : best["end"]])
    assert row["eval"] == {"known_replies": False}
    assert (score.article_recall, score.reciprocal_rank) == (1.0, 1.0)
    assert json.loads(json.dumps(row, default=str))["id"] == "q1"


def test_a_question_of_two_parts_keeps_each_passage_once(tmp_path: Path) -> None:
    text = "How long is the bridge of Varnholt, and who lit candles in Quillford?"
    gold = GoldQuestion("m1", text, "multi", "", (), (), (), ())
    with setup(tmp_path) as made:
        passages = asking(made)()(gold)["trace"]["passages"]
    places = [(one["path"], one["start"]) for one in passages]
    assert len(places) == len(set(places)) >= 2


def test_replies_that_were_known_already_are_told(tmp_path: Path) -> None:
    model = FakeChatModel(written("The bridge is 412 metres long.", 1))
    cached = CachedChat(model, ReplyCache(tmp_path / "replies.sqlite"))
    gold = golds(tmp_path)[0]
    with setup(tmp_path, cached) as made:
        ask = asking(made)()
        assert [ask(gold)["eval"]["known_replies"] for _ in range(2)] == [False, True]


def test_about_tells_what_was_run_and_no_secret_or_place(tmp_path: Path) -> None:
    gold = read_gold(write_gold(tmp_path / "gold.jsonl"), limit=3)
    with setup(tmp_path, FakeChatModel()) as made:
        first, again = made.about(gold), made.about(gold)
    assert (first["asked"], first["of"], first["articles"]["count"]) == (3, 4, 3)
    assert first["model"] == FakeChatModel.identity
    assert first["versions"]["python"]
    assert {name: first[name] for name in ("gold", "articles", "code")} == {
        name: again[name] for name in ("gold", "articles", "code")
    }
    assert str(tmp_path) not in json.dumps(first)


def test_an_abstention_counts_as_answered_for_going_on(tmp_path: Path) -> None:
    with writer(tmp_path) as folder:
        folder.add(withheld("q3"))
    assert [one.id for one in writer(tmp_path).left] == ["q1", "q2", "q4"]
