"""``qa cache``: the replies of models that are kept on disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from qa.commands import JsonOption, settings

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.reply_cache import ReplyCache

app = typer.Typer(help="Kept replies of models: stats, clear.", no_args_is_help=True)


@app.command()
def stats(ctx: typer.Context, json_: JsonOption = False) -> None:
    """Print how many replies are kept, their size, and where."""
    from qa.terminal import safe

    effective = settings(ctx)
    kept = _cache(effective)
    count, size = kept.stats()
    if json_:
        row = {
            "path": str(kept.path),
            "replies": count,
            "bytes": size,
            "max_bytes": effective.cache_bytes,
            "used": effective.cache,
        }
        typer.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    off = "" if effective.cache else "; not used, for the setting 'cache' is false"
    typer.echo(
        f"{count:,} {'reply' if count == 1 else 'replies'}, "
        f"{size / 1e6:,.1f} of {effective.cache_bytes / 1e6:,.0f} MB, in {safe(str(kept.path))}{off}"
    )


@app.command()
def clear(ctx: typer.Context) -> None:
    """Forget all kept replies and what briefs noted of articles; exit 4 when that fails."""
    from qa.brief.notes import NoteStore
    from qa.config import notes_folder
    from qa.errors import Missing

    count = _cache(settings(ctx)).clear()
    try:
        read = NoteStore(notes_folder()).clear()
    except OSError as error:
        raise Missing(f"{error.filename}: {error.strerror}; remove it by hand") from None
    noted = f", and the notes of {read:,} article{'s' * (read != 1)}" if read else ""
    typer.echo(f"{count:,} {'reply' if count == 1 else 'replies'} forgotten{noted}")


def _cache(effective: Settings) -> ReplyCache:
    from qa.config import replies_file
    from qa.errors import Missing
    from qa.reply_cache import ReplyCache

    def problem(line: str) -> None:
        raise Missing(f"{line.rstrip('.')}, with 'qa cache clear'")

    return ReplyCache(replies_file(), max_bytes=effective.cache_bytes, on_problem=problem)
