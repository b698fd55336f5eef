"""Checked drafts and ranked evidence to the claims of an answer, within a number of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.types import Citation, Claim, Evidence
from qa.verify import Checked
from qa.wording import stems

MAX_WORDS = 60
# A drafted phrase points to the sentences that hold it; by how much, on the scale of the evidence scores.
POINTS = 0.5
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

    A verified phrase is printed before the sentence that it comes from, a verified sentence by itself.
    """
    lines: list[Line] = []
    used: set[tuple[str, int]] = set()
    for part in parts:
        for line in _standing(part) or _best(part, used):
            if not _told(line, used):
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


def _standing(part: Found) -> list[Line]:
    lines: list[Line] = []
    for checked in part.checked:
        if not checked.evidence:
            continue
        if checked.quoted:
            lines.extend(Line(quotation(one), (one,)) for one in checked.evidence)
        elif is_sentence(checked.text):
            lines.append(Line(checked.text, checked.evidence))
        else:
            lines.append(_phrase(checked, part))
    return lines


def _phrase(checked: Checked, part: Found) -> Line:
    """A phrase with the best sentence that holds it."""
    holding = [one for one in part.ranking if _holds(one, checked.text)]
    one = holding[0] if holding else checked.evidence[0]
    phrase = checked.text.rstrip(".:;, ")
    return Line(f"{phrase}: {quotation(one)}", (one,))


def _best(part: Found, used: set[tuple[str, int]]) -> list[Line]:
    fresh = [one for one in part.ranking if not _keys((one,)) & used]
    return [Line(quotation(one), (one,)) for one in fresh[:1]]


def _told(line: Line, used: set[tuple[str, int]]) -> bool:
    return line.text.startswith("“") and _keys(line.evidence) <= used


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


def _holds(one: Evidence, phrase: str) -> bool:
    return " ".join(phrase.lower().split()).rstrip(".") in " ".join(one.text.lower().split())


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
