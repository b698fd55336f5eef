"""A question to a checked answer: retrieve, choose evidence, ask, verify, compose, or abstain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import prompts
from index.types import Passage, Query
from qa.about import articles_about, held, kept
from qa.answerable import Signals, probability
from qa.budget import total
from qa.clock import Clock
from qa.compose import Found, beside, citation, cite, compose, says_more
from qa.config import Settings
from qa.draft import PROMPT, Draft, draft
from qa.entail import entailed
from qa.evidence import Ranked, choose, pool, rank
from qa.premise import Premise, contradicted
from qa.question import Part, parts_of, window_of
from qa.selector import MOST, Selection, needed, select, weighed
from qa.selector import PROMPT as SELECT
from qa.types import Answer, Check, Citation, Claim, Evidence, Fate, Timings, Trace, Usage
from qa.verify import Checked, verify

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from index.types import Embedder
    from qa.chat_model import ChatModel
    from qa.reader import Reader

NO_MODEL = "none (quotations only)"
NEAREST = 3
# Mean log-probability of a draft above which one quotation answers better than several: of 101 questions that
# the articles answer 76 were right with it; above -0.35, 73.
SURE = -0.2
# A part of a question needs more than its share of the evidence, for half of a small number is too little.
PART_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of which articles. ``id`` is handed through."""

    text: str
    id: str = ""
    k: int = 10
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer.

    evidence_tokens: of evidence in a prompt; a part of a question gets ``PART_SHARE`` of it.
    max_tokens: that the model may write for each part of a question.
    threshold: an answer that is less probable than this is withheld.
    entailment: also ask the model whether the evidence entails each claim; it may only reject.
    today: the day that 'yesterday' in a question counts from.
    """

    evidence_tokens: int = 200
    max_tokens: int = 120
    threshold: float = 0.5
    entailment: bool = False
    today: date = field(default_factory=date.today)

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """The options that the settings ask for."""
        return cls(
            evidence_tokens=settings.evidence_tokens,
            max_tokens=settings.max_tokens,
            entailment=settings.verify == "model",
        )


@dataclass(frozen=True, slots=True)
class _Answered:
    """One part of a question with all that became of it. about: ids of the articles that may answer it."""

    part: Part
    ranked: Sequence[Ranked]
    evidence: tuple[Evidence, ...]
    said: Draft | Selection | None
    checked: tuple[Checked, ...]
    signals: Signals
    premise: Premise | None
    about: frozenset[str]

    @property
    def _says_it(self) -> bool:
        """Whether there is a verified claim that is a sentence by itself."""
        return any(
            one.evidence and not one.quoted and says_more(one.text, self.part.text) for one in self.checked
        )

    @property
    def _further(self) -> int | None:
        """How many sentences may be quoted after what was drafted or chosen; None for as many as fit."""
        if isinstance(self.said, Selection):
            return needed(self.evidence) - 1
        stands = any(one.evidence and not one.quoted for one in self.checked)
        confidence = self.said.confidence if self.said else None
        sure = self._says_it if confidence is None else confidence > SURE
        return 0 if stands and sure else None

    @property
    def found(self) -> Found:
        return Found(
            self.part.text,
            kept(_by_score(self.evidence), self.about),
            self.checked,
            kept(pool(self.ranked), self.about),
            further=self._further,
            answers={
                (one.sentence.article.id, one.sentence.start): (one.reading.start, one.reading.end)
                for one in self.ranked
                if one.reading
            },
            premise=self.premise,
        )


class Answerer:
    """Answers questions over one index. Safe to use from several threads.

    model: None where there is none to be had; answers are then quotations.
    reader: None where its weights are not there; evidence is then chosen without it, and worse.
    """

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder,
        model: ChatModel | None,
        options: Options,
        reader: Reader | None = None,
    ) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._model = model
        self._options = options
        self._reader = reader

    def ask(
        self,
        question: Question,
        *,
        on_progress: Callable[[str], None] = lambda stage: None,
        on_claim: Callable[[Claim, Sequence[Citation]], None] = lambda claim, citations: None,
    ) -> Answer:
        """The answer, or an abstention. Raises ServiceError, IndexFailure.

        on_progress: is given the stage in words. on_claim: is given each claim that stands, with its
        citations, once it is certain that the answer is not withheld.
        """
        clock = Clock()
        on_progress("searching")
        parts = parts_of(question.text)
        query, notice = self._query(question)
        passages = self._retrieve(query, parts)
        clock.lap("retrieve_s")
        on_progress(f"reading {len(passages)} passages")
        ranked = [
            rank(part, passages, self._retriever.catalog, self._embedder, self._reader) for part in parts
        ]
        shared = self._choose(ranked, self._options.evidence_tokens)
        clock.lap("evidence_s")
        if not shared:
            return self._abstention(question, (), shared, 0.0, notice, clock)
        shares = self._shares(parts, ranked, shared)
        said = [self._said(part, own, on_progress) for part, own in shares]
        clock.lap("generate_s")
        on_progress("checking")
        answered = tuple(
            self._checked(part, order, own, one)
            for (part, own), order, one in zip(shares, ranked, said, strict=True)
        )
        # A correction answers, whatever the question asks for.
        likely = min((probability(one.signals) for one in answered if one.premise is None), default=1.0)
        found = [one.found for one in answered]
        lines = compose(found)
        if likely < self._options.threshold or not lines:
            clock.lap("verify_s")
            return self._abstention(question, answered, shared, likely, notice, clock)
        claims, citations = cite(lines)
        clock.lap("verify_s")
        for claim in claims:
            on_claim(claim, [one for one in citations if one.id in claim.citations])
        more = enumerate(beside(found, lines), len(citations) + 1)
        citations = (*citations, *(citation(number, one) for number, one in more))
        return self._answer(question, answered, claims, citations, likely, notice, clock)

    def _retrieve(self, base: Query, parts: Sequence[Part]) -> list[Passage]:
        """The passages for the whole question and for each of its parts, in turn, each once."""
        if len(parts) == 1:
            return self._retriever.search(base)
        each = max(3, base.k // 2)
        lists = [self._retriever.search(base)]
        lists += [self._retriever.search(replace(base, text=part.text, k=each)) for part in parts]
        found: dict[str, Passage] = {}
        for turn in range(max(len(one) for one in lists)):
            for one in lists:
                if turn < len(one):
                    found.setdefault(one[turn].chunk.id, one[turn])
        passages = list(found.values())[: base.k + each]
        return [replace(one, rank=n) for n, one in enumerate(passages, 1)]

    def _query(self, question: Question) -> tuple[Query, str]:
        """The query, with the days that the question names where articles of those days are indexed.

        Where there are none, days that are reckoned from today cannot be meant: a notice says so.
        """
        query = Query(
            question.text,
            k=question.k,
            since=question.since,
            until=question.until,
            sources=question.sources,
            tags=question.tags,
            articles=question.articles,
        )
        if question.since or question.until:
            return query, ""
        window = window_of(question.text, self._options.today)
        if window is None:
            return query, ""
        dated = replace(query, since=window.since, until=window.until)
        if self._retriever.catalog.matching(dated):
            return dated, ""
        return query, window.unknown

    def _shares(
        self, parts: Sequence[Part], ranked: Sequence[Sequence[Ranked]], shared: tuple[Evidence, ...]
    ) -> list[tuple[Part, tuple[Evidence, ...]]]:
        """Each part with its evidence."""
        if len(parts) == 1:
            return [(parts[0], shared)]
        budget = int(self._options.evidence_tokens * PART_SHARE)
        return [(part, self._choose([order], budget)) for part, order in zip(parts, ranked, strict=True)]

    def _choose(self, ranked: Sequence[Sequence[Ranked]], budget: int) -> tuple[Evidence, ...]:
        return choose(ranked, budget, MOST if self._model and self._model.selector else None)

    def _said(
        self, part: Part, evidence: tuple[Evidence, ...], on_progress: Callable[[str], None]
    ) -> Draft | Selection | None:
        """What the model says: which sentence answers where it was trained for that, else an answer."""
        if self._model is None:
            return None
        on_progress(f"asking {self._model.name}")
        if self._model.selector:
            return select(part.text, evidence, self._model.selector)
        return draft(part.text, evidence, self._model, max_tokens=self._options.max_tokens)

    def _verified(self, written: Draft | None, evidence: tuple[Evidence, ...]) -> tuple[Checked, ...]:
        if written is None:
            return ()
        checked = verify(written.claims, evidence)
        if not self._options.entailment or self._model is None:
            return checked
        return tuple(entailed(one, self._model) for one in checked)

    def _checked(
        self,
        part: Part,
        ranked: Sequence[Ranked],
        evidence: tuple[Evidence, ...],
        said: Draft | Selection | None,
    ) -> _Answered:
        about = articles_about(part.text, [one.sentence.article for one in ranked])
        written = said if isinstance(said, Draft) else None
        chosen = said if isinstance(said, Selection) else None
        if chosen:
            evidence = weighed(evidence, chosen)
        checked = tuple(held(one, about) for one in self._verified(written, evidence))
        signals = Signals.of(part, ranked, written, checked, self._retriever.catalog, chosen)
        premise = contradicted(part.text, part.kind, kept(_by_score(evidence), about))
        return _Answered(part, ranked, evidence, said, checked, signals, premise, about)

    def _answer(
        self,
        question: Question,
        answered: tuple[_Answered, ...],
        claims: tuple[Claim, ...],
        citations: tuple[Citation, ...],
        likely: float,
        notice: str,
        clock: Clock,
    ) -> Answer:
        return Answer(
            id=question.id,
            question=question.text,
            answer=" ".join(claim.text for claim in claims),
            abstained=False,
            claims=claims,
            citations=citations,
            model=self._model_name,
            prompt=self._prompt_id,
            usage=_usage(answered),
            timings=Timings(**clock.seconds()),
            notice=notice,
            trace=self._trace(answered, likely),
        )

    def _abstention(
        self,
        question: Question,
        answered: tuple[_Answered, ...],
        evidence: tuple[Evidence, ...],
        likely: float,
        notice: str,
        clock: Clock,
    ) -> Answer:
        sought = " ".join(question.text.split()).rstrip("?. ")
        nearest = _by_score(evidence)[:NEAREST]
        return Answer(
            id=question.id,
            question=question.text,
            answer=f"The articles do not answer this; looked for: {sought}.",
            abstained=True,
            claims=(),
            citations=(),
            model=self._model_name,
            prompt=self._prompt_id,
            usage=_usage(answered),
            timings=Timings(**clock.seconds()),
            nearest=tuple(citation(n, one) for n, one in enumerate(nearest, 1)),
            notice=notice,
            trace=self._trace(answered, likely),
        )

    @property
    def _model_name(self) -> str:
        return self._model.name if self._model else NO_MODEL

    @property
    def _prompt_id(self) -> str:
        if self._model is None:
            return ""
        return prompts.load(SELECT if self._model.selector else PROMPT).id

    def _trace(self, answered: tuple[_Answered, ...], likely: float) -> Trace:
        return Trace(
            evidence=tuple(dict.fromkeys(one for part in answered for one in part.evidence)),
            checks=tuple(_final(checked) for part in answered for checked in part.checked),
            prompts=tuple(part.said.prompt for part in answered if part.said),
            replies=tuple(part.said.reply.text for part in answered if part.said),
            notes={
                "parts": [part.part.text for part in answered],
                "probability": round(likely, 4),
                "threshold": self._options.threshold,
                "signals": [dict(part.signals.named()) for part in answered],
                "selections": [
                    {"odds": [round(each, 4) for each in one.odds], "none": round(one.none, 4)}
                    for part in answered
                    if isinstance(one := part.said, Selection)
                ],
            },
        )


def _by_score(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda one: -one.score))


def _final(checked: Checked) -> Check:
    if checked.check.fate is Fate.DROPPED or checked.check.printed:
        return checked.check
    return replace(checked.check, printed=checked.text)


def _usage(answered: Sequence[_Answered]) -> Usage:
    used = Usage(cost_usd=0.0)
    for part in answered:
        if part.said is not None:
            used = total(used, part.said.reply.usage)
    return used
