"""What a chat model sent, read: text without the thinking, JSON without the wrapping, log-probabilities."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qa.errors import ReplyInvalid, ServiceRejected
from qa.failures import Failure, broken, quoted
from qa.secret import Secret
from qa.types import TokenLogprob

_OPENERS = ("<think>", "<thinking>", "[THINK]")
_CLOSER = {"<think>": "</think>", "<thinking>": "</thinking>", "[THINK]": "[/THINK]"}
_FENCE = re.compile(r"```[A-Za-z]*\s*(.*?)\s*```\s*\Z", re.DOTALL)


@dataclass(slots=True)
class Thinking:
    """Takes a reply piece by piece and lets through what comes after the thinking.

    A reasoning model may begin with ``<think> … </think>``; only at the beginning, for later on such words
    are text. ``open`` says that a block was begun and not ended.
    """

    open: bool = False
    _held: str = ""
    _closer: str = ""
    _past: bool = False

    def feed(self, piece: str) -> str:
        """The visible part of what has come so far and was not returned before."""
        if self._past:
            return piece
        self._held += piece
        if not self.open and not self._enter():
            return ""
        if self.open:
            _, closer, after = self._held.partition(self._closer)
            if not closer:
                return ""
            self._held, self.open = after, False
            return self.feed("")  # a second block, or the text
        self._past = True
        held, self._held = self._held, ""
        return held

    def _enter(self) -> bool:
        """Whether it is clear by now if a block begins; sets ``open`` when one does."""
        start = self._held.lstrip()
        opener = next((opener for opener in _OPENERS if start.startswith(opener)), "")
        if opener:
            self._held, self._closer, self.open = start[len(opener) :], _CLOSER[opener], True
            return True
        if any(opener.startswith(start) for opener in _OPENERS):
            return False
        if self._closer:
            self._held = start  # what stands between the block and the text is not text
        return True

    def rest(self) -> str:
        """At the end of the reply: what was held back because it looked like the beginning of a block."""
        held, self._held = ("" if self.open else self._held), ""
        self._past = True
        return held


def strip_thinking(text: str) -> tuple[str, bool]:
    """The text without leading thinking, and whether a block of thinking is left open.

    Some templates put the opening mark into the prompt, so that only the closing one is in the reply.
    """
    thinking = Thinking()
    visible = thinking.feed(text) + thinking.rest()
    for opener in _OPENERS:
        closer = _CLOSER[opener]
        if closer in visible and opener not in visible:
            visible = visible.partition(closer)[2].lstrip()
    return visible, thinking.open


@dataclass(slots=True)
class Collected:
    """A reply as it is put together from one body or from the chunks of a stream."""

    text: str = ""
    reasoned: bool = False
    refusal: str = ""
    finish_reason: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    counted: bool = False
    choices: int = 0
    logprobs: list[TokenLogprob] = field(default_factory=list)

    def add(self, body: Mapping[str, Any], part: str) -> str:
        """Take in a body (``part`` is ``message``) or a chunk (``delta``); returns the text it adds."""
        self._count(body)
        if isinstance(body.get("model"), str):
            self.model = body["model"]
        choices = body.get("choices")
        if not isinstance(choices, Sequence) or not choices or not isinstance(choices[0], Mapping):
            return ""
        choice = choices[0]
        self.choices += 1
        self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)
        self.logprobs += _logprobs(choice.get("logprobs"))
        message = choice.get(part)
        if not isinstance(message, Mapping):
            return ""
        self.reasoned |= bool(message.get("reasoning_content") or message.get("reasoning"))
        self.refusal += str(message.get("refusal") or "")
        piece = _content(message.get("content"))
        self.text += piece
        return piece

    def judge(
        self, schema: Mapping[str, Any] | None, max_tokens: int, secret: Secret, *, had_room: bool
    ) -> Failure | None:
        """What is wrong with the complete reply, or None when it can be used.

        had_room: the model was already given tokens to think with.
        """
        text, thinking = strip_thinking(self.text)
        if not self.choices:
            return broken("sent a reply with nothing in it")
        if self.finish_reason == "content_filter":
            reason = "stopped the reply with its content filter"
            return Failure(ServiceRejected, reason, "ask differently, or use another model", billed=True)
        if self.finish_reason == "length" and (thinking or not text.strip()):
            drop = "thinking" if (thinking or self.reasoned) and not had_room else ""
            reason = f"used up its {max_tokens} tokens before it answered"
            return replace(broken(reason, "use a model that thinks less", again=False), drop=drop)
        if thinking:
            return broken("ended its reply in the middle of its thinking")
        if not text.strip():
            refused = quoted(self.refusal, secret)
            return (
                broken(f"declined to answer ({refused})", again=False)
                if refused
                else broken("sent an empty reply")
            )
        if schema is None:
            return None
        if self.finish_reason == "length":
            return broken(
                f"cut its reply off at {max_tokens} tokens", "use a model that is briefer", again=False
            )
        try:
            read_json(text, schema)
        except ValueError as error:
            return broken(f"sent a reply that {quoted(str(error), secret)}")
        return None

    def _count(self, body: Mapping[str, Any]) -> None:
        usage, timings = body.get("usage"), body.get("timings")
        if isinstance(usage, Mapping):
            self.prompt_tokens = _number(usage.get("prompt_tokens"))
            self.completion_tokens = _number(usage.get("completion_tokens"))
            details = usage.get("prompt_tokens_details")
            self.cached_tokens = _number(details.get("cached_tokens")) if isinstance(details, Mapping) else 0
            details = usage.get("completion_tokens_details")
            self.reasoned |= isinstance(details, Mapping) and _number(details.get("reasoning_tokens")) > 0
            self.counted = True
        elif isinstance(timings, Mapping) and not self.counted:  # llama.cpp, without usage
            self.prompt_tokens = _number(timings.get("prompt_n")) + _number(timings.get("cache_n"))
            self.completion_tokens = _number(timings.get("predicted_n"))


def _number(value: object) -> int:
    return max(0, int(value)) if isinstance(value, int | float) and abs(value) < 1e12 else 0


def _content(content: object) -> str:
    """The text of a message: a string, or a list of parts of which the text ones count."""
    if isinstance(content, str):
        # A lone surrogate cannot be printed or stored; it is a broken character of the service's.
        return content.encode("utf-8", "replace").decode("utf-8")
    if isinstance(content, list):
        parts = (
            part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"
        )
        return "".join(_content(part) for part in parts)
    return ""


def _logprobs(value: object) -> list[TokenLogprob]:
    entries = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(entries, list):
        return []
    try:
        return [
            TokenLogprob(
                str(entry["token"]),
                float(entry["logprob"]),
                tuple((str(top["token"]), float(top["logprob"])) for top in entry.get("top_logprobs") or ()),
            )
            for entry in entries
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []  # another format: an extra that the reply is usable without


def parse_json(text: str, schema: Mapping[str, Any]) -> Any:
    """The JSON value in a reply, valid against ``schema`` (JSON Schema 2020-12).

    Whitespace, leading thinking and one fenced block around the value are looked past; nothing is repaired.
    Raises ReplyInvalid with what is wrong where there is no such value.
    """
    try:
        return read_json(text, schema)
    except ValueError as error:
        problem = str(error)
    raise ReplyInvalid(f"The model sent a reply that {problem}: try again, or use another model.")


def read_json(text: str, schema: Mapping[str, Any]) -> Any:
    """As ``parse_json``, but raises ValueError with words that complete 'a reply that …'."""
    import jsonschema

    visible, unfinished = strip_thinking(text)
    if unfinished:
        raise ValueError("ends in the middle of its thinking")
    value = _unwrapped(visible)
    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    if problem is not None:
        where = "" if problem.json_path == "$" else f"{problem.json_path}: "
        raise ValueError(f"is JSON of another form ({where}{_short(problem.message)})")
    return value


def _unwrapped(visible: str) -> Any:
    try:
        return _loads(visible.strip())
    except ValueError as error:
        problem = error
    fenced = _FENCE.search(visible)
    if fenced is not None:
        try:
            return _loads(fenced[1])
        except ValueError as error:
            problem = error
    raise ValueError(f"is not JSON ({_short(problem)})")


def _loads(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    text.encode("utf-8")  # UnicodeEncodeError is a ValueError
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates written as \\uXXXX
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def _short(problem: object) -> str:
    text = " ".join("".join(char if char.isprintable() else " " for char in str(problem)).split())
    return text if len(text) <= 120 else text[:120] + "…"
