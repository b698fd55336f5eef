"""Words that stand for a name said before: ``he``, ``that company``, ``there``, ``the second``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.chat import phrases
from qa.chat.heard import Heard, names_in
from qa.chat.naming import Name
from qa.kinds import words
from qa.question import parts_of

_HE, _SHE = r"\b(?:he|him|his)\b", r"\b(?:she|her|hers)\b"
_THEY = re.compile(r"\b(?:they|them|their|theirs)\b", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)
# 'It' that stands for nothing.
_EMPTY = re.compile(
    r"\bit (?:true|that|be that|rain\w*|snow\w*)\b|\bis it (?:known|clear|possible|likely)\b"
    r"|\bit (?:takes?|took|taken) .*\bto\b",
    re.IGNORECASE,
)
_THERE = re.compile(r"(?P<prep>\b(?:from|to|near|around|of) )?\bthere\b", re.IGNORECASE)
_EXISTS = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|could|can|may|might) there\b"
    r"|\bthere (?:is|are|was|were|be|been|will|would|has|had|have|a|an|any|no)\b",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\b(?:the|this|that) (?P<noun>company|firm|group|business|bank|club|team|party|union|charity|band"
    r"|retailer|airline|newspaper|film|movie|book|song|album|game|ship|ferry|town|city|country|village|island)\b"
    r"(?! (?:that|which|who|of|in|for|at|from|with|called|named)\b)",
    re.IGNORECASE,
)
_PLACES = words("town city country village island")
_ORDINALS = {
    "first": 0,
    "former": 0,
    "second": 1,
    "latter": -1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "last": -1,
}
_ORDINAL = re.compile(
    r"\bthe (?P<which>first|second|third|fourth|fifth|last|former|latter)(?: one)?"
    r"(?: of (?:them|these|those|the (?:two|three|four|five)))?"
    r"(?=\s*(?:[?.,;!]|$|(?:and|or|say|said|do|did|does|is|was|were|have|had|has)\b))",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:this|that|these|those) (?:time|one|ones)\b"
    r"|\b(?:else|instead|again|too|so|either)\b(?=\s*(?:[?.,!]|$))"
    r"|\b(?:before|after|since|until|because of|about|against|of|to|with|for|by|on|from|at|like) "
    r"(?:this|that|these|those)\b(?! (?:year|month|week))"
    r"|\b(?:do|did|does|is|was|were|are|would|will|could|can|has|had|have|said|say|says|mean|cause|caused|make|made)"
    r" (?:this|that|these|those)\b|^(?:this|that|these|those)\b"
    r"|\b(?:the others?|the rest|the same|both|then|back then|at the time|that (?:day|week|month|year))\b",
    re.IGNORECASE,
)
_NAMED = r"(?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*"
_TOGETHER = re.compile(rf"\b{_NAMED}(?:, {_NAMED})*,? and {_NAMED}")
_CLAUSE = re.compile(
    r"\b(?:when|that|because|after|before|if|while|where|although|and|but|as|since|until|whether|how|why|what|said"
    r"|says|say)\b|,",
    re.IGNORECASE,
)
_THINGS = words("it its they them their")
# After these 'her' is no possessive.
_NOT_OWNED = words(
    """
