"""What ``qa ask --batch`` does between its options and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from qa.answer import Question
    from qa.batch import Outcome
    from qa.config import Settings

BAD_INPUT, SERVICE = 2, 6
_LINES = 20


def answer_file(
    effective: Settings,
    name: str,
    template: Question,
    *,
    out: Path | None,
    limit: int | None,
    per_minute: float,
    yes: bool,
    no_model: bool,
    trace: bool,
) -> int:
    """Answers the questions of a file and returns the exit code; what is already in ``out`` stays."""
    from qa import batch, batch_files
    from qa.commands._asking import Narrator, answerer
    from qa.render import to_json
    from qa.terminal import console

    if out is not None and name != "-" and out.exists() and Path(name).exists() and out.samefile(name):
        raise UsageError(f"--batch and --out are the same file, {out}; give --out another one")
    screen = console(effective.color, stderr=True)
    with Narrator(screen) as narrator:
        questions, faults = batch_files.read(name, template)
        for fault in faults:
            narrator.say(f"{fault}; the line is skipped")
        chosen = questions[:limit]
        done = batch_files.answered(out) if out else {}
        asked = batch_files.remaining(chosen, done, out) if out else chosen
        outcome = batch.Outcome()
        if asked:
            with (
                batch_files.written(out) as write,
                answerer(effective, yes=yes, no_model=no_model, narrator=narrator) as ready,
            ):
                narrator.pause()
                with shown(screen, len(asked), out) as (report, say):
                    outcome = batch.run(
                        asked,
                        ready.ask,
                        lambda answer: write(to_json(answer, trace=trace)),
                        say=say,
                        report=report,
                        jobs=effective.jobs,
                        pace=batch.Pace(per_minute),
                    )
        narrator.say(_summary(outcome, len(chosen) - len(asked), len(faults)))
    if outcome.failed or outcome.left:
        return SERVICE
    return BAD_INPUT if faults else 0


def _summary(outcome: Outcome, before: int, faults: int) -> str:
    counts = {
        "answered": outcome.answered,
        "without a supported answer": outcome.abstained,
        "failed": outcome.failed,
        "not asked": outcome.left,
        "answered before": before,
        "malformed": faults,
    }
    words = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    again = (
        "; the same command with --out asks the missing ones again" if outcome.failed + outcome.left else ""
    )
    return f"{words or 'no questions'}{again}"


@contextmanager
def shown(
    screen: Console, total: int, out: Path | None
) -> Iterator[tuple[Callable[[Outcome], None], Callable[[str], None]]]:
    """How far it is: a bar on a terminal that does not get the answers as well, else now and then a line."""
    from qa.terminal import safe

    if not screen.is_terminal:
        step = max(1, total // _LINES)

        def line(outcome: Outcome) -> None:
            if outcome.done % step == 0 or outcome.done == total:
                screen.print(f"{outcome.done} of {total} questions")

        yield line, lambda words: screen.print(f"qa: {safe(words)}")
        return
    if out is None and sys.stdout.isatty():
        yield lambda outcome: None, lambda words: screen.print(f"qa: {safe(words)}")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("answering"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Standard output carries the answers; by default the bar would take it over.
    with Bar(*columns, console=screen, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("answering", total=total)
        yield (
            lambda outcome: bar.update(task, completed=outcome.done),
            lambda words: bar.console.print(f"qa: {safe(words)}"),
        )
