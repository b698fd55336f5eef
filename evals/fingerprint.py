"""What tells one run from another: hashes of the gold file, the articles and the code, and the versions."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from evals.measure import SUFFIXES
from qa.errors import Missing

if TYPE_CHECKING:
    from index.catalog import Catalog

# What an answer is made by.
PACKAGES = ("qa", "index", "prompts")
LIBRARIES = ("qa-news", "chromadb", "onnxruntime", "openai", "tokenizers", "trafilatura", "xllamacpp")
_SOURCES = frozenset({".py", ".md", ".toml", ".json", ".npz"})


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises Missing."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Missing(f"{path} cannot be read ({error.strerror}); check the path") from None


def of_folder(folder: Path) -> str:
    """SHA-256 over the names and bytes of the article files in a folder, README files left out.

    Raises Missing where the folder is not there or holds no article file.
    """
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.lower().startswith("readme")
    )
    if not found:
        raise Missing(f"there are no articles in {folder}; check the path of the corpus")
    return _over((path.relative_to(folder).as_posix(), path.read_bytes()) for path in found)


def of_articles(catalog: Catalog) -> tuple[str, int]:
    """SHA-256 over the articles of an index as it knows them, and how many they are."""
    count = 0

    def each() -> Iterable[tuple[str, bytes]]:
        nonlocal count
        for article in catalog.list_articles():
            count += 1
            # The id is a hash of path, title and text.
            rest = f"{article.id}\0{article.source}\0{article.published or ''}"
            yield article.path, rest.encode("utf-8", "replace")

    return _over(each()), count


def of_code() -> str:
    """SHA-256 over the sources that make an answer, their prompts and weights of ranking included."""
    pieces = []
    for package in PACKAGES:
        root = Path(str(files(package)))
        pieces += [
            (f"{package}/{path.relative_to(root).as_posix()}", path.read_bytes())
            for path in sorted(root.rglob("*"))
            if path.suffix in _SOURCES and path.is_file()
        ]
    return _over(pieces)


def commit() -> str | None:
    """The checkout's commit, with ``+`` where files of the packages differ from it; None outside of one."""
    root = Path(str(files("qa"))).parent
    if not (root / ".git").exists():
        return None
    head = _git(root, "rev-parse", "--short", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *PACKAGES)
    return head and head + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def versions() -> dict[str, str]:
    """Of Python, the system and the libraries that have a say in an answer."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _over(pieces: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, data in pieces:
        for part in (name.encode("utf-8", "replace"), data):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
