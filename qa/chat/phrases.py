"""The shape of a question: what it opens with, and what it is about, in words that can stand before another.

``How many homes did the storm leave without power?`` is about ``homes the storm left without power``. It is a
reading by patterns, made for short questions: where it is not sure it keeps the question's own words.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from qa.kinds import words
from qa.lexicon import lexicon, verbal

LONGEST_TOPIC = 120
"""Characters of what a question is about, beside it."""
_LONGEST_BEFORE = 80  # ``qa.question`` reads nothing longer as the topic before a colon

_LEADING = re.compile(
    r"^(?:(?:and|but|so|or|ok|okay|well|then|also|now|please|again|hm+|oh|right|thanks?|great)\b[\s,.!…-]*)+",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"^(?P<topic>[^:?]{3,80}): (?P<rest>.+)$", re.DOTALL)
_AFTER = re.compile(r"^(?P<rest>[^()]+) \((?P<topic>[^()]{3,120})\)[?.! ]*$", re.DOTALL)
_BE, _DO = "is are was were", "did does do"
_OTHER = "has have had will would can could should may might must"
_AUX = words(f"{_BE} {_DO} {_OTHER}")
_OPENERS = _AUX | words("who whom whose what which when where why how with by in on for to from the")
_OPENING = re.compile(
    r"^(?P<prep>(?:at|by|for|from|in|of|on|since|to|under|until|with|through|against|during|about|behind)\s+)?"
    r"(?P<wh>how (?:much|many|long|old|big|large|high|tall|far|fast|quickly|often|soon|well|badly|strong"
    r"|strongly|heavy|deep|wide|hot|cold|late|early|likely|expensive|popular|close|serious)\b"
    r"|whom?\b|whose\b|what\b|which\b|when\b|where\b|why\b|how\b)(?P<short>['’]s\b)?",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her|his|so)(?=\s|$)")
_HAPPENED = re.compile(r"^(?:has |had )?happen(?:ed|s)? (?:to|in|at|with|on) (?P<whom>.+)$", re.IGNORECASE)
_NOUNS_TOO = words("cost price state report plan offer bid vote march order claim damage result")
# Without a question word, which would tell of another kind of answer.
_SOMETHING = {"who": "the one", "whom": "the one", "many": "those", "much": "the sum", "what": "the thing"}
_BEFORE_NOUN = words(
    """
the a an this that these those his her its their my our your first second third last next new other
no any every each some own of in on at to for from by with two three four five
"""
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A question taken apart; ``body`` is what follows the auxiliary, without the question mark.

    topic: what stands before a colon, or empty.
    wh: the question word with its preposition (``for how long``, ``whom``), lower case; empty for yes or no.
    noun: what the question word asks about (``which club`` has ``club``).
    aux: ``did``, ``was`` … in lower case; empty where the question word is itself the subject.
    """

    topic: str
    wh: str
    noun: str
    aux: str
    body: str


def bare(question: str) -> str:
    """The question without what only leads over to it: ``And when?`` is ``when?``."""
    plain = " ".join(question.split())
    shorter = _LEADING.sub("", plain)
    return shorter if re.search(r"\w", shorter) else plain


def with_topic(question: str, topic: str, *, before: bool = False) -> str:
    """The question with the words that say what it is about; ``shape`` takes them off again.

    before: in front of it, which holds for each part of a question with several.
    """
    asked = question.rstrip("?!. ")
    if not topic:
        return f"{asked}?"
    if not before:
        return f"{asked} ({topic})?"
    first = asked[:1].lower() if asked.split()[0].lower() in _OPENERS else asked[:1]
    return f"{_cut(topic, _LONGEST_BEFORE)}: {first}{asked[1:]}?"


def without_topic(question: str) -> str:
    """The question as it was before ``with_topic``."""
    match = _BEFORE.match(question) or _AFTER.match(question)
    return match["rest"] if match else question


def shape(question: str) -> Shape:
    """The question taken apart."""
    text = bare(question)
    topic = ""
    if match := _BEFORE.match(text) or _AFTER.match(text):
        topic, text = match["topic"], match["rest"]
    text = text.rstrip("?!. ")
    opening = _OPENING.match(text)
    if opening is None:
        first, _, rest = text.partition(" ")
        return Shape(topic, "", "", first.lower() if first.lower() in _AUX else "", _rest(text, first, rest))
    wh = ((opening["prep"] or "") + opening["wh"]).lower()
    words = text[opening.end() :].split()
    if opening["short"]:
        return Shape(topic, wh, "", "is", " ".join(words))
    noun: list[str] = []
    while words and words[0].lower() not in _AUX and not _finite(words, noun):
        noun.append(words.pop(0))
    aux = words.pop(0).lower() if words and words[0].lower() in _AUX else ""
    return Shape(topic, wh, " ".join(noun), aux, " ".join(words))


def _rest(text: str, first: str, rest: str) -> str:
    return rest if first.lower() in _AUX else text


def _finite(words: list[str], noun: list[str]) -> bool:
    """Whether the next word is the verb of a question whose question word is the subject."""
    known = verbal(words[0].lower()) and not (noun and noun[-1].lower() in _BEFORE_NOUN)
    later = any(word.lower() in _AUX for word in words[1:4])
    return known and not later


def subject_and_verb(body: str) -> tuple[str, str, str]:
    """Subject, verb and the rest of what follows an auxiliary; all is subject where no verb is found."""
    words = body.split()
    for n in range(1, len(words)):
        if _is_verb(words, n):
            while n + 1 < len(words) and _is_verb(words, n + 1) and not words[n].endswith(("ed", "ing")):
                n += 1
            return " ".join(words[:n]), words[n], " ".join(words[n + 1 :])
    return body, "", ""


