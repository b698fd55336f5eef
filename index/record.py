"""What the formats have in common: fields as a file gives them, and how they become an Article."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from index.clean import find_boilerplate, settle, settle_line, shorten
from index.types import Article, Skipped

_TITLE_LIMIT = 80  # characters of a title made from the first sentence
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s")


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What the user says of the articles; it goes before what the files say. Tags are added to theirs.

    max_bytes: a larger file, or line of a JSONL file, is skipped.
    fields: for JSONL, our field -> their field (``{"text": "meta.body"}``).
    glob: a pattern that a file below a folder must match, by name or, with a ``/``, by path below the folder.
    """

    source: str = ""
    author: str = ""
    published: date | None = None
    url: str = ""
    tags: tuple[str, ...] = ()
    max_bytes: int = 5_000_000
    fields: Mapping[str, str] = field(default_factory=dict)
    glob: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """An article's fields before cleaning; ``original`` is the decoded text they were read from."""

    text: str
    original: str
    title: str = ""
    source: str = ""
    author: str = ""
    published: date | None = None
    url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()


def to_article(record: Record, path: str, location: str, options: LoadOptions) -> Article | Skipped:
    """The article with settled text and metadata, or Skipped where nothing of it is reporting."""
    text = settle(record.text)
    if not _has_reporting(text, []):
        return Skipped(location, "has no text")
    title = settle_line(record.title)
    if title and text.startswith(title + "\n"):
        text = text[len(title) :].lstrip("\n")
    boilerplate = find_boilerplate(text)
    if not _has_reporting(text, [(mark.start, mark.end) for mark in boilerplate]):
        return Skipped(location, "has no text but notices such as a newsletter form")
    title = title or title_from(text)
    return Article(
        id=article_id(path, title, text),
        path=path,
        location=location,
        title=title,
        text=text,
        source=settle_line(options.source or record.source),
        author=settle_line(options.author or record.author),
        published=options.published or record.published,
        url=settle_line(options.url or record.url, limit=2000),
        language=_language(record.language),
        tags=_tags((*options.tags, *record.tags)),
        boilerplate=boilerplate,
        original=record.original,
    )


def article_id(path: str, title: str, text: str) -> str:
    """16 hex digits of the SHA-256 over path, title and text, separated by NUL."""
    return hashlib.sha256("\0".join((path, title, text)).encode()).hexdigest()[:16]


def title_from(text: str) -> str:
    """The start of the first sentence, shortened, for an article without a headline."""
    first = _SENTENCE_END.split(text[:1000].split("\n", 1)[0], maxsplit=1)[0]
    return shorten(first.strip(), _TITLE_LIMIT).rstrip(".")


def _has_reporting(text: str, marks: list[tuple[int, int]]) -> bool:
    place = 0
    for start, end in marks:
        if any(character.isalnum() for character in text[place:start]):
            return True
        place = end
    return any(character.isalnum() for character in text[place:])


def _language(stated: str) -> str:
    """The primary subtag: ``en`` for ``en-GB`` and ``en_US.UTF-8``."""
    return re.split(r"[-_.]", settle_line(stated, limit=30).lower(), maxsplit=1)[0]


def _tags(stated: tuple[str, ...]) -> tuple[str, ...]:
    settled = (settle_line(tag, limit=100) for tag in stated[:200])
    return tuple(dict.fromkeys(tag for tag in settled if tag))


_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{4,6}Z?)?$")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_LABEL = re.compile(
    r"^(?:(?:first |last )?(?:published|updated|posted|date)(?: on| at)?\s*[:|-]?\s*)", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)")
_LONGEST_DATE = 80


def parse_date(stated: object) -> date | None:
    """The day that a text, seconds (or milliseconds) since 1970, or a date name; None when in doubt.

    Year, month and day must all be there. A date whose day and month could be exchanged ('03/04/2021') is
    doubt. The day is the one that is written, in whatever time zone.
    """
    if isinstance(stated, datetime):
        return stated.date()
    if isinstance(stated, date):
        return stated
    if isinstance(stated, bool) or not isinstance(stated, str | int | float):
        return None
    if isinstance(stated, float):
        stated = int(stated) if abs(stated) < 1e14 else ""
    text = settle_line(str(stated)[: 4 * _LONGEST_DATE]).strip("()[] ")
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        return _dated(_LABEL.sub("", text))
    except (ValueError, OverflowError, TypeError, AttributeError, OSError):
        return None


def _dated(text: str) -> date | None:
    if match := _ISO.match(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _COMPACT.match(text):
        return date(*map(int, match.groups()))
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC).date()
    if not _YEAR.search(text):
        return None
    from dateutil import parser

    # What the text leaves out comes from the default: two defaults show it, two orders show an ambiguity.
    found = {
        parser.parse(text, default=default, dayfirst=order, ignoretz=True).date()
        for default in (datetime(2000, 1, 1), datetime(2004, 2, 2))
        for order in (False, True)
    }
    return found.pop() if len(found) == 1 else None
