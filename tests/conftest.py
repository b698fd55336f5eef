"""What the tests share. Tests that need weights or data that are not there skip and say why."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import platformdirs
import pytest

from qa import models

ROOT = Path(__file__).parent.parent
MODELS = Path(os.environ.get("QA_MODELS") or platformdirs.user_cache_path("qa") / "models")

MINILM = "minilm-l6-v2"
SMALL = "qwen2.5-coder-0.5b"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, key, index or reply cache of the user's reaches a test, nor the other way round."""
    for name in list(os.environ):
        if name.startswith(("QA_", "OPENAI_")) or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / ".home" / name))
    # The weights stay where they were pulled to: they are large. Only their own other forms are made there.
    monkeypatch.setenv("QA_MODELS", str(MODELS))


def _folder(name: str, *files: str) -> Path:
    folder = MODELS / name
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        pytest.skip(f"the weights of {name} are not there; run: qa models pull {name}")
    return folder


@pytest.fixture
def minilm_folder() -> Path:
    """Folder of the embedding from which the default one is made."""
    return _folder(MINILM, "model.onnx", "tokenizer.json")


@pytest.fixture
def minilm_int8(minilm_folder: Path) -> Path:
    """The default embedding: an ONNX file in ``minilm_folder``, made there when it is not there yet."""
    return models.ready(f"{MINILM}-int8", MODELS)


@pytest.fixture
def local_model() -> str:
    """Setting that names the default local language model."""
    _folder(SMALL, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf")
    return f"local:{SMALL}"


@pytest.fixture
def shared() -> Path:
    """Data that is kept beside the checkout, where there is any."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the data in ../shared, which is not there")
    return folder


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A runner that was started in the background ignores SIGINT, and so would every test of Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
