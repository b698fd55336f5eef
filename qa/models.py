"""The catalog of weights: what there is, what is here, fetch, verify.

``models.toml`` beside this file is the catalog; ``root`` is always the folder of all models
(``Settings.models_dir``), and a model lives in ``root/NAME/``. A file appears there whole and checked, or not
at all. Only ``pull`` uses the network.
"""

from __future__ import annotations

import difflib
import errno
import json
import os
import shutil
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from qa.errors import Missing, ModelMissing, UsageError
from qa.fetch import File, Hub, Part, SourceFailed, Wheels, fetch, received, sha256

CATALOG = Path(__file__).with_name("models.toml")
STAMP = ".verified.json"

# Called with bytes done, bytes in all, and what is being done; from any thread.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Derived:
    """A file made from a pulled one by ``by(source, target)``; ``by`` is ``module:function``."""

    name: str
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the catalog. purpose: ``language`` or ``embedding``; default: used when none is named."""

    name: str
    purpose: str
    licence: str
    description: str
    files: tuple[File, ...]
    default: bool = False
    derived: tuple[Derived, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)


def parse(text: str) -> dict[str, Entry]:
    """A catalog by name from its TOML. Raises ValueError, KeyError or TypeError for a malformed one."""
    entries = [
        Entry(
            **{key: table[key] for key in ("name", "purpose", "licence", "description")},
            default=table.get("default", False),
            files=tuple(_file(item) for item in table["files"]),
            derived=tuple(Derived(**item) for item in table.get("derived", ())),
        )
        for table in tomllib.loads(text)["model"]
    ]
    if len({entry.name for entry in entries}) != len(entries):
        raise ValueError("two models of the catalog have the same name")
    return {entry.name: entry for entry in entries}


def _file(table: Mapping[str, Any]) -> File:
    return File(
        name=table["name"],
        bytes=table["bytes"],
        sha256=table["sha256"],
        sources=tuple(_source(dict(item)) for item in table["sources"]),
    )


def _source(table: dict[str, Any]) -> Hub | Wheels:
    kind = table.pop("kind")
    if kind == "hub":
        return Hub(**table)
    if kind == "wheels":
        return Wheels(tuple(Part(*pair) for pair in table["parts"]))
    raise ValueError(f"unknown kind of source {kind!r}")


@cache
def catalog() -> Mapping[str, Entry]:
    """The catalog by name, in its own order."""
    return parse(CATALOG.read_text(encoding="utf-8"))


def find(name: str) -> Entry:
    """The entry called ``name`` (a leading ``local:`` is allowed), or UsageError with the nearest name."""
    name = name.removeprefix("local:")
    if name not in catalog():
        nearest = difflib.get_close_matches(name.lower(), catalog(), n=1, cutoff=0.0)[0]
        raise UsageError(
            f"unknown local model '{name}', the nearest known one is '{nearest}'; see 'qa models list'"
        )
    return catalog()[name]


def defaults() -> tuple[Entry, ...]:
    """What is used, and pulled, when no name is given."""
    return tuple(entry for entry in catalog().values() if entry.default)


def folder(name: str, root: Path) -> Path:
    """Folder of the model, whether it is there or not."""
    return root / find(name).name


def path(name: str, root: Path) -> Path:
    """The weights: the file itself, or the folder of a model with several files.

    Raises ModelMissing when they are not there or not whole.
    """
    entry = find(name)
    if not installed(name, root):
        raise ModelMissing(
            f"the weights of {entry.name} are not there ({entry.bytes / 1e6:,.0f} MB); "
            f"run 'qa models pull {entry.name}'",
            entry.name,
        )
    place = folder(name, root)
    return place / entry.files[0].name if len(entry.files) == 1 else place


def installed(name: str, root: Path) -> bool:
    """Whether every file is there with the right size, and was checked since it last changed.

    Files that came another way than by ``pull`` are hashed here, once.
    """
    entry, place = find(name), folder(name, root)
    stamp = _read_stamp(place)
    for file in entry.files:
        if not (mark := _mark(place / file.name, file.sha256)) or mark["bytes"] != file.bytes:
            return False
        if stamp.get(file.name) != mark:
            return not verify(name, root)
    return True


def verify(name: str, root: Path) -> tuple[str, ...]:
    """Hash every file: what is wrong, one clause a file; empty when all is well."""
    entry, place = find(name), folder(name, root)
    faults = tuple(fault for file in entry.files if (fault := _fault(file, place / file.name)))
    if faults:
        (place / STAMP).unlink(missing_ok=True)
    else:
        _write_stamp(entry, place)
    return faults


def _fault(file: File, target: Path) -> str:
    """What is wrong with ``target`` as a copy of ``file``; empty when nothing is."""
    if not target.is_file():
        return f"{target} is not there"
    if (size := target.stat().st_size) != file.bytes:
        return f"{target} has {size:,} bytes instead of {file.bytes:,}"
    if sha256(target) != file.sha256:
        return f"{target} has another SHA-256 than {file.sha256}"
    return ""


def pull(name: str, root: Path, progress: Progress | None = None) -> Path:
    """Fetch what is missing of the model and return ``path(name, root)``.

    Goes on where an interrupted pull stopped; a second pull of the same model waits for the first.
    Raises Missing when no source delivers, the disk is full or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    entry = find(name)
    report = progress or (lambda done, total, doing: None)
    staging = root / f".{entry.name}.partial"
    lock = FileLock(root / f".{entry.name}.lock")
    try:
        root.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report(0, entry.bytes, "waiting for another pull of it")
            lock.acquire()
        try:
            _complete(entry, root, staging, report)
        finally:
            lock.release()
    except OSError as error:
        raise _disk_trouble(entry, root, error) from None
    return path(name, root)


