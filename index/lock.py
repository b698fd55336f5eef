"""One writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import IndexBusy


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Makes this process the only writer of an index. Raises IndexBusy, which names the holder's process."""
    from filelock import FileLock, Timeout

    # The holder is named in a file of its own: whoever tries the lock file truncates it.
    holder = folder / "writer.pid"
    lock = FileLock(folder / "writer.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        try:
            who = f"process {int(holder.read_text())}"
        except (OSError, ValueError):
            who = "another process"
        raise IndexBusy(
            f"The index in {folder} is being written by {who}: wait until it is done, or stop it."
        ) from error
    try:
        holder.write_text(f"{os.getpid()}\n")
        yield
        holder.unlink(missing_ok=True)
    finally:
        lock.release()
