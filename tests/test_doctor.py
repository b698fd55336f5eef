from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from qa import cli
from qa.commands import doctor
from qa.config import Settings

KEY = "sk-not-a-real-key-0123456789abcdef"


def findings(tmp_path: Path, **values: Any) -> dict[str, doctor.Finding]:
    settings = Settings(**{"index": tmp_path / "index", "models_dir": tmp_path / "models", **values})
    return {finding.name: finding for finding in doctor.examine(settings)}


def test_missing_weights_are_broken_and_an_empty_index_is_not(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert not found["language model"].ok
    assert "qa models pull qwen2.5-coder-0.5b" in found["language model"].detail
    assert not found["embedding"].ok
    assert found["index"].ok
    assert "nothing in it yet" in found["index"].detail
    assert found["sqlite"].ok
    assert found["loopback"].ok


def test_a_service_is_named_and_its_key_is_not_shown(tmp_path: Path) -> None:
    found = findings(tmp_path, base_url="http://me:hush@127.0.0.1:9/v1", api_key=KEY, model="some")
    detail = found["language model"].detail
    assert "some at http://***@127.0.0.1:9/v1, with a key" in detail
    assert KEY not in str(found)
    assert "hush" not in str(found)


def test_weights_that_are_there_are_in_order(minilm_int8: Path, local_model: str, tmp_path: Path) -> None:
    found = findings(tmp_path, models_dir=minilm_int8.parent.parent, model=local_model)
    assert all(finding.ok for finding in found.values()), found
    assert "minilm-l6-v2-int8 on this machine, 23 MB" in found["embedding"].detail
    assert str(minilm_int8) in found["embedding"].detail


def test_a_form_that_its_first_use_will_make_is_in_order(minilm_folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "models" / "minilm-l6-v2"
    place.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(minilm_folder / name, place)
    embedding = findings(tmp_path)["embedding"]
    assert embedding.ok
    assert "minilm-l6-v2-int8 is made of it at its first use" in embedding.detail


def test_a_file_that_is_no_index_is_broken(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "catalog.sqlite").write_bytes(b"this is no database at all " * 100)
    assert not findings(tmp_path)["index"].ok


def test_a_library_that_does_not_load_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", {"chromadb": "no_such_module_at_all"})
    found = findings(tmp_path)["chromadb"]
    assert not found.ok
    assert "no_such_module_at_all" in found.detail


def test_the_command_exits_with_4_when_something_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_MODELS", str(tmp_path / "nothing"))
    assert cli.run(["doctor"]) == 4
    assert "BROKEN  embedding" in capsys.readouterr().out
    assert cli.run(["doctor", "--json"]) == 4
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["ok"] for row in rows}["embedding"] is False
