"""The figures agree with those of the reference scorers on the same answers, where these are at hand."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evals.brief_scores import score_brief
from evals.gold import GoldBrief, GoldQuestion, load_briefs, load_questions
from evals.metrics import score, summarise
from evals.nuggets import Label

# Ours by the reference's name, where the two differ: citation recall and precision are ALCE's here.
OTHER_NAMES = {
    "citation_recall": "cited_recall",
    "citation_precision": "cited_precision",
    "accuracy_answerable_and_supported": "accuracy_supported",
    "quoted_words_per_answer": "quoted_words",
    "answer_words_mean": "answer_words",
    "seconds_median": "latency_p50",
    "seconds_p95": "latency_p95",
}
NOT_OURS = {"n", "missing", "citation_hit", "citations_per_answer", "by_type"}


@pytest.fixture
def bench(shared: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a reference scorer."""
    folder = str(shared / "bench")
    if not (shared / "bench" / "score.py").is_file():
        pytest.skip("the reference scorers are not there")
    sys.path.insert(0, folder)
    yield importlib.import_module
    sys.path.remove(folder)
    for name in ("score", "score_briefs"):
        sys.modules.pop(name, None)


def answers_of_all_kinds(gold: tuple[GoldQuestion, ...]) -> Iterator[dict[str, Any]]:
    """For each question an answer: in turn right, partly right, wrong, silent, flagged, badly cited."""
    for n, one in enumerate(gold):
        quotes = [{"path": each.article, "quote": each.quote, "title": ""} for each in one.evidence]
        forms = [facts[-1] for facts in one.facts]
        said = [
            one.answer,
            " and ".join(forms),
            forms[0] if forms else "Paris",
            f"{one.answer} {' '.join(one.forbidden)}",
            "The articles do not say.",
            "",
            "It was the storm of 1987.",
        ][n % 7]
        cited = [
            quotes,
            quotes[:1],
            [],
            [*quotes, {"path": "sport/001.txt", "quote": "These words are not there."}],
        ]
        citations = [each | {"id": number} for number, each in enumerate(cited[n % 4], 1)]
        yield {
            "id": one.id,
            "answer": said,
            "abstained": n % 5 == 0,
            "citations": citations,
            "timings": {"total_s": 1.0 + n / 10},
        }


def test_answers(bench: Callable[[str], ModuleType], shared: Path) -> None:
    reference = bench("score")
    file, corpus = shared / "gold" / "bbc_dev.jsonl", shared / "corpora" / "bbc"
    if not corpus.is_dir():
        pytest.skip("the corpus is not there")
    texts = reference.Corpus(corpus)
    gold = load_questions(file)
    answers = list(answers_of_all_kinds(gold))
    theirs, rows = reference.score(
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()],
        [
            one
            | {
                "seconds": one["timings"]["total_s"],
                "citations": [each | {"article": each["path"]} for each in one["citations"]],
            }
            for one in answers
        ],
        texts,
    )
    # The reference does not know of articles that would do as well.
    ours = [
        score(replace(one, alt_articles=()), answer, (), texts.get)
        for one, answer in zip(gold, answers, strict=True)
    ]
    assert [one.correct for one in ours] == [row["correct"] for row in rows]
    assert [one.abstained for one in ours] == [row["abstained"] for row in rows]
    figures = summarise(ours)
    compared = {name: figures[OTHER_NAMES.get(name, name)].value for name in theirs.keys() - NOT_OURS}
    assert compared == {name: pytest.approx(theirs[name], abs=6e-4) for name in theirs.keys() - NOT_OURS}


def page_of(gold: GoldBrief, every: int) -> dict[str, Any]:
    """A page whose claims are the quotes of every n-th nugget, with some of all else that is scored."""
    kept = gold.nuggets[::every]
    return {
        "id": gold.id,
        "headline": gold.topic,
        "key_facts": [{"text": one.quote, "citations": [n]} for n, one in enumerate(kept, 1)],
        "timeline": [
            {"date": one.date if n % 2 else "1899", "event": {"text": one.event, "citations": []}}
            for n, one in enumerate(gold.timeline)
            if one.date
        ],
        "people": [
            {"name": one.name, "role": {"text": one.role_forms[0], "citations": []}}
            for one in gold.people[:2]
        ],
        "disagreements": [
            {"about": one.about, "positions": [{"text": value, "citations": []} for value in one.values]}
            for one in gold.conflicts[:1]
        ],
        "open_questions": list(gold.must_not[:1]),
        "citations": [
            {"id": n, "path": one.article, "quote": one.quote if n % 3 else "Made up."}
            for n, one in enumerate(kept, 1)
        ],
    }


@pytest.mark.parametrize("every", [1, 2, 5])
def test_briefs(bench: Callable[[str], ModuleType], shared: Path, every: int) -> None:
    reference = bench("score_briefs")
    corpus = shared / "corpora" / "bbc"
    if not corpus.is_dir():
        pytest.skip("the corpus is not there")
    texts = bench("score").Corpus(corpus)
    file = shared / "gold" / "briefs_dev.jsonl"
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    for gold, row in zip(load_briefs(file), rows, strict=True):
        page = page_of(gold, every)
        theirs, ours = reference.judge(row, page, texts), score_brief(gold, page, texts.get)
        assert ours.nuggets.strict_vital == pytest.approx(theirs["vital"])
        assert ours.nuggets.strict_all == pytest.approx(theirs["all"])
        on_page = sum(one is not Label.NONE for one in ours.labels) / len(ours.labels)
        assert on_page <= theirs["all_page"] + 1e-9, "its parts may run from one line into the next"
        assert (ours.claims, ours.quotes) == (theirs["claims"], theirs["quotes"])
        assert ours.quotes_valid / ours.quotes == pytest.approx(theirs["verbatim"])
        assert ours.article_precision == pytest.approx(theirs["article_precision"])
        assert ours.article_recall == pytest.approx(theirs["article_recall"])
        assert len(ours.must_not) == theirs["must_not"]
        assert ours.timeline_gold == theirs["timeline_gold"]
        assert ours.timeline_right >= theirs["timeline_right"], "here a year may stand in the date alone"
        assert ours.conflicts_shown <= theirs["conflicts_shown"], "here 'just like' is not also 'like'"
        assert ours.people_shown == pytest.approx(theirs["people"] * ours.people_gold)
