"""The frozen values of answering. The JSON of ``Answer`` is a public contract: qa/schemas/answer.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from index.types import Article


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence (or two that belong together) offered to the model: ``article.text[start:end]``.

    number: 1-based, as the model sees it.
    score: how well it suits the question, comparable within one question only.
    """

    number: int
    article: Article
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The exact words."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a claim's words stand: ``quote == article text[start:end]``."""

    id: int
    article_id: str
    path: str
    title: str
    source: str
    published: str | None
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One checked sentence and the ids of the citations that carry it."""

    text: str
    citations: tuple[int, ...]


class Fate(StrEnum):
    """What became of a drafted claim."""

    VERIFIED = "verified"
    REANCHORED = "re-anchored"
    QUOTED = "replaced by a quotation"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Check:
    """A drafted claim's way through verification; ``reasons`` are machine-readable codes."""

    drafted: str
    cited: tuple[int, ...]
    fate: Fate
    reasons: tuple[str, ...]
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them; cost in US dollars, None where the price is unknown."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock seconds of each stage."""

    retrieve_s: float = 0.0
    evidence_s: float = 0.0
    generate_s: float = 0.0
    verify_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer came about; not part of the contract."""

    evidence: tuple[Evidence, ...] = ()
    checks: tuple[Check, ...] = ()
    prompts: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every claim is cited, or an abstention (``abstained``) with the nearest passages.

    citations: those of the claims (``backing``), then sentences near the question, for none (``beside``).
    notice: what the user should know of how the question was taken; mostly empty.
    """

    id: str
    question: str
    answer: str
    abstained: bool
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    model: str
    prompt: str
    usage: Usage
    timings: Timings
    nearest: tuple[Citation, ...] = ()
    notice: str = ""
    trace: Trace = Trace()

    @property
    def backing(self) -> tuple[Citation, ...]:
        """The citations that claims refer to."""
        return tuple(one for one in self.citations if one.id in self._referred)

    @property
    def beside(self) -> tuple[Citation, ...]:
        """The citations that no claim refers to."""
        return tuple(one for one in self.citations if one.id not in self._referred)

    @property
    def _referred(self) -> frozenset[int]:
        return frozenset(number for claim in self.claims for number in claim.citations)


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; role is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A generated token, its log-probability, and the alternatives at its place."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a chat model returned for one request."""

    text: str
    model: str
    usage: Usage
    finish_reason: str
    seconds: float
    logprobs: Sequence[TokenLogprob] = ()
    cached: bool = False
