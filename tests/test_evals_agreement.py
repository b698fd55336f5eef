"""The labels are whole and rest on the articles, and agreement with them is what it is by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evals import agreement
from evals.agreement import Agreement, Label, load_labels, of_answers, of_citations, report
from evals.gold import GoldQuestion, load_questions, verbatim

GOLD = GoldQuestion(
    id="q",
    question="What will a ticket cost, and from when?",
    type="numeric",
    answer="£12 from May.",
    facts=(("£12",), ("May",)),
    forbidden=("£15",),
    articles=("a.txt",),
    evidence=(),
)
SILENT = GoldQuestion("u", "Who built it?", "unanswerable", "", (), (), (), ())
GOLDS = {"q": GOLD, "u": SILENT}


def label(
    answer: str, verdict: str, *cited: tuple[str, bool], of: str = "q", abstained: bool = False
) -> Label:
    citations = tuple(("a.txt", quote) for quote, _ in cited)
    return Label("l", "m", of, answer, abstained, citations, verdict, tuple(said for _, said in cited))


LABELS = (
    label("£12 from May.", "correct", ("£12 from May", True), ("a ferry", False)),
    label("£12 from May, not £15.", "partly", ("in May", False)),  # a forbidden form beside all facts
    label("£12.", "partly", ("The fare is a dozen pounds", True)),  # in words that the gold does not know
    label("Ann Orr.", "wrong"),
    label("It is £12.", "wrong"),  # the disagreement: the scores see one fact of two
    label("The articles do not answer this.", "wrong", abstained=True),
    label("The articles do not answer this.", "correct", of="u", abstained=True),
    label("Ann Orr.", "wrong", of="u"),
)


def test_verdicts_of_scores_beside_those_by_hand() -> None:
    found = of_answers(LABELS, GOLDS, lambda path: None)
    assert found.automatic == ("correct", "partly", "partly", "wrong", "partly", "wrong", "correct", "wrong")
    assert found.differing == [("l q", "wrong", "partly")]
    assert found.plain == 7 / 8
    # By chance: correct 2*2, partly 2*3, wrong 4*3 of 64, so 22/64; (56/64 - 22/64) / (42/64).
    assert found.kappa == pytest.approx(34 / 42)


def test_citations_support_where_they_hold_a_fact() -> None:
    found = of_citations(LABELS, GOLDS)
    assert found.by_hand == ("supports", "does not", "does not", "supports")
    assert found.automatic == ("supports", "does not", "supports", "does not")
    assert found.kappa == pytest.approx(0)  # two of four agree, as many as by chance


def test_report_has_table_figures_and_disagreements() -> None:
    text = report("verdicts", of_answers(LABELS, GOLDS, lambda path: None)).splitlines()
    assert text[0].startswith("verdicts: 8 labels, kappa 0.81 (95% ")
    assert [line.split() for line in text[2:5]] == [
        ["correct", "2", "0", "0"],
        ["partly", "0", "2", "0"],
        ["wrong", "0", "1", "3"],
    ]
    assert text[5:] == ["  l q: wrong by hand, partly automatically"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "fine"}, "'fine' is none of"),
        ({"supports": []}, "one value for each"),
        ({"citations": [{"path": "a.txt"}]}, "is no label"),
        ({"more": 1}, "is no label"),
    ],
)
def test_a_label_that_is_not_valid_is_told_with_its_line(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    row = {
        "id": "l",
        "model": "m",
        "question_id": "q",
        "answer": "",
        "abstained": False,
        "citations": [{"path": "a.txt", "quote": "x"}],
        "verdict": "wrong",
        "supports": [True],
        "note": "",
    }
    file = tmp_path / "labels.jsonl"
    file.write_text(f"{json.dumps(row)}\n{json.dumps(row | change)}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"labels\.jsonl:2") as caught:
        load_labels(file)
    assert said in str(caught.value)


def test_the_labels_are_whole_and_quote_the_articles() -> None:
    labels, text = load_labels(agreement.LABELS), agreement.folder_text(agreement.ARTICLES)
    asked = {one.id for one in load_questions(agreement.GOLD)}
    assert len(labels) >= 100
    assert len({one.id for one in labels}) == len(labels)
    assert all(count >= 50 for count in Counter(one.model for one in labels).values())
    assert len({one.model for one in labels}) >= 2
    assert {one.question_id for one in labels} <= asked
    assert {one.verdict for one in labels} == set(agreement.VERDICTS)
    wrong = [
        (one.id, quote) for one in labels for path, quote in one.citations if not _stands(quote, text(path))
    ]
    assert wrong == []


def _stands(quote: str, text: str | None) -> bool:
    return text is not None and verbatim(quote, text)


def _projects() -> tuple[Agreement, Agreement]:
    labels = load_labels(agreement.LABELS)
    golds = {one.id: one for one in load_questions(agreement.GOLD)}
    verdicts = of_answers(labels, golds, agreement.folder_text(agreement.ARTICLES))
    return verdicts, of_citations(labels, golds)


def test_scores_agree_with_the_labels_as_the_readme_says() -> None:
    verdicts, citations = _projects()
    readme = (agreement.HERE / "README.md").read_text(encoding="utf-8")
    for name, found in (("verdicts", verdicts), ("citations", citations)):
        assert f"| {name} | {len(found.names)} | {found.kappa:.2f} |" in readme
    assert citations.kappa >= 0.8
    # No answer is right to one and wrong to the other.
    assert {"correct", "wrong"} not in [{hand, auto} for _, hand, auto in verdicts.differing]
