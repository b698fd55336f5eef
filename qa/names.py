"""Who is meant: an article's names for one thing, and what a pronoun stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from qa.kinds import Kind, words
from qa.lexicon import lexicon
from qa.tokens import Token, tokens

Run = tuple[str, ...]

_CAPITALS = re.compile(
    r"(?<![\w'’])[A-Z][\w-]*(?:['’][A-Z]\w+)?"
    r"(?: (?:of |de |van |von |the |der |al-)*[A-Z][\w-]*(?:['’][A-Z]\w+)?)*"
)
_COURTESY = re.compile(r"\b(Mr|Mrs|Ms|Miss) (?:[A-Z][\w'’-]+ )*?([A-Z][\w'’-]+)")
_BRACKETED = re.compile(
    r"((?:[A-Z][\w-]*|of|and|for|the)(?: (?:[A-Z][\w-]*|of|and|for|the))+) \(([A-Z]{2,6})\)"
)
_SMALL = words("of de van von the der al")
_COMPANY = words(
    """company firm group business airline bank club side team party union charity band retailer"""
)
_OPENING = words(
    """new north south east west great old saint san los las royal lake mount port fort cape bank"""
)
# What a company's name may be said without.
_LEGAL = words("""group inc plc corp corporation ltd limited co company holdings ag sa nv gmbh spa llc""")
_PERSONAL = words("pronoun:he pronoun:she")


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around an evidence sentence.

    before: the sentences before it in its article, nearest last, at most three.
    text: the article's body, for its other names of the same thing.
    quoted: the evidence begins inside a quotation that was opened in an earlier sentence.
    """

    title: str = ""
    published: date | None = None
    before: tuple[str, ...] = ()
    text: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """The names of an article: capitalised runs in lower case, who is called Mr or Mrs, and its acronyms."""

    runs: frozenset[Run]
    courtesy: frozenset[tuple[str, str]]
    acronyms: frozenset[tuple[str, str]]
    lower: frozenset[str]

    def full(self, surname: str) -> set[Run]:
        """The longer names that end with ``surname``."""
        return {run for run in self.runs if len(run) > 1 and run[-1] == surname}

    def person(self, run: Run) -> bool:
        """Whether a name looks like a person's."""
        if not run:
            return False
        if any(surname == run[-1] for _, surname in self.courtesy):
            return True
        return any(one[0] in lexicon().given for one in ({run} if len(run) > 1 else self.full(run[-1])))


@lru_cache(maxsize=2048)
def names(text: str) -> Names:
    """The names in an article's title and text."""
    known = lexicon()
    runs: set[Run] = set()
    for found in _CAPITALS.finditer(text):
        words = tuple(found[0].lower().replace("-", " ").split())
        for run in _split_titles(words):
            whole = _without_opening(run)
            runs |= {whole, whole[: whole.index("of")] if "of" in whole else whole}
    return Names(
        runs=frozenset(run for run in runs if run),
        courtesy=frozenset(
            (title.lower(), surname.lower().split("-")[-1]) for title, surname in _COURTESY.findall(text)
        ),
        acronyms=frozenset((short.lower(), long.lower()) for long, short in _BRACKETED.findall(text)),
        lower=frozenset(re.findall(r"\b[a-z]+\b", text)) | known.free,
    )


def _split_titles(words: Run) -> list[Run]:
    known = lexicon()
    found: list[list[str]] = [[]]
    for n, word in enumerate(words):
        led = n > 0 and (words[n - 1] in known.given or words[n - 1] in known.courtesy)
        surname = led and n == len(words) - 1  # 'Paul King', 'Mr King'
        if not surname and (word in known.titles or word in ("prime", "foreign", "chief")):
            found.append([])
        else:
            found[-1].append(word)
    return [tuple(run) for run in found if run]


def _without_opening(run: Run) -> Run:
    """A run without the word that only begins a sentence."""
    known = lexicon()
    word = run[0]
    common = word in known.free or word in known.prepositions or word in known.conjunctions
    tie = word in known.subordinators or word in known.markers
    return run[1:] if common or tie or (word in known.countries and len(run) > 1) else run


def runs(found: Sequence[Token], article: Names) -> list[tuple[int, int]]:
    """Spans [first, last) of the names among tokens: neighbours with capitals, titles and nations apart."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for n, token in enumerate([*found, None]):
        named = token is not None and (
            _names(token, article, n > 0 and _leads(found[n - 1])) or _opens(found[n : n + 2], article)
        )
        if start is not None and (not named or (token is not None and token.text.islower())):
            spans.append((start, n))
            start = None
        if named and start is None:
            start = n
    return spans


def _opens(pair: Sequence[Token], article: Names) -> bool:
    """Whether the word that begins a sentence begins a name of the article's as well: 'Rich Templeton'."""
    if len(pair) < 2 or not pair[0].initial or not all(token.capital for token in pair):
        return False
    return any(run[:2] == run_of(pair) for run in article.runs)


def _leads(token: Token) -> bool:
    """Whether a name must follow: after Mr, or after a given name."""
    return token.kind is Kind.TITLE or token.lower in lexicon().given


def _names(token: Token, article: Names, given: bool) -> bool:
    """Whether a token is part of a name; ``given``: a given name stands before it."""
    known = lexicon()
    if (
        not token.capital
        or token.kind not in (Kind.NAME, Kind.WORD)
        or (token.lower in known.titles and not given)
    ):
        return False
    if any(key.startswith(("country:", "body:")) for key in token.keys) and token.kind is Kind.NAME:
        return False
    if token.kind is Kind.NAME or token.lower in _OPENING or article.full(token.lower):
        return True
    return (
        token.lower not in article.lower
        and token.lower not in known.countries
        and (len(token.keys) == 2 or (token.lower,) in article.runs)
        and not token.verb
    )


