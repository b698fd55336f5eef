"""Honest rewordings that change the order: times, clauses, and who said it."""

from __future__ import annotations

import re
from random import Random

from index.types import Article
from tests.lying.text import MONTHS, WEEKDAYS, WORDS, Sentence, is_finite, lowered, outside

_VERBS = WORDS["verbs"]
_DAYS = "|".join(WEEKDAYS)
_MONTHS = "|".join(MONTHS)
_WHEN = (
    rf"(?:on (?:{_DAYS})(?: (?:morning|night|evening|afternoon))?|in (?:{_MONTHS})(?: \d{{4}})?|in "
    rf"(?:19|20)\d\d|on \d\d? (?:{_MONTHS})(?: \d{{4}})?|last (?:week|month|year|night)|this "
    rf"(?:week|month|year)|next (?:week|month|year|season))"
)
_SUBORDINATE = re.compile(
    r"\b(?:said|says|say|saying|told|that|which|who|whose|whom|when|where|while|as|because|if"
    r"|after|before|since|until|to|than|and|but|or|so|announced|believes|claimed|warned|agreed"
    r"|has|have|had|\w+ing|expected)\b|:|¤"
)
_END_TIME = re.compile(rf" (?P<when>{_WHEN})\.$")
_FRONT_TIME = re.compile(rf"(?P<when>{_WHEN}),? (?=[A-Z]|the |a |an )", re.IGNORECASE)
_SAID_TIME = re.compile(
    rf"^(?P<who>[A-Z][^,¤]{{2,60}}?) (?P<verb>said|announced|told \w+|warned|confirmed"
    rf"|admitted) (?P<when>{_WHEN})(?P<rest> [^,].+)$"
)


