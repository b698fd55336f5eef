"""Replies are kept, found again, bounded, shared between threads and processes, and never in the way."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from qa.chat_model import finish
from qa.errors import ReplyInvalid
from qa.reply_cache import CachedChat, ReplyCache
from qa.types import Message, Reply, TokenLogprob, Usage

ASK = [Message("user", "Did they meet?")]
REPLY = Reply(
    "Sí, «they» met.",
    "m",
    Usage(10, 3, 0.5),
    "stop",
    1.5,
    (TokenLogprob("Sí", -0.25, (("Sí", -0.25), ("No", -1.5))),),
)


class Counting:
    """A model that counts how often it is asked."""

    name = "m"
    selector = None

    def __init__(self, identity: str = "http://h/v1 m", text: str = "") -> None:
        self.identity = identity
        self.asked = 0
        self.text = text

    def complete(self, messages: Sequence[Message], **options: Any) -> Reply:
        self.asked += 1
        if self.text == "broken":
            raise ReplyInvalid("The model sent a reply that is not JSON: try again.")
        return Reply(self.text or f"reply {self.asked}", "m", Usage(10, 3, 0.5), "stop", 1.5)

    def stream(self, messages: Sequence[Message], **options: Any) -> Generator[str, None, Reply]:
        reply = self.complete(messages, **options)
        yield from reply.text
        return reply


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "replies.sqlite"


def test_a_reply_comes_back_as_it_was_but_free(path: Path) -> None:
    cache = ReplyCache(path)
    assert cache.get("k") is None
    cache.put("k", REPLY)
    found = ReplyCache(path).get("k")
    assert found is not None
    assert (found.text, found.model, found.finish_reason, found.logprobs) == (
        REPLY.text,
        REPLY.model,
        REPLY.finish_reason,
        REPLY.logprobs,
    )
    assert found.usage == Usage(10, 3, 0.0)
    assert found.cached
    assert cache.stats()[0] == 1


def test_asking_twice_asks_once(path: Path) -> None:
    inner = Counting()
    chat = CachedChat(inner, ReplyCache(path))
    first = chat.complete(ASK, max_tokens=5)
    second = chat.complete(ASK, max_tokens=5)
    assert inner.asked == 1
    assert (first.cached, second.cached) == (False, True)
    assert first.text == second.text
    assert (chat.name, chat.identity) == ("m", inner.identity)


def test_streams_and_whole_replies_share_the_cache(path: Path) -> None:
    inner = Counting()
    chat = CachedChat(inner, ReplyCache(path))
    got: list[str] = []
    first = finish(chat.stream(ASK, max_tokens=5), got.append)
    assert "".join(got) == first.text
    got.clear()
    assert finish(chat.stream(ASK, max_tokens=5), got.append).cached
    assert got == [first.text]
    assert chat.complete(ASK, max_tokens=5).cached
    assert inner.asked == 1


def test_everything_that_matters_is_in_the_key(path: Path) -> None:
    cache = ReplyCache(path)
    variants: list[dict[str, Any]] = [
        {},
        {"max_tokens": 6},
        {"schema": {"type": "object"}},
        {"schema": {"type": "array"}},
        {"stop": ["\n"]},
        {"top_logprobs": 2},
        {"grammar": "root ::= x"},
    ]
    inner = Counting()
    for variant in variants:
        CachedChat(inner, cache).complete(ASK, **{"max_tokens": 5, **variant})
    prompts = [
        [Message("user", "Did they meet ?")],
        [Message("system", "Did they meet?")],
        [*ASK, Message("assistant", "")],
        [Message("user", "Did they "), Message("user", "meet?")],
    ]
    for prompt in prompts:
        CachedChat(inner, cache).complete(prompt, max_tokens=5)
    assert inner.asked == len(variants) + len(prompts)
    other = Counting("http://elsewhere/v1 m")
    CachedChat(other, cache).complete(ASK, max_tokens=5)
    assert other.asked == 1, "another service is another model"


def test_whoever_wants_variety_gets_it(path: Path) -> None:
    inner = Counting()
    chat = CachedChat(inner, ReplyCache(path))
    texts = {chat.complete(ASK, max_tokens=5, temperature=0.7).text for _ in range(3)}
    texts |= {finish(chat.stream(ASK, max_tokens=5, temperature=0.7)).text for _ in range(3)}
    assert len(texts) == 6
    assert not path.exists()


def test_failures_and_abandoned_streams_are_not_kept(path: Path) -> None:
    inner = Counting(text="broken")
    chat = CachedChat(inner, ReplyCache(path))
    for _ in range(2):
        with pytest.raises(ReplyInvalid):
            chat.complete(ASK, max_tokens=5)
    assert inner.asked == 2
    whole = Counting(text="They met.")
    chat = CachedChat(whole, ReplyCache(path))
    pieces = chat.stream(ASK, max_tokens=5)
    assert next(pieces) == "T"
    pieces.close()
    assert not chat.complete(ASK, max_tokens=5).cached


def test_the_least_recently_used_go_first(path: Path) -> None:
    ticks = iter(range(1000))
    cache = ReplyCache(path, max_bytes=10_000, clock=lambda: float(next(ticks)))
    big = Reply("x" * 2000, "m", Usage(), "stop", 0.0)
    for key in "abcd":
        cache.put(key, big)
    assert cache.get("a") is not None
    cache.put("e", big)
    kept = [key for key in "abcde" if cache.get(key) is not None]
    assert kept == ["a", "c", "d", "e"]
    assert cache.stats()[1] <= 10_000
    cache.put("huge", Reply("x" * 20_000, "m", Usage(), "stop", 0.0))
    assert cache.get("huge") is None
    assert cache.stats()[0] == 4, "what does not fit at all pushes nothing out"


def test_the_file_stays_bounded(path: Path) -> None:
    cache = ReplyCache(path, max_bytes=200_000)
    for number in range(400):
        cache.put(f"{number:064}", Reply("y" * 3000, "m", Usage(), "stop", 0.0))
    assert path.stat().st_size < 600_000, "1.3 MB were put in"


def test_clearing(path: Path) -> None:
    cache = ReplyCache(path)
    assert cache.clear() == 0
    for key in "abc":
        cache.put(key, REPLY)
    assert cache.clear() == 3
    assert cache.get("a") is None
    assert cache.stats() == (0, 0)


def test_only_the_owner_may_read(path: Path) -> None:
    ReplyCache(path).put("k", REPLY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_prompt_is_not_in_the_file(path: Path) -> None:
    CachedChat(Counting(), ReplyCache(path)).complete([Message("user", "a private question")], max_tokens=5)
    assert b"private" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize("content", [b"this is no database at all, not even nearly " * 50, b""])
def test_a_damaged_file_costs_no_answer(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    told: list[str] = []
    chat = CachedChat(Counting(), ReplyCache(path, on_problem=told.append))
    assert chat.complete(ASK, max_tokens=5).text == "reply 1"
    assert chat.complete(ASK, max_tokens=5).text
    assert len(told) == (1 if content else 0), "once is enough; an empty file is simply filled"


def test_a_damaged_file_can_be_cleared(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, not even nearly " * 50)
    assert ReplyCache(path).clear() == 0
    cache = ReplyCache(path)
    cache.put("k", REPLY)
    assert cache.get("k") is not None


def test_another_programs_row_is_no_reply(path: Path) -> None:
    cache = ReplyCache(path)
    cache.put("k", REPLY)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE replies SET body = '{\"text\": 1}'")
    told: list[str] = []
    assert ReplyCache(path, on_problem=told.append).get("k") is None
    assert len(told) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    told: list[str] = []
    chat = CachedChat(Counting(), ReplyCache(folder / "replies.sqlite", on_problem=told.append))
    assert chat.complete(ASK, max_tokens=5).text == "reply 1"
    assert len(told) == 1


def test_a_folder_that_is_a_file_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    told: list[str] = []
    cache = ReplyCache(tmp_path / "file" / "replies.sqlite", on_problem=told.append)
    assert CachedChat(Counting(), cache).complete(ASK, max_tokens=5).text == "reply 1"
    assert len(told) == 1


def fill(path: Path, start: int) -> None:
    cache = ReplyCache(path, max_bytes=40_000, on_problem=_fail)
    for number in range(start, start + 30):
        cache.put(str(number), Reply("z" * 500, "m", Usage(), "stop", 0.0))
        cache.get(str(number - 3))


def _fail(line: str) -> None:
    raise AssertionError(line)


def test_a_new_file_may_be_made_by_several_at_once(tmp_path: Path) -> None:
    problems: list[str] = []

    def work(path: Path, own: str) -> None:
        ReplyCache(path, on_problem=problems.append).put(own, Reply("z", "m", Usage(), "stop", 0.0))

    for turn in range(40):
        path = tmp_path / str(turn) / "replies.sqlite"
        threads = [threading.Thread(target=work, args=(path, str(n))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ReplyCache(path).stats()[0] == 8
    assert not problems


def test_threads_share_a_cache(path: Path) -> None:
    problems: list[str] = []
    cache = ReplyCache(path, max_bytes=40_000, on_problem=problems.append)

    def work(start: int) -> None:
        for number in range(start, start + 30):
            cache.put(str(number), Reply("z" * 500, "m", Usage(), "stop", 0.0))
            cache.get(str(number - 3))

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    count, size = cache.stats()
    assert count > 20
    assert size <= 40_000


def test_processes_share_a_cache(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fill, args=(path, 100 * n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    count, size = ReplyCache(path).stats()
    assert count > 20
    assert size <= 40_000
