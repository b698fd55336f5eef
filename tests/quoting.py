"""Which claims of an answer are an article's own words, shown as such."""

from __future__ import annotations

import re

from qa.types import Answer, Claim

# Quotation marks, dots where something was left out, and before them perhaps who published it and when.
_SHOWN = re.compile(r"^(?P<where>[^“]*: )?“(?:… )?(?P<words>.*?)(?: …)?”$", re.DOTALL)


def is_quotation(claim: Claim, answer: Answer) -> bool:
    """Whether the claim is the quote of one of its citations, in quotation marks or with its own ones."""
    cited = [one for one in answer.citations if one.id in claim.citations]
    quotes = {" ".join(one.quote.split()) for one in cited}
    if claim.text in quotes:
        return claim.text[0] in '"“' and claim.text[-1] in '"”'
    shown = _SHOWN.match(claim.text)
    if shown is None or shown["words"] not in quotes:
        return False
    return not shown["where"] or any(one.source and one.source in shown["where"] for one in cited)
