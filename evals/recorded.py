"""A model's replies and an embedding's vectors, recorded once and played back: the same on every machine.

Two files, and a third of ``evals.recorded_reader``. ``NAME.replies.jsonl`` has a line that says which weights
spoke, then one line a reply: the hash of all that was asked (model, messages, parameters), the text, and the
tokens with their log-probabilities. ``NAME.vectors.npz`` has for the hash of each text its vector in 8 bits;
whoever records uses the vectors as they are read back, so that recording and playing back see the same
numbers. It is not compressed, so that git keeps only what changes.

What was not recorded is not made up: it raises NotRecorded.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import Missing, UsageError
from qa.reply_cache import ReplyCache
from qa.types import Message, Reply, TokenLogprob, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.types import Embedder

FORMAT = 1
_DIGITS = 4
_KEY_BYTES = 16


class NotRecorded(Missing):
    """A reply or a vector that was not recorded."""


def files_of(stem: Path) -> tuple[Path, Path, Path]:
    """The files of replies, of vectors and of readings that belong to a name."""
    suffixes = (".replies.jsonl", ".vectors.npz", ".readings.npz")
    replies, vectors, readings = (stem.with_name(f"{stem.name}{suffix}") for suffix in suffixes)
    return replies, vectors, readings


class Replies(ReplyCache):
    """A reply cache in one readable file. Log-probabilities keep four decimals. Alternatives are left out,
    but for the numbers among those of a reply that is a single token: there they are what was asked for.

    identity, weights, selector: the model that is recorded, and the identity of it with the updates to choose
    with; replies of another one in the file are not used. Where they are not given, the file says.
    Raises UsageError where the file is malformed.
    """

    def __init__(self, path: Path, identity: str = "", weights: str = "", selector: str = "") -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._rows: dict[str, dict[str, Any]] = {}
        self._used: dict[str, None] = {}
        self.identity, self.weights, self.selector = identity, weights, selector
        if path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            head, *rows = path.read_text(encoding="utf-8").splitlines()
            about = json.loads(head)
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']} is not {FORMAT}")
            speaker = (about["identity"], about["weights"], about.get("selector", ""))
            if self.identity and speaker != (self.identity, self.weights, self.selector):
                return
            self.identity, self.weights, self.selector = speaker
            self._rows = {row["key"]: row for row in map(json.loads, rows)}
            for row in self._rows.values():
                _reply(row)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} holds no recorded replies ({error!r}); record them anew") from None

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Reply | None:
        """The recorded reply, marked as cached, or None."""
        with self._lock:
            row = self._rows.get(key)
            if row is not None:
                self._used[key] = None
        return None if row is None else _reply(row)

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply until ``save``."""
        row: dict[str, Any] = {
            "key": key,
            "text": reply.text,
            "model": reply.model,
            "finish": reply.finish_reason,
            "usage": [reply.usage.prompt_tokens, reply.usage.completion_tokens],
            "tokens": [[one.token, round(one.logprob, _DIGITS)] for one in reply.logprobs],
        }
        if len(reply.logprobs) == 1:
            top = reply.logprobs[0].top
            row["numbers"] = [[word, round(value, _DIGITS)] for word, value in top if word.isdigit()]
        with self._lock:
            self._rows[key] = row
            self._used[key] = None

    def save(self, *, everything: bool = False) -> int:
        """Write what was used since the file was read, in that order; returns how many replies it holds.

        everything: also what was not used, for a recording that was not finished.
        """
        head = {"format": FORMAT, "identity": self.identity, "weights": self.weights}
        if self.selector:
            head["selector"] = self.selector
        order = dict.fromkeys([*self._used, *(self._rows if everything else ())])
        lines = [head, *(self._rows[key] for key in order)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.path.write_text(text, encoding="utf-8")
        return len(order)


def _reply(row: dict[str, Any]) -> Reply:
    spent, written = row["usage"]
    numbers = tuple((str(word), float(value)) for word, value in row.get("numbers", ()))
    tokens = tuple(TokenLogprob(token, logprob, numbers) for token, logprob in row["tokens"])
    return Reply(
        text=row["text"],
        model=row["model"],
        usage=Usage(spent, written, 0.0),
        finish_reason=row["finish"],
        seconds=0.0,
        logprobs=tokens,
        cached=True,
    )


class Silent:
    """A chat model that says nothing: what is asked of it was not recorded."""

    def __init__(self, name: str, replies: Replies, identity: str = "") -> None:
        self.name, self.identity = name, identity or replies.identity
        self._replies = replies

    @property
    def selector(self) -> Silent | None:
        """The model with its updates, where there were such when it was recorded."""
        adapted = self._replies.selector
        return Silent(self.name, self._replies, adapted) if adapted != self.identity and adapted else None

    def complete(self, messages: Sequence[Message], **_: Any) -> Reply:
        """Raises NotRecorded."""
        raise NotRecorded(
            f"no reply to this prompt is in {self._replies.path.name}, so the prompt has changed; record anew"
        )

    def stream(self, messages: Sequence[Message], **options: Any) -> Generator[str, None, Reply]:
        """Raises NotRecorded."""
        yield ""
        return self.complete(messages, **options)


class RecordedEmbedder:
    """Vectors from the file; with ``inner`` what the file lacks is embedded and kept until ``save``.

    Raises NotRecorded where there is neither, UsageError where the file is malformed.
    """

    def __init__(self, path: Path, inner: Embedder | None = None) -> None:
        self._path, self._inner = path, inner
        self._lock = threading.Lock()
        self._rows: dict[bytes, tuple[NDArray[np.int8], float]] = {}
        self._used: dict[bytes, None] = {}
        self.name, self.dimensions = (inner.name, inner.dimensions) if inner else ("", 0)
        if path.exists():
            self._read()
        elif inner is None:
            raise NotRecorded(f"there are no recorded vectors at {path}; record them")

    def _read(self) -> None:
        import numpy as np

        try:
            with np.load(self._path, allow_pickle=False) as kept:
                name, keys = str(kept["name"]), kept["keys"]
                values, scales = kept["values"], kept["scales"]
            rows = zip(keys, values, scales, strict=True)
            found = {key.tobytes(): (value, float(scale)) for key, value, scale in rows}
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(f"{self._path} holds no recorded vectors ({error}); record them anew") from None
        if self._inner is None:
            self.name, self.dimensions = name, int(values.shape[1])
        elif (name, values.shape[1]) != (self.name, self.dimensions):
            return
        self._rows = found

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See Embedder."""
        import numpy as np

        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest()[:_KEY_BYTES] for text in texts]
        with self._lock:
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
            if missing:
                self._embed(missing)
            self._used.update(dict.fromkeys(keys))
            rows = [self._rows[key] for key in keys]
        if not rows:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        found = np.stack([value.astype(np.float32) * scale for value, scale in rows])
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        return (found / np.where(norms == 0, 1, norms)).astype(np.float32)

    def _embed(self, missing: dict[bytes, str]) -> None:
        import numpy as np

        if self._inner is None:
            some = " ".join(next(iter(missing.values())).split())[:60]
            raise NotRecorded(
                f"{len(missing)} texts have no vector in {self._path.name}, such as '{some}'; record anew"
            )
        for key, vector in zip(missing, self._inner.embed(list(missing.values())), strict=True):
            scale = float(np.abs(vector).max()) / 127 or 1.0
            self._rows[key] = (np.round(vector / scale).astype(np.int8), float(np.float32(scale)))

    def save(self, *, everything: bool = False) -> int:
        """Write what was used since the file was read; returns how many vectors it holds.

        everything: also what was not used, for a recording that was not finished.
        """
        import numpy as np

        order = sorted(self._rows if everything else self._used)
        keys = np.frombuffer(b"".join(order), dtype=np.uint8).reshape(len(order), _KEY_BYTES)
        values = np.array([self._rows[key][0] for key in order], dtype=np.int8)
        scales = np.array([self._rows[key][1] for key in order], dtype=np.float32)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            self._path,
            keys=keys,
            values=values.reshape(len(order), self.dimensions),
            scales=scales,
            name=np.array(self.name),
        )
        return len(order)
