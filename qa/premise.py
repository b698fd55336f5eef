"""Whether an article contradicts what a question takes for granted.

Two kinds are told by rule, and no others, for a correction is a claim: the article denies what the question
asserts ('non-permanent', 'without a warning label'), or it gives another day, month or year where it
names one. What is said then is the article's own sentence.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.kinds import Kind, words
from qa.lexicon import lexicon
from qa.question import Kind as Asked
from qa.tokens import Token, tokens
from qa.types import Evidence
from qa.wording import stems

# Words after a negation within which it is taken to deny.
_REACH = 4
# Of the question's other words the sentence must have this share to be about the same thing.
_ALIKE = 0.6
# What is denied of these says little: 'did not say', 'has no plans'.
_LIGHT = words(
    "be have do get make take go say tell know want need give come see think look plan time year people way"
)
_REJECTING = words(
    "reject rejects rejected decline declines declined turn turned rule ruled fail failed dismiss dismissed"
)
# A day after these is where something began or ended, not when it was: 'for the first time since 1987'.
_EDGES = words("since until till from before after by to")
# 'Not before June' is no denial.
_BOUND = words("before until till unless except only but")
_DENYING = words("deny denied denies denying refuse refused refuses refusing")


@dataclass(frozen=True, slots=True)
class Premise:
    """What the question takes for granted (``asked``), and the sentence that says otherwise.

    stated: the sentence's own value in place of ``asked``; empty where it denies it.
    """

    asked: str
    evidence: Evidence
    stated: str = ""

    @property
    def words(self) -> str:
        """The correction, before the quotation. It says what the sentence says, not what is so."""
        if self.stated:
            return f"The article says {self.stated}, not {self.asked}:"
        return "The article says otherwise:"


CORRECTION = re.compile(r"The article says (?:otherwise|(?P<stated>.+), not (?P<asked>.+))")
"""``Premise.words`` without its colon."""


def contradicted(question: str, kind: Asked, evidence: Sequence[Evidence]) -> Premise | None:
    """What the first sentence of the evidence contradicts in the question, or None.

    A value is contradicted only where its article has it nowhere, and it is not of the kind asked for.
    """
    if not evidence or _negative(tokens(question)):
        return None
    lead = evidence[0]
    asked, said = tokens(question), tokens(lead.text)
    if (denied := _denied(asked, said)) and _alike(question, lead, denied.text):
        return Premise(denied.text, lead)
    for wrong in _values(asked, kind):
        right = [
            one for place, one in enumerate(said) if _sort(one) == _sort(wrong) and _is_when(said, place)
        ]
        # The whole article is read last, and only where all else speaks for it.
        if len(right) == 1 and _alike(question, lead, wrong.text) and not _known(lead, wrong):
            return Premise(_bare(wrong), lead, _bare(right[0]))
    return None


def _negative(row: Sequence[Token]) -> bool:
    """Whether the question itself denies: 'Who turned down …', 'Why did he not …'."""
    return any(_denies(one) or one.lower.split()[0] in _REJECTING for one in row)


def _denies(one: Token) -> bool:
    negative = lexicon().classes["negative"]
    if one.kind is Kind.MARK and any(key.removeprefix("mark:") in negative for key in one.keys):
        return one.lower != "anti"
    return (one.lower in _DENYING and not one.passive) or one.lower == "without"


def _denied(asked: Sequence[Token], said: Sequence[Token]) -> Token | None:
    """The first weighty word after a negation, where it is a word of the question."""
    wanted = {stem for one in asked if one.heavy and not one.quoted for stem in stems(one.text)}
    for place, one in enumerate(said):
        if not _denies(one) or one.quoted or any(later.lower in _BOUND for later in said[place + 1 :]):
            continue
        for following in said[place + 1 : place + 1 + _REACH]:
            if following.kind in (Kind.PUNCT, Kind.CONJ, Kind.SUB):
                break
            if following.kind not in (Kind.WORD, Kind.NAME) or following.lower in _LIGHT:
                continue
            if set(stems(following.text)) & wanted:
                return following
            if following.verb:
                continue
            break
    return None


def _values(asked: Sequence[Token], kind: Asked) -> list[Token]:
    """Days, months and years that the question states; none where it asks for one."""
    return [] if kind is Asked.TIME else [one for one in asked if _sort(one)]


_DAY = re.compile("|".join(calendar.day_name), re.IGNORECASE)
_MONTH = re.compile("|".join(filter(None, calendar.month_name)), re.IGNORECASE)
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")


def _sort(one: Token) -> str:
    """What a value can be exchanged for; empty where that is not sure ('last year')."""
    if one.kind is not Kind.DATE:
        return ""
    shapes = (("day", _DAY), ("month", _MONTH), ("year", _YEAR))
    return next((name for name, shape in shapes if shape.fullmatch(_bare(one))), "")


def _is_when(said: Sequence[Token], place: int) -> bool:
    return place == 0 or said[place - 1].lower not in _EDGES


def _known(lead: Evidence, value: Token) -> bool:
    """Whether the article has a value anywhere, or is of that day."""
    article = lead.article
    return _published(lead, value) or any(
        one.keys & value.keys for one in tokens(f"{article.title}. {article.text}")
    )


def _published(lead: Evidence, one: Token) -> bool:
    """Whether a value is the day, month or year of publication, which an article need not name."""
    day = lead.article.published
    return day is not None and _bare(one).lower() in (f"{day:%A}".lower(), f"{day:%B}".lower(), str(day.year))


def _bare(one: Token) -> str:
    return one.text.strip(",. ")


def _alike(question: str, lead: Evidence, without: str) -> bool:
    asked = set(stems(question)) - set(stems(without))
    shared = asked & {*stems(lead.text), *stems(lead.article.title)}
    return len(shared) >= 2 and len(shared) >= _ALIKE * len(asked)
