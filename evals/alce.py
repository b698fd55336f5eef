"""Citation recall and precision as ALCE defines them (Gao et al. 2023, 'Enabling Large Language Models to
Generate Text with Citations', EMNLP).

A statement has recall 1 if what it cites, taken together, entails it; one without citations has 0. A citation
has precision 1 if its statement has recall 1 and the citation is not irrelevant: it entails the statement by
itself, or without it the statement's other citations do not. An answer's recall is the mean over its
statements, its precision the mean over its citations. Where ALCE asks an NLI model what entails what, this
asks ``qa.verify``, which is deterministic; another judge can be put in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evals.gold import ArticleText, settled
from index.types import Article
from qa.premise import CORRECTION
from qa.types import Evidence, Fate
from qa.verify import Drafted, check, context_of, verify


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with the article it stands in: its words are ``article.text[start:end]``."""

    article: Article
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The exact words."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim with its citations; one that cannot be found in its article is None and entails nothing."""

    text: str
    cited: tuple[Cited | None, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """For each statement whether it is entailed, and for each of its citations whether it is relevant."""

    entailed: tuple[bool, ...]
    relevant: tuple[tuple[bool, ...], ...]

    @property
    def recall(self) -> float | None:
        """Of the statements, the share that is entailed; None without statements."""
        return sum(self.entailed) / len(self.entailed) if self.entailed else None

    @property
    def precision(self) -> float | None:
        """Of the citations, the share that is relevant; None without statements, 0 without citations."""
        every = [one for citations in self.relevant for one in citations]
        if not self.entailed:
            return None
        return sum(every) / len(every) if every else 0.0


Entails = Callable[[Sequence[Cited], str], bool]
"""Whether the citations, taken together, entail a statement."""


def support(statements: Sequence[Statement], entails: Entails | None = None) -> Support:
    """What of the statements and citations stands. ``entails``: the judge, ``deterministic`` by default."""
    asked = entails or deterministic
    entailed, relevant = [], []
    for statement in statements:
        found = [one for one in statement.cited if one is not None]
        stands = bool(found) and asked(found, statement.text)
        entailed.append(stands)
        relevant.append(
            tuple(
                stands and one is not None and _relevant(one, found, statement.text, asked)
                for one in statement.cited
            )
        )
    return Support(tuple(entailed), tuple(relevant))


def _relevant(one: Cited, all_of_them: Sequence[Cited], text: str, entails: Entails) -> bool:
    others = [other for other in all_of_them if other is not one]
    return not others or entails([one], text) or not entails(others, text)


def deterministic(cited: Sequence[Cited], text: str) -> bool:
    """Whether the statement quotes one of them, or stands on one or two by the rules of ``qa.verify``."""
    if any(_quotes(text, one) for one in cited):
        return True
    evidence = [Evidence(n, one.article, one.start, one.end, 0.0) for n, one in enumerate(cited, 1)]
    if any(check(text, one, context_of(one)).ok for one in evidence):
        return True
    (outcome,) = verify([Drafted(text, tuple(one.number for one in evidence))], evidence)
    return outcome.check.fate is Fate.VERIFIED


# 'The Ledger, 22 September 2021: "words … words"'
_QUOTATION = re.compile(r'(?:(?P<place>[^“”"]{1,120}): )?[“"](?P<words>.+)[”"]', re.DOTALL)


def _quotes(text: str, cited: Cited) -> bool:
    """Whether a statement is nothing but words of the quote, with dots for what it leaves out.

    Where and when it was published may stand before it, or what it says instead of something else.
    """
    found = _QUOTATION.fullmatch(text.strip())
    if not found:
        return False
    article = cited.article
    day = f"{article.published.day} {article.published:%B %Y}" if article.published else ""
    known = {"", " ".join(article.source.split()), day}
    if corrected := CORRECTION.fullmatch(found["place"] or ""):
        stated, asked = corrected["stated"] or "", corrected["asked"]
        if settled(stated) not in settled(cited.quote) or (asked and settled(asked) in settled(cited.quote)):
            return False
    elif not {part.strip() for part in (found["place"] or "").split(", ")} <= known:
        return False
    words, at = settled(cited.quote), 0
    for piece in filter(None, (settled(one) for one in found["words"].split("…"))):
        at = words.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return at > 0


def statements_of(answer: Mapping[str, Any], article_text: ArticleText) -> tuple[Statement, ...]:
    """The claims of an answer's JSON with their citations."""
    by_id = {one.get("id"): located(one, article_text) for one in answer.get("citations") or ()}
    return tuple(
        Statement(claim["text"], tuple(by_id.get(number) for number in claim.get("citations") or ()))
        for claim in answer.get("claims") or ()
    )


def located(citation: Mapping[str, Any], article_text: ArticleText) -> Cited | None:
    """A citation's place in its article, or None where the article is not there or does not say it.

    Of several places where the words stand it is the one nearest to the citation's own ``start``.
    """
    path, quote = citation.get("path") or citation.get("article") or "", citation.get("quote") or ""
    text = article_text(path)
    if text is None or not quote.strip():
        return None
    title = citation.get("title") or ""
    body = text[len(title) :].lstrip() if title and text.startswith(title) else text
    for words, title_of_it in ((body, title), (text, "")):
        if (place := _find(quote, words, citation.get("start") or 0)) is not None:
            article = Article(
                citation.get("article_id") or path,
                path,
                path,
                title_of_it,
                words,
                source=citation.get("source") or "",
                published=_day(citation.get("published")),
            )
            return Cited(article, *place)
    return None


def _find(quote: str, text: str, start: int) -> tuple[int, int] | None:
    pattern = r"\s+".join(_word(word) for word in quote.split())
    places = [(found.start(), found.end()) for found in re.finditer(pattern, text)]
    return min(places, key=lambda place: abs(place[0] - start), default=None)


def _word(word: str) -> str:
    """A word as a pattern in which any kind of quotation mark stands for any other of its kind."""
    pattern = re.sub("['‘’]", "['‘’]", re.escape(word))
    return re.sub('["“”]', '["“”]', pattern)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
