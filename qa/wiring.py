"""Settings to the objects that do the work: which model, which embedding, and the retriever over the index.

Nothing is sent to a service that the user did not name: a key in the environment makes ``auto`` choose a
service for chat, embeddings stay local until the setting ``embedding`` says otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qa import trust
from qa.config import LOCAL_PREFIX, Settings
from qa.errors import ConfigError, Missing, ModelMissing, NotMade, ServiceUnreachable
from qa.terminal import safe

if TYPE_CHECKING:
    from index.retrieve import Retriever
    from index.types import Embedder
    from qa.answer import Answerer, Options
    from qa.chat_model import ChatModel
    from qa.local import LocalServer
    from qa.reader import Reader

LOCAL_MODEL = "qwen2.5-coder-0.5b"
READER = "minilm-l6-v2-reader"
# Called when weights are missing: makes them be there, or raises.
OnMissing = Callable[[ModelMissing], None]

OPENAI = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-4.1-mini"
_KNOWN_DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that was chosen, and why.

    name: in the local catalog when ``local``, else as the service knows it; empty: the one the service has.
    """

    name: str
    local: bool
    why: str
    base_url: str = ""
    api_key: str | None = field(default=None, repr=False)


def chat_choice(settings: Settings) -> Choice:
    """The language model that would be asked.

    ``auto`` takes a service when a base URL or a key is configured or in the environment, else the local
    model.
    Raises Missing when a service's model is named and there is neither a base URL nor a key, ConfigError when
    the key is not for that address.
    """
    name, base_url, key = settings.model, settings.base_url, settings.api_key
    if name.startswith(LOCAL_PREFIX):
        return Choice(name.removeprefix(LOCAL_PREFIX), True, f"named by: {settings.where('model')}")
    trust.check(settings, "api_key", base_url or OPENAI)
    if name != "auto":
        if not base_url and not key:
            raise Missing(
                f"the model {name} is a service's and there is neither a key nor a base URL: "
                f"set OPENAI_API_KEY, give --base-url, or use --model {LOCAL_PREFIX}{LOCAL_MODEL}"
            )
        return Choice(name, False, f"named by: {settings.where('model')}", base_url or OPENAI, key)
    if base_url:
        why = f"a base URL is given by: {settings.where('base_url')}"
        return Choice(OPENAI_MODEL if base_url == OPENAI else "", False, why, base_url, key)
    if key:
        return Choice(OPENAI_MODEL, False, f"a key is given by: {settings.where('api_key')}", OPENAI, key)
    return Choice(LOCAL_MODEL, True, "no other model, base URL or key is configured")


def embedding_choice(settings: Settings) -> Choice:
    """The embedding that would be used; a service only when the setting ``embedding`` names its model.

    The chat service's key goes to the embedding service only when both have the same address.
    """
    name, why = settings.embedding, f"setting 'embedding' from: {settings.where('embedding')}"
    if name.startswith(LOCAL_PREFIX):
        return Choice(name.removeprefix(LOCAL_PREFIX), True, why)
    chat_url = settings.base_url or OPENAI
    base_url = settings.embedding_base_url or chat_url
    key = settings.embedding_api_key or (settings.api_key if base_url == chat_url else None)
    if key:
        trust.check(settings, "embedding_api_key" if settings.embedding_api_key else "api_key", base_url)
    if base_url == OPENAI and not key:
        raise Missing(
            f"the embedding {name} is a service's and there is neither a key nor a base URL: "
            "set OPENAI_API_KEY, or the setting embedding_base_url"
        )
    return Choice(name, False, why, base_url, key)


def _note(sentence: str) -> None:
    print(f"qa: {safe(sentence)}", file=sys.stderr)


def embedder(
    settings: Settings,
    *,
    on_missing: OnMissing | None = None,
    on_note: Callable[[str], None] = _note,
) -> Embedder:
    """The embedding that ``settings`` ask for.

    on_note: is told, in a sentence, when the faster form of a local embedding cannot be made and the
    embedding itself is used, under its own name.

    Raises Missing (ModelMissing where ``on_missing`` is not given) and ConfigError.
    """
    from index.embed import EndpointEmbedder

    choice = embedding_choice(settings)
    if choice.local:
        try:
            return _local_embedder(choice.name, settings, on_missing)
        except NotMade as failure:
            from qa import models

            on_note(str(failure))
            return _local_embedder(models.find(choice.name).name, settings, on_missing)
    dimensions = settings.embedding_dimensions or _KNOWN_DIMENSIONS.get(choice.name)
    if not dimensions:
        raise ConfigError(f"how long the vectors of {choice.name} are is not known; set embedding_dimensions")
    return EndpointEmbedder(
        choice.name,
        dimensions,
        base_url=choice.base_url,
        api_key=choice.api_key or "",
        timeout=settings.timeout_total,
        retries=settings.retries,
    )


def _local_embedder(name: str, settings: Settings, on_missing: OnMissing | None) -> Embedder:
    from index.embed import OnnxEmbedder

    place = _weights(name, "embedding", settings, on_missing)
    if place.is_dir():
        return OnnxEmbedder(place)
    return OnnxEmbedder(place.parent, file=place.name, name=name, batch_tokens=1)


