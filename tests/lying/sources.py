"""The articles that the claims are made from."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from index.load import LoadOptions, load
from index.types import Article

ROOT = Path(__file__).parent.parent.parent
NEWS = ROOT.parent / "shared" / "corpora" / "bbc"


@lru_cache(maxsize=1)
def demo() -> tuple[Article, ...]:
    """The articles in ``seeds/``."""
    return _articles([str(ROOT / "seeds")])


@lru_cache(maxsize=2)
def news(most: int = 600) -> tuple[Article, ...]:
    """Articles of ../shared/corpora/bbc in an order that their names decide; none where it is not there."""
    paths = sorted(NEWS.glob("*/*.txt"), key=lambda path: _key(f"{path.parent.name}/{path.name}"))
    return _articles([str(path) for path in paths[:most]])


def _articles(paths: list[str]) -> tuple[Article, ...]:
    found = (item for item in load(paths, LoadOptions()) if isinstance(item, Article)) if paths else ()
    return tuple(sorted(found, key=lambda article: _key(f"{article.path} {article.title}")))


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
