"""``python -m tests.lying``: how the verifier does on lies and on honest rewordings.

--per-kind N   cases of each kind from each of the two collections (40)
--seed N       another seed makes other cases (1)
--wrong        also every case that went wrong, but none of the held-out tenth
--sample N     instead: N cases of each kind to read, none of the held-out tenth
--kind WORDS   only kinds whose name has these words
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence

from tests.lying.case import Case, held_out
from tests.lying.generate import corruptions, paraphrases
from tests.lying.measure import Outcome, judged, table
from tests.lying.sources import demo, news


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or cases to read."""
    parser = argparse.ArgumentParser(prog="python -m tests.lying", description="The verifier against lies.")
    parser.add_argument("--per-kind", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--kind", default="")
    options = parser.parse_args(arguments)
    if not news():
        print("../shared/corpora/bbc is not there: the demo articles alone", file=sys.stderr)
    for title, make, verdict in (
        ("Lies", corruptions, "printed"),
        ("Honest rewordings", paraphrases, "refused"),
    ):
        cases = [c for articles in (demo(), news()) for c in make(articles, options.seed, options.per_kind)]
        cases = [case for case in cases if options.kind in case.kind]
        if options.sample:
            print(_sample(cases, options.sample, options.seed))
            continue
        outcomes = [judged(case) for case in cases]
        print(f"\n{title}, and how many were {verdict}\n\n{table(outcomes)}")
        if options.wrong:
            print("\n".join(_shown(o) for o in outcomes if o.wrong and not held_out(o.case)))
    return 0


def _sample(cases: Sequence[Case], size: int, seed: int) -> str:
    rows = []
    for kind in dict.fromkeys(case.kind for case in cases):
        own = [case for case in cases if case.kind == kind and not held_out(case)]
        rows.append(f"\n{kind}")
        shown = random.Random(seed).sample(own, min(size, len(own)))
        rows += [f"  source: {case.source}\n  claim:  {case.claim}\n" for case in shown]
    return "\n".join(rows)


def _shown(outcome: Outcome) -> str:
    case, check = outcome.case, outcome.checked.check
    reasons = ", ".join(check.reasons)
    return (
        f"\n{case.id} {case.kind}: {check.fate.value} "
        f"({reasons})\n  source: {case.source}\n  claim:  "
        f"{case.claim}"
    )


if __name__ == "__main__":
    sys.exit(main())
