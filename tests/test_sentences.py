"""Splitting news text into sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import sentences
from index.types import Boilerplate


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


# Each list is one paragraph, joined by single spaces, as it should be split.
PARAGRAPHS = [
    ["Mr Vale met Dr. Osei in St. Ives.", "They spoke for an hour."],
    ["Gen. Ruth Adler flew to Oslo on Jan. 5.", "She left at 5 p.m. on Friday."],
    ["The U.S. Senate voted.", "He left the U.S.", "The talks go on."],
    ["J. K. Marsh and George W. Hale signed it.", "So did Tom."],
    ["It fell to No. 5 in the list.", "The answer was no.", "Nobody minded."],
    ["Hallam Inc. bought Brix Ltd. for $1.5bn.", "It paid 2.25 times sales."],
    ["Turnover rose at Orr and Co.", "The rise was 3.4%."],
    ["Lowe vs. Grant drew 4,000 people, i.e. a full house.", "Grant won."],
    ['He said: "We did it.', 'It was hard."', "Then he left."],
    ['It ends with the next session."', "She said new rules were on their way."],
    ['"Was it worth it?" he asked.', "Nobody knew."],
    ['"Was it worth it?" Anna Lind asked.', "Nobody knew."],
    ['"Why not?"', "He turned to the crowd."],
    ["It was “over.”", "‘Yes,’ said the mayor.", "(Few agreed.)", "The rest went home."],
    ["They waited... and waited.", "Then it came…", "The lights went out."],
    ["Really?!", "Yes!", "Really."],
    ["The iPod sold.", "eBay did not say why."],
    ["The plan cost 3m.", "2,500 people signed.", "In 2004.", "The rest did not."],
    ['They would lose a lot each year. "', "And the minister agreed."],
    ["She told the FT.", "But AT&T.", "Everybody waited for MS.", "Final approval came."],
    ["The mayor left the city.", "The council stayed."],
    ["彼は言った。", "雨が降った。"],
]


@pytest.mark.parametrize("wanted", PARAGRAPHS, ids=lambda wanted: wanted[0][:30])
def test_a_paragraph_is_split_where_its_sentences_end(wanted: list[str]) -> None:
    glue = "" if "。" in wanted[0] else " "
    assert split(glue.join(wanted)) == wanted


def test_a_forgotten_space_after_a_full_stop_still_ends_the_sentence() -> None:
    assert split("It opened in the city.The mayor came.") == ["It opened in the city.", "The mayor came."]


def test_no_sentence_crosses_a_paragraph_break() -> None:
    assert split("Background\n\nThe tram was late. It rained\n\nagain.") == [
        "Background",
        "The tram was late.",
        "It rained",
        "again.",
    ]


def test_a_hard_line_break_is_only_white_space_but_list_items_stand_alone() -> None:
    assert split("The tram\nwas late.") == ["The tram\nwas late."]
    assert split("Winners:\n - Best tram: Line 4\n - Best bus: 12") == [
        "Winners:",
        "- Best tram: Line 4",
        "- Best bus: 12",
    ]


def test_a_list_number_stays_with_its_item() -> None:
    assert split("1. Heat the oven. 2. Wait.") == ["1. Heat the oven.", "2. Wait."]


def test_boilerplate_is_left_out_and_cuts() -> None:
    text = "The tram was late. Read more: trams Then it came."
    start = text.index("Read")
    mark = Boilerplate(start, text.index(" Then"), "link")
    found = [text[s.start : s.end] for s in sentences(text, skip=[mark])]
    assert found == ["The tram was late.", "Then it came."]


def test_a_window_restricts_the_spans() -> None:
    text = "One came. Two came. Three came."
    found = [text[s.start : s.end] for s in sentences(text, 10, 19)]
    assert found == ["Two came."]


def test_marks_alone_are_no_sentence() -> None:
    assert split("\n\n. The lights went out.\n\n* * *\n\n") == ["The lights went out."]


@given(
    st.text(alphabet=st.sampled_from("aB. !?\n\"'”“)…-9。\u00a0\u2028"), max_size=80) | st.text(max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 12)), max_size=3),
)
def test_spans_are_ordered_trimmed_and_leave_nothing_readable_out(
    text: str, marks: list[tuple[int, int]]
) -> None:
    skip = [Boilerplate(start, start + length, "x") for start, length in marks]
    found = sentences(text, skip=skip)
    covered = {i for mark in skip for i in range(mark.start, mark.end)}
    at = 0
    for span in found:
        assert at <= span.start < span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece == piece.strip()
        assert "\n\n" not in piece
        assert not covered & set(range(span.start, span.end))
        at = span.end
    inside = {i for span in found for i in range(span.start, span.end)}
    assert all(i in inside or i in covered for i, c in enumerate(text) if c.isalnum())
