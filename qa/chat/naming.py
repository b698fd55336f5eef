"""Names in articles and in questions: which are people, and whether men or women, and which are places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.types import Article
from qa import names
from qa.chat import phrases
from qa.kinds import words
from qa.lexicon import lexicon

# Of an article as much as is looked at for names and words; news is shorter.
LOOKED_AT = 20_000

_WORD = r"[A-Z][\w-]*(?:[’'](?!s\b)[A-Z]?\w+)?(?:[’'](?=\s+[A-Z]))?"
# 'Bank of Calvessa' is one name, 'Teodora Vash of the Civic Alliance' two.
_CAPITALS = re.compile(
    rf"(?<![\w’'-]){_WORD}(?:(?: of(?: the)? {_WORD})|(?: (?:(?:de|van|von|der|al|bin) )*{_WORD})+)?"
)
_AGE = re.compile(r"^, (?:\d{2}|who|aged)\b")
_SAID = re.compile(r"^(?:,? (?:said|says|told|added|argued|asked|wrote|replied)\b)")
_CALLING = re.compile(r"\b[a-z-]{2,}(?:er|or|ist|man|woman|cook|chief|captain|coach|owner|nurse|judge),? $")
_PLACE = re.compile(
    r"\b(?:in|at|near|to|from|outside|around|across|towards|through|via|into) (?:the )?$", re.IGNORECASE
)
_HE = re.compile(r"\b(he|his|she)\b", re.IGNORECASE)
_COUNTED = words(
    """
one two three four five six seven eight nine ten eleven twelve both neither many some i
"""
)
# What ends the name of a body, not of a person.
_BODIES = words(
    """
party cup bank union foundation festival journal university press court council ministry office line
lines group company club league hospital house street road bridge tower park prize award times post
news herald athletic rovers united wanderers albion gazette review courier wire agency alliance
federation association committee commission institute
"""
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it was said. gender: ``male``, ``female`` or empty; place: it stood where places stand."""

    text: str
    person: bool = False
    gender: str = ""
    place: bool = False


@lru_cache(maxsize=64)
def _known(title: str, text: str) -> Mapping[str, Name]:
    """The names of an article by their lower-case wording; a surname stands for the whole name."""
    whole = f"{title}\n{text}"
    article = names.names(whole)
    seen: dict[str, list[_Seen]] = {}
    for match in _CAPITALS.finditer(whole):
        for surface, titled in _split(match[0]):
            if " " in surface or not _common(surface.lower(), article):
                start = match.start() + match[0].find(surface)
                one = _Seen(surface, titled, whole, start, start + len(surface))
                seen.setdefault(surface.lower(), []).append(one)
    # A single word that only ever begins a sentence is a name where it ends a longer one.
    seen = {
        key: said
        for key, said in seen.items()
        if " " in key
        or not all(one.opening for one in said)
        or any(other.endswith(f" {key}") for other in seen)
    }
    return _joined({key: _name(key, said, seen.keys(), article) for key, said in seen.items()})


@dataclass(frozen=True, slots=True)
class _Seen:
    """One mention: as it was written, after a title or not, and ``text[start:end]``."""

    surface: str
    titled: bool
    text: str
    start: int
    end: int

    @property
    def opening(self) -> bool:
        """Whether it begins a sentence, and not with a title."""
        before = self.text[: self.start].rstrip(' \n“"(')[-1:]
        return not self.titled and before in ("", ".", "!", "?", ":", "”")

    @property
    def place(self) -> bool:
        """Whether it stands where places stand."""
        return bool(_PLACE.search(self.text[max(0, self.start - 16) : self.start]))

    @property
    def speaks(self) -> bool:
        """Whether it has an age or a calling, or says something."""
        after = self.text[self.end : self.end + 12]
        before = self.text[max(0, self.start - 24) : self.start]
        return bool(_AGE.match(after) or _SAID.match(after) or _CALLING.search(before))


def _common(word: str, article: names.Names) -> bool:
    """Whether a single capitalised word is no name."""
    known = lexicon()
    when = word in known.months or word in known.weekdays
    return (
        when
        or word in article.lower
        or phrases.small(word)
        or word in _COUNTED
        or word in known.subordinators
    )


def _name(key: str, said: Sequence[_Seen], others: Iterable[str], article: names.Names) -> Name:
    parts = key.split()
    run = tuple(key.replace("-", " ").split())
    person = any(one.titled for one in said) or article.person(run)
    shorter = {" ".join(parts[:n]) for n in range(1, len(parts))}
    if (
        not person
        and len(parts) in (2, 3)
        and not shorter.intersection(others)
        and parts[0] not in article.lower
    ):
        # A person is named by the last word later, a company or a club by the first.
        person = parts[-1] not in _BODIES and (parts[-1] in others or any(one.speaks for one in said))
    if any(part in lexicon().countries for part in run):
        person = False
    votes = [vote for one in said if (vote := _by_pronoun(one.text, one.end))]
    gender = names.gender(run, article) or (max(votes, key=votes.count) if votes else "")
    place = not person and any(one.place for one in said)
    # Not the capitals of a dateline.
    surface = next((one.surface for one in said if not one.surface.isupper()), said[0].surface)
    return Name(surface, person, gender if person else "", place)


