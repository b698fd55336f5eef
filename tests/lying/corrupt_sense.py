"""Lies about sense: negation, comparison, hedges, quantifiers, conditions, tense."""

from __future__ import annotations

import re
from random import Random

from tests.lying.text import AUXILIARY, WORDS, Sentence, outside, put

_NEGATION = re.compile(
    r"\b(?:not|no|never|nor|none|nobody|nothing|neither|without|cannot|hardly|barely|few)\b|n['’]t\b"
)
_AFTER_AUX = re.compile(
    rf"(?<=[\w\"”,)] "
    rf")(?P<aux>{'|'.join(a for a in AUXILIARY if a not in ('did', 'do', 'does', 'have', 'has', 'had'))})"
    r"(?= (?!only|also|just|not|to\b|more|one of)[a-z\d])"
)
_PERFECT = re.compile(
    r"(?<=[\w,] )(?:has|have|had)(?= (?:been|become|made|agreed"
    r"|won|lost|given|taken|found|told|[a-z]{3,}ed)\b)"
)
_PAST = re.compile(rf"(?<=[A-Za-z\d%] )(?P<verb>{'|'.join(WORDS['verbs'])})\b(?! by\b)")
_PAST_BEFORE = re.compile(
    r"\b(?:was|were|been|be|is|are|has|have|had|having|being|also|and|who|which|that|not|the|a|an|of|by|in) $"
)


