"""Gold questions about the small paper, rows of answers to them, and finished runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.folder import FORMAT, Run, Writer
from evals.gold import GoldQuestion, load_questions
from evals.runner import finish
from index.types import Article
from qa.features import Sentence
from qa.reader import Reading
from tests.fakes import Asked, FakeChatModel
from tests.small_paper import BRIDGE, FERRY, ORCHARD, PAPER, written

QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "id": "q1",
        "question": "How long is the new bridge of Varnholt?",
        "type": "numeric",
        "answer": "412 metres.",
        "facts": [["412 metres", "412 m"]],
        "forbidden": ["214 metres"],
        "articles": [BRIDGE.path],
        "evidence": [{"article": BRIDGE.path, "quote": "The bridge is 412 metres long."}],
    },
    {
        "id": "q2",
        "question": "Who did not blame the crew of the Kittiwake?",
        "type": "single",
        "answer": "Harbour master Ingrid Solberg.",
        "facts": [["Ingrid Solberg", "Solberg"]],
        "forbidden": [],
        "articles": [FERRY.path],
        "evidence": [
            {"article": FERRY.path, "quote": "Harbour master Ingrid Solberg did not blame the crew."}
        ],
    },
    {
        "id": "q3",
        "question": "How many pupils does the school of Toldra have?",
        "type": "unanswerable",
        "answer": "",
        "facts": [],
        "forbidden": [],
        "articles": [],
        "evidence": [],
    },
    {
        "id": "q4",
        "question": "How many candles did Agneta Holm light?",
        "type": "numeric",
        "answer": "300.",
        "facts": [["300"]],
        "forbidden": [],
        "articles": [ORCHARD.path],
        "evidence": [{"article": ORCHARD.path, "quote": "lit 300 candles between her trees"}],
    },
)
# What a good system says; the key words are those of its quotation.
RIGHT: Mapping[str, tuple[Article, str]] = {
    "q1": (BRIDGE, "The bridge is 412 metres long."),
    "q2": (FERRY, "Harbour master Ingrid Solberg did not blame the crew."),
    "q4": (ORCHARD, "Farmer Agneta Holm lit 300 candles between her trees and saved most of them."),
}


def write_gold(path: Path, rows: Sequence[Mapping[str, Any]] = QUESTIONS) -> Path:
    """A gold file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_corpus(folder: Path, articles: Sequence[Article] = PAPER) -> Path:
    """The articles as text files, headline on the first line."""
    for one in articles:
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{one.title}\n\n{one.text}\n", encoding="utf-8")
    return folder


def text_of(path: str) -> str | None:
    """The text of an article of the small paper."""
    return next((f"{one.title}\n\n{one.text}" for one in PAPER if one.path == path), None)


def quoting(name: str, article: Article, quote: str, said: str = "", **changes: Any) -> dict[str, Any]:
    """The row of an answer that quotes an article; ``said`` where it says something else beside it."""
    start = article.text.index(quote)
    place = {"article_id": article.id, "path": article.path, "title": article.title}
    cited = {"id": 1, **place, "source": "", "published": None, "quote": quote}
    row: dict[str, Any] = {
        "id": name,
        "question": next(one["question"] for one in QUESTIONS if one["id"] == name),
        "answer": said or f"“{quote}”",
        "abstained": False,
        "claims": [{"text": said or f"“{quote}”", "citations": [1]}],
        "citations": [{**cited, "start": start, "end": start + len(quote)}],
        "nearest": [],
        "model": "scripted",
        "prompt": "answer@2",
        "usage": {"prompt_tokens": 200, "completion_tokens": 12, "cost_usd": 0.0},
        "timings": {"retrieve_s": 0.1, "total_s": 1.5},
        "trace": {
            "evidence": [{"number": 1, "path": article.path, "text": quote, "score": 0.5}],
            "checks": [
                {
                    "drafted": said or quote,
                    "cited": [1],
                    "fate": "verified",
                    "reasons": [],
                    "printed": said or quote,
                }
            ],
            "prompts": [f"user:\n[1] {quote}"],
            "replies": ['{"answer": "…"}'],
            "notes": {"probability": 0.9, "threshold": 0.5},
            "passages": [passage(article)],
        },
        "eval": {"known_replies": False},
    }
    return {**row, **changes}