def clause_order(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """A time from the end of a simple sentence to its front, or back."""
    masked = outside(text)
    found = []
    match = _END_TIME.search(masked)
    past = match and re.search(rf"\b(?:was|were|will|{'|'.join(_VERBS)}|[a-z]+ed)\b", masked[: match.start()])
    twice = match and re.search(rf"(?:{_MONTHS}|{_DAYS}|\d|\bof [\w ]{{3,40}})$", masked[: match.start()])
    if (
        match
        and past
        and not twice
        and "," not in masked
        and not _SUBORDINATE.search(masked[: match.start()])
    ):
        low = lowered(text, sentence.article)
        when = match["when"]
        if low:
            found.append(f"{when[0].upper()}{when[1:]}, {low[: match.start()]}.")
    match = _FRONT_TIME.match(masked)
    if (
        match
        and masked.count(",") <= 1
        and not _SUBORDINATE.search(masked[match.end() :])
        and masked.endswith(".")
    ):
        main = text[match.end() : -1]
        if not main.startswith(tuple(MONTHS)):
            found.append(f"{main[0].upper()}{main[1:]} {match['when'][0].lower()}{match['when'][1:]}.")
    match = _SAID_TIME.match(masked)
    low = lowered(text, sentence.article)
    if match and low and len(match["who"].split()) < 9:
        when = match["when"]
        who = text[: match.end("who")]
        found.append(
            f"{when[0].upper()}{when[1:]}, {low[: len(who)]} {match['verb']}{text[match.end('when') :]}"
        )
    return found


_CLAUSE_FIRST = re.compile(
    r"(?P<word>After|Before|While|Although|Despite|When|As) (?P<clause>[^,]{8,80}), (?P<main>[^,]+)\.$"
)
_CLAUSE_LAST = re.compile(r"(?P<main>[^,]+?),? (?P<word>although|despite|while) (?P<clause>[^,]{8,80})\.$")


def subordinate_order(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'After X, Y' = 'Y after X'."""
    masked = outside(text)
    match = _CLAUSE_FIRST.match(masked)
    if match and not re.search(
        r"\b(?:said|says|this|there|that|which|who|but|and|to|he|she|it|they|his|her|their|its)\b",
        match["main"],
        re.I,
    ):
        main = text[match.start("main") : match.end("main")]
        clause = text[match.start("clause") : match.end("clause")]
        if (
            not re.match(r"(?:a|an|the)? ?[\w' ]*$", clause)
            or is_finite(clause.split()[1])
            or match["word"] in ("After", "Before", "Despite")
        ):
            comma = "," if match["word"] in ("Although", "While", "As", "Despite") else ""
            return [f"{main[0].upper()}{main[1:]}{comma} {match['word'].lower()} {clause}."]
    match = _CLAUSE_LAST.match(masked)
    low = lowered(text, sentence.article)
    if (
        match
        and low
        and not re.search(r"\b(?:said|says|that|which|who|but|to|and|if)\b", match["main"], re.I)
    ):
        clause = text[match.start("clause") : match.end("clause")]
        if not re.search(r"\b(?:he|she|it|they|his|her|their|its)\b", match["main"]):
            return [f"{match['word'].capitalize()} {clause}, {low[: match.end('main')]}."]
    return []


_QUOTE_AFTER = re.compile(
    r"^(?P<q>\"[^\"]+,\"|“[^”]+,”) (?:(?P<v1>said|says|added) (?P<w1>[^,\"“]+?)"
    r"|(?P<w2>[^,\"“]+?) (?P<v2>said|says|added|told [\w ]+))\.$"
)
_QUOTE_FIRST = re.compile(
    r"^(?P<who>[A-Z][^\"“:]{2,50}?) (?P<verb>said|added|says): (?P<q>\"[^\"]+\.\"|“[^”]+\.”)$"
)
_QUOTE_SPLIT = re.compile(
    r"^(?P<q>\"[^\"]+,\"|“[^”]+,”) (?P<verb>said|says) (?P<who>[A-Z][^,\"“]+), (?P<role>[^\"“]+)\.$"
)
_REPORT = re.compile(
    r"^(?P<who>(?!But |And |However )(?:[A-Z][\w.'’-]*|The|A|An)(?: [\w.&'’-]+){0,4}) "
    r"(?P<verb>said|says)(?P<that> that)? (?P<what>(?!on |in |at |to |so |there |yes|no "
    r"|\w+day|last |this )[^¤]+)\.$"
)
_REPORT_LAST = re.compile(
    (
        r"^(?P<what>[^¤\"“]+), (?:(?P<w1>[^,]{3,50}?) (?P<v1>said|says)|(?P<v2>said|says) "
        r"(?P<w2>(?!that )[^,]{3,50}?))(?: on (?:"
    )
    + _DAYS
    + r"))?\.$"
)
_ACCORDING = re.compile(
    r"^According to (?P<who>[^,]{3,60}), (?P<what>.+)\.$"
    r"|^(?P<what2>.+?),? according to (?P<who2>[^,]{3,60})\.$"
)
_AGENT = re.compile(
    r"^(?:a|an|the) (?:report|study|survey|research|poll|newspaper|company|firm|ministry"
    r"|police|agency|group|union|BBC|firm|government|bank|operator|audit office|commission)\b"
    r"|^(?:[A-Z][\w.&'’-]*)(?: [A-Z][\w.&'’-]*)*$|^research firm|^analysts$|^police$"
    r"|^officials$"
)


def reporting_moved(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'X said Y' = 'Y, said X' = 'According to X, Y'."""
    masked = outside(text)
    article = sentence.article
    found = []
    if match := _QUOTE_AFTER.match(text):
        who, verb = match["w1"] or match["w2"], match["v1"] or match["v2"]
        inner = match["q"]
        first = who[0].upper() + who[1:]
        found.append(f"{first} {verb}: {inner[:-2]}.{inner[-1]}")
        if not verb.startswith("told") and who not in ("he", "she", "it", "they", "I"):
            found.append(f"{inner} {who} {verb}." if match["w1"] else f"{inner} {verb} {who}.")
    if match := _QUOTE_FIRST.match(text):
        named = len(match["who"].split()) < 7 and not re.search(
            r",|\b(?:he|she|it|they|but|and)\b|^(?:On|In|At|But|And|After) ", match["who"]
        )
        who = lowered(match["who"], article) if named else None
        inner = match["q"]
        if who:
            found += [
                f"{inner[:-2]},{inner[-1]} {match['verb']} {who}.",
                f"{inner[:-2]},{inner[-1]} {who} {match['verb']}.",
            ]
    if match := _QUOTE_SPLIT.match(text):
        inner = match["q"]
        if not re.search(r"\b(?:in|on|after|who|adding)\b", match["role"]):
            found.append(f"{match['who']}, {match['role']}, {match['verb']}: {inner[:-2]}.{inner[-1]}")
    if "¤" not in masked and (match := _REPORT.match(text)):
        found += _reported(article, match["who"], match["verb"], match["what"])
    if "¤" not in masked and (match := _REPORT_LAST.match(text)):
        who, verb = match["w1"] or match["w2"], match["v1"] or match["v2"]
        low = lowered(match["what"], article)
        if (
            low
            and not re.match(r"(?:he|she|they|it)$", who)
            and not re.search(r"\b(?:said|says)\b", match["what"])
            and ", but" not in low
        ):
            found += [f"{who[0].upper()}{who[1:]} {verb} that {low}.", f"According to {who}, {low}."]
    if "¤" not in masked and (match := _ACCORDING.match(text)):
        who, what = match["who"] or match["who2"], match["what"] or match["what2"]
        low = what if match["what"] else lowered(what, article)
        if low and _AGENT.match(who) and not re.search(r"\b(?:said|says|told)\b", what) and "and " not in who:
            found += [
                f"{who[0].upper()}{who[1:]} said that {low}."
                if "," not in low
                else f"{low[0].upper()}{low[1:]}, {who} said."
            ]
    return found


def _reported(article: Article, who: str, verb: str, what: str) -> list[str]:
    low = lowered(who, article)
    odd = re.search(r"\b(?:but|and)\b|,", what) or re.match(
        r"(?:he|she|they|it|his|her|their|its|goodbye|sorry)\b", what
    )
    verbs = any(is_finite(word) or word in ("be",) for word in what.split())
    if (
        not low
        or odd
        or not verbs
        or len(what.split()) < 5
        or re.search(r"\b(?:also|has|had|who|which|in|on|later|would)$", who)
    ):
        return []
    capital = what[0].upper() + what[1:]
    return [
        f"According to {low}, {what}.",
        f"{capital}, {low} {verb}.",
        f"{capital}, {verb} {low}.",
        f"{capital}, according to {low}.",
    ]
