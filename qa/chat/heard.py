"""What a finished turn leaves in mind: who and what it was about, and the words of the articles it showed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from index.types import Article
from qa.chat import phrases
from qa.chat.naming import LOOKED_AT, Name, found, known_names, mentions, placed, same
from qa.wording import stems

# Words between a name and one of the question's beyond which the name is not taken for the answer.
_NEAR, _FAR = 8, 12
_PHRASE = 6  # words
_SURE = 3.0
_PLURALS = ("people", "men", "women", "children")
_PLACES = re.compile(
    r"\b(?:cit(?:y|ies)|countr(?:y|ies)|towns?|villages?|islands?|places?|states?|ports?|regions?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is in mind of one turn.

    question: its stand-alone wording. asked: the names in it. answered: those that the answer adds, in order.
    focus: the one that is the answer, where the question asks for one. items: what the answer lists.
    topic: what the turn was about, see ``phrases.about``. stems: of the question, the answer, and the
    articles that it shows. known: the names of these articles, by their wording in lower case. centre: the
    thing that the user named by itself, as in 'And the inquiry?'.
    """

    question: str
    asked: tuple[Name, ...]
    answered: tuple[Name, ...]
    focus: Name | None
    items: tuple[Name, ...]
    topic: str
    stems: frozenset[str]
    known: Mapping[str, Name] = field(default_factory=dict)
    centre: str = ""


def heard(
    question: str,
    claims: Sequence[str],
    drafts: Sequence[str],
    articles: Sequence[Article],
    before: Heard | None = None,
    centre: str = "",
) -> Heard:
    """What a turn leaves in mind.

    question: stand-alone. claims: as they were printed; none where the answer was withheld. drafts: what the
    model wrote, which only says which of the names in the claims matters most. articles: that were cited, or
    stood nearest to what was withheld. before: the turn that the question followed up, whose topic goes on.
    """
    known = known_names(articles)
    asked = tuple(found(question, known))
    answered = tuple(
        name
        for name in found(" . ".join(claims), known, own=False)
        if not any(same(name, other) for other in asked)
    )
    items = tuple(_items(question, claims, answered))
    focus = None if items else _focus(question, answered, claims, drafts)
    topic = phrases.about(question, focus.text if focus else "")
    if before is not None and not set(stems(before.topic)) <= set(stems(topic)):
        topic = phrases.joined(topic, before.topic)
    own = stems(question) + tuple(stem for claim in claims for stem in stems(claim))
    told = (stem for one in articles for stem in stems(f"{one.title}\n{one.text[:LOOKED_AT]}"))
    return Heard(
        question=question,
        asked=asked,
        answered=answered,
        focus=focus,
        items=items,
        topic=topic,
        stems=frozenset(own).union(told),
        known=known,
        centre=centre,
    )


def _focus(
    question: str, answered: Sequence[Name], claims: Sequence[str], drafts: Sequence[str]
) -> Name | None:
    """The name that answers a question for who, which, what or where, where there is little doubt."""
    fits = _kind_asked(question)
    if fits is None:
        return None
    asked = list(stems(phrases.without_topic(question)))
    best: tuple[float, int] | None = None
    for n, name in enumerate(answered):
        row, distance = _nearness(name, asked, claims)
        pointed = _pointed(name, drafts)
        if not fits(name) and pointed < _SURE:
            continue
        near = row <= 1 and distance <= _NEAR
        alone = row == 0 and not any(
            fits(other) and mentions(claims[0], other) for other in answered if other != name
        )
        if pointed or ((near or alone) and (name.person or name.place)):
            score = pointed + (1.5 if fits(name) else 0.0) - 0.8 * row - 0.15 * distance
            best = max(best or (score, -n), (score, -n))
    return answered[-best[1]] if best else None


def _pointed(name: Name, drafts: Sequence[str]) -> float:
    """How much a draft speaks for a name: a phrase is the answer, a sentence may name others too."""
    found = [len(one.split()) for one in drafts if mentions(one, name)]
    return 0.0 if not found else _SURE if min(found) <= _PHRASE else 1.0


def _kind_asked(question: str) -> Callable[[Name], bool] | None:
    """What tells the names that can answer the question; None where it does not ask for a name."""
    parts = phrases.shape(question)
    word = parts.wh.split()[-1] if parts.wh else ""
    if word in ("who", "whom"):
        return lambda name: name.person
    if word == "where" or (word in ("which", "what") and _PLACES.search(parts.noun)):
        return lambda name: name.place
    if word in ("which", "what") and parts.noun:
        return lambda name: not name.person and not name.place
    return None


def _nearness(name: Name, asked: Sequence[str], claims: Sequence[str]) -> tuple[int, float]:
    """In which claim a name stands first, and how many words from the question's it is there.

    Most of it is the distance to the question's first word of content: 'captain' in 'who was the captain'.
    """
    for row, claim in enumerate(claims):
        if not mentions(claim, name):
            continue
        said = claim.split()
        last = name.text.split()[-1].lower()
        places = [n for n, word in enumerate(said) if last in word.lower()]
        there = [(n, stem) for n, word in enumerate(said) for stem in stems(word)]
        first, some = (
            min((abs(a - b) for a in places for b, stem in there if stem in wanted), default=_FAR)
            for wanted in (asked[:1], asked)
        )
        return row, 0.6 * first + 0.4 * some
    return len(claims), _FAR


def _items(question: str, claims: Sequence[str], answered: Sequence[Name]) -> list[Name]:
    """The longest enumeration in the answer: names of the kind asked for in one claim, at least two."""
    fits = _kind_asked(question)
    parts = phrases.shape(question)
    several = parts.noun.endswith("s") or parts.noun in _PLURALS or parts.aux in ("are", "were", "have")
    if fits is None or not several:
        return []
    best: list[Name] = []
    for claim in claims:
        there = [(claim.find(name.text), n, name) for n, name in enumerate(answered) if name.text in claim]
        row = [name for _, _, name in sorted(there, key=lambda one: one[:2]) if fits(name)]
        best = max(best, row, key=len)
    return best if len(best) > 1 else []


def names_in(text: str, mind: Sequence[Heard]) -> list[tuple[int, Name]]:
    """The names in a user's text and where they begin; those in mind are found in any case of letters."""
    table = {key: name for one in reversed(mind) for key, name in one.known.items()}
    table |= {name.text.lower(): name for one in mind for name in (*one.asked, *one.answered)}
    for name in list(table.values()):
        last = name.text.split()[-1].lower()
        if name.person and len(last) > 2:
            table.setdefault(last, name)
    return sorted(placed(text, table, own=True).items())
