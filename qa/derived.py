"""Other forms of pulled weights, made on this machine: the faster form of the embedding.

No hash of such a file can be pinned, for the next version of the library that makes it may write other bytes.
So its hash is taken when it is made, and a file that has another one later is made again.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from qa import stamps
from qa.errors import NotMade
from qa.fetch import sha256
from qa.weights import Derived


def fault(made: Derived, place: Path, *, hashed: bool = False) -> str:
    """What is wrong with the file in ``place``; empty when it is as it was when it was made.

    hashed: hash it even if its size and time are those of then.
    """
    target = place / made.name
    if not target.is_file():
        return f"{target} is not there"
    kept = stamps.read(place).get(made.name, {})
    digest = kept.get("sha256", "")
    if digest and ((kept == stamps.mark(target, digest) and not hashed) or digest == sha256(target)):
        return ""
    return f"{target} is not as it was when it was made"


def make(made: Derived, place: Path, base: str) -> None:
    """Make the file in ``place``, the folder of the model ``base``, and remember its hash.

    Raises NotMade, whatever it was that failed: the libraries that do this have no common error.
    """
    module, _, function = made.by.partition(":")
    target = place / made.name
    try:
        getattr(import_module(module), function)(place / made.source, target)
        stamps.write(place, {**stamps.read(place), made.name: stamps.mark(target, sha256(target))})
    except Exception as error:
        raise not_made(made, place, base, error) from None


def not_made(made: Derived, place: Path, base: str, error: Exception) -> NotMade:
    """The sentence for a form that could not be made, and for what is done instead."""
    reason = str(getattr(error, "strerror", "") or error).strip().split("\n")[0].rstrip(".")
    return NotMade(
        f"{made.form} could not be made in {place} ({reason or type(error).__name__}), so {made.without}; "
        f"run 'qa models pull {base}' to try again"
    )
