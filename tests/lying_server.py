"""A real OpenAI-compatible server on loopback whose model reads the numbered evidence and lies about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.lying import Case
from tests.misbehaving import Connection, MisbehavingServer, completion, reply

_LINE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)


class LyingServer(MisbehavingServer):
    """``with LyingServer() as server``: each reply says ``server.lie`` about the sentences it is made of.

    A lie of which the prompt has no source sentence is not told: the reply is the first sentence as it
    stands. ``told`` are the lies that were.
    """

    def __init__(self) -> None:
        super().__init__(self._behave)
        self.lie: Case | None = None
        self.told: list[Case] = []

    def __enter__(self) -> LyingServer:
        super().__enter__()
        return self

    def _behave(self, conn: Connection) -> None:
        assert self.lie is not None
        body = self.requests[-1].body
        lines = {int(number): _words(text) for number, text in _LINE.findall(body["messages"][-1]["content"])}
        sources = [_words(self.lie.article.text[span.start : span.end]) for span in self.lie.spans]
        cited = [number for number, text in lines.items() if text in sources]
        answer = self.lie.claim
        if cited or self.lie.invented:
            self.told.append(self.lie)
        else:
            answer = next(iter(lines.values()), "nothing")
        form = body["response_format"]["json_schema"]["schema"]
        numbers = self.lie.invented or cited[:2] or [1]
        reply(completion(json.dumps(filled(form, answer, list(numbers)))))(conn)


def _words(text: str) -> str:
    return " ".join(text.split())


def filled(form: Mapping[str, Any], text: str, numbers: Sequence[int]) -> Any:
    """A value of the form that the request asks for, with the text and the numbers where such belong."""
    match form["type"]:
        case "object":
            return {name: filled(one, text, numbers) for name, one in form["properties"].items()}
        case "array" if form["items"]["type"] == "integer":
            return list(numbers)
        case "array":
            return [filled(form["items"], text, numbers)]
        case "string":
            return text
        case _:
            return True
