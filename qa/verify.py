"""Claims held against their evidence. Pure, and without a model: it cannot be talked round.

A claim stands if one evidence sentence, with the little of its surroundings that a pronoun or a name needs,
carries all of it: every figure, date, name and word of weight, in the same roles, with nothing said outright
that the article holds back. In doubt it falls, and the article's own sentence is quoted instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.sentences import sentences
from index.types import Article
from qa import names
from qa.alignment import align, equal
from qa.kinds import Kind
from qa.lexicon import lexicon
from qa.names import Context
from qa.quoting import plain, quotations
from qa.rewrite import claim_forms, evidence_forms
from qa.settle import settled
from qa.tokens import Token, tokens
from qa.types import Check, Evidence, Fate

__all__ = ["Checked", "Context", "Drafted", "Verdict", "check", "context_of", "verify"]

# Of a claim's weighty words a sentence must hold this share to be quoted in its stead.
OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim stands, and if not why: codes such as ``number``, ``name``, ``polarity``, ``role``."""

    ok: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A claim as a model wrote it, with the evidence numbers it cited."""

    text: str
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim after verification: what may be printed, and the evidence it rests on (none if dropped).

    quoted: ``text`` is the article's own words and must be shown as a quotation.
    """

    check: Check
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    quoted: bool = False


def check(claim: str, evidence: Evidence, context: Context) -> Verdict:
    """Hold one claim against one evidence sentence."""
    words = plain(claim)
    if not any(character.isalnum() for character in words):
        return Verdict(False, ("empty",))
    if words == plain(evidence.text):
        return Verdict(True)
    if _after_colon(words, evidence.text):
        return Verdict(False, ("attribution",))
    theirs = tokens(evidence.text, context.quoted)
    article = names.names(f"{context.title}\n{context.text}")
    ours = settled(tokens(claim), theirs, context, article)
    forms = evidence_forms(theirs)
    reasons = _reasons(claim, ours, evidence.text, forms, context)
    if reasons:
        return Verdict(False, reasons)
    for form in forms:
        for rewritten in claim_forms(ours):
            if _stands(rewritten, form):
                return Verdict(True)
    return Verdict(False, (_disorder(ours, theirs),))


# What stands before a colon says how the rest is meant ('Rumour: …', 'Write: …'), in whatever language.
_COLON = re.compile(r"\s?(?::\s+|：\s*)|(?<=[^\x00-\x7f]):\s*")
_WORDS = re.compile(r"\w+")


def _after_colon(claim: str, evidence: str) -> bool:
    """Whether the claim is all from behind a colon, without any word of what stands before it."""
    ours = set(_WORDS.findall(claim.lower()))
    for colon in _COLON.finditer(evidence):
        lead = set(_WORDS.findall(plain(evidence[: colon.start()]).lower()))
        rest = set(_WORDS.findall(plain(evidence[colon.end() :]).lower()))
        if lead and len(ours) > 3 and len(ours & rest) >= 0.8 * len(ours) and not (ours - rest) & lead:
            return True
    return False


def context_of(evidence: Evidence) -> Context:
    """What stands around an evidence sentence in its article."""
    article = evidence.article
    spans = _spans(article)
    before = [span for span in spans if span[1] <= evidence.start][-3:]
    paragraph = article.text.rfind("\n\n", 0, evidence.start) + 1
    lead = article.text[paragraph : evidence.start]
    return Context(
        title=article.title,
        published=article.published,
        before=tuple(article.text[start:end] for start, end in before),
        text=article.text,
        quoted=_inside_quotation(lead),
    )


def verify(claims: Sequence[Drafted], evidence: Sequence[Evidence]) -> tuple[Checked, ...]:
    """The outcome for each claim, in order.

    Verified on a sentence it cites; or re-anchored to another one that carries it; or replaced by a quotation
    of the sentence nearest to it, a cited one before others; or dropped.
    """
    return tuple(_outcome(claim, evidence) for claim in claims)


