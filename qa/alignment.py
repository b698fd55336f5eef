"""A claim laid over its evidence, token by token and in order, with nothing of weight lost between.

Every weighty token of the claim needs its own equal in the evidence, in the same order. What the evidence has
besides may be left out only where leaving it out takes nothing back: a parenthesis, a closed clause before or
after, an adverb. A reordering is legal only if it is one of the transformations in ``qa.rewrite``, each of
which keeps the meaning by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa.clauses import BE, HAVE, Tokens, form, reporting
from qa.kinds import Kind
from qa.lexicon import lexicon, past
from qa.omission import begins, ends, follows
from qa.tokens import Token

_PERSON_SHIFT = {"pronoun:i": ("pronoun:he", "pronoun:she"), "pronoun:we": ("pronoun:they", "pronoun:it")}


def equal(claim: Token, evidence: Token) -> bool:
    """Whether the claim's token says what the evidence's token says, or less."""
    if claim.keys & evidence.keys:
        return (claim.kind is Kind.PREP) == (evidence.kind is Kind.PREP)
    if evidence.own in lexicon().weaker.get(claim.own, ()) and claim.kind is evidence.kind is Kind.WORD:
        return True
    if evidence.quoted and not claim.quoted and claim.kind is Kind.PRON:
        return any(shifted in claim.keys for own in evidence.keys for shifted in _PERSON_SHIFT.get(own, ()))
    return False


def align(claim: Tokens, evidence: Tokens) -> tuple[tuple[int, int], ...] | None:
    """Pairs (position in claim, position in evidence) of a legal alignment, or None where there is none."""
    weighty = [n for n, token in enumerate(claim) if token.heavy]
    if not weighty:
        return None
    layers: list[dict[int, int]] = []
    before = -1
    phrase = bare(claim)
    for at in weighty:
        places = [n for n, token in enumerate(evidence) if token.heavy and _pair(claim, at, evidence, n)]
        between = claim[before + 1 : at]
        layer: dict[int, int] = {}
        for place in places:
            if not layers:
                if begins(evidence, place, between, phrase):
                    layer[place] = -1
                continue
            for last in sorted(layers[-1], reverse=True):
                if last < place and follows(evidence, last, place, between, phrase):
                    layer[place] = last
                    break
        if not layer:
            return None
        layers.append(layer)
        before = at
    for place in layers[-1]:
        if ends(evidence, place, claim[before + 1 :], phrase):
            return tuple(_path(layers, weighty, place))
    return None


def bare(claim: Tokens) -> bool:
    """Whether the claim is a phrase that asserts nothing ('£2,000', 'T-Mobile'), not a sentence."""
    weights = [token for token in claim if token.heavy]
    if (
        len(weights) > 1
        and weights[-1].kind is Kind.WORD
        and (weights[-2].capital or weights[-2].kind is Kind.PRON)
    ):
        return False  # 'Carl Ames died': an unknown verb, as like as not
    return len(weights) <= 8 and not any(
        token.verb or token.own in BE or token.lower in BE | HAVE or token.kind is Kind.SUB for token in claim
    )


def _path(layers: Sequence[dict[int, int]], weighty: Sequence[int], place: int) -> Iterable[tuple[int, int]]:
    pairs = []
    for at, layer in zip(reversed(weighty), reversed(layers), strict=True):
        pairs.append((at, place))
        place = layer[place]
    return reversed(pairs)


def _pair(claim: Tokens, at: int, evidence: Tokens, place: int) -> bool:
    ours, theirs = claim[at], evidence[place]
    if not equal(ours, theirs) or (ours.quoted and not theirs.quoted):
        return False
    reported = any(reporting(token) for token in evidence) and any(reporting(token) for token in claim)
    if not reported and _shifted(claim, at, evidence, place):
        return False
    if _several(ours) and not _several(theirs) and _single(evidence, place):
        return False
    if ours.verb and theirs.verb and ours.passive != theirs.passive:
        return _reduced(evidence, place) if ours.passive else _reduced(claim, at)
    return True


def _shifted(claim: Tokens, at: int, evidence: Tokens, place: int) -> bool:
    """Whether the claim puts into another time what only reported speech may: 'employed' as 'employs'."""
    ours, theirs = claim[at], evidence[place]
    if ours.kind is theirs.kind is Kind.MARK and "mark:will" in ours.keys & theirs.keys:
        return (ours.lower == "would") != (theirs.lower == "would")
    return ours.verb and theirs.verb and _past(evidence, place) and _present(claim, at)


def _several(token: Token) -> bool:
    word = token.lower
    return word in lexicon().plurals or (word.endswith("s") and not word.endswith(("ss", "us", "is")))


def _single(tokens: Tokens, at: int) -> bool:
    """Whether a noun is said to be one: 'a man'."""
    return tokens[at].kind is Kind.WORD and any(
        token.lower in ("a", "an") for token in tokens[max(0, at - 1) : at]
    )


def _past(tokens: Tokens, at: int) -> bool:
    """Whether a verb is in the simple past."""
    word = tokens[at].lower.split()[0]
    if tokens[at].passive or tokens[at].own in lexicon().reporting or not (word.endswith("ed") or past(word)):
        return False
    return not any(form(token) in BE | HAVE for token in tokens[max(0, at - 2) : at])


def _present(tokens: Tokens, at: int) -> bool:
    """Whether a verb is in the present: 'employs', or 'employ' after its subject."""
    word = tokens[at].lower.split()[0]
    if word.endswith(("ed", "ing")) or past(word) or tokens[at].own in lexicon().reporting:
        return False
    before = tokens[at - 1] if at else None
    return before is not None and before.kind in (Kind.NAME, Kind.WORD, Kind.PRON) and not before.possessive


def _reduced(tokens: Tokens, at: int) -> bool:
    """Whether a participle stands for a passive without 'be': ', fined last week', 'bought by Google'."""
    if not tokens[at].lower.split()[0].endswith(("ed", "en", "wn", "t", "d", "n")):
        return False
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    agent = after is not None and after.kind is Kind.PREP and after.lower == "by"
    apart = before is not None and before.kind is Kind.PUNCT
    return agent or (apart and (after is None or after.kind in (Kind.PREP, Kind.PUNCT, Kind.DATE)))
