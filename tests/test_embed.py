"""Vectors from the local encoder and from an endpoint."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embed import BATCH_TOKENS, EndpointEmbedder, OnnxEmbedder, make_batches
from index.errors import EmbeddingServiceFailed, IndexFailure
from index.quantise import quantise

TEXTS = [
    "The ferry to the islands was cancelled because of the wind.",
    "Storms stopped the boats between the islands.",
    "The central bank raised its interest rate by a quarter of a point.",
    "wind",
    "",
    "The harbour master said that no ship would leave before noon. " * 30,
]


def test_name_and_dimensions_are_known_without_a_model(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tmp_path / "some-model")
    assert (embedder.name, embedder.dimensions) == ("some-model", 384)
    assert embedder.embed([]).shape == (0, 384)


def test_a_missing_model_is_one_sentence_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match=r"tokenizer\.json is not in .*qa models pull some-model"):
        OnnxEmbedder(tmp_path / "some-model").embed(["text"])


def test_a_broken_model_is_one_sentence_too(tmp_path: Path, minilm_folder: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(IndexFailure, match="cannot be read as a tokenizer"):
        OnnxEmbedder(tmp_path).embed(["text"])
    (tmp_path / "tokenizer.json").write_bytes((minilm_folder / "tokenizer.json").read_bytes())
    with pytest.raises(IndexFailure, match="cannot be loaded as an embedding model"):
        OnnxEmbedder(tmp_path).embed(["text"])


def test_a_model_of_another_width_is_refused(minilm_folder: Path) -> None:
    with pytest.raises(IndexFailure, match="384 numbers, not of 768"):
        OnnxEmbedder(minilm_folder, dimensions=768).embed(["text"])


def test_vectors_are_unit_and_near_for_near_texts(minilm_folder: Path) -> None:
    vectors = OnnxEmbedder(minilm_folder).embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_neither_order_nor_company_nor_threads_change_a_vector(minilm_folder: Path) -> None:
    embedder = OnnxEmbedder(minilm_folder, threads=2)
    many = embedder.embed(TEXTS * 5)
    single = OnnxEmbedder(minilm_folder, threads=1)
    for row, text in enumerate(TEXTS):
        alone = single.embed([text])[0]
        for copy in range(5):
            assert np.allclose(many[row + copy * len(TEXTS)], alone, atol=1e-5)


def test_words_beyond_the_limit_are_not_read(minilm_folder: Path) -> None:
    long = "harbour " * 400
    one, two = OnnxEmbedder(minilm_folder).embed([long, long + "The bank raised its rate."])
    assert np.allclose(one, two, atol=1e-5)


def test_quantising_writes_the_same_bytes_twice_and_leaves_nothing_else(
    tmp_path: Path, minilm_folder: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / ".model.onnx.work").mkdir(parents=True)  # as a killed one leaves it
        quantise(minilm_folder / "model.onnx", tmp_path / name / "model.onnx")
        assert [path.name for path in (tmp_path / name).iterdir()] == ["model.onnx"]
    assert (tmp_path / "one" / "model.onnx").read_bytes() == (tmp_path / "two" / "model.onnx").read_bytes()


def test_quantising_what_is_no_model_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(Exception, match=r"model\.onnx"):
        quantise(tmp_path / "model.onnx", tmp_path / "out.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_quantised_vectors_stay_close_whatever_is_embedded_with_them(
    minilm_folder: Path, minilm_int8: Path
) -> None:
    exact = OnnxEmbedder(minilm_folder).embed(TEXTS)
    quantised = OnnxEmbedder(minilm_int8.parent, file=minilm_int8.name, batch_tokens=1, threads=2)
    fast = quantised.embed(TEXTS)
    assert ((exact * fast).sum(axis=1) > 0.97).all()
    assert not np.allclose(exact, fast, atol=1e-5), "nothing was quantised"
    for row, text in enumerate(TEXTS):
        assert np.array_equal(quantised.embed([text])[0], fast[row])


def test_batches_hold_every_text_once_and_keep_to_the_budget() -> None:
    lengths = [3, 250, 17, 90, 90, 256, 1, 40] * 9
    batches = list(make_batches(lengths))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = max(lengths[i] for i in batch) * len(batch)
        assert len(batch) == 1 or padded <= BATCH_TOKENS
    assert list(make_batches([])) == []


class Service(HTTPServer):
    """An ``/embeddings`` service whose vectors are a text's length and a one; it fails as often as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.failures: list[int] = []
        self.drop = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(asked)
        self.server.keys.append(self.headers["Authorization"])
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        status = self.server.failures.pop(0) if self.server.failures else 200
        data = [
            {"object": "embedding", "index": i, "embedding": self.vector(text, asked)}
            for i, text in enumerate(asked["input"])
        ]
        body = {"object": "list", "model": asked["model"], "data": data[self.server.drop :][::-1]}
        reply = json.dumps(body if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        self.wfile.write(reply)

    @staticmethod
    def vector(text: str, asked: dict[str, Any]) -> list[float] | str:
        values = [float(len(text)), 1.0]
        if asked.get("encoding_format") == "base64":
            return base64.b64encode(np.array(values, dtype=np.float32).tobytes()).decode()
        return values

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_endpoint_gives_unit_vectors_in_order_in_batches(service: Service) -> None:
    embedder = EndpointEmbedder("small", 2, base_url=service.url, api_key="k-123")
    texts = ["x" * (i % 7) for i in range(200)]
    vectors = embedder.embed(texts)
    wanted = np.array([[max(1, len(text)), 1.0] for text in texts])
    assert np.allclose(vectors, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert vectors.dtype == np.float32
    assert [len(request["input"]) for request in service.requests] == [96, 96, 8]
    assert {request["model"] for request in service.requests} == {"small"}
    assert set(service.keys) == {"Bearer k-123"}
    assert embedder.embed([]).shape == (0, 2)


def test_an_endpoint_is_asked_again_but_not_for_ever(service: Service) -> None:
    embedder = EndpointEmbedder("small", 2, base_url=service.url, retries=2)
    service.failures = [503, 429]
    assert embedder.embed(["abc"]).shape == (1, 2)
    assert len(service.requests) == 3
    service.failures = [503] * 9
    with pytest.raises(EmbeddingServiceFailed, match=r"embedding service at .* failed for model small .503."):
        embedder.embed(["abc"])
    assert len(service.requests) == 6


def test_what_the_environment_says_to_openai_is_told_to_nobody_else(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_API_KEY", "k-env")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: s-1\nAuthorization: Bearer other")
    EndpointEmbedder("small", 2, base_url=service.url, api_key="k-123").embed(["abc"])
    EndpointEmbedder("small", 2, base_url=service.url).embed(["abc"])
    assert [sent["authorization"] for sent in service.headers] == ["Bearer k-123", "Bearer none"]
    assert not any(secret in str(service.headers) for secret in ("org-1", "proj-1", "k-env", "s-1", "other"))


def test_without_an_address_it_is_openai_whatever_the_environment_says(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", service.url)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    client = EndpointEmbedder("small", 2, api_key="k-123")._client
    assert str(client.base_url) == "https://api.openai.com/v1/"
    assert client.organization == "org-1"


@pytest.mark.parametrize("status", [400, 401, 404])
def test_an_endpoint_that_refuses_is_asked_once(service: Service, status: int) -> None:
    service.failures = [status]
    with pytest.raises(EmbeddingServiceFailed, match=f"{status}.*check the address, the key") as caught:
        EndpointEmbedder("small", 2, base_url=service.url, api_key="k-123").embed(["abc"])
    assert len(service.requests) == 1
    assert "k-123" not in str(caught.value)


def test_an_endpoint_that_returns_something_else_is_reported(service: Service) -> None:
    with pytest.raises(EmbeddingServiceFailed, match="2 numbers for model small, not of 3"):
        EndpointEmbedder("small", 3, base_url=service.url).embed(["abc"])
    service.drop = 1
    with pytest.raises(EmbeddingServiceFailed, match="did not return a vector per text"):
        EndpointEmbedder("small", 2, base_url=service.url).embed(["abc", "defg"])


def test_an_endpoint_that_is_not_there_is_one_sentence() -> None:
    embedder = EndpointEmbedder("small", 2, base_url="http://127.0.0.1:9/v1", retries=0, timeout=5)
    with pytest.raises(
        EmbeddingServiceFailed, match=r"127\.0\.0\.1:9/v1 failed for model small .APIConnectionError"
    ):
        embedder.embed(["abc"])
