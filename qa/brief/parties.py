"""People and organisations in an article, and what it says that they are, in its own words.

A role is taken only where it stands beside the name: 'EFF lawyer Kurt Opsahl', 'Ingrid Solberg, harbour
master of Eskerby,', 'the head of the panel, Kostas Panagos,', 'Toldra is a port'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.brief.roles import roles
from qa.kinds import words
from qa.lexicon import lexicon, past, verbal
from qa.names import Names, names

MOST_WORDS = 14
"""Words of a role; what is longer is cut before a preposition, or left."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Named:
    """A name in an article at ``text[start:end]``. ``person``: it is a person's, else an organisation's.

    role: where its role stands, ``(0, 0)`` where nothing is said of it.
    """

    name: str
    person: bool
    start: int
    end: int
    role: Span = (0, 0)


_PART = r"(?:[A-Z](?:[\w-]|['’](?=[A-Z]))*\w|[A-Z]\.?)"
_RUN = re.compile(rf"(?<![\w£$€'’-]){_PART}(?: (?:(?:de|van|von|der|da|di|la|le|bin) )?(?:al-)?{_PART})*")
_OF = re.compile(r" (?:of|for)(?: the)? ")
_ACRONYM = re.compile(r"[A-Z]{2,6}$")
_AGED = re.compile(r", \d\d,")


def named(text: str, sentence: Span, title: str = "") -> list[Named]:
    """The names in one sentence of an article's text, in order, with their roles."""
    article = names(f"{title}\n{text}")
    runs = _runs(text, sentence)
    found = [_classified(text, run, sentence, article) for run in runs]
    return [one for one in found if one is not None]


def _runs(text: str, sentence: Span) -> list[Span]:
    """Runs of capitals; 'of' and 'for' tie two of them where the first ends in 'Board', 'University' …"""
    spans = [match.span() for match in _RUN.finditer(text, *sentence)]
    spans = [span for start, end in spans if (span := (_without_opening(text, start, end, sentence), end))]
    found: list[Span] = []
    for start, end in (span for span in spans if span[0] < span[1]):
        if found:
            before, last = found[-1], text[slice(*found[-1])].split()[-1].lower()
            between = text[before[1] : start]
            tied = (last in roles().bodies or _OF.search(text[slice(*before)])) and _OF.fullmatch(between)
            listed = between == " and " and _OF.search(text[slice(*before)]) and " " not in text[start:end]
            if tied or listed:
                found[-1] = (before[0], end)
                continue
        found.append((start, end))
    return found


def _without_opening(text: str, start: int, end: int, sentence: Span) -> int:
    """Where a run begins without the word that only begins the sentence or a quotation."""
    known = lexicon()
    opens = start == sentence[0] or text[start - 1] in "\"“'‘" or text[start - 2 : start] == ": "
    word = text[start:end].split()[0]
    small = word.lower() in known.free or word.lower() in known.prepositions
    small = small or word.lower() in known.subordinators or word.lower() in known.conjunctions
    small = small or word.lower() in known.markers
    return min(end, start + len(word) + 1) if opens and small else start


def _classified(text: str, run: Span, sentence: Span, article: Names) -> Named | None:
    known, lists = lexicon(), roles()
    start, end = run
    words = text[start:end].split()
    offices = [
        n for n, word in enumerate(words[:-1]) if _is_title(word) or (n < len(words) - 2 and _is_office(word))
    ]
    if offices:
        start += len(" ".join(words[: offices[-1] + 1])) + 1
        words = words[offices[-1] + 1 :]
    if words[0].lower() in {*known.months, *known.weekdays} or len(words[0]) < 2:
        return None
    last = words[-1].lower()
    before, after = text[sentence[0] : start], text[end : sentence[1]]
    if len(words) > 1 and last not in lists.bodies and not _OF.search(text[start:end]):
        role = _role(text, (start, end), sentence, lists.people)
        called = any(surname == last.split("-")[-1] for _, surname in article.courtesy)
        if (
            words[0].lower() in known.given
            or called
            or _AGED.match(after)
            or (role and not _role(text, (start, end), sentence, lists.organisations))
        ):
            return Named(" ".join(words), True, start, end, role or (0, 0))
    if last in lists.things or " ".join(words).lower() in known.countries or before.endswith(("Mr ", "Mrs ")):
        return None
    role = _role(text, (start, end), sentence, lists.organisations)
    short = bool(_ACRONYM.match(words[0])) and len(words) == 1
    if role or short or last in lists.bodies or _OF.search(text[start:end]):
        return Named(" ".join(words), False, start, end, role or (0, 0))
    return None


