"""A run as Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evals.report import groups, interval, sentence, shown, title
from qa.terminal import safe

if TYPE_CHECKING:
    from evals.report import Report

MOST = 20
"""Wrong answers that are shown."""
LONGEST = 400
# Whatever could become markup, a link, a mention or a reference to an issue.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~@:&$]|(?<=\bwww)\.)", re.IGNORECASE)


def escaped(text: str, longest: int = LONGEST) -> str:
    """Text of an article or a model as it may stand in Markdown: one line, nothing in it is markup."""
    words = " ".join(safe(text).split())
    cut = words if len(words) <= longest else f"{words[:longest].rstrip()} …"
    return _MARKUP.sub(lambda match: f"&#{ord(match[1])};", cut)


def markdown(report: Report) -> str:
    """The whole comment."""
    about = report.run.about
    code = about["commit"] or about["code"][:12]
    lines = [
        f"### qa eval: {escaped(about['gold']['file'])}",
        "",
        f"{escaped(sentence(report))} Model {escaped(about['model'])}, code {escaped(code)}.",
        "",
        "| figure | value | 95% interval | n |",
        "|---|---:|---:|---:|",
    ]
    for name, rows in groups(report.figures).items():
        lines.append(f"| **{escaped(name)}** | | | |")
        lines += [
            f"| {escaped(title(figure))} | {shown(figure, one.value)} | {interval(figure, one)} | {one.n} |"
            for figure, one in rows
        ]
    lines += ["", "| type | accuracy | 95% interval | n |", "|---|---:|---:|---:|"]
    for kind, figures in report.by_type.items():
        one = figures["accuracy"]
        lines.append(
            f"| {escaped(kind)} | {shown('accuracy', one.value)} | {interval('accuracy', one)} | {one.n} |"
        )
    if report.opinion:
        lines += ["", escaped(report.opinion.words())]
    return "\n".join([*lines, *_wrong(report)]) + "\n"


def _wrong(report: Report) -> list[str]:
    if not report.wrong:
        return []
    head = f"<details><summary>{len(report.wrong)} wrong answers</summary>"
    lines = ["", head, "", "| id | question | gold | said | lost in |", "|---|---|---|---|---|"]
    for score in report.wrong[:MOST]:
        gold, row = report.run.golds[score.id], report.run.answers.get(score.id, {})
        said = row.get("answer") or f"failed: {score.failed}"
        cells = (score.id, gold.question, gold.answer or "no answer", said, score.lost)
        lines.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    rest = len(report.wrong) - MOST
    return [*lines, *([f"| … | and {rest} more | | | |"] if rest > 0 else []), "", "</details>"]
