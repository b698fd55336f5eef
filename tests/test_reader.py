"""The reader: which sentence of a passage answers, with which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.types import Article
from qa import adapter, models
from qa.errors import ModelMissing
from qa.evidence import MODELS, rank, split
from qa.question import Kind, Part
from qa.reader import ANSWER, UNREAD, Reader
from qa.wiring import READER
from tests.conftest import MODELS as ROOT
from tests.fakes import FakeEmbedder
from tests.newsroom import article
from tests.small_paper import BRIDGE, FERRY, ORCHARD, PAPER, passages, retriever

QUESTIONS = [
    ("What will it cost to mend the Kittiwake?", FERRY, "The repair will cost", "£2.3m"),
    ("How many people were aboard the ferry when it last sailed?", FERRY, "The ferry carried", "212"),
    ("Who opened Varnholt's bridge?", BRIDGE, "Mayor Tomas Brandvold", "Tomas Brandvold"),
    ("How many metres long is the new bridge?", BRIDGE, "The bridge is 412", "412"),
    ("Which farmer lit candles against the frost?", ORCHARD, "Farmer Agneta Holm", "Agneta"),
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    if not models.installed("minilm-l6-v2", ROOT):
        pytest.skip("the weights of minilm-l6-v2 are not there; run: qa models pull minilm-l6-v2")
    return Reader(models.ready(READER, ROOT))


@pytest.mark.parametrize(("question", "where", "opening", "answer"), QUESTIONS)
def test_the_sentence_that_answers_and_the_words_of_the_answer_are_found(
    reader: Reader, question: str, where: Article, opening: str, answer: str
) -> None:
    sentences = split(passages(*PAPER))
    readings = reader.read(question, sentences)
    best = max(range(len(sentences)), key=lambda n: readings[n].support)
    assert sentences[best].article is where
    assert sentences[best].text.startswith(opening)
    reading = readings[best]
    assert answer in where.text[reading.start : reading.end]
    assert len(where.text[reading.start : reading.end].split()) <= ANSWER


def test_what_the_passages_do_not_say_has_less_support_than_what_they_say(reader: Reader) -> None:
    def support(question: str) -> float:
        return max(one.support for one in reader.read(question, split(passages(*PAPER))))

    assert support("How long is the new bridge?") > support("Who won the chess match in Oslo?")


def test_an_answer_stands_inside_its_sentence(reader: Reader) -> None:
    sentences = split(passages(*PAPER))
    for question, *_ in QUESTIONS:
        for sentence, reading in zip(sentences, reader.read(question, sentences), strict=True):
            assert sentence.start <= reading.start < reading.end <= sentence.end


def test_a_passage_is_read_the_same_alone_and_beside_others(reader: Reader) -> None:
    together = reader.read("How long is the new bridge?", split(passages(*PAPER)))
    alone = [
        one for paper in PAPER for one in reader.read("How long is the new bridge?", split(passages(paper)))
    ]
    assert together == alone


def test_what_does_not_fit_is_unread_and_nothing_breaks(reader: Reader) -> None:
    text = " ".join(f"Boat number {n} left the harbour of Eskerby at noon." for n in range(25))
    sentences = split(passages(article("boats.txt", text))[:1])
    (first, *_, last) = reader.read("Which boat left?" + " Why?" * 200, sentences * 3)
    assert first.support > UNREAD
    assert (last.support, last.answer) == (UNREAD, UNREAD)
    assert (last.start, last.end) == (sentences[-1].start, sentences[-1].end)


@pytest.mark.parametrize("question", ["", "?" * 400, "é\u200b\x00 中文", "word " * 500])
def test_any_question_can_be_read(reader: Reader, question: str) -> None:
    readings = reader.read(question, split(passages(FERRY)))
    assert len(readings) == len(split(passages(FERRY)))
    assert all(np.isfinite(one.support) and np.isfinite(one.answer) for one in readings)


def test_no_sentence_no_reading(reader: Reader) -> None:
    assert reader.read("Who?", []) == []


def test_evidence_is_ranked_with_the_reader_and_without(reader: Reader, tmp_path: Path) -> None:
    part = Part("How many metres long is the new bridge?", Kind.NUMBER)
    with retriever(tmp_path) as found:
        read = rank(part, passages(*PAPER), found.catalog, FakeEmbedder(), reader)
        plain = rank(part, passages(*PAPER), found.catalog, FakeEmbedder())
    assert read[0].sentence.text == "The bridge is 412 metres long."
    assert read[0].reading is not None
    assert tuple(read[0].named()) == MODELS["full_read"]
    assert plain[0].reading is None
    assert tuple(plain[0].named()) == MODELS["full"]


def test_weights_that_cannot_be_loaded_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "reader.1.onnx").write_bytes(b"no model")
    with pytest.raises(ModelMissing, match=r"reader\.1\.onnx cannot be read; remove it and run"):
        Reader(tmp_path / "reader.1.onnx").read("Who?", split(passages(FERRY)))


def test_the_updates_are_small_numbers_for_every_layer() -> None:
    updates = adapter.load()
    assert sum(name.endswith(".a") for name in updates) == 6 * len(adapter.LINEAR)
    assert updates["head"].shape == (384, 4)
    assert all(np.isfinite(value).all() for value in updates.values())
    assert any(np.abs(value).max() > 0 for name, value in updates.items() if name.endswith(".b"))


def test_updates_go_to_the_weights_they_are_for(minilm_folder: Path, tmp_path: Path) -> None:
    import onnx
    from onnx import numpy_helper

    from index.quantise import unpack

    def stored(path: Path) -> dict[str, np.ndarray]:
        return {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}

    unpack(minilm_folder / "model.onnx", tmp_path / "a.onnx")
    before = stored(tmp_path / "a.onnx")
    updates = adapter.load()
    adapter._merge(tmp_path / "a.onnx", updates)
    after = stored(tmp_path / "a.onnx")
    changed = {name: after[name] - before[name] for name in before if (after[name] != before[name]).any()}
    wide = [value for value in changed.values() if value.ndim == 2 and value.shape[1] == 1536]
    assert len(wide) == 6
    for layer in range(6):
        product = updates[f"{layer}.i.a"] @ updates[f"{layer}.i.b"]
        assert sum(np.allclose(product, value, atol=1e-5) for value in wide) == 1
        bias = next(
            value for name, value in changed.items() if f"layer.{layer}.intermediate.dense.bias" in name
        )
        assert np.allclose(bias, updates[f"{layer}.i.bias"], atol=1e-6)


def test_an_encoder_of_another_make_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    nothing = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    save(helper.make_model(nothing, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "other.onnx")
    with pytest.raises(ValueError, match="has 0 weights called"):
        adapter._merge(tmp_path / "other.onnx", adapter.load())
