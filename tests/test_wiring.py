from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from index import build
from index.chunk import chunk, embedding_text
from index.errors import EmbeddingMismatch, NothingIndexed
from index.types import Article
from qa import wiring
from qa.config import Settings
from qa.errors import ConfigError, Missing, ModelMissing, ServiceUnreachable, UsageError
from qa.wiring import OPENAI, OPENAI_MODEL

KEY = "sk-not-a-real-key-0123456789abcdef"
THERE = "http://127.0.0.1:9/v1"


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(**{"index": tmp_path / "index", "models_dir": tmp_path / "models", **values})


@pytest.mark.parametrize(
    ("values", "local", "name", "base_url"),
    [
        ({}, True, "qwen2.5-coder-0.5b", ""),
        ({"api_key": KEY}, False, OPENAI_MODEL, OPENAI),
        ({"base_url": THERE}, False, "", THERE),
        ({"base_url": OPENAI, "api_key": KEY}, False, OPENAI_MODEL, OPENAI),
        ({"model": "some", "base_url": THERE}, False, "some", THERE),
        ({"model": "some", "api_key": KEY}, False, "some", OPENAI),
        ({"model": "local:smollm2-135m", "api_key": KEY, "base_url": THERE}, True, "smollm2-135m", ""),
    ],
)
def test_which_model_answers(
    tmp_path: Path, values: dict[str, str], local: bool, name: str, base_url: str
) -> None:
    choice = wiring.chat_choice(settings(tmp_path, **values))
    assert (choice.local, choice.name, choice.base_url) == (local, name, base_url)
    assert choice.why
    assert KEY not in repr(choice)


def test_a_services_model_needs_a_key_or_an_address(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="OPENAI_API_KEY"):
        wiring.chat_choice(settings(tmp_path, model="some"))


def test_a_key_for_chat_moves_no_embedding_off_this_machine(tmp_path: Path) -> None:
    choice = wiring.embedding_choice(settings(tmp_path, api_key=KEY, base_url=THERE))
    assert (choice.local, choice.name) == (True, "minilm-l6-v2-int8")
    assert choice.api_key is None


def test_the_chat_key_goes_to_no_other_embedding_service(tmp_path: Path) -> None:
    same = {"embedding": "e", "api_key": KEY, "base_url": THERE}
    assert wiring.embedding_choice(settings(tmp_path, **same)).api_key == KEY
    other = wiring.embedding_choice(settings(tmp_path, **same, embedding_base_url="http://other/v1"))
    assert (other.base_url, other.api_key) == ("http://other/v1", None)
    own = settings(tmp_path, **same, embedding_base_url="http://other/v1", embedding_api_key="own")
    assert wiring.embedding_choice(own).api_key == "own"


def test_missing_weights_say_how_to_pull_them(tmp_path: Path) -> None:
    for make in (wiring.embedder, wiring.chat_model):
        with pytest.raises(ModelMissing, match="qa models pull"):
            make(settings(tmp_path))


def test_an_empty_index_is_told_before_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(NothingIndexed, match="qa index add"):
        wiring.retriever(settings(tmp_path))


def test_missing_weights_can_be_pulled_on_the_way(tmp_path: Path) -> None:
    asked: list[str] = []
    with pytest.raises(ModelMissing):
        wiring.embedder(settings(tmp_path), on_missing=lambda missing: asked.append(missing.name))
    assert asked == ["minilm-l6-v2"]


def test_models_are_not_taken_for_what_they_are_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no embedding model"):
        wiring.embedder(settings(tmp_path, embedding="local:qwen2.5-coder-0.5b"))
    with pytest.raises(ConfigError, match="no language model"):
        wiring.chat_model(settings(tmp_path, model="local:minilm-l6-v2"))
    with pytest.raises(UsageError, match="nearest"):
        wiring.chat_model(settings(tmp_path, model="local:qwen"))


