"""Questions with pointers to the passages that the reader learns from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.reader_passages import BESIDE, LEFT_OPEN, passages
from index.retrieve import Retriever
from tests.fakes import FakeEmbedder
from tests.small_paper import BRIDGE, FERRY, index_of


@pytest.fixture
def retriever(tmp_path: Path) -> Iterator[Retriever]:
    with Retriever(index_of(tmp_path / "index"), FakeEmbedder()) as made:
        yield made


def asked(
    question: str, article: str, sentence: str = "", answer: str = "", kind: str = "single"
) -> dict[str, Any]:
    text = {one.path: one.text for one in (FERRY, BRIDGE)}[article]
    start, place = text.find(sentence), text.find(answer)
    return {
        "article": article,
        "question": question,
        "type": kind,
        "sentences": [[start, start + len(sentence)]] if sentence else [],
        "answer": [place, place + len(answer)] if answer else None,
    }


def test_an_answered_question_gives_the_passage_that_answers_and_one_that_does_not(
    retriever: Retriever,
) -> None:
    item = asked("How long is the new bridge?", BRIDGE.path, "The bridge is 412 metres long.", "412 metres")
    first, second = passages(item, retriever, 10)
    (gold,) = first["gold"]
    place, start, end = first["answer"]
    assert first["sentences"][gold] == "The bridge is 412 metres long."
    assert (place, first["sentences"][place][start:end]) == (gold, "412 metres")
    assert (first["title"], first["weight"]) == (BRIDGE.title, 1.0)
    assert (second["gold"], second["answer"], second["weight"]) == ([], None, BESIDE)
    assert "The bridge is 412 metres long." not in second["sentences"]


def test_the_passage_that_answers_is_there_even_where_it_was_not_found(retriever: Retriever) -> None:
    item = asked("pears", BRIDGE.path, "The bridge is 412 metres long.", "412 metres")
    first = next(passages(item, retriever, 1))
    assert first["title"] == BRIDGE.title
    assert first["gold"]


def test_a_question_left_open_gives_passages_of_its_article_that_do_not_answer(retriever: Retriever) -> None:
    item = asked("Who drew the plans of the bridge in Varnholt?", BRIDGE.path, kind="none")
    rows = list(passages(item, retriever, 10))
    assert rows
    assert all((row["title"], row["gold"], row["weight"]) == (BRIDGE.title, [], LEFT_OPEN) for row in rows)


def test_where_its_article_is_not_found_another_passage_leaves_it_open_too(retriever: Retriever) -> None:
    rows = list(passages(asked("pears frost Quillford", FERRY.path, kind="none"), retriever, 1))
    assert [(row["gold"], row["weight"]) for row in rows] == [([], BESIDE)]
