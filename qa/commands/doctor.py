"""``qa doctor``: is everything there that ``qa`` needs, and what would be used?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from qa.commands import IndexOption, JsonOption, ModelOption, settings

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.wiring import Choice

BROKEN = 4
# What is imported, by the name of its distribution: those with native code break most.
LIBRARIES = {
    "chromadb": "chromadb",
    "llama-index-core": "llama_index.core",
    "onnxruntime": "onnxruntime",
    "openai": "openai",
    "tokenizers": "tokenizers",
    "trafilatura": "trafilatura",
    "xllamacpp": "xllamacpp",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, whether it is in order, and the particulars."""

    name: str
    ok: bool
    detail: str


def doctor(
    ctx: typer.Context, index: IndexOption = None, model: ModelOption = None, json_: JsonOption = False
) -> None:
    """Check the set-up: versions, folders, models, index. Exit code 4 when something is broken."""
    from qa.terminal import safe

    effective = settings(ctx, index=index, model=model)
    findings = list(examine(effective))
    if json_:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            mark = "ok    " if finding.ok else "BROKEN"
            typer.echo(safe(f"{mark}  {finding.name:<16}  {finding.detail}"))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(BROKEN)


def examine(effective: Settings) -> Iterator[Finding]:
    """All findings, in the order in which they are printed."""
    import platform
    from importlib.metadata import version

    from qa import wiring

    yield Finding("qa", True, version("qa-news"))
    yield Finding("python", True, f"{platform.python_version()} on {platform.platform()}")
    for distribution, module in LIBRARIES.items():
        yield _library(distribution, module)
    yield _tried("sqlite", _full_text_search)
    yield _tried("loopback", _loopback)
    yield Finding("models", True, f"{effective.models_dir} ({effective.where('models_dir')})")
    yield _tried("language model", lambda: _model(effective, wiring.chat_choice(effective)))
    yield _tried("embedding", lambda: _model(effective, wiring.embedding_choice(effective)))
    yield _tried("index", lambda: _index(effective))


def _tried(name: str, look: Callable[[], str]) -> Finding:
    """What ``look`` says, or what it raised: a doctor has to survive every illness."""
    try:
        return Finding(name, True, look())
    except Exception as error:
        return Finding(name, False, str(error) or type(error).__name__)


def _library(distribution: str, module: str) -> Finding:
    import importlib
    from importlib.metadata import PackageNotFoundError, version

    try:
        importlib.import_module(module)
        return Finding(distribution, True, version(distribution))
    except PackageNotFoundError:
        return Finding(distribution, False, "not installed; install qa again")
    except Exception as error:
        return Finding(distribution, False, f"cannot be imported: {type(error).__name__}: {error}")


def _full_text_search() -> str:
    import sqlite3

    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    return f"{sqlite3.sqlite_version} with FTS5"


def _loopback() -> str:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        with socket.create_connection(server.getsockname(), timeout=2):
            return "a server on 127.0.0.1 can be reached"


def _model(effective: Settings, choice: Choice) -> str:
    from qa import models
    from qa.config import hide_login

    if not choice.local:
        key = "with a key" if choice.api_key else "without a key"
        name = choice.name or "whatever model is served"
        return f"{name} at {hide_login(choice.base_url)}, {key}; not asked now ({choice.why})"
    root, entry = effective.models_dir, models.find(choice.name)
    place = models.path(entry.name, root)
    if choice.name == entry.name:
        size = entry.bytes
    elif not models.installed(choice.name, root):
        return f"{entry.name} is at {place}; {choice.name} is made of it at its first use ({choice.why})"
    else:
        place = models.path(choice.name, root)
        size = place.stat().st_size
    there = f"{choice.name} on this machine, {size / 1e6:,.0f} MB, sizes as they should be"
    return f"{there}, {place} ({choice.why})"


def _index(effective: Settings) -> str:
    from index.catalog import Catalog
    from index.errors import NothingIndexed
    from qa import wiring

    where = f"{effective.index} ({effective.where('index')})"
    try:
        with Catalog.open(effective.index) as catalog:
            found = catalog.stats()
    except NothingIndexed:
        return f"{where}: nothing in it yet, 'qa index add PATH' fills it"
    configured = wiring.embedding_choice(effective).name
    if found.embedding and found.embedding[0] != configured:
        raise ValueError(
            f"{where}: made with the embedding {found.embedding[0]} and {configured} is configured; "
            "set 'embedding' back or use another index folder"
        )
    missing = found.chunks - found.embedded
    if missing:
        raise ValueError(f"{where}: {missing} chunks have no vector; run 'qa index add' again")
    return f"{where}: {found.articles} articles, {found.chunks} chunks, {found.size / 1e6:,.1f} MB"
