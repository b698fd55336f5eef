"""``qa search``: the passages that suit a question, best first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.commands import IndexOption, JsonOption, YesOption, settings
from qa.commands._asking import (
    ABSTAINED,
    KOption,
    Narrator,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    filters,
    pulling_quietly,
)
from qa.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from index.types import Passage, Span


def search(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(metavar="WORDS", help="What to look for.", show_default=False)],
    k: KOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    source: SourceOption = None,
    tag: TagOption = None,
    index: IndexOption = None,
    json_: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Find passages, by meaning and by words. Exit code 3 when there is none."""
    from index.types import Query
    from qa import wiring
    from qa.highlight import best_sentences
    from qa.terminal import console

    if not question.strip():
        raise UsageError("there is nothing to look for; give some words in quotation marks")
    chosen = filters(since, until, source, tag)
    effective = settings(ctx, index=index, k=k)
    with Narrator(console(effective.color, stderr=True)) as narrator:
        narrator.doing("searching")
        missing = pulling_quietly(effective, yes, narrator)
        with wiring.retriever(effective, on_missing=missing) as retriever:
            passages = retriever.search(Query(question, k=effective.k, **chosen), duplicates=True)
            sentences = best_sentences(question, passages, retriever.catalog)
    if json_:
        found = [_as_dict(one, span) for one, span in zip(passages, sentences, strict=True)]
        typer.echo(json.dumps({"query": question, "passages": found}, ensure_ascii=False))
    elif passages:
        _print(question, passages, sentences, console(effective.color))
    else:
        typer.echo("qa: no passage was found; use other words, or fewer filters", err=True)
    if not passages:
        raise typer.Exit(ABSTAINED)


def _as_dict(passage: Passage, sentence: Span) -> dict[str, Any]:
    article, chunk = passage.article, passage.chunk
    return {
        "rank": passage.rank,
        "article_id": article.id,
        "path": article.path,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "start": chunk.start,
        "end": chunk.end,
        "text": passage.text,
        "sentence": {
            "start": sentence.start,
            "end": sentence.end,
            "text": article.text[sentence.start : sentence.end],
        },
        "dense": passage.dense,
        "lexical": passage.lexical,
        "fused": passage.fused,
        "group": passage.group,
    }


def _print(question: str, passages: list[Passage], sentences: list[Span], out: Console) -> None:
    """A row for each passage (rank, date, source, title), and under it the sentence, terms in bold."""
    from qa.highlight import marked
    from qa.render import put
    from qa.terminal import safe

    width = max(len("source"), *(len(safe(passage.article.source)) for passage in passages))
    put(out, f"{'':>3} {'date':<10}  {'source':<{width}}  title", style="dim")
    for passage, span in zip(passages, sentences, strict=True):
        article = passage.article
        day = article.published.isoformat() if article.published else "no date"
        head = f"{passage.rank:>3} {day:<10}  {safe(article.source) or '-':<{width}}  "
        put(out, head, (article.title or article.path, "bold"), hang=4)
        text = article.text[span.start : span.end]
        put(out, *_with_terms(text, marked(question, text)), indent=4)


def _with_terms(text: str, terms: list[Span]) -> list[tuple[str, str]]:
    pieces, at = [], 0
    for term in terms:
        pieces += [(text[at : term.start], ""), (text[term.start : term.end], "bold")]
        at = term.end
    return [*pieces, (text[at:], "")]
