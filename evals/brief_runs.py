"""Gold briefs made and scored: the folder of a run has ``run.json``, ``briefs.jsonl`` and the reports.

What goes wrong with one brief is written down and counts as an empty page, and the run goes on.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import fingerprint
from evals.asking import Setup, article_text, now
from evals.brief_scores import BriefScore, score_brief
from evals.folder import ABOUT
from evals.gold import GoldBrief, GoldInvalid, check_evidence, load_briefs
from evals.report_markdown import escaped
from evals.score_briefs import summarise_briefs, told
from evals.scores import Estimate
from qa.errors import UsageError

if TYPE_CHECKING:
    from qa.brief.make import Briefer

BRIEFS, SUMMARY, MARKDOWN, LOST = "briefs.jsonl", "summary.json", "report.md", "lost.txt"


@dataclass(frozen=True, slots=True)
class BriefRun:
    """What became of the gold briefs. failed: why a brief could not be made, by id."""

    name: str
    scores: tuple[BriefScore, ...]
    failed: Mapping[str, str]

    @property
    def figures(self) -> dict[str, Estimate]:
        """Over all briefs."""
        return summarise_briefs(self.scores)

    def markdown(self) -> str:
        """The figures for a comment on a pull request."""
        lines = [f"### qa eval: {escaped(self.name)}", "", "| figure | value | 95% interval | n |"]
        lines.append("|---|---:|---:|---:|")
        for name, one in self.figures.items():
            if one.value is not None and one.low is not None and one.high is not None:
                ends = f"{one.low:.3f} – {one.high:.3f}"
                lines.append(f"| {escaped(name)} | {one.value:.3f} | {ends} | {one.n} |")
        lines += [f"\n{escaped(name)} failed: {escaped(why)}" for name, why in self.failed.items()]
        return "\n".join(lines) + "\n"


def read_briefs(path: Path, *, limit: int | None = None, ids: Sequence[str] = ()) -> list[GoldBrief]:
    """The first gold briefs of a file, or those named. Raises UsageError (GoldInvalid)."""
    briefs = load_briefs(path)
    if unknown := set(ids) - {one.id for one in briefs}:
        raise UsageError(f"{path} has no brief {min(unknown)}; correct the ids")
    return [one for one in briefs if not ids or one.id in ids][:limit]


def run_briefs(
    path: Path,
    setup: Setup,
    folder: Path,
    *,
    limit: int | None = None,
    ids: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> BriefRun:
    """Makes and scores the briefs of a gold file, which is held against the articles first.

    report: is given how many are done, of how many. Raises UsageError where the folder is not empty.
    """
    golds, text = read_briefs(path, limit=limit, ids=ids), article_text(setup.retriever.catalog)
    if problems := check_evidence(golds, text):
        raise GoldInvalid(problems)
    if folder.exists() and any(one.name != "index" for one in folder.iterdir()):
        raise UsageError(f"{folder} is not empty, and briefs are made anew each time; give another folder")
    folder.mkdir(parents=True, exist_ok=True)
    about = {**setup.described(), "gold": {"file": path.name, "sha256": fingerprint.of_file(path)}}
    scores, failed = [], {}
    with (folder / BRIEFS).open("w", encoding="utf-8", errors="backslashreplace") as file:
        for n, (gold, row) in enumerate(_made(golds, setup), 1):
            if "failed" in row:
                failed[gold.id] = row["failed"]
                say(f"{gold.id}: {row['failed']}")
            file.write(json.dumps({"id": gold.id, **row}, ensure_ascii=False) + "\n")
            file.flush()
            scores.append(score_brief(gold, {} if "failed" in row else row, text))
            report(n, len(golds))
    done = BriefRun(path.name, tuple(scores), failed)
    _write(done, folder, {**about, "finished": now()})
    return done


def _write(done: BriefRun, folder: Path, about: Mapping[str, Any]) -> None:
    figures = {name: asdict(one) for name, one in done.figures.items()}
    whole = {"run": about, "figures": figures, "briefs": [asdict(one) for one in done.scores]}
    whole["failed"] = dict(done.failed)
    for name, value in ((ABOUT, about), (SUMMARY, whole)):
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(done.markdown(), encoding="utf-8")
    (folder / LOST).write_text("\n\n".join(map(told, done.scores)) + "\n", encoding="utf-8")


def _made(golds: Sequence[GoldBrief], setup: Setup) -> Iterator[tuple[GoldBrief, dict[str, Any]]]:
    """Each gold with its brief's JSON; an empty one where nothing is known of the topic."""
    from qa.brief.make import Briefer
    from qa.brief.notes import NoteStore

    # Nothing that was kept before: what a brief is made of is part of what is measured.
    briefer = Briefer(setup.retriever, setup.model, NoteStore(None))
    for gold in golds:
        try:
            yield gold, _brief(gold, setup, briefer)
        except Exception as error:
            # A mistake in one brief must not cost the others; what it was stands in the row.
            lines = "".join(traceback.format_exception(error))
            yield gold, {"failed": f"{type(error).__name__}: {error}", "traceback": lines}


def _brief(gold: GoldBrief, setup: Setup, briefer: Briefer) -> dict[str, Any]:
    from qa.brief.render import to_dict

    if gold.kind == "article":
        articles = [setup.retriever.catalog.article(path) for path in gold.articles]
        made = briefer.of(articles)
    else:
        made = briefer.about(gold.topic)
    return {} if made is None else to_dict(made, trace=True)
