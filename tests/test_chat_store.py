from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qa.chat import keeping
from qa.chat.keeping import Keeper
from qa.chat.store import Store, sessions_file, typed_file
from qa.errors import Missing, UsageError
from tests.chats import MILL, RACE, turn

FIRST = turn(
    "Who runs Orlin Paper?",
    MILL,
    "Chief executive Petra Lindqvist told workers that orders had halved since 2019.",
)
SECOND = turn(
    "How long will she stay?",
    MILL,
    "She will stay until the autumn.",
    question="How long will Petra Lindqvist stay?",
    followed=True,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "chats.sqlite")


def kept(store: Store, *turns: object) -> int:
    number = store.begin(Path("/news/index"))
    for one in turns or (FIRST, SECOND):
        store.add(number, one)  # type: ignore[arg-type]
    return number


def test_conversations_are_kept_in_the_data_folder_for_their_owner_alone(store: Store) -> None:
    kept(store)
    for file in store.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sessions_file().name == "chats.sqlite"
    assert sessions_file().parent == typed_file().parent
    assert ".home" in str(sessions_file())  # the surroundings of the tests


def test_turns_come_back_as_they_were(store: Store) -> None:
    number = kept(store)
    first, second = store.turns(number)
    assert (first.asked, second.asked) == (FIRST.asked, SECOND.asked)
    assert second.question == "How long will Petra Lindqvist stay?"
    assert second.followed
    assert first.answer.citations == FIRST.answer.citations


def test_the_conversation_last_used_comes_first(store: Store) -> None:
    assert store.sessions() == []
    one, two = kept(store), kept(store, FIRST)
    assert [(each.id, each.turns, each.first) for each in store.sessions()] == [
        (two, 1, FIRST.asked),
        (one, 2, FIRST.asked),
    ]
    assert store.find("") == two
    assert store.find(str(one)) == one


def test_a_conversation_without_turns_is_not_listed(store: Store) -> None:
    store.begin(Path("/news/index"))
    assert store.sessions() == []


def test_undoing_forgets_the_last_turn_for_good(store: Store) -> None:
    number = kept(store)
    store.undo(number)
    assert [one.asked for one in store.turns(number)] == [FIRST.asked]
    store.add(number, SECOND)
    assert len(store.turns(number)) == 2


def test_a_deleted_conversation_leaves_nothing(store: Store) -> None:
    number, other = kept(store), kept(store, FIRST)
    store.delete(number)
    assert [one.id for one in store.sessions()] == [other]
    with pytest.raises(Missing, match=f"no conversation {number}"):
        store.turns(number)
    with pytest.raises(Missing, match=f"no conversation {number}"):
        store.delete(number)
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*) FROM turn WHERE session = ?", (number,)).fetchone() == (0,)


@pytest.mark.parametrize("wanted", ["x", "-1", "1.5", "³"])
def test_a_conversation_has_a_number(store: Store, wanted: str) -> None:
    with pytest.raises(UsageError, match="has a number"):
        store.find(wanted)


def test_nothing_kept_yet(store: Store) -> None:
    with pytest.raises(Missing, match="no conversation has been kept"):
        store.find("")
    with pytest.raises(Missing, match="no conversation 3"):
        store.turns(3)
    assert not store.path.exists()


def test_a_file_that_is_no_store_is_told_in_a_sentence(store: Store) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database at all, but long enough to be taken for one" * 30)
    with pytest.raises(Missing, match="--no-history"):
        store.sessions()


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    kept(store)
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Missing, match="newer"):
        store.begin(Path())


def test_a_damaged_turn_is_told_in_a_sentence(store: Store) -> None:
    number = kept(store)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE turn SET body = '{}'")
    with pytest.raises(Missing, match=f"conversation {number} .* cannot be read"):
        store.turns(number)


