"""Lies made of several sentences or of none: joined halves, invented causes, general knowledge."""

from __future__ import annotations

import re
from random import Random

from index.types import Article, Span
from tests.lying.case import Case
from tests.lying.corrupt_names import meant_by_pronoun, pronoun_misread
from tests.lying.entities import Mention, found_in, same
from tests.lying.text import WORDS, Sentence, is_finite, lowered, mentions, outside, overlap, scene

_CAUSE = re.compile(
    r"\b(?:because|due|since|thanks|after|following|as|so|amid|therefore|result\w*|led|leading"
        r"|caus\w+|boost\w*|help\w*"
    r"|hit|reason|despite|but|blam\w+|owing|response|if|order)\b", re.I
)  # fmt: skip
_PREDICATE = re.compile(
    r" (?:also )?(?P<verb>is|are|was|were|has|had|will|would|won|lost|made|took|sold|bought"
    r"|became|began|left|set|rose|fell"
    r"|opened|closed|won|faces|plans|hopes|wants|owns|employs|[a-z]{2,}[^e\W]ed) "
)


def halves_joined(article: Article, rng: Random) -> list[Case]:
    """The subject of one sentence with the predicate of another."""
    found = []
    parts = [(s, *part) for s in scene(article) if s.usable and (part := _divided(s))]
    for one, who, _ in parts:
        for other, whose, predicate in parts:
            apart = one.index != other.index and who.kind == whose.kind
            if apart and _differ(who, whose, predicate) and not _both(article, who, predicate, other):
                claim = f"{_full(who)}{predicate}"
                found.append(Case("two halves joined", False, claim, article, _order(one, other)))
    return found


def _divided(sentence: Sentence) -> tuple[Mention, str] | None:
    text = sentence.text
    named = found_in(outside(text), sentence.article)
    if not named or named[0].start != 0 or not (verb := _PREDICATE.match(text, named[0].end)):
        return None
    return (named[0], text[verb.start() :]) if len(text.split()) <= 28 else None


def _full(mention: Mention) -> str:
    return mention.person.full if mention.person else mention.text


def _names(mention: Mention) -> set[str]:
    return {mention.person.surname} if mention.person else set(same(mention.kind, mention.text))


def _differ(who: Mention, whose: Mention, predicate: str) -> bool:
    return not _names(who) & _names(whose) and not any(name in predicate for name in _names(who))


def _both(article: Article, who: Mention, predicate: str, other: Sentence) -> bool:
    """Whether the article says something like it of ``who`` as well."""
    return any(
        sentence.index != other.index
        and any(
            n in s.text
            for n in _names(who)
            for s in scene(article)[max(0, sentence.index - 1) : sentence.index + 1]
        )
        and overlap(sentence.text, predicate) >= 0.34
        for sentence in scene(article)
    )


def _order(*sentences: Sentence) -> tuple[Span, ...]:
    return tuple(sentence.span for sentence in sorted(sentences, key=lambda s: s.start))


_TAIL = re.compile(
    r"(?<=[\w%”\"]),? (?P<by>in|on|at|for|from|during|with|by) (?!the (?:first|last|end)\b)[^,]{6,50}\.$"
)


def tail_moved(article: Article, rng: Random) -> list[Case]:
    """The place, time or purpose that ends one sentence put at the end of another."""
    found = []
    tails = [(s, tail) for s in scene(article) if s.usable and (tail := _TAIL.search(outside(s.text)))]
    for one, own in tails:
        for other, tail in tails:
            stem, new = one.text[: own.start()], other.text[tail.start() : tail.end()].lstrip(",")
            if abs(one.index - other.index) > 1 and own["by"] == tail["by"] and _fits(stem, new, one, other):
                spans = _order(one, other)
                found.append(Case("the end of another sentence", False, stem + new, article, spans))
    return found


def _fits(stem: str, new: str, one: Sentence, other: Sentence) -> bool:
    """Whether the end of ``other`` says something of its own that ``one`` does not say."""
    pronoun = re.search(r"\b(?:it|he|she|they|its|his|her|their|this|that)\b", new)
    said = overlap(new, one.text) > 0 or overlap(stem, other.text) >= 0.2
    return len(stem.split()) >= 5 and not pronoun and not said and "¤" not in outside(new) and '"' not in new


def cause_invented(article: Article, rng: Random) -> list[Case]:
    """'because' between two facts that the article does not connect."""
    found = []
    facts = [
        s for s in scene(article) if s.usable and len(s.text.split()) <= 16 and "¤" not in outside(s.text)
    ]
    facts = [
        s
        for s in facts
        if not _CAUSE.search(s.text)
        and s.text.endswith(".")
        and not re.match(r"(?:But|And|However)\b", s.text)
        and any(is_finite(w) for w in s.text.split()[1:9])
    ]
    for one in facts:
        for other in facts:
            low, first = lowered(other.text, article), lowered(one.text, article)
            if (
                abs(one.index - other.index) < 3
                or not low
                or not first
                or overlap(one.text, other.text) > 0.25
            ):
                continue
            spans = _order(one, other)
            found.append(Case("a cause invented", False, f"{one.text[:-1]} because {low}", article, spans))
            found.append(Case("a cause invented", False, f"Because {low[:-1]}, {first}", article, spans))
    return found


def general_knowledge(article: Article, rng: Random) -> list[Case]:
    """A sentence that may be true and that the article does not have."""
    found = []
    for sentence in (s for s in scene(article) if s.usable):
        for mention in found_in(outside(sentence.text), article):
            forms = WORDS["knowledge"]["person" if mention.person else "name"]
            for form in forms:
                claim = form.format(person=_full(mention), name=mention.text)
                if not _said(article, claim, 0.5):
                    found.append(Case("general knowledge", False, claim, article, (sentence.span,)))
        bare = [c for c in WORDS["knowledge"]["bare"] if rng.random() < 0.1 and not _said(article, c, 0.3)]
        found += [Case("general knowledge", False, claim, article, (sentence.span,)) for claim in bare]
    return found


def _said(article: Article, claim: str, most: float) -> bool:
    return any(overlap(claim, sentence.text) > most for sentence in scene(article))


def invented_citation(article: Article, others: Article, rng: Random) -> list[Case]:
    """A sentence of another article that cites evidence which is not there."""
    found = []
    here = [s for s in scene(article) if s.usable]
    for sentence in (s for s in scene(others) if s.usable and s.text.endswith(".")):
        names = re.findall(r"\b[A-Z]\w{3,}", sentence.text)
        stranger = any(not mentions(article, name) for name in names)
        if here and stranger and not any(overlap(sentence.text, s.text) > 0.4 for s in scene(article)):
            number = rng.choice((0, 9, 12, 42, 99))
            source = rng.choice(here)
            found.append(
                Case("an invented citation", False, sentence.text, article, (source.span,), (number,))
            )
    return found


def wrong_pronoun(article: Article, rng: Random) -> list[Case]:
    """A pronoun resolved to somebody else; the evidence has the sentence that says whom it means."""
    found = []
    for sentence in scene(article):
        if meant_by_pronoun(sentence) and '"' not in sentence.text:
            before = scene(article)[sentence.index - 1]
            for claim in pronoun_misread(sentence, sentence.text, rng):
                spans = (before.span, sentence.span)
                found.append(Case("a pronoun given to another", False, claim, article, spans))
    return found


KINDS = {
    "two halves joined": halves_joined,
    "the end of another sentence": tail_moved,
    "a cause invented": cause_invented,
    "general knowledge": general_knowledge,
    "a pronoun given to another": wrong_pronoun,
}
