"""Scores briefs: ``python -m evals.score_briefs GOLD BRIEFS (--corpus DIR | --index DIR) [--json OUT]``.

BRIEFS has one brief's JSON a line (or is one brief), found by ``id``, else by ``topic``. For each brief it
prints the measures (``evals.brief_scores``) and each lost nugget with where it was lost, a star marking vital
ones. Then the figures over all briefs, with 95% bootstrap intervals over the briefs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.brief_scores import BriefScore, score_brief
from evals.gold import ArticleText, GoldBrief, load_briefs
from evals.scores import Estimate
from evals.summary import mean, ratio
from qa.errors import QAError, UsageError


def summarise_briefs(scores: Sequence[BriefScore]) -> dict[str, Estimate]:
    """Figures over briefs. Nugget scores are means over topics, as TREC has them; others of sums."""

    def share(part: str, whole: str) -> Estimate:
        return ratio((float(_count(one, part)), float(_count(one, whole))) for one in scores)

    nuggets = ("strict_vital", "strict_all", "strict_weighted", "vital", "all", "weighted")
    return {
        **{name: mean(getattr(one.nuggets, name) for one in scores) for name in nuggets},
        "claims_cited": share("claims_cited", "claims"),
        "unsupported_claims": share("claims_unsupported", "claims"),
        "citation_recall": mean(one.citation_recall for one in scores),
        "citation_precision": mean(one.citation_precision for one in scores),
        "quote_validity": share("quotes_valid", "quotes"),
        "article_precision": mean(one.article_precision for one in scores),
        "article_recall": mean(one.article_recall for one in scores),
        "must_not": mean(len(one.must_not) for one in scores),
        "timeline_right": share("timeline_right", "timeline_gold"),
        "timeline_wrong": mean(len(one.timeline_wrong) for one in scores),
        "conflicts_shown": share("conflicts_shown", "conflicts_gold"),
        "conflicts_side_by_side": share("conflicts_side_by_side", "conflicts_gold"),
        "people_shown": share("people_shown", "people_gold"),
        "words": mean(one.words for one in scores),
    }


def _count(score: BriefScore, name: str) -> int:
    value: int = getattr(score, name)
    return value


def read_briefs(path: Path) -> list[dict[str, Any]]:
    """The briefs of a file: one a line, or one alone. Raises UsageError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The briefs in {path} cannot be read; give a JSONL file.") from error
    try:
        rows = [json.loads(text)]
    except ValueError:
        rows = []
        for number, line in enumerate(text.split("\n"), 1):
            try:
                rows += [json.loads(line)] if line.strip() else []
            except ValueError as error:
                raise UsageError(f"{path}:{number} is no JSON: {error}; give one brief a line.") from error
    for row in rows:
        if not isinstance(row, dict) or not (row.get("id") or row.get("topic")):
            raise UsageError(f"{path}: a brief is an object with an id or a topic; correct the file.")
    return rows


def matched(gold: Sequence[GoldBrief], briefs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """For each gold brief the one that was written for it; an empty one where there is none."""
    by_id = {one["id"]: one for one in briefs if one.get("id")}
    by_topic = {_plain(one["topic"]): one for one in briefs if one.get("topic")}
    return [by_id.get(one.id) or by_topic.get(_plain(one.topic)) or {} for one in gold]


def _plain(topic: str) -> str:
    return " ".join(topic.lower().split())


def told(score: BriefScore) -> str:
    """One brief's measures and what it lost, for people."""
    nuggets = score.nuggets
    shares = [
        f"vital {_percent(nuggets.strict_vital)}, all {_percent(nuggets.strict_all)}"
        f" (with partial support {_percent(nuggets.vital)}, {_percent(nuggets.all)})",
        f"claims {score.claims}, cited {score.claims_cited}, unsupported {score.claims_unsupported}",
        f"quotes valid {score.quotes_valid}/{score.quotes}, articles: precision"
        f" {_percent(score.article_precision)}, recall {_percent(score.article_recall)}",
        f"timeline: {score.timeline_right} right, {score.timeline_finer} finer,"
        f" {len(score.timeline_wrong)} wrong, of {score.timeline_gold}",
        f"conflicts shown {score.conflicts_shown}/{score.conflicts_gold}, side by side"
        f" {score.conflicts_side_by_side}; people {score.people_shown}/{score.people_gold},"
        f" {score.words} words",
    ]
    shares += [f"must not be there: {form}" for form in score.must_not]
    shares += [f"wrong date: {entry}" for entry in score.timeline_wrong]
    shares += [f"lost{'*' if one.nugget.vital else ' '} {one.where}: {one.nugget.text}" for one in score.lost]
    return "\n    ".join([f"{score.id}  {score.topic}", *shares])


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def overall(scores: Sequence[BriefScore]) -> str:
    """The figures over all briefs as a table, and where nuggets were lost."""
    lines = [f"{len(scores)} briefs".ljust(28) + "value      low     high"]
    for name, one in summarise_briefs(scores).items():
        cells = [
            f"{'-':>7}" if value is None else f"{value:7.3f}" for value in (one.value, one.low, one.high)
        ]
        lines.append(f"{name:24}" + "".join(cells))
    for vital, what in ((True, "vital nuggets"), (False, "okay nuggets")):
        lost = Counter(one.where for score in scores for one in score.lost if one.nugget.vital is vital)
        lines.append(
            f"{what} lost: " + (", ".join(f"{n} {where}" for where, n in lost.most_common()) or "none")
        )
    return "\n".join(lines)


def corpus_text(folder: Path) -> ArticleText:
    """Headline and text of the articles in a folder, as the index would take them in. Raises UsageError."""
    from index.load import LoadOptions, load
    from index.types import Article

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; give the one with the articles.")
    articles = [one for one in load([str(folder)], LoadOptions()) if isinstance(one, Article)]
    return {one.path: f"{one.title}\n\n{one.text}" for one in articles}.get


def index_text(folder: Path) -> ArticleText:
    """The same of the articles of an index. Raises NothingIndexed."""
    from index.catalog import Catalog

    with Catalog.open(folder) as catalog:
        return {one.path: f"{one.title}\n\n{one.text}" for one in catalog.list_articles()}.get


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.score_briefs", description="Scores briefs.")
    parser.add_argument("gold", type=Path)
    parser.add_argument("briefs", type=Path)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--corpus", type=Path, help="the folder of the articles")
    where.add_argument("--index", type=Path, help="the index of the articles")
    parser.add_argument("--json", type=Path, help="also write the measures there")
    options = parser.parse_args(arguments)
    gold = load_briefs(options.gold)
    briefs = matched(gold, read_briefs(options.briefs))
    text = corpus_text(options.corpus) if options.corpus else index_text(options.index)
    scores = [score_brief(one, brief, text) for one, brief in zip(gold, briefs, strict=True)]
    for score, brief in zip(scores, briefs, strict=True):
        print(
            told(score) if brief else f"{score.id}  {score.topic}\n    there is no brief for it", end="\n\n"
        )
    print(overall(scores))
    if options.json:
        figures = {name: asdict(one) for name, one in summarise_briefs(scores).items()}
        found = {"figures": figures, "briefs": [asdict(one) for one in scores]}
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    from index.errors import IndexFailure

    try:
        sys.exit(main())
    except (QAError, IndexFailure) as error:
        sys.exit(str(error))
