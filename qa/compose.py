"""Checked drafts and ranked evidence to the claims of an answer, within a number of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from qa.disagree import rivals
from qa.excerpt import excerpt, is_cut
from qa.premise import Premise
from qa.question import kind_of
from qa.types import Citation, Claim, Evidence
from qa.verify import Checked
from qa.wording import stems, wording

MAX_WORDS = 60
# Beside the answer: at most so many sentences, among so many of the best, and so many words of all quotes.
BESIDE, BEST, QUOTED_WORDS = 3, 8, 95
# A drafted phrase points to the sentences that hold it; by how much, on the scale of the evidence scores.
POINTS = 4.0
_MARKS = '"“”'
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
    def keys(self) -> frozenset[tuple[str, int]]:
        """The sentences that it rests on."""
        return frozenset(_keys(self.evidence))

    @property
    def words(self) -> int:
        """Words that are printed."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Found:
    """What is known for one part of the question: its evidence, best first, and the drafts after checking.

    pool: further ranked sentences, among which other articles may say otherwise.
    answers: for sentences, by article and start, where in the article the likeliest answer in them stands.
    further: sentences that may be quoted after what comes first; None for as many as there is room for.
    premise: what an article contradicts in the question; then that is the answer.
    """

    question: str
    ranking: tuple[Evidence, ...]
    checked: tuple[Checked, ...]
    pool: tuple[Evidence, ...] = ()
    further: int | None = None
    answers: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    premise: Premise | None = None


def quotation(one: Evidence, whole: Evidence | None = None) -> str:
    """The words as a quotation, on one line, with dots where it leaves out words of the whole sentence."""
    before, after = is_cut(one, whole or one)
    words = " ".join(one.text.split())
    if words[0] in _MARKS and words[-1] in _MARKS and not before and not after:
        return words  # somebody's words, in the article's own quotation marks
    return f"“{'… ' if before else ''}{words}{' …' if after else ''}”"


def _quoted(one: Evidence, part: Found) -> Line:
    """A sentence, or what matters of a long one, as a line; what is cited is the whole sentence."""
    drafted = {stem for checked in part.checked for stem in stems(checked.check.drafted)}
    cut = excerpt(one, drafted | set(stems(part.question)), part.answers.get((one.article.id, one.start)))
    return Line(quotation(cut, one), (one,))


def is_sentence(text: str) -> bool:
    """Whether a draft says something by itself, rather than being the words that fill a question's gap."""
    return len(text.split()) >= 5 and bool(_VERB.search(text)) and text[:1].isupper()


def compose(parts: Sequence[Found], *, fill: bool = True) -> tuple[Line, ...]:
    """The lines of the answer: for each part what stands, then, with ``fill``, further quotations that fit,
    for the parts of which the model was not sure.

    A verified sentence is printed as it was drafted. A phrase is not: by itself it says nothing that could be
    checked, and put before a quotation it would claim to be the answer. It points to the sentences that hold
    it, and these are quoted.
    """
    lines: list[Line] = []
    used: set[tuple[str, int]] = set()
    for part in parts:
        for line in _correction(part) or [*_standing(part), *_differing(part, used)] or _best(part, used):
            if line not in lines:
                lines.append(line)
                used |= line.keys
    room = MAX_WORDS - sum(line.words for line in lines)
    if fill:
        for part, one in _in_turn(parts):
            line = _quoted(one, part)
            if line.keys & used or line.words > room:
                continue
            lines.append(line)
            used |= line.keys
            room -= line.words
    return tuple(lines)


def says_more(text: str, question: str) -> bool:
    """Whether a draft is a sentence by itself and holds words that the question does not."""
    return is_sentence(text) and not set(stems(text)) <= set(stems(question))


def _correction(part: Found) -> list[Line]:
    """What the article says instead of what the question takes for granted, in the article's words."""
    if part.premise is None:
        return []
    one = part.premise.evidence
    return [Line(f"{part.premise.words} {quotation(one)}", (one,))]


def _standing(part: Found) -> list[Line]:
    return [
        Line(checked.text, checked.evidence)
        for checked in part.checked
        if checked.evidence and not checked.quoted and says_more(checked.text, part.question)
    ]


def _differing(part: Found, used: set[tuple[str, int]]) -> list[Line]:
    """Both sides, dated, where articles give different figures."""
    ranking = _pointed(part)
    if not ranking:
        return []
    sides = rivals(part.question, kind_of(part.question), ranking[0], [*ranking[1:], *part.pool])
    lines = [_dated(_quoted(one, part)) for one in sides]
    if sum(line.words for line in lines) > MAX_WORDS:
        return []
    return [line for line in lines if not line.keys & used]


def _dated(line: Line) -> Line:
    """A quotation after where and when it was published."""
    article = line.evidence[0].article
    day = article.published
    when = f"{day.day} {day:%B %Y}" if day else ""
    place = ", ".join(filter(None, (" ".join(article.source.split()), when)))
    return replace(line, text=f"{place}: {line.text}") if place else line


def _best(part: Found, used: set[tuple[str, int]]) -> list[Line]:
    fresh = [one for one in _pointed(part) if not _keys((one,)) & used]
    return [_quoted(one, part) for one in fresh[:1]]


def _in_turn(parts: Sequence[Found]) -> Iterable[tuple[Found, Evidence]]:
    rankings = [[(part, one) for one in _more(part)] for part in parts if not part.premise]
    yield from (each for turn in zip_longest(*rankings) for each in turn if each)


def _more(part: Found) -> list[Evidence]:
    """The sentences that may be quoted, with the one that comes first."""
    ranking = _pointed(part)
    if part.further is None:
        return ranking
    return ranking[: part.further + 1] if part.further else []


def _pointed(part: Found) -> list[Evidence]:
    """The ranking, with sentences that hold what was drafted moved up."""
    drafted = {stem for one in part.checked for stem in stems(one.check.drafted)}

    def points(one: Evidence) -> float:
        share = len(drafted & set(stems(one.text))) / len(drafted) if drafted else 0.0
        return one.score + (POINTS * share if share >= 0.5 else 0.0)

    return sorted(part.ranking, key=points, reverse=True)


def _keys(evidence: Iterable[Evidence]) -> set[tuple[str, int]]:
    return {(one.article.id, one.start) for one in evidence}


def beside(parts: Sequence[Found], lines: Sequence[Line]) -> tuple[Evidence, ...]:
    """What comes next in the ranking of each part in turn: it backs no claim, but where the answer missed the
    point it is the likeliest place to find it."""
    shown = [one for line in lines for one in line.evidence]
    used, told = _keys(shown), {wording(one.text) for one in shown}
    room = QUOTED_WORDS - sum(len(words.split()) for words in {one.text for one in shown})
    found: list[Evidence] = []
    rankings = [[*_pointed(part), *part.pool[:BEST]] for part in parts]
    for one in (each for turn in zip_longest(*rankings) for each in turn if each):
        words = len(one.text.split())
        if len(found) == BESIDE or words > room or _keys((one,)) & used or wording(one.text) in told:
            continue
        found.append(one)
        used |= _keys((one,))
        told.add(wording(one.text))
        room -= words
    return tuple(found)


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
