"""From a question to passages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.retrieval import Hit, Question, measure, read_gold
from index import build
from index.chunk import chunk, embedding_text
from index.errors import EmbeddingMismatch, NothingIndexed
from index.load import article_id
from index.retrieve import Retriever, _fused, match_expression, terms
from index.types import Article, Query
from qa.errors import UsageError
from tests.fakes import FakeEmbedder

FERRY = (
    "The ferry to Tarn island was cancelled on Monday because of high waves. The harbour master Ida Kroll"
    " said that 240 passengers were waiting there. The company promised to pay for their hotel rooms."
)
BANK = (
    "The central bank of Velmora raised its interest rate to 3.5 per cent. Governor Pavel Orsini said that"
    " prices had risen faster than expected. Economists had forecast a smaller step."
)
TRAM = (
    "A new tram line opened in Hollin on Tuesday. It runs from the harbour to the university in 18 minutes."
    " The mayor said that the line had cost 90 million crowns, ten million less than planned."
)
LONG = "\n\n".join(
    f"The lighthouse of Tarn was painted in part number {i} by the keeper and his {i} helpers. " * 10
    for i in range(6)
)


def article(
    path: str, title: str, text: str, day: date | None = None, source: str = "", tag: str = ""
) -> Article:
    tags = (tag,) if tag else ()
    return Article(article_id(path, title, text), path, f"/{path}", title, text, source, "", day, tags=tags)


ARTICLES = [
    article("ferry.txt", "Waves keep island ferry in port", FERRY, date(2031, 3, 3), "Tarn Post", "sea"),
    article(
        "copy.txt", "Island ferry stays in port", FERRY + " It was the third time this winter.", None, "Echo"
    ),
    article("bank.txt", "Rates go up in Velmora", BANK, date(2031, 4, 9), "Echo", "money"),
    article("tram.txt", "Tram reaches the harbour", TRAM, date(2031, 5, 20), "Tarn Post"),
    article("long.txt", "A coat of paint", LONG, date(2031, 6, 1)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    build.add(place, ARTICLES, FakeEmbedder(), chunk, embedding_text)
    return place


@pytest.fixture(scope="module")
def retriever(folder: Path) -> Iterator[Retriever]:
    with Retriever(folder, FakeEmbedder()) as opened:
        yield opened


def paths(retriever: Retriever, query: Query) -> list[str]:
    return [passage.article.path for passage in retriever.search(query)]


def test_the_passage_that_answers_comes_first_with_its_exact_words(retriever: Retriever) -> None:
    passages = retriever.search(Query("What did governor Orsini say about the interest rate?"))
    first = passages[0]
    assert first.article.path == "bank.txt"
    assert first.text == BANK == first.article.text[first.chunk.start : first.chunk.end]
    assert first.dense is not None
    assert first.lexical is not None
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    scores = [passage.fused for passage in passages]
    assert scores == sorted(scores, reverse=True)


def test_what_a_near_duplicate_repeats_is_left_out_unless_wanted(retriever: Retriever) -> None:
    query = Query("Why was the ferry to Tarn island cancelled?")
    once = retriever.search(query)
    assert len({"ferry.txt", "copy.txt"} & {passage.article.path for passage in once}) == 1
    twice = retriever.search(query, duplicates=True)
    assert {"ferry.txt", "copy.txt"} == {passage.article.path for passage in twice[:2]}
    assert twice[0].group == twice[1].group


def test_one_long_article_does_not_fill_the_list(retriever: Retriever) -> None:
    found = paths(retriever, Query("lighthouse of Tarn harbour", k=5))
    assert "long.txt" in found
    assert len(set(found)) >= 3
    assert paths(retriever, Query("lighthouse of Tarn", k=50)).count("long.txt") > 3


def test_k_limits_and_nothing_is_found_for_nothing(retriever: Retriever) -> None:
    assert len(retriever.search(Query("harbour", k=2))) == 2
    assert retriever.search(Query("harbour", k=0)) == []
    assert retriever.search(Query(" ?! ")) == []


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"since": date(2031, 5, 1)}, {"tram.txt", "long.txt"}),
        ({"until": date(2031, 4, 9)}, {"ferry.txt", "bank.txt"}),
        ({"since": date(2031, 3, 4), "until": date(2031, 4, 30)}, {"bank.txt"}),
        ({"sources": ("tarn post",)}, {"ferry.txt", "tram.txt"}),
        ({"tags": ("sea", "money")}, {"ferry.txt", "bank.txt"}),
        ({"articles": (ARTICLES[3].id,)}, {"tram.txt"}),
        ({"sources": ("nobody",)}, set()),
    ],
)
def test_filters_hold_for_both_rankings(
    retriever: Retriever, filters: dict[str, tuple[str, ...]], wanted: set[str]
) -> None:
    found = retriever.search(Query("harbour governor ferry tram lighthouse", k=30, **filters))  # type: ignore[arg-type]
    assert {passage.article.path for passage in found} == wanted


def test_the_same_question_gives_the_same_passages(retriever: Retriever) -> None:
    query = Query("What did the mayor say of the harbour line?", k=10)
    assert retriever.search(query) == retriever.search(query)


def test_an_open_retriever_sees_what_is_added_and_removed(tmp_path: Path) -> None:
    build.add(tmp_path, ARTICLES[:1], FakeEmbedder(), chunk, embedding_text)
    with Retriever(tmp_path, FakeEmbedder()) as opened:
        assert paths(opened, Query("governor Orsini interest rate"))[:1] != ["bank.txt"]
        build.add(tmp_path, ARTICLES[2:4], FakeEmbedder(), chunk, embedding_text)
        assert paths(opened, Query("governor Orsini interest rate"))[0] == "bank.txt"
        build.remove(tmp_path, [ARTICLES[2].id])
        assert "bank.txt" not in paths(opened, Query("governor Orsini interest rate"))


def test_no_index_and_another_embedding_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(NothingIndexed, match="qa index add"):
        Retriever(tmp_path, FakeEmbedder())

    @dataclass
    class Other(FakeEmbedder):
        name: str = "other"

    with pytest.raises(EmbeddingMismatch, match=r"made with the embedding fake-64 .* with other"):
        Retriever(folder, Other())


def test_terms_drop_stop_words_but_not_all_of_them() -> None:
    assert terms("Who was the Governor of Velmora, and WHO was it before?") == [
        "governor",
        "velmora",
        "before",
    ]
    assert terms("What is it?") == ["what", "is", "it"]
    assert terms("a rate of 3.5% and 2,500 jobs") == ["rate", "3.5", "2,500", "jobs"]
    assert match_expression("?!") == ""
    assert match_expression('x" OR title:"y') == '"x" OR "title" OR "y"'


@pytest.fixture(scope="module")
def words() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize='porter unicode61')")
    db.execute("INSERT INTO words VALUES ('Tram', 'harbour NEAR x 3.5')")
    yield db
    db.close()


@given(
    st.text()
    | st.lists(
        st.sampled_from(['"', "NEAR(", "AND", "title:", "*", "^", "-", "{", "}", "a b", "'", ";", "\0", "OR"])
    ).map("".join)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_is_read_as_syntax(words: sqlite3.Connection, question: str) -> None:
    if match := match_expression(question):
        words.execute("SELECT rowid FROM words WHERE words MATCH ?", (match,)).fetchall()


def test_a_very_long_question_is_no_trouble(retriever: Retriever) -> None:
    assert retriever.search(Query("harbour " + " ".join(f"word{i}" for i in range(5000))))


def test_measures_count_articles_passages_and_sentences() -> None:
    question = Question("q", "?", frozenset({"a", "b"}), (("a", "one two"), ("b", "three")))
    hits = [
        Hit("c", "one two"),
        Hit("a", "zero one\ntwo"),
        Hit("a", "x"),
        Hit("d", ""),
        Hit("e", ""),
        Hit("b", "three"),
    ]
    found = measure(question, hits, {})
    assert found == {
        "recall@5": 1.0,  # a and b are among c, a, d, e, b
        "passages@5": 0.5,
        "MRR": 0.5,
        "multi": 1.0,
        "ev@3": 0.5,
        "ev@5": 0.5,
        "ev@8": 1.0,
    }
    assert measure(question, hits, {"c": "g", "a": "g"})["MRR"] == 1.0
    assert measure(question, [], {})["MRR"] == 0.0


def test_gold_is_read_without_the_unanswerable_and_malformed_lines_are_named(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(
        '{"id": "1", "question": "q?", "type": "single", "articles": ["a"],'
        ' "evidence": [{"article": "a", "quote": "x"}]}\n\n'
        '{"id": "2", "question": "r?", "type": "unanswerable", "articles": []}\n'
    )
    assert read_gold([file]) == [Question("1", "q?", frozenset({"a"}), (("a", "x"),))]
    file.write_text('{"id": "1"}\n')
    with pytest.raises(UsageError, match=r"gold\.jsonl:1 is no gold question"):
        read_gold([file])


def test_both_rankings_count_in_the_fusion() -> None:
    dense = {"near": 0.60, "both": 0.55, "far": 0.10}
    lexical = {"both": 12.0, "far": 4.0}
    ranked = _fused(["near", "both", "far", "near"], dense, lexical, 40.0)
    assert [one.chunk for one in ranked] == ["both", "near", "far"]
    assert ranked[0].fused == pytest.approx(0.55 + 12 / 40)
    assert ranked[1].lexical is None
    assert [one.chunk for one in _fused(["b", "a"], {}, {}, 1.0)] == ["a", "b"]
