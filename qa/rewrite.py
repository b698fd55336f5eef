"""The reorderings that keep what a sentence says, each as a function from tokens to tokens.

Passive and active, a reporting clause moved, an adjunct moved, a genitive turned, an apposition turned,
equals joined by 'and' exchanged. None looks at the evidence: a rewritten claim must still lie over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from qa.clauses import attribution
from qa.kinds import Kind, words
from qa.lexicon import keys, lexicon, past
from qa.tokens import Token

Tokens = tuple[Token, ...]

_BE = words("be is are am was were been being")
_STUCK = words("of to by than as per into onto")
_LIMIT = 40
_DATED = frozenset({Kind.DATE, Kind.TIME})


@lru_cache(maxsize=8192)
def evidence_forms(tokens: Tokens) -> tuple[Tokens, ...]:
    """The sentence, and with its reporting clause in front, and with its passives made active."""
    return _distinct(_basic(tokens))


@lru_cache(maxsize=1024)
def claim_forms(tokens: Tokens) -> tuple[Tokens, ...]:
    """The sentence and what it may be turned into, at most forty forms."""

    def forms() -> Iterator[Tokens]:
        basic = _distinct(_basic(tokens))
        yield from basic
        for one in basic[:4]:
            for turn in (adjuncts, genitives, appositions, exchanged, measures):
                yield from turn(one)
        for one in list(adjuncts(tokens))[:3]:
            yield from islice(_basic(one), 1, 4)

    return _distinct(islice(forms(), _LIMIT))


def _distinct(forms: Iterator[Tokens]) -> tuple[Tokens, ...]:
    return tuple(dict.fromkeys(forms))


def _basic(tokens: Tokens) -> Iterator[Tokens]:
    yield tokens
    for moved in reported(tokens):
        yield moved
        yield from actives(moved)
    yield from actives(tokens)


def _ends_segment(token: Token) -> bool:
    return token.kind is Kind.PUNCT and token.text not in "()"


def reported(tokens: Tokens) -> Iterator[Tokens]:
    """'Y, X said' and 'Y, said X' and 'according to X, Y' as 'X said Y'."""
    start = 0
    spoken = any(token.quoted for token in tokens)
    while start < len(tokens):
        end = next((n for n in range(start, len(tokens)) if _ends_segment(tokens[n])), len(tokens))
        segment = tokens[start:end]
        outside = not (spoken and any(token.quoted for token in segment))
        if outside and attribution(segment) and (start or segment[0].own == "according"):
            end = _end_of_report(tokens, start, end)
            rest = tokens[:start] + tokens[end:]
            if any(token.heavy for token in rest):
                yield _speaker_first(tokens[start:end]) + rest
        start = end + 1


def _end_of_report(tokens: Tokens, start: int, end: int) -> int:
    """A reporting clause that begins with its verb holds all that is said of the speaker after it."""
    if not start or not (tokens[start].verb or tokens[start].own == "according"):
        return end
    quoted = next((n for n in range(end, len(tokens)) if tokens[n].quoted), None)
    if quoted is not None and not any(token.quoted for token in tokens[start:end]):
        return quoted
    return len(tokens)


def _speaker_first(report: Tokens) -> Tokens:
    stop = [token for token in report[-1:] if _ends_segment(token)]
    body = report[: len(report) - len(stop)]
    first = body[0]
    if first.own == "according":
        said = Token("said", Kind.WORD, keys("said"), first.start, first.end, own="say", verb=True)
        return (*body[1:], said)
    return (*body[1:], first) if first.verb else body


def actives(tokens: Tokens) -> Iterator[Tokens]:
    """'Y was beaten by X' as 'X beat Y', once for each reading of where X and Y begin and end."""
    for verb, token in enumerate(tokens):
        by = _agent(tokens, verb) if token.passive else None
        if by is None:
            continue
        helper = verb
        while helper and (tokens[helper - 1].kind in (Kind.FREE, Kind.MARK) or _adverb(tokens[helper - 1])):
            helper -= 1
        kept = tuple(one for one in tokens[helper:verb] if one.own not in _BE and one.lower not in _BE)
        for start in _starts(tokens, helper):
            for end in _ends(tokens, by + 1):
                yield (
                    *tokens[:start], *tokens[by + 1 : end], *kept, replace(token, passive=False),
                    *tokens[start:helper], *tokens[verb + 1 : by], *tokens[end:],
                )  # fmt: skip


def _agent(tokens: Tokens, verb: int) -> int | None:
    """Position of the 'by' that names who did what the passive at ``verb`` says."""
    for n in range(verb + 1, min(verb + 8, len(tokens))):
        if tokens[n].kind is Kind.PREP and tokens[n].lower == "by":
            return n
        if tokens[n].verb or _ends_segment(tokens[n]):
            return None
    return None


def _adverb(token: Token) -> bool:
    return token.kind is Kind.WORD and token.lower.endswith("ly")


def _starts(tokens: Tokens, end: int) -> list[int]:
    """Where the subject that ends before ``end`` may begin: at the nearest boundary, or at the start."""
    found = [0]
    for n in range(end - 1, -1, -1):
        token = tokens[n]
        if _ends_segment(token) or token.verb or token.kind in (Kind.SUB, Kind.CONJ):
            found.append(n + 1)
            break
    return found[::-1]


def _ends(tokens: Tokens, start: int) -> list[int]:
    """Where a noun phrase that begins at ``start`` may end: at one of the next three boundaries."""
    found = []
    for n in range(start + 1, len(tokens)):
        if _boundary(tokens[n]):
            found.append(n)
            if len(found) == 3 or _closes(tokens[n]):
                return found
    return [*found, len(tokens)]


def _closes(token: Token) -> bool:
    """Whether no noun phrase can go on here, as it may at a word that is noun and verb ('support')."""
    finite = token.verb and (token.lower.endswith(("ed", "ing")) or past(token.lower))
    return _ends_segment(token) or finite or token.kind is Kind.SUB or token.lower == "but"


def _boundary(token: Token) -> bool:
    if token.kind is Kind.PREP:
        return token.lower != "of"
    return (
        token.kind in (Kind.SUB, Kind.CONJ, Kind.DATE, Kind.TIME)
        or token.verb
        or _ends_segment(token)
        or (token.kind is Kind.PRON and not token.possessive)
        or bool(token.keys & {"mark:will", "mark:may", "mark:could"})
        or token.lower in lexicon().relatives
    )


def _adjunct(tokens: Tokens, at: int) -> bool:
    """Whether an adjunct may begin here."""
    token = tokens[at]
    if token.kind is Kind.FREE and token.lower in ("on", "in"):
        return True  # they are free before a date only
    if token.kind is Kind.PREP:
        return token.lower not in _STUCK
    return token.kind in (Kind.SUB, Kind.DATE, Kind.TIME)


def _reporting(tokens: Sequence[Token]) -> int | None:
    known = lexicon()
    return next((n for n, one in enumerate(tokens) if one.verb and one.own in known.reporting), None)


def adjuncts(tokens: Tokens) -> Iterator[Tokens]:
    """The sentence with an adjunct moved from the front to a later place, or the other way.

    One that stands after a reporting verb belongs to what is reported, unless it follows the verb at once.
    """
    body = tuple(token for token in tokens if token.text not in (".", "!"))
    if body and _adjunct(body, 0):
        yield from _from_front(body)
    said = _reporting(body)
    starts = [n for n in range(1, len(body)) if _adjunct(body, n) and not _preposed(body, n)]
    for start in starts:
        if said is not None and start > said + 1 and not _told(body[said + 1 : start]):
            break
        for end in _adjunct_ends(body, start):
            block = body[start:end]
            yield (*block, *body[:start], *body[end:])


def _told(between: Tokens) -> bool:
    """Whether only who was told stands between a reporting verb and an adjunct: 'told Congress this week'."""
    return len(between) < 4 and all(
        token.kind in (Kind.NAME, Kind.TITLE) or token.capital for token in between
    )


def _preposed(body: Tokens, n: int) -> bool:
    """Whether the date at ``n`` belongs to the preposition before it."""
    before = body[n - 1]
    led = before.kind in (Kind.PREP, Kind.DATE) or before.lower in ("on", "in", "the", "last", "next")
    return body[n].kind in (Kind.DATE, Kind.TIME) and led


def _adjunct_ends(body: Tokens, start: int) -> list[int]:
    clause = body[start].kind is Kind.SUB
    ends = []
    for n in range(start + 1, len(body)):
        dated = body[n - 1].kind in _DATED and body[n].kind not in _DATED
        if _ends_segment(body[n]) or (
            not clause and (dated or _boundary(body[n])) and not _inside(body, start, n)
        ):
            ends.append(n)
            break
    return list(dict.fromkeys([*ends, len(body)]))


def _inside(body: Tokens, start: int, n: int) -> bool:
    """Whether a boundary at ``n`` is the date that the preposition at ``start`` asks for."""
    return body[n].kind in (Kind.DATE, Kind.TIME) and all(
        one.kind in (Kind.DATE, Kind.TIME, Kind.FREE, Kind.PREP, Kind.MARK) for one in body[start:n]
    )


def _from_front(body: Tokens) -> Iterator[Tokens]:
    comma = next((n for n, token in enumerate(body) if token.text == ","), None)
    ends = [comma] if comma else _adjunct_ends(body, 0)[:1]
    for end in ends:
        block, rest = body[:end], body[end + (comma is not None) :]
        said = _reporting(rest)
        places = [n for n in range(1, len(rest)) if _boundary(rest[n])] if said is None else [said, said + 1]
        for place in [*places[-4:], *([len(rest)] if said is None else [])]:
            yield (*rest[:place], *block, *rest[place:])


def genitives(tokens: Tokens) -> Iterator[Tokens]:
    """'the sale of X' as 'X sale', and "X's sale" as 'sale of X'."""
    for n, token in enumerate(tokens):
        if token.kind is Kind.PREP and token.lower == "of" and 0 < n < len(tokens) - 1:
            end = _ends(tokens, n + 1)[0]
            yield (*tokens[: n - 1], *tokens[n + 1 : end], tokens[n - 1], *tokens[end:])
        if token.kind is Kind.FREE and token.possessive and n and n < len(tokens) - 1:
            start = n
            while start and tokens[start - 1].kind in (Kind.NAME, Kind.WORD) and not tokens[start - 1].verb:
                start -= 1
            of = Token("of", Kind.PREP, words("preposition:of"), token.start, token.end, "of")
            for end in range(n + 2, min(n + 4, len(tokens) + 1)):
                yield (*tokens[:start], *tokens[n + 1 : end], of, *tokens[start:n], *tokens[end:])


def appositions(tokens: Tokens) -> Iterator[Tokens]:
    """'the chairman, X,' as 'X, the chairman,', and 'chairman X' as 'X, chairman'."""
    commas = [n for n, token in enumerate(tokens) if token.text == ","]
    for left, right in zip([-1, *commas], [*commas[1:], len(tokens)], strict=False):
        middle = next((n for n in commas if left < n < right), None)
        if middle is None:
            continue
        first, second = tokens[left + 1 : middle], tokens[middle + 1 : right]
        if _is_name(first) or _is_name(second):
            yield (*tokens[: left + 1], *second, tokens[middle], *first, *tokens[right:])
            if _is_name(first) and not any(token.verb for token in second):
                yield (*tokens[: left + 1], *second, *first, *tokens[right + 1 :])
    for n, token in enumerate(tokens):
        if (
            token.kind is Kind.NAME
            and n
            and tokens[n - 1].kind is Kind.WORD
            and not (tokens[n - 1].verb or tokens[n - 1].capital)
        ):
            start, end = n - 1, n
            while start and tokens[start - 1].kind in (Kind.WORD, Kind.FREE) and not tokens[start - 1].verb:
                start -= 1
            while end < len(tokens) and tokens[end].kind is Kind.NAME:
                end += 1
            comma = Token(",", Kind.PUNCT, frozenset(), token.start, token.start)
            yield (*tokens[:start], *tokens[n:end], comma, *tokens[start:n], *tokens[end:])


def _is_name(segment: Sequence[Token]) -> bool:
    return any(token.kind is Kind.NAME for token in segment) and all(
        token.kind in (Kind.NAME, Kind.TITLE) or (token.kind is Kind.WORD and token.capital)
        for token in segment
    )


def exchanged(tokens: Tokens) -> Iterator[Tokens]:
    """'X and Y' as 'Y and X' for two names, '3 men and 5 women' as '5 women and 3 men'."""
    if any("mark:respectively" in token.keys for token in tokens):
        return
    for n, token in enumerate(tokens):
        if token.kind is not Kind.CONJ:
            continue
        left, right = n, n + 1
        while left and _part_of_name(tokens[left - 1]):
            left -= 1
        while right < len(tokens) and _part_of_name(tokens[right]):
            right += 1
        if left == n and _counted(tokens, n - 2) and _counted(tokens, n + 1):
            left, right = n - 2, n + 3
        if left < n and right > n + 1:
            yield (*tokens[:left], *tokens[n + 1 : right], token, *tokens[left:n], *tokens[right:])


def _part_of_name(token: Token) -> bool:
    return token.capital and token.kind in (Kind.NAME, Kind.WORD)


def measures(tokens: Tokens) -> Iterator[Tokens]:
    """'to £5 from £4' as 'from £4 to £5'."""
    for n in range(len(tokens) - 3):
        four = tokens[n : n + 4]
        kinds = [token.kind for token in four]
        if kinds == [Kind.PREP, Kind.NUMBER] * 2 and {four[0].lower, four[2].lower} == {"from", "to"}:
            yield (*tokens[:n], *four[2:], *four[:2], *tokens[n + 4 :])


def _counted(tokens: Tokens, at: int) -> bool:
    pair = tokens[at : at + 2] if at >= 0 else ()
    return len(pair) == 2 and pair[0].kind is Kind.NUMBER and pair[1].kind is Kind.WORD