def negation_added(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'is' becomes 'is not', 'won' becomes 'did not win'."""
    masked = outside(text)
    if _NEGATION.search(masked):
        return []
    found = [
        put(text, m.end(), m.end(), " not")
        for p in (_AFTER_AUX, _PERFECT)
        for m in list(p.finditer(masked))[:1]
    ]
    past = _PAST.search(masked)
    if past and not _PAST_BEFORE.search(masked[: past.start()]) and _is_subject(masked[: past.start()]):
        found.append(put(text, *past.span("verb"), f"did not {WORDS['verbs'][past['verb']][0]}"))
    return found


def _is_subject(before: str) -> bool:
    """Whether what stands before a verb in -ed is its subject, so that the verb is the finite one."""
    words = before.split()
    return len(words) <= 5 and not any(
        w in ("in", "on", "after", "when", "as", "while", "by", "at", "from") for w in words[:1]
    )


_DENIALS: dict[str, str] = WORDS["denials"]
_DENIAL = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(_DENIALS, key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)
_NO_LIE = re.compile(
    (
        r"not (?:only|just|least|simply|merely|necessarily)|whether or not|no (?:more|less|fewer"
        r"|one|matter|doubt)|(?:if|or) not|(?:why|but|say|said|says) no"
    ),
    re.I,
)


def negation_removed(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'did not win' becomes 'did win', 'denied' becomes 'confirmed'."""
    masked = outside(text)
    if len(_NEGATION.findall(masked)) > 1 or _NO_LIE.search(masked):
        return []
    found = []
    for match in _DENIAL.finditer(masked):
        new = _DENIALS[match[0].lower()]
        odd = match[0].lower() == "never" and not re.match(r" (?:be|been|had|has)\b", text[match.end() :])
        odd |= match[0].lower() == "dismissed" and not re.match(
            r" (?:claims|suggestions|reports|allegations|rumours)", text[match.end() :]
        )
        odd |= match[0].lower() == "no" and not re.match(r" [a-z]+", text[match.end() :])
        start, end = match.span()
        if not new:
            end = end + 1 if text[end : end + 1] == " " else end
        if not odd:
            found.append(put(text, start, end, new))
    return found


def _table(pairs: list[tuple[str, str]], one_way: bool = False) -> dict[str, str]:
    table: dict[str, str] = dict(pairs)
    return table if one_way else table | {right: left for left, right in pairs}


_REVERSED = _table(WORDS["reversed"]["both_ways"]) | _table(WORDS["reversed"]["one_way"], one_way=True)
_SENSES = _table(WORDS["reversed"]["senses"], one_way=True)
_FIXED = re.compile(
    r"more than (?:just|ever|happy|likely|a)\b|more than one\b|before (?:long|the (?:court"
    r"|house|committee|mps))|after all"
    r"|no more than|over (?:the|a|an|his|her|its|how|whether|whom|what|claims?)\b|long before"
    r"|shortly before|(?:not|no) \w+ than"
    r"|best (?:known|man|actor|film|picture|director|actress|practice)|at best|above all"
    r"|better known|no longer|any longer"
    r"|the day (?:before|after)|(?:not|n.t|could) \w* ?better|no "
    r"better|(?:private|public) (?:life|eye)|for better"
    r"|public (?:sector|school|limited|relations|company|inquiry)|(?:in|to the) public"
    r"|profit(?:s)? warning|named after|look\w* after"
    r"|rose[s]? (?:bush|garden)|after (?:all|midnight)|soon after|not likely|quite likely"
    r"|higher education|lower house|joined by|left (?:for|in|to|with|a|the)\b"
)


def _turned(table: dict[str, str]):  # type: ignore[no-untyped-def]
    pattern = re.compile(
        rf"(?<![\w-])(?:{'|'.join(re.escape(w) for w in sorted(table, key=len, reverse=True))})(?![\w-])"
    )
    number_only = re.compile(
        r" (?:[£$€]?\d|a (?:third|quarter|half)|half|(?:two|three|four|five|six|ten|twenty)\b)"
    )

    def op(sentence: Sentence, text: str, rng: Random) -> list[str]:
        masked = outside(text)
        found = []
        for match in pattern.finditer(masked):
            around = masked[max(0, match.start() - 16) : match.end() + 16]
            quantity = match[0] in (
                "over",
                "under",
                "above",
                "below",
                "more than",
                "less than",
                "at least",
                "at most",
            )
            if any(
                _overlaps(f, match.start() - max(0, match.start() - 16), len(match[0]))
                for f in _FIXED.finditer(around)
            ):
                continue
            if quantity and not number_only.match(masked, match.end()):
                continue
            if len(_NEGATION.findall(masked)) and match[0] in ("better", "worse", "longer", "likely"):
                continue
            if (
                match[0] in ("rose", "rises")
                and re.search(r"(?:a|the|[A-Z]\w+) $", masked[: match.start()])
                and "%" not in masked
            ):
                continue
            found.append(put(text, *match.span(), table[match[0]]))
        return found

    return op


def _overlaps(match: re.Match[str], start: int, length: int) -> bool:
    return match.start() < start + length and start < match.end()


# 'plans' after one of these is a verb.
_ACTOR = (
    r"(?:(?<=\bit )|(?<=\bhe )|(?<=\bshe )|(?<=\bwho )|(?<=\bwhich )|(?<=company )|(?<=firm )"
    r"|(?<=government )|(?<=party )|(?<=[A-Z][a-z]{5} )|(?<=[a-z]{2}, ))"
)
_HEDGES = [
    (re.compile(r"\b(?:is|are) (?:widely )?(?:expected|likely"
        r"|set|due|thought|believed) to (?=\w+)"), "will "),
    (re.compile(r"\b(?:was|were) (?:expected|likely|set|due|planning) to (?=\w+)"), "would "),
    (re.compile(r"\b(?:may|might) (?:well |also )?(?=(?:be|have|become"
        r"|face|lead|need|take|go|lose|win|move|see|\w+) ?)"), "will "),
    (re.compile(r"\bcould (?:well |also |eventually )?(?=(?:be|become|face"
        r"|lead|mean|see|cost|lose|reach|rise|fall|take)\b)"), "will "),
    (re.compile(rf"{_ACTOR}(?:plans|hopes|intends|wants|aims) to (?=\w+)"), "will "),
    (re.compile(r"\b(?:allegedly|reportedly|apparently|possibly|probably|perhaps) (?=\w+)"), ""),
    (re.compile(r"\b(?:alleged|suspected|supposed|rumoured) (?=\w+)"), ""),
    (re.compile(r"\b(?:is|are) (?:alleged|said|thought|believed|reported|understood) to have "), "has "),
    (re.compile(r"\b(?:seems|appears) to be\b"), "is"),
    (re.compile(r"\b(?:is|are) considering (?=\w+ing\b)"), "started "),
]  # fmt: skip


def hedge_removed(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """What may be, is expected or alleged becomes a fact."""
    masked = outside(text)
    if _NEGATION.search(masked):
        return []
    found = []
    for pattern, new in _HEDGES:
        for match in pattern.finditer(masked):
            will = new == "will " and re.match(r"(?:have|not|only|be able)\b", masked[match.end() :])
            asked = (
                re.search(r"\b(?:if|whether|that|which|who|as|it|what) (?:\w+ )?$", masked[: match.start()])
                and new == "will "
                and "want" in match[0]
            )
            if not will and not asked:
                found.append(put(text, *match.span(), new))
    return found


_QUANTIFIERS: dict[str, list[str]] = WORDS["quantifiers"]


def quantifier_changed(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Some' becomes 'all', 'often' becomes 'always'."""
    masked = outside(text)
    found = []
    for pattern, others in _QUANTIFIERS.items():
        for match in re.finditer(rf"(?<![\w-]){pattern}", masked, re.IGNORECASE):
            behind = masked[: match.start()].lower()
            idiom = re.search(
                r"(?:not|at|after|of|in|first|above|for|the|so|how|too|as|very) $", behind
            ) or re.match(
                r" ?(?:time|day|year|week|month|night|other|part|certain|immediately)\b",
                masked[match.end() :],
            )
            if not idiom and (
                pattern != "almost"
                or re.match(r" (?:doubled|tripled|complete|all|half)", masked[match.end() :])
            ):
                found += [put(text, *match.span(), _of(other, masked[match.end() :])) for other in others]
    return found


def _of(quantifier: str, after: str) -> str:
    """'some the' is 'some of the', 'none people' is 'no people'."""
    determined = re.match(r"(?:the|its|their|his|her)\b", after)
    if quantifier in ("some ", "none ", "hardly any ") and determined:
        return f"{quantifier}of "
    return "no " if quantifier == "none " and not after.startswith("of ") else quantifier


_CONDITION = re.compile(r",? (?:if|unless|provided that|as long as) [^,]+\.$")


def condition_dropped(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'It will close if …' becomes 'It will close'."""
    match = _CONDITION.search(outside(text))
    if not match or not re.search(
        r"\b(?:will|would)\b(?! (?:be willing|love|like|not))", text[: match.start()]
    ):
        return []
    asked = re.search(
        (
            r"\b(?:ask(?:ed|ing)?|see|know|decide|sure|clear|wonder\w*|say|check|unclear|find out"
            r"|as|even|what|only|said|told|because|and|but|that|for)$"
        ),
        text[: match.start()],
    )
    return [] if asked or len(text[: match.start()].split()) < 5 else [text[: match.start()] + "."]


_PLANNED = [
    (re.compile(r"\bwill be (?=(?:[a-z]+ed|held|made|given|sold|built"
        r"|paid|shown|taken|sent|put|led|spent|set)\b)"), "was "),
    (re.compile(r"\bwill become\b"), "became"), (re.compile(r"\bwill have to\b"), "had to"),
    (re.compile(r"\bwill (?=(?:play|face|take|meet|make|open|launch|pay"
        r"|visit|receive|hold|go|use|return|appear|join)\b)"), "did "),
    (re.compile(rf"{_ACTOR}(?:plans|hopes|intends|wants) to (?=(?:\w+) )"), "did "),
]  # fmt: skip


def future_made_past(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """What will be is told as done."""
    masked = outside(text)
    if _NEGATION.search(masked) or re.search(
        r"\b(?:often|always|usually|anyone|people|users|if|when|whenever)\b", masked, re.I
    ):
        return []
    return [put(text, *match.span(), new) for pattern, new in _PLANNED for match in pattern.finditer(masked)]


KINDS = {
    "negation added": negation_added,
    "negation removed": negation_removed,
    "comparison reversed": _turned(_REVERSED),
    "sense reversed": _turned(_SENSES),
    "hedge removed": hedge_removed,
    "quantifier changed": quantifier_changed,
    "condition dropped": condition_dropped,
    "future told as past": future_made_past,
}
