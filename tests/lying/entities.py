"""Who and what an article names: people by their given names and titles, the rest by a short gazetteer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from index.types import Article
from tests.lying.text import MONTHS, WEEKDAYS, WORDS, whole

FIRST = frozenset(WORDS["first_names"].split())
HONORIFICS = tuple(WORDS["honorifics"].split())
_TOKEN = r"(?:Mc|Mac|O['’]|De|Di|Du|Le|La|Van)?[A-Z][a-z]+(?:-[A-Z][a-z]+)?"
_FULL = re.compile(
    rf"(?<![\w.'’-])(?P<first>[A-Z][a-z]+(?:-[A-Z][a-z]+)?) (?:[A-Z]\. )?(?P<last>{_TOKEN})(?![\w-]| [A-Z])"
)
_NO_SURNAME = frozenset(WORDS["lists"]["no_surname"].split())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody an article names. ``title`` is the form of address the article uses, if any."""

    full: str
    surname: str
    title: str = ""

    @property
    def polite(self) -> str:
        """'Mr Brown' where the article says so, else the full name."""
        return f"{self.title} {self.surname}" if self.title else self.full


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence. kind: ``person`` or a list of the gazetteer."""

    start: int
    end: int
    kind: str
    text: str
    person: Person | None = None


@lru_cache(maxsize=4096)
def people(article: Article) -> tuple[Person, ...]:
    """The people whose surname belongs to nobody else in the article."""
    text = whole(article)
    found: dict[str, set[str]] = {}
    for match in _FULL.finditer(text):
        last = match["last"]
        if match["first"] in FIRST and last not in _NO_SURNAME and last not in FIRST | {*MONTHS, *WEEKDAYS}:
            found.setdefault(last, set()).add(match[0])
    return tuple(
        Person(next(iter(names)), last, _title(text, last))
        for last, names in found.items()
        if len(names) == 1
    )


def _title(text: str, surname: str) -> str:
    titles = set(re.findall(rf"\b(Mr|Mrs|Ms|Dr|Prof) {re.escape(surname)}\b", text))
    return titles.pop() if len(titles) == 1 else ""


def _names(kind: str) -> dict[str, frozenset[str]]:
    """Each name of a list with the names that mean the same."""
    names = {}
    for group in _groups(WORDS["places"][kind]):
        for name in group:
            names[name] = group
    return names


def _groups(text: str) -> list[frozenset[str]]:
    return [frozenset(group.replace("_", " ").split("=")) for group in text.split()]


GAZETTEER = {kind: _names(kind) for kind in WORDS["places"]}
_KIND = {name: kind for kind, names in reversed(GAZETTEER.items()) for name in names}
_PLACE = re.compile(
    r"(?<![\w.&'’-])(?<![A-Z][a-z] )(?:"
    + "|".join(re.escape(name) for name in sorted(_KIND, key=len, reverse=True))
    + r")(?![\w-]|[ ](?:[A-Z]|&)|['’](?!s\b)|['’]s [A-Z]|\.\w)"
)


def same(kind: str, name: str) -> frozenset[str]:
    """All names of the thing that ``name`` names."""
    return GAZETTEER.get(kind, {}).get(name, frozenset({name}))


@lru_cache(maxsize=4096)
def _patterns(article: Article) -> tuple[tuple[Person, re.Pattern[str]], ...]:
    titles = "|".join(HONORIFICS)
    return tuple(
        (
            person,
            re.compile(
                rf"(?<![\w'’-])(?:{re.escape(person.full)}|(?:(?:{titles}) )?{re.escape(person.surname)})"
                r"(?![\w-]| [A-Z]|['’]s [A-Z])"
            ),
        )
        for person in people(article)
    )


@lru_cache(maxsize=65536)
def found_in(text: str, article: Article) -> tuple[Mention, ...]:
    """People and known places, companies and the like in a text, in order. ``text`` may be masked."""
    out: list[Mention] = []
    for person, pattern in _patterns(article):
        if person.surname not in text:
            continue
        for match in pattern.finditer(text):
            bare = match[0] == person.surname
            if bare and re.search(r"(?<![\w.])[A-Z][\w.]* $", text[: match.start()]):
                continue  # part of a longer name
            out.append(Mention(match.start(), match.end(), "person", match[0], person))
    for match in _PLACE.finditer(text):
        start = match.start()
        capital_before = re.search(r"(?<![\w.])[A-Z][\w.&'’-]* $", text[max(0, start - 30) : start])
        if capital_before and (capital_before.start() > 0 or start > 30):
            continue
        if not any(m.start <= start < m.end for m in out):
            out.append(Mention(start, match.end(), _KIND[match[0]], match[0]))
    return tuple(sorted(out, key=lambda mention: mention.start))


@lru_cache(maxsize=4096)
def known(article: Article) -> tuple[Mention, ...]:
    """Every person and gazetteer name of the article's text, once for each form."""
    seen: dict[tuple[str, str], Mention] = {}
    for mention in found_in(article.text, article):
        seen.setdefault((mention.kind, mention.text), mention)
    return tuple(seen.values())