def test_the_local_embedding_and_its_faster_form_go_by_different_names(
    tmp_path: Path, minilm_int8: Path
) -> None:
    root = minilm_int8.parent.parent
    fast = wiring.embedder(Settings(index=tmp_path, models_dir=root))
    exact = wiring.embedder(Settings(index=tmp_path, models_dir=root, embedding="local:minilm-l6-v2"))
    assert (fast.name, fast.dimensions) == ("minilm-l6-v2-int8", 384)
    assert (exact.name, exact.dimensions) == ("minilm-l6-v2", 384)
    one, other = fast.embed(["The ferry was late."])[0], exact.embed(["The ferry was late."])[0]
    assert 0.97 < float(one @ other) < 0.99999


def test_an_index_made_with_one_form_refuses_the_other(tmp_path: Path, minilm_int8: Path) -> None:
    root = minilm_int8.parent.parent
    first = settings(tmp_path, models_dir=root, embedding="local:minilm-l6-v2")
    article = Article("a" * 16, "ferry.txt", "/ferry.txt", "Ferry", "The ferry was late.")
    build.add(first.index, [article], wiring.embedder(first), chunk, embedding_text)
    with pytest.raises(EmbeddingMismatch, match=r"minilm-l6-v2 .* with minilm-l6-v2-int8 "):
        wiring.retriever(settings(tmp_path, models_dir=root))
    with wiring.retriever(first) as retriever:
        assert retriever.embedder.name == "minilm-l6-v2"


def test_weights_that_were_pulled_before_get_their_faster_form_at_the_first_use(
    tmp_path: Path, minilm_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = pulled_before(tmp_path, minilm_folder)
    assert wiring.embedder(settings(tmp_path)).name == "minilm-l6-v2-int8"
    assert (place / "model.int8.onnx").stat().st_size > 1_000_000
    assert capfd.readouterr() == ("", "")


def test_without_the_faster_form_the_embedding_itself_serves_under_its_own_name(
    tmp_path: Path, minilm_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = pulled_before(tmp_path, minilm_folder)
    (place / ".model.int8.onnx.work").write_text("a file is in the way")
    made = wiring.embedder(settings(tmp_path))
    assert made.name == "minilm-l6-v2"
    assert made.embed(["ferry"]).shape == (1, 384)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("qa: minilm-l6-v2-int8 could not be made in ")
    assert err.count("\n") == 1
    assert "set embedding to local:minilm-l6-v2" in err


def pulled_before(tmp_path: Path, minilm_folder: Path) -> Path:
    """The folder of the embedding as it was when there were no other forms."""
    place = tmp_path / "models" / "minilm-l6-v2"
    place.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(minilm_folder / name, place)
    return place


def test_a_services_embedding_needs_its_dimensions(tmp_path: Path) -> None:
    service = {"embedding": "e", "base_url": THERE}
    with pytest.raises(ConfigError, match="embedding_dimensions"):
        wiring.embedder(settings(tmp_path, **service))
    assert wiring.embedder(settings(tmp_path, **service, embedding_dimensions=12)).dimensions == 12
    known = wiring.embedder(settings(tmp_path, base_url=THERE, embedding="text-embedding-3-small"))
    assert known.dimensions == 1536


class _Models(BaseHTTPRequestHandler):
    names: tuple[str, ...] = ()
    keys: list[str | None] = []  # noqa: RUF012 - the handler's class is how the server and the test talk

    def do_GET(self) -> None:
        self.keys.append(self.headers["Authorization"])
        body = json.dumps({"data": [{"id": name} for name in self.names]}).encode()
        self.send_response(200 if self.names else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    _Models.keys.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Models) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def test_a_service_with_one_model_need_not_be_told_which(tmp_path: Path, service: str) -> None:
    _Models.names = ("the-one",)
    model = wiring.chat_model(settings(tmp_path, base_url=service, api_key=KEY))
    assert model.name == "the-one"
    assert _Models.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(("names", "kind"), [(("a", "b"), ConfigError), ((), ServiceUnreachable)])
def test_a_service_with_several_models_or_none_is_one_sentence(
    tmp_path: Path, service: str, names: tuple[str, ...], kind: type[Exception]
) -> None:
    _Models.names = names
    with pytest.raises(kind, match="--model") as caught:
        wiring.chat_model(settings(tmp_path, base_url=service, api_key=KEY))
    assert KEY not in str(caught.value)


def test_a_service_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnreachable, match=r"127\.0\.0\.1.*--model"):
        wiring.chat_model(settings(tmp_path, base_url=THERE, timeout_connect=2.0))
