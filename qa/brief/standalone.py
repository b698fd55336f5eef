"""Sentences that can be read by themselves, from sentences that lean on what stands before them.

A word that only joins ('But', 'However') goes. A pronoun that opens a sentence gives way to the name it
stands for, where ``qa.verify`` finds that this says no more than the article; else the sentence before it is
quoted too; else it is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from qa import names
from qa.brief.salient import Unit
from qa.excerpt import excerpt
from qa.types import Evidence
from qa.verify import check, context_of
from qa.wording import stems

MOST_WORDS = 58
"""Words of a claim; what is longer is not shown whole."""
_JOINT = re.compile(
    r"^(?:(?:But|And|Yet)(?:,\s|\s)|(?:However|Meanwhile|Also|So|Instead|Moreover|Nevertheless|Separately|Then"
    r"|In the meantime|Furthermore|In addition|Therefore|Still|Indeed|Thus),\s|(?:Meanwhile|However)\s)(?=\S)"
)
# The pronoun a sentence opens with, also after 'In May,'. 'They' may be any of those named before.
_OPENING = r"(?:In|On|At|Last|Earlier|Since|During|By|Late|Early)\b"
_PRONOUN = re.compile(
    rf"^(?P<opening>{_OPENING}[^,\"“]{{2,40}}, |(?:On|In) [A-Z]\w+ )?(?P<word>[Hh]e|[Ss]he|[Ii]t)\b"
)
_LEANS = re.compile(
    r"^(?:(?:He|She|It|They|His|Her|Its|Their|This|These|Those|Such|That|Both|Neither|Here|There|All three"
    r"|Yes|No|The (?:former|latter|same)|Another|Others|Some|One|Each|Either)\b|[a-z]|Under the|At the time"
    rf"|Once,|Because\b[^,]*$|{_OPENING}[^,\"“]{{2,40}}, (?:he|she|it|they)\b"
    r"|(?:On|In|At|By) [A-Z0-9][\w ]{1,20} (?:he|she|it|they)\b)"
)
_EXPLETIVE = re.compile(
    r"^(?:It (?:is|was|has been|will be) (?:not|also|now|only|thought|believed|understood|expected|hoped"
    r"|feared|unclear|clear|likely|possible|estimated)\b|There (?:is|are|was|were|has|have|will|had)\b)"
)
# A question, or what was cut off at an abbreviation.
_NO_SENTENCE = re.compile(r"\?$|\b(?:Gens|Sens|Reps|Govs|Profs|Drs|Lts|Cols)\.$")
_FAR_LEANING = re.compile(
    r"\b(?:the latter|the former|as above|the following)\b|\b(?:that|this)[.]$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    """A claim's text and the words of the article that it stands on.

    verbatim: the text is these words but for white space, a joining word and the first capital.
    both: it is two sentences, the one before the unit's own and that.
    """

    text: str
    evidence: Evidence
    verbatim: bool = True
    both: bool = False


@lru_cache(maxsize=4096)
def line(unit: Unit) -> Line | None:
    """The unit as a claim that stands alone; None where there is no way to make it one."""
    whole = unit.evidence
    if _spoken(unit):
        return _said(unit)
    if len(whole.text.split()) > MOST_WORDS:
        whole = _shortened(unit, whole)
    if (
        len(whole.text.split()) > MOST_WORDS
        or _FAR_LEANING.search(whole.text)
        or _NO_SENTENCE.search(whole.text)
    ):
        return None
    plain = _without_joint(whole)
    if _answers(unit):
        return _with_the_one_before(unit, whole)
    if _EXPLETIVE.match(plain.text):
        return plain
    named = _named(unit, plain)
    if named is not None or not _LEANS.match(plain.text):
        return named or plain
    return _with_the_one_before(unit, whole)


def _answers(unit: Unit) -> bool:
    """Whether the article asks a question before the sentence, which may be no more than the answer."""
    return unit.n > 0 and unit.notes.text(unit.n - 1).endswith("?")


_ALL_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”][.,]?$")


def _spoken(unit: Unit) -> bool:
    """Whether a sentence is somebody's whom it does not name: it begins, or ends, a quotation elsewhere."""
    text = unit.text
    if context_of(unit.evidence).quoted or (
        text[0] in '"“' and (_unbalanced(text) or _ALL_QUOTED.match(text))
    ):
        return True
    mark = re.search(r'["”]', text)
    closes = mark is not None and mark.start() > 0 and not text[mark.start() - 1].isspace()
    return _unbalanced(text) and closes and text[mark.start() - 1] not in "([—–-" if mark else False


