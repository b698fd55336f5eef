"""What of the evidence a claim may leave out: before it, after it, and between two of its words.

Only what takes nothing back when it goes: a parenthesis, a closed clause, a date, an adverb that colours.
"""

from __future__ import annotations

from qa.clauses import (
    BE,
    DATED,
    HAVE,
    SEPARATORS,
    Tokens,
    adverb,
    colour,
    form,
    narrow,
    reporting,
    taken_back,
    weighs,
)
from qa.kinds import Kind, words
from qa.lexicon import lexicon, past
from qa.tokens import Token

_CLOSERS = frozenset(",;:-")
_PARTICLES = words("of up off out down over per as like than onto")
_WHEN = frozenset(f"mark:{name}" for name in ["earlier", "later", "already", "again", "previous"])
_ROLE = frozenset({Kind.WORD, Kind.NAME, Kind.NUMBER, Kind.PRON})
_OFFICE = words("mark:former mark:acting mark:deputy")
_ON = words("on in at")


def begins(evidence: Tokens, place: int, between: Tokens, phrase: bool) -> bool:
    """Whether a claim may begin at ``evidence[place]``."""
    start = evidence[:place]
    if any(_supplied(between, _nearby(start), forms) for forms in (BE, HAVE)):
        return False
    while start and start[0].kind in (Kind.CONJ, Kind.FREE, Kind.PUNCT):
        start = start[1:]
    weights = [token for token in start if weighs(token)]
    if not weights:
        return True
    first = evidence[place]
    nearest = next(token for token in reversed(start) if token.kind is not Kind.FREE)
    if phrase:
        named = nearest.kind is Kind.NAME and first.kind is Kind.NAME
        opened = (
            first.kind is not Kind.WORD
            or first.capital
            or start[-1].kind in (Kind.FREE, Kind.PREP, Kind.PUNCT)
        )
        return nearest.kind not in (Kind.MARK, Kind.SUB) and not named and opened
    if _adverbial(weights) and first.kind is not Kind.NUMBER:
        return True
    role = first.kind is Kind.NAME and not any(token.verb for token in weights) and _alone(evidence, place)
    if (
        role
        and all(token.kind in _ROLE or token.keys & _OFFICE for token in weights)
        and not any(token.kind in (Kind.PUNCT, Kind.CONJ) for token in start)
    ):
        return True
    if (
        (first.verb and not first.lower.endswith("s"))
        or taken_back(start)
        or any(_reports(token) for token in weights)
    ):
        return False
    return _is_closed(start, nearest)


def follows(evidence: Tokens, last: int, place: int, between: Tokens, phrase: bool) -> bool:
    """Whether the claim may go on from ``evidence[last]`` to ``evidence[place]``."""
    gap = evidence[last + 1 : place]
    reported = any(reporting(token) for token in evidence)
    if not any(weighs(token) for token in gap):
        return _glue(between, gap, evidence[place], reported)
    if phrase:
        return False
    rest = _without_parentheses(gap)
    if rest is None:
        return False
    if not any(weighs(token) for token in rest):
        return _glue(between, rest, evidence[place], reported)
    if narrow(evidence[: last + 1]):
        return False
    beside = evidence[last].verb or evidence[place].verb
    if beside and all(colour(token) for token in rest if weighs(token)):
        return _glue(between, rest, evidence[place], reported)
    return _skips(evidence, rest, last, place) and _glue(between, rest, evidence[place], reported)


def ends(evidence: Tokens, place: int, between: Tokens, phrase: bool) -> bool:
    """Whether a claim may end at ``evidence[place]``."""
    rest = list(evidence[place + 1 :])
    if not any(weighs(token) for token in rest):
        return True
    here = evidence[place]
    if phrase:
        following = rest[0]
        joined = (
            following.kind is Kind.NAME
            if here.kind is Kind.NAME
            else following.kind in (Kind.WORD, Kind.NAME)
        )
        return not joined or here.kind is Kind.NUMBER
    while rest and _passes(rest):
        if narrow(evidence[: place + 1]):
            return False
        rest.pop(0)
    if not any(weighs(token) for token in rest):
        return True
    return not taken_back(rest) and _breaks(evidence, place, rest)


