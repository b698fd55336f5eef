"""Honest rewordings that leave something out: clauses, appositions, words at the front, brackets."""

from __future__ import annotations

import re
from random import Random

from tests.lying.text import Sentence, is_finite, outside, put

SUBJECT = (
    r"(?:[A-Z][\w.&'’-]*(?: (?:of|and|de|van) [A-Z][\w.&'’-]*| [A-Z][\w.&'’-]*){0,4}|(?:The|A|An) "
    r"[a-z][\w-]*(?: [a-z][\w-]*){0,2})"
)
_RELATIVE = re.compile(
    r",? (?:which|who|where|whose|while|although|though|despite|adding|saying|with the|making"
    r"|including|compared with|compared to|but) [^,¤]+\.$"
)
_AFTER_COMMA = re.compile(r", (?:after|when|as|having|following|because|amid|since) [^,¤]+\.$")
_BETWEEN = re.compile(
    rf"^(?P<who>{SUBJECT}), (?P<inner>(?:the|a|an|who|which|whose|formerly|based in|aged|now"
    rf"|one of)\b ?[^,¤]{{2,90}}|\d\d), (?P<verb>[a-z]+) "
)
_FIRST_CLAUSE = re.compile(
    r"^(?:After|While|Although|Despite|When|As|Following|With|During) [^,¤]+, (?P<main>[^,]+)\.$"
)


def clause_left_out(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Without ', which …' at its end, or without 'Although …,' at its front."""
    masked = outside(text)
    found = []
    for pattern in (_RELATIVE, _AFTER_COMMA):
        match = pattern.search(masked)
        if match and masked[match.start()] == "," and _stands(text[: match.start()], masked[: match.start()]):
            found.append(text[: match.start()] + ".")
    match = _FIRST_CLAUSE.match(masked)
    if (
        match
        and _stands(text[match.start("main") :], match["main"])
        and not re.search(
            r"\b(?:will|would|could|can|may|if|he|she|they|it|his|her|their|its|him|them|this|that)\b",
            match["main"],
        )
    ):
        main = text[match.start("main") :]
        found.append(main[0].upper() + main[1:])
    return found


def _stands(text: str, masked: str) -> bool:
    """Whether what is left is a whole sentence that says no more than the full one said."""
    words = text.split()
    open_clause = re.search(
        r", (?:the|a|an|who|which|whose|where|when|both|based|aged|once|as|after|if|while) [^,]*$", masked
    )
    verb = any(is_finite(word.strip(",")) for word in words[1:])
    listed = re.search(r", \w+(?: \w+)?$", masked)
    return (
        len(words) >= 5
        and verb
        and not open_clause
        and not listed
        and not re.search(
            r"\b(?:neither|either|both|not only|whether|rather|if|unless|no|not|less|more|so|such|too)\b",
            masked,
        )
    )


def apposition_left_out(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Jane Doe, the chair, said' = 'Jane Doe said'."""
    match = _BETWEEN.match(outside(text))
    if match and (is_finite(match["verb"]) or match["verb"] in ("said", "says")):
        return [f"{match['who']} {text[match.start('verb') :]}"]
    return []


_LEADING = re.compile(
    r"^(?:However|Meanwhile|But|And|Also|In addition|Indeed|Moreover|Furthermore|For example"
    r"|For instance|Nevertheless|Of course|In fact|Still|Yet|Separately|Elsewhere|Besides"
    r"|Additionally|Significantly|Interestingly|Importantly|At the same time|On the other hand"
    r"|As a result|Not surprisingly|Unsurprisingly|Instead),? (?!to |of |at |than )(?=[\w\"“])"
)


def leading_word_left_out(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Without 'However,' or 'But' at its front."""
    match = _LEADING.match(text)
    if not match:
        return []
    rest = text[match.end() :]
    pronoun = re.match(
        (
            r"(?:he|she|it|they|we|this|that|these|those|his|her|their|its|there|one|another|such"
            r"|both|others?|I|when|if|as|not|so|what|for|with|while|some|most|many|few|like|unlike"
            r"|until|by|despite|after|in|at)\b"
        ),
        rest,
        re.IGNORECASE,
    )
    return [] if pronoun else [rest[0].upper() + rest[1:]]


def shortened(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """The main clause alone: at least two of the things above left out, or what stands in brackets."""
    found = []
    masked = outside(text)
    bracket = re.search(r" \((?![^)]*\bnot\b)[^)]+\)", masked)
    if bracket and masked.count("(") == 1:
        found.append(put(text, *bracket.span(), ""))
    for first in (leading_word_left_out, apposition_left_out):
        for once in first(sentence, text, rng):
            for second in (apposition_left_out, clause_left_out):
                found += second(sentence, once, rng)
    return found
