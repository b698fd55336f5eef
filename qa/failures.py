"""What went wrong with a request, said in one sentence: from exceptions and statuses to ``ServiceError``.

The sentence names the service, what it did and what to do. It may quote the service, and services quote
what they were sent: so everything quoted is rid of the key, of control characters and of length first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qa.errors import (
    ContextTooLong,
    ReplyInvalid,
    ServiceError,
    ServiceOverloaded,
    ServiceRejected,
    ServiceUnreachable,
)
from qa.secret import Secret
from qa.types import Usage

QUOTE_LIMIT = 200

# Wordings of OpenAI, vLLM (older and newer), llama.cpp (older and newer) and Ollama, in lower case.
_TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "exceeds the available context size",
    "exceeds the context length",
    "exceeds context length",
    "context length is only",
    "exceed context window",
    "reduce the length of the",
    "prompt is too long",
    "input is too long",
)
_REFUSALS = re.compile(
    r"unsupported|not supported|does not support|doesn't support|no support|unavailable|unknown|unexpected|"
    r"unrecogni[sz]ed|not permitted|not allowed|must be|invalid|not enabled|not implemented|cannot be used"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt: what to raise in the end, and whether asking again may help.

    reason: completes the sentence that begins with the service (``refused the connection``).
    once: a broken reply; it is asked for again at most once.
    billed: the service may have charged for it.
    drop: the request parameter that the service does not take, where that is what went wrong.
    """

    kind: type[ServiceError]
    reason: str
    advice: str
    retryable: bool = False
    once: bool = False
    retry_after: float | None = None
    billed: bool = False
    drop: str = ""

    def error(self, service: str, attempts: int) -> ServiceError:
        """The error that the user sees."""
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        sentence = f"{service} {self.reason}{tried}: {self.advice}."
        error = self.kind(sentence[0].upper() + sentence[1:], retry_after=self.retry_after)
        error.retryable = self.retryable
        return error


class AttemptFailed(Exception):
    """Carries a Failure, and what the service counted, from an attempt to the loop around it."""

    def __init__(self, failure: Failure, usage: Usage | None = None) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.usage = usage


def broken(reason: str, advice: str = "try again, or use another model", *, again: bool = True) -> Failure:
    """A reply that came and cannot be used."""
    return Failure(ReplyInvalid, reason, advice, retryable=again, once=True, billed=True)


def quoted(text: str, secret: Secret) -> str:
    """A service's own words, fit for our sentence: one line, printable, short, without the key."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    plain = secret.hide(" ".join(plain.split())).rstrip(". ")
    return plain if len(plain) <= QUOTE_LIMIT else plain[:QUOTE_LIMIT].rstrip() + "…"


def said(body: object) -> str:
    """The message in an error body: OpenAI's ``error.message``, vLLM's ``message``, FastAPI's ``detail`` …"""
    if isinstance(body, Mapping):
        for name in ("error", "message", "detail", "msg"):
            if body.get(name):
                return said(body[name])
        return ""
    if isinstance(body, list):
        return "; ".join(_detail(item) for item in body[:3])
    text = str(body or "")
    return "" if text.lstrip().startswith("<") else text


def _detail(item: object) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    place = item.get("loc")
    where = ".".join(str(part) for part in place) if isinstance(place, list) else ""
    return f"{where}: {item.get('msg', '')}" if where else str(item.get("msg", ""))


def from_status(
    status: int,
    body: object,
    *,
    model: str,
    sent: Mapping[str, Any],
    retry_after: float | None,
    secret: Secret,
) -> Failure:
    """The failure that an HTTP status (or an error event in a stream) stands for."""
    message = said(body)
    words = quoted(message, secret)
    answered = f"answered {status}" + (f" ({words})" if words else "")
    inner = _inner(body)
    lower = f"{inner.get('code', '')} {inner.get('type', '')} {message}".lower()
    if any(wording in lower for wording in _TOO_LONG):
        return Failure(
            ContextTooLong,
            f"says the prompt is too long for {model}" + (f" ({words})" if words else ""),
            "ask with fewer passages (-k) or choose a model with a longer context",
        )
    if status in (400, 422, 501) and (name := _refused_parameter(lower, inner.get("param"), sent)):
        return Failure(ServiceRejected, answered, f"it does not take the parameter {name}", drop=name)
    if "insufficient_quota" in lower or status == 402:
        return Failure(ServiceRejected, "says the account has no credit left", "top it up or use another key")
    if status in (408, 409, 425, 429) or (status >= 500 and status not in (501, 505)):
        limited = "is limiting requests (429)" + (f" ({words})" if words else "")
        advice = (
            "wait and try again" if status == 429 else "try again later, or look at the service's own log"
        )
        if retry_after is not None and status in (429, 503):
            advice = f"it asks to wait {retry_after:.0f} s, so try again then"
        return Failure(
            ServiceOverloaded,
            limited if status == 429 else answered,
            advice,
            retryable=True,
            retry_after=retry_after,
        )
    return _refused_for_good(status, lower, answered, model)