def _skips(evidence: Tokens, rest: Tokens, last: int, place: int) -> bool:
    """Whether ``rest`` is a date, a phrase before a date, or what somebody is before his name."""
    weights = [token for token in rest if weighs(token)]
    if all(_score(token) for token in weights):
        return evidence[place].kind is Kind.PREP
    if any(token.kind in (Kind.PUNCT, Kind.CONJ, Kind.SUB, Kind.MARK) or token.verb for token in rest):
        return False
    if weights[-1].kind in DATED and all(token.kind in DATED or token.lower in _ON for token in weights):
        return True
    dated = evidence[place].kind in DATED or (
        evidence[place].kind is Kind.PREP
        and any(token.kind in DATED for token in evidence[place + 1 : place + 3])
    )
    if (
        weights[0].kind is Kind.PREP
        and weights[0].lower not in _PARTICLES
        and weights[-1].kind is not Kind.PREP
    ):
        return dated and evidence[last].kind is not Kind.PREP
    before_name = evidence[place].kind is Kind.NAME and not any(token.possessive for token in rest)
    opened = evidence[last].verb or evidence[last].kind in (Kind.PREP, Kind.SUB)
    return before_name and opened and all(token.kind is Kind.WORD for token in weights)


def _without_parentheses(gap: Tokens) -> list[Token] | None:
    """``gap`` without its brackets and without what stands between its first and last comma."""
    rest: list[Token] = []
    depth = 0
    for token in gap:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text != ")":
            rest.append(token)
    commas = [n for n, token in enumerate(rest) if token.kind is Kind.PUNCT and token.text in ",-"]
    if depth != 0 or len(commas) < 2:
        return rest if depth == 0 else None
    inner = rest[commas[0] + 1 : commas[-1]]
    if not any(weighs(token) for token in inner):
        return rest
    if taken_back(inner) or not _closed(inner):
        return None
    return [*rest[: commas[0]], *rest[commas[-1] :]]


def _closed(inner: Tokens) -> bool:
    """Whether what stands between two commas can be left out as a whole."""
    first = inner[0]
    if first.kind is Kind.CONJ:
        return False
    if first.lower in lexicon().relatives or first.kind in (Kind.SUB, Kind.PREP):
        return True
    if first.lower in ("a", "an", "the"):
        return True  # an apposition
    return (first.verb and (first.lower.endswith(("ing", "ed")) or past(first.lower))) or not any(
        token.verb for token in inner
    )


def _alone(evidence: Tokens, place: int) -> bool:
    """Whether the name at ``place`` is followed by no noun that it would belong to."""
    after = next((token for token in evidence[place:] if token.kind is not Kind.NAME), None)
    if after is None:
        return True
    return (
        after.kind is not Kind.CONJ and not after.possessive and (after.kind is not Kind.WORD or after.verb)
    )


def _supplied(between: Tokens, theirs: Tokens, forms: frozenset[str]) -> bool:
    """Whether the claim opens with a form of 'be' or 'have' that the evidence has not there."""
    here, there = (any(form(token) in forms for token in side) for side in (between, theirs))
    return here and not there


def _nearby(start: Tokens) -> Tokens:
    """The light words right before a place."""
    first = len(start)
    while first and not start[first - 1].heavy and start[first - 1].kind is not Kind.PUNCT:
        first -= 1
    return start[first:]


def _adverbial(weights: Tokens) -> bool:
    return all(adverb(token) or token.keys & _WHEN for token in weights)


def _reports(token: Token) -> bool:
    known = lexicon()
    return token.verb and (token.own in known.reporting or token.own in known.unreal)


