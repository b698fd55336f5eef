"""Gold files are read as they are meant, and each mistake in one is named with its file and line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evals.gold import (
    GoldInvalid,
    check_evidence,
    load_briefs,
    load_conversations,
    load_questions,
    schema,
    turns,
    verbatim,
)
from index.load import LoadOptions, load
from index.types import Article
from qa.errors import UsageError

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "evals" / "gold"
QUESTION: dict[str, Any] = {
    "id": "q1",
    "question": "What does the ferry cost?",
    "type": "numeric",
    "answer": "£12.",
    "facts": [["£12", "12 pounds"]],
    "forbidden": ["£15"],
    "articles": ["a/ferry.txt"],
    "evidence": [{"article": "a/ferry.txt", "quote": "A ticket costs £12."}],
}
BRIEF: dict[str, Any] = {
    "id": "b1",
    "topic": "the ferry",
    "articles": ["a/ferry.txt"],
    "nuggets": [
        {
            "id": 1,
            "text": "A ticket is £12.",
            "importance": "vital",
            "forms": [["ticket"], ["£12"]],
            "article": "a/ferry.txt",
            "quote": "A ticket costs £12.",
        }
    ],
    "timeline": [{"date": "2024-05", "event": "It sails", "forms": [["sails"]], "article": "a/ferry.txt"}],
    "conflicts": [{"about": "its price", "values": ["£12", "£13"], "articles": ["a/ferry.txt"]}],
    "must_not": ["tunnel"],
}
TURN = {name: value for name, value in QUESTION.items() if name != "id"}
TALK: dict[str, Any] = {
    "id": "c1",
    "turns": [TURN, {**TURN, "question": "And for a dog?", "standalone": "A dog?"}],
}
ARTICLES = {"a/ferry.txt": "The ferry\n\nA ticket costs £12. “It sails,” the captain\nsaid."}


def written(folder: Path, *rows: Any) -> Path:
    """A gold file of these lines."""
    path = folder / "gold.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def test_a_question_is_read(tmp_path: Path) -> None:
    (one,) = load_questions(written(tmp_path, "", QUESTION | {"alt_articles": ["b.txt"], "note": "n"}))
    assert (one.id, one.type, one.facts, one.forbidden) == (
        "q1",
        "numeric",
        (("£12", "12 pounds"),),
        ("£15",),
    )
    assert (one.articles, one.alt_articles) == (("a/ferry.txt",), ("b.txt",))
    assert (one.evidence[0].article, one.evidence[0].quote) == ("a/ferry.txt", "A ticket costs £12.")
    assert (one.line, Path(one.file).name) == (2, "gold.jsonl")


def test_a_hyphen_in_a_type_is_an_underscore(tmp_path: Path) -> None:
    assert load_questions(written(tmp_path, QUESTION | {"type": "follow-up"}))[0].type == "follow_up"


def test_a_brief_is_read(tmp_path: Path) -> None:
    (one,) = load_briefs(written(tmp_path, BRIEF | {"people": [{"name": "Ann", "role_forms": ["captain"]}]}))
    assert (one.kind, one.must_not, one.people[0].role_forms) == ("topic", ("tunnel",), ("captain",))
    assert (one.nuggets[0].id, one.nuggets[0].vital) == ("1", True)
    assert one.nuggets[0].forms == (("ticket",), ("£12",))
    assert (one.timeline[0].date, one.conflicts[0].values) == ("2024-05", ("£12", "£13"))


def test_a_conversation_is_read(tmp_path: Path) -> None:
    (one,) = load_conversations(written(tmp_path, TALK))
    assert [turn.id for turn in one.turns] == ["c1.1", "c1.2"]
    assert [turn.standalone for turn in one.turns] == ["What does the ferry cost?", "A dog?"]


def test_later_turns_are_follow_ups_unless_there_is_no_answer(tmp_path: Path) -> None:
    silent = TURN | {
        "type": "unanswerable",
        "facts": [],
        "evidence": [],
        "articles": [],
        "standalone": "Why?",
    }
    conversations = load_conversations(written(tmp_path, TALK | {"turns": [*TALK["turns"], silent]}))
    assert [turn.type for turn in turns(conversations)] == ["numeric", "follow_up", "unanswerable"]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ("{'id': 1}", "is no JSON"),
        ("[]", "is not of type 'object'"),
        (without(QUESTION, "facts"), "'facts' is a required property"),
        (QUESTION | {"type": "numerical"}, "type: 'numerical' is not one of"),
        (QUESTION | {"facts": ["£12"]}, "facts[0]: '£12' is not of type 'array'"),
        (QUESTION | {"facts": [["£12"], []]}, "facts[1]: [] should be non-empty"),
        (QUESTION | {"facts": []}, "facts: [] should be non-empty"),
        (QUESTION | {"facts": [["£12", "…"]]}, "facts[0][1]: '…': needs a letter or a digit"),
        (QUESTION | {"facts": [["£12", "__"]]}, "facts[0][1]: '__': needs a letter or a digit"),
        (QUESTION | {"forbidden": ["__"]}, "forbidden[0]: '__': needs a letter or a digit"),
        (QUESTION | {"type": "unanswerable"}, "facts: [['£12', '12 pounds']] is expected to be empty"),
        (QUESTION | {"articles": []}, "articles: [] should be non-empty"),
        (QUESTION | {"evidence": [{"article": "a"}]}, "evidence[0]: 'quote' is a required property"),
        (QUESTION | {"alt_article": ["b"]}, "alt_article: there is no such field; alt_articles was meant?"),
    ],
)
def test_what_is_wrong_with_a_question(tmp_path: Path, row: Any, mistake: str) -> None:
    path = written(tmp_path, QUESTION | {"id": "q0"}, row)
    with pytest.raises(GoldInvalid) as caught:
        load_questions(path)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"{path}:2: ")
    assert mistake in caught.value.problems[0]
    assert isinstance(caught.value, UsageError), "what a user wrote is wrong: exit 2"


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        (without(BRIEF, "must_not"), "'must_not' is a required property"),
        (
            BRIEF | {"nuggets": [BRIEF["nuggets"][0] | {"importance": "high"}]},
            "nuggets[0].importance: 'high'",
        ),
        (BRIEF | {"nuggets": [BRIEF["nuggets"][0] | {"forms": [["__"]]}]}, "nuggets[0].forms[0][0]: '__'"),
        (
            BRIEF | {"timeline": [BRIEF["timeline"][0] | {"date": "5 May 2024"}]},
            "timeline[0].date: '5 May 2024'",
        ),
        (
            BRIEF | {"timeline": [BRIEF["timeline"][0] | {"date": "2024-13"}]},
            "timeline[0].date: '2024-13': Year, month or day",
        ),
        (
            BRIEF | {"conflicts": [BRIEF["conflicts"][0] | {"values": ["£12"]}]},
            "conflicts[0].values: ['£12']",
        ),
    ],
)
def test_what_is_wrong_with_a_brief(tmp_path: Path, row: Any, mistake: str) -> None:
    with pytest.raises(GoldInvalid) as caught:
        load_briefs(written(tmp_path, row))
    assert [mistake in one for one in caught.value.problems] == [True]


@pytest.mark.parametrize(
    ("turn", "mistake"),
    [
        (without(TURN, "facts"), "turns[1].'facts' is a required property"),
        (TURN, "turns[1].'standalone' is a required property"),
        (TURN | {"standalone": "A?", "facts": [[]]}, "turns[1].facts[0]: [] should be non-empty"),
    ],
)
def test_what_is_wrong_with_a_turn(tmp_path: Path, turn: Any, mistake: str) -> None:
    with pytest.raises(GoldInvalid) as caught:
        load_conversations(written(tmp_path, TALK | {"turns": [TURN, turn]}))
    assert mistake in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path, QUESTION, "nonsense", QUESTION | {"id": "q2", "type": "x", "facts": [[]]}, QUESTION
    )
    with pytest.raises(GoldInvalid) as caught:
        load_questions(path)
    places = [one.removeprefix(f"{path}:").split(":")[0] for one in caught.value.problems]
    assert places == ["2", "3", "3", "4"]
    assert "'q1' is already on line 1" in caught.value.problems[-1]
    assert "correct 4 mistakes" in str(caught.value)


def test_an_unknown_field_that_looks_like_none_is_let_be(tmp_path: Path) -> None:
    assert load_questions(written(tmp_path, QUESTION | {"difficulty": 3}))


def test_a_file_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_questions(tmp_path / "none.jsonl")
    with pytest.raises(GoldInvalid, match="nothing in it"):
        load_questions(written(tmp_path))


def test_quotes_are_held_against_the_articles(tmp_path: Path) -> None:
    wrong = QUESTION | {"id": "q2", "evidence": [{"article": "a/ferry.txt", "quote": "A ticket costs £13."}]}
    gone = QUESTION | {"id": "q3", "articles": ["a/gone.txt"], "evidence": []}
    path = written(tmp_path, QUESTION, wrong, gone)
    assert check_evidence(load_questions(path), ARTICLES.get) == [
        f"{path}:2: q2: a/ferry.txt does not say 'A ticket costs £13.'",
        f"{path}:3: q3: there is no article a/gone.txt",
    ]


def test_quotes_of_briefs_and_conversations_too(tmp_path: Path) -> None:
    bad = {"article": "a/ferry.txt", "quote": "Free of charge."}
    talk = load_conversations(written(tmp_path, TALK | {"turns": [TURN | {"evidence": [bad]}]}))
    assert ["Free of charge" in one for one in check_evidence(talk, ARTICLES.get)] == [True]
    brief = BRIEF | {"nuggets": [BRIEF["nuggets"][0] | bad], "conflicts": [], "timeline": []}
    assert [
        "Free of charge" in one for one in check_evidence(load_briefs(written(tmp_path, brief)), ARTICLES.get)
    ]
    elsewhere = BRIEF | {"timeline": [BRIEF["timeline"][0] | {"article": "x.txt"}]}
    assert ["x.txt" in one for one in check_evidence(load_briefs(written(tmp_path, elsewhere)), ARTICLES.get)]


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("A ticket costs £12.", True),
        ("A  ticket\ncosts £12.", True),  # line breaks are the page's, not the author's
        ('"It sails," the captain said', True),
        ("ticket costs £1", True),  # a quote may end anywhere
        ("a ticket costs £12.", False),  # but it is word for word
        ("A ticket … £12.", False),
        (" ", False),
    ],
)
def test_word_for_word(quote: str, stands: bool) -> None:
    assert verbatim(quote, ARTICLES["a/ferry.txt"]) is stands


@pytest.mark.parametrize("kind", ["questions", "briefs", "conversations"])
def test_the_schemas_are_schemas(kind: str) -> None:
    assert schema(kind)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema(kind))


@pytest.fixture(scope="module")
def seeds() -> Callable[[str], str | None]:
    """The demo corpus: what is reporting in each article, without notices and without the headline."""
    texts: dict[str, str] = {}
    for one in load([str(ROOT / "seeds")], LoadOptions()):
        if isinstance(one, Article):
            out, at = [], 0
            for mark in one.boilerplate:
                out.append(one.text[at : mark.start])
                at = mark.end
            texts[one.path] = "".join([*out, one.text[at:]])
    return texts.get


def test_the_projects_own_gold_holds(seeds: Callable[[str], str | None]) -> None:
    questions = load_questions(GOLD / "seeds.jsonl")
    conversations = load_conversations(GOLD / "seeds_conversations.jsonl")
    assert check_evidence([*questions, *conversations], seeds) == []
    kinds = Counter(one.type for one in (*questions, *turns(conversations)))
    assert set(schema("questions")["properties"]["type"]["enum"]) - {"follow-up"} == set(kinds)
    assert min(kinds.values()) >= 6
    assert len(questions) >= 120


def test_the_shared_gold_is_in_this_format(shared: Path) -> None:
    corpus = shared / "corpora" / "bbc"

    def text(path: str) -> str | None:
        file = corpus / path
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None

    questions = load_questions(shared / "gold" / "bbc_dev.jsonl")
    briefs = load_briefs(shared / "gold" / "briefs_dev.jsonl")
    assert check_evidence([*questions, *briefs], text) == []
