"""A sentence as verification reads it: tokens that say what they are and what they are equal to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.kinds import Kind, Mention, Raw, words
from qa.lexicon import Lexicon, key, keys, lexicon, verbal
from qa.mentions import mention
from qa.quoting import quotations


@dataclass(frozen=True, slots=True)
class Token:
    """A word, figure or mark: ``text[start:end]``.

    keys: two tokens that share one are equal; empty for what needs no counterpart.
    own: key of the word itself, for looking up what it is.
    quoted: 0 outside quotation marks, else the number of the quotation it stands in.
    capital: it is written like a name. initial: it begins a sentence, so a capital says nothing.
    verb: it may be a verb. passive: a form of 'be' makes a passive participle of it.
    possessive: it owns what follows ('s, or 'its').
    """

    text: str
    kind: Kind
    keys: frozenset[str]
    start: int
    end: int
    own: str = ""
    quoted: int = 0
    capital: bool = False
    initial: bool = False
    verb: bool = False
    passive: bool = False
    possessive: bool = False

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def heavy(self) -> bool:
        """Whether leaving it out, or putting it in, may change what is said."""
        return self.kind not in _LIGHT


_LIGHT = frozenset({Kind.FREE, Kind.PUNCT, Kind.CONJ, Kind.TITLE})
_RAW = re.compile(
    r"""(?P<iso>\d{4}-\d{2}-\d{2}(?!\d))
    | (?P<score>\d+(?:[-–/]\d+)+(?![\w%.]*\d))
    | (?P<number>'?(?:US|HK|NZ|[ACS])?[$£€¥]?\d[\d,]*(?:[.:]\d+)*(?:'?[A-Za-z]+|%)?)
    | (?P<initials>(?<!\w)(?:[A-Za-z]\.){2,})
    | (?P<word>[^\W\d_][^\W_]*(?:['’][^\W\d_]+)*)
    | (?P<mark>[^\w\s]|_)
    """,
    re.VERBOSE,
)
_CLITICS = {"s": "'s", "re": "be", "ve": "have", "ll": "will", "d": "'d", "m": "be"}
_PRONOUNS = {
    form: group
    for group, forms in {
        "he": "he him his himself",
        "she": "she her hers herself",
        "it": "it its itself",
        "they": "they them their theirs themselves",
        "we": "we us our ours ourselves",
        "i": "i me my mine myself",
        "you": "you your yours yourself yourselves",
    }.items()
    for form in forms.split()
}
_OWNING = words("his her its their our my your")
_BE = words("be is are am was were been being")
_HAVE = words("have has had having")
_PARTICIPLES = words("sung rung begun drunk sunk swum run come become")


@lru_cache(maxsize=8192)
def tokens(text: str, quoted: bool = False) -> tuple[Token, ...]:
    """Tokens of ``text`` in order. ``quoted``: it begins inside a quotation of several sentences."""
    raws = _raws(text)
    found: list[Token] = []
    at = 0
    while at < len(raws):
        made, at = _next(raws, at)
        found.extend(made)
    return _in_place(_with_quotes(found, quotations(text, quoted)), text)


def _raws(text: str) -> list[Raw]:
    raws: list[Raw] = []
    fresh = True
    for found in _RAW.finditer(text):
        piece = found[0]
        lower = piece.lower().replace("’", "'")
        if found["initials"]:
            lower = lower.replace(".", "")
        if found["mark"] and _joins(text, found.start()):
            fresh = fresh or lower in "\"“«'‘"
            continue
        comma = bool(found["number"]) and piece.endswith(",")
        for part, left, right in _split(lower.rstrip(",") if comma else lower, piece):
            raws.append(Raw(part, piece[left:right], found.start() + left, found.start() + right, fresh))
            fresh = lower in (".", "!", "?", ":", ";", "•")
        if comma:
            raws.append(Raw(",", ",", found.end() - 1, found.end()))
    return raws


def _split(lower: str, piece: str) -> list[tuple[str, int, int]]:
    """A word apart from what leans on it: n't, 's, 'll; cannot as can not."""
    end = len(piece)
    if lower == "cannot":
        return [("can", 0, 3), ("not", 3, 6)]
    if lower.endswith("n't") and len(lower) > 3:
        verb = {"wo": "will", "ca": "can", "sha": "shall", "ai": "be"}.get(lower[:-3], lower[:-3])
        return [(verb, 0, end - 3), ("not", end - 3, end)]
    stem, apostrophe, clitic = lower.rpartition("'")
    if apostrophe and stem and clitic in _CLITICS and lower[0].isalpha():
        return [(stem, 0, len(stem)), (_CLITICS[clitic], len(stem), end)]
    return [(lower.strip("'") if not lower[0].isdigit() else lower, 0, end)]


def _joins(text: str, at: int) -> bool:
    """Whether a mark only joins two halves of a word, or is a quotation mark, which is kept elsewhere."""
    if text[at] in "\"“”«»'‘’`*_":
        return True
    return text[at] == "-" and text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha()


def _next(raws: Sequence[Raw], at: int) -> tuple[list[Token], int]:
    """Tokens that begin at ``raws[at]`` and the position after them."""
    raw = raws[at]
    if not raw.lower[0].isalnum() and raw.lower[0] not in "$£€¥'":
        return [_punct(raw)], at + 1
    if mentions := mention(raws, at):
        return [_mentioned(raws, one) for one in mentions], mentions[0].last
    if found := _named_phrase(raws, at) or _phrase(raws, at):
        return [found[0]], found[1]
    return [_single(raws, at)], at + 1


def _punct(raw: Raw) -> Token:
    text = {"–": "-", "—": "-", "‐": "-"}.get(raw.lower, raw.lower)
    return Token(text, Kind.CONJ if text == "&" else Kind.PUNCT, frozenset(), raw.start, raw.end)


def _mentioned(raws: Sequence[Raw], one: Mention) -> Token:
    first, last = raws[one.first], raws[one.last - 1]
    text = " ".join(raw.text for raw in raws[one.first : one.last])
    return Token(text, one.kind, one.keys, first.start, last.end, own=min(one.keys))


def _named_phrase(raws: Sequence[Raw], at: int) -> tuple[Token, int] | None:
    """'United States', 'European Central Bank': one name, equal to its other names."""
    known = lexicon()
    if not raws[at].capital:
        return None
    for length in (5, 4, 3, 2, 1):
        words = raws[at : at + length]
        name = " ".join(raw.lower for raw in words)
        same = known.countries.get(name) or known.acronyms.get(name)
        if len(words) < length or not same or (length == 1 and not _proper(words[0])):
            continue
        token = Token(
            name, Kind.NAME, frozenset({f"={name}", same}), words[0].start, words[-1].end, name, capital=True
        )
        return token, at + length
    return None


def _proper(raw: Raw) -> bool:
    """'US' and 'WHO' are names, 'Us' and 'Who' are not."""
    return raw.text.isupper() or len(raw.text) > 3


def _phrase(raws: Sequence[Raw], at: int) -> tuple[Token, int] | None:
    known = lexicon()
    for length in range(min(known.longest, len(raws) - at), 1, -1):
        words = raws[at : at + length]
        if not all(raw.lower[:1].isalpha() for raw in words):
            continue
        own = tuple(key(raw.lower) for raw in words)
        groups = known.phrases.get(own)
        if not groups:
            continue
        first = words[0].lower
        tie = first in known.subordinators or first in known.prepositions or first == "according"
        kind = Kind.SUB if tie else Kind.WORD
        text = " ".join(raw.lower for raw in words)
        capital = all(raw.capital for raw in words)
        same = groups | {f"={text}", f"={' '.join(own)}"}
        verb = kind is Kind.WORD and verbal(first) and not capital
        token = Token(
            text, kind, frozenset(same), words[0].start, words[-1].end, own[0], capital=capital, verb=verb
        )
        return replace(token, own="according") if first == "according" else token, at + length
    return None


def _single(raws: Sequence[Raw], at: int) -> Token:
    raw, known = raws[at], lexicon()
    word, initial = raw.lower, raw.fresh
    shouted = raw.text.isupper() and len(raw.text) > 1
    led = word in known.given and bool(raws[at + 1 : at + 2]) and raws[at + 1].capital
    named = raw.capital and (shouted or led or (not initial and word in ("may", "will")))

    def token(kind: Kind, *same: str, **more: object) -> Token:
        made = Token(raw.text, kind, frozenset(same), raw.start, raw.end, word, initial=initial)
        return replace(made, **more)  # type: ignore[arg-type]

    if word == "'s":
        return token(Kind.FREE, possessive=True)
    if raw.capital and word in known.courtesy and word not in ("sir", "lord", "dame", "lady"):
        return token(Kind.TITLE)
    if word in known.conjunctions or (word == "as" and _lower(raws, at + 1, 2) == ["well", "as"]):
        return token(Kind.CONJ)
    if word in _PRONOUNS and not shouted:
        return token(Kind.PRON, f"pronoun:{_PRONOUNS[word]}", possessive=word in _OWNING)
    if not named and (small := _function_word(raws, at, known)):
        return token(small[0], *small[1])
    if named or (raw.capital and not initial):
        common = word in known.titles or (shouted and known.groups.get(key(word)))
        return token(Kind.NAME, f"={word}", *(keys(word) if common else ()), capital=True)
    country = known.countries.get(word) if raw.capital else None
    same = keys(word) | ({country} if country else frozenset())
    return replace(token(Kind.WORD, *same, capital=raw.capital, verb=verbal(word)), own=key(word))


def _lower(raws: Sequence[Raw], at: int, count: int) -> list[str]:
    return [raw.lower for raw in raws[at : at + count]]


def _function_word(raws: Sequence[Raw], at: int, known: Lexicon) -> tuple[Kind, tuple[str, ...]] | None:
    word = raws[at].lower
    before = raws[at - 1].lower if at else ""
    following = raws[at + 1] if at + 1 < len(raws) else None
    if word == "to" and following and _infinitive(following):
        if before in _BE:
            return Kind.MARK, ("mark:will",)
        return (Kind.MARK, ("mark:must",)) if before in _HAVE else (Kind.FREE, ())
    if word == "used" and following and following.lower == "to" and before not in _BE:
        return Kind.MARK, ("mark:used to",)
    if word == "no" and following and following.lower in ("longer", "one"):
        return Kind.MARK, ("mark:not" if following.lower == "longer" else "mark:nobody",)
    if word in known.markers:
        return Kind.MARK, (f"mark:{known.markers[word]}",)
    if word in known.relatives and (word != "that" or before not in _REPORTED):
        return Kind.FREE, ()
    if word in known.subordinators:
        return Kind.SUB, (f"={word}", *keys(word))
    if (word == "by" and following and _measure(raws, at + 1)) or (
        word in ("on", "in") and following and _dated(raws, at + 1, word)
    ):
        return Kind.FREE, ()
    if word in known.prepositions:
        return Kind.PREP, (f"preposition:{known.prepositions[word]}",)
    return (Kind.FREE, ()) if word in known.free or word == "'d" else None


_REPORTED = words("said says say")


def _infinitive(following: Raw) -> bool:
    word = following.lower
    return following.text.islower() and (
        word in ("be", "have", "do")
        or (
            verbal(word)
            and not word.endswith(("ing", "ed"))
            and (not word.endswith("s") or word.endswith("ss"))
        )
    )


def _dated(raws: Sequence[Raw], at: int, word: str) -> bool:
    """'on Friday', 'in May', which 'Friday' and 'May' say too; not 'up 3% on 2004'."""
    at += raws[at].lower == "the"
    found = mention(raws, at) if at < len(raws) else ()
    parts = [part for one in found if one.kind is Kind.DATE for part in one.keys]
    return any(part.startswith(("weekday:", "day:")) or word == "in" for part in parts)


def _measure(raws: Sequence[Raw], at: int) -> bool:
    """'by 5%', 'by £3m': the measure of a change, with which 'by' may be left out."""
    found = mention(raws, at)
    return (
        bool(found)
        and found[0].kind is Kind.NUMBER
        and all(part.startswith("quantity:") and part.split(":")[2] for part in found[0].keys)
    )


def _with_quotes(found: list[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    if not spans:
        return found
    return [
        replace(
            token,
            quoted=next((n for n, (left, right) in enumerate(spans, 1) if left <= token.start < right), 0),
        )
        for token in found
    ]


def _in_place(found: list[Token], text: str) -> tuple[Token, ...]:
    """What a token's place decides: 'the top' is no verb, nor 'state-owned', and 'was sold' is passive."""
    made: list[Token] = []
    near = 0
    for token in found:
        if token.verb and _nominal(token, made[-1] if made else None, text):
            token = replace(token, verb=False)
        if token.kind is Kind.FREE and (token.lower in _BE or token.own == "be"):
            near = 3 if token.own != "'s" else near
        elif token.verb and near and _participle(token.lower):
            token, near = replace(token, passive=True), 0
        elif token.kind in (Kind.MARK, Kind.FREE) or token.lower.endswith("ly"):
            near -= near > 0
        else:
            near = 0
        made.append(token)
    return tuple(made)


def _nominal(token: Token, before: Token | None, text: str) -> bool:
    """Whether what might be a verb cannot be one here."""
    if token.start and text[token.start - 1] == "-":
        return True
    if before is None or before.kind not in (Kind.FREE, Kind.PRON):
        return False
    return before.lower in ("a", "an", "the") or before.possessive


def _participle(word: str) -> bool:
    first = word.split()[0]
    if first.endswith("ing") or first in _PARTICIPLES:
        return False
    return first.endswith(("ed", "en", "wn")) or first in lexicon().verb_forms
