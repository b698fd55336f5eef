"""Articles that give different figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qa.disagree import rivals
from qa.question import Kind
from qa.types import Evidence
from tests.newsroom import article
from tests.small_paper import evidence

QUESTION = "How many people were aboard the ferry Kittiwake?"


def said(number: int, text: str, day: date | None, path: str) -> Evidence:
    paper = replace(article(path, text), id=path, published=day)
    return evidence(number, paper, text, 1.0)


OLD = said(1, "There were 149 people aboard the ferry Kittiwake.", date(2024, 3, 4), "a.txt")
NEW = said(2, "The ferry Kittiwake had 152 people aboard, the coastguard found.", date(2024, 3, 9), "b.txt")


def test_other_figures_for_the_same_thing_are_shown_newest_first() -> None:
    assert rivals(QUESTION, Kind.NUMBER, OLD, [NEW]) == (NEW, OLD)
    assert rivals(QUESTION, Kind.NUMBER, NEW, [OLD]) == (NEW, OLD)


def test_an_undated_article_comes_last() -> None:
    undated = replace(NEW, article=replace(NEW.article, published=None))
    assert rivals(QUESTION, Kind.NUMBER, OLD, [undated]) == (OLD, undated)


def test_equal_figures_do_not_differ_however_they_are_written() -> None:
    same = said(2, "Aboard the ferry Kittiwake were one hundred and forty-nine people.", None, "b.txt")
    assert rivals(QUESTION, Kind.NUMBER, OLD, [same]) == ()


def test_figures_of_something_else_do_not_differ() -> None:
    cars = said(2, "There were 31 cars aboard the ferry Kittiwake.", None, "b.txt")
    other = said(3, "In the town hall 20 people met.", None, "c.txt")
    assert rivals(QUESTION, Kind.NUMBER, OLD, [cars, other]) == ()


def test_one_article_does_not_contradict_itself_and_names_do_not_count() -> None:
    assert rivals(QUESTION, Kind.NUMBER, OLD, [replace(NEW, article=OLD.article)]) == ()
    assert rivals("Who was aboard the ferry Kittiwake?", Kind.PERSON, OLD, [NEW]) == ()
