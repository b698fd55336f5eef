from __future__ import annotations

import pytest

from qa.chat.followup import REMEMBERED, rewrite
from qa.chat.heard import Heard, heard
from tests.chats import MILL, RACE, said
from tests.small_paper import BRIDGE, FERRY

WITHDRAWN = said(
    "Which ferry was taken out of service?",
    "The Kittiwake ferry was taken out of service on 3 March.",
    FERRY,
    "The Kittiwake",
)
MASTER = said(
    "Who is the harbour master of Eskerby?",
    "Harbour master Ingrid Solberg did not blame the crew.",
    FERRY,
    "Ingrid Solberg",
)
RIBBON = said(
    "Who cut the ribbon of the bridge?",
    "Mayor Tomas Brandvold cut a ribbon and called it the longest wait of his life.",
    BRIDGE,
    "Mayor Tomas Brandvold",
)
LENGTH = said("How long is the bridge in Varnholt?", "The bridge is 412 metres long.", BRIDGE, "412 metres")
CLOSING = said(
    "When will Orlin Paper close its mill in Fennwick?",
    "Orlin Paper will close its mill in Fennwick in May, the company said on Tuesday.",
    MILL,
    "in May",
)
BOSS = said(
    "Who runs Orlin Paper?",
    "Chief executive Petra Lindqvist told workers that orders had halved since 2019.",
    MILL,
    "Petra Lindqvist",
)
WINNER = said(
    "Who won the Varnholt marathon?",
    "Mirela Toska won the Varnholt marathon in two hours and 24 minutes on Sunday.",
    RACE,
    "Mirela Toska",
)
TOWNS = said(
    "Which towns did the marathon go through?",
    "The race began in Quillford, went through Eskerby and ended in Varnholt.",
    RACE,
    "Quillford, Eskerby and Varnholt",
)
BOTH = said(
    "What did Petra Lindqvist and Jonas Akker say about the mill?",
    "Union leader Jonas Akker called the decision cowardly.",
    MILL,
)
UNKNOWN = said("Who built the Kittiwake?")


@pytest.mark.parametrize(
    ("before", "asked", "expected"),
    [
        # people
        (BOSS, "How old is she?", "How old is Petra Lindqvist?"),
        (BOSS, "What is her plan?", "What is Petra Lindqvist's plan?"),
        (BOSS, "And did anyone thank her?", "Did anyone thank Petra Lindqvist?"),
        (BOSS, "how long will she stay?", "How long will Petra Lindqvist stay?"),
        (RIBBON, "What did he say?", "What did Tomas Brandvold say?"),
        (RIBBON, "Ok, and when did he leave?", "When did Tomas Brandvold leave?"),
        (BOTH, "What did he want?", "What did Jonas Akker want?"),
        (BOTH, "Did she resign?", "Did Petra Lindqvist resign?"),
        (BOTH, "Have they met?", "Have Petra Lindqvist and Jonas Akker met?"),
        (BOTH, "What are their plans?", "What are Petra Lindqvist and Jonas Akker's plans?"),
        # bodies, places, things
        (BOSS, "What will the company do next?", "What will Orlin Paper do next?"),
        (BOSS, "Who owns that company?", "Who owns Orlin Paper?"),
        (CLOSING, "How many people work there?", "How many people work in Fennwick?"),
        (WITHDRAWN, "Who owns it?", "Who owns Kittiwake?"),
        (WITHDRAWN, "What's its length?", "What's Kittiwake's length?"),
        (TOWNS, "What happened in the second?", "What happened in Eskerby?"),
        (TOWNS, "How many people live in the last of them?", "How many people live in Varnholt?"),
        # what is left out
        (CLOSING, "Why?", "Why will Orlin Paper close its mill in Fennwick?"),
        (CLOSING, "And why is that?", "Why is that (Orlin Paper will close its mill in Fennwick)?"),
        (WINNER, "And in 2019?", "Who won the Varnholt marathon in 2019?"),
        (WINNER, "By how much?", "By how much (Mirela Toska won the Varnholt marathon)?"),
        (WINNER, "Who else?", "Who else won the Varnholt marathon?"),
        (BOSS, "And Brandt Board?", "Who runs Brandt Board?"),
        (BOSS, "What about Brandt Board?", "Who runs Brandt Board?"),
        (MASTER, "And the mayor?", "Who is the mayor of Eskerby?"),
        (LENGTH, "Why?", "Why (the bridge in Varnholt)?"),
        (RIBBON, "When?", "When (Tomas Brandvold cut the ribbon of the bridge)?"),
        (WINNER, "Really?", "Is it true that Mirela Toska won the Varnholt marathon?"),
        (WINNER, "Tell me more", "What else is known (Mirela Toska won the Varnholt marathon)?"),
        # what refers to more than a name, or is taken for granted
        (CLOSING, "Who said so?", "Who said so (Orlin Paper will close its mill in Fennwick)?"),
        (
            CLOSING,
            "Who is against that?",
            "Who is against that (Orlin Paper will close its mill in Fennwick)?",
        ),
        (LENGTH, "How much did it cost?", "How much did it cost (the bridge in Varnholt)?"),
        (LENGTH, "How long did it take?", "How long did it take (the bridge in Varnholt)?"),
        (WINNER, "How many people ran?", "How many people ran (Mirela Toska won the Varnholt marathon)?"),
        (CLOSING, "Was there an offer?", "Was there an offer (Orlin Paper will close its mill in Fennwick)?"),
        (UNKNOWN, "How much did it cost?", "How much did it cost (the one that built the Kittiwake)?"),
    ],
)
def test_a_follow_up_is_put_into_full(before: Heard, asked: str, expected: str) -> None:
    found = rewrite(asked, [before])
    assert found.text == expected
    assert found.follows is before


