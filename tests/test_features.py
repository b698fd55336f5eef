"""What speaks for a sentence, in numbers that can be reckoned by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from qa.evidence import split
from qa.features import LEXICAL, Sentence, Terms, answers_kind, kinds, lexical, new_names, new_number
from qa.question import Kind, Part
from tests.small_paper import BRIDGE, FERRY, passages


def terms_of(**counts: int) -> Terms:
    """The terms "kittiwake" and "crack" among ten chunks."""

    def frequency(words: Sequence[str]) -> Mapping[str, int]:
        return {word: counts.get(word, 0) for word in words}

    return Terms("What is the Kittiwake crack?", frequency, 10)


def inverse(count: int, chunks: int = 10) -> float:
    return math.log(1 + (chunks - count + 0.5) / (count + 0.5))


def test_a_rarer_word_tells_more() -> None:
    terms = terms_of(kittiwake=1, crack=5)
    rare, common = inverse(1), inverse(5)
    assert terms.total == pytest.approx(rare + common)
    assert terms.covered("The Kittiwake sails") == pytest.approx(rare / (rare + common))
    assert terms.covered("cracks", "the kittiwake") == pytest.approx(1.0)
    assert terms.covered("Nothing of the kind") == 0.0
    assert terms.rarest("a crack in the Kittiwake") == pytest.approx(rare / 10)
    assert terms.rarest("nothing") == 0.0


def test_a_question_without_content_words_is_covered_by_nothing() -> None:
    terms = Terms("What is it?", lambda words: dict.fromkeys(words, 0), 0)
    assert terms.covered("anything at all") == 0.0


def sentence(words: str) -> Sentence:
    return next(one for one in split(passages(FERRY, BRIDGE)) if one.text.startswith(words))


def features(words: str, part: Part) -> dict[str, float]:
    terms = Terms(part.text, lambda asked: dict.fromkeys(asked, 1), 10)
    return dict(zip(LEXICAL, lexical(part, terms, sentence(words), 10.0), strict=True))


def test_each_feature_stands_at_its_name() -> None:
    found = features("The repair will cost", Part("What is the Kittiwake repair?", Kind.AMOUNT))
    assert found["question_in_sentence"] == pytest.approx(1 / 2)
    assert found["question_in_sentence_and_title"] == pytest.approx(1.0)
    assert found["passage_first"] == found["passage_bm25"] == found["passage_similarity"] == 1.0
    assert found["amount_has_money"] == found["amount_has_number"] == 1.0
    assert found["lacks_kind"] == found["time_has_time"] == found["opening"] == found["fragment"] == 0.0


def test_the_sentence_after_counts_as_context() -> None:
    found = features("Engineers found", Part("What does the repair cost?", Kind.THING))
    assert found["question_in_sentence"] == 0.0
    assert found["question_in_sentence_and_next"] == found["question_in_context"] == 1.0


def test_openings_and_pronouns_are_marked() -> None:
    part = Part("What happened?", Kind.THING)
    assert features("The Kittiwake ferry", part)["opening"] == 1.0
    assert features("It replaces a ford", part)["pronoun"] == 1.0
    assert features("It replaces a ford", part)["opening"] == 0.0


def test_context_is_headline_and_what_stands_before() -> None:
    found = sentence("It replaces a ford")
    assert found.in_context == (
        "Varnholt has a bridge at last: The bridge is 412 metres long. "
        "It replaces a ford that flooded every spring."
    )
    assert sentence("The Kittiwake ferry").in_context == (
        "Crack stops the Kittiwake: The Kittiwake ferry was taken out of service on 3 March."
    )


def test_names_that_the_question_holds_are_not_new() -> None:
    text = "On Monday Tomas Brandvold met Ingrid Solberg."
    assert new_names(text, "Whom did Brandvold meet?") == ["On Monday Tomas Brandvold", "Ingrid Solberg"]
    assert new_names("Ferries stopped.", "What stopped?") == []  # a capital that any first word has
    assert new_names("He met Ingrid Solberg.", "Did he meet Ingrid Solberg?") == []


def test_a_number_of_the_question_is_not_new() -> None:
    assert new_number("It took 14 weeks.", "How long did it take?")
    assert new_number("It took six weeks.", "How long did it take?")
    assert not new_number("The 14 were saved.", "Who saved the 14?")
    assert not new_number("Nothing of the kind.", "How many?")


@pytest.mark.parametrize(
    ("kind", "with_it", "without"),
    [
        (Kind.AMOUNT, "It cost £2.3m.", "It cost a lot."),
        (Kind.AMOUNT, "It cost 3 million pounds.", "It took 3 million steps."),
        (Kind.TIME, "It opened on Saturday.", "It opened at last."),
        (Kind.TIME, "It opened in 1987.", "It opened to 87."),
        (Kind.REASON, "It stopped because of a crack.", "It stopped."),
    ],
)
def test_what_a_sentence_has_of_a_kind(kind: Kind, with_it: str, without: str) -> None:
    assert kinds(with_it, [], False)[kind]
    assert not kinds(without, [], False)[kind]


def test_a_person_has_more_than_one_name() -> None:
    assert kinds("", ["Ingrid Solberg"], False)[Kind.PERSON]
    assert not kinds("", ["Solberg"], False)[Kind.PERSON]


@pytest.mark.parametrize(
    ("kind", "phrase", "possible"),
    [
        (Kind.AMOUNT, "£2.3m", True),
        (Kind.AMOUNT, "a great deal", False),
        (Kind.NUMBER, "212", True),
        (Kind.NUMBER, "the passengers", False),
        (Kind.TIME, "on Saturday", True),
        (Kind.TIME, "at 14.30", True),
        (Kind.TIME, "in the harbour", False),
        (Kind.PERSON, "Ingrid Solberg", True),
        (Kind.PERSON, "Kittiwake", False),  # the question's own name
        (Kind.PERSON, "the crew", False),
        (Kind.PLACE, "in Eskerby", True),
        (Kind.REASON, "anything", True),
        (Kind.THING, "anything", True),
    ],
)
def test_whether_a_phrase_can_answer(kind: Kind, phrase: str, possible: bool) -> None:
    assert answers_kind(kind, phrase, "What of the Kittiwake?") is possible
