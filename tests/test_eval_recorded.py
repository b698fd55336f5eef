"""Replies, vectors and readings that are recorded and played back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals.recorded import NotRecorded, RecordedEmbedder, Replies, Silent, files_of
from evals.recorded_reader import RecordedReader
from qa.errors import UsageError
from qa.evidence import split
from qa.features import Sentence
from qa.reply_cache import CachedChat
from qa.types import Message, TokenLogprob
from tests.evaluation import FakeReader
from tests.fakes import FakeChatModel, FakeEmbedder, reply
from tests.small_paper import BRIDGE, FERRY, passages

ASKED = [Message("user", "How long is the bridge?")]
OTHER = [Message("user", "Who built it?")]
TOKENS = (TokenLogprob("412", -0.123456, (("412", -0.123456), ("413", -2.0))), TokenLogprob(" m", -0.5))


def recorded(path: Path) -> Replies:
    """Two replies, recorded and read back."""
    replies = Replies(path, "scripted model of the tests", "ab12")
    model = CachedChat(FakeChatModel(reply("412 m", TOKENS), "nobody"), replies)
    model.complete(ASKED, max_tokens=9, top_logprobs=5)
    model.complete(OTHER, max_tokens=9)
    assert replies.save() == 2
    return Replies(path)


def test_what_was_recorded_is_played_back_without_a_model(tmp_path: Path) -> None:
    replies = recorded(tmp_path / "r.jsonl")
    model = CachedChat(Silent("small", replies), replies)
    told = model.complete(ASKED, max_tokens=9, top_logprobs=5)
    assert (told.text, told.cached, told.seconds, told.usage.cost_usd) == ("412 m", True, 0.0, 0.0)
    assert (told.usage.prompt_tokens, told.usage.completion_tokens) == (100, 2)
    assert [(one.token, one.logprob) for one in told.logprobs] == [("412", -0.1235), (" m", -0.5)]
    assert model.complete(OTHER, max_tokens=9).text == "nobody"


@pytest.mark.parametrize(
    ("messages", "options"),
    [
        ([Message("user", "How long is the bridge now?")], {"max_tokens": 9, "top_logprobs": 5}),
        (ASKED, {"max_tokens": 10, "top_logprobs": 5}),
        (ASKED, {"max_tokens": 9}),
        (ASKED, {"max_tokens": 9, "top_logprobs": 5, "grammar": "root ::= [0-9]+"}),
    ],
)
def test_a_changed_prompt_or_parameter_is_not_answered_from_memory(
    tmp_path: Path, messages: list[Message], options: dict[str, int | str]
) -> None:
    replies = recorded(tmp_path / "r.jsonl")
    with pytest.raises(NotRecorded, match=r"no reply to this prompt is in r\.jsonl.*record anew"):
        CachedChat(Silent("small", replies), replies).complete(messages, **options)  # type: ignore[arg-type]


def test_a_stream_that_was_not_recorded_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(NotRecorded):
        list(Silent("small", recorded(tmp_path / "r.jsonl")).stream(ASKED, max_tokens=9))


def test_recording_again_keeps_what_is_asked_still_and_forgets_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recorded(path)
    before = path.read_text(encoding="utf-8").splitlines()
    replies = Replies(path, "scripted model of the tests", "ab12")
    model = FakeChatModel("a new one")
    cached = CachedChat(model, replies)
    cached.complete([Message("user", "When?")], max_tokens=9)
    cached.complete(OTHER, max_tokens=9)
    replies.save()
    after = path.read_text(encoding="utf-8").splitlines()
    assert len(model.asked) == 1
    assert [json.loads(line)["text"] for line in after[1:]] == ["a new one", "nobody"]
    assert after[2] == before[2]
    replies.save(everything=True)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_replies_of_other_weights_are_asked_for_anew(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recorded(path)
    replies = Replies(path, "scripted model of the tests", "cd34")
    assert len(replies) == 0
    CachedChat(FakeChatModel("other words"), replies).complete(ASKED, max_tokens=9, top_logprobs=5)
    replies.save()
    assert (len(Replies(path)), Replies(path).weights) == (1, "cd34")


def test_no_prompt_and_no_alternative_is_in_the_file(tmp_path: Path) -> None:
    recorded(tmp_path / "r.jsonl")
    text = (tmp_path / "r.jsonl").read_text(encoding="utf-8")
    assert "bridge" not in text
    assert "413" not in text


@pytest.mark.parametrize("text", ["", "{}\n", '{"format": 9, "identity": "", "weights": ""}\n', "\ud800"])
def test_a_malformed_file_of_replies_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError, match=r"r\.jsonl holds no recorded replies"):
        Replies(path)


TEXTS = ["The bridge is 412 metres long.", "A late frost", "It replaces a ford that flooded every spring."]


def test_vectors_are_the_same_when_recording_and_when_playing_back(tmp_path: Path) -> None:
    path = files_of(tmp_path / "paper")[1]
    recording = RecordedEmbedder(path, FakeEmbedder())
    seen = recording.embed(TEXTS)
    assert recording.save() == 3
    playing = RecordedEmbedder(path)
    assert (playing.name, playing.dimensions) == (FakeEmbedder.name, FakeEmbedder.dimensions)
    assert np.array_equal(playing.embed(TEXTS[::-1]), seen[::-1])
    assert np.allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-6)
    # Eight bits are near enough to what the embedding said.
    assert ((seen * FakeEmbedder().embed(TEXTS)).sum(axis=1) > 0.9995).all()
    assert playing.embed([]).shape == (0, FakeEmbedder.dimensions)


def test_a_text_without_a_vector_is_told_and_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    recording = RecordedEmbedder(path, FakeEmbedder())
    recording.embed(TEXTS)
    recording.save()
    with pytest.raises(NotRecorded, match=r"2 texts have no vector in v\.npz, such as 'new words'"):
        RecordedEmbedder(path).embed([TEXTS[0], "new words", "more of them"])
    with pytest.raises(NotRecorded, match="no recorded vectors"):
        RecordedEmbedder(tmp_path / "nowhere.npz")


def test_only_texts_without_a_vector_are_embedded_and_unused_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    first = RecordedEmbedder(path, FakeEmbedder())
    first.embed(TEXTS)
    first.save()
    inner = FakeEmbedder()
    second = RecordedEmbedder(path, inner)
    second.embed([TEXTS[0], "new words"])
    assert inner.texts == ["new words"]
    assert second.save() == 2
    assert second.save(everything=True) == 4


def test_the_same_vectors_make_the_same_file(tmp_path: Path) -> None:
    data = []
    for name, order in (("a", TEXTS), ("b", TEXTS[::-1])):
        one = RecordedEmbedder(tmp_path / f"{name}.npz", FakeEmbedder())
        one.embed(order)
        one.save()
        data.append((tmp_path / f"{name}.npz").read_bytes())
    assert data[0] == data[1]


def test_a_malformed_file_of_vectors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match="holds no recorded vectors"):
        RecordedEmbedder(path)


ASK = "How long is the bridge?"


@pytest.fixture
def sentences() -> list[Sentence]:
    return split(passages(FERRY, BRIDGE))


def test_readings_are_the_same_when_recording_and_when_playing_back(
    tmp_path: Path, sentences: list[Sentence]
) -> None:
    path = files_of(tmp_path / "paper")[2]
    recording = RecordedReader(path, FakeReader())
    seen = recording.read(ASK, sentences)
    assert recording.save() == len({one.passage.chunk.id for one in sentences})
    assert RecordedReader(path).read(ASK, sentences) == seen
    true = FakeReader().read(ASK, sentences)
    assert [(one.start, one.end) for one in seen] == [(one.start, one.end) for one in true]
    assert [one.support for one in seen] == pytest.approx([one.support for one in true], abs=1e-3)


def test_a_passage_that_was_not_read_is_told_and_not_made_up(
    tmp_path: Path, sentences: list[Sentence]
) -> None:
    path = tmp_path / "r.npz"
    with pytest.raises(NotRecorded, match="no recorded readings"):
        RecordedReader(path)
    recording = RecordedReader(path, FakeReader())
    recording.read(ASK, sentences)
    recording.save()
    with pytest.raises(NotRecorded, match=r"no reading of a passage of ports/ferry\.txt for 'Who\?'"):
        RecordedReader(path).read("Who?", sentences)
    # A sentence less is another passage.
    with pytest.raises(NotRecorded):
        RecordedReader(path).read(ASK, sentences[1:])


def test_only_passages_without_a_reading_are_read_and_unused_ones_go(
    tmp_path: Path, sentences: list[Sentence]
) -> None:
    path = tmp_path / "r.npz"
    first = RecordedReader(path, FakeReader())
    first.read(ASK, sentences)
    whole = first.save()
    inner = FakeReader()
    second = RecordedReader(path, inner)
    second.read(ASK, sentences)
    assert inner.asked == 0
    second.read("Who?", sentences)
    assert inner.asked == whole
    assert second.save() == 2 * whole
    third = RecordedReader(path)
    third.read(ASK, sentences)
    assert third.save() == whole
    assert third.save(everything=True) == 2 * whole


def test_readings_of_another_reader_are_not_played_back_but_made_anew(
    tmp_path: Path, sentences: list[Sentence], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.npz"
    first = RecordedReader(path, FakeReader())
    first.read(ASK, sentences)
    first.save()
    monkeypatch.setattr("evals.recorded_reader._identity", lambda: b"another reader..")
    with pytest.raises(NotRecorded, match="recorded with another reader"):
        RecordedReader(path)
    inner = FakeReader()
    second = RecordedReader(path, inner)
    second.read(ASK, sentences)
    assert inner.asked
    second.save()
    assert RecordedReader(path).read(ASK, sentences) == second.read(ASK, sentences)


def test_a_malformed_file_of_readings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match="holds no recorded readings"):
        RecordedReader(path)
    none = np.zeros((2, 2))
    np.savez(path, keys=np.zeros((2, 16), "u1"), counts=np.array([1, 2]), scores=none, spans=none)
    with pytest.raises(UsageError, match="different lengths"):
        RecordedReader(path)
