"""What Tab offers: slash commands and what may follow them, and titles of articles within a question."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from index.errors import IndexFailure
from index.retrieve import terms
from index.types import Query
from qa.chat.commands import COMMANDS
from qa.terminal import safe

if TYPE_CHECKING:
    from index.catalog import Catalog

_TITLES = 8
_LOOKED_AT = 60  # chunks, of which several may be of one article
_LONGEST = 6  # words before the cursor that may begin a title


class Lines(Completer):
    """Completes lines of a conversation about the articles in ``catalog``."""

    def __init__(self, catalog: Catalog, models: Sequence[str]) -> None:
        self._catalog = catalog
        self._models = models
        self._sources: tuple[str, ...] | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """See prompt_toolkit."""
        line = document.text_before_cursor
        if line.startswith("/"):
            yield from self._commands(line)
        elif complete_event.completion_requested:
            yield from self._titles(line)

    def _commands(self, line: str) -> Iterator[Completion]:
        name, space, rest = line[1:].partition(" ")
        if not space:
            for command in COMMANDS:
                if command.name.startswith(name.lower()):
                    yield Completion(
                        f"/{command.name}",
                        start_position=-len(line),
                        display_meta=command.help,
                    )
        elif name == "model":
            yield from (Completion(one, -len(rest)) for one in self._models if one.startswith(rest))
        elif name == "filter":
            yield from self._filters(rest)

    def _filters(self, rest: str) -> Iterator[Completion]:
        word = re.split(r" (?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", rest)[-1]
        key, sign, value = word.partition("=")
        if not sign:
            for one in ("since=", "until=", "source=", "tag=", "off"):
                if one.startswith(key):
                    yield Completion(one, -len(word))
        elif key == "source":
            typed = value.strip('"').lower()
            for source in self._known_sources():
                if source.lower().startswith(typed):
                    quoted = f'source="{source}"' if shlex.quote(source) != source else f"source={source}"
                    yield Completion(quoted, -len(word), display=safe(source))

    def _known_sources(self) -> tuple[str, ...]:
        if self._sources is None:
            try:
                self._sources = tuple(name for name, _ in self._catalog.stats().sources if name)
            except IndexFailure:
                self._sources = ()
        return self._sources

    def _titles(self, line: str) -> Iterator[Completion]:
        """Titles that go on where the last words of the line begin."""
        words = line.split()[-_LONGEST:]
        offered: set[str] = set()
        for count in range(len(words), 0, -1):
            typed = " ".join(words[-count:])
            if not line.endswith(typed):
                continue
            for title in self._beginning(typed):
                if title not in offered and len(offered) < _TITLES:
                    offered.add(title)
                    yield Completion(safe(title), start_position=-len(typed))

    def _beginning(self, typed: str) -> list[str]:
        """Titles that begin as typed, in any case of letters."""
        known = terms(typed)
        if not known or len(typed) < 3:
            return []
        *whole, last = known
        match = " AND ".join([*(f'title : "{one}"' for one in whole), f'title : "{last}"*'])
        try:
            chunks = self._catalog.lexical(match, _LOOKED_AT, Query(""))
            owners = {one.article_id for one in self._catalog.chunks([one for one, _ in chunks]).values()}
            titles = {article.title for article in self._catalog.articles(sorted(owners)).values()}
        except (IndexFailure, OSError):
            return []
        return sorted(title for title in titles if title.lower().startswith(typed.lower()))
