"""The reports of a run, beside its answers: JSON, Markdown, JUnit XML and one self-contained HTML page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.folder import ABOUT, Run
from evals.scores import Estimate, Score
from evals.summary import NAMES, summarise, summarise_by_type

if TYPE_CHECKING:
    from rich.console import Console

    from evals.judge import Opinion

SUMMARY, MARKDOWN, JUNIT, PAGE = "summary.json", "report.md", "junit.xml", "report.html"

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Answers": (
        "accuracy",
        "accuracy_answerable",
        "accuracy_short",
        "accuracy_supported",
        "precision_when_answering",
        "fact_recall",
        "forbidden_rate",
    ),
    "Abstention": (
        "abstention_rate",
        "abstention_precision",
        "abstention_recall",
        "accuracy_unanswerable",
        "accuracy_false_premise",
    ),
    "Citations": (
        "quote_validity",
        "unsupported_claims",
        "citation_recall",
        "citation_precision",
        "cited_support",
        "cited_fact_recall",
        "cited_recall",
        "cited_precision",
    ),
    "Retrieval": ("article_recall", "mrr"),
    "Length, time and cost": (
        "answer_words",
        "quoted_words",
        "latency_p50",
        "latency_p95",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "failure_rate",
    ),
}
# What a figure is measured in, where it is no share.
UNITS = {
    "answer_words": "words",
    "quoted_words": "words",
    "latency_p50": "s",
    "latency_p95": "s",
    "prompt_tokens": "tokens",
    "completion_tokens": "tokens",
    "cost_usd": "$",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A run with its figures; ``opinion`` is the judge's, where one was asked."""

    run: Run
    figures: Mapping[str, Estimate]
    by_type: Mapping[str, Mapping[str, Estimate]]
    opinion: Opinion | None = None

    @property
    def scores(self) -> Sequence[Score]:
        """One for each question."""
        return list(self.run.scores.values())

    @property
    def wrong(self) -> list[Score]:
        """The scores of the questions that went wrong, by the stage that lost them."""
        wrong = [one for one in self.scores if not one.correct]
        return sorted(wrong, key=lambda one: (one.lost, one.id))

    @property
    def lost(self) -> dict[str, int]:
        """How many questions each stage lost, most first."""
        return dict(Counter(one.lost or "elsewhere" for one in self.wrong).most_common())

    @property
    def known_replies(self) -> int:
        """How many answers rest on a reply that was known already, so that their seconds say nothing."""
        rows = self.run.answers.values()
        return sum(bool(row.get("eval", {}).get("known_replies")) for row in rows)

    def to_dict(self) -> dict[str, Any]:
        """The contents of ``summary.json``."""
        return {
            "run": dict(self.run.about),
            "figures": {name: asdict(one) for name, one in self.figures.items()},
            "by_type": {
                kind: {name: asdict(one) for name, one in figures.items()}
                for kind, figures in self.by_type.items()
            },
            "questions": len(self.run.scores),
            "wrong": [{"id": one.id, "type": one.type, "lost": one.lost} for one in self.wrong],
            "lost": self.lost,
            "known_replies": self.known_replies,
            "judge": self.opinion.to_dict() if self.opinion else None,
        }


def of(run: Run, opinion: Opinion | None = None) -> Report:
    """The report of a finished run."""
    scores = list(run.scores.values())
    return Report(run, summarise(scores), summarise_by_type(scores), opinion)


def write(report: Report) -> dict[str, Path]:
    """Writes the four reports into the run's folder; returns their paths by kind."""
    from evals.report_html import page
    from evals.report_junit import junit
    from evals.report_markdown import markdown

    folder = report.run.path
    summary = json.dumps(report.to_dict(), ensure_ascii=False, indent=1, default=str) + "\n"
    (folder / SUMMARY).write_text(summary, encoding="utf-8")
    texts = {
        MARKDOWN: markdown(report),
        JUNIT: junit(report),
        PAGE: page(report, history(report.run)),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    kinds = {"JSON": SUMMARY, "Markdown": MARKDOWN, "JUnit": JUNIT, "HTML": PAGE}
    return {kind: folder / name for kind, name in kinds.items()}


def history(run: Run) -> list[Mapping[str, Any]]:
    """``summary.json`` of the runs of the same gold file beside this one, the oldest first, itself included.

    A folder whose summary cannot be read is left out.
    """
    found = []
    for file in run.path.resolve().parent.glob(f"*/{SUMMARY}"):
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
            if (
                summary["run"]["gold"]["file"] == run.about["gold"]["file"]
                and (file.parent / ABOUT).is_file()
            ):
                found.append((summary["run"]["started"], {**summary, "name": file.parent.name}))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [summary for _, summary in sorted(found, key=lambda pair: pair[0])]


def groups(figures: Mapping[str, Estimate]) -> dict[str, list[tuple[str, Estimate]]]:
    """The figures that have a value, in the order of reading; new ones at the end."""
    grouped = {name for names in GROUPS.values() for name in names}
    rest = tuple(name for name in NAMES if name not in grouped)
    found = {
        title: [
            (name, figures[name]) for name in names if name in figures and figures[name].value is not None
        ]
        for title, names in {**GROUPS, "Other": rest}.items()
    }
    return {title: rows for title, rows in found.items() if rows}


def shown(name: str, value: float | None) -> str:
    """A value of a figure as people read it."""
    if value is None:
        return "-"
    unit = UNITS.get(name)
    if unit is None:
        return f"{value:.3f}"
    if unit == "$":
        return f"${value:.5f}" if value else "$0"
    return f"{value:.2f} s" if unit == "s" else f"{value:.1f}"


def interval(name: str, one: Estimate) -> str:
    """The ends of the 95% interval."""
    if one.low is None:
        return "-"
    return f"{shown(name, one.low).removesuffix(' s')} – {shown(name, one.high)}"


def title(name: str) -> str:
    """A figure's name in words."""
    return {"mrr": "MRR", "latency_p50": "latency, median", "latency_p95": "latency, 95%"}.get(
        name, name.replace("_usd", "").replace("_", " ")
    )


def sentence(report: Report) -> str:
    """How a run went, in one sentence."""
    right = sum(one.correct for one in report.scores)
    words = f"{right} of {len(report.scores)} right"
    lost = ", ".join(f"{stage} {count}" for stage, count in report.lost.items())
    return f"{words}; lost in: {lost}." if lost else f"{words}."


def print_figures(report: Report, out: Console) -> None:
    """The figures with their intervals, then accuracy by type, on a terminal."""
    from rich.table import Table

    from qa.render import put

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("figure", no_wrap=True)
    for head in ("value", "95% interval", "n"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, rows in groups(report.figures).items():
        table.add_row(name, style="bold")
        for figure, one in rows:
            table.add_row(f"  {title(figure)}", shown(figure, one.value), interval(figure, one), str(one.n))
    table.add_row("Accuracy by type", style="bold")
    for kind, figures in report.by_type.items():
        one = figures["accuracy"]
        table.add_row(f"  {kind}", shown("accuracy", one.value), interval("accuracy", one), str(one.n))
    out.print(table)
    put(out, sentence(report))
    if report.known_replies:
        put(out, f"{report.known_replies} answers rest on known replies: their seconds say nothing.")
    if report.opinion:
        put(out, report.opinion.words())
