"""JSON lines: one article a line, under the names that data sets commonly use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Protocol

from index.clean import settle_line
from index.decode import decode
from index.errors import IndexFailure
from index.markdown import as_tags, as_text
from index.record import LoadOptions, Record, parse_date, to_article
from index.types import Article, Skipped

NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text",
        "body",
        "content",
        "article",
        "maintext",
        "article_text",
        "full_text",
        "story",
        "document",
    ),
    "title": ("title", "headline", "heading", "name"),
    "source": (
        "source",
        "publisher",
        "outlet",
        "source_name",
        "publication",
        "site",
        "sitename",
        "source_domain",
        "domain",
    ),
    "author": ("author", "authors", "byline", "creator"),
    "published": (
        "published",
        "date",
        "publish_date",
        "date_publish",
        "date_published",
        "published_at",
        "publishedat",
        "published_date",
        "publication_date",
        "pubdate",
        "datepublished",
        "timestamp",
    ),
    "url": ("url", "link", "canonical_url", "source_url"),
    "id": ("id", "_id", "uuid", "article_id", "guid"),
    "language": ("language", "lang"),
    "tags": ("tags", "categories", "keywords", "category", "section", "topics"),
}
FIELDS = tuple(NAMES)


class Lines(Protocol):
    """A stream of bytes that is read by lines."""

    def readline(self, limit: int, /) -> bytes:
        """The next line, or the next ``limit`` bytes of it."""
        ...


def check_fields(fields: Mapping[str, str]) -> None:
    """Raise IndexFailure for a mapping of something that an article has no field for."""
    for ours in fields:
        if ours not in NAMES:
            raise IndexFailure(f"An article has no field '{ours}': map one of {', '.join(FIELDS)}.")


def read_jsonl(stream: Lines, path: str, location: str, options: LoadOptions) -> Iterator[Article | Skipped]:
    """The articles of a stream of lines; each bad one is a Skipped at ``location:line``, the rest goes on."""
    ids: set[str] = set()
    keys: set[str] = set()
    number = 0
    while line := stream.readline(options.max_bytes + 1):
        number += 1
        place = f"{location}:{number}"
        if len(line) > options.max_bytes and not line.endswith(b"\n"):
            _pass_over(stream)
            yield Skipped(place, f"is a line of more than {options.max_bytes:,} bytes, the limit")
            continue
        if not line.strip(b" \t\r\n\xef\xbb\xbf"):
            continue
        record = _record(line, options.fields)
        if isinstance(record, str):
            yield Skipped(place, record)
            continue
        named, found = record
        if named and named in ids:
            yield Skipped(place, f"has the id '{named}' of an earlier line")
            continue
        ids.add(named)
        key = named or str(number)
        key = f"{key}@{number}" if key in keys else key
        keys.add(key)
        article = to_article(found, f"{path}#{key}", f"{location}#{key}", options)
        yield Skipped(place, article.reason, article.failure) if isinstance(article, Skipped) else article


def _pass_over(stream: Lines) -> None:
    while piece := stream.readline(65_536):
        if piece.endswith(b"\n"):
            return


def _record(line: bytes, fields: Mapping[str, str]) -> tuple[str, Record] | str:
    """The line's id (or nothing) and record, or what is wrong with it."""
    try:
        stated = json.loads(decode(line))
    except json.JSONDecodeError as error:
        return f"is not valid JSON: {error.msg} at character {error.pos + 1}"
    except (ValueError, RecursionError):
        return "is not usable JSON: too deeply nested, or a number too long"
    if not isinstance(stated, dict):
        return f"is JSON but not an object: expected {{…}}, found {type(stated).__name__}"
    lower = {str(key).lower(): value for key, value in stated.items()}
    text = _text(_value(stated, lower, "text", fields))
    if not text.strip():
        name = fields.get("text") or "', '".join(NAMES["text"][:4])
        return f"has no text: expected it in the field '{name}'"
    named = settle_line(as_text(_value(stated, lower, "id", fields)), limit=200)
    return named, Record(
        text=text,
        original=text,
        title=as_text(_value(stated, lower, "title", fields)),
        source=as_text(_value(stated, lower, "source", fields)),
        author=as_text(_value(stated, lower, "author", fields)),
        published=parse_date(_value(stated, lower, "published", fields)),
        url=as_text(_value(stated, lower, "url", fields)),
        language=as_text(_value(stated, lower, "language", fields)),
        tags=as_tags(_value(stated, lower, "tags", fields)),
    )


def _value(
    stated: Mapping[str, object], lower: Mapping[str, object], field: str, fields: Mapping[str, str]
) -> object:
    """A field under the name it was mapped to (dots go into objects), else under the first known name."""
    if field in fields:
        value: object = stated
        if fields[field] in stated:
            return stated[fields[field]]
        for part in fields[field].split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value
    return next((lower[name] for name in NAMES[field] if lower.get(name) not in (None, "", [], {})), None)


def _text(value: object) -> str:
    """A text, or a list of its paragraphs."""
    if isinstance(value, list):
        return "\n\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
