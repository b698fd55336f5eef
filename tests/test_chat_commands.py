from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rich.console import Console

from index.retrieve import Retriever
from qa import config
from qa.chat import loop, views
from qa.chat.commands import COMMANDS, Talk, find, obey
from qa.chat.completion import Lines
from qa.chat.keeping import Keeper
from qa.chat.screen import Screen, one_line
from qa.chat.session import Session
from qa.chat.store import Store
from qa.errors import Missing, QAError, ServiceUnreachable, UsageError
from qa.types import Answer, Check, Claim, Fate, Trace
from tests.chats import MILL, NEWS, NOON, RACE, Scripted, answered, cited, turn
from tests.small_paper import retriever

WHO, BOSS = (
    "Who runs Orlin Paper?",
    "Chief executive Petra Lindqvist told workers that orders had halved since 2019.",
)
STAYS = "She will stay until the autumn."
SCRIPT = {
    WHO: (MILL, BOSS),
    "How long will Petra Lindqvist stay?": (MILL, STAYS),
    "Who won the marathon?": (RACE, "Second was Hanne Brodal of Eskerby, a minute behind."),
}


@dataclass
class Desk:
    """Stands in for ``qa.chat.engine.Engine``."""

    retriever: Retriever
    answerer: Any
    settings: Any
    name: str = "scripted"
    model: Any = None
    count: Callable[[str], int] = len

    def use(self, name: str) -> None:
        if name == "none":
            raise Missing("the weights of none are not there")
        self.name = name.removeprefix("local:")
        self.answerer = Scripted()
        self.settings = replace(self.settings, model=name)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    with retriever(tmp_path_factory.mktemp("index"), NEWS) as found:
        yield found


@pytest.fixture
def talk(news: Retriever, tmp_path: Path) -> Talk:
    keeper = Keeper(Store(tmp_path / "chats.sqlite"), tmp_path, lambda line: None)
    answerer = Scripted(SCRIPT)
    session = Session(
        answerer,
        news.catalog.articles,
        on_turn=keeper.add,
        on_undo=keeper.undo,
        clock=lambda: NOON,
    )
    desk = Desk(
        news, answerer, config.load({"index": tmp_path}, environ={}, folder=tmp_path, user=tmp_path / "x")
    )
    return Talk(session, desk, keeper, Screen(Console(file=io.StringIO(), width=80, soft_wrap=True)))


def shown(talk: Talk, *lines: str) -> str:
    """What the lines put on the screen."""
    out = talk.screen.out.file
    assert isinstance(out, io.StringIO)
    out.seek(0)
    out.truncate()
    for line in lines:
        loop.handle(line, talk)
    return out.getvalue()


# Answers


def test_an_answer_stands_above_its_sources(talk: Talk) -> None:
    assert shown(talk, WHO) == (
        f"\n  “{BOSS}” [1]\n\n  [1] Fennwick loses its mill  Bay News, 2024-02-06\n\n"
    )


def test_how_a_follow_up_was_understood_stands_above_the_answer(talk: Talk) -> None:
    text = shown(talk, WHO, "How long will she stay?")
    assert f"\n\n  ↳ How long will Petra Lindqvist stay?\n\n  “{STAYS}” [1]\n" in text


def test_a_withheld_answer_says_so(talk: Talk) -> None:
    text = shown(talk, "Who built the tower?")
    assert "The articles do not answer this; looked for: Who built the tower." in text
    assert "[1]" not in text


def test_a_withheld_answer_shows_the_nearest_passages(talk: Talk) -> None:
    nearest = (cited(MILL, BOSS, 1), cited(RACE, "About 9,000 people ran.", 2), cited(MILL, STAYS, 3))
    base = answered(WHO, MILL, BOSS)
    talk.screen.rest(replace(base, abstained=True, claims=(), citations=(), nearest=nearest), 0)
    out = talk.screen.out.file
    assert isinstance(out, io.StringIO)
    _, _, shown_ = out.getvalue().partition("Nearest, but not an answer:\n")
    assert shown_ == (
        "  – Fennwick loses its mill  Bay News, 2024-02-06\n"
        f"    “{BOSS}”\n"
        f"    “{STAYS}”\n"
        "  – Toska wins in the rain  Varnholt Courier, 2024-04-22\n"
        "    “About 9,000 people ran.”\n"
    )


