"""Cases through the verifier: what was printed that should not be, what was refused that should not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.types import Check, Evidence, Fate
from qa.verify import Checked, Drafted, verify
from tests.lying.case import Case, held_out, offered


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what became of it. wrong: a lie printed, or an honest claim refused."""

    case: Case
    checked: Checked
    wrong: bool


def judged(case: Case) -> Outcome:
    """The case held against eight sentences of its article."""
    evidence, cited = offered(case)
    (checked,) = verify([Drafted(case.claim, cited)], evidence)
    stands = checked.check.fate in (Fate.VERIFIED, Fate.REANCHORED)
    return Outcome(case, checked, not stands if case.honest else stands or not _harmless(checked))


def _harmless(checked: Checked) -> bool:
    """Whether what is printed instead of a lie are the words of one of its citations, or nothing."""
    if checked.check.fate is Fate.DROPPED:
        return not checked.text
    return checked.quoted and any(checked.text == one.text for one in checked.evidence)


def share(outcomes: Sequence[Outcome]) -> float:
    """The wrong ones among them, 0 to 1."""
    return sum(outcome.wrong for outcome in outcomes) / max(1, len(outcomes))


def table(outcomes: Sequence[Outcome]) -> str:
    """One row a kind: cases, wrong ones, the fates; the held-out tenth as a number alone."""
    seen = [outcome for outcome in outcomes if not held_out(outcome.case)]
    rows = []
    for kind in dict.fromkeys(outcome.case.kind for outcome in outcomes):
        own = [outcome for outcome in seen if outcome.case.kind == kind]
        fates = ", ".join(f"{n} {fate}" for fate, n in _fates(own).most_common())
        rows.append(f"{kind:45} {len(own):5} {sum(o.wrong for o in own):5} {share(own):7.1%}   {fates}")
    hidden = [outcome for outcome in outcomes if held_out(outcome.case)]
    for name, part in (("all but the held-out part", seen), ("held-out part", hidden), ("all", outcomes)):
        rows.append(f"{name:45} {len(part):5} {sum(o.wrong for o in part):5} {share(part):7.1%}")
    return "\n".join(rows)


def _fates(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(outcome.checked.check.fate.value for outcome in outcomes)


def believe(claims: Sequence[Drafted], evidence: Sequence[Evidence]) -> tuple[Checked, ...]:
    """A verifier that lets everything pass, to see that tests notice it."""
    return tuple(
        Checked(Check(one.text, one.cited, Fate.VERIFIED, ()), one.text, tuple(evidence[:1]))
        for one in claims
    )