def _is_verb(words: list[str], n: int) -> bool:
    word = words[n].strip(",;").lower()
    before = words[n - 1].lower()
    noun = before in _BEFORE_NOUN or before.endswith(("'s", "’s", "s'", "s’"))
    return verbal(word) and words[n].islower() and not noun


def about(question: str, answer: str = "") -> str:
    """What a question is about, as words that can stand before another question and a colon.

    answer: who or what the question was about, where its question word was the subject and it is known.
    """
    parts = shape(question)
    said = _cut(_statement(parts, answer), LONGEST_TOPIC)
    if parts.topic and (not said or _POINTS.search(said)):
        return parts.topic  # 'it went on for long' says less than what it was
    return joined(said, parts.topic)


def joined(said: str, older: str) -> str:
    """Two topics as one: of the older as much as there is room for."""
    rest = _without_name(older, said)
    room = _cut(rest, LONGEST_TOPIC - len(said) - 2)
    return f"{said}, {room}" if said and room else said or room


def _without_name(older: str, said: str) -> str:
    """The older topic without the name that both begin with: it need not be said twice."""
    name = re.match(r"(?:[A-Z][\w’'-]*(?: and)? )*[A-Z][\w’'-]*(?=,? )", said)
    if name and older.startswith(name[0]):
        return older[name.end() :].lstrip(" ,")
    return older


def _statement(parts: Shape, answer: str) -> str:
    if happened := _HAPPENED.match(parts.body):
        return happened["whom"]
    first = parts.body.split()[:1]
    if parts.wh and (not parts.aux or (first and _subject_asked(first[0], parts))):
        return _of_subject(parts, answer)
    if not parts.aux:
        return parts.body
    subject, verb, rest = subject_and_verb(parts.body)
    if parts.aux in _BE.split():
        said = f"{subject} {parts.aux} {verb} {rest}" if verb and not parts.noun else parts.body
        if answer and parts.wh == "who" and not verb:
            said = f"{answer}, {said}"
    elif parts.aux in _DO.split():
        # 'How much did the tram cost': it is about the tram.
        said = (
            subject
            if not rest and not parts.noun and parts.wh
            else f"{subject} {_past(verb, parts.aux)} {rest}"
        )
    else:
        said = f"{subject} {parts.aux} {verb} {rest}" if verb else parts.body
    if parts.noun and not parts.noun.lower().startswith("of "):
        said = f"{parts.noun} {said}"
    return " ".join(said.split())


def _of_subject(parts: Shape, answer: str) -> str:
    """The statement of a question whose question word is the subject: ``who won the race``."""
    said = f"{parts.aux} {parts.body}".strip()
    if not said:
        return "" if parts.noun.lower().startswith("of ") else parts.noun
    if answer:
        return f"{answer} {said}"
    word = parts.wh.split()[-1]
    return f"{parts.noun or _SOMETHING.get(word, 'what')} that {said}"


def _verb_alone(word: str, aux: str) -> bool:
    """Whether the auxiliary stands beside its verb: ``how many were arrested``, ``who had said so``."""
    return word.islower() and word not in _BEFORE_NOUN and verbal(word) and aux not in _DO.split()


def _subject_asked(word: str, parts: Shape) -> bool:
    """Whether the question word is the subject although an auxiliary follows: ``who was in charge``."""
    phrase = parts.wh in ("who", "what") and word.lower() in lexicon().prepositions
    return phrase or _verb_alone(word, parts.aux)


def _cut(text: str, most: int) -> str:
    """At most so many characters of it, whole words, without the marks that end a topic."""
    plain = " ".join(re.sub(r"[:?]", " ", text).split()).strip(" ,;")
    if len(plain) <= most:
        return plain
    return plain[: max(0, most) + 1].rpartition(" ")[0].rstrip(" ,;")


def _past(verb: str, aux: str) -> str:
    """The verb as it is without its auxiliary."""
    if not verb or aux == "do" or verb.endswith("ed"):
        return verb
    if aux == "does":
        return verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "o")) else "s")
    if verb in _irregular():
        return _irregular()[verb]
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    doubled = re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", verb)
    return f"{verb}{verb[-1]}ed" if doubled else f"{verb}ed"


@cache
def _irregular() -> dict[str, str]:
    """Base form to past; verbs that do not change among them."""
    data = tomllib.loads(files("qa").joinpath("lexicon.toml").read_text(encoding="utf-8"))
    forms = {line.split()[0]: line.split()[1] for line in data["irregular"]}
    return forms | {verb: verb for verb in data["unchanged"].split()}


def opens_as_verb(word: str) -> bool:
    """Whether a lower-case word can begin a verb phrase."""
    return word in _AUX or verbal(word)


def has_verb(text: str) -> bool:
    """Whether a text without a question word may say something of something: it has a verb."""
    found = text.split()
    first = found[0].lower()
    opens = first in _AUX or (verbal(first) and first not in _NOUNS_TOO)
    return opens or any(_is_verb(found, n) or found[n].lower() in _AUX for n in range(1, len(found)))


def inverted(parts: Shape) -> bool:
    """Whether the subject follows the auxiliary, so that another question word can stand before it."""
    first = parts.body.split()[:1]
    return bool(parts.aux and first) and not _verb_alone(first[0], parts.aux)


def says_something(parts: Shape) -> bool:
    """Whether what follows the auxiliary has a verb; in ``who is the mayor`` it has none."""
    _, verb, _ = subject_and_verb(parts.body)
    return inverted(parts) and bool(verb)


def small(word: str) -> bool:
    """Whether a lower-case word carries no content of its own."""
    known = lexicon()
    plain = word.strip("’'")
    return (
        plain in known.free or plain in known.prepositions or plain in known.conjunctions or plain in _OPENERS
    )
