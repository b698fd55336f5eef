"""``qa chat`` as a program for the tests in a pseudo-terminal: the real one, but for the two models.

``python -m tests.chat_program INDEX [ARGUMENTS]``. The embedding is a fake; the language model copies from
its prompt the sentence that shares most words with the question, and takes a minute over the slow boat.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from qa import cli, wiring
from qa.types import Message, Reply
from tests.fakes import FakeEmbedder, reply


class Copying:
    """Answers with a sentence of the evidence."""

    name = "copying"
    identity = "the copying model of the tests"
    selector = None

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
        evidence, _, question = messages[-1].content.rpartition("Question:")
        if "slow boat" in question:
            time.sleep(60)
        asked = set(re.findall(r"\w{3,}", question.lower()))
        numbered = re.findall(r"^\[(\d+)\] (.+)$", evidence, re.MULTILINE)
        best = max(numbered, key=lambda one: len(asked & set(re.findall(r"\w+", one[1].lower()))))
        return reply(json.dumps({"answer": best[1], "sentences": [int(best[0])]}))

    def stream(self, messages: Sequence[Message], **options: Any) -> Any:
        raise NotImplementedError


def main() -> int:
    """The command line of ``qa chat``."""
    wired: Any = wiring
    wired.embedder = lambda *_, **__: FakeEmbedder()
    wired.chat_model = lambda *_, **__: Copying()
    wired.reader = lambda *_, **__: None
    index, *arguments = sys.argv[1:]
    return cli.run(
        ["chat", "--index", index, "--model", "elsewhere", "--base-url", "http://127.0.0.1:9/v1", *arguments]
    )


if __name__ == "__main__":
    sys.exit(main())
