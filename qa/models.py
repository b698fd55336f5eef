"""The catalog of weights: what there is, what is here, fetch, verify.

``models.toml`` beside this file is the catalog; ``root`` is always the folder of all models
(``Settings.models_dir``), and a model lives in ``root/NAME/``. A file appears there whole and checked, or not
at all. Only ``pull`` uses the network.
"""

from __future__ import annotations

import difflib
import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from qa import derived, stamps
from qa.errors import Missing, ModelMissing, NotMade, UsageError
from qa.fetch import File, SourceFailed, fetch, received, sha256
from qa.weights import Derived, Entry, parse

CATALOG = Path(__file__).with_name("models.toml")

# Called with bytes done, bytes in all, and what is being done; from any thread.
Progress = Callable[[int, int, str], None]


@cache
def catalog() -> Mapping[str, Entry]:
    """The catalog by name, in its own order."""
    return parse(CATALOG.read_text(encoding="utf-8"))


def find(name: str) -> Entry:
    """The entry called ``name`` or that has a form of that name, or UsageError with the nearest name.

    A leading ``local:`` is allowed.
    """
    name = name.removeprefix("local:")
    names = {one: entry for entry in catalog().values() for one in (entry.name, *_forms(entry))}
    if name not in names:
        nearest = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.0)[0]
        raise UsageError(
            f"unknown local model '{name}', the nearest known one is '{nearest}'; see 'qa models list'"
        )
    return names[name]


def _forms(entry: Entry) -> dict[str, Derived]:
    return {made.form: made for made in entry.derived}


def defaults() -> tuple[Entry, ...]:
    """What is pulled when no name is given."""
    return tuple(entry for entry in catalog().values() if entry.default)


def purpose(name: str) -> str:
    """What the model or form called ``name`` is for: ``language``, ``embedding`` or ``reader``."""
    entry = find(name)
    made = _forms(entry).get(name.removeprefix("local:"))
    return (made.purpose if made else "") or entry.purpose


def selector(name: str) -> Path | None:
    """The updates that have the language model ``name`` choose among sentences, where it has some."""
    file = find(name).selector
    return CATALOG.with_name(file) if file else None


def folder(name: str, root: Path) -> Path:
    """Folder of the model, whether it is there or not."""
    return root / find(name).name


def path(name: str, root: Path) -> Path:
    """The weights: the file itself, or the folder of a model with several files.

    Raises ModelMissing when they are not there or not whole.
    """
    entry, place = find(name), folder(name, root)
    if not _whole(entry, place):
        raise ModelMissing(
            f"the weights of {entry.name} are not there ({entry.bytes / 1e6:,.0f} MB); "
            f"run 'qa models pull {entry.name}'",
            entry.name,
        )
    if made := _forms(entry).get(name.removeprefix("local:")):
        if derived.fault(made, place):
            raise ModelMissing(
                f"{made.form} has not been made of {entry.name} yet; run 'qa models pull {entry.name}'",
                entry.name,
            )
        return place / made.name
    return place / entry.files[0].name if len(entry.files) == 1 else place


def ready(name: str, root: Path) -> Path:
    """As ``path``, but a form that has not been made yet is made now, which takes some seconds.

    Raises ModelMissing when the pulled weights are not there, NotMade when the form cannot be made.
    """
    entry = find(name)
    made = _forms(entry).get(name.removeprefix("local:"))
    if made and derived.fault(made, root / entry.name):
        path(entry.name, root)
        try:
            with _locked(entry, root, lambda done, total, doing: None):
                _make(made, entry, root)
        except OSError as error:
            raise derived.not_made(made, root / entry.name, entry.name, error) from None
    return path(name, root)


def installed(name: str, root: Path) -> bool:
    """Whether every file is there with the right size, and was checked since it last changed.

    Files that came another way than by ``pull`` are hashed here, once.
    """
    entry, place = find(name), folder(name, root)
    made = _forms(entry).get(name.removeprefix("local:"))
    return _whole(entry, place) and not (made and derived.fault(made, place))