def test_sources_of_one_article_are_one_source(talk: Talk) -> None:
    one, two = cited(MILL, BOSS, 1), cited(MILL, STAYS, 2)
    base = answered(WHO, MILL, BOSS)
    several = replace(
        base,
        claims=(Claim("A.", (1,)), Claim("B.", (2, 3))),
        citations=(one, two, cited(RACE, "About 9,000 people ran.", 3)),
    )
    talk.screen.rest(several, 0)
    out = talk.screen.out.file
    assert isinstance(out, io.StringIO)
    assert "  [1][2] Fennwick loses its mill" in out.getvalue()
    assert "  [3] Toska wins in the rain" in out.getvalue()
    assert one_line(several) == "A. [1] B. [2][3]"


def test_a_failing_service_is_one_sentence_and_the_conversation_goes_on(talk: Talk) -> None:
    answerer = talk.session.answerer
    assert isinstance(answerer, Scripted)
    answerer.script["Why?"] = ServiceUnreachable("the model's service cannot be reached")
    text = shown(talk, "=Why?")
    assert text == "\n  The model's service cannot be reached.\n\n"
    assert BOSS in shown(talk, WHO)


def test_an_interrupt_stops_the_answer_only(talk: Talk) -> None:
    answerer = talk.session.answerer
    assert isinstance(answerer, Scripted)
    answerer.script["Why?"] = KeyboardInterrupt()
    assert shown(talk, "=Why?") == "\n  Stopped.\n\n"
    assert not talk.leaving
    assert talk.session.turns == ()


def test_what_articles_hold_does_no_harm_to_a_terminal(talk: Talk) -> None:
    evil = turn("\x1b]0;evil\x07\u202eWho?", MILL, BOSS)
    wild = replace(
        evil.answer,
        claims=(Claim("\x1b[2J\x9bBoo [bold]x[/bold]", (1,)),),
        citations=(replace(evil.answer.citations[0], title="\x1b[31mT\x07", source="S\u202e"),),
    )
    talk.session.resume([replace(evil, answer=wild)])
    for look in ("/sources", "/why", "/passages", "/open 1"):
        text = shown(talk, look)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    talk.screen.rest(wild, 0)
    assert "\x1b" not in one_line(wild)
    assert "[bold]x[/bold]" in one_line(wild)


# Commands


def test_help_prints_the_table(talk: Talk) -> None:
    text = shown(talk, "/help")
    for command in COMMANDS:
        assert command.usage in text
        assert command.help in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("/opne", "the nearest is /open"),
        ("/source", "the nearest is /sources"),
        ("/sa", "the nearest is /save"),
        ("/Quit!", "the nearest is /exit"),
        ("/", "/help shows them all"),
        ("/zzzz", "/help shows them all"),
    ],
)
def test_an_unknown_command_suggests_the_nearest(typed: str, hint: str, talk: Talk) -> None:
    with pytest.raises(UsageError, match=re.escape(hint)):
        obey(typed, talk)


def test_commands_are_found_in_any_case_and_by_other_names() -> None:
    assert find("quit").name == "exit"
    assert find("?").name == "help"
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(
    "line", ["/open 1", "/sources", "/why", "/passages", "/edit", "/brief", "/save x.md", "/undo"]
)
def test_what_needs_an_answer_says_so(line: str, talk: Talk) -> None:
    with pytest.raises(UsageError, match="ask"):
        obey(line, talk)


