"""What was found good in a model's folder, kept beside the files to spare hashing them each time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STAMP = ".verified.json"


def mark(file: Path, digest: str) -> dict[str, Any]:
    """What the stamp says of a file that was found good; empty when there is no such file."""
    try:
        stat = file.stat()
    except OSError:
        return {}
    return {"sha256": digest, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}


def read(place: Path) -> dict[str, dict[str, Any]]:
    """The marks of the files in ``place`` by name; empty where there is no stamp that can be read."""
    try:
        stamp = json.loads((place / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    marks = stamp.items() if isinstance(stamp, dict) else ()
    return {name: one for name, one in marks if isinstance(one, dict)}


def write(place: Path, marks: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep ``marks``; in a folder that is not ours to write nothing is kept, and files are hashed again."""
    partial = place / f"{STAMP}.{os.getpid()}"
    try:
        partial.write_text(json.dumps(marks), encoding="utf-8")
        os.replace(partial, place / STAMP)
    except OSError:
        return


def remove(place: Path) -> None:
    """Forget what was found good."""
    (place / STAMP).unlink(missing_ok=True)
