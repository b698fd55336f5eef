"""Honest rewordings that change how a thing is written: numbers, dates, names, single words, contractions."""

from __future__ import annotations

import re
from random import Random

from tests.lying.entities import FIRST, found_in
from tests.lying.numbers import numbers
from tests.lying.text import MONTHS, WORD_NUMBERS, WORDS, Sentence, outside, put

_CURRENCIES = {"£": "pounds", "$": "dollars", "€": "euros"}
_LONG = {"bn": "billion", "m": "million", "tn": "trillion"}
_SHORT = {long: short for short, long in _LONG.items()}
_MONTH = "|".join(MONTHS)


def number_format(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """£1.4bn = 1.4 billion pounds, 5% = 5 per cent, twelve = 12, 31,000 = 31 thousand."""
    found = []
    for number in numbers(outside(text)):
        if number.text[0].isupper() or re.match(r" [A-Z]", text[number.end :]):
            continue  # 'Six Nations'
        forms = _other_forms(text, number.text, number.digits, number.start, number.end)
        found += [put(text, number.start, number.end, form) for form in forms]
    return found


def _other_forms(text: str, written: str, digits: str, start: int, end: int) -> list[str]:
    forms: list[str] = []
    match = re.fullmatch(
        r"([£$€])?([\d.,]+)(bn|tn|m)?(?:\s(million|billion|trillion))?(%|\sper\scent|\spercent)?", written
    )
    if match is None:
        value = WORD_NUMBERS.index(written.lower()) + 2 if written.lower() in WORD_NUMBERS else 0
        joined = re.match(r" (?:million|billion|thousand|hundred|dozen)|-", text[end:]) or start == 0
        return [str(value)] if value and not joined else []
    currency, figure, short, long, percent = match.groups()
    scale = _LONG.get(short or "", long or "")
    glued = re.match(r"[-\w]", text[end:]) or re.match(r" [a-z]+-[a-z]+", text[end:])
    # 'a £3m deal' can't be written 'a 3 million pounds deal'.
    alone = re.match(
        (
            r"(?:[.,;)]| (?:in|on|at|for|from|to|and|by|of|a|per|last"
            r"|this|after|when|with|over|during|as|or|but)\b)"
        ),
        text[end:],
    )
    if currency:
        money = f"{figure} {scale}".strip()
        forms += [f"{currency}{money}"] if short else []
        forms += [f"{currency}{figure}{_SHORT[scale]}"] if long else []
        forms += [f"{money} {_CURRENCIES[currency]}"] if alone else []
        if scale == "billion" and float(figure) < 10:
            forms.append(
                f"{currency}{float(figure) * 1000:,.0f}m" if (float(figure) * 1000).is_integer() else money
            )
        forms = [form for form in forms if form != money]
    elif percent:
        forms += [f"{figure} per cent", f"{figure} percent"] if percent == "%" else [f"{figure}%"]
    elif scale:
        forms.append(f"{figure}{_SHORT[scale]}" if long else f"{figure} {scale}")
    elif not glued and re.fullmatch(r"\d{1,3},000", figure):
        forms += [figure.replace(",", ""), f"{figure[:-4]} thousand"]
    elif (
        not glued
        and re.fullmatch(r"\d{1,2}", figure)
        and 2 <= int(figure) <= 20
        and re.match(r" [a-z]{3,}s\b", text[end:])
    ):
        name = re.search(r"(?:[A-Z]\w*|number|day|week|page|aged|grade|size|section) $", text[:start])
        forms += [] if name else [WORD_NUMBERS[int(figure) - 2]]
    return [form for form in forms if form != written]


_DAY_MONTH = re.compile(rf"(?<![\w.,-])(?P<day>\d\d?) (?P<month>{_MONTH})(?P<year> \d{{4}})?(?![\w-])")
_MONTH_DAY = re.compile(rf"(?<![\w-])(?P<month>{_MONTH}) (?P<day>\d\d?)(?P<year>, \d{{4}})?(?![\w,-]| \d)")
_CLOCK = re.compile(r"(?<![\w.,:])(?P<hour>\d\d?)(?:[.:](?P<minute>\d\d))?(?P<half>am|pm)\b")


def date_format(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """21 September = September 21, 8.15pm = 20:15."""
    found = []
    masked = outside(text)
    for match in _DAY_MONTH.finditer(masked):
        # One of two days, or a day before a noun ('a 5 May poll'), cannot be turned round by itself.
        several = re.search(r"(?:\d|\bto|\bor|\band|,|\ba|\ban|\bthe|'s) $", text[: match.start()])
        if not several:
            year = f", {match['year'].strip()}" if match["year"] else ""
            day, month = match["day"], match["month"]
            short = f"{month[:3]}" if len(month) > 4 else month
            found += [
                put(text, *match.span(), new)
                for new in (f"{month} {day}{year}", f"{day} {short}{match['year'] or ''}")
            ]
            if not match["year"]:
                found.append(put(text, *match.span(), f"the {day}{_suffix(int(day))} of {month}"))
    for match in _MONTH_DAY.finditer(masked):
        year = (match["year"] or "").replace(",", "")
        found.append(put(text, *match.span(), f"{match['day']} {match['month']}{year}"))
    for match in _CLOCK.finditer(masked):
        hour = int(match["hour"]) % 12 + (12 if match["half"] == "pm" else 0)
        found.append(put(text, *match.span(), f"{hour:02d}:{match['minute'] or '00'}"))
        found.append(put(text, *match.span(), f"{match['hour']}:{match['minute'] or '00'} {match['half']}"))
    return found


def _suffix(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def name_form(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """Gordon Brown = Mr Brown = Brown, as far as the article tells."""
    found = []
    for mention in found_in(outside(text), sentence.article):
        person = mention.person
        if person is None or text[: mention.start].endswith(
            ("Mr ", "Mrs ", "Ms ", "Dr ", "Prof ", "Sir ", "Dame ", "Lord ")
        ):
            continue
        if (
            re.search(r"\b[A-Z][a-z]+ $", text[: mention.start])
            and text[: mention.start].split()[-1] in FIRST
        ):
            continue  # a middle name
        titled = re.search(r"(?:[A-Za-z]+) $", text[: mention.start]) and not re.search(
            (
                r"\b(?:by|to|with|for|from|and|that|of|said|at|in|on|as"
                r"|between|when|while|is|was|told|but|when|because) $"
            ),
            text[: mention.start],
        )
        alone = re.search(
            rf"(?<![A-Za-z] ){person.surname}\b|\b(?:Mr|Mrs|Ms|Dr|Prof|[a-z]+) {person.surname}\b",
            sentence.article.text,
        )
        forms = (
            {person.full}
            | ({person.surname} if alone else set())
            | ({person.polite} if person.title and not titled else set())
        )
        found += [put(text, mention.start, mention.end, form) for form in sorted(forms - {mention.text})]
    return found


def _exchanges() -> list[tuple[str, str]]:
    pairs = []
    for line in WORDS["synonyms"]["pairs"].strip().splitlines():
        left, sign, right = re.split(r" ([=>]) ", line.strip())
        pairs.append((left, right))
        if sign == "=":
            pairs.append((right, left))
    return pairs


EXCHANGES = _exchanges()
_PHRASES: dict[str, str] = WORDS["phrases"]


def synonym(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """One word or phrase exchanged for another that means the same here."""
    masked = outside(text)
    found = []
    for old, new in EXCHANGES:
        for match in re.finditer(rf"(?<![\w'’-]){re.escape(old)}(?![\w'’-])", masked):
            around = masked[max(0, match.start() - 25) : match.end() + 25]
            fixed = _PHRASES.get(old)
            capital = re.match(r" [A-Z]", masked[match.end() :]) and old not in (
                "although",
                "because of",
                "though",
                "despite",
                "for instance",
                "thanks to",
                "CEO",
                "chief executive",
                "prime minister",
            )
            before = re.search(r"(?<!^)\b[A-Z]\w+ $", masked[: match.start()]) and not re.match(
                r"[a-z]+ed\b|was|is|took|put|step|called|turned|fell|rose", old
            )
            if not capital and not before and not (fixed and re.search(fixed, around)):
                found.append(_with_article(text, match.start(), match.end(), new))
    return found


def _with_article(text: str, start: int, end: int, new: str) -> str:
    """'an error' becomes 'a mistake'."""
    article = re.search(r"\b(?P<an>[Aa]n?) $", text[:start])
    if article:
        an = article["an"][0] + ("n" if new[0].lower() in "aeiou" or new == "MP" else "")
        return put(text, article.start("an"), end, f"{an} {new}")
    return put(text, start, end, new)


_CONTRACTED: dict[str, str] = WORDS["contractions"]


def contraction(sentence: Sentence, text: str, rng: Random) -> list[str]:
    """'did not' = 'didn't'."""
    masked = outside(text)
    return [
        put(text, *match.span(), new)
        for pattern, new in _CONTRACTED.items()
        for match in re.finditer(pattern, masked)
        if not re.match(r" (?:only|just|least)", masked[match.end() :])
    ]


KINDS = {
    "number format": number_format,
    "date or time format": date_format,
    "titles and surnames": name_form,
    "synonym": synonym,
    "contraction": contraction,
}