def run_of(found: Sequence[Token]) -> Run:
    """The words of a name in lower case."""
    return tuple(token.lower for token in found)


def same(ours: Run, theirs: Run, article: Names) -> bool:
    """Whether two names mean the same thing in an article."""
    if ours == theirs:
        return True
    if not ours or not theirs:
        return False
    if _acronym(ours, theirs, article) or _acronym(theirs, ours, article):
        return True
    short, long = sorted((ours, theirs), key=len)
    if short[-1] == long[-1] and (article.person(long) or article.person(short)):
        return _one_person(short, long, article)
    if len(short) < len(long) and short in (long[: len(short)], long[-len(short) :]):
        rest = set(long[len(short) :]) if long[: len(short)] == short else {""}
        longer = {run for run in article.runs if len(run) > len(short) and run[: len(short)] == short}
        return rest <= _LEGAL and short in article.runs and longer <= {long} and long in article.runs
    return len(short) == len(long) and _misspelt(ours, theirs, article)


def _one_person(short: Run, long: Run, article: Names) -> bool:
    full = article.full(long[-1]) | ({long} if len(long) > 1 else set())
    if len(short) > 1 and short != long[-len(short) :]:
        return short[0] == long[0] and short in article.runs and long in article.runs
    if len(long) > 1 and not any(run[-len(long) :] == long for run in article.runs):
        return False
    return all(
        run[-len(long) :] == long or long[-len(run) :] == run or _agree(run[0], long[0]) for run in full
    )


def _agree(given: str, other: str) -> bool:
    """Whether two given names may be one, written out or as an initial."""
    return given == other or (min(len(given), len(other)) == 1 and given[0] == other[0])


def _acronym(short: Run, long: Run, article: Names) -> bool:
    if len(short) != 1 or len(long) < 2:
        return False
    spelled = {full for letters, full in article.acronyms if letters == short[0]}
    return any(full.endswith(" ".join(long)) for full in spelled)


def _misspelt(ours: Run, theirs: Run, article: Names) -> bool:
    """Whether one name is the other with one letter amiss, both being spelled so in the article."""
    odd = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    if len(odd) != 1 or ours not in article.runs or theirs not in article.runs:
        return False
    a, b = odd[0]
    if min(len(a), len(b)) < 5 or a[0] != b[0] or not _one_edit(a, b):
        return False
    if len(ours) > 1:
        return True
    contexts = [{run[:-1] for run in article.runs if run[-1] == name and len(run) > 1} for name in (a, b)]
    return not (contexts[0] and contexts[1] and not contexts[0] & contexts[1])


def _one_edit(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    if len(short) == len(long):
        return sum(x != y for x, y in zip(short, long, strict=True)) == 1
    return any(short == long[:n] + long[n + 1 :] for n in range(len(long)))


def gender(run: Run, article: Names) -> str:
    """``male`` or ``female`` where the article's Mr or Mrs or a given name says so, else an empty string."""
    known = lexicon()
    titled = {known.courtesy[title] for title, surname in article.courtesy if surname == run[-1]}
    if len(titled) == 1:
        return titled.pop()
    if titled:
        return ""
    given = {known.given.get(one[0], "") for one in ({run} if len(run) > 1 else article.full(run[-1]))}
    return given.pop() if len(given) == 1 and given <= {"male", "female"} else ""


@lru_cache(maxsize=4096)
def antecedent(context: Context, pronoun: str) -> Run:
    """The name a pronoun stands for: the subject of the sentence before, if there is no doubt; else empty."""
    article = names(f"{context.title}\n{context.text}")
    for sentence in reversed(context.before):
        found = tokens(sentence)
        subject = _subject(found, article)
        if subject:
            return subject if _fits(subject, pronoun, found, article) else ()
        opening = next((token for token in found if token.heavy), None)
        if opening is None or pronoun not in opening.keys:
            return ()
    return ()


def _subject(found: Sequence[Token], article: Names) -> Run:
    """The name before the first verb of a sentence, not after a preposition."""
    spans = runs(found, article)
    for n, (first, last) in enumerate(spans):
        before = found[:first]
        if any(token.verb or token.kind in (Kind.PREP, Kind.SUB, Kind.PRON) for token in before):
            return ()
        if n + 1 < len(spans) and _one_phrase(found[last : spans[n + 1][0]]):
            continue  # 'Lions chairman Theo Paphitis'
        owner = last < len(found) and found[last].possessive
        return () if owner or any(token.quoted for token in found[first:last]) else run_of(found[first:last])
    return ()


def _one_phrase(between: Sequence[Token]) -> bool:
    """Whether two names with these words between them are one noun phrase, the second its head."""
    return all(token.kind in (Kind.WORD, Kind.NAME) and not token.verb for token in between)


def _fits(subject: Run, pronoun: str, found: Sequence[Token], article: Names) -> bool:
    person = article.person(subject)
    if pronoun not in _PERSONAL:
        return not person
    others = (run_of(found[first:last]) for first, last in runs(found, article))
    if not person or any(article.person(other) and not same(other, subject, article) for other in others):
        return False
    said = gender(subject, article)
    return not said or said == ("male" if pronoun == "pronoun:he" else "female")


def company(token: Token) -> bool:
    """Whether a word stands for a body named before: 'the company', 'the club'."""
    return token.kind is Kind.WORD and token.lower in _COMPANY