def known_names(articles: Iterable[Article]) -> Mapping[str, Name]:
    """The names of articles together; who is a person in one of them is one in all."""
    found: dict[str, Name] = {}
    for article in articles:
        for key, name in _known(article.title, article.text[:LOOKED_AT]).items():
            one = found.get(key, name)
            person = one.person or name.person
            text = max(one.text, name.text, key=len) if person else one.text
            place = not person and (one.place or name.place)
            found[key] = Name(text, person, one.gender or name.gender, place)
    return found


def _split(capitals: str) -> list[tuple[str, bool]]:
    """The names in a run of capitals, and whether a title stands before each; not what is part of a title."""
    known = lexicon()
    pieces: list[tuple[list[str], bool]] = [([], False)]
    for word in capitals.split():
        if word.lower().rstrip(".") in known.titles:
            if pieces[-1][0] and not pieces[-1][1]:
                pieces.pop()  # 'Industry' of 'Industry Minister'
            pieces.append(([], True))
        else:
            pieces[-1][0].append(word)
    kept = []
    for piece, titled in pieces:
        while piece and (phrases.small(piece[0].lower()) or piece[0].lower() in known.subordinators):
            piece = piece[1:]
        while piece and piece[-1].islower():
            piece = piece[:-1]
        if piece:
            kept.append((" ".join(piece), titled))
    return kept


def _by_pronoun(text: str, end: int) -> str:
    """What the next personal pronoun after a mention says of it, if nobody else is named in between."""
    near = _HE.search(text, end, end + 160)
    if near is None or re.search(r"(?<=[a-z,;] )[A-Z]|[“\"]", text[end : near.start()]):
        return ""
    return "female" if near[1].lower() == "she" else "male"


def _joined(found: Mapping[str, Name]) -> Mapping[str, Name]:
    """Surnames joined to the one longer name of a person that ends with them."""
    joined = dict(found)
    for key, name in found.items():
        longer = [other for other, one in found.items() if other.endswith(f" {key}") and one.person]
        if len(longer) == 1:
            whole = found[longer[0]]
            one = Name(whole.text, True, whole.gender or name.gender)
            joined[key] = joined[longer[0]] = one
        elif longer:
            # Of two with one surname it is not known who is meant, nor whether Mr or Ms was said of one.
            joined.pop(key)
            joined |= {other: Name(found[other].text, True) for other in longer}
    return joined


def found(text: str, table: Mapping[str, Name], *, own: bool = True) -> Iterable[Name]:
    """The names in a text, in order, each once. own: also those that the table does not know."""
    at = placed(text, table, own=own)
    return dict.fromkeys(at[start] for start in sorted(at))


def placed(text: str, table: Mapping[str, Name], *, own: bool) -> dict[int, Name]:
    """The names in a text by where they begin."""
    at: dict[int, Name] = {}
    ends: dict[int, int] = {}
    lower = text.lower()
    for key, name in table.items():
        for match in re.finditer(rf"(?<!\w){re.escape(key)}(?!\w)", lower):
            # A single word may be a common one unless it is written like a name, or nothing is.
            common = " " not in key and text[match.start()].islower() and not name.person
            if common and re.search("[A-Z]", text[1:]):
                continue
            if match.end() > ends.get(match.start(), 0):
                at[match.start()], ends[match.start()] = name, match.end()
    for match in _CAPITALS.finditer(text) if own else ():
        for surface, titled in _split(match[0]):
            start = match.start() + match[0].find(surface)
            inside = any(begin <= start < end for begin, end in ends.items())
            if not inside and _is_name(surface, text, match.start()):
                place = bool(_PLACE.search(text[max(0, start - 16) : start]))
                at[start], ends[start] = (
                    Name(surface, titled, place=place and not titled),
                    start + len(surface),
                )
    return {start: name for start, name in at.items() if not _within(start, ends)}


def _within(start: int, ends: Mapping[int, int]) -> bool:
    """Whether a name only stands inside a longer one that began before it."""
    return any(begin < start < end for begin, end in ends.items())


def _is_name(surface: str, text: str, start: int) -> bool:
    """Whether capitals of a text that no article knows are a name, and no beginning of a sentence."""
    opening = start == 0 or text[:start].rstrip()[-1:] in '.?!:“"'
    known = lexicon()
    word = surface.lower()
    if word in known.months or word in known.weekdays or word == "i":
        return False
    return not (opening and " " not in surface and (phrases.opens_as_verb(word) or phrases.small(word)))


def same(one: Name, other: Name) -> bool:
    a, b = one.text.lower(), other.text.lower()
    return a == b or a.endswith(f" {b}") or b.endswith(f" {a}")


def mentions(text: str, name: Name) -> bool:
    """Whether a text has the name, or the last word of a person's."""
    last = name.text.split()[-1]
    return name.text.lower() in text.lower() or (name.person and last.lower() in text.lower())
