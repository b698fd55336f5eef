"""Checked drafts and ranked evidence to the claims of an answer, within a number of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.disagree import rivals
from qa.question import kind_of
from qa.types import Citation, Claim, Evidence
from qa.verify import Checked
from qa.wording import stems

MAX_WORDS = 60
# A drafted phrase points to the sentences that hold it; by how much, on the scale of the evidence scores.
POINTS = 1.5
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|did|does|do|said|says|told|[a-z]{3,}ed|went|won|lost"
    r"|took|made|gave|got|became|left|rose|fell|cut|hit|beat|met|saw|held|sold|bought|led|kept|paid|came)\b"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A claim before its citations are numbered."""

    text: str
    evidence: tuple[Evidence, ...]

    @property
    def words(self) -> int:
        """Words that are printed."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Found:
    """What is known for one part of the question: its evidence, best first, and the drafts after checking."""

    question: str
    ranking: tuple[Evidence, ...]
    checked: tuple[Checked, ...]


def quotation(one: Evidence) -> str:
    """The sentence as a quotation, on one line."""
    return "“" + " ".join(one.text.split()) + "”"


def is_sentence(text: str) -> bool:
    """Whether a draft says something by itself, rather than being the words that fill a question's gap."""
    return len(text.split()) >= 5 and bool(_VERB.search(text)) and text[:1].isupper()


def compose(parts: Sequence[Found], *, fill: bool = True) -> tuple[Line, ...]:
    """The lines of the answer: for each part what stands, then, with ``fill``, further quotations that fit.

    A verified sentence is printed as it was drafted. A phrase is not: by itself it says nothing that could be
    checked, and put before a quotation it would claim to be the answer. It points to the sentences that hold
    it, and these are quoted.
    """
    lines: list[Line] = []
    used: set[tuple[str, int]] = set()
    for part in parts:
        for line in [*_standing(part), *_differing(part, used)] or _best(part, used):
            lines.append(line)
            used |= _keys(line.evidence)
    room = MAX_WORDS - sum(line.words for line in lines)
    if fill:
        for one in _in_turn(parts):
            line = Line(quotation(one), (one,))
            if _keys((one,)) & used or line.words > room:
                continue
            lines.append(line)
            used |= _keys((one,))
            room -= line.words
    return tuple(lines)


def says_more(text: str, question: str) -> bool:
    """Whether a draft is a sentence by itself and holds words that the question does not."""
    return is_sentence(text) and not set(stems(text)) <= set(stems(question))


def _standing(part: Found) -> list[Line]:
    return [
        Line(checked.text, checked.evidence)
        for checked in part.checked
        if checked.evidence and not checked.quoted and says_more(checked.text, part.question)
    ]


def _differing(part: Found, used: set[tuple[str, int]]) -> list[Line]:
    """Both sides, dated, where articles give different figures."""
    sides = rivals(part.question, kind_of(part.question), _pointed(part))
    if sum(len(one.text.split()) for one in sides) > MAX_WORDS:
        return []
    return [Line(_dated(one), (one,)) for one in sides if not _keys((one,)) & used]


def _dated(one: Evidence) -> str:
    """A quotation after where and when it was published."""
    day = one.article.published
    when = f"{day.day} {day:%B %Y}" if day else ""
    place = ", ".join(filter(None, (" ".join(one.article.source.split()), when)))
    return f"{place}: {quotation(one)}" if place else quotation(one)


def _best(part: Found, used: set[tuple[str, int]]) -> list[Line]:
    fresh = [one for one in _pointed(part) if not _keys((one,)) & used]
    return [Line(quotation(one), (one,)) for one in fresh[:1]]


def _in_turn(parts: Sequence[Found]) -> Iterable[Evidence]:
    rankings = [_pointed(part) for part in parts]
    for turn in range(max((len(ranking) for ranking in rankings), default=0)):
        yield from (ranking[turn] for ranking in rankings if turn < len(ranking))


def _pointed(part: Found) -> list[Evidence]:
    """The ranking, with sentences that hold what was drafted moved up."""
    drafted = {stem for one in part.checked for stem in stems(one.check.drafted)}

    def points(one: Evidence) -> float:
        share = len(drafted & set(stems(one.text))) / len(drafted) if drafted else 0.0
        return one.score + (POINTS * share if share >= 0.5 else 0.0)

    return sorted(part.ranking, key=points, reverse=True)


def _keys(evidence: Iterable[Evidence]) -> set[tuple[str, int]]:
    return {(one.article.id, one.start) for one in evidence}


def cite(lines: Sequence[Line]) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Claims and citations, numbered in the order of their first use."""
    citations: dict[tuple[str, int], Citation] = {}
    claims: list[Claim] = []
    for line in lines:
        numbers: list[int] = []
        for one in line.evidence:
            key = (one.article.id, one.start)
            if key not in citations:
                citations[key] = citation(len(citations) + 1, one)
            numbers.append(citations[key].id)
        claims.append(Claim(line.text, tuple(dict.fromkeys(numbers))))
    return tuple(claims), tuple(citations.values())


def citation(number: int, one: Evidence) -> Citation:
    """An evidence sentence as a citation."""
    article = one.article
    return Citation(
        id=number,
        article_id=article.id,
        path=article.path,
        title=article.title,
        source=article.source,
        published=article.published.isoformat() if article.published else None,
        quote=one.text,
        start=one.start,
        end=one.end,
    )
