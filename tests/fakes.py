"""Deterministic stand-ins for what is slow or random."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.types import Message, Reply, TokenLogprob, Usage


class FakeEmbedder:
    """A hashed bag of words as a unit vector: texts that share words are near each other."""

    name = "fake-64"
    dimensions = 64

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts.extend(texts)
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                out[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1.0
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        return (out / np.where(norms == 0, 1.0, norms)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a ``FakeChatModel`` was given."""

    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None
    grammar: str | None

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return self.messages[-1].content


class FakeChatModel:
    """Answers from a script: texts, whole replies, errors to raise, or functions of the request.

    A request beyond the script is a mistake of the test's, or of the code that asks too often.
    """

    name = "scripted"
    identity = "scripted model of the tests"
    selector: FakeChatModel | None = None

    def __init__(self, *script: str | Reply | Exception | Callable[[Asked], str]) -> None:
        self.asked: list[Asked] = []
        self._script = list(script)
        self._lock = threading.Lock()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        top_logprobs: int = 0,
        grammar: str | None = None,
    ) -> Reply:
        asked = Asked(tuple(messages), max_tokens, schema, grammar)
        with self._lock:
            self.asked.append(asked)
            assert self._script, f"asked once more than the script foresees: {asked.prompt}"
            step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Reply):
            return step
        return reply(step if isinstance(step, str) else step(asked))

    def stream(self, messages: Sequence[Message], **options: Any) -> Generator[str, None, Reply]:
        whole = self.complete(messages, **options)
        yield whole.text
        return whole


def reply(text: str, logprobs: Sequence[TokenLogprob] = ()) -> Reply:
    """A reply that cost 100 tokens of prompt and one for each word."""
    return Reply(text, "scripted", Usage(100, len(text.split()), 0.0), "stop", 0.0, tuple(logprobs))
