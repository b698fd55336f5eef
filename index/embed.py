"""Texts to unit vectors: a local ONNX encoder, or an OpenAI-compatible endpoint."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.errors import EmbeddingServiceFailed, IndexFailure

if TYPE_CHECKING:
    import numpy as np
    import openai
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_TOKENS = 256
# The activations of about this many tokens stay in the processor's cache; larger batches are slower.
BATCH_TOKENS = 512
ENDPOINT_BATCH = 96
OPENAI = "https://api.openai.com/v1"


class OnnxEmbedder:
    """A sentence encoder from a folder with an ONNX ``file`` and ``tokenizer.json``, run on the processor.

    The model's ``last_hidden_state`` is averaged over the tokens and normalised; texts are cut at
    ``MAX_TOKENS`` tokens. Nothing is read before the first ``embed``, which raises IndexFailure if the folder
    does not hold a model. Safe to use from several threads.

    name: identifies the vectors; by default the folder's name.
    dimensions: length of a vector, checked against the model when it is loaded.
    threads: texts are shared out to this many threads, by default one for each core the process may use.
    batch_tokens: see ``make_batches``; with 1 every text is encoded alone. A dynamically quantised model
        needs that: it scales by the largest value in a batch, so company changes a vector (cosine 0.99).
    """

    def __init__(
        self,
        folder: Path,
        *,
        file: str = "model.onnx",
        threads: int | None = None,
        name: str = "",
        dimensions: int = 384,
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        self._folder = folder
        self._model_file = file
        self._batch_tokens = batch_tokens
        self._threads = threads or cores()
        self._name = name or folder.name
        self._dimensions = dimensions
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimensions)``, float32, of length 1, in the order of the texts."""
        import numpy as np

        out = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        if not len(texts):
            return out
        with self._loading:
            tokenizer, _ = self._tokenizer, self._session
        tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

        def run(batch: list[int]) -> None:
            out[batch] = self._encode([tokens[i] for i in batch])

        batches = list(make_batches([len(ids) for ids in tokens], self._batch_tokens))
        if len(batches) == 1 or self._threads == 1:
            for batch in batches:
                run(batch)
        else:
            # One thread per batch beats one batch over all threads: no waiting for each other at every layer.
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(run, batches))
        return out

    def _encode(self, tokens: list[list[int]]) -> Vectors:
        import numpy as np

        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = line
            mask[row, : len(line)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden, *_) = self._session.run(["last_hidden_state"], feed)
        weights = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        norms = np.linalg.norm(pooled, axis=1, keepdims=True)
        return (pooled / np.maximum(norms, 1e-12)).astype(np.float32)  # type: ignore[no-any-return]

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = self._file(self._model_file)
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises half a dozen kinds without a common base
            raise IndexFailure(
                f"{path} cannot be loaded as an embedding model; remove it and run"
                f" 'qa models pull {self._name}'."
            ) from error
        width = session.get_outputs()[0].shape[-1]
        if isinstance(width, int) and width != self._dimensions:
            raise IndexFailure(
                f"{path} makes vectors of {width} numbers, not of {self._dimensions} as configured."
            )
        return session

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        path = self._file("tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise IndexFailure(
                f"{path} cannot be read as a tokenizer; remove it and run 'qa models pull {self._name}'."
            ) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    def _file(self, name: str) -> Path:
        path = self._folder / name
        if not path.is_file():
            raise IndexFailure(
                f"The embedding model's {name} is not in {self._folder}; run 'qa models pull {self._name}'."
            )
        return path


def make_batches(lengths: Sequence[int], batch_tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Positions of the texts, longest first, in batches of about ``batch_tokens`` tokens with padding."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


class EndpointEmbedder:
    """Any OpenAI-compatible ``/embeddings`` service. Retries are the openai client's, at most ``retries``."""

    def __init__(
        self,
        model: str,
        dimensions: int,
        *,
        base_url: str = OPENAI,
        api_key: str = "",
        timeout: float = 60.0,
        retries: int = 3,
    ) -> None:
        self._model = model
        self._dimensions = dimensions
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._retries = retries

    @property
    def name(self) -> str:
        return self._model

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimensions)``, float32, of length 1, in the order of the texts.

        Raises EmbeddingServiceFailed where the service cannot be reached, refuses, or returns something else.
        """
        import numpy as np

        rows: list[Vectors] = [np.zeros((0, self._dimensions), dtype=np.float32)]
        rows.extend(self._request(part) for part in _parts(texts, ENDPOINT_BATCH))
        return np.concatenate(rows)

    def _request(self, texts: Sequence[str]) -> Vectors:
        import numpy as np
        import openai

        where = re.sub(r"//[^/@]*@", "//", self._base_url)  # without a login
        try:
            # Services refuse an empty text. 'float' because not every compatible service knows base64.
            reply = self._client.embeddings.create(
                model=self._model, input=[text or " " for text in texts], encoding_format="float"
            )
            found = {item.index: item.embedding for item in reply.data}
            vectors = np.array([found[i] for i in range(len(texts))], dtype=np.float32)
        except openai.OpenAIError as error:
            kind = getattr(error, "status_code", None) or type(error).__name__
            raise EmbeddingServiceFailed(
                f"The embedding service at {where} failed for model {self._model} ({kind});"
                " check the address, the key and the model's name."
            ) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EmbeddingServiceFailed(
                f"The embedding service at {where} did not return a vector per text."
            ) from error
        if vectors.shape != (len(texts), self._dimensions):
            raise EmbeddingServiceFailed(
                f"The embedding service at {where} returned vectors of {vectors.shape[-1]} numbers for model"
                f" {self._model}, not of {self._dimensions}; set the right number of dimensions."
            )
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.maximum(norms, 1e-12)).astype(np.float32)  # type: ignore[no-any-return]

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        client = openai.OpenAI(
            base_url=self._base_url,
            # The client insists on a key; a local service needs none.
            api_key=self._api_key or "none",
            timeout=self._timeout,
            max_retries=self._retries,
        )
        if urlsplit(self._base_url).hostname != "api.openai.com":
            # The package reads these from the environment; they are for OpenAI and nobody else.
            client.organization = None
            client.project = None
            client._custom_headers = {}
        return client


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _parts(texts: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (texts[i : i + size] for i in range(0, len(texts), size))