to for in on at with by from of and or but as than after before when while if because so again now
then about into over out up down off away back this that last next yesterday today
"""
)
_KNOWN_GENDER, _PER_TURN = 0.8, 1.2


def resolved(text: str, mind: Sequence[Heard]) -> str:
    """The text with names in place of the words that stand for one; ``mind`` begins with the latest turn."""
    for replace in (_listed, _pair, _people, _thing, _kind, _place):
        text = replace(text, mind)
    return text


def unresolved(text: str, mind: Sequence[Heard]) -> bool:
    """Whether a word is left that points out of the text."""
    empty = [match.span() for match in _EMPTY.finditer(text)]
    for pattern in (re.compile(_HE, re.IGNORECASE), re.compile(_SHE, re.IGNORECASE), _THEY, _IT):
        for match in _free(pattern, text, mind):
            if not any(start <= match.start() < end for start, end in empty):
                return True
    if _THERE.search(text) and not _EXISTS.search(text):
        return True
    this = re.search(
        r"\b(?:this|that|these|those) (?:\w+ )?" + _NOUN.pattern[len(r"\b(?:the|this|that) ") :], text
    )
    return bool(_POINTING.search(text) or this)


def _listed(text: str, mind: Sequence[Heard]) -> str:
    """``the second of them``: out of the latest answer that was a list."""
    items = next((one.items for one in mind if len(one.items) > 1), ())

    def named(match: re.Match[str]) -> str:
        place = _ORDINALS[match["which"].lower()]
        return items[place].text if -len(items) <= place < len(items) else match[0]

    return _ORDINAL.sub(named, text) if items else text


def _pair(text: str, mind: Sequence[Heard]) -> str:
    """``they`` for the two or more that a recent question named together."""
    for one in mind[:2]:
        places = {name.text.split()[-1] for name in one.asked if name.place}
        for match in _TOGETHER.finditer(phrases.bare(one.question)):
            if match[0].split()[-1] not in places:
                return _put(_THEY, text, match[0], mind)
    return text


def _people(text: str, mind: Sequence[Heard]) -> str:
    """``he`` and ``she`` for the person most at hand of whom nothing else is known."""
    taken: list[str] = []
    for gender, forms in (("male", _HE), ("female", _SHE)):
        pattern = re.compile(forms, re.IGNORECASE)
        fits = [
            (weight + (_KNOWN_GENDER if name.gender == gender else 0.0), -n, name.text)
            for n, (weight, name) in enumerate(_at_hand(mind))
            if name.person and name.gender in ("", gender) and name.text not in taken
        ]
        meant = max(fits)[2] if fits else _only(gender, mind[0])
        if meant and pattern.search(text):
            taken.append(meant)
            text = _put(pattern, text, meant, mind)
    return text


def _only(gender: str, last: Heard) -> str:
    """The one who may be a man, or a woman, in the articles that the latest answer cites; else empty."""
    found = {name.text for name in last.known.values() if name.person and name.gender in ("", gender)}
    return found.pop() if len(found) == 1 else ""


def _at_hand(mind: Sequence[Heard]) -> Iterator[tuple[float, Name]]:
    """Every name in mind and how near at hand it is: who answered a question, then who was asked about."""
    for age, one in enumerate(mind):
        centre = one.focus
        for name in one.asked:
            yield (3.0 if name == centre else 2.0) - _PER_TURN * age, name
        for place, name in enumerate(one.answered):
            yield (3.0 if name == centre else 1.0 - 0.05 * min(place, 19)) - _PER_TURN * age, name


def _thing(text: str, mind: Sequence[Heard]) -> str:
    """``it`` for what the user named by itself before, or the name that answered ``which`` or ``what``."""
    if mind[0].centre:
        return _put(_IT, text, mind[0].centre, mind)
    centre, noun = mind[0].focus, phrases.shape(mind[0].question).noun
    if centre is None or not noun or centre.person or centre.place or _EMPTY.search(text):
        return text
    return _put(_IT, text, centre.text, mind)


def _kind(text: str, mind: Sequence[Heard]) -> str:
    """``that company``, ``the city``: the latest name that can be one."""
    whole = " . ".join(one.question for one in mind)

    def named(match: re.Match[str]) -> str:
        place = match["noun"].lower() in _PLACES
        thing = phrases.shape(mind[0].question).noun
        fits = [
            (weight, -n, name.text)
            for n, (weight, name) in enumerate(_at_hand(mind[:2]))
            if not name.person
            and (name.place if place else not _located(name, whole))
            and (name != mind[0].focus or thing in ("", match["noun"].lower()) or place)
        ]
        if not fits or match["noun"].lower() in max(fits)[2].lower() or names_in(text[: match.start()], mind):
            return match[0]
        return max(fits)[2]

    return _NOUN.sub(named, text)


def _located(name: Name, said: str) -> bool:
    """Whether a name only tells where, or of what, something is: 'the mayor of Eskerby'."""
    bound = rf"\b(?:of|in|at|near|from) (?:the )?{re.escape(name.text)}\b"
    return name.place or bool(re.search(bound, said))


def _place(text: str, mind: Sequence[Heard]) -> str:
    """``there`` for the latest place."""
    if _EXISTS.search(text):
        return text
    fits = [(weight, -n, name.text) for n, (weight, name) in enumerate(_at_hand(mind)) if name.place]
    if not fits:
        return text
    return _THERE.sub(lambda match: f"{match['prep'] or 'in '}{max(fits)[2]}", text)


def _put(pattern: re.Pattern[str], text: str, name: str, mind: Sequence[Heard]) -> str:
    """The text with the name where the pronoun stands, once whole and then as it was."""
    for match in reversed(list(_free(pattern, text, mind))):
        text = f"{text[: match.start()]}{_cased(match, text, name)}{text[match.end() :]}"
    return text


def _cased(match: re.Match[str], text: str, name: str) -> str:
    """The name in the pronoun's case: ``her plan`` is somebody's."""
    form = match[0].lower()
    owner = form in ("his", "its", "their", "hers", "theirs")
    if form == "her":
        following = re.match(r"\s+([\w’'-]+)", text[match.end() :])
        owner = bool(following) and following is not None and following[1].lower() not in _NOT_OWNED
    if not owner:
        return name
    return f"{name}’" if name.endswith("s") and form in ("their", "theirs") else f"{name}'s"


def _free(pattern: re.Pattern[str], text: str, mind: Sequence[Heard]) -> Iterator[re.Match[str]]:
    """The pronouns that no name in the text itself accounts for."""
    own = names_in(text, mind)
    parts = parts_of(text)
    second = len(text) - len(parts[-1].text.split(": ")[-1]) if len(parts) > 1 else len(text)
    for match in pattern.finditer(text):
        if match.start() > second and match[0].lower() in _THINGS:
            continue  # 'What is planned, and who pays for it?'
        before = [(start, name) for start, name in own if start < match.start() and _may_be(match[0], name)]
        if not before:
            yield match
            continue
        # In one clause an object is somebody else than its subject.
        between = text[before[0][0] : match.start()]
        if _object(match, text) and not _CLAUSE.search(between):
            yield match


def _may_be(pronoun: str, name: Name) -> bool:
    form = pronoun.lower()
    if form in ("it", "its"):
        return not name.person
    if form in ("he", "him", "his", "she", "her", "hers"):
        female = form.startswith(("s", "her"))
        return not name.place and name.gender in ("", "female" if female else "male")
    return True


def _object(match: re.Match[str], text: str) -> bool:
    form = match[0].lower()
    if form == "her":
        return _cased(match, text, "x") == "x"
    return form in ("him", "it", "them") and match.start() > 0