def _outcome(claim: Drafted, evidence: Sequence[Evidence]) -> Checked:
    cited = [one for one in evidence if one.number in claim.cited]
    reasons: tuple[str, ...] = ()
    for one in cited:
        verdict = check(claim.text, one, context_of(one))
        if verdict.ok:
            return _printed(claim, Fate.VERIFIED, (), (one,))
        reasons = reasons or verdict.reasons
    others = [one for one in evidence if one not in cited]
    for one in others:
        verdict = check(claim.text, one, context_of(one))
        if verdict.ok:
            return _printed(claim, Fate.REANCHORED, ("citation",), (one,))
    if parts := _parts_stand(claim.text, [*cited, *others]):
        same = set(parts) <= set(cited)
        return _printed(
            claim, Fate.VERIFIED if same else Fate.REANCHORED, () if same else ("citation",), parts
        )
    reasons = reasons or ("citation",)
    nearest = _nearest(claim.text, cited) or _nearest(claim.text, others)
    if nearest is None:
        return Checked(Check(claim.text, claim.cited, Fate.DROPPED, reasons))
    done = Check(claim.text, claim.cited, Fate.QUOTED, reasons, nearest.text)
    return Checked(done, nearest.text, (nearest,), quoted=True)


def _printed(claim: Drafted, fate: Fate, reasons: tuple[str, ...], carried: Sequence[Evidence]) -> Checked:
    one = carried[0]
    if len(carried) == 1 and context_of(one).quoted and plain(claim.text) == plain(one.text):
        # These are words of somebody whose quotation began earlier: never the article's own.
        done = Check(claim.text, claim.cited, Fate.QUOTED, ("quotation",), one.text)
        return Checked(done, one.text, (one,), quoted=True)
    return Checked(Check(claim.text, claim.cited, fate, reasons, claim.text), claim.text, tuple(carried))


_JOINTS = re.compile(r";\s+|,\s+and\s+")


