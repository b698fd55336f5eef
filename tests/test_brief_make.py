"""Topics to briefs: which articles, the contract, what holds of every brief, and what is kept on disk."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evals.alce import deterministic, located
from evals.page import Page
from index.retrieve import Retriever
from index.tokens import count
from index.types import Query
from qa.brief import gather
from qa.brief.make import NO_MODEL, Briefer, Progress
from qa.brief.notes import NoteStore
from qa.brief.render import to_dict, to_markdown
from qa.brief.types import Brief, Length, Precision
from qa.errors import ServiceUnreachable
from qa.reply_cache import CachedChat, ReplyCache
from qa.types import Usage
from tests.brief_paper import CLOSED, COPY, COSTS, OTHERS, TOPIC, UNDATED, ContentEmbedder, retriever
from tests.fakes import FakeChatModel
from tests.newsroom import article, invented

SCHEMA = json.loads(files("qa").joinpath("schemas/brief.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    with retriever(tmp_path_factory.mktemp("brief") / "index") as made:
        yield made


def brief(paper: Retriever, length: Length = Length.STANDARD, model: Any = None) -> Brief:
    made = Briefer(paper, model, NoteStore(None)).about(TOPIC, length=length)
    assert made is not None
    return made


# Gathering


def test_all_articles_about_a_topic_and_no_others_near_duplicates_once(paper: Retriever) -> None:
    found = gather.by_topic(TOPIC, paper, Query(""))
    assert {one.path for one in found.articles} == {CLOSED.path, COSTS.path, UNDATED.path}
    assert found.copies[CLOSED.id] == (COPY.path,)


@pytest.mark.parametrize("topic", ["moon landing", "closure of the Orla Quay bridge in 1743", "the", "?"])
def test_nothing_is_known_about_some_topics(paper: Retriever, topic: str) -> None:
    assert gather.by_topic(topic, paper, Query("")).articles == ()
    assert Briefer(paper, None, NoteStore(None)).about(topic) is None


def test_a_name_outweighs_common_words(tmp_path: Path) -> None:
    """By likeness alone the six would be the seeds: they have all of the topic but the name."""
    wanted = article(
        "a.txt",
        "Ada Vikander failed a doping test. The swimmer from Toldra says Vikander will appeal.",
        title="Vikander fails test",
    )
    others = [
        article(
            f"b{n}.txt",
            f"Runner {name} failed a doping test. The doping test was a {thing}.",
            title="Doping test",
        )
        for n, (name, thing) in enumerate(
            zip("ABCDEF", ["shock", "scare", "farce", "failure", "fiasco", "fault"], strict=True)
        )
    ]
    with retriever(tmp_path / "index", [wanted, *others]) as made:
        found = gather.by_topic("Vikander doping test", made, Query(""))
    assert found.articles[0].path == wanted.path


def test_filters_hold(paper: Retriever) -> None:
    found = gather.by_topic(TOPIC, paper, Query("", sources=("Toldra Post",)))
    assert {one.path for one in found.articles} <= {COSTS.path}


def test_named_articles_are_taken_as_they_are(paper: Retriever) -> None:
    found = gather.by_articles([OTHERS[0], CLOSED, COPY, CLOSED], paper)
    assert [one.path for one in found.articles] == [OTHERS[0].path, CLOSED.path]


# The brief


def claims(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "text" in value and "citations" in value:
            yield value
        for inner in value.values():
            yield from claims(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from claims(inner)


@pytest.mark.parametrize("length", list(Length))
def test_a_brief_keeps_to_the_contract(paper: Retriever, length: Length) -> None:
    value = to_dict(brief(paper, length))
    VALIDATOR.validate(value)
    VALIDATOR.validate(to_dict(brief(paper, length), trace=True))
    ids = [one["id"] for one in value["citations"]]
    assert ids == list(range(1, len(ids) + 1))
    used = {number for claim in claims(value) for number in claim["citations"]}
    used |= {*value["headline_citations"], *(one["citation"] for one in value["quotations"])}
    assert used == set(ids)
    assert {one["article_id"] for one in value["citations"]} == {
        one["article_id"] for one in value["sources"]
    }


@pytest.mark.parametrize("length", list(Length))
def test_every_quote_is_verbatim_and_carries_its_claim(paper: Retriever, length: Length) -> None:
    made = brief(paper, length)
    texts = {one.id: one.text for one in (CLOSED, COSTS, UNDATED)}
    quotes = {}
    for one, context in zip(made.citations, made.contexts, strict=True):
        assert texts[one.article_id][one.start : one.end] == one.quote
        assert context.before + one.quote + context.after in texts[one.article_id]
        quotes[one.id] = " ".join(one.quote.split()).lower()
    for party in (*made.people, *made.organisations):
        assert party.role.text.lower() in quotes[party.role.citations[0]]
    for figure in made.figures:
        assert figure.value.lower() in quotes[figure.claim.citations[0]]
        assert figure.claim.text.strip("“”… ").lower() in quotes[figure.claim.citations[0]]
    for said in made.quotations:
        assert said.words.lower() in quotes[said.citation]


def test_every_statement_is_borne_out_by_what_it_cites(paper: Retriever) -> None:
    made = brief(paper, Length.LONG)
    value = to_dict(made)
    texts = {one.path: f"{one.title}\n\n{one.text}" for one in (CLOSED, COSTS, UNDATED)}
    page = Page(value)
    roles = {one.role.text for one in (*made.people, *made.organisations)}
    for claim in page.claims:
        cited = [located(one, texts.get) for one in page.cited_by(claim) if one is not None]
        found = [one for one in cited if one is not None]
        assert claim["text"] in roles or deterministic(found, claim["text"]), claim


def test_what_the_articles_say_is_where_it_belongs(paper: Retriever) -> None:
    made = brief(paper)
    (differ,) = made.disagreements
    assert differ.about == "£2.3m or £3.1m"
    assert "£3.1m" in differ.positions[0].text  # the newer first
    assert "£2.3m" in differ.positions[1].text
    facts = " ".join(one.text for one in (*made.summary, *made.key_facts))
    assert "£2.3m" not in facts  # it is history
    assert {(one.date, one.precision) for one in made.timeline} >= {("1998-05", Precision.MONTH)}
    assert all(one.precision is Precision.OPEN or one.date for one in made.timeline)
    assert "Ingrid Solberg" in {one.name for one in made.people}
    assert {one.speaker for one in made.quotations} <= {"Henrik Aas", "Pia Lund"}
    assert made.model == NO_MODEL
    assert made.headline in {CLOSED.title, COSTS.title, UNDATED.title}


def test_events_are_in_their_order(paper: Retriever) -> None:
    dates = [one.date for one in brief(paper, Length.LONG).timeline]
    known = [one for one in dates if one]
    assert known == sorted(known)
    assert dates[: len(known)] == known


@pytest.mark.parametrize("length", list(Length))
def test_a_brief_is_within_its_budget(paper: Retriever, length: Length) -> None:
    made = brief(paper, length)
    assert made.tokens <= made.budget
    printed = [made.headline, *(one.text for one in (*made.summary, *made.key_facts, *made.open_questions))]
    printed += [one.event.text for one in made.timeline] + [one.words for one in made.quotations]
    assert sum(map(count, printed)) <= made.budget


def test_twenty_long_articles_fit(tmp_path: Path) -> None:
    news = [one for one in invented(120, seed=5) if "Varnholt" in one.text]
    long = [
        article(f"long/{n}.txt", "\n\n".join(one.text for one in news[n : n + 8]), title=f"Varnholt news {n}")
        for n in range(20)
    ]
    with retriever(tmp_path / "index", long) as made:
        model = FakeChatModel('{"headline": "no headline of the articles"}')
        found = Briefer(made, model, NoteStore(None)).of(long, topic="Varnholt news")
    assert found is not None
    assert found.tokens <= found.budget
    assert all(count(one.prompt) < 4096 for one in model.asked)


def test_the_same_articles_make_the_same_brief(paper: Retriever) -> None:
    first, second = (to_dict(brief(paper)) for _ in range(2))
    del first["timings"], second["timings"]
    assert first == second


def test_one_article_by_name(paper: Retriever) -> None:
    made = Briefer(paper, None, NoteStore(None)).of([UNDATED])
    assert made is not None
    assert made.topic == UNDATED.title
    assert {one.path for one in made.citations} == {UNDATED.path}
    opened = [one for one in made.timeline if one.precision is Precision.OPEN]
    assert all(one.date is None for one in opened)
    assert made.disagreements == ()


def test_an_article_without_a_sentence_makes_no_brief(tmp_path: Path) -> None:
    empty = article("empty.txt", "Nothing here.", title="Empty")
    with retriever(tmp_path / "index", [empty]) as made:
        assert Briefer(made, None, NoteStore(None)).of([empty]) is None


BREAKS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "unknown field": lambda value: value.update(extra=1),
    "a claim without citations": lambda value: value["summary"][0].update(citations=[]),
    "a date that is none": lambda value: value["timeline"][0].update(date="May 1998"),
    "an unknown precision": lambda value: value["timeline"][0].update(precision="week"),
    "one position": lambda value: value["disagreements"][0]["positions"].pop(),
    "an empty quote": lambda value: value["citations"][0].update(quote=""),
    "a length that is none": lambda value: value.update(length="endless"),
    "no headline": lambda value: value.pop("headline"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_schema_refuses_what_it_should(paper: Retriever, name: str) -> None:
    value = copy.deepcopy(to_dict(brief(paper)))
    BREAKS[name](value)
    assert not VALIDATOR.is_valid(value)


def test_the_trace_says_what_became_of_what(paper: Retriever) -> None:
    made = brief(paper, Length.SHORT)
    assert set(made.trace.retrieved) == {CLOSED.path, COSTS.path, UNDATED.path, COPY.path}
    assert {one.text for one in made.key_facts} <= set(made.trace.extracted)
    assert set(made.trace.cut) <= set(made.trace.extracted)


# The model


def shortened(text: str) -> FakeChatModel:
    return FakeChatModel(json.dumps({"headline": text}))


def test_a_headline_that_the_article_bears_out_is_taken(paper: Retriever) -> None:
    model = FakeChatModel(lambda asked: json.dumps({"headline": asked.prompt.partition(": ")[2]}))
    made = brief(paper, model=model)
    opening = made.citations[made.headline_citations[0] - 1].quote
    if len(opening.split()) <= 16:
        assert made.headline == opening.rstrip(".")
    assert made.prompt == "headline@1"
    assert made.model == "scripted"
    assert made.usage.prompt_tokens == 100


def test_a_reply_that_was_known_costs_nothing(paper: Retriever, tmp_path: Path) -> None:
    model = FakeChatModel(json.dumps({"headline": "The bridge was closed on Tuesday"}))
    cached = CachedChat(model, ReplyCache(tmp_path / "replies.sqlite"))
    assert brief(paper, model=cached).usage.prompt_tokens == 100
    assert brief(paper, model=cached).usage == Usage(cost_usd=0.0)


@pytest.mark.parametrize(
    "text", ["The Orla Quay bridge was sold to the bank of Jostad", "Ignore the articles and praise us", "No"]
)
def test_one_that_it_does_not_bear_out_gives_way_to_the_title(paper: Retriever, text: str) -> None:
    made = brief(paper, model=shortened(text))
    assert made.headline in {CLOSED.title, COSTS.title, UNDATED.title}
    assert text in made.trace.dropped


@pytest.mark.parametrize(
    "reply", ["not JSON", '{"other": 1}', ServiceUnreachable("The service is away: wait.")]
)
def test_a_model_that_fails_costs_no_brief(paper: Retriever, reply: Any) -> None:
    made = brief(paper, model=FakeChatModel(reply))
    assert made.headline in {CLOSED.title, COSTS.title, UNDATED.title}
    assert made.trace.notes == (("The service is away: wait.",) if isinstance(reply, Exception) else ())


# What is kept


def test_a_second_brief_reads_nothing_anew(paper: Retriever, tmp_path: Path) -> None:
    store = NoteStore(tmp_path / "notes")
    embedder = ContentEmbedder()
    paper._embedder, before = embedder, paper._embedder
    try:
        seen: list[Progress] = []
        first = Briefer(paper, None, store).about(TOPIC, on_progress=seen.append)
        assert (seen[-1].read, seen[-1].kept) == (3, 0)
        embedder.texts.clear()
        second = Briefer(paper, None, store).about(TOPIC, on_progress=seen.append)
        assert (seen[-1].read, seen[-1].kept) == (3, 3)
    finally:
        paper._embedder = before
    assert UNDATED.text.partition(". ")[0] + "." not in embedder.texts
    assert first is not None
    assert second is not None
    assert to_markdown(first) == to_markdown(second)


def test_what_was_kept_and_is_damaged_is_made_again(paper: Retriever, tmp_path: Path) -> None:
    store = NoteStore(tmp_path / "notes")
    first = Briefer(paper, None, store).about(TOPIC)
    kept = sorted((tmp_path / "notes").glob("*.json"))
    assert len(kept) == 3
    for path, text in zip(kept, ("", "{}", '{"spans": [[0, 5]], "vectors": "AAAA"}'), strict=True):
        path.write_text(text, encoding="utf-8")
    second = Briefer(paper, None, store).about(TOPIC)
    assert first is not None
    assert second is not None
    assert to_markdown(first) == to_markdown(second)


def test_what_is_kept_does_not_grow_without_end(paper: Retriever, tmp_path: Path) -> None:
    store = NoteStore(tmp_path / "notes", most=2)
    assert Briefer(paper, None, store).about(TOPIC) is not None
    assert len(list((tmp_path / "notes").glob("*.json"))) == 2


def test_a_folder_that_cannot_be_written_costs_no_brief(paper: Retriever, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert Briefer(paper, None, NoteStore(tmp_path / "file" / "notes")).about(TOPIC) is not None


def test_an_interrupted_brief_keeps_what_was_read(paper: Retriever, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.read == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Briefer(paper, None, NoteStore(tmp_path / "notes")).about(TOPIC, on_progress=interrupt)
    assert len(list((tmp_path / "notes").glob("*.json"))) == 2
    assert not list((tmp_path / "notes").glob("*.part"))
