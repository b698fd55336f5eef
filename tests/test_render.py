from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from qa import render
from qa.answer import NO_MODEL
from qa.types import Answer, Trace
from tests.answers import ABSTENTION, ANSWER, FIRST


def printed(
    printing: Callable[[Console], None],
    *,
    terminal: bool = False,
    width: int = 80,
    no_color: bool = False,
) -> str:
    """What ``printing`` puts on a console like the project's own."""
    file = io.StringIO()
    out = Console(
        file=file,
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
        no_color=no_color,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
    )
    printing(out)
    return file.getvalue()


def test_a_piped_answer_is_plain_lines() -> None:
    assert printed(lambda out: render.print_answer(ANSWER, out)) == (
        "The Kittiwake was withdrawn on 3 March. [1]\n"
        "It is hoped to be back in May. [1][2]\n"
        "\n"
        "[1] Crack stops the Kittiwake\n"
        "    Bay News, 2024-03-04, ports/ferry.txt\n"
        "    “The Kittiwake ferry was taken out of service on 3 March.”\n"
        "[2] Crack stops the Kittiwake\n"
        "    Bay News, 2024-03-04, ports/ferry.txt\n"
        "    “The port of Eskerby hopes to see it back in May.”\n"
    )


def test_what_backs_no_claim_stands_apart_from_the_sources() -> None:
    answer = replace(ANSWER, claims=ANSWER.claims[:1])
    assert (answer.backing, answer.beside) == (ANSWER.citations[:1], ANSWER.citations[1:])
    assert printed(lambda out: render.print_answer(answer, out)) == (
        "The Kittiwake was withdrawn on 3 March. [1]\n"
        "\n"
        "[1] Crack stops the Kittiwake\n"
        "    Bay News, 2024-03-04, ports/ferry.txt\n"
        "    “The Kittiwake ferry was taken out of service on 3 March.”\n"
        "\n"
        "Also near the question:\n"
        "[2] Crack stops the Kittiwake\n"
        "    Bay News, 2024-03-04, ports/ferry.txt\n"
        "    “The port of Eskerby hopes to see it back in May.”\n"
    )


def test_an_abstention_shows_what_is_near_as_no_answer() -> None:
    assert printed(lambda out: render.print_answer(ABSTENTION, out)) == (
        "The articles do not say who built the Kittiwake.\n"
        "\n"
        "Nearest passages (not an answer):\n"
        "- Crack stops the Kittiwake\n"
        "  Bay News, 2024-03-04, ports/ferry.txt\n"
        "  “The port of Eskerby hopes to see it back in May.”\n"
    )
    alone = replace(ABSTENTION, nearest=())
    assert printed(lambda out: render.print_answer(alone, out)) == f"{ABSTENTION.answer}\n"


def test_an_answer_without_a_model_says_so() -> None:
    quoting = replace(ANSWER, model=NO_MODEL)
    text = printed(lambda out: render.print_answer(quoting, out))
    assert text.count("No language model was asked") == 1
    assert "No language model" not in printed(lambda out: render.print_answer(ANSWER, out))


