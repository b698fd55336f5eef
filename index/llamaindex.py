"""The index inside a LlamaIndex program: a retriever and an embedding. Importing this takes a second."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.retrieve import Retriever
from index.types import Embedder, Passage, Query


class NewsRetriever(BaseRetriever):
    """Passages of an index as LlamaIndex nodes.

    query: its ``k`` and its filters apply to every search; its text is replaced by the one asked for.
    A node's metadata says where its text stands: ``article.text[start:end]`` of the article at ``path``.
    """

    def __init__(self, retriever: Retriever, query: Query | None = None, **options: Any) -> None:
        self._retriever = retriever
        self._query = query or Query("")
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        passages = self._retriever.search(replace(self._query, text=query_bundle.query_str))
        return [NodeWithScore(node=_node(passage), score=passage.fused) for passage in passages]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(passage: Passage) -> TextNode:
    article, chunk = passage.article, passage.chunk
    metadata = {
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "path": article.path,
        "url": article.url,
        "article_id": article.id,
        "start": chunk.start,
        "end": chunk.end,
    }
    # A language model is shown what a reader would want to know, not offsets.
    hidden = ["path", "url", "article_id", "start", "end"]
    return TextNode(
        id_=chunk.id,
        text=passage.text,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
    )


class NewsEmbedding(BaseEmbedding):
    """The embedding of an index for other LlamaIndex components."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **options: Any) -> None:
        super().__init__(model_name=embedder.name, **options)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        return "NewsEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in row] for row in self._embedder.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)
