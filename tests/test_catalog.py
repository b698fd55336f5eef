"""Reading the catalog: look-ups, filters, words, and errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index import build
from index.catalog import Catalog
from index.errors import IndexDamaged, NoSuchArticle, NothingIndexed
from index.types import Article, Boilerplate, Query
from tests.fakes import FakeEmbedder
from tests.newsroom import article, chunker, embedding_text, invented

ITEMS = (
    article(
        "local/bridge.txt",
        "The bridge at Toldra was closed. Lorries go round by Pellin — 😀 they say. "
        "The café stays open. It is warm.",
        title="Bridge closed",
        source="Toldra Post",
        author="Ada Quill",
        published=date(2031, 3, 9),
        url="https://example.org/bridge",
        language="en",
        tags=("roads", "Toldra"),
        boilerplate=(Boilerplate(95, 106, "share"),),
        original="Bridge closed\n\n raw \ud83d text",
    ),
    article(
        "local/tram.txt",
        "The tram is late. Bridges are not to blame.",
        title="Tram late",
        source="Minsay Mail",
    ),
    article(
        "trade/tram.txt", "A tram was sold to Eskerby.", source="toldra post", published=date(2030, 12, 31)
    ),
    article("trade/lamp.txt", "Lamps are dear.", published=date(2031, 5, 1), tags=("roads",)),
)
BRIDGE, TRAM, SOLD, LAMP = ITEMS


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    folder = tmp_path_factory.mktemp("index")
    build.add(folder, ITEMS, FakeEmbedder(), chunker, embedding_text)
    with Catalog.open(folder) as opened:
        yield opened


def test_an_article_comes_back_as_it_went_in(catalog: Catalog) -> None:
    for one in ITEMS:
        assert catalog.article(one.id) == replace(one, original="")
        assert catalog.original(one.id) == one.original
        assert catalog.chunks_of(one.id) == chunker(one)


def test_articles_by_id_prefix_path_and_location(catalog: Catalog) -> None:
    for ref in (TRAM.id, TRAM.id[:7], TRAM.id[:7].upper(), "local/tram.txt", "/news/local/tram.txt"):
        assert catalog.article(ref).id == TRAM.id


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("tram.txt", "local/tram.txt or trade/tram.txt"),
        ("local/brigde.txt", "local/bridge.txt"),
        ("zzzz", "qa index list"),
        ("", "No article"),
    ],
)
def test_an_unknown_article_names_those_near(catalog: Catalog, ref: str, said: str) -> None:
    with pytest.raises(NoSuchArticle, match=said):
        catalog.article(ref)


def test_a_path_or_prefix_of_several_articles_names_their_ids(tmp_path: Path) -> None:
    twins = [article("a.txt", "One."), article("a.txt", "Two.", root="/other")]
    build.add(tmp_path, twins, FakeEmbedder(), chunker, embedding_text)
    with Catalog.open(tmp_path) as opened, pytest.raises(NoSuchArticle) as caught:
        opened.article("a.txt")
    assert all(one.id in str(caught.value) for one in twins)


def test_many_at_once_and_unknown_ones(catalog: Catalog) -> None:
    assert catalog.articles([LAMP.id, "none", TRAM.id]).keys() == {LAMP.id, TRAM.id}
    chunk = chunker(TRAM)[0]
    assert catalog.chunks([chunk.id, "none"]) == {chunk.id: chunk}
    assert catalog.chunks_of("none") == []
    assert catalog.articles([]) == {}
    with pytest.raises(NoSuchArticle):
        catalog.original("none")


def test_listing_goes_by_path_and_over_pages(catalog: Catalog, tmp_path: Path) -> None:
    assert [one.path for one in catalog.list_articles()] == sorted(one.path for one in ITEMS)
    assert [one.id for one in catalog.list_articles(Query("", tags=("roads",)))] == [BRIDGE.id, LAMP.id]
    many = list(invented(450))
    build.add(tmp_path, many, FakeEmbedder(), lambda one: [], embedding_text)
    with Catalog.open(tmp_path) as opened:
        assert [one.id for one in opened.list_articles()] == [
            one.id for one in sorted(many, key=lambda a: a.path)
        ]


FILTERS: list[tuple[Query, tuple[Article, ...]]] = [
    (Query("", since=date(2031, 1, 1)), (BRIDGE, LAMP)),
    (Query("", until=date(2031, 3, 9)), (BRIDGE, SOLD)),
    (Query("", since=date(2031, 3, 9), until=date(2031, 3, 9)), (BRIDGE,)),
    (Query("", sources=("TOLDRA POST",)), (BRIDGE, SOLD)),
    (Query("", sources=("Minsay Mail", "Toldra Post")), (BRIDGE, TRAM, SOLD)),
    (Query("", tags=("Toldra", "sea")), (BRIDGE,)),
    (Query("", articles=(TRAM.id, "none")), (TRAM,)),
    (Query("", tags=("roads",), until=date(2031, 4, 1)), (BRIDGE,)),
    (Query("", sources=("nobody",)), ()),
]


@pytest.mark.parametrize(("query", "passing"), FILTERS)
def test_filters(catalog: Catalog, query: Query, passing: tuple[Article, ...]) -> None:
    assert catalog.matching(query) == {one.id for one in passing}
    found = catalog.lexical("the OR tram OR lamps", 50, query)
    assert {chunk.split("-")[0] for chunk, _ in found} == {one.id for one in passing}


def test_no_filters_match_all(catalog: Catalog) -> None:
    assert catalog.matching(Query("anything")) is None


def test_words_are_found_by_stem_and_without_accents(catalog: Catalog) -> None:
    assert [chunk for chunk, _ in catalog.lexical("cafe", 5, Query(""))] == [f"{BRIDGE.id}-0001"]
    found = [chunk for chunk, _ in catalog.lexical("bridges", 5, Query(""))]
    assert set(found) == {f"{BRIDGE.id}-0000", f"{BRIDGE.id}-0001", f"{TRAM.id}-0000"}
    assert [chunk for chunk, _ in catalog.lexical("bridge", 2, Query(""))] == found[:2]


def test_scores_are_higher_for_better_and_titles_can_weigh_more(catalog: Catalog) -> None:
    scores = [score for _, score in catalog.lexical("tram OR sold", 9, Query(""))]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0
    plain = dict(catalog.lexical("tram", 9, Query("")))
    heavy = dict(catalog.lexical("tram", 9, Query(""), title=5.0))
    assert heavy[f"{TRAM.id}-0000"] > plain[f"{TRAM.id}-0000"]
    only_text = catalog.lexical("late", 9, Query(""), title=0.0)
    assert [chunk for chunk, _ in only_text] == [f"{TRAM.id}-0000"]


def test_document_frequencies_count_chunks_not_occurrences(catalog: Catalog) -> None:
    counted = catalog.document_frequency(["tram", "bridges", "lamp", "xylophone", 'quo"te', ""])
    assert counted == {"tram": 2, "bridges": 3, "lamp": 1, "xylophone": 0, 'quo"te': 0, "": 0}
    assert catalog.chunk_count() == 5


def test_document_frequencies_follow_the_index(tmp_path: Path) -> None:
    build.add(tmp_path, [TRAM], FakeEmbedder(), chunker, embedding_text)
    with Catalog.open(tmp_path) as opened:
        assert opened.document_frequency(["tram"]) == {"tram": 1}
        build.add(tmp_path, [SOLD], FakeEmbedder(), chunker, embedding_text)
        assert opened.document_frequency(["tram"]) == {"tram": 2}


def test_stats(catalog: Catalog) -> None:
    stats = catalog.stats()
    assert (stats.articles, stats.chunks, stats.embedded, stats.undated) == (4, 5, 5, 1)
    assert stats.tokens == sum(chunk.tokens for one in ITEMS for chunk in chunker(one))
    assert (stats.first, stats.last) == (date(2030, 12, 31), date(2031, 5, 1))
    assert sorted(stats.sources) == [("", 1), ("Minsay Mail", 1), ("Toldra Post", 1), ("toldra post", 1)]
    assert (stats.duplicate_groups, stats.duplicates) == (0, 0)
    assert stats.size > 10_000
    assert stats.embedding == ("fake-64", 64)


def test_nothing_indexed_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NothingIndexed, match="qa index add"):
        Catalog.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with Catalog.open(tmp_path / "new", create=True) as fresh:
        assert fresh.stats().articles == 0
        assert fresh.embedding is None
    with pytest.raises(NothingIndexed, match="qa index add"):
        Catalog.open(tmp_path / "new")


def test_what_is_no_catalog_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    file.write_text("Dear diary, " * 500)
    with pytest.raises(IndexDamaged, match=str(tmp_path)):
        Catalog.open(tmp_path)
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE something (x)")
    db.close()
    with pytest.raises(IndexDamaged, match="format 99"):
        Catalog.open(tmp_path)


def test_a_reader_cannot_write(catalog: Catalog) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        catalog._db.execute("DELETE FROM article")


def test_a_snapshot_stays_as_it_was(tmp_path: Path) -> None:
    build.add(tmp_path, [TRAM], FakeEmbedder(), chunker, embedding_text)
    with Catalog.open(tmp_path) as opened:
        with opened.snapshot():
            assert len(list(opened.list_articles())) == 1
            build.add(tmp_path, [SOLD], FakeEmbedder(), chunker, embedding_text)
            with opened.snapshot():
                assert len(list(opened.list_articles())) == 1
        assert len(list(opened.list_articles())) == 2
