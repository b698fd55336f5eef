"""``gate.toml``: which sets a change must pass, and the bounds it may not fall below or rise above.

A table ``[sets.NAME]`` for each set: ``gold`` and ``corpus`` (paths from the file), ``model``, the hashes of
both, and where wanted ``recorded`` (replies and vectors to play back), ``ids`` or ``limit``, ``today``,
``settings``, ``margin``. Below it ``floors`` and ``ceilings``, by the names of ``evals.summary``, for
briefs of ``evals.score_briefs``. Whenever a
bound is made easier to keep, ``[[lowered]]`` says which, from what to what, when, and why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from math import ceil, floor
from pathlib import Path
from typing import Any

from evals.score_briefs import summarise_briefs
from evals.summary import LOWER_IS_BETTER, NAMES
from qa.errors import Missing, UsageError

DEFAULT = Path("evals/gate.toml")
# Bounds have four decimals.
SCALE = 10_000
_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "gold": str,
    "corpus": str,
    "model": str,
    "gold_sha256": str,
    "corpus_sha256": str,
    "recorded": str,
    "ids": list,
    "limit": int,
    "today": date,
    "settings": dict,
    "margin": (int, float),
    "floors": dict,
    "ceilings": dict,
}
_NEEDED = ("gold", "corpus", "model")
FIGURES = (*NAMES, *(name for name in summarise_briefs(()) if name not in NAMES))
_CEILINGS = LOWER_IS_BETTER | {"must_not", "timeline_wrong", "words"}


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure's least value, or its greatest where ``ceiling``."""

    figure: str
    value: float
    ceiling: bool

    def holds(self, measured: float | None) -> bool:
        """Whether a measured value keeps to it; one that could not be measured does not."""
        if measured is None:
            return False
        return measured <= self.value if self.ceiling else measured >= self.value

    def tightened(self, measured: float, margin: float) -> float:
        """The bound that a measured value suggests: ``margin`` off it, rounded to the safe side."""
        if self.ceiling:
            return ceil(round((measured + margin) * SCALE, 6)) / SCALE
        return floor(round((measured - margin) * SCALE, 6)) / SCALE

    def easier(self, value: float) -> bool:
        """Whether a bound of that value would be easier to keep."""
        return value > self.value if self.ceiling else value < self.value


@dataclass(frozen=True, slots=True)
class GateSet:
    """One set of the gate; paths are as they are opened. margin: how far off the measured a bound is put."""

    name: str
    gold: Path
    corpus: Path
    model: str
    gold_sha256: str
    corpus_sha256: str
    bounds: tuple[Bound, ...]
    recorded: Path | None = None
    ids: tuple[str, ...] = ()
    limit: int | None = None
    today: date | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    margin: float = 0.0


def read(path: Path) -> tuple[GateSet, ...]:
    """The sets of a gate file. Raises Missing, and UsageError for whatever is wrong with it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(f"there is no gate at {path}; name its file with --gate") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {error}") from None
    if unknown := table.keys() - {"sets", "lowered"}:
        raise UsageError(f"{path}: unknown table '{min(unknown)}'; a gate has [sets.NAME] and [[lowered]]")
    sets = table.get("sets")
    if not isinstance(sets, dict) or not sets:
        raise UsageError(f"{path} has no set, so that nothing could fall short; add [sets.NAME]")
    return tuple(_set(path, name, one) for name, one in sets.items())


def _set(path: Path, name: str, table: Any) -> GateSet:
    place = f"{path}: sets.{name}"
    if not isinstance(table, dict):
        raise UsageError(f"{place} must be a table")
    for key, value in table.items():
        if key not in _PLAIN:
            raise UsageError(f"{place}: unknown key '{key}'{_near(key, tuple(_PLAIN))}")
        if not isinstance(value, _PLAIN[key]) or isinstance(value, bool):
            raise UsageError(f"{place}.{key} is of the wrong kind: {value!r}")
    for key in _NEEDED:
        if not table.get(key):
            raise UsageError(f"{place}: '{key}' is missing")
    bounds = tuple(_bounds(place, table))
    if not bounds:
        raise UsageError(f"{place} has no floors and no ceilings, so that it could not fall short; add some")
    return GateSet(
        name=name,
        gold=path.parent / table["gold"],
        corpus=path.parent / table["corpus"],
        model=table["model"],
        gold_sha256=table.get("gold_sha256", ""),
        corpus_sha256=table.get("corpus_sha256", ""),
        bounds=bounds,
        recorded=path.parent / table["recorded"] if "recorded" in table else None,
        ids=tuple(map(str, table.get("ids", ()))),
        limit=table.get("limit"),
        today=table.get("today"),
        settings=table.get("settings", {}),
        margin=float(table.get("margin", 0.0)),
    )


def _bounds(place: str, table: Mapping[str, Any]) -> list[Bound]:
    bounds = []
    for kind in ("floors", "ceilings"):
        for figure, value in table.get(kind, {}).items():
            if figure not in FIGURES:
                raise UsageError(f"{place}.{kind}: there is no figure '{figure}'{_near(figure, FIGURES)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise UsageError(f"{place}.{kind}.{figure} must be a number, not {value!r}")
            if (kind == "ceilings") != (figure in _CEILINGS):
                other = "ceilings" if kind == "floors" else "floors"
                raise UsageError(f"{place}.{kind}.{figure}: belongs under {other}")
            bounds.append(Bound(figure, float(value), kind == "ceilings"))
    return bounds


def _near(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"; '{near[0]}' was meant?" if near else ""


@dataclass(frozen=True, slots=True)
class Update:
    """New bounds of a set by figure, its new hashes, and which bounds are easier than before."""

    name: str
    bounds: Mapping[Bound, float]
    gold_sha256: str
    corpus_sha256: str

    @property
    def lowered(self) -> list[tuple[Bound, float]]:
        """The bounds that become easier to keep, with their new values."""
        return [(bound, value) for bound, value in self.bounds.items() if bound.easier(value)]


def write(path: Path, updates: list[Update], why: str, today: date) -> None:
    """Puts new bounds and hashes into the file, whose comments and order stay.

    Raises UsageError where a bound becomes easier and there is no reason.
    """
    import tomlkit

    if not why and any(update.lowered for update in updates):
        raise UsageError("a bound may not be made easier without a reason; give it with --lower WHY")
    document: Any = tomlkit.parse(path.read_text(encoding="utf-8"))
    for update in updates:
        table = document["sets"][update.name]
        table["gold_sha256"], table["corpus_sha256"] = update.gold_sha256, update.corpus_sha256
        for bound, value in update.bounds.items():
            table["ceilings" if bound.ceiling else "floors"][bound.figure] = value
        for bound, value in update.lowered:
            if "lowered" not in document:
                document["lowered"] = tomlkit.aot()
            entry = tomlkit.table()
            entry.update(
                {
                    "set": update.name,
                    "figure": bound.figure,
                    "from": bound.value,
                    "to": value,
                    "date": today,
                    "why": why,
                }
            )
            document["lowered"].append(entry)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