def _is_title(word: str) -> bool:
    lower = word.lower().rstrip(".")
    return lower in lexicon().titles or lower in lexicon().courtesy or lower in ("prime", "chief", "foreign")


def _is_office(word: str) -> bool:
    """Whether a capitalised word before a name is an office: 'Deputy Mayor Ingrid Solberg'."""
    return _noun(word.lower()) in roles().people


def _role(text: str, name: Span, sentence: Span, nouns: frozenset[str]) -> Span | None:
    """Where the role of the name stands: behind it between commas, before it, or after 'is'."""
    for way in (_behind, _before, _ahead, _being):
        span = way(text, name, sentence, nouns)
        if span is not None:
            return span
    return None


_TO = re.compile(r"\b(?:to|will|would|can|could|may|might|must|should) $")
_STOP = re.compile(
    r"[,;:)\"”]|\s[-–—]\s|[.?!]\s*$|\sand (?=[A-Z])"
    r"|\s(?:(?:(?:of|for|in|by|to|on|at|with|from|through) )?(?:who|which|whose)|that|said|says|told|added"
    r"|adds|has|have|had|is|was|were|are)\b"
)
_WORDS = re.compile(r"[\w’'&-]+")
_PREPOSITION = re.compile(r"\s(?:of|for|at|in|on|to|with|from|by|under|behind)\s")
_NOT_A_ROLE = words(
    """and but or while when where after before has had have said says told with in on at as who which whose
    is was were are not he she they it including such"""
)


def _behind(text: str, name: Span, sentence: Span, nouns: frozenset[str]) -> Span | None:
    """'NAME, chief executive of the exchange,'."""
    opening = _COMMA.match(text, name[1], sentence[1])
    if not opening:
        return None
    if nouns is roles().people and _PLACED.search(text[sentence[0] : name[0]]):
        return None  # 'in New York, the foreign secretary, …'
    start = opening.end()
    stop = _STOP.search(text, start, sentence[1])
    span = _trimmed(text, start, stop.start() if stop else sentence[1])
    return span if span and _says_what(text, span, nouns) else None


_PLACED = re.compile(r"\b(?:in|at|near|from|to|of|around|outside) $", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?|its|his|her|their|one of the) ", re.IGNORECASE)


def _before(text: str, name: Span, sentence: Span, nouns: frozenset[str]) -> Span | None:
    """'EFF lawyer NAME', 'civil liberties group the NAME'."""
    at = name[0]
    if text[at - 4 : at] == "the " and nouns is roles().organisations:
        at -= 4
    start, first = at, True
    words = list(_WORDS.finditer(text, sentence[0], at))
    for word in reversed(words):
        joined = text[word.end() : start]
        if joined != " " or len(text[word.start() : at].split()) > 7:
            break
        lower = word[0].lower()
        if first and nouns is roles().organisations and word[0][0].isupper() and word.start() > sentence[0]:
            return None  # the World Bank is a name, not what somebody is
        if first and (
            lower.endswith(("'s", "’s")) or not (_noun(lower) in nouns or _is_role_title(word[0], nouns))
        ):
            return None
        if not first and (not _modifies(word[0]) or _TO.search(text[sentence[0] : word.start()])):
            break
        if (
            not first
            and word[0].islower()
            and verbal(lower)
            and text[word.start() - 2 : word.start()] in ('" ', "” ")
        ):
            break
        start, first = word.start(), False
    if first:
        return None
    return start, at - (1 if text[at - 1] == " " else 0) if text[at - 1 : at] == " " else at


_NO_MODIFIER = words(
    """said says including following calling saying being having using making urging quoting telling asking
    giving leaving joining accusing naming"""
)


def _is_role_title(word: str, nouns: frozenset[str]) -> bool:
    return nouns is roles().people and _is_title(word) and word.lower().rstrip(".") not in lexicon().courtesy