def _complete(entry: Entry, root: Path, staging: Path, report: Progress) -> None:
    place = root / entry.name
    if not installed(entry.name, root):
        place.mkdir(exist_ok=True)
        before = 0
        for file in entry.files:
            target = place / file.name
            if _fault(file, target):
                with _watched(staging, before, file.bytes, entry.bytes, report):
                    whole = _first_delivery(file, staging, target)
                os.replace(whole, target)
                shutil.rmtree(staging, ignore_errors=True)
            before += file.bytes
        _sync(place)
        _write_stamp(entry, place)
    shutil.rmtree(staging, ignore_errors=True)
    report(entry.bytes, entry.bytes, "pulled")
    for made in entry.derived:
        if not (place / made.name).exists():
            report(entry.bytes, entry.bytes, f"making {made.name}")
            module, _, function = made.by.partition(":")
            getattr(import_module(module), function)(place / made.source, place / made.name)


def _first_delivery(file: File, staging: Path, target: Path) -> Path:
    reasons = []
    for source in file.sources:
        try:
            return fetch(file, source, staging)
        except SourceFailed as failure:
            reasons.append(str(failure))
    raise Missing(
        f"{file.name} could not be fetched ({'; '.join(reasons)}): try again, set a proxy (HTTPS_PROXY) or a "
        f"mirror (HF_ENDPOINT, PIP_INDEX_URL), or put the file with SHA-256 {file.sha256} at {target}"
    )


@contextmanager
def _watched(staging: Path, before: int, size: int, total: int, report: Progress) -> Iterator[None]:
    """Report every fifth of a second how much of a file has arrived: pip tells nobody, but its files grow."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            report(before + min(received(staging), size), total, "fetching")

    report(before, total, "fetching")
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _disk_trouble(entry: Entry, root: Path, error: OSError) -> Missing:
    if error.errno == errno.ENOSPC:
        return Missing(
            f"there is no room for {entry.name} in {root}: a pull takes {2 * entry.bytes / 1e6:,.0f} MB "
            "while it runs; free some, or set models_dir (QA_MODELS) to a folder on another disk"
        )
    return Missing(
        f"{entry.name} could not be stored in {root} ({error.strerror or error}): "
        "make that folder writable, or set models_dir (QA_MODELS) to another one"
    )


def _mark(file: Path, digest: str) -> dict[str, Any]:
    """What the stamp says of a file that was found good; empty when there is no such file."""
    try:
        stat = file.stat()
    except OSError:
        return {}
    return {"sha256": digest, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}


def _read_stamp(place: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((place / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(entry: Entry, place: Path) -> None:
    marks = {file.name: _mark(place / file.name, file.sha256) for file in entry.files}
    partial = place / f"{STAMP}.{os.getpid()}"
    try:
        partial.write_text(json.dumps(marks), encoding="utf-8")
        os.replace(partial, place / STAMP)
    except OSError:
        return  # a folder that is not ours to write: hashed again next time


def _sync(place: Path) -> None:
    """Make the renames in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
