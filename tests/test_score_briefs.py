"""Briefs against their gold: the measures by hand, where nuggets were lost, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.brief_scores import PLACES, BriefScore, score_brief
from evals.gold import GoldBrief, GoldConflict, GoldEvent, GoldNugget, GoldPerson
from evals.page import Page
from evals.score_briefs import main, matched, read_briefs, summarise_briefs, told
from qa.errors import UsageError

TEXTS = {
    "a.txt": "Ferry to cost more\n\nA ticket will cost £12 from May. Ann Orr runs the ferry.",
    "b.txt": "Fares\n\nA ticket will cost £13. The ferry first sailed in 1962.",
    "x.txt": "Football\n\nRovers won the cup.",
}
PRICE = GoldNugget(
    "1", "A ticket will cost £12.", True, (("ticket",), ("£12",)), "a.txt", "A ticket will cost £12"
)
FIRST = GoldNugget(
    "2", "It first sailed in 1962.", False, (("sailed",), ("1962",)), "b.txt", "first sailed in 1962"
)
GOLD = GoldBrief(
    id="b1",
    topic="the ferry",
    kind="topic",
    articles=("a.txt", "b.txt"),
    nuggets=(PRICE, FIRST),
    timeline=(GoldEvent("It first sails", (("sailed", "sails"),), "b.txt", "1962-05"),),
    conflicts=(GoldConflict("the price", ("£12", "£13"), ("a.txt", "b.txt")),),
    must_not=("Rovers", "cup"),
    people=(GoldPerson("Ann Orr", ("runs the ferry", "captain")),),
)


def claim(text: str, *citations: Any) -> dict[str, Any]:
    return {"text": text, "citations": list(citations)}


def citation(number: int, path: str, quote: str) -> dict[str, Any]:
    return {
        "id": number,
        "path": path,
        "quote": quote,
        "start": 0,
        "end": 0,
        "title": "",
        "source": "Rovers News",
    }


TWELVE = claim("A ticket will cost £12 from May.", 1)
THIRTEEN = claim("A ticket will cost £13.", 2)
BRIEF: dict[str, Any] = {
    "topic": "the ferry",
    "headline": "The ferry will cost more",
    "summary": [TWELVE],
    "key_facts": [THIRTEEN],
    "timeline": [
        {"date": "1962", "precision": "year", "event": claim("The ferry first sailed.", 3)},
        {"date": None, "precision": "open", "event": claim("A ticket will cost £12 from May.", 1)},
    ],
    "people": [{"name": "Ann Orr", "role": claim("Ann Orr runs the ferry.", 4)}],
    "disagreements": [{"about": "the price", "positions": [TWELVE, THIRTEEN]}],
    "citations": [
        citation(1, "a.txt", "A ticket will cost £12 from May."),
        citation(2, "b.txt", "A ticket will cost £13."),
        citation(3, "b.txt", "The ferry first sailed in 1962."),
        citation(4, "a.txt", "Ann Orr runs the ferry."),
    ],
    "sources": [{"path": "a.txt", "title": "Rovers"}],
    "model": "cup",
}


def scored(gold: GoldBrief = GOLD, **changed: Any) -> BriefScore:
    return score_brief(gold, BRIEF | changed, TEXTS.get)


def test_a_brief_by_hand() -> None:
    one = scored()
    assert (one.nuggets.strict_vital, one.nuggets.strict_all, one.nuggets.all) == (1.0, 0.5, 0.75)
    assert (one.quotes, one.quotes_valid, one.article_precision, one.article_recall) == (4, 4, 1.0, 1.0)
    assert (one.timeline_gold, one.timeline_right, one.timeline_finer, one.timeline_wrong) == (1, 1, 0, ())
    assert (one.conflicts_shown, one.conflicts_side_by_side, one.people_shown) == (1, 1, 1)
    # Claims are counted wherever they stand. 'first sailed' leaves the year out, which the rules do not take.
    assert (one.claims, one.claims_cited, one.claims_unsupported) == (7, 7, 1)


def test_what_is_not_on_the_page_is_not_read() -> None:
    # The names of outlets and models, the quotes, and what was dropped on the way are not the page's words.
    assert scored(trace={"dropped": ["Rovers won the cup."]}).must_not == ()
    assert scored(headline="Rovers win").must_not == ("Rovers",)
    quoted = {"summary": [claim("It costs more.", citation(9, "b.txt", "The ferry first sailed in 1962."))]}
    bare = score_brief(GOLD, quoted, TEXTS.get)
    assert bare.nuggets.strict_all == 0.0


def test_invented_quotes_and_foreign_articles() -> None:
    bad = [citation(1, "a.txt", "A ticket will cost £11."), citation(2, "x.txt", "Rovers won the cup.")]
    one = score_brief(
        GOLD, {"summary": [claim("A ticket will cost £11.", 1, 2)], "citations": bad}, TEXTS.get
    )
    assert (one.quotes, one.quotes_valid, one.article_precision, one.article_recall) == (2, 1, 0.5, 0.5)
    assert (one.claims_unsupported, one.citation_recall) == (1, 0.0)
    allowed = replace(GOLD, alt_articles=("x.txt",))
    assert score_brief(allowed, {"citations": bad}, TEXTS.get).article_precision == 1.0


def test_a_claim_that_cites_a_number_without_a_citation() -> None:
    one = score_brief(GOLD, {"summary": [claim("A ticket will cost £12 from May.", 7)]}, TEXTS.get)
    assert (one.claims_cited, one.claims_unsupported, one.quotes, one.article_precision) == (1, 1, 0, None)


@pytest.mark.parametrize(
    ("entries", "right", "finer", "wrong"),
    [
        ([("1962-05", "The ferry first sailed.")], 1, 0, 0),
        ([("1962", "The ferry first sailed.")], 1, 0, 0),  # less exact, and not wrong
        ([("1962-05-03", "The ferry first sailed.")], 0, 1, 0),  # the gold does not know the day
        ([("1963", "The ferry first sailed.")], 0, 0, 1),
        ([("1962-06", "The ferry first sailed.")], 0, 0, 1),
        ([("1963", "It sailed again."), ("1962", "It first sailed.")], 1, 0, 0),  # another event of that kind
        ([("", "The ferry first sailed.")], 0, 0, 0),  # a date left open is not wrong
        ([("1963", "The ferry was sold.")], 0, 0, 0),
        ([], 0, 0, 0),
    ],
)
def test_dates(entries: list[tuple[str, str]], right: int, finer: int, wrong: int) -> None:
    timeline = [{"date": date or None, "event": claim(text)} for date, text in entries]
    one = scored(timeline=timeline)
    assert (one.timeline_right, one.timeline_finer, len(one.timeline_wrong)) == (right, finer, wrong)


def test_the_year_may_stand_in_the_date_alone() -> None:
    gold = replace(GOLD, timeline=(GoldEvent("sails", (("1962",), ("sailed",)), "b.txt", "1962"),))
    assert scored(gold).timeline_right == 1


def test_a_value_inside_another_is_not_a_second_one() -> None:
    gold = replace(GOLD, conflicts=(GoldConflict("share", ("5%", "more than 5%"), ("a.txt", "b.txt")),))
    assert scored(gold, headline="She owns more than 5% of it").conflicts_shown == 0
    assert scored(gold, headline="She owns more than 5%, or just 5%").conflicts_shown == 1


def test_shown_is_not_side_by_side() -> None:
    one = scored(disagreements=[])
    assert (one.conflicts_shown, one.conflicts_side_by_side) == (1, 0)


@pytest.mark.parametrize(
    ("trace", "where"),
    [
        ({"retrieved": ["a.txt"]}, "not retrieved"),
        ({"retrieved": ["a.txt", "b.txt"], "extracted": ["The ferry sailed."]}, "not extracted"),
        ({"retrieved": ["b.txt"], "extracted": ["It sailed in 1962."]}, "lost in merging"),
        ({"extracted": ["It sailed in 1962."], "dropped": ["It sailed in 1962."]}, "dropped by the check"),
        ({"dropped": ["It sailed in 1962."], "cut": [{"text": "It sailed in 1962."}]}, "cut by the budget"),
        # another article had it: it was found after all
        ({"retrieved": ["a.txt"], "dropped": ["It sailed in 1962."]}, "dropped by the check"),
        (None, "unknown, the brief has no trace"),
    ],
)
def test_where_a_nugget_was_lost(trace: dict[str, Any] | None, where: str) -> None:
    one = scored(timeline=[], trace=trace)
    assert [(lost.nugget.id, lost.where) for lost in one.lost] == [("2", where)]
    assert where in PLACES


def test_a_nugget_in_pieces_was_not_lost_before() -> None:
    one = scored(trace={"retrieved": []})
    assert [lost.where for lost in one.lost] == ["spread over several lines"]


def test_no_brief_is_an_empty_page() -> None:
    one = score_brief(GOLD, {}, TEXTS.get)
    assert (one.nuggets.strict_all, one.claims, one.words, one.article_recall) == (0.0, 0, 0, 0.0)
    assert (one.citation_recall, one.article_precision) == (None, None)


def test_words_are_those_of_the_page() -> None:
    assert Page({"headline": "Two words", "summary": [claim("Three more words")]}).text.count(" . ") == 1
    assert (
        score_brief(GOLD, {"headline": "Two words", "summary": [claim("Three more words")]}, TEXTS.get).words
        == 5
    )


def test_figures_over_briefs() -> None:
    figures = summarise_briefs([scored(), score_brief(GOLD, {}, TEXTS.get)])
    assert (figures["strict_vital"].value, figures["strict_vital"].n) == (0.5, 2)
    assert (figures["quote_validity"].value, figures["quote_validity"].n) == (1.0, 1)
    assert figures["conflicts_shown"].value == 0.5
    assert figures["article_precision"].n == 1


def gold_line() -> str:
    nuggets = [
        {
            "id": one.id,
            "text": one.text,
            "importance": "vital" if one.vital else "okay",
            "forms": one.forms,
            "article": one.article,
            "quote": one.quote,
        }
        for one in GOLD.nuggets
    ]
    row = {"id": "b1", "topic": "the ferry", "articles": GOLD.articles, "nuggets": nuggets}
    return json.dumps(row | {"timeline": [], "conflicts": [], "must_not": []})


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_command(tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold, briefs, out = tmp_path / "gold.jsonl", tmp_path / "briefs.jsonl", tmp_path / "out.json"
    gold.write_text(gold_line() + "\n", encoding="utf-8")
    briefs.write_text(json.dumps(BRIEF | {"trace": {"retrieved": ["a.txt"]}, "timeline": []}, indent=1))
    assert main([str(gold), str(briefs), "--corpus", str(corpus), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "lost  not retrieved: It first sailed in 1962." in printed
    assert "quotes valid 4/4" in printed
    assert "okay nuggets lost: 1 not retrieved" in printed
    assert json.loads(out.read_text())["figures"]["strict_vital"]["value"] == 1.0


def test_a_brief_that_is_not_there_is_said(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, briefs = tmp_path / "gold.jsonl", tmp_path / "briefs.jsonl"
    gold.write_text(gold_line() + "\n", encoding="utf-8")
    briefs.write_text(json.dumps({"topic": "another"}) + "\n")
    assert main([str(gold), str(briefs), "--corpus", str(corpus)]) == 0
    assert "there is no brief for it" in capsys.readouterr().out


def test_briefs_are_found_by_id_then_by_topic() -> None:
    named, about = {"id": "b1", "topic": "x"}, {"topic": "The  Ferry"}
    assert matched([GOLD], [about, named]) == [named]
    assert matched([GOLD], [about]) == [about]
    assert matched([GOLD], [{"topic": "x"}]) == [{}]


@pytest.mark.parametrize("text", ["{}", "[]", '{"topic": "x"}\n{"topic"\n', '"x"'])
def test_files_that_are_no_briefs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "briefs.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"briefs\.jsonl"):
        read_briefs(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_briefs(tmp_path / "none.jsonl")


def test_vital_losses_are_marked() -> None:
    text = told(score_brief(GOLD, {}, TEXTS.get))
    assert "lost* unknown, the brief has no trace: A ticket will cost £12." in text
    assert "lost  unknown, the brief has no trace: It first sailed in 1962." in text
