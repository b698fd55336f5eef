"""Conversations as the tests of ``qa chat`` need them: two articles, turns, and a stand-in that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from index.types import Article
from qa.answer import Question
from qa.chat.heard import Heard, heard
from qa.chat.record import Turn, turn_of
from qa.types import Answer, Check, Citation, Claim, Evidence, Fate, Timings, Trace, Usage
from tests.newsroom import article
from tests.small_paper import BRIDGE, FERRY, ORCHARD

MILL = article(
    "mills/paper.txt",
    "Orlin Paper will close its mill in Fennwick in May, the company said on Tuesday. Chief executive Petra "
    "Lindqvist told workers that orders had halved since 2019. She will stay until the autumn. The mill "
    "employs 340 people.\n\n"
    "Union leader Jonas Akker called the decision cowardly. He wants the state to buy the mill. A rival, "
    "Brandt Board, offered 12 million euros for it last year.",
    title="Fennwick loses its mill",
    source="Bay News",
    published=date(2024, 2, 6),
)
RACE = article(
    "sport/race.txt",
    "Mirela Toska won the Varnholt marathon in two hours and 24 minutes on Sunday. Toska, 31, had finished "
    "third in 2021. Second was Hanne Brodal of Eskerby, a minute behind. The race began in Quillford, went "
    "through Eskerby and ended in Varnholt. About 9,000 people ran.",
    title="Toska wins in the rain",
    source="Varnholt Courier",
    published=date(2024, 4, 22),
)
NEWS = (FERRY, BRIDGE, ORCHARD, MILL, RACE)
NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def said(question: str, words: str = "", of: Article | None = None, draft: str = "") -> Heard:
    """A turn in mind: ``words`` of an article were the answer, the model having drafted ``draft``."""
    claims = [f"“{words}”"] if words else []
    return heard(question, claims, [draft] if draft else [], [of] if of else [])


def cited(of: Article, words: str, number: int = 1) -> Citation:
    """A citation of an article's words."""
    start = of.text.index(words)
    day = of.published.isoformat() if of.published else None
    return Citation(number, of.id, of.path, of.title, of.source, day, words, start, start + len(words))


def answered(question: str, of: Article, words: str) -> Answer:
    """An answer that quotes an article's words."""
    citation = cited(of, words)
    return Answer(
        id="",
        question=question,
        answer=f"“{words}”",
        abstained=False,
        claims=(Claim(f"“{words}”", (1,)),),
        citations=(citation,),
        model="scripted",
        prompt="answer@2",
        usage=Usage(100, 10, 0.0),
        timings=Timings(0.1, 0.1, 0.5, 0.1, 0.8),
        trace=Trace(
            evidence=(Evidence(1, of, citation.start, citation.end, 1.0),),
            checks=(Check(words, (1,), Fate.VERIFIED, (), words),),
            notes={"probability": 0.9, "threshold": 0.5},
        ),
    )


def withheld(question: str) -> Answer:
    """An abstention with nothing near."""
    return Answer(
        id="",
        question=question,
        answer=f"The articles do not answer this; looked for: {question.rstrip('?')}.",
        abstained=True,
        claims=(),
        citations=(),
        model="scripted",
        prompt="answer@2",
        usage=Usage(50, 5, 0.0),
        timings=Timings(0.1, 0.0, 0.2, 0.0, 0.3),
        trace=Trace(notes={"probability": 0.1, "threshold": 0.5}),
    )


def turn(asked: str, of: Article, words: str, **known: Any) -> Turn:
    """A finished turn."""
    question = known.pop("question", asked)
    return turn_of(asked, answered(question, of, words), at=NOON, **known)


class Scripted:
    """Stands in for ``qa.answer.Answerer``: answers, or raises, what is in the script, and else withholds.

    The script maps questions that stand alone to (article, words) or to an exception. near: what stands
    nearest to a question that is withheld.
    """

    def __init__(
        self,
        script: Mapping[str, tuple[Article, str] | BaseException] | None = None,
        near: Mapping[str, Citation] | None = None,
    ) -> None:
        self.script = dict(script or {})
        self.near = dict(near or {})
        self.asked: list[Question] = []

    def ask(
        self,
        question: Question,
        *,
        on_progress: Callable[[str], None] = lambda stage: None,
        on_claim: Callable[[Claim, Sequence[Citation]], None] = lambda claim, citations: None,
    ) -> Answer:
        self.asked.append(question)
        on_progress("searching")
        step = self.script.get(question.text)
        if isinstance(step, BaseException):
            raise step
        if step is None:
            near = self.near.get(question.text)
            return replace(withheld(question.text), nearest=(near,) if near else ())
        answer = replace(answered(question.text, *step), id=question.id)
        on_progress("checking 1 claim")
        for claim in answer.claims:
            on_claim(claim, answer.citations)
        return answer


def library(*articles: Article) -> Callable[[Sequence[str]], dict[str, Article]]:
    """What a catalog's ``articles`` does, over these articles."""
    known = {one.id: one for one in articles or NEWS}
    return lambda ids: {one: known[one] for one in ids if one in known}
