"""Invented articles, a simple chunker and a dump of a whole index, for the tests of the store."""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from index.catalog import Catalog
from index.types import Article, Boilerplate, Chunk, Query
from index.vectors import Vectors

_TOWNS = ("Varnholt", "Eskerby", "Toldra", "Minsay", "Quillford", "Oberlund", "Pellin", "Harrowick", "Jostad")
_THINGS = ("harbour", "tram", "school", "bridge", "orchard", "theatre", "reservoir", "market", "library")
_VERBS = ("opened", "closed", "repaired", "sold", "rebuilt", "inspected", "flooded", "painted", "measured")
_WHO = ("mayor", "council", "engineer", "teacher", "captain", "farmer", "curator", "minister", "surveyor")


def article(
    path: str, text: str, *, title: str = "", root: str = "/news", location: str = "", **fields: Any
) -> Article:
    """An article as the loader would make it: its id is the hash of path, title and text."""
    hashed = hashlib.sha256("\0".join((path, title, text)).encode()).hexdigest()[:16]
    place = location or f"{root}/{path}"
    fields.setdefault("original", f"{title}\n{text}")
    return Article(id=hashed, path=path, location=place, title=title, text=text, **fields)


def revised(old: Article, text: str) -> Article:
    """The same file with other contents."""
    fresh = article(old.path, text, title=old.title, location=old.location)
    return replace(old, id=fresh.id, text=text, original=fresh.original)


def chunker(article: Article) -> list[Chunk]:
    """One chunk for each pair of sentences outside boilerplate; a token is a word."""
    sentences = [
        found
        for found in re.finditer(r"[^.!?\s][^.!?]*[.!?]", article.text)
        if not any(mark.start <= found.start() < mark.end for mark in article.boilerplate)
    ]
    chunks = []
    for ordinal, at in enumerate(range(0, len(sentences), 2)):
        pair = sentences[at : at + 2]
        start, end = pair[0].start(), pair[-1].end()
        tokens = len(article.text[start:end].split())
        ident = f"{article.id}-{ordinal:04d}"
        chunks.append(Chunk(ident, article.id, ordinal, start, end, tokens))
    return chunks


def embedding_text(article: Article, chunk: Chunk) -> str:
    """Headline, date and words, as they are embedded."""
    return f"{article.title} {article.published or ''}\n{article.text[chunk.start : chunk.end]}"


def invented(count: int, seed: int = 1) -> Iterator[Article]:
    """Articles of three to eight sentences; every ninth is a near copy of the one before it."""
    rng = random.Random(seed)
    last = ""
    for number in range(count):
        text = " ".join(_sentence(rng) for _ in range(rng.randint(3, 8)))
        if number % 9 == 8:
            text = last.replace("yesterday", "on Monday", 1)
        last = text
        yield article(
            f"{rng.choice(('local', 'trade'))}/{number:04d}.txt",
            text,
            title=f"{rng.choice(_TOWNS)} {rng.choice(_THINGS)} news {number}",
            source=("Varnholt Courier", "Toldra Post")[number % 2],
            published=date(2031, 1, 1) + timedelta(days=number % 60),
            tags=("daily",) if number % 3 else ("daily", "weekend"),
        )


def _sentence(rng: random.Random) -> str:
    town, thing, verb, who = (rng.choice(words) for words in (_TOWNS, _THINGS, _VERBS, _WHO))
    other, count = rng.choice(_TOWNS), rng.randint(2, 9000)
    return (
        f"The {who} of {town} said the {thing} near {other} was {verb} yesterday after {count} people "
        f"signed letter {rng.randint(1, 99999)}."
    )


def marked(text: str, phrase: str, kind: str = "newsletter") -> tuple[Boilerplate, ...]:
    """The phrase's place in the text as boilerplate."""
    start = text.index(phrase)
    return (Boilerplate(start, start + len(phrase), kind),)


def contents(folder: Path) -> dict[str, Any]:
    """Everything an index answers with, free of row numbers and order of arrival."""
    import numpy as np

    with sqlite3.connect(folder / "catalog.sqlite") as db:
        chunks = db.execute(
            "SELECT id, ordinal, start, stop, tokens, wording, state FROM chunk ORDER BY id"
        ).fetchall()
        kept = dict(db.execute("SELECT id, data FROM chunk JOIN vector ON chunk = number").fetchall())
    db.close()
    with Catalog.open(folder) as catalog:
        articles = list(catalog.list_articles())
        found = {
            match: sorted(
                (chunk, round(score, 9)) for chunk, score in catalog.lexical(match, 5000, Query(""))
            )
            for match in ("harbour", "mayor OR tram", '"was sold"', "title:news", "letter")
        }
        with Vectors(folder, catalog.embedding[1] if catalog.embedding else 0) as vectors:
            ids = vectors.ids()
            # Chroma scales vectors to length one itself, which may change the last bit.
            held = {chunk: np.round(vector, 6).tolist() for chunk, vector in vectors.get(sorted(ids)).items()}
        return {
            "articles": articles,
            "originals": [catalog.original(one.id) for one in articles],
            "chunks": chunks,
            "kept": kept,
            "groups": catalog.groups([one.id for one in articles]),
            "found": found,
            "ids": ids,
            "held": held,
        }
