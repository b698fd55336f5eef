"""Lies about speech: quotations made up, altered, given to others; opinions told as facts."""

from __future__ import annotations

import re
from random import Random

from tests.lying.corrupt_sense import _REVERSED, _SENSES
from tests.lying.entities import found_in, people
from tests.lying.text import STOPWORDS, WORDS, Sentence, outside, put, whole

QUOTE = re.compile(r"\"(?P<straight>[^\"]+)\"|“(?P<curly>[^”]+)”")
_SPEECH = re.compile(
    r"\b(?:said|says|told|added|explained|insisted|commented|admitted|claimed|warned|wrote)\b"
)


def made_up_quotation(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Words that nobody said, from the mouth of somebody in the sentence."""
    mentions = [m for m in found_in(outside(text), sentence.article) if m.person]
    said = whole(sentence.article).lower()
    words = [q for q in WORDS["quotations"]["invented"] if q.lower() not in said]
    found = []
    for mention in mentions:
        quotation = rng.choice(words)
        found += [
            f'{mention.text} said: "{quotation}."',
            f'"{quotation}," said {mention.text}.',
            f'"{quotation}," {mention.text} said.',
        ]
    return found


def quotation_of_own_words(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A quotation made up of the article's words: three content words of it in a sentence nobody said."""
    mentions = [m for m in found_in(outside(text), sentence.article) if m.person]
    nouns = [w for w in re.findall(r"(?<=the )[a-z]{5,}\b", sentence.article.text) if w not in STOPWORDS]
    if not mentions or len(nouns) < 3:
        return []
    one, two = rng.sample(nouns, 2)
    forms = [
        f"The {one} has nothing to do with the {two}",
        f"We should have seen the {one} before the {two}",
        f"Without the {one} there would be no {two}",
    ]
    return [f'{m.text} said: "{rng.choice(forms)}."' for m in mentions if one != two]


def put_in_quotation_marks(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Indirect speech told as the speaker's own words."""
    masked = outside(text)
    if "¤" in masked:
        return []
    match = re.match(
        r"(?P<who>[A-Z][^,]{2,60}?) said (?:that )?(?P<what>(?!on |in |at |to )[A-Za-z][^,]+(?:,[^,]+)*)\.$",
        text,
    )
    mentions = [m for m in found_in(text, sentence.article) if m.person]
    if not match or not mentions or len(match["what"].split()) < 5:
        return []
    what = match["what"][0].upper() + match["what"][1:]
    return (
        [f'{match["who"]} said: "{what}."', f'"{what}," said {match["who"]}.']
        if len(match["who"].split()) < 7
        else []
    )


def quotation_altered(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """One word of a quotation exchanged, negated or left out."""
    found = []
    table = _REVERSED | _SENSES | WORDS["misquoted"]
    for quote in QUOTE.finditer(text):
        inner = quote["straight"] or quote["curly"]
        if len(inner.split()) < 4:
            continue
        start = quote.start() + 1
        for match in re.finditer(r"(?<![\w'’])[a-z]+(?![\w'’])", inner):
            if match[0] in table:
                new = table[match[0]]
                altered = inner[: match.start()] + new + inner[match.end() :]
                altered = " ".join(altered.split())
                # A quotation that is cut short is still a quotation: what the article has is no lie.
                if altered.lower().strip(" .,") not in " ".join(whole(sentence.article).split()).lower():
                    found.append(
                        put(text, start, start + len(inner), re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", altered))
                    )
    return found


def quotation_to_another(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """The words of one given to another person of the article."""
    if not any(len(q[0].split()) > 3 for q in QUOTE.finditer(text)):
        return []
    found = []
    masked = outside(text)
    for mention in (m for m in found_in(masked, sentence.article) if m.person):
        near = masked[max(0, mention.start - 60) : mention.end + 16].split("¤")[
            -1 if mention.start and "¤" in masked[: mention.start] else 0
        ]
        if not _SPEECH.search(near):
            continue
        for other in people(sentence.article):
            if mention.person and other.surname != mention.person.surname and other.surname not in text:
                new = other.full if mention.text == mention.person.full else other.polite
                found.append(put(text, mention.start, mention.end, new))
    return found


_OPINION = re.compile(
    r"\b(?:good|great|best|bad|worst|wrong|right|important|should|must|ridiculous|wonderful"
    r"|terrible|fantastic|nonsense"
    r"|disgrace\w*|opportunistic|brilliant|never|always|crucial|vital|huge|unacceptable|perfect\w*|difficult"
    r"|strong|weak|excellent|tremendous|appalling|disappoint\w*|dangerous|unfair|essential)\b"
)


def opinion_as_fact(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A quoted opinion without its quotation marks and its speaker."""
    found = []
    for quote in QUOTE.finditer(text):
        inner = (quote["straight"] or quote["curly"]).strip(" ,.")
        rest = outside(text).replace("¤", "")
        personal = re.search(
            r"\b(?:I|we|you|my|our|your|me|us|I'm|we're|he|she|they|this|that|these)\b", inner, re.IGNORECASE
        )
        full = (
            re.match(r"[A-Z]", inner)
            and len(inner.split()) >= 5
            and re.search(r"\b(?:is|are|was|were|will|has|have|should|must)\b", inner)
        )
        if full and not personal and _OPINION.search(inner) and _SPEECH.search(rest):
            found.append(inner + ".")
    return found


_JUDGED = re.compile(rf"\b(?:should|must)\b|\b(?:is|are|was|were|be|been) (?:\w+ ){{0,2}}{_OPINION.pattern}")
_REPORTED = re.compile(
    r"^[A-Z][^,¤]{2,70}? (?:said|says|believes|argued|insisted|claimed|claims|thinks|warned) (?:that )?"
    r"(?P<what>(?:the|a|an|[A-Z][\w']+) [^¤]+)\.$"
)


def opinion_without_speaker(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Smith said the plan was wrong' becomes 'The plan was wrong'."""
    match = _REPORTED.match(outside(text))
    if not match or not _JUDGED.search(match["what"]) or re.search(r"\b(?:he|she|they)\b", match["what"]):
        return []
    full = re.search(r"\b(?:is|are|was|were|will|would|should|must|had|has|could)\b", match["what"])
    what = match["what"]
    return [what[0].upper() + what[1:] + "."] if full and len(what.split()) >= 5 else []


KINDS = {
    "an opinion without its speaker": opinion_without_speaker,
    "a made-up quotation": made_up_quotation,
    "a quotation made up of the article's words": quotation_of_own_words,
    "indirect speech in quotation marks": put_in_quotation_marks,
    "a quotation altered by one word": quotation_altered,
    "a quotation given to another": quotation_to_another,
    "a quoted opinion as a fact": opinion_as_fact,
}
