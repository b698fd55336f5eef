"""Whether a text says no more than that there is no answer. Pure.

An answer in which a system says that the articles are silent is an abstention, whatever its flag says.
Whether such words are an answer after all ('the police gave no details') is for the caller to say.
"""

from __future__ import annotations

import re

from evals.facts import normalise

SHORT = 30
"""Words up to which the whole text is read; of a longer one the first sentence."""
_SOURCE = (
    r"(?:articles?|passages?|contexts?|texts?|documents?|sources?|information|excerpts?|materials?|news|corpus"
    r"|collection|content|sentences?|evidence)"
)
_WHICH = r"(?:(?:the|these|this|those|any of|none of|provided|given|available|retrieved|supplied|numbered) )*"
_TELL = (
    r"(?:mention|say|state|specify|provide|contain|include|give|discuss|indicate|address|answer|tell|report|have"
    r"|cover|explain|name|support|reveal|disclose|describe)"
)
_TOLD = (
    r"(?:mentioned|stated|specified|provided|given|found|known|available|disclosed|included|contained|covered"
    r"|reported|discussed|present|answered|named|described|explained|said)"
)
_HOW = r"(?:\w+ly )?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # the speaker cannot
        r"^\W*(?:i am|i'm|we are|we're)? ?(?:sorry|afraid)\b.{0,80}\b(?:can't|cannot|unable|not|no)\b",
        r"\b(?:i|we) (?:can't|cannot|can not|couldn't|could not|(?:am|was|are|were) (?:unable|not able) to)"
        r" (?:answer|find|tell|determine|say|provide|locate)\b",
        r"\b(?:i|we) (?:do not|don't) (?:know\b|have (?:any |enough |sufficient |specific |the )?"
        r"(?:information|data|details?|knowledge|access)\b)",
        rf"\b(?:cannot|can't|can not|could not|couldn't|not possible to|impossible to|unable to) (?:be )?"
        rf"(?:answer|determine|find|found)\w*\b[^.]*\b{_SOURCE}\b",
        # the articles do not
        rf"\b{_SOURCE}\b[^.]{{0,60}}\b(?:do|does|did)(?: not|n't) {_HOW}{_TELL}\b",
        rf"\b{_SOURCE}\b[^.]{{0,60}}\b(?:is|are|has|have)(?: not|n't) {_HOW}{_TOLD}\b",
        rf"\b{_SOURCE} (?:provides?|contains?|gives?|has|have|offers?|holds?) (?:no|insufficient)\b",
        rf"\bnone of {_WHICH}(?:\w+ )?{_SOURCE}\b",
        rf"(?:\bnot|n't) {_HOW}(?:be )?(?:{_TOLD} )?(?:in|by|from) {_WHICH}{_SOURCE}\b",
        # there is nothing
        r"\b(?:there(?: i|')s|there (?:are|was|were)|i have|i found|we have) (?:no|not enough|insufficient"
        r"|not any|not sufficient) (?:\w+ ){0,2}(?:information|details?|mention|answer|reference|context)\b",
        rf"\bthere(?: i|')s no (?:\w+ )?(?:evidence|data)\b[^.]*\b{_SOURCE}\b",
        r"^\W*(?:no|insufficient|not enough) (?:\w+ )?"
        r"(?:information|answer|data|details?|evidence|mention)\b",
        # nothing but that
        rf"^[^.]{{0,80}}\b(?:is|are|was|were)(?: not|n't) {_HOW}{_TOLD}\W*$",
        rf"^\W*(?:unknown|none|n/?a|empty response|not (?:{_TOLD}|applicable))\W*$",
    )
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


def says_nothing(text: str) -> bool:
    """Whether the text is empty, or says that there is no information to answer from."""
    plain = " ".join(text.replace("\u2018", "'").replace("\u2019", "'").split())
    if not normalise(plain):
        return True
    read = plain if len(plain.split()) <= SHORT else _SENTENCE_END.split(plain, maxsplit=1)[0]
    return any(pattern.search(read) for pattern in _PATTERNS)