def test_open_shows_the_quote_in_its_paragraph(talk: Talk) -> None:
    shown(talk, WHO)
    for line in ("/open 1", "/open [1]", "/open"):
        text = " ".join(shown(talk, line).split())
        assert f"on Tuesday. »{BOSS}« She will stay" in text
        assert "[1] Fennwick loses its mill Bay News, 2024-02-06, mills/paper.txt" in text
        assert "called the decision cowardly" not in text
    assert shown(talk, "/open 7") == "\n  /open takes one of: 1.\n\n"
    assert "/open takes one of" in shown(talk, "/open x")


def test_open_says_when_the_article_has_gone(talk: Talk) -> None:
    gone = turn(WHO, replace(MILL, id="f" * 16), BOSS)
    talk.session.resume([gone])
    text = shown(talk, "/open 1")
    assert "no longer in the index" in text
    assert BOSS in " ".join(text.split())


def test_a_short_paragraph_is_shown_with_its_neighbours_and_a_long_one_in_part() -> None:
    text = "First one here.\n\nThe quote stands here.\n\nAnd a last one.\n\nFar away."
    out = Console(file=io.StringIO(), width=80, soft_wrap=True)
    article = replace(MILL, text=text)
    views.opened(cited(article, "The quote stands here."), article, out)
    lines = [line.strip() for line in out.file.getvalue().splitlines() if line.strip()]  # type: ignore[attr-defined]
    assert lines[2:] == ["First one here.", "»The quote stands here.«", "And a last one."]

    long = replace(MILL, text="word " * 800 + "The quote stands here." + " word" * 800)
    out = Console(file=io.StringIO(), width=80, soft_wrap=True)
    views.opened(cited(long, "The quote stands here."), long, out)
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert "»The quote stands here.«" in printed
    assert printed.count("word") < 400
    assert printed.count("…") == 2


def test_sources_have_the_quoted_words(talk: Talk) -> None:
    shown(talk, WHO)
    text = shown(talk, "/sources")
    assert "mills/paper.txt" in text
    assert f"“{BOSS}”" in text
    shown(talk, "Who built the tower?")
    assert "There are no sources." in shown(talk, "/sources")


def test_why_tells_each_claims_fate_in_words(talk: Talk) -> None:
    checks = (
        Check("Lindqvist runs it.", (1,), Fate.VERIFIED, (), "Lindqvist runs it."),
        Check("She left.", (1,), Fate.QUOTED, ("polarity",), BOSS),
        Check("It has 999 workers.", (1,), Fate.DROPPED, ("number", "novel-code")),
    )
    one = turn(WHO, MILL, BOSS)
    trace = Trace(checks=checks, notes={"probability": 0.8312, "threshold": 0.5})
    talk.session.resume([replace(one, answer=replace(one.answer, trace=trace))])
    text = shown(talk, "/why")
    assert "✓ Lindqvist runs it.\n    verified" in text
    assert "one says what the other denies" in text
    assert (
        "✗ It has 999 workers.\n    dropped\n      a figure is not in the evidence\n      novel-code" in text
    )
    assert "83%; it takes 50%" in text


def test_passages_are_what_was_read(talk: Talk) -> None:
    shown(talk, WHO)
    assert f"   1  {BOSS}" in shown(talk, "/passages")
    shown(talk, "Who built the tower?")
    assert "Nothing was read" in shown(talk, "/passages")


def test_edit_offers_how_the_question_was_understood(talk: Talk) -> None:
    shown(talk, WHO, "How long will she stay?", "/edit")
    assert talk.offered == "How long will Petra Lindqvist stay?"
    shown(talk, "/edit Who won the marathon?")
    assert talk.offered == "Who won the marathon?"


def test_a_corrected_question_is_asked_as_written(talk: Talk) -> None:
    shown(talk, WHO, "How long will she stay?")
    loop.handle("Who won the marathon?", talk, instead=True)
    assert [one.question for one in talk.session.turns] == [WHO, "Who won the marathon?"]
    assert talk.keeper.store is not None
    assert talk.keeper.id is not None
    assert [one.question for one in talk.keeper.store.turns(talk.keeper.id)] == [WHO, "Who won the marathon?"]


