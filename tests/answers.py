"""Answers as the tests of their printing need them, and a stand-in for what makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from index.types import Article
from qa.types import Answer, Check, Citation, Claim, Evidence, Fate, Timings, Trace, Usage

TEXT = (
    "The Kittiwake ferry was taken out of service on 3 March. A crack had been found in its hull. "
    "The port of Eskerby hopes to see it back in May."
)
ARTICLE = Article(
    id="00ab00ab00ab00ab",
    path="ports/ferry.txt",
    location="/news/ports/ferry.txt",
    title="Crack stops the Kittiwake",
    text=TEXT,
    source="Bay News",
)


def citation(number: int, quote: str, **changes: Any) -> Citation:
    """A citation of words of ``TEXT``."""
    start = TEXT.index(quote)
    made = Citation(
        id=number,
        article_id=ARTICLE.id,
        path=ARTICLE.path,
        title=ARTICLE.title,
        source=ARTICLE.source,
        published="2024-03-04",
        quote=quote,
        start=start,
        end=start + len(quote),
    )
    return replace(made, **changes)


FIRST = citation(1, "The Kittiwake ferry was taken out of service on 3 March.")
SECOND = citation(2, "The port of Eskerby hopes to see it back in May.")

ANSWER = Answer(
    id="q1",
    question="When was the Kittiwake withdrawn, and when will it be back?",
    answer="The Kittiwake was withdrawn on 3 March. It is hoped to be back in May.",
    abstained=False,
    claims=(
        Claim("The Kittiwake was withdrawn on 3 March.", (1,)),
        Claim("It is hoped to be back in May.", (1, 2)),
    ),
    citations=(FIRST, SECOND),
    model="small-model",
    prompt="answer@3",
    usage=Usage(412, 38, None),
    timings=Timings(0.12345, 0.02, 1.4, 0.0004, 1.5444),
    trace=Trace(
        evidence=(Evidence(1, ARTICLE, FIRST.start, FIRST.end, 0.75),),
        checks=(
            Check("The Kittiwake was withdrawn on 3 March.", (1,), Fate.VERIFIED, ()),
            Check("It sank in 1999.", (1,), Fate.DROPPED, ("number:1999",)),
        ),
        prompts=("SYSTEM\nanswer from the evidence",),
        replies=("{}",),
        notes={"evidence_score": 0.75, "threshold": 0.4},
    ),
)

ABSTENTION = Answer(
    id="q2",
    question="Who built the Kittiwake?",
    answer="The articles do not say who built the Kittiwake.",
    abstained=True,
    claims=(),
    citations=(),
    model="small-model",
    prompt="answer@3",
    usage=Usage(),
    timings=Timings(),
    nearest=(SECOND,),
    trace=Trace(notes={"evidence_score": 0.1, "threshold": 0.4}),
)


class FakeAnswerer:
    """Stands in for ``qa.answer.Answerer``: ``reply`` makes the answers, or raises."""

    reply: ClassVar[Callable[[Any], Answer]]
    made: ClassVar[list[FakeAnswerer]] = []

    def __init__(self, retriever: Any, embedder: Any, model: Any, options: Any, reader: Any = None) -> None:
        self.retriever, self.embedder, self.model, self.options = retriever, embedder, model, options
        self.questions: list[Any] = []
        self._lock = threading.Lock()
        FakeAnswerer.made.append(self)

    def ask(
        self,
        question: Any,
        *,
        on_progress: Callable[[str], None] = lambda words: None,
        on_claim: Callable[[Claim, Sequence[Citation]], None] = lambda claim, citations: None,
    ) -> Answer:
        with self._lock:
            self.questions.append(question)
        on_progress("searching")
        answer = replace(FakeAnswerer.reply(question), id=question.id, question=question.text)
        for claim in answer.claims:
            on_progress(f"checking {len(answer.claims)} claims")
            on_claim(claim, [one for one in answer.citations if one.id in claim.citations])
        return answer
