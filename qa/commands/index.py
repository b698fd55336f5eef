"""``qa index``: articles in, and what is in the index."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.commands import IndexOption, JsonOption, YesOption, pulling, settings
from qa.commands._articles import exported, metadata, print_article, print_summary

if TYPE_CHECKING:
    from collections.abc import Iterator


app = typer.Typer(help="Add articles to the index and see what is in it.", no_args_is_help=True)

ArticleArgument = Annotated[
    str,
    typer.Argument(
        metavar="ARTICLE", help="Id, beginning of an id, or path of an article.", show_default=False
    ),
]
DAMAGED = 4


@app.command()
def add(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Files, folders, or - for standard input.", show_default=False),
    ],
    source: Annotated[str, typer.Option(help="Source of all the articles.", show_default=False)] = "",
    author: Annotated[str, typer.Option(help="Author of all the articles.", show_default=False)] = "",
    published: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Date of all the articles.", show_default=False)
    ] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Tag for all of them; may be repeated.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="In JSONL: our field is called so there; may be repeated."),
    ] = None,
    glob: Annotated[
        str, typer.Option(help="In folders take only names that match.", show_default=False)
    ] = "",
    max_bytes: Annotated[
        int | None, typer.Option(min=1, help="Skip files that are larger.", show_default=False)
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Add articles: .txt, .md, .html, .jsonl, whole folders. Adding the same again changes nothing.

    What cannot be read is told in a line and the rest is added all the same; the exit code is then 2, or 4
    when a given path is not there.
    """
    from qa import wiring
    from qa.commands import _adding

    options = _adding.load_options(source, author, published, tag, field, glob, max_bytes)
    effective = settings(ctx, index=index)
    embedder = wiring.embedder(effective, on_missing=pulling(effective, yes))
    summary = _adding.take_in(effective, paths, options, embedder)
    print_summary(summary, json_)
    if code := _adding.exit_code(summary, paths):
        raise typer.Exit(code)


@app.command("list")
def list_(ctx: typer.Context, index: IndexOption = None, json_: JsonOption = False) -> None:
    """List the articles: id, date, source, title, path. With --json one object a line."""
    from index.catalog import Catalog
    from qa.terminal import safe

    with Catalog.open(settings(ctx, index=index).index) as catalog:
        for article in catalog.list_articles():
            if json_:
                typer.echo(json.dumps(metadata(article), ensure_ascii=False))
                continue
            day = article.published.isoformat() if article.published else "no date   "
            typer.echo(
                safe(f"{article.id}  {day}  {article.source or '-'}  {article.title}  ({article.path})")
            )


@app.command()
def show(
    ctx: typer.Context,
    article: ArticleArgument,
    original: Annotated[bool, typer.Option("--original", help="The text as it was before cleaning.")] = False,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Show an article: metadata, near-duplicates, text. Boilerplate, which is not searched, is dimmed."""
    from index.catalog import Catalog
    from qa.terminal import safe

    effective = settings(ctx, index=index)
    with Catalog.open(effective.index) as catalog:
        found = catalog.article(article)
        doubles = [member for member in catalog.group_members(found.id) if member != found.id]
        if original:
            text = catalog.original(found.id)
            typer.echo(safe(text, lines=True) if sys.stdout.isatty() else text)
            return
        others = catalog.articles(doubles)
    if json_:
        value = metadata(found) | {
            "text": found.text,
            "boilerplate": [[mark.start, mark.end, mark.kind] for mark in found.boilerplate],
            "near_duplicates": doubles,
        }
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return
    print_article(found, [others[double] for double in doubles], effective.color)


@app.command()
def remove(
    ctx: typer.Context,
    articles: Annotated[
        list[str], typer.Argument(metavar="ARTICLE", help="Ids or paths.", show_default=False)
    ],
    index: IndexOption = None,
) -> None:
    """Remove articles from the index."""
    from index import build

    typer.echo(f"{build.remove(settings(ctx, index=index).index, articles)} removed")


@app.command()
def stats(ctx: typer.Context, index: IndexOption = None, json_: JsonOption = False) -> None:
    """Count what is in the index."""
    from index.catalog import Catalog
    from qa.terminal import safe

    folder = settings(ctx, index=index).index
    with Catalog.open(folder) as catalog:
        found = catalog.stats()
    days = [day.isoformat() if day else None for day in (found.first, found.last)]
    rows: dict[str, Any] = {
        "folder": str(folder),
        "articles": found.articles,
        "chunks": found.chunks,
        "chunks_without_vector": found.chunks - found.embedded,
        "tokens": found.tokens,
        "embedding": found.embedding[0] if found.embedding else None,
        "dimensions": found.embedding[1] if found.embedding else None,
        "first_day": days[0],
        "last_day": days[1],
        "undated": found.undated,
        "near_duplicate_groups": found.duplicate_groups,
        "near_duplicates": found.duplicates,
        "bytes": found.size,
        "sources": dict(found.sources),
    }
    if json_:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for name, value in rows.items():
        if name != "sources":
            typer.echo(safe(f"{name.replace('_', ' '):<22} {value if value is not None else '-'}"))
    for source, count in found.sources[:20]:
        typer.echo(safe(f"{'source':<22} {source or '(none)'}: {count}"))
    if len(found.sources) > 20:
        typer.echo(f"{'source':<22} and {len(found.sources) - 20} more")


@app.command()
def check(
    ctx: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    index: IndexOption = None,
    yes: YesOption = False,
) -> None:
    """Look for damage; one line each. Exit code 4 when there is some that was not mended."""
    from index import build, chunk
    from qa import wiring
    from qa.terminal import safe

    effective = settings(ctx, index=index)
    problems = build.check(effective.index)
    for problem in problems:
        typer.echo(safe(problem))
    if problems and repair:
        build.check(
            effective.index,
            repair=True,
            embedder=wiring.embedder(effective, on_missing=pulling(effective, yes)),
            chunker=chunk.chunk,
            embedding_text=chunk.embedding_text,
        )
        left = build.check(effective.index)
        typer.echo(f"{len(problems) - len(left)} mended, {len(left)} left")
        problems = left
    if problems:
        if not repair:
            typer.echo("qa: 'qa index check --repair' mends what can be mended", err=True)
        raise typer.Exit(DAMAGED)
    typer.echo("all is well")


@app.command()
def export(
    ctx: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write there instead of to stdout.", show_default=False),
    ] = None,
    index: IndexOption = None,
) -> None:
    """Write all articles as JSONL, in the fields that 'qa index add' takes."""
    from index.catalog import Catalog

    with Catalog.open(settings(ctx, index=index).index) as catalog:
        lines = (json.dumps(exported(article), ensure_ascii=False) for article in catalog.list_articles())
        if out is None:
            for line in lines:
                typer.echo(line)
        else:
            _write(out, lines)


def _write(out: Path, lines: Iterator[str]) -> None:
    from qa.errors import UsageError

    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
