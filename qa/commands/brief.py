"""``qa brief``: a topic, or articles, as a structured page that is cited in every line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.commands import BaseUrlOption, IndexOption, ModelOption, YesOption, settings
from qa.commands._asking import (
    ABSTAINED,
    Narrator,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    filters,
    language_model,
    pulling_quietly,
)
from qa.errors import Missing, UsageError

if TYPE_CHECKING:
    from qa.brief.make import Progress
    from qa.brief.types import Brief
    from qa.config import Settings

LENGTHS = ("short", "standard", "long")
FORMATS = ("json", "md", "html")

Articles = Annotated[
    list[str] | None,
    typer.Option(
        "--article",
        "-a",
        metavar="ID",
        help="Brief these articles: id, beginning of an id, or path; may be repeated.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write there: .json, .md or .html says what.", show_default=False),
]


def brief(
    ctx: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="What to brief about.", show_default=False)
    ] = None,
    article: Articles = None,
    length: Annotated[str, typer.Option(metavar="|".join(LENGTHS), help="How long it may be.")] = "standard",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--md", help="Print Markdown.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Print one self-contained HTML page.")] = False,
    out: Out = None,
    since: SinceOption = "",
    until: UntilOption = "",
    source: SourceOption = None,
    tag: TagOption = None,
    index: IndexOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Do without a language model.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Read every article anew, and ask the model anew.")
    ] = False,
    trace: Annotated[bool, typer.Option("--trace", help="In JSON, show how it came about.")] = False,
    yes: YesOption = False,
) -> None:
    """Brief a topic, or some articles: summary, facts, timeline, people, figures, quotations, disagreements.

    Every line is cited, and held against the words of the articles. Exit code 3 when nothing is known about
    the topic.
    """
    from qa.brief.types import Length

    about = " ".join((topic or "").split())
    form = _form(out, json=json_, md=markdown, html=html)
    if not about and not article:
        raise UsageError("there is no topic; give one in quotation marks, or --article ID")
    if length not in LENGTHS:
        raise UsageError(f"--length must be {', '.join(LENGTHS)}, not {length!r}")
    chosen = filters(since, until, source, tag)
    if article and any(chosen.values()):
        raise UsageError(
            "--since, --until, --source and --tag choose articles, and so does --article: give one"
        )
    flags: dict[str, Any] = {"index": index, "model": model, "base_url": base_url}
    effective = settings(ctx, **flags, cache=False if no_cache else None)
    from qa.terminal import console

    with Narrator(console(effective.color, stderr=True)) as narrator:
        made = _make(effective, about, article, chosen, Length(length), no_model, yes, narrator)
        narrator.pause()
        if made is None:
            narrator.say(f"The articles say nothing about: {about or ', '.join(article or ())}.")
            raise typer.Exit(ABSTAINED)
        _write(made, form, out, effective, trace=trace)


def _form(out: Path | None, **flags: bool) -> str:
    """The format asked for by a flag or by the name of the file; empty for the terminal."""
    named = [name for name, given in flags.items() if given]
    if len(named) > 1:
        raise UsageError(f"give only one of {', '.join('--' + name for name in named)}")
    if named or out is None:
        return named[0] if named else ""
    suffix = {"markdown": "md", "htm": "html"}.get(out.suffix[1:].lower(), out.suffix[1:].lower())
    if suffix not in FORMATS:
        raise UsageError(f"what to write to {out} is not clear; name it .json, .md or .html, or give --md")
    return suffix


def _make(
    effective: Settings,
    topic: str,
    refs: list[str] | None,
    chosen: dict[str, Any],
    length: Any,
    no_model: bool,
    yes: bool,
    narrator: Narrator,
) -> Brief | None:
    """The brief, with its progress on stderr. Raises what ``qa.wiring`` and ``Briefer`` raise."""
    from index.types import Query
    from qa import wiring
    from qa.brief.make import Briefer
    from qa.brief.notes import NoteStore
    from qa.config import notes_folder

    missing = pulling_quietly(effective, yes, narrator)
    narrator.doing("opening the index")
    with wiring.retriever(effective, on_missing=missing) as retriever:
        articles = [retriever.catalog.article(ref) for ref in refs or ()]
        model = None if no_model else language_model(effective, missing, narrator)
        store = NoteStore(notes_folder() if effective.cache else None)
        briefer = Briefer(retriever, model, store)
        teller = _Teller(narrator)
        if articles:
            made = briefer.of(articles, topic=topic, length=length, on_progress=teller.hear)
        else:
            query = Query("", **chosen)
            made = briefer.about(topic, length=length, query=query, on_progress=teller.hear)
        if made is not None:
            teller.close(made)
        return made


class _Teller:
    """Progress in words: what is being done while it is done, and what it came to."""

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._last: Progress | None = None

    def hear(self, progress: Progress) -> None:
        self._last = progress
        counts = f" {progress.read} of {progress.articles} articles" if progress.stage == "reading" else ""
        claims = f", {progress.claims} claims kept, {progress.dropped} dropped" if progress.claims else ""
        self._narrator.doing(f"{progress.stage}{counts}{claims}")

    def close(self, made: Brief) -> None:
        last = self._last
        if last is None:
            return
        usage = made.usage
        cost = "cost unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"
        known = f" ({last.kept} known from before)" if last.kept else ""
        self._narrator.say(
            f"{last.read} of {last.articles} articles read{known}, {last.claims} claims kept, "
            f"{last.dropped} dropped, {usage.prompt_tokens} + {usage.completion_tokens} tokens, {cost}, "
            f"{made.timings.total_s:.1f} s"
        )
        for note in made.trace.notes:
            self._narrator.say(note)


def _write(made: Brief, form: str, out: Path | None, effective: Settings, *, trace: bool) -> None:
    """To the file, or to standard output; on a terminal a rendered page. Raises Missing."""
    from qa.brief import render

    if not form:
        from qa.brief.screen import print_brief
        from qa.terminal import console

        print_brief(made, console(effective.color))
        return
    if form == "json":
        text = render.to_json(made, trace=trace) + "\n"
    elif form == "md":
        text = render.to_markdown(made)
    else:
        from qa.brief.html import page

        text = page(made)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Missing(f"{out} cannot be written ({error.strerror}): give --out another file.") from None
