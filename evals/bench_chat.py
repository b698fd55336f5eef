"""How long a conversation keeps one waiting: ``python -m evals.bench_chat --corpus DIR --gold FILE``.

Ours beside LlamaIndex's plain chat engine (condense plus context, the default) over the same articles, with
the same embedding and local model, in one run. Of ours the time to the first checked sentence and to the end
of the answer; of theirs to the first token, to the end of the first sentence (which nobody has checked), and
to the end. Each system has a server of the model to itself, the conversations are held in turn, and no reply
comes from a cache. Prints the medians for first turns and for later ones; then one line of JSON.

A gold file of conversations (``turns``) is held as it is. In one of single questions each begins a talk that
goes on with follow-ups that can be asked about anything.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench_peer import MAX_TOKENS, prepare, spread
from evals.measure import circumstances, middle, table

if TYPE_CHECKING:
    from index.types import Embedder
    from qa.config import Settings

ROOT = Path(__file__).parent.parent
FOLLOW_UPS = ("When was that?", "Who said so?")
_SENTENCE = re.compile(r"[.!?][\"”’)]*\s")


@dataclass(frozen=True, slots=True)
class Waited:
    """One turn. Seconds to the first sentence (ours: checked), to the first token, and to the end."""

    later: bool
    sentence: float | None
    token: float | None
    whole: float


Ask = Callable[[str], tuple[float | None, float | None]]  # seconds to the first sentence, and first token
Begin = Callable[[], Ask]


@contextmanager
def ours(settings: Settings) -> Iterator[Begin]:
    """``qa chat`` without its screen: what it loads at its start is loaded at the start."""
    from qa.chat.engine import opened
    from qa.chat.session import Session
    from qa.commands._asking import Narrator
    from qa.terminal import console

    narrator = Narrator(console(stderr=True))
    with opened(settings, narrator, yes=False, no_model=False) as engine:
        engine.warm()

        def begin() -> Ask:
            session = Session(
                engine.answerer, engine.retriever.catalog.articles, k=settings.k, count=engine.count
            )

            def ask(question: str) -> tuple[float | None, float | None]:
                start = time.perf_counter()
                first: list[float] = []
                session.ask(question, on_claim=lambda claim, cited: first.append(time.perf_counter() - start))
                return (first[0], first[0]) if first else (None, None)

            return ask

        yield begin


def theirs(store: Path, embedder: Embedder, settings: Settings) -> Begin:
    """LlamaIndex's chat engine, streaming, with a server of the same model."""
    from llama_index.core import Settings as Global
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseGen

    from evals.peer import CONTEXT, LocalLLM
    from index.llamaindex import NewsEmbedding
    from qa import local, models, wiring

    class Streaming(LocalLLM):
        """Streams, so that the first token is seen when it is there."""

        def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
            pieces = self._client.chat.completions.create(
                model=self._name,
                messages=[{"role": one.role.value, "content": one.content} for one in messages],
                temperature=0,
                max_tokens=self._max_tokens,
                stream=True,
            )

            def generate() -> ChatResponseGen:
                text = ""
                for piece in pieces:
                    delta = piece.choices[0].delta.content or "" if piece.choices else ""
                    text += delta
                    yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=delta)

            return generate()

    name = wiring.chat_choice(settings).name
    # Another context size makes it another server than ours.
    server = local.serve(name, models.path(name, settings.models_dir).parent, context=CONTEXT)
    # Pydantic gives the subclass another signature in the eyes of a type checker.
    make: Any = Streaming
    llm = make(server.base_url, server.api_key, name, max_tokens=MAX_TOKENS)
    Global.embed_model, Global.llm = NewsEmbedding(embedder), llm
    index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(store)))

    def begin() -> Ask:
        engine = index.as_chat_engine(similarity_top_k=2)

        def ask(question: str) -> tuple[float | None, float | None]:
            start = time.perf_counter()
            text, token, sentence = "", None, None
            for piece in engine.stream_chat(question).response_gen:
                text += piece
                if text.strip():
                    token = token or time.perf_counter() - start
                if _SENTENCE.search(text):
                    sentence = sentence or time.perf_counter() - start
            return sentence or (time.perf_counter() - start if text.strip() else None), token

        return ask

    return begin