def _modifies(word: str) -> bool:
    """Whether a word before a role's noun may belong to it."""
    known, lower = lexicon(), word.lower()
    if lower in ("the", "a", "an", "and", "his", "her", "its", "their"):
        return False
    if lower in known.free or lower in known.prepositions or lower in known.subordinators:
        return False
    if lower in known.markers or lower in known.conjunctions or lower in known.relatives:
        return False
    if word[0].isupper() or "-" in word:
        return True
    return not (past(lower) or (lower.endswith("ed") and verbal(lower)) or lower in _NO_MODIFIER)


_STARTS = re.compile(r"[,;:]\s|\s[-–—]\s|\bsaid\s|\bby\s")
_IS = re.compile(r" (?:is|was|became|remains) (?=(?:the|a|an|one of|its|his|her)\b)")
_COMMA = re.compile(r"(?: \([^()]{1,60}\))?,(?: aged)?(?: \d\d,)? (?=[\w])")


def _ahead(text: str, name: Span, sentence: Span, nouns: frozenset[str]) -> Span | None:
    """'The head of that tribunal, NAME, said'."""
    if text[name[0] - 2 : name[0]] != ", " or text[name[1] : name[1] + 1] not in (",", "."):
        return None
    end = name[0] - 2
    starts = [mark.end() for mark in _STARTS.finditer(text, sentence[0], end)]
    start = starts[-1] if starts else sentence[0]
    opening = _ARTICLE.match(text, start, end)
    span = (opening.end() if opening else start, end)
    words = text[start:end].split()
    if (
        len(words) > MOST_WORDS
        or not words
        or any(past(w) or w in ("said", "told", "is", "was") for w in words)
    ):
        return None
    return span if _says_what(text, span, nouns) else None


def _being(text: str, name: Span, sentence: Span, nouns: frozenset[str]) -> Span | None:
    """'NAME is the mayor of Toldra'."""
    verb = _IS.match(text, name[1], sentence[1])
    if not verb:
        return None
    stop = _STOP.search(text, verb.end(), sentence[1])
    span = _trimmed(text, verb.end(), stop.start() if stop else sentence[1])
    return span if span and _says_what(text, span, nouns) else None


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """At most ``MOST_WORDS`` words of a stretch without its article, cut before a preposition."""
    opening = _ARTICLE.match(text, start, end)
    start = opening.end() if opening else start
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")’'":
        end -= 1
    while len(text[start:end].split()) > MOST_WORDS:
        cuts = [mark.start() for mark in _PREPOSITION.finditer(text, start, end)]
        if not cuts:
            return None
        end = cuts[-1]
    return (start, end) if start < end else None


def _says_what(text: str, span: Span, nouns: frozenset[str]) -> bool:
    """Whether a stretch is a noun phrase with one of ``nouns`` before its first preposition."""
    phrase = text[slice(*span)]
    words = _WORDS.findall(phrase)
    if not words or words[0].lower() in _NOT_A_ROLE or words[0].endswith("ing"):
        return False
    if words[0].endswith("s") and verbal(words[0]) and _noun(words[0].lower()) not in nouns:
        return False  # 'claims that the sprinter …'
    head = _PREPOSITION.split(phrase)[0]
    inner = _WORDS.findall(head)
    at = [n for n, word in enumerate(inner) if _noun(word.lower()) in nouns]
    if not at or len(inner) > 9:
        return False
    following = inner[at[-1] + 1 : at[-1] + 2]
    # 'coach Remy Korchemny' after a comma is another person in a list.
    if following and following[0][0].isupper():
        return False
    # Nor is what goes on behind 'and' part of it, unless it is another office.
    joined = [inner[n + 1] for n, word in enumerate(inner[:-1]) if word == "and"]
    return not any(word[0].isupper() or word.endswith("ed") for word in joined) and not any(
        past(word) or word in ("said", "has", "have", "will", "would") for word in inner
    )


def _noun(word: str) -> str:
    """A role's noun in the singular, without 's; of a compound its last part."""
    plain = re.sub(r"['’]s?$", "", word)
    lists = roles()
    for form in (plain, plain.removesuffix("s")):
        if form in lists.people or form in lists.organisations:
            return form
    return plain.rpartition("-")[2]
