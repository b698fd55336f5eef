"""Stock LlamaIndex on our embedding and our local model: reading, splitting, indexing, and a query engine.

``python -m evals.peer FOLDER STORE`` is its ingestion as a process of its own, for ``evals.bench``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_index.core import (
    Document,
    Settings,
    SimpleDirectoryReader,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import CustomLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode

from index.llamaindex import NewsEmbedding
from index.types import Article, Embedder

CONTEXT = 8192


class LocalLLM(CustomLLM):
    """A chat model behind an OpenAI-compatible server; it adds up the tokens of its prompts."""

    _client: Any = PrivateAttr()
    _name: str = PrivateAttr()
    _max_tokens: int = PrivateAttr()
    prompt_tokens: int = 0

    def __init__(self, base_url: str, api_key: str, name: str, *, max_tokens: int) -> None:
        import openai

        super().__init__()
        self._client = openai.OpenAI(base_url=base_url, api_key=api_key, timeout=900, max_retries=0)
        self._name, self._max_tokens = name, max_tokens

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=CONTEXT,
            num_output=self._max_tokens,
            is_chat_model=True,
            model_name=self._name,
        )

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        reply = self._client.chat.completions.create(
            model=self._name,
            messages=[{"role": one.role.value, "content": one.content} for one in messages],
            temperature=0,
            max_tokens=self._max_tokens,
        )
        self.prompt_tokens += reply.usage.prompt_tokens
        return ChatResponse(message=ChatMessage(role="assistant", content=reply.choices[0].message.content))

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        reply = self.chat([ChatMessage(role="user", content=prompt)])
        return CompletionResponse(text=reply.message.content or "")

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        yield self.complete(prompt)


def documents(folder: Path) -> list[Document]:
    """The articles. LlamaIndex's own reader reads plain text; it knows no HTML and no articles in JSONL, so
    where there are such files both systems get the words as ours reads them, headline first.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    if all(path.suffix == ".txt" for path in files):
        return list(SimpleDirectoryReader(str(folder), recursive=True).load_data())
    from index.load import LoadOptions, load

    found = [one for one in load([str(folder)], LoadOptions()) if isinstance(one, Article)]
    return [
        Document(text=f"{one.title}\n\n{one.text}", metadata={"file_path": one.path}, id_=one.id)
        for one in found
    ]


def build(folder: Path, store: Path, embedder: Embedder) -> list[str]:
    """LlamaIndex's own ingestion with its defaults, kept in ``store``; returns the texts embedded."""
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(), NewsEmbedding(embedder)])
    nodes = pipeline.run(documents=documents(folder))
    Settings.embed_model = NewsEmbedding(embedder)
    VectorStoreIndex(nodes).storage_context.persist(str(store))
    return [node.get_content(metadata_mode=MetadataMode.EMBED) for node in nodes]


def query_engine(store: Path, embedder: Embedder, llm: LocalLLM) -> Any:
    """The stock question answering over what ``build`` kept: the two most similar nodes in one prompt."""
    Settings.embed_model, Settings.llm = NewsEmbedding(embedder), llm
    index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(store)))
    return index.as_query_engine(similarity_top_k=2)


def main() -> None:
    """Ingests FOLDER into STORE and prints the number of nodes and of tokens that were embedded."""
    from evals.bench_embed import token_count
    from qa import config, wiring

    folder, store = map(Path, sys.argv[1:3])
    settings = config.load()
    texts = build(folder, store, wiring.embedder(settings))
    print(json.dumps({"nodes": len(texts), "tokens": token_count(texts)}))


if __name__ == "__main__":
    main()
