"""The index inside a LlamaIndex program."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from index import build
from index.chunk import chunk, embedding_text
from index.retrieve import Retriever
from index.types import Article, Query
from tests.fakes import FakeEmbedder

FERRY = "The ferry to Tarn island was cancelled on Monday. Ida Kroll said that 240 passengers were waiting."
BANK = "The central bank of Velmora raised its rate. Governor Pavel Orsini said that prices had risen."


@pytest.fixture
def retriever(tmp_path: Path) -> Retriever:
    articles = [
        Article(
            "a" * 16, "ferry.txt", "/ferry.txt", "No ferry", FERRY, "Tarn Post", published=date(2031, 3, 3)
        ),
        Article("b" * 16, "bank.txt", "/bank.txt", "Rates go up", BANK),
    ]
    build.add(tmp_path, articles, FakeEmbedder(), chunk, embedding_text)
    return Retriever(tmp_path, FakeEmbedder())


def test_a_query_engine_answers_from_the_passages(retriever: Retriever) -> None:
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    from index.llamaindex import NewsRetriever

    engine = RetrieverQueryEngine.from_args(NewsRetriever(retriever, Query("", k=1)), llm=MockLLM())
    response = engine.query("How many passengers were waiting for the ferry?")
    assert FERRY in str(response)  # the mock model repeats its prompt
    assert "source: Tarn Post" in str(response)
    assert "article_id" not in str(response)
    (found,) = response.source_nodes
    assert found.node.metadata == {
        "title": "No ferry",
        "source": "Tarn Post",
        "published": "2031-03-03",
        "path": "ferry.txt",
        "url": "",
        "article_id": "a" * 16,
        "start": 0,
        "end": len(FERRY),
    }
    assert found.node.node_id == f"{'a' * 16}-0000"


def test_scores_fall_and_filters_apply(retriever: Retriever) -> None:
    from index.llamaindex import NewsRetriever

    nodes = NewsRetriever(retriever).retrieve("governor Orsini")
    assert [node.metadata["path"] for node in nodes] == ["bank.txt", "ferry.txt"]
    assert nodes[0].get_score() > nodes[1].get_score()
    dated = NewsRetriever(retriever, Query("", since=date(2031, 1, 1)))
    again = asyncio.run(dated.aretrieve("governor Orsini"))
    assert [node.metadata["path"] for node in again] == ["ferry.txt"]


def test_the_embedding_serves_other_components() -> None:
    from llama_index.core import Document, VectorStoreIndex

    from index.llamaindex import NewsEmbedding

    fake = FakeEmbedder()
    embedding = NewsEmbedding(fake)
    assert embedding.model_name == "fake-64"
    assert embedding.get_query_embedding(FERRY) == pytest.approx(fake.embed([FERRY])[0].tolist())
    assert asyncio.run(embedding.aget_text_embedding(BANK)) == embedding.get_text_embedding(BANK)
    index = VectorStoreIndex.from_documents(
        [Document(text=FERRY), Document(text=BANK)], embed_model=embedding
    )
    (best,) = index.as_retriever(similarity_top_k=1).retrieve("governor Orsini prices")
    assert best.get_content() == BANK
