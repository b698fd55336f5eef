"""``qa ask``: a question, or a file of them, answered from the indexed articles with citations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.commands import BaseUrlOption, IndexOption, JsonOption, ModelOption, YesOption, settings
from qa.commands._asking import (
    ABSTAINED,
    KOption,
    Narrator,
    NoModelOption,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    answerer,
    filters,
)
from qa.errors import ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from qa.answer import Answerer, Question
    from qa.types import Answer, Citation, Claim

Explain = Annotated[bool, typer.Option("--explain", help="Show what became of each drafted claim, and why.")]
ShowPrompt = Annotated[bool, typer.Option("--show-prompt", help="Show the prompts that were sent.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Ask the model even if its reply is known.")]
Verify = Annotated[
    str | None,
    typer.Option(metavar="rules|model", help="What checks the claims.", show_default=False),
]
Budget = Annotated[
    float | None, typer.Option(metavar="USD", help="Stop before this run costs more.", show_default=False)
]
MaxTokens = Annotated[
    int | None, typer.Option(metavar="N", help="Tokens the model may write.", show_default=False)
]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Longest wait for a whole reply.", show_default=False)
]
Batch = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Answer the questions of a JSONL file (id, question); - is standard input.",
        show_default=False,
        rich_help_panel="Many questions",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Append the answers there; what it answers already is skipped.",
        show_default=False,
        rich_help_panel="Many questions",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Questions asked at the same time.",
        show_default=False,
        rich_help_panel="Many questions",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Only the first questions of the file.",
        show_default=False,
        rich_help_panel="Many questions",
    ),
]
PerMinute = Annotated[
    float,
    typer.Option(
        metavar="N",
        min=0,
        help="Start at most so many questions a minute.",
        show_default=False,
        rich_help_panel="Many questions",
    ),
]


def ask(
    ctx: typer.Context,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="The question.", show_default=False)
    ] = None,
    k: KOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    source: SourceOption = None,
    tag: TagOption = None,
    index: IndexOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    no_model: NoModelOption = False,
    verify: Verify = None,
    budget: Budget = None,
    max_tokens: MaxTokens = None,
    timeout: Timeout = None,
    no_cache: NoCache = False,
    json_: JsonOption = False,
    explain: Explain = False,
    show_prompt: ShowPrompt = False,
    yes: YesOption = False,
    batch: Batch = None,
    out: Out = None,
    jobs: Jobs = None,
    limit: Limit = None,
    per_minute: PerMinute = 0,
) -> None:
    """Answer a question from the indexed articles; every sentence is backed by an article's exact words.

    Exit code 3 when no article supports an answer; the nearest passages are shown instead.
    """
    from qa.answer import Question

    _check_usage(
        question, batch, {"--out": out, "--jobs": jobs, "--limit": limit, "--per-minute": per_minute}
    )
    chosen = filters(since, until, source, tag)
    effective = settings(
        ctx,
        index=index,
        model=model,
        base_url=base_url,
        k=k,
        verify=verify,
        jobs=jobs,
        budget_usd=budget,
        max_tokens=max_tokens,
        timeout_total=timeout,
        cache=False if no_cache else None,
    )
    asked = Question(text=(question or "").strip(), k=effective.k, **chosen)
    if batch is not None:
        from qa.commands._batching import answer_file

        trace = explain or show_prompt
        how: dict[str, Any] = {"yes": yes, "no_model": no_model, "trace": trace}
        code = answer_file(effective, batch, asked, out=out, limit=limit, per_minute=per_minute, **how)
        raise typer.Exit(code)
    from qa.terminal import console

    page = _Page(console(effective.color), as_json=json_, explain=explain, show_prompt=show_prompt)
    with (
        Narrator(console(effective.color, stderr=True)) as narrator,
        answerer(effective, yes=yes, no_model=no_model, narrator=narrator) as ready,
    ):
        answer = page.answer(ready, asked, narrator)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


def _check_usage(question: str | None, batch: str | None, for_batch: dict[str, Any]) -> None:
    if batch is not None and question is not None:
        raise UsageError("give either a question or --batch FILE, not both")
    if batch is None:
        if not (question or "").strip():
            raise UsageError("there is no question; give one in quotation marks, or --batch FILE")
        for name, value in for_batch.items():
            if value:
                raise UsageError(f"{name} goes with --batch FILE")


class _Page:
    """One answer on standard output; on a terminal each claim as soon as it has been checked."""

    def __init__(self, out: Console, *, as_json: bool, explain: bool, show_prompt: bool) -> None:
        self._out = out
        self._as_json, self._explain, self._show_prompt = as_json, explain, show_prompt
        self._streams = out.is_terminal and not as_json
        self._shown = 0
        self._cited: dict[int, Citation] = {}

    def answer(self, answerer: Answerer, question: Question, narrator: Narrator) -> Answer:
        """Asks and prints. Raises what ``Answerer.ask`` raises, after the sources of what was printed."""
        from qa import render

        def on_claim(claim: Claim, citations: Sequence[Citation]) -> None:
            if self._streams:
                narrator.pause()
                render.print_claim(claim, self._out)
                self._shown += 1
                self._cited |= {citation.id: citation for citation in citations}

        try:
            answer = answerer.ask(question, on_progress=narrator.doing, on_claim=on_claim)
        except ServiceError:
            render.print_sources(self._cited.values(), self._out)
            raise
        finally:
            narrator.pause()
        self._print(answer)
        return answer

    def _print(self, answer: Answer) -> None:
        from qa import render

        if self._as_json:
            trace = self._explain or self._show_prompt
            sys.stdout.write(render.to_json(answer, trace=trace) + "\n")
            return
        render.print_answer(answer, self._out, claims_shown=self._shown)
        if self._explain:
            render.print_explanation(answer, self._out)
        if self._show_prompt:
            render.print_prompts(answer, self._out)
