"""Lies by a word put in or left out: qualifiers, bounds, attempts, relations, one more name, moved times."""

from __future__ import annotations

import re
from random import Random

from tests.lying.entities import found_in, known, same
from tests.lying.text import MONTHS, WEEKDAYS, WORDS, Sentence, mentions, outside, put

_QUALIFIER = re.compile(
    r"(?<![\w-])(?:former|acting|deputy|interim|would-be|planned|proposed|potential|possible"
    r"|failed|attempted|draft|unofficial"
    r"|so-called|assistant|shadow|prospective|provisional|preliminary|temporary|unconfirmed"
    r"|rumoured|ex-)\s?(?!to |of |for |in |on |with |but |and |at |by )(?=[A-Za-z])"
)


def qualifier_dropped(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'The former chairman' becomes 'the chairman'."""
    found = []
    for match in _QUALIFIER.finditer(outside(text)):
        before = text[: match.start()]
        if (
            not re.search(r"\b(?:in|the then|its|as|is|was|be|not|and|or) $", before)
            or match[0].strip() == "former"
        ):
            new = text[match.end() :]
            article = re.search(r"\b([Aa])n? $", before)
            if article:
                before = before[: article.start()] + article[1] + ("n " if new[0].lower() in "aeiou" else " ")
            found.append(put(before + new, 0, 1, (before + new)[0]))
    return found


_BOUND = re.compile(
    r"(?<![\w-])(?P<bound>up to|as many as|at most|fewer than|less than|under|nearly half"
    r"|more than half|almost all) (?=[£$€]?\d|two|three|four|five|six|ten|of )"
)
_EXACT = {"nearly half": "half", "more than half": "all", "almost all": "all"}


def bound_dropped(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Up to 180 jobs' becomes '180 jobs'."""
    found = []
    for match in _BOUND.finditer(outside(text)):
        new = _EXACT.get(match["bound"], "")
        start, end = match.span("bound")
        found.append(put(text, start, end if new else end + 1, new))
    return found


_ATTEMPTS: dict[str, str] = WORDS["attempts"]


def attempt_as_success(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Tried to' becomes 'managed to', 'accused of' becomes 'convicted of'."""
    masked = outside(text)
    if re.search(r"\b(?:not|no|never|n['’]t|without)\b", masked):
        return []
    return [
        put(text, *m.span(), new)
        for old, new in _ATTEMPTS.items()
        for m in re.finditer(rf"\b{old}(?!\w)", masked)
    ]


_RELATIONS: dict[str, str] = WORDS["relations"]
_RELATION = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(_RELATIONS, key=len, reverse=True))})(?= (?:of |at |for |[A-Z])|,)"
)


def another_role(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """The captain becomes the coach."""
    found = []
    for match in _RELATION.finditer(outside(text)):
        if not mentions(sentence.article, _RELATIONS[match[0]]):
            new = _RELATIONS[match[0]]
            found.append(
                re.sub(
                    r"\b([Aa]) (?=(?:actor|owner|author|editor)\b)", r"\1n ", put(text, *match.span(), new)
                )
            )
    return found


def one_more(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Blair said' becomes 'Blair and Howard said'."""
    found = []
    named = found_in(outside(text), sentence.article)
    if (
        not named
        or named[0].start != 0
        or not re.match(r" (?:said|won|told|will|has|had|[a-z]+ed)\b", text[named[0].end :])
    ):
        return []
    first = named[0]
    for other in known(sentence.article):
        apart = not any(name in text for name in same(other.kind, other.text))
        if other.kind == first.kind and apart and not (other.person and other.person.surname in text):
            after = re.sub(r"^ has\b", " have", text[first.end :])
            found.append(f"{first.text} and {other.person.full if other.person else other.text}{after}")
    return found


_EMBELLISHED = re.compile(
    r"(?<=[a-z] )(?P<verb>said|told|won|bought|sold|signed|rejected|accepted|announced"
    r"|launched|agreed|closed|opened|resigned|left|joined|approved)\b"
)
_MANNERS = (
    "unanimously",
    "secretly",
    "reluctantly",
    "illegally",
    "repeatedly",
    "angrily",
    "unexpectedly",
    "publicly",
    "immediately",
    "twice",
)


def detail_invented(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Secretly signed', 'in Vienna', 'on Tuesday' where the article has nothing of the sort."""
    masked = outside(text)
    found = []
    for match in _EMBELLISHED.finditer(masked):
        ways = [way for way in _MANNERS if not mentions(sentence.article, way)]
        if not re.search(
            r"\b(?:be|been|was|were|is|are|being|he|the|has|have|had|who|also|not|to|and|a) $",
            masked[: match.start()],
        ):
            found.append(put(text, match.start(), match.start(), f"{rng.choice(ways)} "))
    if masked.endswith(".") and not re.search(r"\b(?:in|on|at) [A-Z\d]|day\b", masked):
        places = [p for p in ("Vienna", "Lisbon", "Oslo", "Toronto") if not mentions(sentence.article, p)]
        days = [day for day in WEEKDAYS if not mentions(sentence.article, day)]
        months = [
            month
            for month in MONTHS
            if not mentions(sentence.article, month) and month not in ("May", "March")
        ]
        found.append(f"{text[:-1]} in {rng.choice(places)}.")
        found.append(
            f"{text[:-1]} on {rng.choice(days)}." if days else f"{text[:-1]} in {rng.choice(months)}."
        )
    return found


_SAID_WHEN = re.compile(
    rf"^(?P<who>[^,¤]{{2,60}}? (?:said|announced|confirmed|warned|told \w+)) (?P<when>on "
    rf"(?:{'|'.join(WEEKDAYS)})) (?P<rest>(?:that |it |he |she |the )[^¤]+)\.$"
)


def time_attached_elsewhere(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Said on Monday that it would close' becomes 'said that it would close on Monday'."""
    match = _SAID_WHEN.match(outside(text))
    if (
        not match
        or not re.search(r"\b(?:will|would|had|has)\b", match["rest"])
        or re.search(rf"{'|'.join(WEEKDAYS)}", match["rest"])
    ):
        return []
    return [f"{match['who']} {match['rest']} {match['when']}."]


_POSSESSED = re.compile(
    r"(?<=[a-z])(?:'s|’s) (?:brother|wife|father|mother|son|daughter|husband|lawyer|agent"
    r"|rival|predecessor|successor|spokesman|spokeswoman|manager|coach|deputy|former \w+"
    r"|sister|critics|supporters|opponents|team-mate|partner|colleagues?)(?= (?:said|says|has"
    r"|had|was|is|were|are|will|would|won|told)\b)"
)


def possessor_instead(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """What somebody's brother did, told of him."""
    return [put(text, *match.span(), "") for match in _POSSESSED.finditer(outside(text))]


_TO_AND_FRO = re.compile(r"\bfrom (?P<a>[A-Z]\w+(?: [A-Z]\w+)?) to (?P<b>[A-Z]\w+(?: [A-Z]\w+)?)\b")


def direction_reversed(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'From Oslo to Rome' becomes 'from Rome to Oslo'."""
    return [put(text, *m.span(), f"from {m['b']} to {m['a']}") for m in _TO_AND_FRO.finditer(outside(text))]


KINDS = {
    "qualifier dropped": qualifier_dropped,
    "bound dropped": bound_dropped,
    "an attempt told as done": attempt_as_success,
    "another role or relation": another_role,
    "one more name": one_more,
    "a detail invented": detail_invented,
    "a time attached to something else": time_attached_elsewhere,
    "possessor instead of the possessed": possessor_instead,
    "direction reversed": direction_reversed,
}