def test_a_killed_program_loses_nothing_that_was_kept(store: Store) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from qa.chat.store import Store;"
        "from tests.test_chat_store import FIRST, SECOND;"
        f"store = Store(Path({str(store.path)!r})); number = store.begin(Path('/i'));"
        "store.add(number, FIRST); store.add(number, SECOND); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent.parent, check=False)
    assert done.returncode == -9
    assert len(store.turns(store.find(""))) == 2


def test_the_keeper_begins_a_conversation_with_the_first_turn(store: Store) -> None:
    told: list[str] = []
    keeper = Keeper(store, Path("/news/index"), told.append)
    assert keeper.id is None
    keeper.add(FIRST)
    keeper.add(SECOND)
    assert len(store.turns(keeper.id or 0)) == 2
    keeper.undo()
    assert len(store.turns(keeper.id or 0)) == 1
    keeper.all([FIRST])
    assert len(store.sessions()) == 2
    assert told == []


def test_a_conversation_goes_on_when_it_cannot_be_kept(store: Store) -> None:
    told: list[str] = []
    keeper = Keeper(store, Path(), told.append)
    store.path.parent.mkdir()
    store.path.mkdir()
    for one in (FIRST, SECOND):
        keeper.add(one)
    (line,) = told
    assert line.endswith("this conversation is not kept any more")


def test_without_a_store_nothing_is_kept(store: Store) -> None:
    keeper = Keeper(None, Path(), lambda line: None)
    keeper.add(FIRST)
    keeper.undo()
    assert not store.path.parent.exists()


# Files


def test_json_can_be_loaded_again(tmp_path: Path) -> None:
    keeping.write(tmp_path / "talk.json", [FIRST, SECOND])
    assert [one.asked for one in keeping.read(tmp_path / "talk.json")] == [FIRST.asked, SECOND.asked]


def test_markdown_is_for_reading() -> None:
    text = keeping.markdown([FIRST, SECOND])
    assert text.startswith("## Who runs Orlin Paper?\n\n“Chief executive Petra Lindqvist")
    assert "*Asked as: How long will Petra Lindqvist stay?*" in text
    assert (
        "- \\[1\\] **Fennwick loses its mill**, Bay News, 2024-02-06, mills/paper.txt: She will stay" in text
    )


def test_articles_cannot_write_markdown() -> None:
    text = keeping.markdown(
        [turn("# <b>*Who*</b>?\x1b[31m", RACE, "Second was Hanne Brodal of Eskerby, a minute behind.")]
    )
    assert text.startswith("## \\# \\<b\\>\\*Who\\*\\</b\\>?\\[31m\n")


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "talk.md"
    keeping.write(file, [FIRST])
    with pytest.raises(UsageError, match="is there already"):
        keeping.write(file, [SECOND])
    keeping.write(file, [SECOND], replacing=True)
    assert "How long" in file.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir()] == ["talk.md"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("talk.txt", "must end in .md or .json"),
        ("talk", "must end in"),
        ("no/such/talk.md", "cannot be written"),
    ],
)
def test_where_it_cannot_be_saved_a_sentence_says_so(name: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=wrong):
        keeping.write(tmp_path / name, [FIRST])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"qa-chat": 2, "turns": []}',
        '{"qa-chat": 1, "turns": [{}]}',
        '{"qa-chat": 1}',
    ],
)
def test_what_was_not_saved_by_us_is_not_loaded(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="no conversation saved as JSON"):
        keeping.read(file)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no file"):
        keeping.read(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        keeping.read(tmp_path / "bytes.json")
    with pytest.raises(UsageError, match="cannot be read"):
        keeping.read(tmp_path)


def test_the_saved_answers_follow_the_public_contract(tmp_path: Path) -> None:
    import jsonschema

    keeping.write(tmp_path / "talk.json", [FIRST, SECOND])
    schema = json.loads((Path(keeping.__file__).parent.parent / "schemas" / "answer.json").read_text("utf-8"))
    for one in json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"]:
        jsonschema.validate(one["answer"], schema)
