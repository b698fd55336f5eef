"""Names with roles that stand beside them, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from qa.brief.figures import figures, label
from qa.brief.parties import named
from qa.brief.quotes import quotations


def roles(sentence: str, before: str = "") -> dict[str, tuple[bool, str]]:
    text = before + sentence
    return {one.name: (one.person, text[slice(*one.role)]) for one in named(text, (len(before), len(text)))}


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("The plan was criticised by port lawyer Kurt Opsal.", "Kurt Opsal", "port lawyer"),
        (
            "Ingrid Solberg, harbour master of Eskerby, said no.",
            "Ingrid Solberg",
            "harbour master of Eskerby",
        ),
        ("Ingrid Solberg, 54, the mayor of Toldra, left.", "Ingrid Solberg", "mayor of Toldra"),
        ("The head of the panel, Kostas Panagos, resigned.", "Kostas Panagos", "head of the panel"),
        ("Prime Minister Ingrid Solberg resigned.", "Ingrid Solberg", "Prime Minister"),
        ("Ingrid Solberg is the mayor of Toldra.", "Ingrid Solberg", "mayor of Toldra"),
        ("It met coach Remy Korch and trainer Greg Anders.", "Greg Anders", "trainer"),
    ],
)
def test_a_role_stands_beside_the_name(sentence: str, name: str, role: str) -> None:
    assert roles(sentence)[name] == (True, role)


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("The Russian oil giant Petrox sank.", "Petrox", "Russian oil giant"),
        ("The case was taken up by civil liberties group the Open Harbour Foundation.",
         "Open Harbour Foundation", "civil liberties group"),
        ("It asked Brattvik Steel, a builder of bridges in Toldra, for a price.",
         "Brattvik Steel", "builder of bridges in Toldra"),
    ],
)  # fmt: skip
def test_organisations_have_roles_too(sentence: str, name: str, role: str) -> None:
    assert roles(sentence)[name] == (False, role)


@pytest.mark.parametrize(
    "sentence",
    [
        "He was seen with Victor Konte, James Valen, coach Remy Korch and others.",
        "In New York, the foreign secretary, Liz Trask, put the case.",
        "Victor Konte, of Balk Laboratories, claims the runner used drugs.",
        "On Monday, saying the club was poor, he left.",
    ],
)
def test_what_is_not_said_of_somebody_is_not_taken(sentence: str) -> None:
    found = roles(sentence)
    for name in ("James Valen", "New York", "Balk Laboratories", "Monday"):
        assert found.get(name, (True, ""))[1] == ""


def test_a_name_of_several_words_is_one_name() -> None:
    found = roles("It went to the Department of Trade and Industry and the Board of Deputies.")
    assert {"Department of Trade and Industry", "Board of Deputies"} <= found.keys()


def spoken(text: str) -> list[tuple[str, str]]:
    from index.sentences import sentences

    spans = [(span.start, span.end) for span in sentences(text)]
    people = [one for span in spans for one in named(text, span)]
    return [(one.speaker, text[one.start : one.end]) for one in quotations(text, spans, people, "")]


@pytest.mark.parametrize(
    ("text", "speaker", "words"),
    [
        ('"We never said that the port would close," said port lawyer Kurt Opsal.',
         "Kurt Opsal", "We never said that the port would close"),
        ('Mayor Ingrid Solberg said: "We never said that the port would close."',
         "Ingrid Solberg", "We never said that the port would close."),
        ('Mayor Ingrid Solberg left. "We never said that the port would close," Mrs Solberg said.',
         "Ingrid Solberg", "We never said that the port would close"),
        ('Mayor Ingrid Solberg left early. She said: "We never said that the port would close."',
         "Ingrid Solberg", "We never said that the port would close."),
    ],
)  # fmt: skip
def test_a_quotation_has_the_speaker_that_the_article_names(text: str, speaker: str, words: str) -> None:
    assert (speaker, words) in spoken(text)


def test_whoever_speaks_goes_on_speaking_in_the_paragraph() -> None:
    text = (
        'Mayor Ingrid Solberg said: "We never said that the port would close. '
        '"We said that the ferry would close in the spring."'
    )
    assert [speaker for speaker, _ in spoken(text)] == ["Ingrid Solberg", "Ingrid Solberg"]


@pytest.mark.parametrize(
    "text",
    [
        '"We never said that the port would close," he said.',
        '"We never said that the port would close," said one of them.',
        'Mayor Ingrid Solberg met judge Pia Lund. "We never said that it would close," he said.',
        'Mayor Ingrid Solberg said it was "never meant to be closed in the first place" at all.',
    ],
)
def test_where_it_is_in_doubt_who_speaks_there_is_no_quotation(text: str) -> None:
    assert spoken(text) == []


def test_figures_have_their_clauses() -> None:
    sentence = "The bridge, built in 1998, will cost £2.3m ($4m) to repair, and 12,000 drivers use it."
    found = figures(sentence)
    assert [sentence[one.start : one.end] for one in found] == ["£2.3m ($4m)", "12,000"]
    assert [one.kind for one in found] == ["money", "count"]
    assert found[0].converted
    assert found[1].thing == "driver"
    assert label(sentence, found[0]) == "will cost … to repair"


@pytest.mark.parametrize(
    "sentence",
    [
        "The bridge was built in 1998.",
        "She won the 200m title.",
        "He is 54 years old and won 3-1.",
        "It opens at 10am on 14 April.",
    ],
)
def test_dates_times_ages_distances_and_scores_are_no_figures(sentence: str) -> None:
    assert figures(sentence) == []
