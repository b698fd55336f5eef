"""What became of a gate: a table for people, JSON, and Markdown for a comment on a pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.gate import Result
from evals.report_markdown import escaped

if TYPE_CHECKING:
    from rich.console import Console

JSON, MARKDOWN = "gate.json", "gate.md"


def to_dict(results: Sequence[Result]) -> dict[str, Any]:
    """The verdict for programs."""
    return {
        "kept": all(one.kept for one in results),
        "sets": [
            {
                "name": one.set.name,
                "kept": one.kept,
                "skipped": one.skipped,
                "rows": [
                    {"what": row.what, "wanted": row.wanted, "found": row.found, "kept": row.kept}
                    for row in one.rows
                ],
            }
            for one in results
        ],
    }


def print_results(results: Sequence[Result], out: Console) -> None:
    """A table for each set; what falls short is marked."""
    from rich.table import Table
    from rich.text import Text

    from qa.render import put
    from qa.terminal import safe

    for one in results:
        put(out, (one.set.name, "bold"), f": {words(one)}")
        if not one.rows:
            continue
        table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
        for head in ("what", "wanted", "found", ""):
            table.add_column(head, overflow="fold")
        for row in one.rows:
            cells = (row.what, row.wanted, row.found, "kept" if row.kept else "FALLS SHORT")
            table.add_row(*(Text(safe(cell)) for cell in cells), style="" if row.kept else "bold red")
        # A file has room for what a terminal would cut.
        out.print(table, width=None if out.is_terminal else 110)


def words(result: Result) -> str:
    """What became of a set, in a few words."""
    if result.skipped:
        return result.skipped
    short = sum(not row.kept for row in result.rows)
    return f"{short} of {len(result.rows)} fall short" if short else f"all {len(result.rows)} kept"


def write(results: Sequence[Result], folder: Path) -> None:
    """Writes ``gate.json`` and ``gate.md`` beside the runs."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_dict(results), ensure_ascii=False, indent=1)
    (folder / JSON).write_text(text + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(comment(results), encoding="utf-8")


def comment(results: Sequence[Result]) -> str:
    """The verdict as Markdown, what fell short first, then each set's figures folded away."""
    lines = [f"## qa eval gate: {'kept' if all(one.kept for one in results) else 'falls short'}", ""]
    for one in results:
        lines += [f"**{escaped(one.set.name)}**: {escaped(words(one))}", ""]
        if short := [row for row in one.rows if not row.kept]:
            lines += ["| what | wanted | found |", "|---|---|---|"]
            lines += [
                f"| {escaped(row.what)} | {escaped(row.wanted)} | {escaped(row.found)} |" for row in short
            ]
            lines.append("")
    for one in results:
        if one.measured is not None:
            head = f"<details><summary>{escaped(one.set.name)}: all figures</summary>"
            lines += [head, "", one.measured.markdown, "</details>", ""]
    return "\n".join(lines)
