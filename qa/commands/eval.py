"""``qa eval``: gold questions asked and scored, runs compared and explained, and the gate.

Nothing but this module imports ``evals``, and only when one of its commands is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from qa.commands import BaseUrlOption, IndexOption, JsonOption, ModelOption, YesOption, settings
from qa.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from evals.asking import Setup
    from evals.goldfile import Gold
    from evals.judge import Opinion
    from qa.batch import Outcome
    from qa.commands._asking import Narrator
    from qa.config import Settings

BUG, FELL_SHORT, SERVICE = 1, 5, 6
RUNS = Path("eval-runs")
DEFAULT = "run"


class _Group(TyperGroup):
    """What is no command's name is a gold file to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Group,
    help="Ask gold questions, score the answers, compare runs. 'qa eval GOLD' is 'qa eval run GOLD'.",
    no_args_is_help=True,
)

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.", show_default=False)]
OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of the run; a run that is there is gone on with.", show_default=False
    ),
]


@app.command(DEFAULT)
def run(
    ctx: typer.Context,
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD", help="Gold file of questions (JSONL).", show_default=False)
    ],
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Index these articles for the run.", show_default=False),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Quotations only.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first questions.", show_default=False)
    ] = None,
    id_: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="Only this question; may be repeated.", show_default=False),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", help="Questions asked at the same time.", show_default=False),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Also ask this model about each fact.", show_default=False),
    ] = None,
    today: Annotated[
        str, typer.Option(metavar="DATE", help="Day that 'yesterday' counts from.", show_default=False)
    ] = "",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Ask the model even if its reply is known: for true times.")
    ] = False,
    out: OutOption = None,
    json_: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Ask the questions of a gold file and score the answers; reports are written into the run's folder.

    Exit code 6 when the model's service failed, 1 when a question failed for another reason.
    """
    from evals import goldfile, report
    from qa.commands._asking import Narrator, day
    from qa.terminal import console

    if corpus is not None and index is not None:
        raise UsageError("give either --corpus DIR or --index DIR, not both")
    cache = False if no_cache else None
    effective = settings(ctx, index=index, model=model, base_url=base_url, jobs=jobs, cache=cache)
    briefs = goldfile.kind_of(gold) == "briefs"
    asked: dict[str, Any] = {"limit": limit, "ids": id_ or ()}
    counted = day(today, "--today") if today else None
    folder = out or RUNS / gold.stem / _stamp()
    with Narrator(console(effective.color, stderr=True)) as narrator:
        if briefs:
            with _setup(effective, corpus, folder, no_model=no_model, yes=yes, narrator=narrator) as setup:
                code = _briefs(gold, replace(setup, today=counted), folder, asked, narrator, as_json=json_)
            raise typer.Exit(code)
        chosen = goldfile.read_gold(gold, **asked)
        with _setup(effective, corpus, folder, no_model=no_model, yes=yes, narrator=narrator) as setup:
            outcome, finished = _asked(replace(setup, today=counted), chosen, folder, narrator)
        opinion = None
        if judge and finished is not None:
            opinion = _judged(replace(effective, model=judge), finished, yes, narrator)
        if finished is not None:
            made = report.of(finished, opinion)
            paths = report.write(made)
            _print(made, json_, console(effective.color))
            narrator.say(f"the run is in {folder}; to read: {paths['HTML']}")
    if outcome.left:
        narrator.say(f"{outcome.left} questions are left; the same command with --out {folder} goes on")
    if code := _exit_code(outcome, finished):
        raise typer.Exit(code)


def _briefs(
    gold: Path, setup: Setup, folder: Path, asked: dict[str, Any], narrator: Narrator, *, as_json: bool
) -> int:
    """Makes and scores briefs, prints the figures, and returns the exit code."""
    from evals import brief_runs
    from evals.score_briefs import overall
    from qa.render import put
    from qa.terminal import console

    made = brief_runs.run_briefs(
        gold,
        setup,
        folder,
        **asked,
        say=narrator.say,
        report=lambda done, of: narrator.doing(f"{done} of {of} briefs made"),
    )
    narrator.pause()
    if as_json:
        typer.echo((folder / brief_runs.SUMMARY).read_text(encoding="utf-8").rstrip())
    else:
        for line in overall(made.scores).splitlines():
            put(console(setup.settings.color), line)
    narrator.say(f"the run is in {folder}; what was lost, and where: {folder / brief_runs.LOST}")
    return BUG if made.failed else 0


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d_%H%M%S")


def _print(made: Any, as_json: bool, out: Console) -> None:
    from evals import report

    if as_json:
        typer.echo(json.dumps(made.to_dict(), ensure_ascii=False, default=str))
    else:
        report.print_figures(made, out)


def _exit_code(outcome: Outcome, finished: Any) -> int:
    if outcome.left:
        return SERVICE
    failed = [one.failed for one in finished.scores.values() if one.failed]
    if any(words.startswith("Service") for words in failed):
        return SERVICE
    return BUG if failed else 0


@contextmanager
def _setup(
    effective: Settings, corpus: Path | None, folder: Path, *, no_model: bool, yes: bool, narrator: Narrator
) -> Iterator[Setup]:
    """What the questions are asked with: the index, or one made of the corpus in the run's folder."""
    from evals.asking import Setup
    from evals.folder import INDEX
    from qa import wiring
    from qa.commands._asking import language_model, pulling_quietly

    missing = pulling_quietly(effective, yes, narrator)
    if corpus is not None:
        from index.load import LoadOptions
        from qa.commands._adding import take_in

        if not corpus.exists():
            raise UsageError(f"there is no corpus at {corpus}; check the path given with --corpus")
        effective = replace(effective, index=folder / INDEX)
        take_in(effective, [str(corpus)], LoadOptions(), wiring.embedder(effective, on_missing=missing))
    narrator.doing("opening the index")
    with wiring.retriever(effective, on_missing=missing) as retriever:
        model = None if no_model else language_model(effective, missing, narrator)
        yield Setup(effective, retriever, model, wiring.reader(effective))


