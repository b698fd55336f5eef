"""An article to chunks: whole sentences, about 200 tokens, sizes balanced over the article."""

from __future__ import annotations

from collections.abc import Iterator

from index import tokens
from index.sentences import sentences
from index.types import Article, Chunk, Span

TARGET_TOKENS = 200
# With headline and date a longer chunk would pass the 256 tokens that the default embedding reads.
MAX_TOKENS = 225
_CUT_IN_PARAGRAPH = 0.05


def chunk(article: Article) -> list[Chunk]:
    """The article's chunks in order, without overlap; each is exactly ``article.text[start:end]``.

    A chunk is one stretch of whole sentences and holds no boilerplate. Chunks end at paragraphs where that
    does not unbalance them. Only a single sentence may be longer than ``MAX_TOKENS``.
    """
    chunks: list[Chunk] = []
    for run in _runs(article):
        for start, end in _balanced(article.text, run):
            size = tokens.count(article.text[start:end])
            ordinal = len(chunks)
            chunks.append(Chunk(f"{article.id}-{ordinal:04d}", article.id, ordinal, start, end, size))
    return chunks


def embedding_text(article: Article, chunk: Chunk) -> str:
    """What is embedded for a chunk: headline, ISO date where the article has one, then the chunk's words."""
    day = article.published.isoformat() if article.published else ""
    head = " ".join(part for part in (article.title.strip(), day) if part)
    body = article.text[chunk.start : chunk.end]
    return f"{head}\n{body}" if head else body


def _runs(article: Article) -> Iterator[list[Span]]:
    """Sentences grouped so that no boilerplate stands between two of a group."""
    run: list[Span] = []
    for sentence in sentences(article.text, skip=article.boilerplate):
        if run and any(run[-1].end <= b.start < sentence.start for b in article.boilerplate):
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run


def _balanced(text: str, run: list[Span]) -> list[tuple[int, int]]:
    """Cut a run where the squared distances of the sizes from the target are least in sum.

    Dynamic programming over the cuts; ``best[j]`` is the least cost of the first ``j`` sentences and where
    the last chunk of them begins.
    """
    sizes = [tokens.count(text[span.start : span.end]) for span in run]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for j in range(1, len(run) + 1):
        ends_paragraph = j == len(run) or "\n\n" in text[run[j - 1].end : run[j].start]
        options: list[tuple[float, int]] = []
        size = 0
        for i in range(j - 1, -1, -1):
            size += sizes[i]
            if size > MAX_TOKENS and i < j - 1:
                break
            off = (size - TARGET_TOKENS) / TARGET_TOKENS
            cost = best[i][0] + off * off + (0.0 if ends_paragraph else _CUT_IN_PARAGRAPH)
            options.append((cost, i))
        best.append(min(options))
    cuts: list[tuple[int, int]] = []
    j = len(run)
    while j:
        i = best[j][1]
        cuts.append((run[i].start, run[j - 1].end))
        j = i
    return cuts[::-1]
