"""Words of the news and what they have in common: the data of ``lexicon.toml``, ``synonyms.toml`` and
``names.toml`` in the form in which verification asks for it. Read once, on first use.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import Stemmer

_AGENT = re.compile(r"(?:er|or|ant|(?<!m)ent|ee|ist)s?$")
_STEMMER = Stemmer.Stemmer("english")


@dataclass(frozen=True)
class Lexicon:
    """Everything verification knows of words. Sets hold lower-case forms, keys are what ``key`` returns.

    markers: form -> class of a word that changes what a sentence commits to.
    groups: key or ``=form`` -> ids of the synonym groups it belongs to.
    weaker: key -> keys of words that say the same and more.
    phrases: keys of a phrase -> ids of its groups; ``longest`` is their greatest length in words.
    countries: name or demonym in lower case -> id.
    """

    free: frozenset[str]
    droppable: frozenset[str]
    conjunctions: frozenset[str]
    relatives: frozenset[str]
    prepositions: Mapping[str, str]
    subordinators: frozenset[str]
    restrictive: frozenset[str]
    markers: Mapping[str, str]
    classes: Mapping[str, frozenset[str]]
    reporting: frozenset[str]
    unreal: frozenset[str]
    verb_forms: frozenset[str]
    plurals: frozenset[str]
    groups: Mapping[str, frozenset[str]]
    weaker: Mapping[str, frozenset[str]]
    phrases: Mapping[tuple[str, ...], frozenset[str]]
    longest: int
    titles: frozenset[str]
    courtesy: Mapping[str, str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    countries: Mapping[str, str]
    acronyms: Mapping[str, str]
    given: Mapping[str, str]


@cache
def lexicon() -> Lexicon:
    """The lexicon; the same value on every call."""
    words, names = _read("lexicon.toml"), _read("names.toml")
    groups, phrases = _groups(_read("synonyms.toml")["groups"])
    verbs = words["verbs"]
    reporting, unreal = _keys(verbs["reporting"]), _keys(verbs["unreal"])
    return Lexicon(
        free=_set(words["free"]),
        droppable=_set(words["droppable"]),
        conjunctions=_set(words["conjunctions"]),
        relatives=_set(words["relatives"]),
        prepositions=_prepositions(words),
        subordinators=_set(words["subordinators"]),
        restrictive=_set(words["restrictive"]),
        markers={form: kind for kind, forms in words["markers"].items() for form in forms.split()},
        classes={kind: _set(names) for kind, names in words["classes"].items()},
        reporting=reporting,
        unreal=unreal,
        verb_forms=_set(words["unchanged"])
        | _pairs("irregular").keys()
        | _inflected(" ".join(verbs.values())),
        plurals=frozenset(_pairs("plurals")),
        groups=groups,
        weaker=_weaker(_read("synonyms.toml")["weaker"]),
        phrases=phrases,
        longest=max(map(len, phrases)),
        titles=_set(names["titles"]),
        courtesy={
            form: gender for gender in ("male", "female") for form in names[f"courtesy_{gender}"].split()
        },
        months=_numbered(names["months"]),
        weekdays=_numbered(names["weekdays"]),
        countries=_same(names["countries"], "country"),
        acronyms=_same(names["acronyms"], "body"),
        given=_given(names),
    )


@lru_cache(maxsize=65536)
def key(word: str) -> str:
    """What a lower-case word has in common with its inflections and its near derivations."""
    plain = _american(word)
    base = _derived().get(plain) or _american(_irregular().get(plain, "")) or None
    if base is None and (single := _singular(plain)) in _distinct():
        return f"{single}!"
    base = base or plain
    root = _derived().get(base)
    if root is None and base == plain:
        root = _derived_stems().get(_stem(plain))
    stem = _stem(root or base)
    if root is None and base == plain and _AGENT.search(plain) and not _AGENT.search(stem) and len(stem) > 2:
        return f"{stem}+{_singular(plain)[-2:]}"  # an importer is no import, an employee no employer
    return stem


def keys(word: str) -> frozenset[str]:
    """Key of a lower-case word, the word itself, its synonym groups: two words that share one are equal."""
    groups = lexicon().groups
    own = key(word)
    return frozenset({own, f"={word}"}) | groups.get(own, frozenset()) | groups.get(f"={word}", frozenset())


def verbal(word: str) -> bool:
    """Whether a lower-case word may be a verb; in doubt it is."""
    return word in lexicon().verb_forms or (
        word.endswith(("ed", "ing")) and len(word) > 3 and word[-3:] != "eed"
    )


def past(word: str) -> bool:
    """Whether a lower-case word is the irregular past of a verb."""
    return word in _pairs_of_verbs()


@cache
def _pairs_of_verbs() -> Mapping[str, str]:
    return _pairs("irregular")


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files("qa").joinpath(name).read_text(encoding="utf-8"))


@cache
def _forms() -> Mapping[str, Any]:
    return _read("lexicon.toml")


def _pairs(name: str) -> dict[str, str]:
    return {form: base for base, *forms in map(str.split, _forms()[name]) for form in forms}


@cache
def _irregular() -> Mapping[str, str]:
    return _pairs("irregular") | _pairs("plurals")


@cache
def _derived() -> Mapping[str, str]:
    return {
        _american(word): base
        for base, *words in map(str.split, _forms()["derived"])
        for word in (base, *words)
    }


@cache
def _derived_stems() -> Mapping[str, str]:
    return {_stem(word): base for word, base in _derived().items()}


@cache
def _distinct() -> frozenset[str]:
    return frozenset(_singular(_american(word)) for word in _forms()["distinct"].split())


@cache
def _spelling() -> Mapping[str, str]:
    return dict(map(str.split, _forms()["spelling"]))


def _american(word: str) -> str:
    """One spelling for both sides of the Atlantic. It need be no real word: both sides go through it."""
    found = _spelling().get(word) or _spelling().get(word.removesuffix("s"))
    if found:
        return found
    word = re.sub(r"(?<=\w)is(e[ds]?|ers?|ing|ations?)$", r"iz\1", word)
    return re.sub(r"our(s|ed|ing|able|ites?)?$", r"or\1", word)


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is", "ws")) else word


def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _inflected(text: str) -> frozenset[str]:
    """Verbs and their third person, as written."""
    verbs = text.split()
    third = (re.sub(r"([^aeiou])y$", r"\1ie", verb) + "s" for verb in verbs)
    return frozenset(verbs) | frozenset(third) | frozenset(verb + "es" for verb in verbs)


def _keys(text: str) -> frozenset[str]:
    return frozenset(key(word) for word in text.split())


def _member(word: str) -> str:
    return word if word.startswith("=") else key(word)


def _groups(
    groups: Iterable[str],
) -> tuple[dict[str, frozenset[str]], dict[tuple[str, ...], frozenset[str]]]:
    single: dict[str, set[str]] = {}
    phrases: dict[tuple[str, ...], set[str]] = {}
    for number, group in enumerate(groups):
        for member in group.lower().split(","):
            words = member.replace("-", " ").split()
            if len(words) == 1:
                single.setdefault(_member(words[0]), set()).add(f"~{number}")
            else:
                phrases.setdefault(tuple(map(key, words)), set()).add(f"~{number}")
    return _frozen(single), _frozen(phrases)


def _frozen(sets: Mapping[Any, set[str]]) -> dict[Any, frozenset[str]]:
    return {name: frozenset(members) for name, members in sets.items()}


def _weaker(lines: Iterable[str]) -> dict[str, frozenset[str]]:
    return {
        key(word): frozenset(key(other.strip()) for other in others.split(","))
        for word, others in (line.split(":") for line in lines)
    }


def _prepositions(words: Mapping[str, Any]) -> dict[str, str]:
    classes = {form: form for form in words["prepositions"].split()}
    for name in ("place", "toward", "about"):
        classes |= dict.fromkeys(words[f"{name}_prepositions"].split(), name)
    return classes


def _numbered(lines: Iterable[str]) -> dict[str, int]:
    return {form: number for number, line in enumerate(lines, 1) for form in line.split()}


def _same(lines: Iterable[str], kind: str) -> dict[str, str]:
    return {name.strip(): f"{kind}:{line.split(',')[0]}" for line in lines for name in line.split(",")}


def _given(names: Mapping[str, str]) -> dict[str, str]:
    """Given name -> gender; names of both are ``either``."""
    male, female = _set(names["male"]), _set(names["female"])
    return {
        name: "either" if name in male and name in female else "male" if name in male else "female"
        for name in male | female
    }
