"""Where articles disagree: other figures for the same thing, another date, other words of the same quotation,
a name in two spellings, a claim and its denial. They are shown side by side, never averaged or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from qa.brief.conflict import Conflict, pairs
from qa.brief.rival_figures import rival_figures
from qa.brief.salient import Pool, Unit
from qa.wording import stems

_COPY = 0.97
_DENIAL = 0.6
_SAME_MATTER = 0.8
_QUOTED = re.compile(r"[\"“]([^\"“”]{25,})[\"”]")


def conflicts(pool: Pool, most: int) -> list[Conflict]:
    """The conflicts that matter most, at most ``most``, each sentence and each matter once."""
    found = sorted(
        [*rival_figures(pool), *_days(pool), *_wordings(pool), *_spellings(pool), *_denials(pool)],
        key=lambda one: -one.weight,
    )
    kept: list[Conflict] = []
    for one in found:
        if len(kept) == most:
            break
        if not any(_again(pool, one, other) for other in kept):
            kept.append(one)
    return kept


def _again(pool: Pool, one: Conflict, other: Conflict) -> bool:
    """Whether a conflict is about what another one is about already."""
    if one.matter and one.matter == other.matter:
        return True
    pairs = [(mine.at, yours.at) for mine in (one.one, one.other) for yours in (other.one, other.other)]
    return any(mine == yours or pool.alike[mine, yours] > _SAME_MATTER for mine, yours in pairs)


_EVENT = re.compile(
    r"\b(trial|hearing|verdict|decision|election|vote|launch|release|match|meeting|talks|summit|report|inquiry"
    r"|auction|deadline|tour|concert|opening|ruling|poll|referendum|race|fight|wedding|funeral|sale)s?\b"
)
_MONTH = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_TO_COME = re.compile(
    r"\b(?:date|due|expected|scheduled|postponed|put back|pushed back|delayed|set|begin|start|will)\b"
)


def _days(pool: Pool) -> Iterator[Conflict]:
    """Another month for something that is to come."""
    for one, other, cosine in pairs(pool, 0.35):
        ours, theirs = set(_MONTH.findall(one.text)), set(_MONTH.findall(other.text))
        if (
            not ours
            or not theirs
            or ours & theirs
            or not (_TO_COME.search(one.text) and _TO_COME.search(other.text))
        ):
            continue
        if not any(not date.iso for date in one.dates) or not any(not date.iso for date in other.dates):
            continue
        events = set(_EVENT.findall(one.text)) & set(_EVENT.findall(other.text))
        if events and len(set(stems(one.text)) & set(stems(other.text))) >= 3:
            about = f"the date of the {min(events)}"
            weight = cosine + (one.score + other.score) / 4
            yield Conflict(about, one, other, weight, frozenset({about}), changes=True)


def _wordings(pool: Pool) -> Iterator[Conflict]:
    """The same quotation in other words."""
    for one, other, cosine in pairs(pool, 0.85):
        ours, theirs = _QUOTED.search(one.text), _QUOTED.search(other.text)
        if not ours or not theirs:
            continue
        left, right = _plain(ours[1]), _plain(theirs[1])
        ratio = SequenceMatcher(None, left, right).ratio()
        if 0.8 <= ratio < 1 and min(len(left), len(right)) >= 8 and abs(len(left) - len(right)) <= 2:
            weight = cosine + (one.score + other.score) / 4
            yield Conflict(
                "the words that were said", one, other, weight, parts=_differing(one.text, other.text)
            )


def _differing(one: str, other: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The clauses in which two texts begin to differ."""
    same = next(n for n, (a, b) in enumerate(zip(one + " ", other + "\0", strict=False)) if a != b)
    return clause_at(one, same), clause_at(other, same)


def clause_at(text: str, at: int) -> tuple[int, int]:
    """The stretch between commas and quotation marks around ``at``, of at least five words."""
    marks = [match.start() for match in re.finditer(r"[,;:.?!\"“”]", text)]
    left = max((mark + 1 for mark in marks if mark < at), default=0)
    right = min((mark for mark in marks if mark >= at), default=len(text))
    while len(text[left:right].split()) < 5 and right < len(text):
        right = min((mark for mark in marks if mark > right), default=len(text))
    while left < right and text[left] in ' "“':
        left += 1
    return left, right


def _plain(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("’", "'"))


def _spellings(pool: Pool) -> Iterator[Conflict]:
    """A person's name that two articles spell with one letter amiss."""
    seen: dict[str, tuple[Unit, str]] = {}
    for unit in pool.units:
        start, end = unit.span
        for one in unit.notes.names:
            if one.person and start <= one.start < end:
                seen.setdefault(one.name, (unit, one.name))
    names = sorted(seen)
    for n, name in enumerate(names):
        for other in names[n + 1 :]:
            mine, yours = seen[name][0], seen[other][0]
            if mine.notes.article.id != yours.notes.article.id and _misspelt(name, other):
                weight = (mine.score + yours.score) / 4
                about = f"the spelling of {name} or {other}"
                yield Conflict(about, mine, yours, weight, parts=(_place(mine, name), _place(yours, other)))


def _place(unit: Unit, name: str) -> tuple[int, int]:
    start = unit.text.index(name)
    return start, start + len(name)


def _misspelt(name: str, other: str) -> bool:
    """Whether two full names differ by one letter."""
    left, right = name.split(), other.split()
    if len(left) != len(right) or len(left) < 2:
        return False
    odd = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
    if len(odd) != 1:
        return False
    a, b = odd[0]
    if min(len(a), len(b)) < 5 or a.lower() == b.lower():
        return False
    ratio = SequenceMatcher(None, a.lower(), b.lower()).ratio()
    return ratio >= 0.8 and abs(len(a) - len(b)) <= 1


_NAME = re.compile(r"\b[A-Z][\w-]{2,}")
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject(?:s|ed) (?:claims|suggestions|allegations|accusations)"
    r"|dismiss(?:es|ed) (?:claims|suggestions|reports|allegations)|not guilty|innocen(?:t|ce)"
    r"|never (?:took|taken|used|did))\b",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:said|says|claim(?:s|ed)?|alleg(?:es|ed)|accus(?:es|ed|ing)|admit(?:s|ted)|charged|according|reports?"
    r"|suggest(?:s|ed))\b",
    re.IGNORECASE,
)


def _denials(pool: Pool) -> Iterator[Conflict]:
    """Something that is said in one article and denied in another."""
    for one, other, cosine in pairs(pool, _DENIAL, _COPY):
        ours, theirs = bool(_DENIES.search(one.text)), bool(_DENIES.search(other.text))
        if ours == theirs:
            continue
        denied, said = (one, other) if ours else (other, one)
        names = {stem for name in _NAME.findall(f"{denied.text} {said.text}") for stem in stems(name)}
        shared = set(stems(denied.text)) & set(stems(said.text)) - names
        if not _CLAIMS.search(said.text) or len(shared) < 3:
            continue
        about = " ".join(
            dict.fromkeys(
                word.strip(".,;:\"'()") for word in denied.text.split() if set(stems(word)) & shared
            )
        )
        yield Conflict(
            " ".join(about.split()[:8]), said, denied, cosine - 0.1 + (one.score + other.score) / 4
        )
