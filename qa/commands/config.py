"""``qa config``: the effective settings and where each came from."""

from __future__ import annotations

import json

import typer

from qa.commands import JsonOption, settings


def config(ctx: typer.Context, json_: JsonOption = False) -> None:
    """Print the effective settings and where each came from; keys are masked."""
    from qa.config import KEYS, shown
    from qa.terminal import safe

    effective = settings(ctx)
    if json_:
        rows = {name: {"value": shown(effective, name), "from": effective.where(name)} for name in KEYS}
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    values = {name: safe(_words(shown(effective, name))) for name in KEYS}
    width = max(map(len, values.values()))
    for name, value in values.items():
        typer.echo(f"{name:<20} {value:<{width}}  {safe(effective.where(name))}")


def _words(value: str | int | float | bool | None) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)
