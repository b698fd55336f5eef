"""Two sentences of different articles that do not agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa.brief.salient import Pool, Unit


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sentences of different articles that do not agree.

    about: what on. weight: how much it matters. matter: what tells it from other conflicts.
    changes: it is of something that may change, so that what was said later stands.
    parts: where in each sentence the words stand that differ, where not all of it is needed.
    """

    about: str
    one: Unit
    other: Unit
    weight: float
    matter: frozenset[str] = frozenset()
    parts: tuple[tuple[int, int], tuple[int, int]] | None = None
    changes: bool = False

    @property
    def older(self) -> Unit | None:
        """The sentence that the other one supersedes; None where that is not known."""
        days = [unit.notes.article.published for unit in (self.one, self.other)]
        if not self.changes or days[0] is None or days[1] is None or days[0] == days[1]:
            return None
        return self.one if days[0] < days[1] else self.other


def pairs(pool: Pool, least: float, most: float = 2.0) -> Iterator[tuple[Unit, Unit, float]]:
    """Sentences of different articles with a cosine in the range, of the two thirds that matter more."""
    import numpy as np

    units = sorted(pool.units[: (2 * len(pool.units) + 2) // 3], key=lambda unit: unit.at)
    rows = [unit.at for unit in units]
    alike = np.triu(pool.alike[np.ix_(rows, rows)], k=1)
    for n, m in zip(*np.nonzero((alike >= least) & (alike < most)), strict=True):
        unit, other = units[int(n)], units[int(m)]
        if other.notes.article.id != unit.notes.article.id:
            yield unit, other, float(alike[n, m])
