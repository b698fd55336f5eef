"""The measures of one answer. Pure: the same answer and the same articles give the same score.

correct     an answerable question: every fact is in the answer in one of its forms (``evals.facts``), no
            forbidden form is given as the answer (``evals.facts.misleads``), and the answer is not flagged as
            an abstention. A question without an answer: abstained. A false premise: abstained, or put right,
            with all facts and no forbidden form given. It is the nugget recall of TREC's question answering
            track (Voorhees 2003) made strict: all or nothing.
abstained   flagged, or nothing but words that there is no information (``evals.silence``); such words are an
            answer where they hold all facts ('the police gave no details').
supported   each fact stands in one of the valid cited quotes. A fact put together from two quotes does not.
quotes      cited quotations; valid if they stand word for word in the article they name.
claims      unsupported if their citations do not entail them; see ``evals.alce`` for this and for citation
            recall and precision.
retrieved   article recall is the share of the gold articles that are among the retrieved; the reciprocal rank
            (Voorhees 1999) that of the first gold article, among articles: passages of one article are one.
            Where one article is enough, another that would do as well counts as it.
cited       the same recall of the cited articles, and the share of them that are gold or would do as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.alce import statements_of, support
from evals.facts import held, holds, misleads
from evals.gold import ArticleText, GoldQuestion, verbatim
from evals.scores import Estimate, Score
from evals.silence import says_nothing
from evals.stages import Way, lost_at
from evals.summary import summarise, summarise_by_type

__all__ = ["Estimate", "Score", "failure", "score", "summarise", "summarise_by_type"]


def score(
    gold: GoldQuestion,
    answer: Mapping[str, Any],
    retrieved: Sequence[str],
    article_text: ArticleText,
    passages: Sequence[str] = (),
) -> Score:
    """The measures of one answer.

    answer: what ``qa ask --json`` prints, with its trace where ``lost`` is to be exact; every field but
    ``answer`` may be missing, so that answers of other systems can be scored.
    retrieved: paths of the passages' articles by rank, one entry for each passage.
    passages: the passages' words; where they are not given, the whole articles'.
    """
    said = answer.get("answer") or ""
    flagged = bool(answer.get("abstained"))
    facts = held(said, gold.facts)
    forbidden = misleads(said, gold.facts, gold.forbidden)
    right = bool(facts) and all(facts) and not forbidden
    abstained = flagged or (says_nothing(said) and not right)
    citations = [one for one in answer.get("citations") or () if _path(one)]
    quotes = [(_path(one), one["quote"]) for one in citations if (one.get("quote") or "").strip()]
    valid = [quote for path, quote in quotes if verbatim(quote, article_text(path) or "")]
    quoted = _in_one_of(valid, gold.facts)
    stands = support(statements_of(answer, article_text))
    cited = {_path(one) for one in citations}
    usage = answer.get("usage") or {}
    return Score(
        id=gold.id,
        type=gold.type,
        correct=_correct(gold.type, right, flagged, abstained),
        facts_held=tuple(facts),
        forbidden=forbidden,
        abstained=abstained,
        supported=bool(quoted) and all(quoted),
        quotes=len(quotes),
        quotes_valid=len(valid),
        claims=len(stands.entailed),
        claims_unsupported=stands.entailed.count(False),
        citation_recall=stands.recall,
        citation_precision=stands.precision,
        article_recall=article_recall(gold, retrieved),
        reciprocal_rank=reciprocal_rank(gold, retrieved),
        words=len(said.split()),
        quoted_words=sum(len(quote.split()) for _, quote in quotes),
        seconds=float((answer.get("timings") or {}).get("total_s") or 0.0),
        prompt_tokens=usage.get("prompt_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
        cost_usd=usage.get("cost_usd"),
        lost=_lost(gold, answer, abstained, passages or _texts(retrieved, article_text)),
        facts_quoted=tuple(quoted),
        cited_recall=article_recall(gold, cited),
        cited_precision=_share(cited & {*gold.articles, *gold.alt_articles}, cited)
        if gold.articles
        else None,
    )


def failure(gold: GoldQuestion, why: str, seconds: float = 0.0) -> Score:
    """The score of a question that got no answer because something broke: wrong, and no abstention."""
    none = tuple(False for _ in gold.facts)
    return Score(
        id=gold.id,
        type=gold.type,
        correct=False,
        facts_held=none,
        forbidden=False,
        abstained=False,
        supported=False,
        quotes=0,
        quotes_valid=0,
        claims=0,
        claims_unsupported=0,
        citation_recall=None,
        citation_precision=None,
        article_recall=None,
        reciprocal_rank=None,
        words=0,
        quoted_words=0,
        seconds=seconds,
        prompt_tokens=0,
        completion_tokens=0,
        cost_usd=None,
        lost="failed",
        failed=why,
        facts_quoted=none,
        cited_recall=0.0 if gold.articles else None,
    )


def article_recall(gold: GoldQuestion, retrieved: Iterable[str]) -> float | None:
    """The share of the needed articles that are among the retrieved; None where none is needed."""
    if len(gold.articles) == 1:
        return float(not set(retrieved).isdisjoint(_enough(gold)))
    return _share(set(gold.articles) & set(retrieved), set(gold.articles))


def reciprocal_rank(gold: GoldQuestion, retrieved: Sequence[str]) -> float | None:
    """1 / rank of the first gold article among the distinct ones; 0 without one, None if none is needed."""
    if not gold.articles:
        return None
    wanted = _enough(gold)
    ranked = list(dict.fromkeys(retrieved))
    return next((1 / rank for rank, path in enumerate(ranked, 1) if path in wanted), 0.0)


def _enough(gold: GoldQuestion) -> set[str]:
    """Articles each of which brings the answer nearer. Which of several another one replaces is not known."""
    return {*gold.articles, *(gold.alt_articles if len(gold.articles) == 1 else ())}


def _correct(kind: str, right: bool, flagged: bool, abstained: bool) -> bool:
    if kind == "unanswerable":
        return abstained
    return abstained or right if kind == "false_premise" else right and not flagged


def _path(citation: Mapping[str, Any]) -> str:
    """The article of a citation; other systems call it ``article``."""
    return citation.get("path") or citation.get("article") or ""


def _in_one_of(quotes: Sequence[str], facts: Sequence[Sequence[str]]) -> list[bool]:
    return [any(holds(quote, forms) for quote in quotes) for forms in facts]


def _texts(paths: Iterable[str], article_text: ArticleText) -> list[str]:
    return [article_text(path) or "" for path in dict.fromkeys(paths)]


def _share(part: set[str], whole: set[str]) -> float | None:
    return len(part) / len(whole) if whole else None


def _lost(gold: GoldQuestion, answer: Mapping[str, Any], abstained: bool, passages: Sequence[str]) -> str:
    trace = answer.get("trace") or {}
    checks = trace.get("checks") or ()
    way = Way(
        said=answer.get("answer") or "",
        abstained=abstained,
        passages=" . ".join(passages),
        evidence=" . ".join(one["text"] for one in trace.get("evidence") or ()),
        drafted=" . ".join(one["drafted"] for one in checks),
        withheld=any(not one["printed"] for one in checks),
    )
    return lost_at(gold.type, gold.facts, gold.forbidden, way)
