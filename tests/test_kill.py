"""``kill -9`` at any moment, then the same command again: the index is that of an undisturbed run.

The processes come from a fork server that has imported the libraries already, so that each starts at once.
Small groups and frequent writing of Chroma's graph make the dangerous moments a good part of the time.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index import build, run, vectors
from index.types import Article
from tests.fakes import FakeEmbedder
from tests.newsroom import chunker, contents, embedding_text, invented, revised

KILLS = 20
ARTICLES = 72


class SlowEmbedder(FakeEmbedder):
    """Takes a moment for each group of texts, as a real one does."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(0.015)
        return super().embed(texts)


def before() -> Iterator[Article]:
    """The folder as it was: a third of it, with other words in some files and other details on others."""
    for number, one in enumerate(invented(ARTICLES // 3)):
        if number % 3 == 0:
            yield revised(one, one.text + " More is expected on Friday.")
        else:
            yield replace(one, source="Unknown") if number % 3 == 1 else one


def command(folder: Path, *, first: bool = False) -> None:
    """What the killed process does."""
    sizes = {"ARTICLES_AT_ONCE": 6, "CHUNKS_AT_ONCE": 16, "_WORTH_SEALING": 20}
    for module in (build, run):
        for name in sizes.keys() & vars(module).keys():
            setattr(module, name, sizes[name])
    vectors._GRAPH = {**vectors._GRAPH, "sync_threshold": 30}
    items = before() if first else invented(ARTICLES)
    build.add(folder, items, SlowEmbedder(), chunker, embedding_text)


def start(context: ForkServerContext, folder: Path, **options: Any) -> Any:
    process = context.Process(target=command, args=(folder,), kwargs=options)
    process.start()
    return process


def undisturbed(context: ForkServerContext, folder: Path, **options: Any) -> float:
    """Runs the command to its end; returns the seconds it took."""
    began = time.monotonic()
    process = start(context, folder, **options)
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - began


@pytest.mark.timeout(600)
def test_killed_at_random_moments_it_ends_the_same(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "chromadb.api.rust", "datasketch", "filelock", __name__])
    undisturbed(context, tmp_path / "warm-up")  # the first process waits until the fork server has imported
    rng = random.Random(20)
    expected: dict[bool, Any] = {}
    took: dict[bool, float] = {}
    for update in (False, True):
        folder = tmp_path / f"whole-{update}"
        if update:
            undisturbed(context, folder, first=True)
        took[update] = 0.9 * undisturbed(context, folder)  # the rest is the way out
        expected[update] = contents(folder)
        assert build.check(folder) == ()
    assert expected[False]["articles"] == expected[True]["articles"]

    killed = 0
    for attempt in range(3 * KILLS):
        if killed >= KILLS:
            break
        update = attempt % 2 == 1
        folder = tmp_path / f"index-{attempt}"
        if update:
            undisturbed(context, folder, first=True)
        process = start(context, folder)
        time.sleep(rng.uniform(0, took[update]))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        undisturbed(context, folder)
        assert contents(folder) == expected[update], f"kill {killed}, attempt {attempt}"
        assert build.check(folder) == ()
    assert killed >= KILLS
