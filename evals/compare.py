"""Two runs over the same questions: what got better or worse, by how much, and whether by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import mean
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from evals.folder import Run, brief
from evals.gold import GoldQuestion
from evals.scores import Score
from evals.stats import Difference, paired_difference
from evals.summary import LOWER_IS_BETTER as SUMMARY_LOWER
from evals.summary import answerable, value_of
from qa.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

Measure = Callable[[Score], float | None]

LEVEL = 0.05
"""Differences less likely than this by chance are called better or worse."""


# Means over questions, as ``evals.summary`` has them.
_MEANS = (
    "accuracy",
    "accuracy_answerable",
    "accuracy_unanswerable",
    "accuracy_false_premise",
    "accuracy_short",
    "accuracy_supported",
    "precision_when_answering",
    "cited_support",
    "forbidden_rate",
    "abstention_rate",
    "abstention_recall",
    "citation_recall",
    "citation_precision",
    "article_recall",
    "mrr",
    "cited_recall",
    "cited_precision",
    "answer_words",
    "quoted_words",
    "prompt_tokens",
    "failure_rate",
)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {name: partial(value_of, name=name) for name in _MEANS}
    | {
        # The figures of these names weigh each fact, claim or quote alike; here each question weighs one.
        "fact_recall": lambda one: (
            _share(sum(one.facts_held), len(one.facts_held)) if answerable(one) else None
        ),
        "unsupported_claims": lambda one: _share(one.claims_unsupported, one.claims),
        "quote_validity": lambda one: _share(one.quotes_valid, one.quotes),
        "seconds": lambda one: None if one.failed else one.seconds,
    }
)
"""What is compared, question by question; None where a measure means nothing for a question."""
LOWER_IS_BETTER = SUMMARY_LOWER | {"seconds"}
# Neither more nor less of these is better by itself.
NEUTRAL = frozenset({"abstention_rate"})


@dataclass(frozen=True, slots=True)
class Change:
    """The means of one measure over the questions that both runs have, ``n`` of them."""

    measure: str
    before: float
    after: float
    n: int
    difference: Difference

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``other``, ``same``, or ``chance``: the difference may well be by chance."""
        if self.before == self.after:
            return "same"
        if self.difference.p >= LEVEL:
            return "chance"
        if self.measure in NEUTRAL:
            return "other"
        return "better" if (self.after > self.before) != (self.measure in LOWER_IS_BETTER) else "worse"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that only one of the runs answered rightly. ``lost``: at which stage the other lost it."""

    gold: GoldQuestion
    better: bool
    before: str
    after: str
    lost: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the questions of ``a`` in ``b``.

    other: ids that are not compared, because only one run has them or their gold is another.
    """

    a: Run
    b: Run
    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]
    other: tuple[str, ...]


def compare(a: Run, b: Run) -> Comparison:
    """Compares the questions that both runs were asked. Raises UsageError where there is none."""
    both = [name for name in a.scores if name in b.scores and _same(a.golds.get(name), b.golds.get(name))]
    if not both:
        raise UsageError(f"{a.path} and {b.path} have no question in common; compare runs of one gold file")
    changes = [
        change
        for name, measure in MEASURES.items()
        if (change := _change(name, measure, [(a.scores[one], b.scores[one]) for one in both]))
    ]
    flips = [_flip(a, b, one) for one in both if a.scores[one].correct != b.scores[one].correct]
    other = dict.fromkeys([*a.scores, *b.scores]).keys() - set(both)
    order = sorted(flips, key=lambda flip: flip.better)
    return Comparison(a, b, tuple(changes), tuple(order), tuple(sorted(other)))


def _same(one: GoldQuestion | None, other: GoldQuestion | None) -> bool:
    if one is None or other is None:
        return False
    return (one.question, one.type, one.facts, one.forbidden) == (
        other.question,
        other.type,
        other.facts,
        other.forbidden,
    )


def _change(name: str, measure: Measure, pairs: Sequence[tuple[Score, Score]]) -> Change | None:
    """None where the measure means something for no question of both runs."""
    values = [(measure(before), measure(after)) for before, after in pairs]
    known = [(before, after) for before, after in values if before is not None and after is not None]
    if not known:
        return None
    before, after = [one for one, _ in known], [one for _, one in known]
    return Change(name, mean(before), mean(after), len(known), paired_difference(before, after))


