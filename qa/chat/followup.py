"""A follow-up to a question that stands alone, by rules, from the conversation so far.

What refers to a name is replaced by it (``he``, ``that company``, ``the second``: see ``references``). What
is left out is taken over from the question before (``And in 2019?``, ``Why?``). What refers to more than a
name (``it``, ``that``, or nothing said at all) gets what the question before was about beside it in brackets.
A question that names somebody or something itself, and points nowhere, is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.chat import phrases
from qa.chat.heard import Heard, names_in
from qa.chat.naming import Name
from qa.chat.references import resolved, unresolved
from qa.kinds import words
from qa.question import parts_of
from qa.wording import stems

REMEMBERED = 6
"""Turns that a follow-up may refer to; older ones are out of mind."""
# A question that names nothing belongs to a turn when this share of its words is in what that turn was about.
RELATED = 0.3
_PER_TURN = 0.15

_TIME = (
    r"(?:(?:in|on|by|since|until|before|after|during) )?(?:the )?(?:(?:early|late|mid) )?"
    r"(?:(?:\d{1,2}(?:st|nd|rd|th)? )?(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? \d{4})?|\d{4}s?|Monday|Tuesday|Wednesday|Thursday"
    r"|Friday|Saturday|Sunday|yesterday|today"
    r"|(?:last|this|next|that) (?:year|month|week|time|summer|winter|spring|autumn)"
    r"|(?:year|month|week|day|one) (?:before|after))"
)
_WHEN = re.compile(rf"^{_TIME}$", re.IGNORECASE)
_TIMES = re.compile(rf"(?:(?<=\s)|^){_TIME}(?=[\s?,.]|$)", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) about (?P<whom>.+)$", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"^(?:according to|by|with|without|in|on|at|for|from|to|of|after|before|since|until|during|under|against"
    r"|near|between|as|than|per)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"^(?:(?:and )?then(?: what)?|what (?:then|next|now)|go on|details|and|so"
    r"|(?:tell me |say |anything |something )?(?:a (?:bit|little) )?more(?: (?:about|on) (?:it|that|this))?"
    r"|(?:please )?(?:explain|elaborate)(?: (?:it|that|this))?)$",
    re.IGNORECASE,
)
_DOUBT = re.compile(r"^(?:really|(?:are you|is (?:that|it|this)) (?:sure|true|so|certain))$", re.IGNORECASE)
# A question word that leaves no gap behind when another takes its place.
_ADJUNCTS = words("when where why how")
_FRAGMENTS = words("of else more so exactly not then")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A question as it is asked.

    follows: the turn that it follows up, None where it stands alone. sure: nothing in it is left that only
    the conversation could explain. centre: see ``Heard``.
    """

    text: str
    follows: Heard | None = None
    sure: bool = True
    centre: str = ""


def rewrite(question: str, conversation: Sequence[Heard]) -> Rewriting:
    """The question so that it stands without the conversation, of which the oldest turn comes first."""
    text = " ".join(question.split())
    mind = list(conversation)[-REMEMBERED:][::-1]
    if not mind or not re.search(r"\w", text):
        return Rewriting(text)
    short = resolved(phrases.bare(text), mind)
    last = next((one for one in mind if one.asked or one.answered), mind[0])
    if (whole := _completed(short, last)) is not None:
        return Rewriting(_capital(whole), last, centre=_centre(short))
    beside = last if unresolved(short, mind) else _leaning(short, mind)
    if beside is not None:
        return Rewriting(_capital(_beside(short, beside)), beside, sure=False)
    if short == phrases.bare(text):
        return Rewriting(text)
    return Rewriting(_capital(short), last)


def _beside(text: str, last: Heard) -> str:
    """The question with what another was about, unless it says so itself."""
    if set(stems(last.topic)) <= set(stems(text)):
        return text
    return phrases.with_topic(text, last.topic, before=len(parts_of(text)) > 1)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if phrases.small(text.split()[0].lower()) else text


def _leaning(text: str, mind: Sequence[Heard]) -> Heard | None:
    """The turn whose subject a question takes for granted: it names nothing, and is about the same."""
    if names_in(text, mind):
        return None
    content = set(stems(text))
    if len(content) < 2:
        return mind[0]
    best, turn = max(
        ((len(content & one.stems) / len(content) - _PER_TURN * age, -age) for age, one in enumerate(mind))
    )
    return mind[-turn] if best >= RELATED else None


# What is left out


