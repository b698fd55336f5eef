"""Articles in: paths to Article values, one Skipped with a reason for whatever cannot be one.

Files (.txt, .md, .html, .jsonl), alone, in folders or matched by a pattern, and standard input.
Nothing that a file holds stops the run.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from index.decode import binary_reason, decode
from index.files import Found, find, printable, reason
from index.html import read_html
from index.jsonl import FIELDS, check_fields, read_jsonl
from index.markdown import read_markdown
from index.plain import read_text
from index.record import LoadOptions, Record, article_id, parse_date, to_article
from index.types import Article, Skipped

__all__ = ["FIELDS", "LoadOptions", "article_id", "load", "parse_date"]

_FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_TAKEN = ".txt, .md, .html, .jsonl"
# Papers that accompany a collection; a user who names one of them wants it.
_ABOUT_THE_FOLDER = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|changelog|contributing)(?:[._-].*)?$", re.IGNORECASE
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)


def load(
    paths: Sequence[str], options: LoadOptions, stdin: BinaryIO | None = None
) -> Iterator[Article | Skipped]:
    """The articles of the paths in order, read as they are asked for, and a Skipped for what is none.

    A path is a file, a folder (read recursively in the order of names, hidden files left out), a glob
    pattern, or ``-`` for ``stdin``. A file that several paths lead to is taken once. Raises IndexFailure when
    ``options`` map a field that no article has; everything else that is wrong is Skipped.
    """
    check_fields(options.fields)
    return _load(paths, options, stdin)


def _load(paths: Sequence[str], options: LoadOptions, stdin: BinaryIO | None) -> Iterator[Article | Skipped]:
    taken: set[Path] = set()
    for given in paths:
        if given == "-":
            yield from _from_stdin(stdin, options)
            continue
        for found in find(given, options.glob):
            if isinstance(found, Skipped):
                yield found
                continue
            real = found.file.resolve()
            if real in taken:
                yield Skipped(_location(found), "is read already under another path", failure=False)
                continue
            taken.add(real)
            yield from _from_file(found, options)


def _location(found: Found) -> str:
    return printable(str(found.file.absolute()))


def _from_file(found: Found, options: LoadOptions) -> Iterator[Article | Skipped]:
    location = _location(found)
    form = _FORMATS.get(found.file.suffix.lower())
    if not found.named and _ABOUT_THE_FOLDER.match(found.file.name):
        yield Skipped(location, "is about the folder, not an article", failure=False)
    elif form is None:
        yield Skipped(location, f"is not an article format ({_TAKEN})", failure=found.named)
    else:
        try:
            yield from _read(found, location, form, options)
        except OSError as error:
            yield Skipped(location, f"cannot be read: {reason(error)}")


def _read(found: Found, location: str, form: str, options: LoadOptions) -> Iterator[Article | Skipped]:
    status = found.file.stat()
    if not stat.S_ISREG(status.st_mode):
        yield Skipped(location, "is not a regular file", failure=found.named)
        return
    if form != "jsonl" and status.st_size > options.max_bytes:
        yield _oversized(location, status.st_size, options)
        return
    with found.file.open("rb") as stream:
        if form == "jsonl":
            yield from _lines(stream, found.path, location, options)
        else:
            data = stream.read(options.max_bytes + 1)
            yield _article(data, form, found.path, location, options)


def _lines(stream: BinaryIO, path: str, location: str, options: LoadOptions) -> Iterator[Article | Skipped]:
    start = stream.read(4096)
    stream.seek(0)
    if wrong := _unusable(start):
        yield Skipped(location, wrong)
        return
    yield from read_jsonl(stream, path, location, options)


def _article(data: bytes, form: str, path: str, location: str, options: LoadOptions) -> Article | Skipped:
    if len(data) > options.max_bytes:
        return _oversized(location, len(data), options)
    if wrong := _unusable(data):
        return Skipped(location, wrong)
    return to_article(_record(data, form), path, location, options)


def _record(data: bytes, form: str) -> Record:
    if form == "html":
        return read_html(data)
    text = decode(data)
    return read_markdown(text) if form == "markdown" else read_text(text)


def _unusable(data: bytes) -> str:
    if not data.strip(b" \t\r\n\v\f\xef\xbb\xbf"):
        return "is empty"
    return binary_reason(data)


def _oversized(location: str, size: int, options: LoadOptions) -> Skipped:
    least = "more than " if size == options.max_bytes + 1 else ""
    have = f"has {least}{size - bool(least):,} bytes"
    return Skipped(location, f"{have}, the limit is {options.max_bytes:,}: raise it with --max-bytes")


def _from_stdin(stdin: BinaryIO | None, options: LoadOptions) -> Iterator[Article | Skipped]:
    """One article, or JSON lines where the first line is a JSON object."""
    if stdin is None:
        yield Skipped("-", "there is no standard input to read")
        return
    try:
        first = stdin.readline(options.max_bytes + 1)
        if _is_object(first):
            yield from read_jsonl(_Resumed(first, stdin), "stdin.jsonl", "-", options)
            return
        data = first + stdin.read(max(0, options.max_bytes + 1 - len(first)))
    except OSError as error:
        yield Skipped("-", f"cannot be read: {reason(error)}")
        return
    form = "html" if _PAGE.match(data[:4096]) else "markdown" if data.startswith(b"---\n") else "text"
    found = _article(data, form, "stdin", "-", options)
    if isinstance(found, Skipped):
        yield found
        return
    # Each text on standard input is an article of its own: the same path would make each replace the last.
    path = f"stdin-{found.id[:8]}"
    yield _renamed(found, path)


def _renamed(article: Article, path: str) -> Article:
    return replace(article, path=path, id=article_id(path, article.title, article.text))


def _is_object(line: bytes) -> bool:
    if not line.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(decode(line)), dict)
    except (ValueError, RecursionError):
        return False


class _Resumed:
    """A stream whose first line has been read already and is given again."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest = first, rest

    def readline(self, limit: int, /) -> bytes:
        """The next line, or at most ``limit`` bytes of it."""
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._rest.readline(limit)
