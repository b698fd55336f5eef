"""Which of the evidence is about what a question names: another article's president is no answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from index.types import Article
from qa.types import Evidence, Fate
from qa.verify import Checked
from qa.wording import stems

# Of the question's names that the best article has, another must have this share. On 117 questions this kept
# the article with the answer but once, and took away 5 of the 31 others whose sentence came first.
_SHARE = 0.5
_FIRST = 10
# A single name may stand for another: 'Britain' for 'the UK', 'Moscow' for 'Russia'.
_ENOUGH = 2
REASON = "topic"

_WORD = re.compile(r"[^\W\d_][\w'’&-]*|[.?!:]")
_OWNER = re.compile(r"['’]s?$")


def names_in(question: str) -> frozenset[str]:
    """Stems of the words that a question writes like names; at the beginning of a sentence a capital says
    nothing."""
    found: list[str] = []
    first = True
    for word in _WORD.findall(question):
        if not first and word[0].isupper():
            found.append(_OWNER.sub("", word))
        first = word in ".?!:"
    return frozenset(stem for name in found for stem in stems(name))


def articles_about(question: str, articles: Sequence[Article]) -> frozenset[str]:
    """Ids of the articles that have enough of the question's names; all of them where it names too little.

    articles: best first, as their sentences are ranked; what is enough is told by the first ``_FIRST``.
    """
    names = names_in(question)
    if len(names) < _ENOUGH:
        return frozenset(one.id for one in articles)
    shares = {one.id: len(names & {*stems(one.title), *stems(one.text)}) for one in dict.fromkeys(articles)}
    least = _SHARE * max((shares[one.id] for one in articles[:_FIRST]), default=0)
    return frozenset(ident for ident, share in shares.items() if share >= least)


def kept(evidence: Sequence[Evidence], about: frozenset[str]) -> tuple[Evidence, ...]:
    """The evidence from these articles."""
    return tuple(one for one in evidence if one.article.id in about)


def held(checked: Checked, about: frozenset[str]) -> Checked:
    """A claim as it was checked, or dropped where it rests on another article."""
    if all(one.article.id in about for one in checked.evidence):
        return checked
    reasons = tuple(dict.fromkeys((*checked.check.reasons, REASON)))
    return Checked(replace(checked.check, fate=Fate.DROPPED, reasons=reasons, printed=""))
