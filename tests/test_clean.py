"""Settled text, and notices told from reporting, on texts written for these tests."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clean import find_boilerplate, settle, settle_line, shorten
from index.load import LoadOptions, load
from index.types import Article, Boilerplate

LEAD = "The mayor of Norr opened the old bridge on Monday after two years of repairs."
MORE = "Ferries will go on until Friday, the harbour office said in the evening."

# Text made of what settle has to deal with, far denser than chance would make it.
AWKWARD = st.text(
    st.one_of(
        st.sampled_from(
            "aZ.- \n\r\t\x00\x07\x08\x0b\x0c\x1b[31m]\x1f\x85\x9b\xa0\xad\u200b\u200d\u202e\u2028\u2029\u2066"
            "\ufeff\ue000\u0301é\u1160\ufe0f\ufffe\U000e0041“’—"
        ),
        st.characters(),
    ),
    max_size=200,
)
# Paragraphs of notices and of reporting in any order.
PIECES = st.lists(
    st.sampled_from(
        (
            LEAD,
            MORE,
            "Leave a Reply",
            "Share",
            "Read more: Bridge opens",
            "* Enter a valid e-mail address",
            "Email *",
            "It was late. Was.",
            "Sign up to our newsletter!",
            "Don’t miss out!",
            "Related stories",
            "Ferry stops",
        )
    ),
    max_size=12,
)


def kinds(text: str) -> dict[str, str]:
    """What is marked in a text: the words and their kind."""
    settled = settle(text)
    return {settled[mark.start : mark.end]: mark.kind for mark in find_boilerplate(settled)}


class TestSettle:
    @given(AWKWARD)
    def test_settling_twice_changes_nothing_more(self, text: str) -> None:
        assert settle(settle(text)) == settle(text)

    @given(AWKWARD)
    def test_nothing_is_left_that_a_terminal_obeys_or_a_reader_cannot_see(self, text: str) -> None:
        left = {unicodedata.category(character) for character in settle(text).replace("\n", "")}
        assert left.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
        settle(text).encode()  # no half of a surrogate pair

    @given(AWKWARD)
    def test_blanks_are_single_and_paragraphs_one_empty_line_apart(self, text: str) -> None:
        settled = settle(text)
        assert "  " not in settled
        assert "\n\n\n" not in settled
        assert "\n" not in settled.replace("\n\n", "")
        assert settled == settled.strip()
        assert " \n" not in settled
        assert "\n " not in settled

    @given(st.text(st.sampled_from("abcXYZ .,'\"“”‘’–—-£é\n\t"), max_size=300))
    def test_the_words_quotes_and_dashes_are_those_of_the_file(self, text: str) -> None:
        assert "".join(settle(text).split()) == "".join(text.split())

    @given(AWKWARD)
    def test_a_line_is_one_line(self, text: str) -> None:
        assert "\n" not in settle_line(text)
        assert settle_line(settle_line(text)) == settle_line(text)

    @pytest.mark.parametrize(
        ("text", "settled"),
        [
            ("soft\u00adhyphen, zero\u200bwidth, nb\u00a0space", "softhyphen, zerowidth, nb space"),
            ("\x1b[1;31mred\x1b[0m and \x9b2Jclear", "red and clear"),
            ("\x1b]8;;http://x.example\x07link\x1b]8;;\x07 and \x1b]0;title\x1b\\text", "link and text"),
            ("gnp.\u202eexe \u2066inside\u2069", "gnp.exe inside"),
            ("hidden\U000e0069\U000e0067\U000e006e words", "hidden words"),
            ("cafe\u0301", "café"),
            ("one\r\n\r\n\r\ntwo\rthree.", "one\n\ntwo three."),
            ("form\x0cfeed", "form\n\nfeed"),
            ("  indented \t text  ", "indented text"),
        ],
    )
    def test_what_becomes_of(self, text: str, settled: str) -> None:
        assert settle(text) == settled

    def test_wrapped_lines_are_joined_to_their_paragraph(self) -> None:
        wrapped = (
            "The mayor of Norr opened the old bridge on Monday after two\n"
            "years of repairs, which had cost twice as much as the Council\n"
            "Chamber had voted for.\n\nFerries will go on until Friday."
        )
        first, second = settle(wrapped).split("\n\n")
        assert first.endswith("as the Council Chamber had voted for.")
        assert second == "Ferries will go on until Friday."

    def test_lines_that_are_paragraphs_stay_apart(self) -> None:
        assert settle(f"{LEAD}\n{MORE}\nThe end") == f"{LEAD}\n\n{MORE}\n\nThe end"

    def test_a_word_hyphenated_at_the_end_of_a_line_gets_no_blank(self) -> None:
        assert settle("a well-\nknown tower") == "a well-known tower"

    def test_a_shortened_line_ends_between_words(self) -> None:
        assert shorten("one two three four", 12) == "one two…"
        assert shorten("one two", 12) == "one two"
        assert len(settle_line("x" * 9000)) <= 500


NOTICES = [
    ("agency", "This story has been published from a wire agency feed without modifications to the text."),
    (
        "agency",
        "(This article has not been edited by our staff and is auto-generated from a syndicated feed.)",
    ),
    ("agency", "(With inputs from ANB and Reuters)"),
    ("newsletter", "Sign up for our daily newsletter"),
    ("newsletter", "Subscribe to the Norr Gazette newspaper"),
    ("newsletter", "Get the day’s top stories in your inbox."),
    ("newsletter", "* Enter a valid e-mail address"),
    ("newsletter", "Thanks for signing up for our newsletter!"),
    ("subscription", "Already a subscriber? Log in"),
    ("subscription", "Subscribe to continue reading"),
    ("share", "Share this article"),
    ("share", "Facebook Twitter WhatsApp Email"),
    ("share", "Click to share on Twitter (Opens in new window)"),
    ("comments", "Leave a Reply"),
    ("comments", "12 Comments"),
    ("comments", "Your email address will not be published. Required fields are marked *"),
    ("related", "READ MORE"),
    ("related", "Also read: Ferry stops for the winter"),
    ("related", "Read more | Ferry stops for the winter"),
    ("app", "Download our app"),
    ("app", "Get the Norr Gazette app for breaking news alerts"),
    ("cookies", "We use cookies to improve your experience on this site."),
    ("copyright", "© 2031 Norr Gazette. All rights reserved."),
    ("copyright", "Copyright 2031 Norr Gazette"),
    ("follow", "Follow us on Twitter and Facebook."),
    ("follow", "Join our WhatsApp channel"),
    ("advertisement", "ADVERTISEMENT"),
    ("advertisement", "Story continues below this advertisement"),
    ("credit", "Photo: Anna Reed/Reuters"),
    ("credit", "Image source, Getty Images"),
    ("credit", "Picture by Tom Hale"),
]

REPORTING = [
    "Subscribers to the newsletter rose to 4,000 in May, the company said.",
    "Readers should subscribe to the newspaper before June, he said.",
    "“Sign up for our newsletter,” the fraudulent letter said.",
    "Sign up or lose your place, the minister told the students.",
    "Share prices fell by a tenth.",
    "The company will share the story on Facebook and Twitter.",
    "Comments made by the minister caused an uproar.",
    "The site uses cookies to follow its users, the regulator found.",
    "Read more books, the minister told the children.",
    "Follow the money, she said.",
    "Copyright law is out of date, the judge said.",
    "All rights are reserved for the state under the new law.",
    "The app can be downloaded from Monday.",
    "Get ready for rain in the north.",
    "This story was published by the state news agency on Monday.",
    "The story has been published from a leaked file without permission.",
    "Advertisement revenue fell by 4%.",
    "Photographs by amateur astronomers show the comet breaking up.",
    "Image rights: the court will rule in May.",
    "More stories emerged on Sunday.",
    "Register to vote before 1 June, the council said.",
    "Like us, they were afraid of the sea.",
    "By continuing the strike, the union hopes to win.",
    "Stay tuned, the singer told her fans.",
    "Leave a light on, the coastguard asked.",
]


class TestNotices:
    @pytest.mark.parametrize(("kind", "notice"), NOTICES)
    def test_is_marked_at_the_end_and_in_the_middle(self, kind: str, notice: str) -> None:
        for text in (f"{LEAD}\n\n{notice}", f"{LEAD}\n\n{notice}\n\n{MORE}"):
            marked = kinds(text)
            assert set(marked.values()) == {kind}
            assert " ".join(marked) == settle(notice)

    @pytest.mark.parametrize("sentence", REPORTING)
    def test_reporting_stays_whatever_it_mentions(self, sentence: str) -> None:
        for text in (f"{LEAD}\n\n{sentence}", f"{LEAD} {sentence}", f"{LEAD}\n\n{sentence}\n\n{MORE}"):
            assert kinds(text) == {}

    def test_a_notice_at_the_end_of_a_paragraph_is_marked_alone(self) -> None:
        text = (
            f"{LEAD} This story has been published from a wire agency feed without modifications to the text."
        )
        assert list(kinds(text).values()) == ["agency"]
        assert not any(LEAD in words for words in kinds(text))

    def test_a_notice_before_reporting_in_the_same_paragraph_stays(self) -> None:
        assert kinds(f"{LEAD} Read more. {MORE}") == {}

    def test_a_page_whose_line_breaks_are_lost(self) -> None:
        form = "Subscribe to our newsletter * Type your e-mail address * Thanks for signing up! Leave a Reply"
        text = f"{LEAD} {form}"
        marked = kinds(text)
        assert not any("mayor" in words for words in marked)
        assert sum(map(len, marked)) >= len(settle(text)) - len(LEAD) - 4  # all but the blanks between

    def test_fragments_of_a_form_count_in_its_company_only(self) -> None:
        form = "Leave a Reply\n\nName *\n\nEmail *\n\nWebsite\n\nPost Comment"
        assert len(kinds(f"{LEAD}\n\n{form}")) == 5
        assert kinds(f"{LEAD}\n\nWebsite\n\n{MORE}") == {}
        assert kinds(f"{LEAD}\n\nDon’t miss out on the ferry.") == {}
        assert len(kinds(f"{LEAD}\n\nStay informed with the Gazette.\n\nSign up for our newsletter")) == 2

    def test_titles_in_a_final_list_of_related_stories(self) -> None:
        listed = f"{LEAD}\n\nRelated stories\n\nFerry stops for the winter\n\nBridge too dear, says council"
        assert list(kinds(listed).values()) == ["related"] * 3
        assert kinds(f"{listed}\n\n{MORE}") == {"Related stories": "related"}

    @pytest.mark.parametrize(
        "unit", ["A & " * 150, "Photo: " + "A-" * 280, "Subscribe to " + "a " * 280, "* " * 290]
    )
    def test_no_wording_takes_long_to_refuse(self, unit: str) -> None:
        # A form that backtracks without end would run into the suite's timeout.
        find_boilerplate(settle(f"{LEAD}\n\n{unit}!"))


def test_time_grows_with_the_length_and_not_with_its_square() -> None:
    # Quadratic work on these would run into the suite's timeout.
    assert settle("a\n" * 400_000).count("a") == 400_000
    assert settle("\x9dx" * 400_000) == "x" * 400_000
    titles = "Read more\n\n" * 30_000
    assert len(find_boilerplate(settle(titles))) == 30_000


class TestStrays:
    def test_a_verb_left_alone_at_the_end_of_a_paragraph(self) -> None:
        assert kinds(f"{LEAD} Took.\n\n{MORE}") == {"Took.": "stray"}

    @pytest.mark.parametrize("end", ["Nonsense.", "Never.", "“Was.”", "Yes.", "Reed.", "Really?", "Why not."])
    def test_short_sentences_are_left(self, end: str) -> None:
        assert kinds(f"{LEAD} {end}\n\n{MORE}") == {}

    def test_not_in_the_middle_of_a_paragraph(self) -> None:
        assert kinds(f"{LEAD} Took. {MORE}") == {}

    def test_not_after_a_row_of_cries(self) -> None:
        assert kinds("We came. Saw. Was.") == {}


@given(st.one_of(AWKWARD, PIECES.map("\n\n".join), PIECES.map(" ".join)))
def test_spans_lie_in_the_text_in_order_without_overlap(text: str) -> None:
    settled = settle(text)
    before = Boilerplate(0, 0, "")
    for mark in find_boilerplate(settled):
        assert before.end <= mark.start < mark.end <= len(settled)
        assert settled[mark.start : mark.end] == settled[mark.start : mark.end].strip()
        assert mark.kind
        before = mark


def test_nothing_of_two_thousand_news_articles_is_marked(shared: Path) -> None:
    marked = {
        article.path: article.boilerplate
        for article in load([str(shared / "corpora" / "bbc")], LoadOptions())
        if isinstance(article, Article) and article.boilerplate
    }
    assert marked == {}


def test_the_notices_of_a_real_page_and_nothing_else(shared: Path) -> None:
    (article,) = load([str(shared / "seeds")], LoadOptions())
    assert isinstance(article, Article)
    stray, *tail = article.boilerplate
    assert stray.kind == "stray"
    assert article.text[stray.start - 2 : stray.start] == ". "
    assert article.text[stray.end : stray.end + 2] == "\n\n"
    assert {mark.kind for mark in tail} == {"agency", "newsletter", "app", "comments"}
    gaps = [article.text[left.end : right.start] for left, right in pairwise(tail)]
    assert not "".join(gaps).strip()
    assert tail[-1].end == len(article.text)
    assert article.text[tail[0].start :].startswith("This story has been published")
