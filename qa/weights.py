"""What the catalog of weights (``models.toml``) says of each model."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qa.fetch import File, Hub, Part, Wheels


@dataclass(frozen=True, slots=True)
class Derived:
    """A file made from a pulled one by ``by(source, target)``; ``by`` is ``module:function``.

    form: what the weights in that file are called, and the vectors that they make.
    without: what happens when it cannot be made, in a clause.
    purpose: what it is for, if not for the same as what it is made from.
    """

    name: str
    source: str
    by: str
    form: str
    without: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the catalog. purpose: ``language`` or ``embedding``; default: pulled when none is named.

    derived: forms that are made of the files on this machine, each known by a name of its own.
    selector: a file of this package with the updates that have a language model choose among sentences.
    """

    name: str
    purpose: str
    licence: str
    description: str
    files: tuple[File, ...]
    default: bool = False
    derived: tuple[Derived, ...] = ()
    selector: str = ""

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
            selector=table.get("selector", ""),
            files=tuple(_file(item) for item in table["files"]),
            derived=tuple(Derived(**item) for item in table.get("derived", ())),
        )
        for table in tomllib.loads(text)["model"]
    ]
    names = [name for entry in entries for name in (entry.name, *(made.form for made in entry.derived))]
    if len(set(names)) != len(names):
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
