"""What answers in a conversation: the index, the language model, and how to have another one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from qa.answer import Question
from qa.chat import window
from qa.config import LOCAL_PREFIX, Settings

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from qa.chat_model import ChatModel
    from qa.commands._asking import Narrator

_LEAVING = 20.0  # seconds to wait for the warming up to end


class Engine:
    """The parts that answering needs; ``use`` puts another model in.

    Raises what ``qa.wiring`` raises.
    """

    def __init__(
        self, settings: Settings, retriever: Retriever, narrator: Narrator, *, yes: bool, no_model: bool
    ) -> None:
        self.settings = settings
        self.retriever = retriever
        self._narrator = narrator
        self._yes = yes
        self._warming: threading.Thread | None = None
        self.model: ChatModel | None = None if no_model else self._model(settings)
        self._made()

    def use(self, name: str) -> None:
        """Answer with another model: ``auto``, ``local:NAME``, or a name that the service knows."""
        origin = MappingProxyType({**self.settings.origin, "model": "/model"})
        settings = replace(self.settings, model=name, origin=origin)
        model = self._model(settings)
        if model is not None:
            self.settings, self.model = settings, model
            self._made()

    @property
    def name(self) -> str:
        """The model's name; empty where there is none."""
        return self.model.name if self.model else ""

    @property
    def articles(self) -> int:
        """How many articles are indexed."""
        return self.retriever.catalog.stats().articles

    def local_models(self) -> list[str]:
        """The local models that are there, as ``use`` takes them."""
        from qa import models

        root = self.settings.models_dir
        found = [entry.name for entry in models.catalog().values() if entry.purpose == "language"]
        return [f"{LOCAL_PREFIX}{name}" for name in found if models.installed(name, root)]

    @property
    def local(self) -> bool:
        """Whether the model runs in this process."""
        from qa import wiring

        return self.model is not None and wiring.chat_choice(self.settings).local

    def warm(self) -> None:
        """Load meanwhile what the first question would otherwise wait for; nothing is sent to a service."""
        self._warming = threading.Thread(target=self._load, name="warming", daemon=True)
        self._warming.start()

    def close(self) -> None:
        """Wait for what is being loaded: it must not go on while the program ends."""
        if self._warming is not None:
            self._warming.join(_LEAVING)

    def _model(self, settings: Settings) -> ChatModel | None:
        from qa.commands._asking import language_model, pulling_quietly

        try:
            return language_model(
                settings, pulling_quietly(settings, self._yes, self._narrator), self._narrator
            )
        finally:
            self._narrator.pause()

    def _made(self) -> None:
        from qa import wiring

        self.answerer = wiring.answerer(self.settings, self.retriever, self.model)
        self.count = window.counter(self.settings) if self.model else _tiktoken

    def _load(self) -> None:
        from qa import wiring

        # Whatever fails here fails again, and is told, when a question is asked.
        try:
            quoting = wiring.answerer(self.settings, self.retriever, None)
            quoting.ask(Question("What happened?", k=1))
            if self.local:
                self._read_prompt()
        except Exception:
            return

    def _read_prompt(self) -> None:
        """Have the local model read the fixed beginning of its prompt, which it then keeps.

        Not through the cache of replies: it would answer instead of the model from the second time on.
        """
        from qa import draft, selector, wiring
        from qa.prompting import messages

        model = wiring.chat_model(replace(self.settings, cache=False))
        prompt = selector.PROMPT if model.selector else draft.PROMPT
        (model.selector or model).complete(messages(prompt, evidence="", question=""), max_tokens=1)


def _tiktoken(text: str) -> int:
    from index.tokens import count

    return count(text)


@contextmanager
def opened(settings: Settings, narrator: Narrator, *, yes: bool, no_model: bool) -> Iterator[Engine]:
    """The engine, and closed again. Raises what ``qa.wiring`` raises."""
    from qa import wiring
    from qa.commands._asking import pulling_quietly

    narrator.doing("opening the index")
    with wiring.retriever(settings, on_missing=pulling_quietly(settings, yes, narrator)) as retriever:
        engine = Engine(settings, retriever, narrator, yes=yes, no_model=no_model)
        try:
            yield engine
        finally:
            engine.close()
