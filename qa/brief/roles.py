"""The words for what people and organisations are: the data of ``roles.toml``, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Roles:
    """The words of roles.toml."""

    people: frozenset[str]
    organisations: frozenset[str]
    bodies: frozenset[str]
    things: frozenset[str]


@cache
def roles() -> Roles:
    """The lists; the same value on every call."""
    data = tomllib.loads(files("qa.brief").joinpath("roles.toml").read_text(encoding="utf-8"))
    return Roles(**{name: frozenset(text.split()) for name, text in data.items()})
