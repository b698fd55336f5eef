"""Honest rewordings that change the shape: passive and active, pronouns resolved, sentences joined."""

from __future__ import annotations

import itertools
import re
from random import Random

from index.types import Article
from tests.lying.case import Case
from tests.lying.corrupt_names import meant_by_pronoun
from tests.lying.reword_order import clause_order, reporting_moved, subordinate_order
from tests.lying.reword_short import (
    SUBJECT,
    apposition_left_out,
    clause_left_out,
    leading_word_left_out,
    shortened,
)
from tests.lying.text import WORDS, Sentence, is_finite, lowered, outside, scene

_VERBS = WORDS["verbs"]
_NOT_PASSIVE = frozenset(WORDS["lists"]["not_passive"].split())
_NOUNS = (
    r"(?:(?:the|a|an) (?:(?!(?:in|on|at|for|from|to|as|after|last|by|with|during) "
    r")[\w£$€%,.-]*[\w%] ){0,3}[\w-]+|[A-Z][\w&'’-]+(?: [A-Z][\w&'’-]+){0,3})"
)
_TAIL = (
    r"(?P<tail>(?: (?:in|on|at|for|after|during|from|last|this|as|with|to|because|following"
    r"|despite|over|earlier|before|since|while) (?:(?!\b(?:but|and|its|it|his|her|their|he|she"
    r"|they)\b)[^,])*)?)\."
)
_ACTOR = (
    r"(?:(?!(?:in|on|at|for|from|to|as|after|by|with|during|when|who|which|that|and|but|also|now"
    r"|then|have|has|had|is|was|were|will|would|it|he|she|they|said|not|But|And) )[\w.&'’-]+ "
    r"){1,6}"
)
_ACTIVE = re.compile(
    rf"(?P<who>(?=[A-Z]){_ACTOR})(?P<verb>{'|'.join(v for v in _VERBS if v not in _NOT_PASSIVE)}) "
    rf"(?P<what>{_NOUNS}){_TAIL}"
)
_PASSIVE = re.compile(
    rf"(?P<what>{SUBJECT}) (?P<be>was|were) "
    rf"(?P<verb>{'|'.join(p for _, p in _VERBS.values())}) by (?P<who>{_NOUNS})(?! and"
    rf"|,){_TAIL}"
)
_PAST_OF = {participle: past for past, (_, participle) in _VERBS.items()}


def passive(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Fiat bought the firm' = 'The firm was bought by Fiat'."""
    shorter = [
        form
        for op in (apposition_left_out, clause_left_out, leading_word_left_out)
        for form in op(sentence, text, rng)
    ]
    return [turned for form in (text, *shorter) for turned in _turned(sentence, form)]


def _turned(sentence: Sentence, text: str) -> list[str]:
    match = _ACTIVE.fullmatch(text)
    if match:
        what, who = match["what"], lowered(match["who"].strip(), sentence.article)
        if any(is_finite(word) for word in match["who"].split()[1:]):
            who = None
        last = what.split(" of ")[0].split()[-1]
        number = re.match(r"(?:the )?(?:\d|two|three|four|five|six)", what)
        many = (
            (
                what.startswith("the ")
                and last.endswith("s")
                and not last.endswith(("ss", "us", "is", "news", "ies"))
            )
            or last in ("people", "police", "men", "women", "children")
            or number
        )
        if (
            who
            and not re.search(
                r"\b(?:title|who|that|and|also|it|then|later|once|just|still|rights|version|never)\b",
                f"{what} {who}",
            )
            and not last.endswith("ed")
        ):
            be = "were" if many else "was"
            return [f"{what[0].upper()}{what[1:]} {be} {_VERBS[match['verb']][1]} by {who}{match['tail']}."]
    match = _PASSIVE.fullmatch(text)
    if match and match["verb"] in _PAST_OF:
        what, who = lowered(match["what"], sentence.article), match["who"]
        if what:
            return [f"{who[0].upper()}{who[1:]} {_PAST_OF[match['verb']]} {what}{match['tail']}."]
    return []


def pronoun_resolved(article: Article, rng: Random) -> list[Case]:
    """'He said …' with the name instead of the pronoun; the sources are both sentences."""
    found = []
    for sentence in scene(article):
        person = meant_by_pronoun(sentence)
        text = sentence.text
        if person and len(text.split()) < 30 and text.count('"') % 2 == 0 and text.endswith("."):
            spans = (scene(article)[sentence.index - 1].span, sentence.span)
            rest = text.split(" ", 1)[1]
            found.append(
                Case(
                    "pronoun resolved",
                    True,
                    f"{rng.choice((person.full, person.polite))} {rest}",
                    article,
                    spans,
                )
            )
    return found


def joined_with_and(article: Article, rng: Random) -> list[Case]:
    """Two short sentences that follow each other, as one."""
    found = []
    sentences = scene(article)
    for one, two in itertools.pairwise(sentences):
        short = all(s.usable and len(s.text.split()) <= 15 and "¤" not in outside(s.text) for s in (one, two))
        low = lowered(two.text, article) if short else None
        adverb = re.match(
            (
                r"(?:But|And|However|Meanwhile|Also|Yet|Still|In "
                r"addition|Instead|So|While|Although|As|If|Despite)\b"
            ),
            two.text,
        )
        if low and not adverb and not re.match(r"(?:But|And|However)\b", one.text):
            found.append(
                Case(
                    "two facts joined by and",
                    True,
                    f"{one.text[:-1]}, and {low}",
                    article,
                    (one.span, two.span),
                )
            )
    return found


KINDS = {
    "passive and active": passive,
    "time to the front or back": clause_order,
    "clause to the front or back": subordinate_order,
    "reporting clause moved": reporting_moved,
    "clause left out": clause_left_out,
    "apposition left out": apposition_left_out,
    "leading word left out": leading_word_left_out,
    "shortened": shortened,
}
ARTICLE_KINDS = {"pronoun resolved": pronoun_resolved, "two facts joined by and": joined_with_and}
