"""Which sentences of a passage answer a question, and with which words: a small encoder reads both together.

Similarity of two vectors tells what a sentence is about; a reader tells whether it answers. It is the
embedding's encoder with updates of its own (``adapter.py``), trained by ``evals/train_reader.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embed import cores
from qa.adapter import SCORES
from qa.errors import ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qa.features import Sentence

    Array = NDArray[np.float32]

# Tokens of the question, of the headline, and of all together; the encoder knows 512 positions.
QUESTION, TITLE, WHOLE = 48, 24, 384
# Tokens of an answer at most.
ANSWER = 20
# What a sentence gets that did not fit: as if nothing spoke for it.
UNREAD = -12.0
CLS, SEP, STOP = 101, 102, 1012


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of a sentence.

    support: log-odds that the sentence answers against that nothing in its passage does.
    answer: the same for the words ``article.text[start:end]`` as the answer itself.
    """

    support: float
    answer: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Laid:
    """Question and passage as tokens. places: for each sentence that fits its tokens, and for each of these
    the offsets in the sentence."""

    ids: list[int]
    types: list[int]
    places: list[tuple[int, list[tuple[int, int]]]]


class Reader:
    """Reads passages with the ONNX model ``file`` and ``tokenizer.json`` beside it, on the processor.

    Nothing is loaded before the first ``read``. Safe to use from several threads.
    """

    def __init__(self, file: Path, *, threads: int | None = None) -> None:
        self._file = file
        self._threads = threads or cores()
        self._loading = threading.Lock()

    def read(self, question: str, sentences: Sequence[Sentence]) -> list[Reading]:
        """A reading for each sentence, in their order; sentences of one passage must stand together.

        Raises ModelMissing when the model cannot be loaded.
        """
        with self._loading:
            _ = self._session, self._tokenizer
        passages = [list(group) for _, group in groupby(sentences, key=lambda one: one.passage.chunk.id)]
        with ThreadPoolExecutor(self._threads) as pool:
            readings = pool.map(lambda passage: self._passage(question, passage), passages)
            return [one for passage in readings for one in passage]

    def _passage(self, question: str, passage: Sequence[Sentence]) -> list[Reading]:
        import numpy as np

        laid = self._lay(question, passage[0].article.title, [one.text for one in passage])
        # Alone in its batch: a dynamically quantised model scales by the largest value in it.
        feed = {
            "input_ids": np.array([laid.ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(laid.ids)), dtype=np.int64),
            "token_type_ids": np.array([laid.types], dtype=np.int64),
        }
        (scores,) = self._session.run([SCORES], feed)
        return [
            _reading(scores[0], *laid.places[n], one.start)
            if n < len(laid.places)
            else Reading(UNREAD, UNREAD, one.start, one.end)
            for n, one in enumerate(passage)
        ]

    def _lay(self, question: str, title: str, texts: Sequence[str]) -> _Laid:
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION]
        headline = self._tokenizer.encode(title, add_special_tokens=False).ids[:TITLE]
        ids = [CLS, *asked, SEP]
        types = [0] * len(ids)
        if headline:
            ids += [*headline, STOP]
        places: list[tuple[int, list[tuple[int, int]]]] = []
        for text in texts:
            encoded = self._tokenizer.encode(text, add_special_tokens=False)
            if places and len(ids) + len(encoded.ids) + 1 > WHOLE:
                break
            room = WHOLE - 1 - len(ids)
            places.append((len(ids), encoded.offsets[:room]))
            ids += encoded.ids[:room]
        ids.append(SEP)
        return _Laid(ids, types + [1] * (len(ids) - len(types)), places)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self._file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises half a dozen kinds without a common base
            raise self._broken(self._file) from error

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        path = self._file.with_name("tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise self._broken(path) from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def _broken(self, path: Path) -> ModelMissing:
        name = self._file.parent.name
        return ModelMissing(f"{path} cannot be read; remove it and run 'qa models pull {name}'", name)


def _reading(scores: Array, first: int, offsets: Sequence[tuple[int, int]], at: int) -> Reading:
    """The reading of a sentence whose tokens begin at ``first`` and that starts at ``at`` in its article."""
    import numpy as np

    if not offsets:
        return Reading(UNREAD, UNREAD, at, at)
    own = scores[first : first + len(offsets)]
    evidence, starts, ends = own[:, 0], own[:, 1], own[:, 2]
    top = float(evidence.max())
    support = top + float(np.log(np.exp(evidence - top).mean())) - float(scores[0, 3])
    pairs = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones_like(pairs, dtype=bool)) & ~np.triu(np.ones_like(pairs, dtype=bool), ANSWER)
    best = int(np.where(allowed, pairs, -np.inf).argmax())
    begin, stop = divmod(best, len(offsets))
    nothing = float(scores[0, 1] + scores[0, 2])
    return Reading(
        support, float(pairs[begin, stop]) - nothing, at + offsets[begin][0], at + offsets[stop][1]
    )