def _completed(text: str, last: Heard) -> str | None:
    """A fragment completed from the question before; None where the text is no fragment."""
    plain = text.rstrip("?!. ")
    if _DOUBT.match(plain):
        if statement := _statement(last):
            return f"Is it true that {statement}?"
        return phrases.with_topic("Is that true", last.topic)
    if _OPEN.match(plain):
        return phrases.with_topic("What else is known", last.topic)
    if match := _ABOUT.match(plain):
        if not names_in(match["whom"], [last]) and not _WHEN.match(match["whom"]):
            return phrases.with_topic(plain, last.topic)
        plain = match["whom"]
    elif (parts := phrases.shape(plain)).wh and not parts.topic:
        alone = (
            not parts.aux
            and not parts.body
            and (not parts.noun or parts.noun.split()[0].lower() in _FRAGMENTS)
        )
        return _asked_again(plain, last) if alone else None
    elif phrases.has_verb(plain) and not _PREPOSITION.match(plain):
        return None
    base = phrases.without_topic(last.question).rstrip("?!. ")
    whole = _replaced(base, plain, last)
    # What was replaced may have been all that told what it is about.
    lost = names_in(base, [last]) and not names_in(whole, [last])
    return phrases.with_topic(whole, last.topic if lost else phrases.shape(last.question).topic)


def _statement(last: Heard) -> str:
    """What the last turn said, where its question and the name that answers it are a sentence."""
    parts = phrases.shape(last.question)
    whole = not parts.noun and (phrases.says_something(parts) or (last.focus and not parts.aux))
    return phrases.about(last.question, last.focus.text if last.focus else "") if whole else ""


def _centre(fragment: str) -> str:
    """The thing that a fragment names: ``the inquiry`` of ``according to the inquiry``."""
    plain = re.sub(r"^(?:what|how) about ", "", fragment.rstrip("?!. "), flags=re.IGNORECASE)
    thing = _PREPOSITION.sub("", plain).strip()
    return thing if re.match(r"(?:the|a|an) [a-z]+(?: [a-z]+)?$", thing) else ""


def _asked_again(plain: str, last: Heard) -> str:
    """``Why?``: the question before with another question word, or what it was about beside it."""
    before = phrases.shape(last.question)
    if before.wh in _ADJUNCTS and phrases.says_something(before):
        return phrases.with_topic(f"{plain} {before.aux} {before.body}", before.topic)
    word, _, rest = plain.partition(" ")
    if rest.lower() == "else" and word.lower() == before.wh:
        base = phrases.without_topic(last.question)
        return phrases.with_topic(f"{plain}{base[len(word) :]}", before.topic)
    return phrases.with_topic(plain, last.topic)


def _replaced(base: str, fragment: str, last: Heard) -> str:
    """The question before with the fragment in the place of what is like it, else after it."""
    if _WHEN.match(fragment):
        times = list(_TIMES.finditer(base))
        if not times:
            return f"{base} {fragment}"
        return f"{base[: times[-1].start()]}{fragment}{base[times[-1].end() :]}"
    if prep := _PREPOSITION.match(fragment):
        ends = r"(?= (?:in|on|at|for|from|to|by|with|before|after)\b|$)"
        same = list(re.finditer(rf"\b{prep[0]} [^,?]+?{ends}", base, re.IGNORECASE))
        if not same:
            return f"{base} {fragment}"
        return f"{base[: same[-1].start()]}{fragment}{base[same[-1].end() :]}"
    name = _like(fragment, last)
    if name is not None and name.text in base:
        return base.replace(name.text, fragment, 1)
    return _with_subject(base, fragment) or f"{base}, and {fragment}"


def _with_subject(base: str, fragment: str) -> str:
    """The question before with another subject; empty where it is not clear what its subject is.

    Of ``What is the deficit in the budget?`` it is ``the deficit``.
    """
    parts = phrases.shape(base)
    if not phrases.inverted(parts):
        return ""
    subject, _, _ = phrases.subject_and_verb(parts.body)
    subject = re.split(r" (?:in|of|at|for|to|on) ", subject)[0]
    if pronoun := re.match(r"(?:it|they|he|she|that|this)\b", parts.body):
        subject = pronoun[0]
    if not subject.split()[-1].islower():
        return ""
    return f"{base[: len(base) - len(parts.body)]}{fragment}{parts.body[len(subject) :]}"


def _like(fragment: str, last: Heard) -> Name | None:
    """The name of the last question whose place another name takes."""
    found = names_in(fragment, [last])
    if not found:
        return None
    other = found[0][1]
    known = other in last.known.values()
    return next((one for one in last.asked if not known or one.person == other.person), None)
