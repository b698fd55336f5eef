"""Near-duplicates: which texts are alike, and groups that do not depend on the order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from index import build
from index.catalog import Catalog
from index.neardup import ALIKE, Bander, fingerprint, jaccard
from index.types import Article
from tests.fakes import FakeEmbedder
from tests.newsroom import article, chunker, embedding_text, invented, marked

STORY = (
    "The reservoir above Quillford will be drained in March so that engineers can mend the old sluice. "
    "The work takes nine weeks and costs 2.3 million crowns, the council said. Fish will be carried to the "
    "lake at Pellin by lorry. Anglers had asked for the work to wait until autumn, but the surveyor warned "
    "that the gate might not hold through another winter. Walkers can still use the eastern path."
)
EDITED = STORY.replace("nine weeks", "ten weeks").replace("by lorry", "in tanks")
REWRITTEN = (
    "Engineers are to empty the lake behind Quillford dam this spring. Repairs to the worn sluice gate last "
    "about two months, at a price of 2.3 million crowns. Anglers are unhappy with the date."
)


def groups(folder: Path, items: Iterable[Article]) -> dict[str, str]:
    """Adds the articles; returns the group of each by path."""
    build.add(folder, items, FakeEmbedder(), chunker, embedding_text)
    return by_path(folder)


def by_path(folder: Path) -> dict[str, str]:
    with Catalog.open(folder) as catalog:
        paths = {one.id: one.path for one in catalog.list_articles()}
        return {paths[ident]: group for ident, group in catalog.groups(list(paths)).items()}


def test_copies_and_edited_copies_are_grouped_and_rewritten_ones_are_not(tmp_path: Path) -> None:
    items = [
        article("courier.txt", STORY, title="Reservoir to be drained"),
        article("post.txt", EDITED, title="Nine weeks without water"),
        article("mail.txt", STORY.upper().replace(". ", ".\n\n"), title="Sluice"),
        article("times.txt", REWRITTEN, title="Reservoir to be drained"),
    ]
    found = groups(tmp_path, items)
    assert found["courier.txt"] == found["post.txt"] == found["mail.txt"]
    assert found["courier.txt"] == min(one.id for one in items[:3])
    assert found["times.txt"] == items[3].id
    with Catalog.open(tmp_path) as catalog:
        assert set(catalog.group_members(items[1].id)) == {one.id for one in items[:3]}
        assert catalog.group_members(items[3].id) == [items[3].id]
        assert catalog.group_members("nothing") == []
        stats = catalog.stats()
        assert (stats.duplicate_groups, stats.duplicates) == (1, 2)


def test_boilerplate_does_not_make_articles_alike_or_different(tmp_path: Path) -> None:
    notice = "Subscribe to our morning letter for more from the region, free, every day but Sunday. " * 4
    other = "The tram depot in Toldra was sold. Nobody said for how much. The drivers were told on Monday."
    with_notice = STORY + " " + notice
    items = [
        article("a.txt", STORY),
        article("b.txt", with_notice, boilerplate=marked(with_notice, notice)),
        article("c.txt", other + " " + notice, boilerplate=marked(other + " " + notice, notice)),
    ]
    found = groups(tmp_path, items)
    assert found["a.txt"] == found["b.txt"] != found["c.txt"]


def test_later_additions_join_and_removals_part(tmp_path: Path) -> None:
    """A and C are alike only through B."""
    words = STORY.split()
    middle, last = words.copy(), words.copy()
    for place in (3, 40):
        middle[place] = last[place] = "elsewhere"
    for place in (20, 60, 70):
        last[place] = "otherwise"
    a, b, c = (
        article(f"{n}.txt", " ".join(text)) for n, text in zip("abc", (words, middle, last), strict=True)
    )
    prints = [fingerprint(one.text) for one in (a, b, c)]
    assert (
        jaccard(prints[0], prints[2])
        < ALIKE
        <= min(jaccard(prints[0], prints[1]), jaccard(prints[1], prints[2]))
    )
    found = groups(tmp_path, [a, c])
    assert len(set(found.values())) == 2
    found = groups(tmp_path, [b])
    assert set(found.values()) == {min(a.id, b.id, c.id)}
    build.remove(tmp_path, [b.id])
    assert by_path(tmp_path) == {"a.txt": a.id, "c.txt": c.id}


def test_a_group_outlives_the_copy_it_was_found_through(tmp_path: Path) -> None:
    first, copy, near = article("a.txt", STORY), article("b.txt", STORY), article("c.txt", EDITED)
    groups(tmp_path, [first, copy, near])
    build.remove(tmp_path, [first.id])
    assert set(by_path(tmp_path).values()) == {min(copy.id, near.id)}


def test_a_text_whose_boilerplate_is_found_out_later_changes_its_group(tmp_path: Path) -> None:
    tail = " " + " ".join(one.text for one in invented(3))
    long = article("b.txt", STORY + tail)
    found = groups(tmp_path, [article("a.txt", STORY), long])
    assert len(set(found.values())) == 2
    found = groups(tmp_path, [replace(long, boilerplate=marked(long.text, tail, "teaser"))])
    assert len(set(found.values())) == 1


def test_groups_are_the_same_in_any_order(tmp_path: Path) -> None:
    items = [*invented(60), article("x.txt", STORY), article("y.txt", EDITED), article("z.txt", STORY)]
    expected = groups(tmp_path / "0", items)
    assert len(set(expected.values())) < len(items) - 3
    for seed in (1, 2):
        random.Random(seed).shuffle(items)
        assert groups(tmp_path / str(seed), items) == expected


def test_the_candidates_miss_no_pair_that_is_alike() -> None:
    """Against all pairs compared one by one, over texts with ever more words changed."""
    rng = random.Random(5)
    texts = []
    for one in invented(12, seed=9):
        words = one.text.split()
        for changes in range(0, 12, 2):
            edited = words.copy()
            for place in rng.sample(range(len(words)), min(changes, len(words))):
                edited[place] = f"word{rng.randint(0, 10**6)}"
            texts.append(" ".join(edited))
    bander = Bander()
    prints = [fingerprint(text) for text in texts]
    keys = [set(bander.keys(one)) for one in prints]
    alike = [(a, b) for a, b in combinations(range(len(texts)), 2) if jaccard(prints[a], prints[b]) >= ALIKE]
    assert len(alike) > 20
    assert [pair for pair in alike if not keys[pair[0]] & keys[pair[1]]] == []
    strangers = [(a, b) for a, b in combinations(range(0, len(texts), 6), 2) if keys[a] & keys[b]]
    assert len(strangers) <= 2


@pytest.mark.parametrize("text", ["", "—", "One", "One two", "短い記事です", "Короткая заметка о погоде"])
def test_short_and_foreign_texts(text: str) -> None:
    print_ = fingerprint(text)
    assert jaccard(print_, fingerprint(text + " .")) == (1.0 if len(print_.shingles) else 0.0)
    assert jaccard(print_, fingerprint("Nothing of that kind is here")) == 0.0
    assert len(Bander().keys(print_)) == (24 if len(print_.shingles) else 0)


def test_languages_without_spaces_are_compared_by_character() -> None:
    text = "市議会は水曜日に新しい橋の建設を承認した。工事は来年の春に始まり、二年で終わる予定である。"
    assert jaccard(fingerprint(text), fingerprint(text.replace("水曜日", "木曜日"))) > 0.7


def test_jaccard_is_that_of_the_real_sets() -> None:
    a, b = "one two three four five", "zero one two three four"
    assert jaccard(fingerprint(a), fingerprint(b)) == pytest.approx(2 / 4)
    assert jaccard(fingerprint(a), fingerprint(a.title() + "!")) == 1.0


def test_the_band_keys_are_the_same_on_every_machine() -> None:
    """They are kept in the catalog: a library that hashes differently would no longer find the old texts."""
    assert Bander().keys(fingerprint(STORY))[:2] == [4434568953103782562, 7695727165978139341]
