"""What ``qa index add`` does between its options and its summary."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import UsageError

if TYPE_CHECKING:
    from index.build import Summary
    from index.load import LoadOptions
    from index.types import Embedder
    from qa.config import Settings

BAD_INPUT, MISSING = 2, 4


def load_options(
    source: str,
    author: str,
    published: str,
    tags: list[str] | None,
    fields: list[str] | None,
    glob: str,
    max_bytes: int | None,
) -> LoadOptions:
    """The options of the command line as values. Raises UsageError."""
    from index.load import LoadOptions

    try:
        day = date.fromisoformat(published) if published else None
    except ValueError:
        raise UsageError(f"--published must be a date like 2021-09-22, not {published!r}") from None
    mapping: dict[str, str] = {}
    for pair in fields or ():
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise UsageError(f"--field must look like title=headline, not {pair!r}")
        mapping[ours] = theirs
    limits: dict[str, Any] = {} if max_bytes is None else {"max_bytes": max_bytes}
    return LoadOptions(
        source=source,
        author=author,
        published=day,
        tags=tuple(tags or ()),
        fields=mapping,
        glob=glob,
        **limits,
    )


def take_in(effective: Settings, paths: Sequence[str], options: LoadOptions, embedder: Embedder) -> Summary:
    """Adds the articles of ``paths``, with progress and a line for each skipped thing on stderr."""
    from index import build, chunk, load
    from index.errors import IndexFailure
    from qa import progress
    from qa.terminal import console

    try:
        items = load.load(paths, options, sys.stdin.buffer)
    except IndexFailure as error:
        raise UsageError(str(error)) from None
    said: set[str] = set()
    screen = console(effective.color, stderr=True)
    with progress.shown(screen, progress.expected_items(paths, options.glob)) as (report, say):

        def announce(line: str) -> None:
            said.add(line)
            say(line)

        summary = build.add(
            effective.index,
            progress.announced(items, announce),
            embedder,
            chunk.chunk,
            chunk.embedding_text,
            progress=report,
        )
        # Some things turn out to be no articles only when they are to be stored.
        for item in summary.skipped:
            if (line := progress.skipped_line(item)) not in said:
                announce(line)
    return summary


def exit_code(summary: Summary, paths: Sequence[str]) -> int:
    """0; MISSING when all that failed are given paths that are not there; else BAD_INPUT."""
    from index.files import printable

    if not summary.failed:
        return 0
    absent = {printable(path) for path in paths if path != "-" and not Path(path).exists()}
    failures = {item.location for item in summary.skipped if item.failure}
    return MISSING if failures <= absent else BAD_INPUT