def _unbalanced(text: str) -> bool:
    """Whether a quotation begins or ends here that ends or begins elsewhere."""
    return sum(text.count(mark) for mark in '"“”') % 2 == 1


def _said(unit: Unit) -> Line | None:
    """The speaker and the words, where the article names who speaks."""
    start, end = unit.span
    for said in unit.notes.quotations:
        if start <= said.start < end:
            text = unit.notes.article.text
            words = " ".join(text[said.start : said.end].split())
            evidence = replace(unit.evidence, start=said.first, end=said.last)
            return Line(f"{said.speaker}: “{words}”", evidence, verbatim=False)
    return None


def _shortened(unit: Unit, whole: Evidence) -> Evidence:
    return excerpt(whole, set(stems(unit.notes.article.title)))


_DATELINE = re.compile(r"^[A-Z][\w .,'’]{2,40} \([A-Z][\w &.]{2,30}\) [-–—] (?=\S)")


def _without_joint(one: Evidence) -> Line:
    """The sentence on one line, without the word that only joins it to the one before.

    A quotation that goes on in the next sentence is closed.
    """
    joint = _JOINT.match(one.text) or _DATELINE.match(one.text)
    if not joint:
        return Line(_one_line(one.text), one)
    rest = one.text[joint.end() :]
    cut = replace(one, start=one.start + joint.end())
    return Line(_one_line(rest[:1].upper() + rest[1:]), cut)


def _one_line(text: str) -> str:
    plain = " ".join(text.split())
    if not _unbalanced(plain):
        return plain
    return f"{plain}{'”' if plain.rfind('“') > plain.rfind(chr(34)) else chr(34)}"


def _named(unit: Unit, plain: Line) -> Line | None:
    """The sentence with the name for the pronoun that it opens with, if that holds."""
    pronoun = _PRONOUN.match(plain.text)
    if not pronoun:
        return None
    context = context_of(unit.evidence)
    run = names.antecedent(context, f"pronoun:{pronoun['word'].lower()}")
    name = _written(run, "\n".join([*context.before, unit.notes.article.title, unit.notes.article.text]))
    if not name or (pronoun["word"].lower() == "it" and not _acts(name.removeprefix("The "), unit)):
        return None
    opening = pronoun["opening"] or ""
    name = name[:1].lower() + name[1:] if opening and name.startswith("The ") else name
    text = f"{opening}{name}{plain.text[pronoun.end() :]}"
    return Line(text, plain.evidence, verbatim=False) if check(text, unit.evidence, context).ok else None


_ACTS = (
    r"(?:has |have |had |is |also |itself |already )*(?:said|says|told|argues|argued|claims|claimed|wants"
    r"|wanted|asked|filed|sued|announced|accused|agreed|rejected|offered|denied|confirmed|insisted|warned|added"
    r"|declined|plans|hopes|owns|bought|decided|believes|considering|represents|launched|made|won|lost|reported|expects"
    r"|refused|accepted|sold)\b"
)


def _acts(name: str, unit: Unit) -> bool:
    """Whether the article has the name do something: else 'it' may be about something besides."""
    article = unit.notes.article
    return bool(re.search(rf"\b{re.escape(name)} {_ACTS}", f"{article.title}\n{article.text}"))


def _written(run: tuple[str, ...], text: str) -> str:
    """A name's words as the text has them."""
    if not run:
        return ""
    found = re.search(r"\b" + r"[\s-]+".join(map(re.escape, run)) + r"\b", text, re.IGNORECASE)
    if not found:
        return ""
    often = len(re.findall(rf"\b{re.escape(found[0])}\b", text))
    with_article = len(re.findall(rf"\b[Tt]he {re.escape(found[0])}\b(?! [a-z]+s\b)", text))
    return f"The {found[0]}" if 2 * with_article > often else found[0]


def _with_the_one_before(unit: Unit, whole: Evidence) -> Line | None:
    """The sentence together with the one before it, where that one stands alone and they fit."""
    if unit.n == 0 or whole.start != unit.span[0]:
        return None
    start, end = unit.notes.spans[unit.n - 1]
    text = unit.notes.article.text
    apart = "\n\n" in text[end : whole.start] and not _answers(unit)
    if apart or len(text[start : whole.end].split()) > MOST_WORDS:
        return None
    before = Evidence(1, unit.notes.article, start, end, 0.0)
    both = replace(whole, start=start)
    if context_of(before).quoted or _unbalanced(before.text) or _LEANS.match(_without_joint(before).text):
        return None
    return replace(_without_joint(both), both=True)
