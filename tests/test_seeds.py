"""The demo corpus is taken in as its README says, and the questions about it rest on its words."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from index.load import LoadOptions, load
from index.types import Article, Skipped

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
GOLD = ROOT / "evals" / "gold"

_ROW = re.compile(r"^\| `(?P<path>[^`]+)` \| (?P<source>[^|]+) \| (?P<date>[^|]+) \|", re.MULTILINE)

BOILERPLATE = [
    "Advertisement",
    "Sign up for our morning newsletter and get the day’s top stories in your inbox.",
    "Download the Metro Tribune app for breaking news alerts.",
    "Read more: Why generals carry so many telephones",
    "Follow us on Twitter and Facebook",
    "Thank you for subscribing to our newsletter!",
]
# Page furniture and comments: it may be left out at once or marked, but never be reporting.
FURNITURE = [
    "We use cookies",
    "Share this article on",
    "Leave a Reply",
    "my brother-in-law",
    "All rights reserved",
]


@pytest.fixture(scope="module")
def taken() -> list[Article | Skipped]:
    return list(load([str(SEEDS)], LoadOptions()))


@pytest.fixture(scope="module")
def articles(taken: list[Article | Skipped]) -> dict[str, Article]:
    return {item.path: item for item in taken if isinstance(item, Article)}


def _reporting(article: Article) -> str:
    """The text without what is marked as boilerplate."""
    out, at = [], 0
    for mark in article.boilerplate:
        out.append(article.text[at : mark.start])
        at = mark.end
    return "".join([*out, article.text[at:]])


def _table() -> dict[str, tuple[str, str]]:
    """Path to outlet and date as the index should know them; empty for what stands in parentheses."""
    rows = _ROW.finditer((SEEDS / "README.md").read_text(encoding="utf-8"))
    return {row["path"]: (_field(row["source"]), _field(row["date"])) for row in rows}


def _field(cell: str) -> str:
    return "" if cell.startswith("(") else cell.strip()


def test_everything_is_taken_in(taken: list[Article | Skipped], articles: dict[str, Article]) -> None:
    failures = [item for item in taken if isinstance(item, Skipped) and item.failure]
    assert failures == []
    assert len(articles) >= 24
    assert len(articles) == sum(isinstance(item, Article) for item in taken), "two articles share a path"
    assert not any("README" in path for path in articles)


def test_all_formats_are_there(articles: dict[str, Article]) -> None:
    formats = Counter(Path(path.split("#")[0]).suffix for path in articles)
    assert set(formats) == {".txt", ".md", ".html", ".htm", ".jsonl"}


def test_readme_lists_exactly_the_articles(articles: dict[str, Article]) -> None:
    assert set(_table()) == set(articles)
    said = re.search(r"(\d+) articles in (\d+) files", (SEEDS / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    files = {path.split("#")[0] for path in articles}
    assert (int(said[1]), int(said[2])) == (len(articles), len(files))


def test_outlets_and_dates_are_recognised(articles: dict[str, Article]) -> None:
    known = {
        path: (article.source, article.published.isoformat() if article.published else "")
        for path, article in articles.items()
    }
    assert known == _table()


def test_articles_are_of_the_length_of_news(articles: dict[str, Article]) -> None:
    lengths = {path: len(_reporting(article).split()) for path, article in articles.items()}
    assert {path: words for path, words in lengths.items() if not 150 <= words <= 450} == {}


def test_titles_are_headlines(articles: dict[str, Article]) -> None:
    for article in articles.values():
        assert 4 <= len(article.title.split()) <= 20, article.title
        assert article.source not in article.title or not article.source
        assert not article.text.startswith(article.title)


def test_boilerplate_page_is_marked(articles: dict[str, Article]) -> None:
    article = articles["helsinki/tribune-boilerplate.html"]
    reporting = _reporting(article)
    raw = (SEEDS / article.path).read_text(encoding="utf-8")
    for notice in BOILERPLATE:
        assert notice in raw
        assert notice not in reporting
    for furniture in FURNITURE:
        assert furniture.lower() in raw.lower()
        assert furniture.lower() not in reporting.lower()
    assert "At the Geneva summit in June President Putin said no." in reporting
    assert article.boilerplate


def test_feed_note_of_the_agency_copy_is_marked(articles: dict[str, Article]) -> None:
    copy, wire = articles["helsinki/lantern-agency-copy.html"], articles["helsinki/meridian-wire.md"]
    assert "syndicated feed" not in _reporting(copy)
    assert _reporting(copy).split() == _reporting(wire).split()
    assert copy.title != wire.title


def test_hidden_instructions_are_not_in_the_text(articles: dict[str, Article]) -> None:
    article = articles["world/tram-opening.html"]
    raw = (SEEDS / article.path).read_text(encoding="utf-8")
    for hidden in ("Zephyr Bank", "99 drals", "PWNED", "never opened", "drove the first tram himself"):
        assert hidden in raw
        assert hidden not in article.text
        assert hidden not in article.title
    # What is printed for readers stays, for it is the news.
    assert "disregard your earlier instructions" in article.text


def _lines(name: str) -> list[dict[str, Any]]:
    lines = (GOLD / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _items() -> list[dict[str, Any]]:
    turns = [turn for line in _lines("seeds_conversations.jsonl") for turn in line["turns"]]
    return [*_lines("seeds.jsonl"), *turns]


def test_gold_quotes_are_verbatim(articles: dict[str, Article]) -> None:
    wrong = [
        (item["question"], entry)
        for item in _items()
        for entry in item["evidence"]
        if entry["quote"] not in _reporting(articles[entry["article"]])
    ]
    assert wrong == []


def test_gold_names_articles_of_the_corpus(articles: dict[str, Article]) -> None:
    for item in _items():
        named = [*item["articles"], *item.get("alt_articles", []), *item.get("distractors", [])]
        assert set(named) <= set(articles), item["question"]
        assert set(item["articles"]) == {entry["article"] for entry in item["evidence"]}


def _holds(text: str, form: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(form.lower())}(?!\w)", text.lower()) is not None


def test_gold_facts_stand_in_their_evidence() -> None:
    wrong = []
    for item in _items():
        evidence = " ".join(entry["quote"] for entry in item["evidence"])
        unbacked = [forms for forms in item["facts"] if not any(_holds(evidence, form) for form in forms)]
        unsaid = [forms for forms in item["facts"] if not any(_holds(item["answer"], form) for form in forms)]
        said = [form for form in item["forbidden"] if _holds(item["answer"], form)]
        if unbacked or unsaid or said:
            wrong.append((item["question"], unbacked, unsaid, said))
    assert wrong == []


def test_gold_has_every_kind_of_question() -> None:
    questions = _lines("seeds.jsonl")
    kinds = Counter(item["type"] for item in questions)
    assert len(questions) >= 125
    assert len({item["id"] for item in questions}) == len(questions)
    assert len({item["question"] for item in questions}) == len(questions)
    assert kinds["unanswerable"] >= 15
    assert kinds["false_premise"] >= 10
    assert kinds["conflict"] >= 8
    assert set(kinds) == {
        *("single", "numeric", "temporal", "attribution", "multi", "list", "why"),
        *("unanswerable", "false_premise", "conflict"),
    }
    for item in questions:
        assert (item["type"] == "unanswerable") == (not item["facts"]), item["id"]
        if item["type"] in ("conflict", "multi"):
            assert len(item["facts"]) >= 2, item["id"]


def test_gold_conversations_have_follow_ups() -> None:
    conversations = _lines("seeds_conversations.jsonl")
    assert sum(len(line["turns"]) for line in conversations) >= 45
    for line in conversations:
        assert 2 <= len(line["turns"]) <= 3
        for turn in line["turns"][1:]:
            assert turn["standalone"] != turn["question"], line["id"]