def retriever(settings: Settings, *, on_missing: OnMissing | None = None) -> Retriever:
    """The retriever over the index; close it, or use it in a ``with``.

    Raises NothingIndexed, IndexDamaged and EmbeddingMismatch, and what ``embedder`` raises.
    """
    from index.catalog import Catalog
    from index.retrieve import Retriever

    # Without an index nobody needs to pull a model first.
    Catalog.open(settings.index).close()
    return Retriever(settings.index, embedder(settings, on_missing=on_missing))


def reader(settings: Settings, *, on_note: Callable[[str], None] = _note) -> Reader | None:
    """The reader, which is made of the embedding's weights at its first use; None where they are not there.

    on_note: is told, in a sentence, when it cannot be made. A reader helps to choose evidence, and with
    embeddings from a service nobody needs to pull weights for it.
    """
    from qa import models
    from qa.reader import Reader

    try:
        return Reader(models.ready(READER, settings.models_dir))
    except ModelMissing:
        return None
    except NotMade as failure:
        on_note(str(failure))
        return None


def answerer(
    settings: Settings,
    retriever: Retriever,
    model: ChatModel | None,
    options: Options | None = None,
) -> Answerer:
    """What answers questions over the index, as the settings ask for, or by ``options``."""
    from qa.answer import Answerer, Options

    return Answerer(retriever, retriever.embedder, model, options or Options.of(settings), reader(settings))


def chat_model(
    settings: Settings,
    *,
    on_missing: OnMissing | None = None,
    on_retry: Callable[[str], None] = lambda line: None,
) -> ChatModel:
    """The language model that ``settings`` ask for; a local one is started, which takes a second or two.

    on_retry: is given one line each time something is asked again, or the reply cache is done without.

    Raises Missing (ModelMissing where ``on_missing`` is not given), ConfigError, and ServiceError when a
    service has to be asked for the name of its model and does not say.
    """
    from qa.config import replies_file
    from qa.llm import Budget, OpenAIChat, Timeouts
    from qa.reply_cache import CachedChat, ReplyCache

    choice = chat_choice(settings)
    timeouts = Timeouts(settings.timeout_connect, settings.timeout_first_token, settings.timeout_total)
    if choice.local:
        client = partial(
            OpenAIChat,
            timeouts=timeouts,
            retries=settings.retries,
            local=True,
            service="the local model",
            on_retry=on_retry,
        )
        model: ChatModel = _local_chat(choice.name, settings, on_missing, client)
    else:
        url, key = choice.base_url, choice.api_key or ""
        model = OpenAIChat(
            choice.name or _only_model(url, key, settings),
            url,
            key,
            timeouts=timeouts,
            retries=settings.retries,
            budget=None if settings.budget_usd is None else Budget(settings.budget_usd),
            on_retry=on_retry,
        )
    if not settings.cache:
        return model
    return CachedChat(model, ReplyCache(replies_file(), max_bytes=settings.cache_bytes, on_problem=on_retry))


def local_server(name: str, settings: Settings, on_missing: OnMissing | None = None) -> LocalServer:
    """The server of a local model, started unless it runs already.

    Raises Missing (ModelMissing where ``on_missing`` is not given) and ConfigError.
    """
    from qa import local, models

    weights = _weights(name, "language", settings, on_missing)
    return local.serve(name, weights.parent, parallel=settings.jobs, adapter=models.selector(name))


def _local_chat(
    name: str, settings: Settings, on_missing: OnMissing | None, client: Callable[..., ChatModel]
) -> ChatModel:
    """The local model, with its selector where it has one; ``client`` makes a client of the server."""
    from qa import models
    from qa.fetch import sha256

    adapter = models.selector(name)
    server = local_server(name, settings, on_missing)
    made = partial(client, name, server.base_url, server.api_key)
    # The local server's port is another one each time; its replies are the same.
    identity = f"{LOCAL_PREFIX}{name}"
    if adapter is None:
        return made(identity=identity)
    chooses = made(identity=f"{identity}+{sha256(adapter)[:12]}", adapted=True)
    return made(identity=identity, selector=chooses)


def _only_model(base_url: str, key: str, settings: Settings) -> str:
    """The name of the model that a service serves, when it is only one."""
    from qa.http_guard import http_client
    from qa.trust import is_loopback

    parts = urlsplit(base_url)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with (
            http_client(loopback=is_loopback(parts.hostname or "")) as client,
            client.stream(
                "GET", f"{base_url}/models", headers=headers, timeout=settings.timeout_connect
            ) as reply,
        ):
            reply.raise_for_status()
            body = b"".join(islice(reply.iter_bytes(65_536), 32))
        names = sorted({str(model["id"]) for model in json.loads(body)["data"]})
    except Exception:
        # Whatever it was, its words may repeat the key, so they are not passed on.
        raise ServiceUnreachable(
            f"the service at {parts.hostname} did not say which models it has; "
            "check the address and the key, or name one with --model"
        ) from None
    if len(names) != 1:
        some = ", ".join(names[:5]) or "none"
        raise ConfigError(
            f"the service at {parts.hostname} has {len(names)} models ({some}); name one with --model"
        )
    return names[0]


def _weights(name: str, purpose: str, settings: Settings, on_missing: OnMissing | None) -> Path:
    """The file or folder of local weights that serve ``purpose``."""
    from qa import models

    if models.purpose(name) != purpose:
        raise ConfigError(f"{name} is no {purpose} model; see 'qa models list'")
    try:
        return models.ready(name, settings.models_dir)
    except ModelMissing as missing:
        if on_missing is None:
            raise
        on_missing(missing)
        return models.ready(name, settings.models_dir)