def _asked(setup: Setup, gold: Gold, folder: Path, narrator: Narrator) -> tuple[Outcome, Any]:
    """How the run went, and the finished run; None where questions are left."""
    from evals import runner
    from evals.asking import article_text, asking
    from evals.folder import Writer
    from evals.goldfile import check_gold
    from qa.commands._batching import shown
    from qa.terminal import console

    text = article_text(setup.retriever.catalog)
    check_gold(gold, text)
    screen = console(setup.settings.color, stderr=True)
    with Writer(folder, setup.about(gold), gold.questions) as writer:
        narrator.pause()
        left = len(writer.left)
        if before := len(gold.questions) - left:
            narrator.say(f"{before} of {len(gold.questions)} questions are answered already")
        with shown(screen, left, folder) as (report, say):
            outcome = runner.run(asking(setup), writer, jobs=setup.settings.jobs, say=say, report=report)
        return outcome, None if outcome.left else runner.finish(writer, text)


def _judged(effective: Settings, finished: Any, yes: bool, narrator: Narrator) -> Opinion:
    from evals.judge import judge
    from qa import wiring
    from qa.commands._asking import pulling_quietly

    narrator.doing("starting the judge")
    missing = pulling_quietly(effective, yes, narrator)
    model = wiring.chat_model(effective, on_missing=missing, on_retry=narrator.say)
    return judge(finished, model, report=lambda done, of: narrator.doing(f"judging fact {done} of {of}"))


@app.command()
def compare(ctx: typer.Context, a: RunArgument, b: RunArgument, json_: JsonOption = False) -> None:
    """What got better and worse from run A to run B, and the answers to the questions that flipped."""
    from evals import compare as comparing
    from evals.folder import load
    from qa.terminal import console

    found = comparing.compare(load(a), load(b))
    if json_:
        typer.echo(json.dumps(comparing.to_dict(found), ensure_ascii=False))
    else:
        comparing.show(found, console(settings(ctx).color))


@app.command()
def show(
    ctx: typer.Context,
    run: RunArgument,
    question: Annotated[str, typer.Argument(metavar="ID", help="Id of a question.", show_default=False)],
    no_prompt: Annotated[bool, typer.Option("--no-prompt", help="Leave out the prompts.")] = False,
) -> None:
    """One question's whole way: passages, evidence, prompt, reply, each claim's fate, and the score."""
    from evals import show as showing
    from evals.folder import load
    from qa.terminal import console

    showing.show(load(run), question, console(settings(ctx).color), prompts=not no_prompt)


@app.command()
def gate(
    ctx: typer.Context,
    sets: Annotated[
        list[str] | None, typer.Argument(metavar="SET", help="Only these sets.", show_default=False)
    ] = None,
    gate: Annotated[Path, typer.Option(metavar="FILE", help="The sets and their bounds.")] = Path(
        "evals/gate.toml"
    ),
    update: Annotated[
        bool,
        typer.Option("--update", help="Tighten the bounds to what is measured, and keep the new hashes."),
    ] = False,
    lower: Annotated[
        str,
        typer.Option(
            metavar="WHY", help="As --update, but bounds may become easier; WHY is kept.", show_default=False
        ),
    ] = "",
    record: Annotated[
        bool, typer.Option("--record", help="Record the replies of the sets that play them back.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the runs and reports.", show_default=False)
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Run the sets of a gate and hold them against their bounds; exit code 5 when one falls short."""
    from evals import gate as gates
    from evals import gate_report, gatefile
    from qa.commands._asking import Narrator
    from qa.terminal import console

    effective = settings(ctx)
    folder = out or RUNS / "gate" / _stamp()
    chosen = gates.chosen(gate, sets or [])
    screen = console(effective.color, stderr=True)
    with Narrator(screen) as narrator:
        how: dict[str, Any] = {"say": narrator.say, "shown": _passing(narrator)}
        if record:
            for group, whole in gates.together(gatefile.read(gate), chosen):
                replies = gates.record(group, effective, whole=whole, **how)
                names = ", ".join(one.name for one in group)
                narrator.say(f"{names}: {replies} replies are recorded, and what goes with them")
            return
        anew = update or bool(lower)
        results = [gates.run(one, effective, folder, update=anew, **how) for one in chosen]
        if anew:
            updates = [gates.updated(one, lower=bool(lower)) for one in results if not one.skipped]
            gatefile.write(gate, updates, lower, datetime.now(UTC).date())
            narrator.say(f"{gate} is written; look at the difference")
    gate_report.write(results, folder)
    if json_:
        typer.echo(json.dumps(gate_report.to_dict(results), ensure_ascii=False))
    else:
        gate_report.print_results(results, console(effective.color))
    if not anew and not all(one.kept for one in results):
        raise typer.Exit(FELL_SHORT)


def _passing(narrator: Narrator) -> Any:
    """A passing line on a terminal that says how many of a set are done."""
    return lambda done: narrator.doing(f"{done} done")
