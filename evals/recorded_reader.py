"""What the reader says of sentences, recorded once and played back: see ``evals.recorded``.

``NAME.readings.npz`` has for the hash of a question with a passage's headline and sentences the readings of
these, in 16 bits, and the hash of the reader's updates: another reader says something else.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from evals.recorded import NotRecorded
from qa.errors import UsageError
from qa.reader import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qa.features import Sentence

_KEY_BYTES = 16


class Reads(Protocol):
    """``qa.reader.Reader``."""

    def read(self, question: str, sentences: Sequence[Sentence]) -> Sequence[Reading]:
        """A reading for each sentence; those of one passage stand together."""
        ...


class RecordedReader:
    """Readings from the file; with ``inner`` what the file lacks is read and kept until ``save``.

    Raises NotRecorded where there is neither, or the file is of another reader; UsageError where the file is
    malformed.
    """

    def __init__(self, path: Path, inner: Reads | None = None) -> None:
        self._path, self._inner = path, inner
        self._lock = threading.Lock()
        self._rows: dict[bytes, tuple[NDArray[np.float16], NDArray[np.int32]]] = {}
        self._used: dict[bytes, None] = {}
        if path.exists():
            self._load()
        elif inner is None:
            raise NotRecorded(f"there are no recorded readings at {path}; record them")

    def _load(self) -> None:
        import numpy as np

        try:
            with np.load(self._path, allow_pickle=False) as kept:
                keys, counts, scores, spans = (kept[name] for name in ("keys", "counts", "scores", "spans"))
                same = kept["reader"].tobytes() == _identity() if "reader" in kept else False
            ends = np.cumsum(counts)
            if len(keys) != len(counts) or len(scores) != len(spans) or int(counts.sum()) != len(scores):
                raise ValueError("its parts are of different lengths")
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(f"{self._path} holds no recorded readings ({error}); record them anew") from None
        if not same and self._inner is None:
            raise NotRecorded(f"{self._path.name} was recorded with another reader; record anew")
        for key, count, end in zip(keys, counts, ends, strict=True) if same else ():
            part = slice(int(end) - int(count), int(end))
            self._rows[key.tobytes()] = scores[part], spans[part]

    def read(self, question: str, sentences: Sequence[Sentence]) -> list[Reading]:
        """See Reads."""
        readings: list[Reading] = []
        for _, group in groupby(sentences, key=lambda one: one.passage.chunk.id):
            passage = list(group)
            scores, spans = self._passage(question, passage)
            readings += [
                Reading(float(score[0]), float(score[1]), one.start + int(span[0]), one.start + int(span[1]))
                for one, score, span in zip(passage, scores, spans, strict=True)
            ]
        return readings

    def _passage(
        self, question: str, passage: Sequence[Sentence]
    ) -> tuple[NDArray[np.float16], NDArray[np.int32]]:
        texts = [question, passage[0].article.title, *(one.text for one in passage)]
        whole = "\0".join(texts).encode("utf-8", "replace")
        key = hashlib.sha256(whole).digest()[:_KEY_BYTES]
        with self._lock:
            if key not in self._rows:
                self._rows[key] = self._made(question, passage)
            self._used[key] = None
            return self._rows[key]

    def _made(
        self, question: str, passage: Sequence[Sentence]
    ) -> tuple[NDArray[np.float16], NDArray[np.int32]]:
        import numpy as np

        if self._inner is None:
            where = f"a passage of {passage[0].article.path} for '{question[:60]}'"
            raise NotRecorded(f"{self._path.name} has no reading of {where}; record anew")
        made = self._inner.read(question, passage)
        scores = np.array([(one.support, one.answer) for one in made], dtype=np.float16)
        starts = [one.start for one in passage]
        spans = [(one.start - at, one.end - at) for one, at in zip(made, starts, strict=True)]
        return scores, np.array(spans, dtype=np.int32)

    def save(self, *, everything: bool = False) -> int:
        """Write what was used since the file was read; returns of how many passages.

        everything: also what was not used, for a recording that was not finished.
        """
        import numpy as np

        order = sorted(self._rows if everything else self._used)
        rows = [self._rows[key] for key in order]
        spans = np.concatenate([spans for _, spans in rows] or [np.zeros((0, 2), dtype=np.int32)])
        short = np.int16 if not len(spans) or abs(spans).max() <= np.iinfo(np.int16).max else np.int32
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            self._path,
            keys=np.frombuffer(b"".join(order), dtype=np.uint8).reshape(len(order), _KEY_BYTES),
            counts=np.array([len(scores) for scores, _ in rows], dtype=np.uint16),
            scores=np.concatenate([scores for scores, _ in rows] or [np.zeros((0, 2), dtype=np.float16)]),
            spans=spans.astype(short),
            reader=np.frombuffer(_identity(), dtype=np.uint8),
        )
        return len(order)


def _identity() -> bytes:
    """The hash of the reader's updates."""
    return hashlib.sha256(files("qa").joinpath("reader.npz").read_bytes()).digest()[:_KEY_BYTES]
