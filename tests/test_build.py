"""Adding, updating, removing, checking: what changes, what is embedded, and what is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index import build
from index.catalog import Catalog
from index.errors import EmbeddingMismatch, IndexBusy, IndexDamaged, NoSuchArticle, NothingIndexed
from index.types import Article, Query, Skipped
from index.vectors import Vectors
from tests.fakes import FakeEmbedder
from tests.newsroom import article, chunker, contents, embedding_text, invented, marked, revised


def add(
    folder: Path, items: Sequence[Article | Skipped], embedder: FakeEmbedder | None = None
) -> tuple[build.Summary, list[str]]:
    """Adds with the fake embedder; returns the summary and the texts that were embedded."""
    embedder = embedder or FakeEmbedder()
    before = len(embedder.texts)
    summary = build.add(folder, iter(items), embedder, chunker, embedding_text)
    return summary, embedder.texts[before:]


def counts(summary: build.Summary) -> tuple[int, int, int, int]:
    return summary.added, summary.unchanged, summary.updated, summary.removed


TEXT = (
    "The ferry to Minsay was late. Nobody was hurt. It sails again on Friday. The fare stays at four crowns."
)


def test_adding_twice_embeds_once(tmp_path: Path) -> None:
    items = list(invented(30))
    first, texts = add(tmp_path, items)
    assert counts(first) == (30, 0, 0, 0)
    assert first.chunks_embedded == len(texts) > 30
    assert first.tokens_embedded == sum(chunk.tokens for one in items for chunk in chunker(one))
    before = contents(tmp_path)
    again, texts = add(tmp_path, items)
    assert counts(again) == (0, 30, 0, 0)
    assert texts == []
    assert contents(tmp_path) == before
    assert build.check(tmp_path) == ()


def test_an_unchanged_folder_loads_nothing_heavy(tmp_path: Path) -> None:
    add(tmp_path, list(invented(3)))
    program = (
        "import sys; from pathlib import Path; from index import build; from tests.newsroom import *\n"
        "class Never:\n"
        "    name, dimensions = 'fake-64', 64\n"
        "    def embed(self, texts): raise AssertionError('nothing is to be embedded')\n"
        f"summary = build.add(Path({str(tmp_path)!r}), invented(3), Never(), chunker, embedding_text)\n"
        "assert summary.unchanged == 3\n"
        "print([name for name in ('chromadb', 'datasketch', 'onnxruntime', 'numpy') if name in sys.modules])"
    )
    root = Path(__file__).parents[1]
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_a_changed_file_embeds_only_what_changed(tmp_path: Path) -> None:
    items = [*invented(12), article("local/ferry.txt", TEXT, title="Ferry late")]
    add(tmp_path, items)
    old = items[-1]
    new = revised(old, TEXT.replace("four crowns", "five crowns"))
    summary, texts = add(tmp_path, [*items[:-1], new])
    assert counts(summary) == (0, 12, 1, 0)
    assert len(texts) == 1
    assert "five crowns" in texts[0]
    with Catalog.open(tmp_path) as catalog:
        assert catalog.article("local/ferry.txt").text == new.text
        with pytest.raises(NoSuchArticle):
            catalog.article(old.id)
        assert catalog.lexical("four", 5, Query("", articles=(new.id,))) == []
        assert [chunk for chunk, _ in catalog.lexical("five", 5, Query("", articles=(new.id,)))] == [
            f"{new.id}-0001"
        ]
    with Vectors(tmp_path, 64) as vectors:
        assert {chunk for chunk in vectors.ids() if chunk.startswith((old.id, new.id))} == {
            f"{new.id}-0000",
            f"{new.id}-0001",
        }
    assert build.check(tmp_path) == ()


def test_other_details_are_updated_without_embedding(tmp_path: Path) -> None:
    one = article("a.txt", TEXT, title="Ferry late", source="Toldra Post", tags=("sea",))
    add(tmp_path, [one])
    summary, texts = add(tmp_path, [replace(one, source="Minsay Mail", tags=())])
    assert counts(summary) == (0, 0, 1, 0)
    assert texts == []
    with Catalog.open(tmp_path) as catalog, Vectors(tmp_path, 64) as vectors:
        assert catalog.article("a.txt").source == "Minsay Mail"
        vector = np.ones(64, dtype=np.float32)
        assert len(vectors.query(vector, 9, {"source": "minsay mail"})) == 2
        assert vectors.query(vector, 9, {"source": "toldra post"}) == []
        assert vectors.query(vector, 9, {"tags": {"$contains": "sea"}}) == []


def test_a_new_title_or_boilerplate_embeds_what_it_touches(tmp_path: Path) -> None:
    text = TEXT + " Sign up for our letter. Tell your friends."
    one = article("a.txt", text, title="Ferry late")
    _, texts = add(tmp_path, [one])
    assert len(texts) == 3
    summary, texts = add(
        tmp_path, [replace(one, boilerplate=marked(text, "Sign up for our letter. Tell your friends."))]
    )
    assert counts(summary) == (0, 0, 1, 0)
    assert texts == []
    with Catalog.open(tmp_path) as catalog:
        assert len(catalog.chunks_of(one.id)) == 2
        assert catalog.lexical("friends", 5, Query("")) == []
    assert build.check(tmp_path) == ()


def test_the_same_article_from_another_place_is_unchanged_and_follows(tmp_path: Path) -> None:
    add(tmp_path, [article("a.txt", TEXT, root="/old")])
    moved = article("a.txt", TEXT, root="/new")
    summary, texts = add(tmp_path, [moved])
    assert (counts(summary), texts) == ((0, 1, 0, 0), [])
    summary, _ = add(tmp_path, [revised(moved, "The ferry is back.")])
    assert counts(summary) == (0, 0, 1, 0)


def test_a_line_put_before_the_others_of_a_file_embeds_only_itself(tmp_path: Path) -> None:
    def lines(texts: list[str]) -> list[Article]:
        return [article("w.jsonl", text, location=f"/w.jsonl#{n}") for n, text in enumerate(texts, 1)]

    texts = [f"The tram number {n} was painted. It is blue now." for n in range(6)]
    add(tmp_path, lines(texts))
    summary, embedded = add(tmp_path, lines(["The orchard was sold.", *texts]))
    assert counts(summary) == (1, 6, 0, 0)
    assert len(embedded) == 1
    summary, embedded = add(tmp_path, lines(texts))
    assert counts(summary) == (0, 6, 0, 1)
    assert embedded == []


def test_a_line_put_before_others_that_are_named_by_number_embeds_only_itself(tmp_path: Path) -> None:
    """Every id changes with the number in the path, the vectors are taken over by their wording."""

    def lines(texts: list[str]) -> list[Article]:
        return [article(f"w.jsonl#{n}", text, location=f"/w.jsonl#{n}") for n, text in enumerate(texts, 1)]

    texts = [f"The tram number {n} was painted. It is blue now." for n in range(6)]
    add(tmp_path, lines(texts))
    summary, embedded = add(tmp_path, lines(["The orchard was sold.", *texts]))
    assert counts(summary) == (1, 0, 6, 0)
    assert len(embedded) == 1
    assert build.check(tmp_path) == ()


def test_standard_input_never_replaces_what_came_from_it_before(tmp_path: Path) -> None:
    add(tmp_path, [article("-", "The bridge opened.", location="-")])
    summary, _ = add(tmp_path, [article("-", "The bridge closed.", location="-")])
    assert counts(summary) == (1, 0, 0, 0)
    with Catalog.open(tmp_path) as catalog:
        assert len(list(catalog.list_articles())) == 2


def test_skipped_items_and_text_that_cannot_be_stored_do_not_stop_the_rest(tmp_path: Path) -> None:
    broken = article("b.txt", "Half a pair.")
    broken = replace(broken, text="Half a \ud83d pair.")
    items: list[Article | Skipped] = [
        Skipped("/news/x.png", "no article", failure=False),
        broken,
        replace(article("c.txt", "x"), text="A nul\0 here."),
        article("a.txt", TEXT),
        article("a.txt", TEXT),
    ]
    summary, _ = add(tmp_path, items)
    assert counts(summary) == (1, 1, 0, 0)
    assert summary.failed
    assert [item.location for item in summary.skipped] == ["/news/x.png", "/news/b.txt", "/news/c.txt"]
    summary, _ = add(tmp_path, items[:1])
    assert not summary.failed


def test_progress_counts_up_to_what_was_done(tmp_path: Path) -> None:
    seen: list[build.Progress] = []
    summary = build.add(
        tmp_path, invented(150), FakeEmbedder(), chunker, embedding_text, progress=seen.append
    )
    assert [one.articles for one in seen] == sorted(one.articles for one in seen)
    assert seen[-1].articles == 150
    assert seen[-1].chunks_embedded == summary.chunks_embedded
    assert seen[-1].chunks_pending == 0


def test_texts_that_occur_twice_are_embedded_once(tmp_path: Path) -> None:
    summary, texts = add(tmp_path, [article("a.txt", TEXT), article("copy/a.txt", TEXT)])
    assert counts(summary) == (2, 0, 0, 0)
    assert len(texts) == 2
    _, texts = add(tmp_path, [article("third/a.txt", TEXT)])
    assert texts == []
    with Vectors(tmp_path, 64) as vectors:
        assert vectors.count() == 6


class Failing(FakeEmbedder):
    """Breaks off at the second call."""

    calls = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        if self.calls == 2:
            raise ConnectionError("the service went away")
        return super().embed(texts)


def test_what_was_done_before_a_failure_stays(tmp_path: Path) -> None:
    items = list(invented(400))
    embedder = Failing()
    with pytest.raises(ConnectionError):
        add(tmp_path, items, embedder)
    done = len(embedder.texts)
    assert done > 0
    with Catalog.open(tmp_path) as catalog:
        assert 0 < catalog.stats().embedded < catalog.stats().chunks
    problems = build.check(tmp_path)
    assert len(problems) == 1
    assert "no vector yet" in problems[0]
    summary, texts = add(tmp_path, items)
    undisturbed = tmp_path / "undisturbed"
    whole, _ = add(undisturbed, items)
    assert done + len(texts) == whole.chunks_embedded
    assert summary.added + summary.unchanged == 400
    assert contents(tmp_path) == contents(undisturbed)


def test_removing(tmp_path: Path) -> None:
    items = list(invented(20))
    add(tmp_path, items)
    with pytest.raises(NoSuchArticle):
        build.remove(tmp_path, [items[0].id, "nowhere.txt"])
    assert build.remove(tmp_path, [items[0].path, items[1].id[:10], items[1].path]) == 2
    smaller = tmp_path / "smaller"
    add(smaller, items[2:])
    assert contents(tmp_path) == contents(smaller)
    assert build.check(tmp_path) == ()
    assert build.remove(tmp_path, [one.id for one in items[2:]]) == 18
    with pytest.raises(NothingIndexed):
        Catalog.open(tmp_path)
    with pytest.raises(NothingIndexed):
        build.remove(tmp_path / "none", ["a.txt"])


def test_another_embedding_is_refused_unless_the_index_is_empty(tmp_path: Path) -> None:
    class Other(FakeEmbedder):
        name = "other-64"

    items = list(invented(3))
    add(tmp_path, items)
    with pytest.raises(EmbeddingMismatch, match=r"fake-64.*other-64"):
        add(tmp_path, items, Other())
    build.remove(tmp_path, [one.id for one in items])
    assert add(tmp_path, items, Other())[0].added == 3
    with Catalog.open(tmp_path) as catalog:
        assert catalog.embedding == ("other-64", 64)


def test_a_second_writer_is_told_who_is_writing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from index.build import writer_lock\n"
        f"with writer_lock(Path({str(tmp_path)!r})):\n"
        "    print('locked', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[1]
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdin=pipe, stdout=pipe) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(2):  # asking must not make the answer worse
            with pytest.raises(IndexBusy, match=rf"process {writer.pid}\b"):
                add(tmp_path, list(invented(1)))
        writer.kill()
    assert add(tmp_path, list(invented(1)))[0].added == 1
    with build.writer_lock(tmp_path), pytest.raises(IndexBusy, match=rf"process {os.getpid()}\b"):
        build.remove(tmp_path, ["a.txt"])


def test_a_reader_sees_whole_articles_only(tmp_path: Path) -> None:
    items = list(invented(200))
    changed = [revised(one, one.text + " The end was added later.") for one in items]
    add(tmp_path, items[:1])
    done, wrong, looks = threading.Event(), list[str](), 0

    def read() -> None:
        nonlocal looks
        with Catalog.open(tmp_path) as catalog:
            while not done.is_set():
                with catalog.snapshot():
                    paths = set()
                    for one in catalog.list_articles():
                        wrong.extend([f"two of {one.path}"] * (one.path in paths))
                        paths.add(one.path)
                        wrong.extend([f"half of {one.path}"] * (catalog.chunks_of(one.id) != chunker(one)))
                    found = catalog.lexical("signed", 100_000, Query(""))
                    wrong.extend(
                        ["words without chunk"] * (len(catalog.chunks([c for c, _ in found])) != len(found))
                    )
                looks += 1

    reader = threading.Thread(target=read)
    reader.start()
    try:
        add(tmp_path, items)
        add(tmp_path, changed)
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert looks > 1


def damage(folder: Path, sql: str) -> None:
    with sqlite3.connect(folder / "catalog.sqlite") as db:
        db.executescript(sql)
    db.close()


def lose_chroma(folder: Path) -> None:
    shutil.rmtree(folder / "chroma")


def delete_vectors(folder: Path) -> None:
    with Vectors(folder, 64) as vectors:
        vectors.delete(sorted(vectors.ids())[:5])


def stray_vectors(folder: Path) -> None:
    with Vectors(folder, 64) as vectors:
        vectors.upsert(["stray"], np.ones((1, 64), dtype=np.float32), [{"article_id": "x"}])


def other_vectors(folder: Path) -> None:
    with Vectors(folder, 64) as vectors:
        first = sorted(vectors.ids())[0]
        vectors.upsert([first], np.eye(1, 64, dtype=np.float32), [{"article_id": first[:16]}])


def tear_chroma(folder: Path) -> None:
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database at all" * 500)


DAMAGE: list[tuple[Any, str]] = [
    (lose_chroma, "not in Chroma"),
    (delete_vectors, "not in Chroma"),
    (stray_vectors, "belong to no chunk"),
    (other_vectors, "not those of the catalog"),
    (tear_chroma, "cannot be read"),
    ("INSERT INTO words (words) VALUES ('delete-all')", "out of step"),
    ("UPDATE chunk SET stop = stop + 9000 WHERE number = 3", "do not fit"),
    ("UPDATE chunk SET stop = start WHERE number = 3", "do not fit"),
    ("DELETE FROM chunk WHERE number = 1", "refer to rows"),
    ("DELETE FROM vector WHERE chunk IN (1, 2, 3)", "lost their vector"),
    ("UPDATE chunk SET state = 0; DELETE FROM vector", "no vector yet"),
    ("UPDATE fingerprint SET story = 'ffff'", "near-duplicates"),
    ("UPDATE meta SET value = 1 WHERE key = 'syncing'", "died"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sound")
    add(folder, list(invented(40)))
    return folder, contents(folder)


@pytest.mark.parametrize(("harm", "said"), DAMAGE)
def test_check_finds_and_repairs(
    harm: Any, said: str, sound: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound[0], folder)
    if isinstance(harm, str):
        damage(folder, harm)
    else:
        harm(folder)
    problems = build.check(folder)
    assert any(said in problem for problem in problems), problems
    tools: dict[str, Any] = {"embedder": FakeEmbedder(), "chunker": chunker, "embedding_text": embedding_text}
    assert build.check(folder, repair=True, **tools) == problems
    assert build.check(folder) == ()
    assert contents(folder) == sound[1]


@pytest.mark.parametrize("harm", [lose_chroma, tear_chroma])
def test_the_next_add_mends_a_lost_or_torn_chroma(
    harm: Any, sound: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound[0], folder)
    harm(folder)
    extra = article("extra.txt", TEXT)
    _, texts = add(folder, [*invented(40), extra])
    assert len(texts) == 2
    build.remove(folder, [extra.id])
    assert contents(folder) == sound[1]


def test_a_damaged_catalog_is_named(sound: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound[0], folder)
    file = folder / "catalog.sqlite"
    whole = file.read_bytes()
    file.write_bytes(b"This is a text and no database." * 300)
    for act in (lambda: Catalog.open(folder), lambda: build.check(folder), lambda: add(folder, [])):
        with pytest.raises(IndexDamaged, match=r"catalog\.sqlite"):
            act()
    page = 4096
    file.write_bytes(whole[: 4 * page] + os.urandom(8 * page) + whole[12 * page :])
    problems = build.check(folder)
    assert problems
    assert all(str(folder) in problem or "catalog" in problem for problem in problems)


def test_items_are_read_as_they_come(tmp_path: Path) -> None:
    taken = 0

    def stream() -> Iterator[Article]:
        nonlocal taken
        for one in invented(300):
            taken += 1
            yield one

    class Looking(FakeEmbedder):
        first: int | None = None

        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.first = self.first or taken
            return super().embed(texts)

    embedder = Looking()
    build.add(tmp_path, stream(), embedder, chunker, embedding_text)
    assert embedder.first is not None
    assert embedder.first < 300