def test_filters_are_set_added_and_taken_off(talk: Talk) -> None:
    assert "All articles are asked." in shown(talk, "/filter")
    shown(talk, '/filter since=2024 source="Bay News"')
    shown(talk, "/filter until=2024-03")
    assert str(talk.session.filters) == 'since=2024-01-01 until=2024-03-31 source="Bay News"'
    assert 'source="Bay News"; /filter off ends it' in " ".join(shown(talk, "/filter").split())
    shown(talk, "/filter source=")
    assert talk.session.filters.sources == ()
    shown(talk, "/filter off")
    assert str(talk.session.filters) == ""


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("since=May", "since must be a date"),
        ("since=2025", "no article has"),
        ("source=Bay", "no article is from Bay; the nearest source is Bay News"),
        ("colour=red", "/filter takes"),
        ("2024", "/filter takes"),
        ('source="Bay', "quotation mark is missing"),
    ],
)
def test_a_wrong_filter_changes_nothing(given: str, wrong: str, talk: Talk) -> None:
    shown(talk, "/filter tag=")
    before = talk.session.filters
    with pytest.raises(UsageError, match=re.escape(wrong)):
        obey(f"/filter {given}", talk)
    assert talk.session.filters == before


def test_another_model_answers_from_now_on(talk: Talk) -> None:
    shown(talk, WHO)
    before = talk.session.answerer
    assert "scripted answers" in shown(talk, "/model")
    assert "tiny answers" in shown(talk, "/model local:tiny")
    assert talk.session.answerer is not before
    assert "not there" in shown(talk, "/model none")
    assert len(talk.session.turns) == 1


def test_tokens_tell_what_was_used(talk: Talk) -> None:
    shown(talk, WHO, "How long will she stay?")
    text = " ".join(shown(talk, "/tokens").split())
    assert "turns 2 tokens read 200 tokens written 20 cost $0.0000 time 1.6 s, 0.8 s a turn" in text


def test_a_conversation_is_saved_and_loaded(talk: Talk, tmp_path: Path) -> None:
    shown(talk, WHO, "How long will she stay?")
    file = tmp_path / "talk.json"
    assert "2 turns saved" in shown(talk, f"/save {file}")
    assert "2 turns saved" in shown(talk, f"/save {file}")
    assert "must end in .md or .json" in shown(talk, f"/save {tmp_path / 'talk.pdf'}")
    shown(talk, "/new")
    assert talk.session.last is None
    text = shown(talk, f"/load {file}")
    assert "2 turns so far" in text
    assert STAYS in text
    assert [one.asked for one in talk.session.turns] == [WHO, "How long will she stay?"]
    assert "no file" in shown(talk, "/load none.json")
    assert "Give /load" in shown(talk, "/load")


def test_kept_conversations_are_listed_loaded_and_deleted(talk: Talk) -> None:
    shown(talk, WHO, "/new", "Who won the marathon?")
    text = shown(talk, "/sessions")
    assert re.search(
        r"2  just now, 1 turn, this one: Who won the marathon\?\n  1  just now, 1 turn: Who runs", text
    )
    shown(talk, "/load 1")
    assert talk.keeper.id == 1
    assert "present one" in shown(talk, "/sessions delete 1")
    assert "Conversation 2 is deleted." in shown(talk, "/sessions delete 2")
    assert "no conversation 2" in shown(talk, "/load 2")
    shown(talk, "How long will she stay?")
    assert talk.keeper.store is not None
    assert len(talk.keeper.store.turns(1)) == 2


def test_undo_takes_the_last_turn_back_on_disk_too(talk: Talk) -> None:
    shown(talk, WHO, "How long will she stay?")
    assert "Taken back: How long will she stay?" in shown(talk, "/undo")
    assert talk.keeper.store is not None
    assert len(talk.keeper.store.turns(1)) == 1


