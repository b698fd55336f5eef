"""A claim in its evidence's own terms: its names, pronouns and dates as the evidence has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from qa import names
from qa.kinds import Kind
from qa.lexicon import lexicon
from qa.names import Context, Names
from qa.tokens import Token


def settled(
    ours: Sequence[Token], theirs: Sequence[Token], context: Context, article: Names
) -> tuple[Token, ...]:
    """The claim with its names put as the evidence puts them, where they mean the same."""
    spans = names.runs(theirs, article)
    there = [names.run_of(theirs[first:last]) for first, last in spans]
    found = list(ours)
    for first, last in reversed(names.runs(ours, article)):
        run = names.run_of(ours[first:last])
        if _written(run, ours, first, theirs, spans):
            continue
        other = next((n for n, one in enumerate(there) if names.same(run, one, article)), None)
        if other is not None:
            found[first:last] = theirs[slice(*spans[other])]
        elif stand_in := _stand_in(run, theirs, context):
            owns = last < len(ours) and ours[last].possessive
            found[_titled(ours, first, context) : last + owns] = [stand_in]
        elif any(set(run) & set(one) for one in there):
            found[first:last] = [
                replace(token, keys=frozenset({f"?{token.lower}"})) for token in ours[first:last]
            ]
    return _without_titles(_without_implied_year(found, theirs, context), theirs, article)


def _titled(ours: Sequence[Token], first: int, context: Context) -> int:
    """Where the title before the name at ``first`` begins, if the article gives it to that name."""
    while first and ours[first - 1].capital and ours[first - 1].lower in lexicon().titles:
        if f"{ours[first - 1].text} {ours[first].text}" not in context.text:
            break
        first -= 1
    return first


def _written(
    run: names.Run,
    ours: Sequence[Token],
    first: int,
    theirs: Sequence[Token],
    spans: Sequence[tuple[int, int]],
) -> bool:
    """Whether the evidence has just this name; what begins a sentence may or may not belong to it."""
    for start, end in spans:
        name = names.run_of(theirs[start:end])
        if run == name or (first == 1 and ours[0].capital and (ours[0].lower, *run) == name):
            return True
        if start == 1 and theirs[0].capital and (theirs[0].lower, *name) == run:
            return True
    return False


def _stand_in(run: names.Run, theirs: Sequence[Token], context: Context) -> Token | None:
    """The evidence's pronoun, or 'the company', that stands for the name ``run``."""
    article = names.names(f"{context.title}\n{context.text}")
    for n, token in enumerate(theirs):
        if token.kind is Kind.PRON:
            pronoun = min(token.keys)
        elif names.company(token) and n and theirs[n - 1].lower == "the":
            pronoun = "pronoun:it"
        else:
            continue
        meant = names.antecedent(context, pronoun)
        if meant and names.same(run, meant, article):
            return token
    return None


def _without_implied_year(ours: Sequence[Token], theirs: Sequence[Token], context: Context) -> list[Token]:
    """The claim without a year that the evidence leaves to the day of publication."""
    dated = any(key.startswith("year:") for token in theirs for key in token.keys)
    if context.published is None or dated:
        return list(ours)
    month = next((int(key[6:]) for token in ours for key in token.keys if key.startswith("month:")), 0)
    if not month:
        return list(ours)
    day = context.published
    years = (day.year + shift for shift in (-1, 0, 1))
    implied = min(years, key=lambda year: abs((year - day.year) * 12 + month - day.month))
    return [token for token in ours if f"year:{implied}" not in token.keys]


def _without_titles(ours: Iterable[Token], theirs: Sequence[Token], article: Names) -> tuple[Token, ...]:
    """The claim without Mr and Mrs where they fit who is named; where they don't, as words nobody wrote."""
    found = list(ours)
    for n, token in enumerate(found):
        if token.kind is not Kind.TITLE:
            continue
        run: list[str] = []
        for other in found[n + 1 :]:
            if other.kind not in (Kind.NAME, Kind.WORD) or not other.capital:
                break
            run.append(other.lower)
        beside = any(
            one.lower == token.lower and theirs[m + 1].lower in run for m, one in enumerate(theirs[:-1])
        )
        fits = not run or lexicon().courtesy[token.lower] == names.gender(tuple(run), article)
        if not (beside or fits):
            found[n] = replace(token, kind=Kind.NAME, keys=frozenset({f"?{token.lower}"}))
    return tuple(found)
