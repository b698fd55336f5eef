"""What a request costs: a table as data (``prices.toml``, with its date), and the arithmetic."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

PER = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; ``cached`` is for prompt tokens the service had in its own cache."""

    input: float
    output: float
    cached: float

    def cost(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """US dollars for one request; ``cached_tokens`` are among the ``prompt_tokens``."""
        cached = min(max(cached_tokens, 0), prompt_tokens)
        fresh = prompt_tokens - cached
        return (fresh * self.input + cached * self.cached + completion_tokens * self.output) / PER


FREE = Price(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The table, the day it was true, and where it was read."""

    date: date
    source: str
    hosts: Mapping[str, Mapping[str, Price]]


@cache
def price_table() -> PriceTable:
    """The table that comes with the package."""
    data = tomllib.loads(files("qa").joinpath("prices.toml").read_text(encoding="utf-8"))
    hosts = {
        host: MappingProxyType(
            {
                name: Price(float(row["input"]), float(row["output"]), float(row.get("cached", row["input"])))
                for name, row in entry["models"].items()
            }
        )
        for host, entry in data["hosts"].items()
    }
    return PriceTable(data["date"], data["source"], MappingProxyType(hosts))


def price_of(model: str, host: str) -> Price | None:
    """The price of ``model`` at ``host``, or None where it is unknown.

    A dated snapshot (``gpt-4o-2024-08-06``) costs what its model costs. A name that merely starts like a
    known one (``gpt-4o-audio-preview``) is unknown: a wrong figure is worse than none.
    """
    models = price_table().hosts.get(host.lower(), {})
    return models.get(model) or models.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model))
