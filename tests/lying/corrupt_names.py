"""Lies about who and where: exchanged names, exchanged roles, a pronoun given to the wrong person."""

from __future__ import annotations

import itertools
import re
from random import Random

from tests.lying.entities import Mention, Person, found_in, known, people, same
from tests.lying.text import WORDS, Sentence, outside, overlap, put, scene

# What holds between two in either order, or may well: exchanging these two tells no lie.
_MUTUAL = re.compile(
    r"\b(?:met|meets?|meeting|married|joined|join|drew|draws?"
    r"|faced|faces?|play(?:s|ed)?|talks?|with|and|or|between"
    r"|versus|against|merg\w+|agreed|both|alongside|together)\b"
)
_DIRECTED = WORDS["verbs"].keys() - {
    "met",
    "joined",
    "played",
    "drew",
    "said",
    "added",
    "claimed",
    "admitted",
    "came",
    "went",
    "saw",
    "held",
} | {
    "beat",
    "tells",
    "urged",
    "thanked",
    "succeeded",
    "hired",
    "signed",
    "quoted",
    "named",
    "appointed",
    "outplayed",
}


_PREPOSITION = re.compile(r"\b(?:through|for|in|at|to|on|from|by|of|that|as|after|against|his|her|its|the)\b")


def another_person(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Somebody else from the article, of whom it says nothing like this."""
    return [
        put(text, mention.start, mention.end, _like(mention, other))
        for mention in _mentions(sentence, text)
        if mention.person
        for other in _others(sentence, text, mention.person)
    ]


def _mentions(sentence: Sentence, text: str) -> tuple[Mention, ...]:
    return found_in(outside(text), sentence.article)


def _others(sentence: Sentence, text: str, person: Person) -> list[Person]:
    """People of the article who are not in the sentence and of whom nothing like it is said."""
    bare = _without_names(sentence, text)
    return [
        other
        for other in people(sentence.article)
        if other.surname != person.surname
        and other.surname not in text
        and not _told_of(sentence, other.surname, bare)
    ]


def _without_names(sentence: Sentence, text: str) -> str:
    return re.sub(r"\b[A-Z]\w+", "", text)


def _told_of(sentence: Sentence, name: str, bare: str) -> bool:
    """Whether a sentence near the name says nearly the same."""
    everything = scene(sentence.article)
    return any(
        other.index != sentence.index
        and any(name in one.text for one in everything[max(0, other.index - 1) : other.index + 1])
        and overlap(other.text, bare) >= 0.4
        for other in everything
    )


def _like(mention: Mention, other: Person) -> str:
    """The other's name in the form of the mention."""
    assert mention.person
    if mention.text == mention.person.full:
        return other.full
    return other.surname if mention.text == mention.person.surname else other.polite


def _another(kinds: frozenset[str]):  # type: ignore[no-untyped-def]
    def op(sentence: Sentence, text: str, rng: Random) -> list[str]:
        bare = _without_names(sentence, text)
        found = []
        for mention in _mentions(sentence, text):
            if mention.kind not in kinds or text[mention.end :].startswith((" and ", ", ")):
                continue
            for other in known(sentence.article):
                own = same(mention.kind, mention.text)
                if (
                    other.kind == mention.kind
                    and other.text not in own
                    and not any(name in text for name in same(other.kind, other.text))
                    and not any(_told_of(sentence, name, bare) for name in same(other.kind, other.text))
                ):
                    found.append(put(text, mention.start, mention.end, other.text))
        return found

    return op


def role_exchanged(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Who did it and to whom it was done change places."""
    found = []
    mentions = _mentions(sentence, text)
    for left, right in itertools.pairwise(mentions):
        between = text[left.end : right.start]
        words = between.split()
        if (
            1 <= len(words) <= 3
            and words[0] in _DIRECTED
            and not _MUTUAL.search(between)
            and re.fullmatch(r"[a-z ]+", between)
            and not _PREPOSITION.search(between)
            and left.text not in right.text
            and not re.match(
                r"['’]s\b| (?:and|or|of|members|leader|boss|striker|fans|players|\d+)\b", text[right.end :]
            )
            and not re.search(r"(?:\band|\bor|\bof|,) $", text[: left.start])
        ):
            found.append(_exchanged(text, left, right))
    return found


def _exchanged(text: str, left: Mention, right: Mention) -> str:
    return text[: left.start] + right.text + text[left.end : right.start] + left.text + text[right.end :]


_SAYS = re.compile(
    r"(?:, [^,]{3,60},)? (?:said|says|believes|claimed|told \w+|insisted|warned|added|admitted)\b(?! [\"“:])"
)


def speaker_exchanged(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Who said and of whom it was said change places: 'Brown said Blair would stay'."""
    found = []
    mentions = [
        m for m in _mentions(sentence, text) if m.kind in ("person", "companies", "countries", "clubs")
    ]
    for left, right in itertools.pairwise(mentions):
        says = _SAYS.match(text, left.end)
        after = re.match(r" (?:was|were|is|had|has|would|will|should|could|must|did)\b", text[right.end :])
        different = not left.person or not right.person or left.person.surname != right.person.surname
        # 'A and B said' has two speakers.
        joined = re.search(r"(?:\band|\bor|\bof|\bwith|,) $", text[: left.start])
        if says and says.end() <= right.start and after and different and not joined:
            found.append(_exchanged(text, left, right))
    return found


def pronoun_misread(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """The 'he' of a sentence becomes somebody whom the article does not mean."""
    person = meant_by_pronoun(sentence)
    if person is None:
        return []
    rest = sentence.text.split(" ", 1)[1]
    bare = _without_names(sentence, rest)
    return [
        f"{other.full} {rest}"
        for other in people(sentence.article)
        if other.surname != person.surname
        and other.surname not in rest
        and not _told_of(sentence, other.surname, bare)
    ]


def meant_by_pronoun(sentence: Sentence) -> Person | None:
    """Whom the 'He' or 'She' that begins the sentence means, where there is only one whom it can mean."""
    if sentence.index == 0 or sentence.inside or not re.match(r"(?:He|She) [a-z]+\b", sentence.text):
        return None
    before = scene(sentence.article)[sentence.index - 1]
    if (
        before.inside
        or not before.text.endswith(".")
        or re.search(r"\b(?:he|she|who|whose|him)\b", before.text)
    ):
        return None
    gap = sentence.article.text[before.end : sentence.start]
    mentions = [m for m in found_in(before.text, sentence.article) if m.kind == "person"]
    capitals = re.findall(r"(?<!^)(?<![.] )\b[A-Z][a-z]+ [A-Z][a-z]+", before.text)
    whose = {m.person.surname for m in mentions if m.person}
    if "\n" in gap or len(whose) != 1 or mentions[0].start > 45:
        return None
    person = mentions[0].person
    assert person
    told = not person.title or (person.title in ("Mrs", "Ms")) == sentence.text.startswith("She ")
    strangers = [
        c
        for c in capitals
        if person.surname not in c and not re.search(r"[a-z] " + re.escape(c), before.text)
    ]
    subject = re.match(
        r" (?:said|is|was|has|had|will|would|won|told|became|also|believes|\w+ed)\b",
        before.text[mentions[0].end :],
    )
    return person if told and subject and not strangers else None


def only_this_one(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'Only' put before a subject of which the article says nothing so exclusive."""
    mentions = [m for m in _mentions(sentence, text) if m.start == 0]
    verb = mentions and re.match(
        r" (?:has|have|is|was|were|will|won|sells|makes|offers|\w+ed)\b", text[mentions[0].end :]
    )
    unique = re.search(
        r"\b(?:first|second|third|fourth|last|best|most|only|\w+est|named|until|among|also)\b", text, re.I
    )
    return [f"Only {text}"] if verb and not unique else []


KINDS = {
    "another person from the article": another_person,
    "another place from the article": _another(frozenset({"countries", "cities"})),
    "another organisation from the article": _another(frozenset({"companies", "clubs", "parties"})),
    "roles exchanged": role_exchanged,
    "speaker and subject exchanged": speaker_exchanged,
    "only put before the subject": only_this_one,
}