def test_claims_that_were_streamed_are_not_printed_again() -> None:
    whole = printed(lambda out: render.print_answer(ANSWER, out), terminal=True)

    def streamed(out: Console) -> None:
        render.print_claim(ANSWER.claims[0], out)
        render.print_answer(ANSWER, out, claims_shown=1)

    assert printed(streamed, terminal=True) == whole


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_gets_whole_words_within_its_width(width: int) -> None:
    long = replace(ANSWER, claims=(replace(ANSWER.claims[0], text="Ferries of the northern bay " * 20),))
    wide = replace(long, citations=(replace(FIRST, quote="港は月曜日に閉鎖された。" * 10, title="港 " * 60),))
    lines = Text.from_ansi(
        printed(lambda out: render.print_answer(wide, out), terminal=True, width=width)
    ).plain.splitlines()
    assert all(cell_len(line) <= min(width, render.WIDEST) for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert sum(line.count("northern") for line in lines) == 20
    # A pipe gets every paragraph on one line, whatever its width.
    piped = printed(lambda out: render.print_answer(wide, out), width=width).splitlines()
    assert len(piped) == 5


def test_decoration_is_for_terminals_that_want_it() -> None:
    def show(out: Console) -> None:
        render.print_answer(ANSWER, out)
        render.print_explanation(ANSWER, out)

    assert "\x1b[" in printed(show, terminal=True)
    assert "\x1b" not in printed(show, terminal=True, no_color=True)
    assert "\x1b" not in printed(show)


HOSTILE = "\x1b[31mred\x07 \u202eevil\u202c [bold]kept[/bold] :smile:\nnew line\r\u2066x"


@pytest.mark.parametrize("terminal", [False, True])
def test_no_control_character_or_markup_of_an_article_takes_effect(terminal: bool) -> None:
    cited = replace(FIRST, title=HOSTILE, source=HOSTILE, path=HOSTILE, quote=HOSTILE, published=HOSTILE)
    answer = replace(
        ANSWER,
        answer=HOSTILE,
        claims=(replace(ANSWER.claims[0], text=HOSTILE),),
        citations=(cited,),
        nearest=(cited,),
        model=HOSTILE,
        prompt=HOSTILE,
        trace=replace(
            ANSWER.trace,
            checks=tuple(
                replace(check, drafted=HOSTILE, reasons=(HOSTILE,), printed=HOSTILE + "!")
                for check in ANSWER.trace.checks
            ),
            prompts=(HOSTILE,),
            notes={HOSTILE: HOSTILE, "list": [HOSTILE]},
        ),
    )

    def show(out: Console) -> None:
        for one in (answer, replace(answer, abstained=True, claims=())):
            render.print_answer(one, out)
            render.print_explanation(one, out)
            render.print_prompts(one, out)

    text = printed(show, terminal=terminal, no_color=True, width=300)
    for character in "\x1b\x07\r\u202e\u202c\u2066":
        assert character not in text
    assert "[bold]kept[/bold] :smile:" in text
    # Line breaks survive in prompts alone, which are shown as they were sent.
    assert text.count("\nnew line") == 2


def test_an_explanation_tells_every_fate_and_score() -> None:
    text = printed(lambda out: render.print_explanation(ANSWER, out))
    assert "model small-model, prompt answer@3, 412 + 38 tokens, cost unknown" in text
    assert "retrieve 0.12 s, evidence 0.02 s, generate 1.40 s, verify 0.00 s, total 1.54 s" in text
    assert f"    [1] {FIRST.quote} (ports/ferry.txt, score 0.750)\n" in text
    assert "    - It sank in 1999. [1]\n      dropped: number:1999\n" in text
    assert "      verified\n" in text
    assert "    evidence_score: 0.75\n    threshold: 0.4\n" in text
    priced = replace(ANSWER, usage=replace(ANSWER.usage, cost_usd=0.00012))
    assert "$0.000120" in printed(lambda out: render.print_explanation(priced, out))


def test_prompts_are_shown_as_they_were_sent() -> None:
    text = printed(lambda out: render.print_prompts(ANSWER, out))
    assert text == "\nPrompt 1 of 1:\nSYSTEM\nanswer from the evidence\n"
    silent = replace(ANSWER, trace=Trace())
    assert printed(lambda out: render.print_prompts(silent, out)) == "No prompt was sent.\n"


@pytest.mark.parametrize("answer", [ANSWER, ABSTENTION])
def test_json_is_one_line_and_says_the_same(answer: Answer) -> None:
    line = render.to_json(answer)
    value = json.loads(line)
    assert "\n" not in line
    assert "trace" not in value
    assert [one["text"] for one in value["claims"]] == [claim.text for claim in answer.claims]
    assert (value["id"], value["answer"], value["abstained"]) == (answer.id, answer.answer, answer.abstained)
    assert value["timings"]["total_s"] == round(answer.timings.total_s, 3)


def test_json_with_the_trace() -> None:
    trace = json.loads(render.to_json(ANSWER, trace=True))["trace"]
    assert trace["checks"][1] == {
        "drafted": "It sank in 1999.",
        "cited": [1],
        "fate": "dropped",
        "reasons": ["number:1999"],
        "printed": "",
    }
    assert trace["evidence"][0]["text"] == FIRST.quote
    assert trace["notes"] == {"evidence_score": 0.75, "threshold": 0.4}
    assert trace["prompts"] == list(ANSWER.trace.prompts)
