"""Words that say there is no answer, and words that only look like it."""

from __future__ import annotations

import pytest

from evals.silence import says_nothing


@pytest.mark.parametrize(
    "text",
    [
        "",
        " … ",
        "I don’t know.",
        "I cannot answer that.",
        "Sorry, but I can't tell you who it was.",
        "The articles do not say who paid for the bridge.",
        "The provided passages don't contain any information about it.",
        "The text has not named the buyer.",
        "It isn't stated in the article.",
        "Not mentioned in any of the documents.",
        "That is not possible to determine from the articles.",
        "There is no information about the price.",
        "No information was found.",
        "The price of the ferry was not disclosed.",
        "None of the passages mention a price.",
        "Not specified",
        "Unknown.",
        "The articles do not answer this; looked for: who paid for the bridge.",
        "The context does not mention the price. "
        + "The ferry sails each day from the old quay at noon. " * 4,
    ],
)
def test_no_answer(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "No.",
        "Nobody.",
        "£12.",
        "None other than the captain.",
        "The captain did not mention the storm.",
        "She was not found guilty.",
        "The mayor is sorry for the delay.",
        "Information desks will be closed.",
        "A news agency bought the ferry.",
        "The ferry costs £12. " * 8 + "The articles do not say what a dog costs.",
    ],
)
def test_an_answer(text: str) -> None:
    assert not says_nothing(text)