def _flip(a: Run, b: Run, name: str) -> Flip:
    before, after = a.scores[name], b.scores[name]
    worse = before if after.correct else after
    return Flip(a.golds[name], after.correct, said(a, name), said(b, name), worse.lost or worse.failed)


def said(run: Run, name: str) -> str:
    """What a run answered, in words."""
    row = run.answers.get(name, {})
    if "answer" not in row:
        return f"(failed: {row.get('failed', 'no answer')})"
    return f"(withheld) {row['answer']}" if row["abstained"] else str(row["answer"])


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """What was another thing about two runs, from their ``run.json``, a line each."""
    lines = []
    for name in ("gold", "articles", "model", "embedding", "settings", "code", "commit"):
        was, now = a.get(name), b.get(name)
        if was == now:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
            lines += [f"{name}.{key}: {brief(was.get(key))} -> {brief(now.get(key))}" for key in keys]
        else:
            lines.append(f"{name}: {brief(was)} -> {brief(now)}")
    return lines


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison for programs."""
    return {
        "a": str(comparison.a.path),
        "b": str(comparison.b.path),
        "differences": differences(comparison.a.about, comparison.b.about),
        "changes": [
            {
                "measure": one.measure,
                "before": one.before,
                "after": one.after,
                "n": one.n,
                **asdict(one.difference),
                "verdict": one.verdict,
            }
            for one in comparison.changes
        ],
        "flips": [
            {
                "id": one.gold.id,
                "type": one.gold.type,
                "question": one.gold.question,
                "gold": one.gold.answer,
                "became": "right" if one.better else "wrong",
                "before": one.before,
                "after": one.after,
                "lost": one.lost,
            }
            for one in comparison.flips
        ],
        "not_compared": list(comparison.other),
    }


def show(comparison: Comparison, out: Console) -> None:
    """The comparison for people: differences of the runs, measures, and both answers to what flipped."""
    from qa.render import put

    a, b = comparison.a, comparison.b
    before, after = _names(a, b)
    put(out, (f"{before} -> {after}", "bold"))
    for line in differences(a.about, b.about) or ["the same questions, articles, model, settings and code"]:
        put(out, line, indent=2, style="dim")
    if comparison.other:
        put(out, f"{len(comparison.other)} questions are not compared: only one run has them", indent=2)
    out.print()
    # A file has room for what a terminal would cut.
    out.print(_measures(comparison.changes), width=None if out.is_terminal else 110)
    for better in (False, True):
        flips = [one for one in comparison.flips if one.better is better]
        became = "Right now, wrong before" if better else "Wrong now, right before"
        out.print()
        put(out, (f"{became}: {len(flips)}", "bold"))
        for flip in flips:
            _show_flip(flip, before, after, out)


def _names(a: Run, b: Run) -> tuple[str, str]:
    """What to call two runs: by their folders, with the one above where these have the same name."""
    if a.name != b.name:
        return a.name, b.name
    return f"{a.path.resolve().parent.name}/{a.name}", f"{b.path.resolve().parent.name}/{b.name}"


def _measures(changes: Sequence[Change]) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("measure", no_wrap=True)
    for name in ("before", "after", "change", "95% interval", "p", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for one in changes:
        d = one.difference
        table.add_row(
            one.measure,
            _figure(one.before),
            _figure(one.after),
            _figure(d.delta, sign="+"),
            f"{_figure(d.low, sign='+')}…{_figure(d.high, sign='+')}",
            f"{d.p:.3f}",
            str(one.n),
            one.verdict,
        )
    return table


def _figure(value: float, sign: str = "") -> str:
    """Shares with three decimals, large numbers with fewer."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 3
    return f"{value:{sign}.{decimals}f}"


def _show_flip(flip: Flip, before: str, after: str, out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from qa.render import put
    from qa.terminal import safe

    gold = flip.gold
    out.print()
    put(out, (f"{gold.id} ", "bold"), f"{gold.type}: {gold.question}")
    put(out, f"gold: {gold.answer or '(no answer)'}; lost in: {flip.lost}", indent=2, style="dim")
    table = Table(box=None, padding=(0, 2, 0, 2), expand=True, header_style="dim")
    for name in (before, after):
        table.add_column(Text(safe(name)), ratio=1)
    table.add_row(Text(safe(flip.before)), Text(safe(flip.after)))
    out.print(table)
