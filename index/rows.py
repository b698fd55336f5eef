"""Between the values of index/types.py and the rows of the catalog."""

from __future__ import annotations

import json
import zlib
from datetime import date
from hashlib import blake2b
from typing import Any

from .types import Article, Boilerplate, Chunk, Query

ARTICLE = (
    "article.id, article.path, article.location, article.title, article.text, article.source, "
    "article.author, article.published, article.url, article.language, article.tags, article.boilerplate"
)
CHUNK = "chunk.id, article.id, chunk.ordinal, chunk.start, chunk.stop, chunk.tokens"


def number_of(day: date | None) -> int | None:
    """A day as the integer YYYYMMDD, by which both stores filter."""
    return day.year * 10000 + day.month * 100 + day.day if day else None


def day_of(number: int | None) -> date | None:
    """The day of an integer YYYYMMDD."""
    return date(number // 10000, number // 100 % 100, number % 100) if number else None


def article_of(row: tuple[Any, ...]) -> Article:
    """An article from a row of the columns ``ARTICLE``; ``original`` stays empty."""
    ident, path, location, title, text, source, author, published, url, language, tags, boilerplate = row
    return Article(
        id=ident,
        path=path,
        location=location,
        title=title,
        text=text,
        source=source,
        author=author,
        published=day_of(published),
        url=url,
        language=language,
        tags=tuple(json.loads(tags)),
        boilerplate=tuple(Boilerplate(*mark) for mark in json.loads(boilerplate)),
    )


def chunk_of(row: tuple[Any, ...]) -> Chunk:
    """A chunk from a row of the columns ``CHUNK``."""
    return Chunk(*row)


def details(article: Article) -> dict[str, Any]:
    """The columns of an article that may change while its id does not."""
    return {
        "source": article.source,
        "author": article.author,
        "published": number_of(article.published),
        "url": article.url,
        "language": article.language,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "boilerplate": json.dumps([(mark.start, mark.end, mark.kind) for mark in article.boilerplate]),
        "source_key": article.source.casefold(),
        "digest": digest(article),
    }


def digest(article: Article) -> bytes:
    """16 bytes that change when anything but path, title, text (see ``Article.id``) and location changes."""
    parts = [
        article.source,
        article.author,
        str(article.published),
        article.url,
        article.language,
        article.tags,
        [(mark.start, mark.end, mark.kind) for mark in article.boilerplate],
    ]
    hashed = blake2b(json.dumps(parts).encode(), digest_size=16)
    hashed.update(article.original.encode("utf-8", "surrogatepass"))
    return hashed.digest()


def wording(text: str) -> bytes:
    """16 bytes that stand for a text that is embedded."""
    return blake2b(text.encode(), digest_size=16).digest()


def packed(original: str) -> bytes:
    """The text before cleaning as it is stored."""
    return zlib.compress(original.encode("utf-8", "surrogatepass"), 6)


def unpacked(data: bytes) -> str:
    """What ``packed`` packed."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def kept_text(article: Article) -> str:
    """The article's text with a space in the place of each stretch of boilerplate."""
    parts, at = [], 0
    for mark in sorted(article.boilerplate, key=lambda mark: mark.start):
        parts.append(article.text[at : mark.start])
        at = max(at, mark.end)
    parts.append(article.text[at:])
    return " ".join(parts)


def conditions(query: Query) -> tuple[str, list[Any]]:
    """The filters of a query as SQL over ``article``, each beginning with AND, and their parameters.

    An article without a date passes no date filter. Sources are compared without regard to case.
    """
    sql, values = "", list[Any]()
    if query.since:
        sql += " AND article.published >= ?"
        values.append(number_of(query.since))
    if query.until:
        sql += " AND article.published <= ?"
        values.append(number_of(query.until))
    if query.sources:
        sql += " AND article.source_key IN (SELECT value FROM json_each(?))"
        values.append(json.dumps([source.casefold() for source in query.sources]))
    if query.tags:
        sql += (
            " AND EXISTS (SELECT 1 FROM json_each(article.tags) AS tag"
            " WHERE tag.value IN (SELECT value FROM json_each(?)))"
        )
        values.append(json.dumps(query.tags))
    if query.articles:
        sql += " AND article.id IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(query.articles))
    return sql, values
