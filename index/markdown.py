"""Markdown with front matter: the metadata as stated, the body as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from index.clean import settle_line
from index.html import text_of
from index.record import Record, parse_date

_FRONT = re.compile(r"\A---[ \t]*\n(?P<front>(?:.*?\n)?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE = re.compile(r"^(?P<key>[A-Za-z_][\w -]{0,40}?)\s*:[ \t]*(?P<value>.*)$", re.MULTILINE)
_NAMED_BY = ("name", "title", "domain", "id")  # the words of a source or author that is a mapping
_LONGEST_FRONT = 65_536  # characters
_FIRST_HEADING = re.compile(
    r"\A\s*(?:# +(?P<atx>[^\n]+?)(?: +#+)?[ \t]*|(?P<setext>[^\n#>*-][^\n]*)\n=+[ \t]*)(?:\n|\Z)"
)

NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "headline"),
    "source": ("source", "publisher", "outlet", "publication", "site"),
    "author": ("author", "authors", "byline", "by"),
    "published": (
        "date",
        "published",
        "publish_date",
        "pubdate",
        "date_published",
        "published_at",
        "created",
    ),
    "url": ("url", "link", "canonical", "canonical_url"),
    "language": ("language", "lang"),
    "tags": ("tags", "keywords", "categories", "category", "topics"),
}


def read_markdown(text: str) -> Record:
    """The record of a Markdown file. Front matter that is no YAML is read line by line as ``key: value``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(lines[:_LONGEST_FRONT])
    stated = _front_matter(front["front"]) if front else {}
    body = lines[front.end() :] if front and (stated or not front["front"].strip()) else lines
    title = as_text(_first(stated, "title"))
    heading = _FIRST_HEADING.match(body)
    if heading:
        named = settle_line(_plain(heading["atx"] or heading["setext"]))
        if not title or named.casefold() == settle_line(title).casefold():
            title = title or named
            body = body[heading.end() :]
    return Record(
        text=_plain(body),
        original=text,
        title=title,
        source=as_text(_first(stated, "source")),
        author=as_text(_first(stated, "author")),
        published=parse_date(_first(stated, "published")),
        url=as_text(_first(stated, "url")),
        language=as_text(_first(stated, "language")),
        tags=as_tags(_first(stated, "tags")),
    )


def _front_matter(front: str) -> dict[str, object]:
    import yaml

    try:
        # BaseLoader makes texts, lists and mappings only: a date stays as written, a bad one is no error.
        stated = yaml.load(front, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        stated = None
    if not isinstance(stated, dict):
        # 'title: Budget: a vote' is no YAML, but clear enough; prose between two rules names no field.
        stated = {match["key"]: match["value"].strip().strip("\"'") for match in _LINE.finditer(front)}
    named = {re.sub(r"[ -]", "_", str(key).strip().lower()): value for key, value in stated.items()}
    return named if any(name in named for names in NAMES.values() for name in names) else {}


def _first(stated: Mapping[str, object], field: str) -> object:
    for name in NAMES[field]:
        value = stated.get(name)
        if value not in (None, "", "null", "~", [], {}):
            return value
    return None


def _plain(markdown: str) -> str:
    """Headings, links and emphasis as their words; images, comments and hidden HTML as nothing."""
    from markdown_it import MarkdownIt

    return text_of(MarkdownIt("commonmark").enable("table").render(markdown))


def as_text(value: object, depth: int = 2) -> str:
    """A field's words: of a list its members' with commas, of a mapping its ``name``'s.

    Nothing deeper than that: nested aliases are few characters to write and more than a memory to read.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or depth == 0:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return next((as_text(value[key], depth - 1) for key in _NAMED_BY if value.get(key)), "")
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (as_text(member, depth - 1) for member in value[:50])))
    return ""


def as_tags(value: object) -> tuple[str, ...]:
    """Tags from a list, or from one text with commas or semicolons."""
    if isinstance(value, str):
        return tuple(re.split(r"[,;|]", value.strip("[]")))
    if isinstance(value, list | tuple):
        return tuple(as_text(member, depth=1) for member in value[:200])
    return (as_text(value),) if isinstance(value, Mapping) else ()
