"""How ``qa index`` prints articles and what was done to them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from index.build import Summary
    from index.types import Article


def print_summary(summary: Summary, as_json: bool) -> None:
    """What a run of add did, and why things were skipped."""
    reasons = Counter(item.reason for item in summary.skipped)
    counts = {name: getattr(summary, name) for name in ("added", "unchanged", "updated", "removed")}
    if as_json:
        rest = {
            "skipped": len(summary.skipped),
            "reasons": dict(reasons.most_common()),
            "failed": summary.failed,
            "chunks_embedded": summary.chunks_embedded,
            "tokens_embedded": summary.tokens_embedded,
            "seconds": round(summary.seconds, 3),
        }
        typer.echo(json.dumps(counts | rest, ensure_ascii=False))
        return
    from qa.terminal import safe

    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    typer.echo(
        f"{words}, {len(summary.skipped)} skipped; "
        f"{summary.chunks_embedded} chunks embedded in {summary.seconds:.1f} s"
    )
    for reason, count in reasons.most_common(10):
        typer.echo(f"skipped {count}: {safe(reason)}")


def print_article(article: Article, doubles: list[Article], color: str) -> None:
    """An article with its metadata and near-duplicates; boilerplate is dimmed."""
    from rich.text import Text

    from qa.terminal import console, safe

    out = console(color)
    out.print(Text(safe(article.title) or "(no title)", style="bold"))
    for name, value in metadata(article).items():
        if value and name != "title":
            out.print(f"{name:<10} {safe(', '.join(value) if isinstance(value, list) else str(value))}")
    for double in doubles:
        out.print(
            safe(f"{'also as':<10} {double.id}  {double.source or '-'}  {double.title}  ({double.path})")
        )
    if article.boilerplate:
        kinds = sorted({mark.kind for mark in article.boilerplate})
        out.print(
            safe(f"{'not news':<10} {len(article.boilerplate)} stretches ({', '.join(kinds)}), not searched")
        )
    body, at = Text(), 0
    for mark in sorted(article.boilerplate, key=lambda mark: mark.start):
        body.append(safe(article.text[at : mark.start], lines=True))
        body.append(safe(article.text[max(at, mark.start) : mark.end], lines=True), style="dim")
        at = max(at, mark.end)
    body.append(safe(article.text[at:], lines=True))
    out.print()
    out.print(body)


def metadata(article: Article) -> dict[str, Any]:
    """All but the text."""
    return {
        "id": article.id,
        "path": article.path,
        "title": article.title,
        "source": article.source,
        "author": article.author,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "language": article.language,
        "tags": list(article.tags),
        "location": article.location,
    }


def exported(article: Article) -> dict[str, Any]:
    """An article as a line that ``qa index add`` takes back."""
    kept = ("path", "title", "source", "author", "published", "url", "language", "tags")
    return {name: value for name, value in metadata(article).items() if name in kept} | {"text": article.text}
