"""A run as one self-contained HTML page: figures, plots, and the wrong answers to read.

No script, nothing from elsewhere; whatever comes from articles, models and gold files is escaped by Jinja.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evals import plots
from evals.report import groups, interval, sentence, shown, title
from evals.show import STAGES, fact_ways
from evals.summary import answerable
from qa.terminal import safe

if TYPE_CHECKING:
    from jinja2 import Template

    from evals.folder import Run
    from evals.report import Report
    from evals.scores import Score

TILES = (
    "accuracy",
    "accuracy_answerable",
    "fact_recall",
    "abstention_recall",
    "quote_validity",
    "citation_recall",
    "article_recall",
    "latency_p50",
)
BINS = 10


def page(report: Report, history: Sequence[Mapping[str, Any]] = ()) -> str:
    """The document. ``history``: summaries of runs of the same gold file, the oldest first."""
    run = report.run
    return _template().render(
        name=run.name,
        about=run.about,
        sentence=sentence(report),
        tiles=[
            (title(name), shown(name, report.figures[name].value), interval(name, report.figures[name]))
            for name in TILES
            if report.figures[name].value is not None
        ],
        plots=_plots(report, history),
        groups={
            group: [(title(name), shown(name, one.value), interval(name, one), one.n) for name, one in rows]
            for group, rows in groups(report.figures).items()
        },
        types=_types(report),
        lost=report.lost,
        wrong=[_wrong(run, score) for score in report.wrong],
        stages=STAGES,
        opinion=report.opinion,
        known=report.known_replies,
        details=_details(run.about),
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # Control and direction-changing characters could make a page read otherwise than it is.
    environment.filters["plain"] = lambda value: safe(str(value))
    environment.filters["lines"] = lambda value: safe(str(value), lines=True)
    return environment.from_string(files("evals").joinpath("report.html.jinja").read_text(encoding="utf-8"))


def _plots(report: Report, history: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, Any]]:
    """Title, legend in words, and drawing (or words where there is nothing to draw)."""
    from markupsafe import Markup

    drawn = [
        ("Accuracy by type", "Share of right answers; the whiskers are 95% intervals.", _by_type(report)),
        (
            "Reliability",
            "Blue: answers given that were right. Orange: questions that the articles answer. "
            "Dashed: as it should be for orange. Left of the upright line answers are withheld.",
            _reliability(report),
        ),
        ("Latency", "Seconds from question to answer, known replies left out.", _latency(report)),
        (
            "History",
            "Runs of this gold file in the same folder. Blue: accuracy; orange: fact recall.",
            _history(history),
        ),
    ]
    return [(name, words, Markup(drawing)) for name, words, drawing in drawn]


def _nothing(words: str) -> str:
    return plots.tag("p", words, class_="nothing")


def _by_type(report: Report) -> str:
    rows = []
    for kind, figures in report.by_type.items():
        one = figures["accuracy"]
        if one.value is not None:
            words = safe(kind).replace("_", " ")
            rows.append(plots.Bar(words, one.value, one.low, one.high, f"n={one.n}"))
    return plots.bars(rows, "Accuracy by type of question")


def _reliability(report: Report) -> str:
    given: list[tuple[float, Score]] = []
    thresholds = set()
    for name, row in report.run.answers.items():
        notes = row.get("trace", {}).get("notes", {})
        if "probability" in notes:
            given.append((float(notes["probability"]), report.run.scores[name]))
            thresholds.add(notes.get("threshold"))
    if not given:
        return _nothing("No answer tells how probable it is.")
    right = _binned((p, one.correct) for p, one in given if not one.abstained)
    known = _binned((p, answerable(one)) for p, one in given)
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    return plots.reliability(right, known, threshold, "Observed shares over the given probability")


def _binned(pairs: Iterable[tuple[float, bool]]) -> list[plots.Point]:
    """One point for each tenth of the probability that has a question."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, true in pairs:
        bins.setdefault(min(int(p * BINS), BINS - 1), []).append((p, true))
    points = []
    for _, inside in sorted(bins.items()):
        x = sum(p for p, _ in inside) / len(inside)
        y = sum(true for _, true in inside) / len(inside)
        size = 2.5 + min(5.0, len(inside) ** 0.5 / 2)
        points.append(
            plots.Point(x, y, f"{len(inside)} questions: {x:.2f} given, {y:.2f} observed", size=size)
        )
    return points


def _latency(report: Report) -> str:
    run = report.run
    asked = [
        name
        for name, row in run.answers.items()
        if "answer" in row and not row.get("eval", {}).get("known_replies")
    ]
    seconds = sorted(run.scores[name].seconds for name in asked)
    if not seconds:
        return _nothing("Every answer rests on a known reply, so that there is no time to show.")
    middle, high = (seconds[min(int(len(seconds) * share), len(seconds) - 1)] for share in (0.5, 0.95))
    marks = [(middle, f"median {middle:.2f} s"), (high, f"95%: {high:.2f} s")]
    return plots.histogram(seconds, marks, "How many questions took how many seconds")


def _history(history: Sequence[Mapping[str, Any]]) -> str:
    if len(history) < 2:
        return _nothing("There is one run so far.")
    names = [safe(str(one["name"])) for one in history]
    series = []
    for figure in ("accuracy", "fact_recall"):
        points = []
        for n, summary in enumerate(history):
            one = summary["figures"].get(figure, {})
            if one.get("value") is not None:
                tip = f"{names[n]}: {title(figure)} {one['value']:.3f}"
                ends = (one["low"], one["high"]) if figure == "accuracy" else (None, None)
                points.append(plots.Point(float(n), one["value"], tip, *ends))
        series.append(points)
    return plots.over_time(series, names, "Accuracy and fact recall over the runs")


def _types(report: Report) -> list[tuple[str, int, list[str]]]:
    rows = []
    for kind, figures in report.by_type.items():
        names = ("accuracy", "fact_recall", "abstention_rate", "cited_support", "article_recall")
        cells = [shown(name, figures[name].value) for name in names]
        rows.append((kind, figures["accuracy"].n, cells))
    return rows


def _wrong(run: Run, score: Score) -> dict[str, Any]:
    gold, row = run.golds[score.id], run.answers.get(score.id, {})
    trace = row.get("trace", {})
    return {
        "gold": gold,
        "score": score,
        "row": row,
        "facts": [(" / ".join(way.forms), way.held, way.lost) for way in fact_ways(gold, row)],
        "checks": trace.get("checks", ()),
        "evidence": trace.get("evidence", ()),
        "passages": list(dict.fromkeys(one["path"] for one in trace.get("passages", ()))),
    }


def _details(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was run, as names and values."""
    rows = []
    for name, value in about.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}.{key}", str(inner)) for key, inner in value.items()]
        else:
            rows.append((name, str(value)))
    return rows
