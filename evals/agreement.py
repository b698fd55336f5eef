"""How well the automatic scores agree with labels set by reading: ``python -m evals.agreement``.

A label (a line of ``evals/labels/seeds.jsonl``) is an answer of a real run, with a verdict and for each
citation whether it supports. They were set one by one from question, gold answer, answer and quotes, without
the scores. The scores are brought to the same verdicts; agreement beyond chance is Cohen's kappa. What
differs is listed: a label is never changed to fit, the measure only where it is wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.facts import holds
from evals.gold import ArticleText, GoldQuestion, load_questions
from evals.metrics import score
from evals.scores import Score
from evals.stats import cohen_kappa, kappa_interval

VERDICTS = ("correct", "partly", "wrong")
HERE = Path(__file__).parent
LABELS = HERE / "labels" / "seeds.jsonl"
GOLD = HERE / "gold" / "seeds.jsonl"
ARTICLES = HERE.parent / "seeds"


@dataclass(frozen=True, slots=True)
class Label:
    """An answer as a reader judged it.

    citations: path and quote of each; supports: whether its words back something that the question asks for.
    verdict: one of VERDICTS. An abstention is correct where the articles do not answer, else wrong.
    """

    id: str
    model: str
    question_id: str
    answer: str
    abstained: bool
    citations: tuple[tuple[str, str], ...]
    verdict: str
    supports: tuple[bool, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two labellings of the same things, in the same order: ``by_hand`` and ``automatic``."""

    names: tuple[str, ...]
    by_hand: tuple[str, ...]
    automatic: tuple[str, ...]

    @property
    def kappa(self) -> float:
        """Cohen's kappa. Raises ValueError for no labels."""
        return cohen_kappa(self.by_hand, self.automatic)

    @property
    def plain(self) -> float:
        """The share on which both agree, chance included."""
        return 1 - len(self.differing) / len(self.names)

    @property
    def differing(self) -> list[tuple[str, str, str]]:
        """Name, label and automatic verdict of each disagreement."""
        rows = zip(self.names, self.by_hand, self.automatic, strict=True)
        return [(name, hand, auto) for name, hand, auto in rows if hand != auto]


def load_labels(path: Path) -> tuple[Label, ...]:
    """The labels of a file. Raises ValueError with the line for one that is not valid."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_label(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _label(path: Path, number: int, line: str) -> Label:
    try:
        row = json.loads(line)
        cited = tuple((one["path"], one["quote"]) for one in row["citations"])
        label = Label(**{**row, "citations": cited, "supports": tuple(row["supports"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}:{number} is no label ({error!r})") from None
    if label.verdict not in VERDICTS:
        raise ValueError(f"{path}:{number}: verdict {label.verdict!r} is none of {', '.join(VERDICTS)}")
    if len(label.supports) != len(label.citations):
        raise ValueError(f"{path}:{number}: 'supports' needs one value for each of the citations")
    return label


def verdict(scored: Score) -> str:
    """The verdict that a score amounts to: partly where some facts are held, or a forbidden form is too."""
    if scored.correct:
        return "correct"
    return "partly" if any(scored.facts_held) and not scored.abstained else "wrong"


def of_answers(
    labels: Sequence[Label], golds: Mapping[str, GoldQuestion], article_text: ArticleText
) -> Agreement:
    """The verdicts of the labels beside those of ``evals.metrics.score``. Raises KeyError for no question."""
    automatic = [verdict(_score(one, golds[one.question_id], article_text)) for one in labels]
    names = tuple(f"{one.id} {one.question_id}" for one in labels)
    return Agreement(names, tuple(one.verdict for one in labels), tuple(automatic))


def of_citations(labels: Sequence[Label], golds: Mapping[str, GoldQuestion]) -> Agreement:
    """Whether each citation supports, beside whether its quote holds a gold fact.

    Raises KeyError for no question.
    """
    names, by_hand, automatic = [], [], []
    for one in labels:
        facts = golds[one.question_id].facts
        for n, ((_, quote), supports) in enumerate(zip(one.citations, one.supports, strict=True), 1):
            names.append(f"{one.id} {one.question_id} [{n}]")
            by_hand.append(_said(supports))
            automatic.append(_said(any(holds(quote, forms) for forms in facts)))
    return Agreement(tuple(names), tuple(by_hand), tuple(automatic))


def report(about: str, found: Agreement) -> str:
    """Confusion table, kappa with its 95% interval, plain agreement and every disagreement, as text."""
    kinds = [
        one for one in (*VERDICTS, _said(True), _said(False)) if one in {*found.by_hand, *found.automatic}
    ]
    cells = Counter(zip(found.by_hand, found.automatic, strict=True))
    low, high = kappa_interval(found.by_hand, found.automatic)
    lines = [
        f"{about}: {len(found.names)} labels, kappa {found.kappa:.2f} (95% {low:.2f} to {high:.2f}), "
        f"plain agreement {found.plain:.0%}",
        "by hand \\ automatic".ljust(20) + "".join(kind.rjust(10) for kind in kinds),
        *(hand.ljust(20) + "".join(str(cells[hand, auto]).rjust(10) for auto in kinds) for hand in kinds),
        *(f"  {name}: {hand} by hand, {auto} automatically" for name, hand, auto in found.differing),
    ]
    return "\n".join(lines)


def folder_text(folder: Path) -> ArticleText:
    """Headline and text of each article of a folder by its path, as an index of it would give them."""
    from index.load import LoadOptions, load
    from index.types import Article

    taken = load([str(folder)], LoadOptions())
    return {one.path: f"{one.title}\n\n{one.text}" for one in taken if isinstance(one, Article)}.get


def _score(label: Label, gold: GoldQuestion, article_text: ArticleText) -> Score:
    answer = {
        "answer": label.answer,
        "abstained": label.abstained,
        "citations": [{"path": path, "quote": quote} for path, quote in label.citations],
    }
    return score(gold, answer, (), article_text)


def _said(supports: bool) -> str:
    return "supports" if supports else "does not"


def main() -> None:
    """Prints both agreements of the project's labels."""
    labels = load_labels(LABELS)
    golds = {one.id: one for one in load_questions(GOLD)}
    print(report("verdicts", of_answers(labels, golds, folder_text(ARTICLES))))
    print()
    print(report("citations", of_citations(labels, golds)))


if __name__ == "__main__":
    main()
