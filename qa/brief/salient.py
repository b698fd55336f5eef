"""Which sentences matter for a topic: by likeness to it and to all that was found, by the words that the
articles share, by place, and by how many articles say it. The weights were set on twelve topics.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.tokens import count
from qa.brief.dates import Dated
from qa.brief.figures import Measured
from qa.brief.gather import Gathered
from qa.brief.notes import Notes
from qa.types import Evidence
from qa.wording import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOPIC, CENTRE, SHARED, LEAD, SUPPORT, FIGURE, DATE, QUOTED = 1.0, 1.0, 1.0, 0.6, 0.8, 0.3, 0.1, -0.3
EMPTY = -1.0
_EMPTY = re.compile(r"\b(?:(?:not|un)\s?(?:immediately )?available (?:for|to) comment|declined to comment)\b")
_SAYS_SO_TOO = 0.72
"""Cosine from which another article's sentence supports one."""
_HEAVIEST = 12


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A sentence that may go into a brief.

    notes, n: whose sentence it is, and which. at: its row among all vectors. score: how much it matters,
    comparable within one brief. tokens: of its text.
    """

    notes: Notes
    n: int
    at: int
    score: float
    tokens: int

    @property
    def text(self) -> str:
        """The exact words."""
        return self.notes.text(self.n)

    @property
    def span(self) -> tuple[int, int]:
        """Its place in the article."""
        return self.notes.spans[self.n]

    @property
    def dates(self) -> tuple[Dated, ...]:
        """The dates in it; offsets count from its beginning."""
        return self.notes.dates[self.n]

    @property
    def figures(self) -> tuple[Measured, ...]:
        """The figures in it; offsets count from its beginning."""
        return self.notes.figures[self.n]

    @property
    def evidence(self) -> Evidence:
        """The whole sentence as evidence."""
        start, end = self.span
        return Evidence(1, self.notes.article, start, end, round(self.score, 4))


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """All sentences, best first, and how alike they are: ``alike[one.at, other.at]`` is a cosine."""

    units: tuple[Unit, ...]
    alike: NDArray[np.float32]

    def before(self, unit: Unit) -> Unit | None:
        """The sentence before another in its article."""
        return next((one for one in self.units if one.at == unit.at - 1 and one.notes is unit.notes), None)


def pool(
    topic: NDArray[np.float32],
    gathered: Gathered,
    notes: Sequence[Notes],
    frequency: Callable[[Sequence[str]], Mapping[str, int]],
    chunks: int,
) -> Pool:
    """The sentences of all articles, scored for the topic, whose vector is given."""
    import numpy as np

    owner = np.concatenate([np.full(len(one.spans), n) for n, one in enumerate(notes)]).astype(int)
    vectors = np.concatenate([one.vectors for one in notes if one.spans])
    alike = vectors @ vectors.T
    centre = vectors.mean(axis=0)
    centre /= float(np.linalg.norm(centre)) or 1.0
    support = _support(alike, owner, len(notes))
    shared = _shared(notes, frequency, chunks)
    heaviest = sum(sorted(shared.values())[-_HEAVIEST:]) or 1.0
    best = max(gathered.weight.values(), default=1.0)
    units, at = [], 0
    for one in notes:
        for n in range(len(one.spans)):
            text = one.text(n)
            held = sum(shared.get(word, 0.0) for word in set(words(text)))
            score = (
                TOPIC * float(vectors[at] @ topic)
                + CENTRE * float(vectors[at] @ centre)
                + SHARED * min(1.0, held / heaviest)
                + LEAD / (1 + n)
                + SUPPORT * support[at]
                + FIGURE * bool(one.figures[n])
                + DATE * bool(one.dates[n])
                + QUOTED * text.startswith(('"', "“"))
                + EMPTY * bool(_EMPTY.search(text))
            )
            # What an article says that is hardly about the topic matters less.
            score *= 0.7 + 0.3 * gathered.weight[one.article.id] / best
            units.append(Unit(one, n, at, score, count(text)))
            at += 1
    return Pool(tuple(sorted(units, key=lambda unit: (-unit.score, unit.at))), alike)


def _support(alike: NDArray[np.float32], owner: NDArray[np.int_], articles: int) -> list[float]:
    """For each sentence the share of the other articles that have one like it."""
    others = max(1, articles - 1)
    found = []
    for row in range(len(owner)):
        near = owner[alike[row] > _SAYS_SO_TOO]
        found.append(len(set(near.tolist()) - {int(owner[row])}) / others)
    return found


def _shared(
    notes: Sequence[Notes], frequency: Callable[[Sequence[str]], Mapping[str, int]], chunks: int
) -> dict[str, float]:
    """The words that the articles share, or that the only one repeats, by how rare they are elsewhere."""
    if len(notes) == 1:
        counts = Counter(words(notes[0].article.text))
        share = {word: min(1.0, times / 3) for word, times in counts.items() if times > 1}
    else:
        counts = Counter()
        for one in notes:
            counts.update(set(words(f"{one.article.title} {one.article.text}")))
        least = max(2.0, 0.3 * len(notes))
        share = {word: times / len(notes) for word, times in counts.items() if times >= least}
    held = frequency(list(share))
    return {word: part * math.log(1 + chunks / (1 + held[word])) for word, part in share.items()}
