"""The vectors in Chroma: nearness, filters, and readers that notice a writer."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import build
from index.errors import IndexDamaged
from index.types import Query
from index.vectors import Vectors, filters, metadata
from tests.fakes import FakeEmbedder
from tests.newsroom import article, chunker, embedding_text, invented


def unit(*values: float) -> NDArray[np.float32]:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def small(tmp_path: Path) -> Vectors:
    vectors = Vectors(tmp_path, 3)
    rows = np.stack([unit(1, 0, 0), unit(1, 1, 0), unit(0, 1, 0), unit(-1, 0, 0)])
    notes = [
        metadata("a1", 20310101, "toldra post", ("roads", "sea")),
        metadata("a1", 20310101, "toldra post", ()),
        metadata("a2", 20310301, "minsay mail", ("sea",)),
        metadata("a3", None, "", ()),
    ]
    vectors.upsert(["c1", "c2", "c3", "c4"], rows, notes)
    return vectors


def test_nearness_is_the_cosine(small: Vectors) -> None:
    found = small.query(unit(1, 0, 0), 9)
    assert [chunk for chunk, _ in found] == ["c1", "c2", "c3", "c4"]
    assert [near for _, near in found] == pytest.approx([1.0, 0.7071, 0.0, -1.0], abs=1e-4)
    assert small.query(unit(1, 0, 0), 0) == []
    assert len(small.query(unit(1, 0, 0), 2)) == 2


@pytest.mark.parametrize(
    ("query", "passing"),
    [
        (Query("", since=date(2031, 2, 1)), {"c3"}),
        (Query("", until=date(2031, 2, 1)), {"c1", "c2"}),
        (Query("", since=date(2031, 1, 1), until=date(2031, 12, 31)), {"c1", "c2", "c3"}),
        (Query("", sources=("Toldra Post", "nobody")), {"c1", "c2"}),
        (Query("", tags=("sea",)), {"c1", "c3"}),
        (Query("", tags=("roads", "other")), {"c1"}),
        (Query("", tags=("sea",), sources=("MINSAY MAIL",)), {"c3"}),
        (Query(""), {"c1", "c2", "c3", "c4"}),
    ],
)
def test_filters(small: Vectors, query: Query, passing: set[str]) -> None:
    assert {chunk for chunk, _ in small.query(unit(1, 0, 0), 9, filters(query))} == passing


def test_only_these_articles(small: Vectors) -> None:
    assert [chunk for chunk, _ in small.query(unit(1, 0, 0), 9, articles={"a2", "a3"})] == ["c3", "c4"]
    both = small.query(unit(1, 0, 0), 9, filters(Query("", tags=("roads",))), articles=["a1", "a2"])
    assert [chunk for chunk, _ in both] == ["c1"]
    assert small.query(unit(1, 0, 0), 9, articles=[]) == []


def test_very_many_articles(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(6000, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    with Vectors(tmp_path, 8) as vectors:
        names = [f"c{n}" for n in range(6000)]
        vectors.upsert(names, rows, [metadata(f"a{n}", None, "", ()) for n in range(6000)])
        assert vectors.count() == 6000
        assert vectors.ids() == set(names)
        wanted = {f"a{n}" for n in range(0, 6000, 5)}
        found = vectors.query(rows[1], 10, articles=wanted)
        exact = [f"c{n}" for n in np.argsort(-(rows @ rows[1])) if n % 5 == 0][:10]
        assert len(found) == 10
        assert len({chunk for chunk, _ in found} & set(exact)) >= 9
        found_all = vectors.query(rows[1], 10, articles={f"a{n}" for n in range(1200)} | {"a1"})
        assert found_all[0][0] == "c1"
        vectors.delete(names[:5500])
        assert vectors.ids() == set(names[5500:])


def test_what_was_stored_comes_back_and_is_replaced(small: Vectors) -> None:
    small.upsert(["c4"], np.stack([unit(0, 0, 1)]), [metadata("a4", None, "", ())])
    small.delete(["c1", "unknown"])
    assert small.ids() == {"c2", "c3", "c4"}
    assert small.count() == 3
    held = small.get(["c4", "c1"])
    assert held.keys() == {"c4"}
    assert held["c4"] == pytest.approx(unit(0, 0, 1))
    assert [chunk for chunk, _ in small.query(unit(0, 0, 1), 1, articles=["a4"])] == ["c4"]


def test_sealing_changes_no_answer(small: Vectors) -> None:
    before = small.query(unit(3, 2, 1), 9)
    small.seal()
    assert [chunk for chunk, _ in small.query(unit(3, 2, 1), 9)] == [chunk for chunk, _ in before]
    assert small.count() == 4
    assert list((small.folder / "chroma").glob("*/index_metadata.pickle"))
    with Vectors(small.folder, 3) as again:
        assert again.query(unit(3, 2, 1), 9)[0][1] == pytest.approx(before[0][1])


def test_an_empty_store_answers_and_is_not_made_by_asking(tmp_path: Path) -> None:
    with Vectors(tmp_path, 3) as vectors:
        assert vectors.query(unit(1, 0, 0), 5) == []
        assert (vectors.ids(), vectors.count(), vectors.get(["c1"])) == (set(), 0, {})
    assert list(tmp_path.iterdir()) == []


def test_wrong_dimensions_are_a_mistake_of_the_caller(small: Vectors) -> None:
    with pytest.raises(ValueError, match="shape"):
        small.upsert(["x"], np.ones((1, 4), dtype=np.float32), [metadata("a", None, "", ())])


def test_a_torn_store_is_named(small: Vectors) -> None:
    small.seal()
    small.close()
    (pickle,) = (small.folder / "chroma").glob("*/index_metadata.pickle")
    pickle.write_bytes(pickle.read_bytes()[:20])
    with pytest.raises(IndexDamaged, match="repair"):
        small.query(unit(1, 0, 0), 5)


def test_two_readers_of_one_process_notice_another_process_writing(tmp_path: Path) -> None:
    """Chroma alone finds rows of another process by id but not by nearness until it is opened again."""
    build.add(tmp_path, invented(20), FakeEmbedder(), chunker, embedding_text)
    late = article("late.txt", "Zebras graze at Eskerby. Zebras sleep there.", title="Zebras")
    (vector,) = FakeEmbedder().embed([embedding_text(late, chunker(late)[0])])
    with Vectors(tmp_path, 64) as one, Vectors(tmp_path, 64) as two:
        assert one.query(vector, 1)[0][0] == two.query(vector, 1)[0][0] != f"{late.id}-0000"
        program = (
            "from pathlib import Path; from index import build; from tests.fakes import FakeEmbedder\n"
            "from tests.newsroom import *\n"
            f"late = article('late.txt', {late.text!r}, title='Zebras')\n"
            f"build.add(Path({str(tmp_path)!r}), [late], FakeEmbedder(), chunker, embedding_text)"
        )
        subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], check=True)
        for reader in (one, two):
            ((chunk, near),) = reader.query(vector, 1)
            assert chunk == f"{late.id}-0000"
            assert near == pytest.approx(1.0, abs=1e-4)
