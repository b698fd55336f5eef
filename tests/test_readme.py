from __future__ import annotations

import re
from pathlib import Path

import pytest

from index import build
from index.chunk import chunk, embedding_text
from index.types import Article
from qa import wiring
from tests.fakes import FakeEmbedder

README = Path(__file__).parent.parent / "README.md"
STORY = "The two generals met in a hotel in Ormley. Nobody said what they had agreed on."


def test_the_llamaindex_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    article = Article("a" * 16, "generals.txt", "/generals.txt", "Talks", STORY, source="Example Times")
    build.add(tmp_path / "index", [article], FakeEmbedder(), chunk, embedding_text)
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "index"))
    monkeypatch.setattr(wiring, "embedder", lambda *_, **__: FakeEmbedder())
    exec(compile(example, "README.md", "exec"), {})
    out = capsys.readouterr().out
    assert "generals.txt" in out
    assert STORY in out
