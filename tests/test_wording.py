"""Words as ranking and checking compare them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa.wording import stems, words


def test_content_words_in_order_without_those_that_carry_nothing() -> None:
    assert words("The ferry was taken out of the Harbour") == ["ferry", "taken", "harbour"]


def test_possessives_are_off_whichever_apostrophe() -> None:
    assert words("Brandvold's bridge and Holm’s pears") == ["brandvold", "bridge", "holm", "pears"]


def test_figures_stay_whole() -> None:
    assert words("It cost 1,400.50 drals, up 2.5% on 2023.") == ["cost", "1,400.50", "drals", "2.5", "2023"]


def test_underscores_and_punctuation_part_words() -> None:
    assert words("ice_cream-van…here") == ["ice", "cream", "van"]


def test_letters_of_any_script_are_words() -> None:
    assert words("Жители Осло ждали 東京") == ["жители", "осло", "ждали", "東京"]


def test_inflections_have_the_same_stem() -> None:
    assert stems("repairs") == stems("repaired") == stems("Repairing")
    assert stems("ferries") == stems("ferry")
    assert stems("bridge") != stems("bride")


def test_nothing_has_no_stems() -> None:
    assert stems("") == stems("of the and") == ()


@given(st.text(max_size=200))
def test_one_stem_for_each_word(text: str) -> None:
    assert len(stems(text)) == len(words(text))
