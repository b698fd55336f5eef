"""Cutting articles into chunks."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from index import tokens
from index.chunk import MAX_TOKENS, TARGET_TOKENS, chunk, embedding_text
from index.sentences import sentences
from index.types import Article, Boilerplate

SENTENCE = "The ferry to the northern islands was cancelled again because of the wind that rose in the night."


def article(text: str, *boilerplate: Boilerplate, title: str = "Ferries stay in port") -> Article:
    return Article("0123456789abcdef", "a.txt", "/a.txt", title, text, boilerplate=boilerplate)


def check(one: Article) -> None:
    """What holds for the chunks of every article."""
    chunks = chunk(one)
    spans = sentences(one.text, skip=one.boilerplate)
    starts, ends = {span.start for span in spans}, {span.end for span in spans}
    at = 0
    for ordinal, piece in enumerate(chunks):
        text = one.text[piece.start : piece.end]
        assert (piece.id, piece.article_id) == (f"{one.id}-{ordinal:04d}", one.id)
        assert piece.ordinal == ordinal
        assert at <= piece.start < piece.end <= len(one.text)
        assert piece.start in starts
        assert piece.end in ends
        assert text == text.strip()
        assert piece.tokens == tokens.count(text)
        for mark in one.boilerplate:
            assert mark.start == mark.end or mark.end <= piece.start or mark.start >= piece.end
        at = piece.end
    for span in spans:  # every sentence is in one chunk
        assert sum(piece.start <= span.start and span.end <= piece.end for piece in chunks) == 1


def test_a_short_article_is_one_chunk() -> None:
    text = f"{SENTENCE}\n\n{SENTENCE}"
    (only,) = chunk(article(text))
    assert (only.start, only.end) == (0, len(text))


def test_an_article_without_words_has_no_chunk() -> None:
    assert chunk(article("")) == []
    assert chunk(article("\n\n* * *\n")) == []


def test_sizes_are_balanced_without_a_short_tail() -> None:
    for count in range(1, 60):
        chunks = chunk(article(" ".join([SENTENCE] * count)))
        sizes = [piece.tokens for piece in chunks]
        assert max(sizes) <= MAX_TOKENS
        if count > 12:
            assert min(sizes) >= TARGET_TOKENS * 0.55, (count, sizes)


def test_a_chunk_ends_at_a_paragraph_where_that_costs_little() -> None:
    paragraph = " ".join([SENTENCE] * 9)
    text = f"{paragraph}\n\n{paragraph}\n\n{paragraph}"
    assert [text[piece.start : piece.end] for piece in chunk(article(text))] == [paragraph] * 3


def test_a_giant_sentence_is_a_chunk_of_its_own() -> None:
    giant = "It began " + "and went on " * 150 + "until it ended."
    text = f"{SENTENCE}\n\n{giant}\n\n{SENTENCE}"
    assert [text[p.start : p.end] for p in chunk(article(text))] == [SENTENCE, giant, SENTENCE]


def test_boilerplate_is_in_no_chunk_and_no_chunk_spans_it() -> None:
    text = f"{SENTENCE}\n\nSign up to our newsletter.\n\n{SENTENCE}"
    start = text.index("Sign")
    one = article(text, Boilerplate(start, start + 26, "newsletter"))
    assert [text[p.start : p.end] for p in chunk(one)] == [SENTENCE, SENTENCE]
    check(one)


def test_headline_and_date_go_into_the_embedding_only() -> None:
    one = article(SENTENCE)
    (only,) = chunk(one)
    assert embedding_text(one, only) == f"Ferries stay in port\n{SENTENCE}"
    dated = Article("0123456789abcdef", "a.txt", "/a.txt", "", SENTENCE, published=date(2031, 4, 5))
    assert embedding_text(dated, only) == f"2031-04-05\n{SENTENCE}"
    assert embedding_text(article(SENTENCE, title=" "), only) == SENTENCE


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([SENTENCE, "Wind.", "\n\n", "It rose", '"Go," he said.']), max_size=60).map(
        " ".join
    ),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=3),
)
def test_chunks_are_whole_sentences_at_their_exact_places(text: str, marks: list[tuple[int, int]]) -> None:
    check(article(text, *(Boilerplate(start, start + length, "x") for start, length in marks)))


def test_the_news_corpus_keeps_to_it_too(shared: Path) -> None:
    files = sorted((shared / "corpora" / "bbc").glob("*/*.txt"))
    assert len(files) == 2225
    for file in files:
        title, _, text = file.read_text(encoding="utf-8", errors="replace").partition("\n")
        check(article(text, title=title))


def test_tokens_are_counted_offline_and_special_ones_as_text() -> None:
    assert tokens.count("") == 0
    assert tokens.count("<|endoftext|>") > 1
    code = (
        "import socket, sys\n"
        "def closed(*_, **__): raise OSError('no network')\n"
        "socket.socket.connect = socket.getaddrinfo = closed\n"
        "from index import tokens\n"
        "assert tokens.count('hello world') == 2\n"
        "assert 'llama_index' not in sys.modules\n"
    )
    env = {key: value for key, value in os.environ.items() if key != "TIKTOKEN_CACHE_DIR"}
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