def _is_closed(start: Tokens, nearest: Token) -> bool:
    """Whether the words before a claim's first end with a boundary, and are no half of a subject."""
    comma = nearest.kind is Kind.PUNCT and nearest.text in _CLOSERS
    if nearest.kind is Kind.CONJ:
        n = max(n for n, token in enumerate(start) if token is nearest)
        comma = n > 0 and start[n - 1].kind is Kind.PUNCT
        if not comma:
            verbs = [n for n, token in enumerate(start) if token.verb]
            finite = bool(verbs) and not start[verbs[-1]].lower.endswith("ing")
            return finite and not any(token.kind is Kind.PREP for token in start[verbs[-1] :])
    if not comma:
        return False
    opening = start[0]
    adjunct = (
        opening.kind in (Kind.PREP, Kind.SUB, Kind.DATE) or adverb(opening) or opening.lower.endswith("ing")
    )
    return (
        adjunct or any(token.verb for token in start) or not any(token.kind is Kind.PREP for token in start)
    )


def _passes(rest: Tokens) -> bool:
    """Whether ``rest`` begins with an adverb, a date or a score, which only add to what is said before."""
    first = rest[0]
    if first.kind is Kind.FREE and first.lower in _ON:
        return any(token.kind in DATED for token in rest[1:3])
    return colour(first) or first.kind in DATED or bool(first.keys & _WHEN) or _score(first)


def _score(token: Token) -> bool:
    return any(key.startswith("score:") for key in token.keys)


def _breaks(evidence: Tokens, place: int, rest: Tokens) -> bool:
    """Whether ``rest`` begins with a boundary behind which nothing belongs to what stands before."""
    first = next(
        token for token in rest if (token.kind is not Kind.FREE or _opens(token)) and token.text != ")"
    )
    if first.kind is Kind.PUNCT and first.text in ",;:-.(!?":
        return True
    if first.kind is Kind.CONJ:
        return not any(token.keys & {"preposition:between", "mark:both"} for token in evidence[:place])
    if first.lower in lexicon().relatives and first.kind is Kind.FREE:
        return not narrow(evidence[: place + 1])
    if first.kind is Kind.PREP:
        return first.lower not in _PARTICLES and not narrow(evidence[: place + 1])
    return first.kind is Kind.SUB and not narrow(evidence[: place + 1])


def _opens(token: Token) -> bool:
    return token.lower in lexicon().relatives


def _glue(between: Tokens, gap: Tokens, following: Token, reported: bool) -> bool:
    """Whether the light words in the claim's gap say no more than those in the evidence's."""
    comma = any(token.kind is Kind.PUNCT and token.text in _CLOSERS for token in gap)
    ours_comma = any(token.kind is Kind.PUNCT and token.text in _CLOSERS for token in between)
    joined, theirs = (any(token.kind is Kind.CONJ for token in side) for side in (between, gap))
    if (joined and not (theirs or comma)) or (theirs and not (joined or ours_comma)):
        return False
    if any(token.text in SEPARATORS for token in gap) and not any(
        token.text in SEPARATORS for token in between
    ):
        return False
    if _tense(between, "is are am") and _tense(gap, "was were") and not (following.passive or reported):
        return False
    for forms in (BE, HAVE):
        here, there = (any(form(token) in forms for token in side) for side in (between, gap))
        if here and not there and not following.verb and not _appositive(gap):
            return False
        if there and not here and not following.verb and not ours_comma:
            return False
    return True


def _tense(side: Tokens, forms: str) -> bool:
    return any(form(token) in forms.split() for token in side)


def _appositive(gap: Tokens) -> bool:
    """', the chairman' or ', a former chairman' says that somebody is chairman; a list does not."""
    return (
        bool(gap)
        and gap[0].text == ","
        and any(token.lower in ("a", "an", "the", "who", "which") for token in gap)
    )