def conversations(gold: Sequence[dict[str, Any]], turns: int) -> list[list[str]]:
    """Questions by conversation, ``turns`` in all."""
    held = [
        [turn["question"] for turn in one["turns"]] if "turns" in one else [one["question"], *FOLLOW_UPS]
        for one in gold
    ]
    kept: list[list[str]] = []
    for one in held:
        room = turns - sum(map(len, kept))
        if room > 0:
            kept.append(one[:room])
    return kept


def compare(held: Sequence[Sequence[str]], systems: dict[str, Begin]) -> dict[str, list[Waited]]:
    """Every conversation with every system, one after the other; who is first changes each time."""
    found: dict[str, list[Waited]] = {name: [] for name in systems}
    for n, questions in enumerate(held):
        names = list(systems)
        for name in names[n % len(names) :] + names[: n % len(names)]:
            ask = systems[name]()
            for place, question in enumerate(questions):
                start = time.perf_counter()
                try:
                    sentence, token = ask(question)
                except Exception as error:  # what LlamaIndex raises has no common base
                    print(f"failed: {error!r}", file=sys.stderr, flush=True)
                    sentence = token = None
                whole = time.perf_counter() - start
                found[name].append(Waited(place > 0, sentence, token, whole))
                shown = "none" if sentence is None else f"{sentence:.2f} s"
                print(f"{n + 1}/{len(held)} {name}: {shown}, {question}", file=sys.stderr, flush=True)
    return found


def figures(waited: Sequence[Waited]) -> dict[str, float | None]:
    """One system's medians; turns without a sentence (withheld answers) count where they ended."""
    return {
        "turns": len(waited),
        "without a sentence": sum(one.sentence is None for one in waited),
        "first sentence": middle(one.sentence or one.whole for one in waited),
        "first token": middle(one.token or one.whole for one in waited),
        "whole": middle(one.whole for one in waited),
    }


def main() -> int:
    """Command line."""
    from qa import config, wiring

    parser = argparse.ArgumentParser(prog="python -m evals.bench_chat", description="Conversations.")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    parser.add_argument("--articles", type=int, default=0, help="files, those of the questions among them")
    parser.add_argument("--gold", type=Path, default=ROOT / "evals/gold/seeds_conversations.jsonl")
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--index", type=Path, help="our index, made before; goes with --store")
    parser.add_argument("--store", type=Path, help="what 'python -m evals.peer FOLDER STORE' made")
    parser.add_argument("--model", default=f"local:{wiring.LOCAL_MODEL}")
    args = parser.parse_args()
    if bool(args.index) != bool(args.store):
        parser.error("--index and --store go together: both systems have to know the same articles")
    if not args.model.startswith(config.LOCAL_PREFIX):
        parser.error("--model must be local:NAME: both systems ask a server in this process")
    busy = os.getloadavg()[0]
    gold = spread(args.gold.read_text(encoding="utf-8").splitlines(), (args.turns + 2) // 3)
    with tempfile.TemporaryDirectory() as work:
        index, store = prepare(args, gold, Path(work))
        settings = config.load({"index": index, "model": args.model, "cache": False})
        with ours(settings) as begin:
            systems = {"qa": begin, "LlamaIndex": theirs(store, wiring.embedder(settings), settings)}
            for started in systems.values():
                started()("What happened?")  # loads what is loaded at first use; not counted
            found = compare(conversations(gold, args.turns), systems)
    rows = {
        f"{name}, {which}": figures([one for one in waited if one.later is later])
        for which, later in (("first turns", False), ("later turns", True))
        for name, waited in found.items()
    }
    columns = list(next(iter(rows.values())))
    print(table([["seconds, median", *columns], *([name, *row.values()] for name, row in rows.items())]))
    print(circumstances(busy))
    print(json.dumps({"load_before": busy, **rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