@pytest.mark.parametrize("line", ["/exit", "/quit", "exit", "Quit", "bye!"])
def test_leaving(line: str, talk: Talk) -> None:
    shown(talk, line)
    assert talk.leaving


def test_brief_needs_a_topic(talk: Talk) -> None:
    with pytest.raises(QAError):
        obey("/brief", talk)


# Completion


def offers(news: Retriever, line: str, *, tab: bool = True) -> list[str]:
    completer = Lines(news.catalog, ["local:small", "local:large"])
    event = CompleteEvent(completion_requested=tab)
    return [one.text for one in completer.get_completions(Document(line), event)]


def test_commands_are_completed(news: Retriever) -> None:
    assert offers(news, "/s", tab=False) == ["/sources", "/save", "/sessions"]
    assert len(offers(news, "/")) == len(COMMANDS)
    assert offers(news, "/model l") == ["local:small", "local:large"]
    assert offers(news, "/filter s") == ["since=", "source="]
    assert offers(news, "/filter since=2024 source=b") == ['source="Bay News"']
    assert offers(news, "/nonsense x") == []


def test_titles_are_completed_when_asked_for(news: Retriever) -> None:
    assert offers(news, "What about toska wi") == ["Toska wins in the rain"]
    assert offers(news, "What about toska wi", tab=False) == []
    assert offers(news, "fro") == ["Frost in the orchards"]
    assert offers(news, "x") == []
    assert offers(news, 'What about "; DROP') == []


# Pipes


def test_a_pipe_gets_one_line_for_each_question(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f"{WHO}\n",
        "\n",
        "How long will she stay?\n",
        "/edit Who won the marathon?\n",
        "/exit\n",
        "Why?\n",
    ]
    loop.piped(talk, lines, as_json=False)
    assert capsys.readouterr().out == (
        f"“{BOSS}” [1]\n“{STAYS}” [1]\n“Second was Hanne Brodal of Eskerby, a minute behind.” [1]\n"
    )
    assert [one.question for one in talk.session.turns] == [WHO, "Who won the marathon?"]


def test_a_pipe_ends_with_the_first_failure(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    answerer = talk.session.answerer
    assert isinstance(answerer, Scripted)
    answerer.script["Who?"] = ServiceUnreachable("no route")
    with pytest.raises(ServiceUnreachable):
        loop.piped(talk, [WHO, "=Who?", WHO], as_json=True)
    assert capsys.readouterr().out.count("\n") == 1


def test_an_answer_without_claims_still_is_a_line() -> None:
    answer: Answer = replace(answered("Who?", MILL, BOSS), claims=(), answer="No\nanswer.")
    assert one_line(answer) == "No answer."


def test_a_conversation_about_another_index_says_so(talk: Talk) -> None:
    store = talk.keeper.store
    assert store is not None
    store.add(store.begin(Path("/elsewhere")), turn(WHO, MILL, BOSS))
    assert "It was about the index in /elsewhere;" in " ".join(shown(talk, "/load 1").split())
    store.add(store.begin(talk.engine.settings.index), turn(WHO, MILL, BOSS))
    assert "It was about" not in shown(talk, "/load 2")


def test_a_brief_can_be_opened_down_to_its_words(talk: Talk) -> None:
    pytest.importorskip("qa.brief.make", reason="this version makes no briefs")
    before = talk.session.spent
    text = " ".join(shown(talk, "/brief the mill in Fennwick").split())
    assert "Orlin Paper will close its mill" in text
    assert talk.briefed
    for one in talk.briefed:
        opened = " ".join(shown(talk, f"/open {one.id}").split())
        assert f"»{' '.join(one.quote.split())}«" in opened
    assert talk.session.spent.prompt_tokens >= before.prompt_tokens
    shown(talk, WHO)
    assert talk.briefed == ()
    assert f"»{BOSS}«" in " ".join(shown(talk, "/open 1").split())