@pytest.mark.parametrize(
    "asked",
    [
        "Who lit 300 candles in Quillford?",
        "What happened to the pears in Quillford?",
        "Who is Jonas Akker and what does he want?",
        "What did Ingrid Solberg say when she was asked?",
        "Is it true that Brandt Board wants to buy the mill?",
        "How long does it take to get to Eskerby?",
        "Which party leads in the polls of Toldra?",
        "Did Toska keep her promise?",
    ],
)
@pytest.mark.parametrize("before", [CLOSING, WITHDRAWN])
def test_a_question_that_stands_alone_is_left_as_it_is(before: Heard, asked: str) -> None:
    assert rewrite(asked, [before]).text == asked


def test_a_first_question_is_left_as_it_is() -> None:
    for asked in ("Why?", "And what did she say?", "  What   is it? ", "???", ""):
        found = rewrite(asked, [])
        assert (found.text, found.follows, found.sure) == (" ".join(asked.split()), None, True)


def test_a_question_about_something_else_is_not_tied_to_the_conversation() -> None:
    asked = "how many goals were scored in the second half of the football match?"
    assert rewrite(asked, [CLOSING]).text == asked


def test_who_answered_the_last_question_goes_before_who_was_asked_about() -> None:
    words = "Union leader Jonas Akker called the decision cowardly."
    who = said("Who called Petra Lindqvist cowardly?", words, MILL)
    assert rewrite("What does he want?", [BOSS, who]).text == "What does Jonas Akker want?"
    assert rewrite("What does she want?", [BOSS, who]).text == "What does Petra Lindqvist want?"


def test_the_nearer_of_two_people_is_meant() -> None:
    assert rewrite("How old is she?", [MASTER, BOSS]).text == "How old is Petra Lindqvist?"
    assert rewrite("How old is she?", [BOSS, MASTER]).text == "How old is Ingrid Solberg?"


def test_what_is_long_ago_is_out_of_mind() -> None:
    later = [said(f"How high is tower {n}?") for n in range(REMEMBERED)]
    assert "Lindqvist" in rewrite("How old is she?", [BOSS, *later[1:]]).text
    assert "Lindqvist" not in rewrite("How old is she?", [BOSS, *later]).text


def test_names_are_known_in_any_case_of_letters() -> None:
    lower = heard(
        "who runs orlin paper?",
        ["“Chief executive Petra Lindqvist told workers that orders had halved since 2019.”"],
        ["petra lindqvist"],
        [MILL],
    )
    assert [name.text for name in lower.asked] == ["Orlin Paper"]
    assert rewrite("what did she say?", [lower]).text == "What did Petra Lindqvist say?"
    assert rewrite("what does jonas akker want?", [lower]).text == "what does jonas akker want?"


def test_a_chain_keeps_what_it_was_about() -> None:
    first = CLOSING
    second = rewrite("How many people work there?", [first])
    mind = heard(second.text, ["“The mill employs 340 people.”"], [], [MILL], second.follows)
    third = rewrite("And who said so?", [first, mind])
    assert "work in Fennwick" in third.text
    assert "Orlin Paper will close its mill" in third.text
    assert len(third.text) < 200


def test_the_thing_named_by_itself_is_what_it_stands_for() -> None:
    second = rewrite("And the mill?", [BOSS])
    assert second.centre == "the mill"
    mind = heard(second.text, [], [], [], second.follows, second.centre)
    assert rewrite("Who wants to buy it?", [BOSS, mind]).text.startswith("Who wants to buy the mill")


def test_both_parts_of_a_question_learn_what_it_is_about() -> None:
    found = rewrite("When was that, and who said so?", [CLOSING])
    assert found.text == "Orlin Paper will close its mill in Fennwick: when was that, and who said so?"


def test_text_that_is_no_question_does_no_harm() -> None:
    odd = (
        "(((",
        "a" * 5000,
        "\x1b[31mit\x1b[0m",
        "? ! ?",
        "what about",
        "and",
        "the",
        "'s",
        "A: b: c?",
        "it (x)?",
    )
    for text in odd:
        assert rewrite(text, [CLOSING, WINNER, TOWNS]).text


def test_the_rewriting_stays_short_however_long_the_questions_are() -> None:
    mind: list[Heard] = []
    text = "Why did it " + "very often " * 60 + "matter?"
    for _ in range(20):
        found = rewrite(text, mind)
        assert len(found.text) < len(text) + 200
        mind.append(heard(found.text, [], [], [], found.follows))
