"""What stretches of a sentence do to the rest: say whose word it is, put conditions, narrow what is said."""

from __future__ import annotations

from collections.abc import Sequence

from qa.kinds import Kind, words
from qa.lexicon import lexicon
from qa.tokens import Token

Tokens = Sequence[Token]

BE = words("be is are am was were been being")
HAVE = words("have has had having")
DATED = frozenset({Kind.DATE, Kind.TIME})
SEPARATORS = frozenset(".;")
_HEDGES = frozenset(
    f"mark:{name}"
    for name in ["allegedly", "reportedly", "apparently", "likely", "unlikely", "may", "could", "potentially"]
)


def attribution(segment: Tokens) -> bool:
    """Whether a stretch between commas only says whose word the rest is: 'he claimed', 'said Mr Brown'."""
    known = lexicon()
    first = next((token for token in segment if token.kind is not Kind.TITLE), None)
    if first is not None and first.lower == "as":
        return attribution(segment[1:])
    if first is None or (first.kind in (Kind.CONJ, Kind.PREP, Kind.SUB) and first.own != "according"):
        return False
    if first.lower in known.relatives:
        return False
    closing = next((token for token in reversed(segment) if token.heavy), first)
    if reporting(closing) and not closing.lower.endswith("ing"):
        return True  # 'the spending watchdog has said'
    for token in segment:
        if token.own == "according" or reporting(token):
            return not token.lower.endswith("ing")
        if token.verb:
            return False
    return False


def segments(tokens: Tokens) -> list[Tokens]:
    """``tokens`` cut at the marks that close a stretch."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind is Kind.PUNCT and token.text != ")" and token.text != "(":
            found.append([])
        else:
            found[-1].append(token)
    return [piece for piece in found if piece]


def reporting(token: Token) -> bool:
    return token.verb and token.own in lexicon().reporting


def weighs(token: Token) -> bool:
    """Heavy, but for 'its' and 'their', which may be left out like 'the'."""
    return token.heavy and not (token.kind is Kind.PRON and token.possessive)


def adverb(token: Token) -> bool:
    return token.kind is Kind.WORD and token.lower.endswith("ly") and not token.verb


def colour(token: Token) -> bool:
    """An adverb that may go: not 'grossly', 'temporarily' or 'unsuccessfully'."""
    return token.lower in lexicon().droppable and not token.quoted


def narrow(tokens: Tokens) -> bool:
    """Whether a word here makes what follows say more, not less, when it is cut: 'not', 'only', 'biggest'."""
    classes = lexicon().classes["narrowing"]
    for token in reversed(tokens):
        if token.text in SEPARATORS:
            return False
        if token.kind is Kind.MARK and any(one.removeprefix("mark:") in classes for one in token.keys):
            return True
        if token.kind is Kind.WORD and token.lower.endswith("est") and len(token.lower) > 5:
            return True
        if token.verb and token.own in ("deni", "refus", "reject", "fail", "prevent", "avoid"):
            return True
    return False


def taken_back(tokens: Tokens) -> bool:
    """Whether a stretch says whose word, or on what condition, the rest holds."""
    pieces = segments(tokens)
    if any(_restricts(token) for piece in pieces for token in (piece if piece is pieces[0] else piece[:3])):
        return True
    return any(attribution(piece) or _hedge(piece) for piece in pieces)


def _restricts(token: Token) -> bool:
    """Whether a word puts a condition on what stands before it; behind a comma it must come first."""
    return token.own == "according" or (token.kind is Kind.SUB and token.lower in lexicon().restrictive)


def _hedge(segment: Tokens) -> bool:
    """Whether a stretch between commas is no more than 'allegedly' or 'it is likely'."""
    heavy = [token for token in segment if token.heavy]
    if segment[0].kind is Kind.CONJ or len(heavy) > 4:
        return False
    return any(token.kind is Kind.MARK and token.keys & _HEDGES for token in heavy)


def form(token: Token) -> str:
    return token.own if token.kind is Kind.FREE else ""
