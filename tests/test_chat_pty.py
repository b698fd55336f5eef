"""The program in a pseudo-terminal, as a person would use it."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.chat.store import sessions_file, typed_file
from tests.chats import NEWS
from tests.small_paper import index_of

if sys.platform == "win32":
    pytest.skip("needs pseudo-terminals", allow_module_level=True)

import pexpect

# On a busy machine a program takes a while to start.
pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parent.parent
PROMPT = "› "
# Pasting in brackets is asked for while a line is read.
_ASKING, _TAKEN = "\x1b[?2004h", "\x1b[?2004l"
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-Z]?")


def _left(printed: str) -> str:
    """What was printed, without what was written over in the same line: what is being done meanwhile."""
    plain = _ESCAPES.sub("", printed)
    return re.sub(r"[^\n]*\r(?![\r\n])", "", plain).replace("\r", "")


class Terminal:
    """A person at a terminal."""

    def __init__(self, index: Path, *arguments: str, columns: int = 80, **surroundings: str) -> None:
        environ = {
            **os.environ,
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody answers where the cursor is
            "PYTHONPATH": str(ROOT),
            **surroundings,
        }
        environ.pop("COLUMNS", None)
        self.child: Any = pexpect.spawn(
            sys.executable,
            ["-m", "tests.chat_program", str(index), *arguments],
            cwd=str(ROOT),
            env=environ,
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=150,
        )

    def sees(self, *words: str) -> str:
        """Wait until the words have been printed, one after the other; returns what came with them."""
        seen = ""
        for word in words:
            self.child.expect_exact(word)
            seen += self.child.before + word
        return _left(seen)

    def types(self, line: str, *, enter: bool = True) -> None:
        self.child.send(line + ("\r" if enter else ""))

    def asks(self, line: str) -> str:
        """Type a line and wait for the next prompt; returns what was printed in between."""
        self.types(line)
        return self.answers()

    def answers(self) -> str:
        """Wait until a line has been taken and the next prompt is there; returns what was printed."""
        self.sees(_TAKEN)
        return self.sees(_ASKING, PROMPT)

    def leaves(self) -> str:
        """Ctrl-D; returns the last words."""
        self.child.sendeof()
        self.child.expect(pexpect.EOF)
        self.child.close()
        return _left(self.child.before)


Open = Callable[..., Terminal]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_of(tmp_path_factory.mktemp("news") / "index", NEWS)


@pytest.fixture
def terminal(index: Path) -> Iterator[Open]:
    made: list[Terminal] = []

    def open_(*arguments: str, **options: Any) -> Terminal:
        made.append(Terminal(index, *arguments, **options))
        return made[-1]

    yield open_
    for one in made:
        one.child.close(force=True)


def test_a_whole_session(terminal: Open) -> None:
    at = terminal()
    greeting = at.sees(PROMPT)
    assert "5 articles · copying" in greeting
    # An answer streams: what is done is said, then come the claims, then the sources.
    at.types("Who told workers that orders had halved?")
    at.sees("searching", "Petra Lindqvist", "[1]", "Fennwick loses its mill", "Bay News, 2024-02-06", PROMPT)
    # A follow-up is put into full.
    text = at.asks("Will she stay until the autumn?")
    assert "↳ Will Petra Lindqvist stay until the autumn?" in text
    assert "until the autumn" in text
    # Ctrl-C stops the answer and not the program.
    at.types("How fast was the slow boat of Orlin Paper?")
    at.sees("asking copying")
    at.child.sendintr()
    at.sees("Stopped.", _ASKING)
    # At the prompt it clears the line.
    at.types("half a quest", enter=False)
    at.sees("quest")
    at.child.sendintr()
    at.sees(_TAKEN, _ASKING)
    # A narrower window: nothing is wider than it.
    at.child.setwinsize(24, 44)
    at.types("How many people employs the mill in Fennwick?")
    text = at.sees("mill employs 340", "2024-02-06", _ASKING).rpartition("Fennwick?")[2]
    assert "mill employs 340" in text
    assert max(len(line) for line in text.splitlines()) <= 44
    # Commands, in a wide one again.
    at.child.setwinsize(24, 100)
    at.types("/tokens")
    at.sees("tokens read", "last turn", _ASKING)
    assert "“The mill employs 340 people.”" in at.asks("/sources")
    assert "the nearest is /why" in at.asks("/wy")
    assert "mills/paper.txt" in at.asks("/open 1")
    assert "3 turns" in at.asks("/sessions")
    # A correction: the understood question stands in the line, to be changed.
    at.types("/edit")
    at.sees(_TAKEN, _ASKING, "How many people employs the mill in Fennwick?")
    assert "340 people" in at.asks(" And where?")
    assert "employs the mill in Fennwick? And where?" in at.asks("/why")
    assert "Kept: qa chat --resume 1 goes on." in at.leaves()
    assert at.child.exitstatus == 0


def test_a_killed_session_is_resumed(terminal: Open) -> None:
    at = terminal()
    at.sees(PROMPT)
    at.asks("Who told workers that orders had halved?")
    at.types("How fast was the slow boat of Orlin Paper?")
    at.sees("asking copying")
    at.child.kill(signal.SIGKILL)
    at.child.expect(pexpect.EOF)
    again = terminal("--resume")
    text = again.sees(PROMPT)
    assert "1 turn so far" in text
    assert "Who told workers that orders had halved?" in text
    assert "Petra Lindqvist" in text
    assert "↳ Will Petra Lindqvist stay until the autumn?" in again.asks("Will she stay until the autumn?")
    # What was typed is there with the arrow keys, the question in flight too.
    again.child.send("\x1b[A\x1b[A")
    again.sees("slow boat")
    again.child.sendintr()
    again.leaves()
    with sqlite3.connect(sessions_file()) as db:
        assert db.execute("SELECT session, number FROM turn ORDER BY number").fetchall() == [(1, 1), (1, 2)]
    assert typed_file().stat().st_mode & 0o077 == 0


def test_without_colour_and_without_a_trace(terminal: Open) -> None:
    at = terminal("--no-history", NO_COLOR="1")
    greeting = at.sees(PROMPT)
    assert "Nothing of this conversation is kept." in greeting
    at.types("Who told workers that orders had halved?")
    at.child.expect_exact("Fennwick loses its mill")
    colours = re.findall(r"\x1b\[([0-9;]*)m", at.child.before)
    assert not [code for code in colours if re.search(r"(?:^|;)(?:3[0-7]|9[0-7]|38|4[0-7]|48)(?:;|$)", code)]
    at.sees(PROMPT)
    assert "»" in at.asks("/open 1")
    at.leaves()
    assert not sessions_file().exists()
    assert not typed_file().exists()


def test_several_lines_make_one_question(terminal: Open) -> None:
    at = terminal("--no-history")
    at.sees(PROMPT)
    at.child.send("Who told workers\x1b\rthat orders had halved?")
    at.sees("had halved?")
    assert "Petra Lindqvist" in at.asks("")
    at.leaves()


def test_tab_completes_commands(terminal: Open) -> None:
    at = terminal("--no-history")
    at.sees(PROMPT)
    at.child.send("/sess")
    at.sees("the kept conversations")  # offered while typing
    at.child.send("\t")
    at.sees("ions")
    assert "not kept" in at.asks("")
    at.leaves()
