"""How far ``qa index add`` is: a bar with rate and time left on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qa.terminal import safe

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from index.build import Progress
    from index.types import Article, Skipped

# News articles make two to three chunks each; only the bar's length hangs on it.
_CHUNKS_PER_ARTICLE = 2.5
_SECONDS_BETWEEN_LINES = 10.0

Report = Callable[["Progress"], None]


def expected_items(paths: Iterable[str], glob: str) -> int | None:
    """About how many articles the paths hold, for the length of a bar; None where standard input is read."""
    from index.files import Found, find

    total = 0
    for given in paths:
        if given == "-":
            return None
        total += sum(_items_in(found.file) for found in find(given, glob) if isinstance(found, Found))
    return total


def _items_in(file: Path) -> int:
    try:
        if not file.is_file():
            return 0
        if file.suffix.lower() not in (".jsonl", ".ndjson"):
            return 1
        with file.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    except OSError:
        return 0


def announced(items: Iterable[Article | Skipped], say: Callable[[str], None]) -> Iterator[Article | Skipped]:
    """The items as they come; each skipped one is announced in a line."""
    from index.types import Skipped

    for item in items:
        if isinstance(item, Skipped):
            say(skipped_line(item))
        yield item


def skipped_line(item: Skipped) -> str:
    """One line for something that was not taken in: where and why."""
    return f"{safe(item.location)}: {safe(item.reason)}"


def done_items(progress: Progress) -> float:
    """How many items are through: seen, less those that wait to be embedded."""
    waiting = progress.chunks_pending / _CHUNKS_PER_ARTICLE
    return max(0.0, progress.articles + progress.skipped - waiting)


@contextmanager
def shown(console: Console, total: int | None) -> Iterator[tuple[Report, Callable[[str], None]]]:
    """Shows progress on ``console`` meanwhile; gives the report callback and a way to print a line."""
    if console.is_terminal:
        with _bar(console, total) as both:
            yield both
    else:
        yield _lines(console, total), lambda line: console.print(line)


@contextmanager
def _bar(console: Console, total: int | None) -> Iterator[tuple[Report, Callable[[str], None]]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("indexing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    start = time.monotonic()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("indexing", total=total, rate="")

        def report(progress: Progress) -> None:
            rate = f"{progress.chunks_embedded / max(time.monotonic() - start, 1e-6):.0f} chunks/s"
            bar.update(task, completed=int(done_items(progress)), rate=rate)

        yield report, lambda line: bar.console.print(line)


def _lines(console: Console, total: int | None) -> Report:
    start = last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _SECONDS_BETWEEN_LINES:
            return
        last = now
        done = done_items(progress)
        left = ""
        if total and done:
            left = f" of about {total}, {max(0.0, (total - done) * (now - start) / done):.0f} s left"
        rate = progress.chunks_embedded / (now - start)
        console.print(f"{done:.0f} articles{left}, {rate:.0f} chunks embedded a second")

    return report
