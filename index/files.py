"""Paths as they are given to files to read: folders walked in order, patterns expanded, loops survived."""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.types import Skipped


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: where it is, its path among the articles, and whether the user named this very file."""

    file: Path
    path: str
    named: bool


def find(given: str, pattern: str = "") -> Iterator[Found | Skipped]:
    """The files of one path: itself, those below a folder, or those that a glob pattern matches.

    Sorted by name within each folder. Hidden files are left out below folders. ``pattern`` narrows a folder.
    """
    file = Path(given)
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        yield from _matches(given, pattern)
        return
    except OSError as error:
        yield Skipped(printable(given), f"cannot be read: {reason(error)}")
        return
    except ValueError:
        yield Skipped(printable(given), "is no path: it holds a NUL character")
        return
    if stat.S_ISDIR(mode):
        yield from _Walk(file, pattern).below(file, "")
    else:
        yield Found(file, printable(file.name), named=True)


def _matches(given: str, pattern: str) -> Iterator[Found | Skipped]:
    if Path(given).is_symlink():
        yield Skipped(printable(given), "is a link to a file that is not there")
        return
    matches = sorted(glob.glob(given, recursive=True)) if glob.has_magic(given) else []
    if not matches:
        what = "no file matches this pattern" if glob.has_magic(given) else "there is no such file or folder"
        yield Skipped(printable(given), what)
        return
    base = _fixed_part(given)
    covered: list[Path] = []
    for match in matches:
        file = Path(match)
        if any(folder in file.parents for folder in covered):
            continue
        path = printable(file.relative_to(base).as_posix())
        if file.is_dir():
            covered.append(file)
            yield from _Walk(file, pattern).below(file, path)
        else:
            yield Found(file, path, named=False)


def _fixed_part(pattern: str) -> Path:
    """The folder that a pattern starts from: 'news' of 'news/2021-*/*.txt'."""
    fixed: list[str] = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


@dataclass(frozen=True, slots=True)
class _Walk:
    root: Path
    pattern: str

    def below(
        self, folder: Path, prefix: str, outside: frozenset[Path] = frozenset()
    ) -> Iterator[Found | Skipped]:
        """The files below a folder; ``prefix`` is its path, ``outside`` the linked folders that led to it."""
        try:
            with os.scandir(folder) as entries:
                inside = sorted((entry for entry in entries), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Skipped(printable(str(folder)), f"cannot be read: {reason(error)}")
            return
        for entry in inside:
            if entry.name.startswith("."):
                continue
            file = folder / entry.name
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            try:
                is_folder = entry.is_dir()
            except OSError as error:
                yield Skipped(str(file), f"cannot be read: {reason(error)}")
                continue
            if not is_folder:
                if self._wanted(path):
                    yield Found(file, printable(path), named=False)
                continue
            beyond = outside
            if entry.is_symlink():
                target = file.resolve()
                if self._seen_anyway(target, outside):
                    yield Skipped(
                        printable(str(file)), "links to a folder that is read already", failure=False
                    )
                    continue
                beyond = outside | {target}
            yield from self.below(file, path, beyond)

    def _seen_anyway(self, target: Path, outside: frozenset[Path]) -> bool:
        """A link into the tree itself, or above a folder that led here, would go round for ever."""
        root = self.root.resolve()
        if target == root or root in target.parents or target in root.parents:
            return True
        return any(
            target == folder or target in folder.parents or folder in target.parents for folder in outside
        )

    def _wanted(self, path: str) -> bool:
        if not self.pattern:
            return True
        if "/" not in self.pattern:
            return fnmatch.fnmatchcase(path.rsplit("/", 1)[-1], self.pattern)
        return any(
            fnmatch.fnmatchcase(path, pattern) for pattern in (self.pattern, self.pattern.replace("**/", ""))
        )


def printable(path: str) -> str:
    """A path that can be stored and shown: undecodable bytes and control characters become U+FFFD."""
    text = os.fsencode(path).decode("utf-8", errors="replace")
    return "".join(
        "\ufffd" if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} else char for char in text
    )


def reason(error: OSError) -> str:
    """What the system says, as a part of a sentence: 'permission denied'."""
    said = error.strerror or type(error).__name__
    return said[:1].lower() + said[1:]