def _refused_for_good(status: int, lower: str, answered: str, model: str) -> Failure:
    if status == 401:
        return Failure(
            ServiceRejected, "does not accept the key (401)", "check the key that is configured for it"
        )
    if status == 403:
        return Failure(ServiceRejected, answered, f"check that the key may use {model} there")
    if 300 <= status < 400:
        return Failure(
            ServiceRejected,
            f"redirects elsewhere ({status}), and a key is not sent on",
            "set the base URL to where the service really is",
        )
    if status in (404, 400) and "model" in lower and re.search(r"not.{0,3}found|not exist|no such", lower):
        return Failure(
            ServiceRejected, f"does not have the model {model} ({status})", "check the model's name"
        )
    if status in (404, 405):
        return Failure(
            ServiceRejected,
            f"has no chat endpoint at this path ({status})",
            "check the base URL, which usually ends in /v1",
        )
    if status == 413:
        return Failure(ContextTooLong, "says the request is too large (413)", "ask with fewer passages (-k)")
    return Failure(ServiceRejected, answered, "check the model's name and the options")


def _inner(body: object) -> Mapping[str, Any]:
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


# In the order in which they are looked for; the second name of a pair is how services word it.
_DROPPABLE: tuple[tuple[str, str], ...] = (
    ("response_format", r"response_format|json_schema|json schema|structured output|guided"),
    ("grammar", r"grammar"),
    ("max_tokens", r"max_completion_tokens|['\"`]max_tokens"),
    ("temperature", r"temperature"),
    ("stream_options", r"stream_options|include_usage"),
    ("logprobs", r"logprobs"),
    ("stop", r"['\"`.]stop['\"`:]"),
    ("cache_prompt", r"cache_prompt"),
)


def _refused_parameter(lower: str, named: object, sent: Mapping[str, Any]) -> str:
    """The parameter among those sent that an error complains about, or an empty string."""
    if isinstance(named, str) and (top := named.partition(".")[0]) in sent and top in dict(_DROPPABLE):
        return top
    if not _REFUSALS.search(lower):
        return ""
    return next((name for name, wording in _DROPPABLE if name in sent and re.search(wording, lower)), "")


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was caused by, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def from_network(error: BaseException, *, phase: str, host: str) -> Failure:
    """The failure behind an exception that came instead of a usable response.

    phase: ``connect`` before the request was sent, ``reply`` afterwards.
    """
    links = list(chain(error))
    names = {type(link).__name__ for link in links}
    texts = " ".join(str(link) for link in links)
    if "SSLCertVerificationError" in names or "CERTIFICATE_VERIFY_FAILED" in texts:
        why = "its certificate is not trusted" + (" (self-signed)" if "self-signed" in texts else "")
        return Failure(
            ServiceUnreachable,
            f"failed the TLS check ({why})",
            "if it is yours, set SSL_CERT_FILE to its certificate",
        )
    if names & {"SSLError", "SSLEOFError", "SSLZeroReturnError"} or "[SSL" in texts:
        return Failure(
            ServiceUnreachable, "does not speak TLS as https demands", "check the base URL's http or https"
        )
    if "gaierror" in names or "Name or service not known" in texts or "name resolution" in texts:
        again = "Temporary failure" in texts
        return Failure(
            ServiceUnreachable,
            f"has a host name that cannot be resolved ({host})",
            "check the base URL and the network",
            retryable=again,
        )
    if "ConnectTimeout" in names:
        return Failure(
            ServiceUnreachable,
            "did not take the connection in time",
            "check the address and the network",
            retryable=True,
        )
    if "ConnectionRefusedError" in names or "Connection refused" in texts:
        return Failure(
            ServiceUnreachable, "refused the connection", "start it, or correct the base URL", retryable=True
        )
    if names & {"UnsupportedProtocol", "InvalidURL"}:
        return Failure(ServiceRejected, "has a base URL that is none", "write it as http://host:port/v1")
    if "ProxyError" in names:
        return Failure(
            ServiceUnreachable, "was not reached through the proxy", "check HTTPS_PROXY", retryable=True
        )
    if phase == "reply":
        return Failure(
            ServiceUnreachable,
            "closed the connection in the middle of the reply",
            "try again, or look at the service's own log",
            retryable=True,
            billed=True,
        )
    return Failure(
        ServiceUnreachable, "could not be reached", "check the base URL and the network", retryable=True
    )