def _whole(entry: Entry, place: Path) -> bool:
    stamp = stamps.read(place)
    for file in entry.files:
        if not (mark := stamps.mark(place / file.name, file.sha256)) or mark["bytes"] != file.bytes:
            return False
        if stamp.get(file.name) != mark:
            return not _check(entry, place)
    return True


def verify(name: str, root: Path) -> tuple[str, ...]:
    """Hash every file: what is wrong, one clause a file; empty when all is well.

    A form that has not been made yet is no fault: its first use makes it.
    """
    entry, place = find(name), folder(name, root)
    faults = _check(entry, place)
    there = [made for made in entry.derived if (place / made.name).exists()]
    spoilt = tuple(fault for made in there if (fault := derived.fault(made, place, hashed=True)))
    if spoilt:
        stamps.remove(place)
    return faults or spoilt


def _check(entry: Entry, place: Path) -> tuple[str, ...]:
    """What is wrong with the pulled files; the stamp is written anew, or goes."""
    faults = tuple(fault for file in entry.files if (fault := _fault(file, place / file.name)))
    if faults:
        stamps.remove(place)
    else:
        _stamp(entry, place)
    return faults


def _stamp(entry: Entry, place: Path) -> None:
    kept = stamps.read(place)
    marks = {file.name: stamps.mark(place / file.name, file.sha256) for file in entry.files}
    marks |= {made.name: kept[made.name] for made in entry.derived if made.name in kept}
    stamps.write(place, marks)


def _fault(file: File, target: Path) -> str:
    """What is wrong with ``target`` as a copy of ``file``; empty when nothing is."""
    if not target.is_file():
        return f"{target} is not there"
    if (size := target.stat().st_size) != file.bytes:
        return f"{target} has {size:,} bytes instead of {file.bytes:,}"
    if sha256(target) != file.sha256:
        return f"{target} has another SHA-256 than {file.sha256}"
    return ""


def pull(
    name: str,
    root: Path,
    progress: Progress | None = None,
    on_note: Callable[[str], None] = lambda sentence: None,
) -> Path:
    """Fetch what is missing of the model, make its other forms, and return the path of the model itself.

    Goes on where an interrupted pull stopped; a second pull of the same model waits for the first.
    on_note: is told, in a sentence, of a form that could not be made; the model serves without it.
    Raises Missing when no source delivers, the disk is full or the folder cannot be written.
    """
    entry = find(name)
    report = progress or (lambda done, total, doing: None)
    try:
        with _locked(entry, root, report):
            _complete(entry, root, report)
            for made in entry.derived:
                if derived.fault(made, root / entry.name):
                    report(entry.bytes, entry.bytes, f"making {made.form}")
                    try:
                        _make(made, entry, root)
                    except NotMade as failure:
                        on_note(str(failure))
    except OSError as error:
        raise _disk_trouble(entry, root, error) from None
    return path(entry.name, root)


@contextmanager
def _locked(entry: Entry, root: Path, report: Progress) -> Iterator[None]:
    """One process at a time in the model's folder."""
    from filelock import FileLock, Timeout

    lock = FileLock(root / f".{entry.name}.lock")
    root.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report(0, entry.bytes, "waiting for another pull of it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _make(made: Derived, entry: Entry, root: Path) -> None:
    """Make a form, unless whoever held the lock before has done so."""
    place = root / entry.name
    if derived.fault(made, place):
        derived.make(made, place, entry.name)


def _complete(entry: Entry, root: Path, report: Progress) -> None:
    place, staging = root / entry.name, root / f".{entry.name}.partial"
    if not _whole(entry, place):
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
        _stamp(entry, place)
    shutil.rmtree(staging, ignore_errors=True)
    report(entry.bytes, entry.bytes, "pulled")


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


def _sync(place: Path) -> None:
    """Make the renames in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
