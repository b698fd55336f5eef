"""``qa models``: the weights that can be had, and those that are here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from qa.commands import JsonOption, settings

if TYPE_CHECKING:
    from pathlib import Path

    from qa.config import Settings
    from qa.models import Progress
    from qa.weights import Entry

app = typer.Typer(help="Local models: list, pull, verify.", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Models; without any, the default ones.")
]


@app.command("list")
def list_models(ctx: typer.Context, json_: JsonOption = False) -> None:
    """List the models that can be pulled, and which of them are here."""
    from qa import models

    effective = settings(ctx)
    root = effective.models_dir
    there = {name: models.installed(name, root) for name in models.catalog()}
    if json_:
        rows = [
            {
                "name": entry.name,
                "purpose": entry.purpose,
                "bytes": entry.bytes,
                "licence": entry.licence,
                "description": entry.description,
                "installed": there[entry.name],
                "default": entry.default,
                "folder": str(models.folder(entry.name, root)),
                "forms": {made.form: models.installed(made.form, root) for made in entry.derived},
            }
            for entry in models.catalog().values()
        ]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    _print_table(list(models.catalog().values()), there, effective)


def _print_table(entries: Sequence[Entry], there: dict[str, bool], effective: Settings) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from qa import models
    from qa.terminal import console

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "purpose", "size", "licence", "here", "default"):
        table.add_column(heading, justify="right" if heading == "size" else "left", no_wrap=True)
    for entry in entries:
        table.add_row(
            entry.name,
            entry.purpose,
            f"{entry.bytes / 1e6:,.0f} MB",
            entry.licence,
            "yes" if there[entry.name] else "no",
            "yes" if entry.default else "",
        )
        for made in entry.derived:
            here = "yes" if models.installed(made.form, effective.models_dir) else "no"
            default = "yes" if entry.default else ""
            table.add_row(made.form, entry.purpose, "made of it", entry.licence, here, default)
    console(effective.color).print(table)


@app.command()
def pull(ctx: typer.Context, names: Names = None) -> None:
    """Fetch models and check them; an interrupted pull goes on where it stopped."""
    effective = settings(ctx)
    for name, place in fetch(_chosen(names), effective).items():
        typer.echo(f"{name}\t{place}")


@app.command()
def verify(ctx: typer.Context, names: Names = None) -> None:
    """Hash the files of models again and compare with the catalog."""
    from qa import models
    from qa.errors import Missing

    root = settings(ctx).models_dir
    faults: list[str] = []
    for name in _chosen(names):
        found = models.verify(name, root)
        typer.echo(f"{name}\t{'; '.join(found) if found else 'good'}")
        faults += [name] if found else []
    if faults:
        raise Missing(f"not as they should be: {', '.join(faults)}; run 'qa models pull {' '.join(faults)}'")


@app.command()
def path(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="A model.")]) -> None:
    """Print where a model's weights are; exit 4 when they are not there."""
    from qa import models

    typer.echo(models.path(name, settings(ctx).models_dir))


def _chosen(names: Sequence[str] | None) -> list[str]:
    """The catalog's names for those given, each once; a wrong one is reported before anything is done."""
    from qa import models

    entries = [models.find(name) for name in names] if names else models.defaults()
    return list(dict.fromkeys(entry.name for entry in entries))


def fetch(names: Sequence[str], effective: Settings) -> dict[str, Path]:
    """Pull models one after the other, with progress and notes on stderr; where each one is, by name."""
    from qa import models
    from qa.terminal import safe

    places, notes = {}, list[str]()
    for name in names:
        with _progress(name, effective.color) as report:
            places[name] = models.pull(name, effective.models_dir, report, notes.append)
    for note in notes:
        typer.echo(f"qa: {safe(note)}", err=True)
    return places


@contextmanager
def _progress(name: str, color: str) -> Iterator[Progress]:
    """Reports a pull: a bar on a terminal; elsewhere a line at each new step and each tenth of the way."""
    from qa.terminal import console

    screen = console(color, stderr=True)
    if not screen.is_terminal:
        said: set[tuple[str, int]] = set()

        def lines(done: int, total: int, doing: str) -> None:
            if (step := (doing, 10 * done // total)) not in said:
                said.add(step)
                screen.print(f"{name}: {doing}, {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

        yield lines
        return

    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(TextColumn("{task.description}"), *columns, console=screen) as bar:
        task = bar.add_task(name)

        def draw(done: int, total: int, doing: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{name}: {doing}")

        yield draw
