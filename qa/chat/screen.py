"""What a conversation looks like: answers as they come, and what is being done meanwhile.

Everything goes through ``qa.render.put``, which cleans the words of articles and of questions.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from qa.render import WIDEST, plain, put
from qa.terminal import safe
from qa.types import Answer, Citation, Claim

if TYPE_CHECKING:
    from rich.console import Console

MARK, TITLE, ASIDE = "cyan", "bold", "dim"
INDENT = 2


class Screen:
    """A terminal in a conversation."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self._status: Any = None
        self._spinner: Any = None

    def doing(self, words: str) -> None:
        """Show what is being done, until something else is shown."""
        if not self.out.is_terminal:
            return
        from rich.live import Live
        from rich.padding import Padding
        from rich.spinner import Spinner
        from rich.text import Text

        text = Text(safe(words), style=ASIDE, no_wrap=True, overflow="ellipsis")
        if self._status is None:
            self._spinner = Spinner("dots", text, style=ASIDE)
            padded = Padding(self._spinner, (0, 0, 0, INDENT))
            self._status = Live(padded, console=self.out, transient=True, refresh_per_second=10)
            self._status.start(refresh=True)
        else:
            self._spinner.update(text=text)
            self._status.refresh()

    def still(self) -> None:
        """Take away what is being done."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def say(self, words: str, style: str = "") -> None:
        """A sentence of the program's own."""
        self.still()
        put(self.out, words, indent=INDENT, style=style)

    def aside(self, words: str) -> None:
        """A sentence that may be overlooked."""
        self.say(words, ASIDE)

    def gap(self) -> None:
        """An empty line."""
        self.still()
        self.out.print()

    def understood(self, question: str) -> None:
        """How a follow-up was understood."""
        self.still()
        put(self.out, ("↳ ", ASIDE), (question, ASIDE), indent=INDENT, hang=2)

    def claim(self, claim: Claim) -> None:
        """One claim of an answer, checked, with its marks."""
        self.still()
        marks = "".join(f"[{number}]" for number in claim.citations)
        put(self.out, (claim.text, ""), (f" {marks}" if marks else "", MARK), indent=INDENT)

    def rest(self, answer: Answer, shown: int) -> None:
        """What of an answer has not been shown claim by claim: its sources, or that there is none."""
        self.still()
        for claim in answer.claims[shown:]:
            self.claim(claim)
        if answer.abstained or not answer.claims:
            self.say(answer.answer)
        if answer.notice:
            put(self.out, answer.notice, indent=INDENT, style=ASIDE)
        self.gap()
        if answer.abstained:
            self.nearest(answer.nearest)
        else:
            self.sources(answer.backing)

    def sources(self, citations: Iterable[Citation]) -> None:
        """A line or two for each article: its marks, title, outlet and date."""
        for one, numbers in by_article(citations):
            marks = ranges(numbers)
            where = ", ".join(part for part in (one.source, one.published or "no date") if part)
            self._source(marks, one.title or one.path, where)

    def nearest(self, citations: Iterable[Citation]) -> None:
        """The passages beside an abstention, under their articles."""
        passages = list(citations)
        if passages:
            self.aside("Nearest, but not an answer:")
        for one, numbers in by_article(passages):
            where = ", ".join(part for part in (one.source, one.published or "no date") if part)
            self._source("–", one.title or one.path, where)
            for passage in passages:
                if passage.article_id == one.article_id and passage.id in numbers:
                    put(self.out, (f"“{' '.join(passage.quote.split())}”", ASIDE), indent=INDENT + 2)

    def _source(self, marks: str, title: str, where: str) -> None:
        from rich.cells import cell_len

        room = min(self.out.width, WIDEST) - INDENT - len(marks) - 1
        if not self.out.is_terminal or cell_len(safe(f"{title}  {where}")) <= room:
            beside(self.out, f"{marks} ", MARK, (title, ""), (f"  {where}", ASIDE))
        else:
            beside(self.out, f"{marks} ", MARK, (title, ""))
            beside(self.out, " " * (len(marks) + 1), "", (where, ASIDE))


def by_article(citations: Iterable[Citation]) -> list[tuple[Citation, tuple[int, ...]]]:
    """For each article its first citation and the numbers of all of them."""
    found: dict[str, tuple[Citation, tuple[int, ...]]] = {}
    for one in citations:
        first, numbers = found.get(one.article_id, (one, ()))
        found[one.article_id] = (first, (*numbers, one.id))
    return list(found.values())


def ranges(numbers: Sequence[int]) -> str:
    """Marks with neighbours taken together: ``[1–3][5]``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "".join(
        f"[{run[0]}–{run[-1]}]" if len(run) > 2 else "".join(f"[{n}]" for n in run) for run in runs
    )


def one_line(answer: Answer) -> str:
    """An answer for a pipe: one line, the marks behind each claim."""
    claims = [
        f"{claim.text} {''.join(f'[{number}]' for number in claim.citations)}".rstrip()
        for claim in answer.claims
    ]
    return " ".join(safe(" ".join(claims) or answer.answer).split())


@contextlib.contextmanager
def unechoed() -> Iterator[None]:
    """What is typed meanwhile is not shown in the middle of an answer; it waits for the next prompt."""
    try:
        import termios

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, termios.error):
        yield
        return
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def rows(out: Console, lines: Sequence[tuple[str, str]]) -> None:
    """Two columns, the first as wide as its widest word, the second wrapped."""
    from rich.cells import cell_len

    width = max((cell_len(safe(first)) for first, _ in lines), default=0)
    for first, second in lines:
        beside(out, first + " " * (width + 2 - cell_len(safe(first))), "", (second, ASIDE))


def beside(out: Console, head: str, style: str, *pieces: tuple[str, str]) -> None:
    """A paragraph of (text, style) pieces beside its head; on a terminal wrapped within the room left."""
    from rich.cells import cell_len
    from rich.text import Text

    bare = plain(out)
    first = Text(" " * INDENT).append(safe(head), None if bare else style or None)
    body = Text()
    for words, own in pieces:
        body.append(safe(words), None if bare else own or None)
    room = max(20, min(out.width, WIDEST) - cell_len(first.plain))
    for line in body.wrap(out, room) if out.is_terminal else [body]:
        line.rstrip()
        out.print(first + line)
        first = Text(" " * cell_len(first.plain))