def passage(article: Article, rank: int = 1) -> dict[str, Any]:
    """A whole article as a retrieved passage."""
    scores = {"dense": 0.5, "lexical": 3.0, "fused": 0.9}
    span = {"start": 0, "end": len(article.text), "text": article.text}
    return {"rank": rank, "path": article.path, "title": article.title, **span, **scores}


def withheld(name: str) -> dict[str, Any]:
    """The row of an abstention."""
    row = quoting(name, *RIGHT.get(name, (BRIDGE, "The bridge is 412 metres long.")))
    trace = {**row["trace"], "notes": {"probability": 0.2, "threshold": 0.5}}
    said = "The articles do not answer this."
    return {**row, "answer": said, "abstained": True, "claims": [], "citations": [], "trace": trace}


def failed(name: str, words: str = "ValueError: a crooked number") -> dict[str, Any]:
    """The row of a question that failed."""
    question = next(one["question"] for one in QUESTIONS if one["id"] == name)
    return {"id": name, "question": question, "failed": words, "traceback": f"Traceback\n{words}\n"}


def right(name: str) -> dict[str, Any]:
    """The row of a right answer, or of the right abstention."""
    return quoting(name, *RIGHT[name]) if name in RIGHT else withheld(name)


def golds(folder: Path) -> tuple[GoldQuestion, ...]:
    """``QUESTIONS`` as they are loaded."""
    return load_questions(write_gold(folder / "gold_questions.jsonl"))


def about(**changes: Any) -> dict[str, Any]:
    """What ``run.json`` says."""
    return {
        "format": FORMAT,
        "gold": {"file": "paper.jsonl", "sha256": "0" * 64, "kind": "questions"},
        "asked": 4,
        "of": 4,
        "articles": {"sha256": "1" * 64, "count": 3},
        "model": "local:scripted",
        "embedding": "fake-64",
        "settings": {"k": 10, "today": None},
        "code": "2" * 64,
        "commit": None,
        "versions": {},
        "jobs": 1,
        "started": "2031-05-01T10:00:00+00:00",
        "finished": None,
        **changes,
    }


def finished_run(folder: Path, rows: Sequence[Mapping[str, Any]], **changes: Any) -> Run:
    """A run whose answers are ``rows``, scored."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Writer(folder, about(**changes), golds(folder.parent)) as writer:
        for row in rows:
            writer.add(row)
        return finish(writer, text_of)


GATE = """
# A gate of the tests.
[sets.paper]
gold = "gold.jsonl"
corpus = "corpus"
model = "local:qwen2.5-coder-0.5b" # the usual one
recorded = "tapes/paper"
today = 2024-04-20
gold_sha256 = ""
corpus_sha256 = ""

[sets.paper.floors]
article_recall = 0.5
quote_validity = 0.9

[sets.paper.ceilings]
unsupported_claims = 0.5
"""


class Known(FakeChatModel):
    """Answers as often as it is asked, as the local model would be called."""

    name = "qwen2.5-coder-0.5b"
    identity = "local:qwen2.5-coder-0.5b"

    def complete(self, messages: Any, **options: Any) -> Any:
        self._script.append(self.say)
        return super().complete(messages, **options)

    @staticmethod
    def say(asked: Asked) -> str:
        """The first sentence that it is shown."""
        (first,) = [line for line in asked.prompt.splitlines() if line.startswith("[1] ")]
        return written(first.removeprefix("[1] "), 1)


class FakeReader:
    """Reads words that question and sentence share, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, question: str, sentences: Sequence[Sentence]) -> list[Reading]:
        self.asked += 1
        wanted = set(question.lower().split())
        shared = [len(wanted & set(one.text.lower().split())) / 3 for one in sentences]
        return [
            Reading(value, value - 1, one.start, one.start + 5)
            for value, one in zip(shared, sentences, strict=True)
        ]
