"""What the benchmarks share: sampling a corpus, running a process and measuring it, and printing figures."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SUFFIXES = frozenset({".txt", ".md", ".html", ".htm", ".jsonl"})
FAILED = frozenset({1, 2, 4, 6})


@dataclass(frozen=True, slots=True)
class Run:
    """A process from its start to its end.

    seconds: wall clock. first: seconds until the first byte on standard output, None where there was none.
    peak: largest resident memory in MB; a model's weights that are mapped into it count.
    """

    seconds: float
    first: float | None
    peak: float
    code: int
    out: str


def sample(corpus: Path, count: int, wanted: Iterable[str] = ()) -> list[str]:
    """Paths of article files relative to ``corpus``: the wanted ones, and others from all over it.

    count: how many in all; 0 for every one.
    """
    files = sorted(
        str(path.relative_to(corpus))
        for path in corpus.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.lower().startswith("readme")
    )
    if not count or count >= len(files):
        return files
    chosen = set(files) & set(wanted)
    rest = [path for path in files if path not in chosen]
    room = max(0, count - len(chosen))
    return sorted(chosen | {rest[n * len(rest) // room] for n in range(room)})


def copy(corpus: Path, paths: Iterable[str], target: Path) -> Path:
    """The files in a folder of their own, so that every system reads the same ones."""
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(corpus / path, target / path)
    return target


def run(command: Sequence[str], *, terminal: bool = False) -> Run:
    """Runs a command to its end. Raises RuntimeError with its last words when it fails.

    terminal: standard output is one, as for a user who watches; ``qa ask`` then prints claim by claim.
    """
    reader, writer = pty.openpty() if terminal else os.pipe()
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=errors)
        os.close(writer)
        first, out = _read(reader, start)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode in FAILED or process.returncode < 0:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip()[-1000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {words}")
    # Linux counts in KB, macOS in bytes.
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return Run(seconds, first, peak, process.returncode, out)


def _read(reader: int, start: float) -> tuple[float | None, str]:
    first, pieces = None, []
    try:
        while piece := os.read(reader, 65_536):
            first = first or time.perf_counter() - start
            pieces.append(piece)
    except OSError:
        pass  # so a terminal says on Linux that the other side has gone
    finally:
        os.close(reader)
    return first, b"".join(pieces).decode(errors="replace")


def middle(values: Iterable[float | None]) -> float | None:
    """The median of those that are there."""
    found = [value for value in values if value is not None]
    return median(found) if found else None


def table(rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns, the first to the left; the first row is the head."""
    cells = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _shown(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.2f}"
    return str(cell)


def circumstances(before: float) -> str:
    """The machine, and whether it was busy with something else, given its load before the first run."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    words = f"{cores} cores; load average {before:.1f} before the first run"
    if before > 0.25 * cores:
        words += ": the machine was busy, so seconds are too long; ratios of runs taken in turn hold better"
    return words