def _parts_stand(claim: str, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The two sentences that carry the two complete clauses of a claim; empty if there are none.

    What a clause says of 'he' or 'the company' it says in the light of the one before it: the clauses must
    follow each other in the article as they do in the claim, or the second must name its subject.
    """
    for joint in _JOINTS.finditer(claim):
        clauses = claim[: joint.start()], claim[joint.end() :].rstrip(". ")
        if not all(map(_complete, clauses)):
            continue
        first, second = (_carriers(clause, evidence) for clause in clauses)
        for one in first:
            for other in second:
                if one != other and (_adjoining(one, other) or _named(clauses[1])):
                    return one, other
    return ()


def _carriers(clause: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    return [one for one in evidence if check(clause, one, context_of(one)).ok]


def _adjoining(one: Evidence, other: Evidence) -> bool:
    return one.article.id == other.article.id and context_of(other).before[-1:] == (one.text,)


def _complete(clause: str) -> bool:
    """Whether a clause has a subject and a verb."""
    found = tokens(clause)
    first = next((n for n, token in enumerate(found) if token.heavy), None)
    if first is None or found[first].verb or found[first].kind in (Kind.SUB, Kind.CONJ, Kind.MARK):
        return False
    return any(
        token.verb or token.own in ("is", "was", "are", "were", "has", "had") for token in found[first + 1 :]
    )


def _named(clause: str) -> bool:
    """Whether a clause begins with a name and refers to nothing before it."""
    found = tokens(clause)
    name = bool(found) and found[0].kind in (Kind.NAME, Kind.TITLE, Kind.WORD) and clause[:1].isupper()
    return name and not any(token.kind is Kind.PRON and not token.quoted for token in found)


def _nearest(claim: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """The sentence that has most of the claim's weighty words, if it has enough of them."""
    ours = [token for token in tokens(claim) if token.kind in (Kind.NAME, Kind.WORD, Kind.NUMBER, Kind.DATE)]
    if not ours:
        return None
    shares = [(_share(ours, tokens(one.text)), -n) for n, one in enumerate(evidence)]
    best, place = max(shares, default=(0.0, 0))
    return evidence[-place] if best >= OVERLAP else None


def _share(ours: Sequence[Token], theirs: Sequence[Token]) -> float:
    return sum(any(equal(one, other) for other in theirs) for one in ours) / len(ours)


@lru_cache(maxsize=256)
def _spans_of(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((span.start, span.end) for span in sentences(text))


def _spans(article: Article) -> tuple[tuple[int, int], ...]:
    return _spans_of(article.text)


def _inside_quotation(lead: str) -> bool:
    """Whether a quotation that began in ``lead`` is still open at its end."""
    spans = quotations(lead)
    return bool(spans) and spans[-1][1] == len(lead) and lead[-1:] not in '"”»'


# What must be so whatever the order


def _reasons(
    claim: str, ours: Sequence[Token], sentence: str, forms: Sequence[Sequence[Token]], context: Context
) -> tuple[str, ...]:
    """Codes of what the claim has and the evidence has in none of its forms, most telling first."""
    found: list[str] = []
    if sentence.rstrip().endswith("?") and not claim.rstrip().endswith("?"):
        found.append("modality")
    if not _verbatim(claim, sentence, context.quoted):
        found.append("quotation")
    theirs = tuple(dict.fromkeys(token for form in forms for token in form))
    found += [
        _lack(token, theirs)
        for token in ours
        if token.heavy and not _turned(token) and not any(equal(token, other) for other in theirs)
    ]
    each, our_each = (any("mark:respectively" in token.keys for token in side) for side in (theirs, ours))
    return tuple(dict.fromkeys([*found, *["binding"] * (each and not our_each)]))


def _turned(token: Token) -> bool:
    """Words that another order may need and the evidence need not have."""
    return token.own == "according" or (token.kind is Kind.PREP and token.lower in ("by", "of"))


def _lack(token: Token, theirs: Sequence[Token]) -> str:
    """Code for a token without its equal in the evidence."""
    known = lexicon()
    if token.kind is Kind.NUMBER:
        values = {part.rsplit(":", 2)[0] for part in token.keys}
        figures = {part.rsplit(":", 2)[0] for one in theirs if one.kind is Kind.NUMBER for part in one.keys}
        return "unit" if values & figures else "number"
    if token.kind is Kind.MARK:
        kinds = {part.removeprefix("mark:") for part in token.keys}
        if kinds & known.classes["negative"]:
            return "polarity"
        return "comparison" if kinds & known.classes["comparing"] else "modality"
    if token.kind is Kind.PREP:
        return "role"
    if token.capital and len(token.keys) < 3:
        return "name"
    return {
        Kind.DATE: "date",
        Kind.TIME: "time",
        Kind.NAME: "name",
        Kind.PRON: "name",
        Kind.SUB: "binding",
    }.get(token.kind, "coverage")


def _verbatim(claim: str, sentence: str, quoted: bool) -> bool:
    """Whether every quotation in the claim stands word for word inside a quotation of the evidence.

    It may leave off the beginning or the end, but only at a mark: a word cut off can turn what was said.
    """
    theirs = [_MARKS + plain(sentence[start:end]) + _MARKS for start, end in quotations(sentence, quoted)]
    for start, end in quotations(claim):
        words = plain(claim[start:end]).strip(f" {_MARKS}")
        whole = rf"[{_MARKS}]\s*{re.escape(words)}\s*[{_MARKS}]"
        if words and not any(re.search(whole, other) for other in theirs):
            return False
    return True


_MARKS = ".,;:!?"


def _stands(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    pairs = align(ours, theirs)
    if pairs is None:
        return False
    lifted = [(here, there) for here, there in pairs if theirs[there].quoted and not ours[here].quoted]
    return not lifted or any(
        ours[here].verb and ours[here].own in lexicon().reporting and not theirs[there].quoted
        for here, there in pairs
    )


def _disorder(ours: Sequence[Token], theirs: Sequence[Token]) -> str:
    """Code for a claim whose words are all there, but not so put together."""
    marks = [
        Counter(key for token in side if token.kind is Kind.MARK for key in token.keys)
        for side in (ours, theirs)
    ]
    dropped = {key.removeprefix("mark:") for key in marks[1] - marks[0]}
    known = lexicon()
    if dropped & known.classes["negative"]:
        return "polarity"
    said = [any(token.verb and token.own in known.reporting for token in side) for side in (ours, theirs)]
    if said[1] and not said[0]:
        return "attribution"
    if dropped & {"will", "may", "could", "must", "should", "likely", "allegedly", "reportedly"}:
        return "modality"
    if any(token.kind is Kind.NUMBER for token in ours):
        return "binding"
    return "role" if any(token.kind is Kind.NAME for token in ours) else "order"


# Names, pronouns and dates in the evidence's own terms
