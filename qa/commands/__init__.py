"""The commands of ``qa``, one module each, and the options that they share.

A module here is imported whenever ``qa`` starts, so at its top it imports nothing heavy.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.wiring import OnMissing

IndexOption = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="Folder of the index.", show_default=False)
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="auto, local:NAME, or a name the model's service knows.",
        show_default=False,
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="Address of an OpenAI-compatible service.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Pull missing models without asking.")]


def settings(ctx: typer.Context, **flags: Any) -> Settings:
    """The effective settings: ``flags`` of the command over those given before its name, over the rest.

    Flags are settings by name (``index``, ``model``, ``base_url``, ``k`` …); None means not given.
    """
    from qa import config

    shared: dict[str, Any] = dict((ctx.obj or {}).get("flags", {}))
    file: Path | None = shared.pop("config", None)
    shared.update({name: value for name, value in flags.items() if value is not None})
    return config.load(shared, file=file)


def pulling(effective: Settings, yes: bool) -> OnMissing:
    """What to do about missing weights: pull them with ``yes`` or when the user at the terminal agrees.

    Elsewhere the ModelMissing is raised, which says how to pull them.
    """
    from qa.errors import ModelMissing

    def on_missing(missing: ModelMissing) -> None:
        interactive = sys.stdin.isatty() and sys.stderr.isatty()
        if not yes and not (interactive and typer.confirm(f"{missing}. Do that now?", err=True)):
            raise missing
        from qa.commands.models import fetch

        fetch([missing.name], effective)

    return on_missing
