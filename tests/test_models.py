"""The catalog, and pulling from wheels that the tests pack themselves; no network."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from qa import fetch, models, stamps, weights
from qa.cli import run
from qa.errors import Missing, ModelMissing, NotMade, UsageError

FIRST, SECOND = b"the first half, " * 5_000, b"and the second. " * 5_000
WHOLE = FIRST + SECOND
DIGEST = hashlib.sha256(WHOLE).hexdigest()


def pack_wheel(folder: Path, package: str, member: str, payload: bytes) -> Path:
    """A wheel of ``package`` 1.0 that raises if anybody imports it."""
    stem = package.replace("-", "_")
    wheel = folder / f"{stem}-1.0-py3-none-any.whl"
    info = f"{stem}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{stem}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(member, payload)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def entry(*sources: fetch.Hub | fetch.Wheels, digest: str = DIGEST) -> weights.Entry:
    file = fetch.File("weights.bin", len(WHOLE), digest, sources)
    return weights.Entry("tiny", "language", "none", "for tests", (file,), default=True)


WHEELS = fetch.Wheels(
    (fetch.Part("qa-test-a==1.0", "qa_test_a/a.bin"), fetch.Part("qa-test-b==1.0", "qa_test_b/b.bin"))
)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all that pip may look into."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    pack_wheel(folder, "qa-test-a", "qa_test_a/a.bin", FIRST)
    pack_wheel(folder, "qa-test-b", "qa_test_b/b.bin", SECOND)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offer(monkeypatch, entry(WHEELS))
    return tmp_path / "models"


def offer(monkeypatch: pytest.MonkeyPatch, only: weights.Entry) -> None:
    monkeypatch.setattr(models, "catalog", lambda: {only.name: only})


def left_over(root: Path) -> set[str]:
    return {item.name for item in root.iterdir()} - {"tiny", ".tiny.lock"}


def test_the_catalog_is_whole() -> None:
    catalog = models.catalog()
    assert [entry.name for entry in models.defaults()] == ["qwen2.5-coder-0.5b", "minilm-l6-v2"]
    assert {entry.purpose for entry in catalog.values()} == {"language", "embedding"}
    assert models.purpose("minilm-l6-v2-int8") == "embedding"
    assert models.purpose("minilm-l6-v2-reader") == "reader"
    for entry in catalog.values():
        assert entry.licence
        assert entry.description
        for file in entry.files:
            assert file.bytes > 0
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.sources
            assert Path(file.name).name == file.name
            for source in file.sources:
                if isinstance(source, fetch.Wheels):
                    assert all(part.requirement.count("==") == 1 for part in source.parts)
                else:
                    assert len(bytes.fromhex(source.revision)) == 20  # a commit, not a branch


def test_a_malformed_catalog_is_refused() -> None:
    table = '[[model]]\nname="a"\npurpose="p"\nlicence="l"\ndescription="d"\n'
    with pytest.raises(ValueError, match="same name"):
        weights.parse((table + "files=[]\n") * 2)
    with pytest.raises(ValueError, match="unknown kind"):
        weights.parse(table + 'files=[{name="f", bytes=1, sha256="0", sources=[{kind="ftp"}]}]\n')


def test_pull_joins_the_parts_and_leaves_nothing_behind(root: Path, shelf: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    place = models.pull("tiny", root, lambda *report: seen.append(report))
    assert place == root / "tiny" / "weights.bin"
    assert place.read_bytes() == WHOLE
    assert left_over(root) == set()
    assert seen[0] == (0, len(WHOLE), "fetching")
    assert seen[-1] == (len(WHOLE), len(WHOLE), "pulled")
    assert all(0 <= done <= total for done, total, _ in seen)
    assert models.installed("tiny", root)
    assert models.verify("tiny", root) == ()


def test_a_second_pull_fetches_nothing(root: Path, shelf: Path) -> None:
    models.pull("tiny", root)
    shutil.rmtree(shelf)
    assert models.pull("tiny", root).read_bytes() == WHOLE


def test_wheels_that_arrived_are_not_fetched_again(root: Path, shelf: Path) -> None:
    (shelf / "qa_test_b-1.0-py3-none-any.whl").rename(shelf / "later")
    with pytest.raises(Missing, match=r"qa-test-b==1\.0"):
        models.pull("tiny", root)
    assert not (root / "tiny" / "weights.bin").exists()
    # The other order: now only the second one can be had.
    staging = root / ".tiny.partial"
    shutil.copy(shelf / "qa_test_a-1.0-py3-none-any.whl", staging / "qa-test-a-1.0.whl")
    (shelf / "qa_test_a-1.0-py3-none-any.whl").unlink()
    (shelf / "later").rename(shelf / "qa_test_b-1.0-py3-none-any.whl")
    assert models.pull("tiny", root).read_bytes() == WHOLE
    assert left_over(root) == set()


@pytest.mark.parametrize("keep", [0, 10, 5_000])
def test_half_a_wheel_is_never_taken_for_a_whole_one(root: Path, shelf: Path, keep: int) -> None:
    """What a killed pull may leave: a cut file under a wheel's name, and half-written files elsewhere."""
    staging = root / ".tiny.partial"
    (staging / "scratch-x" / "dest").mkdir(parents=True)
    (staging / "weights.bin.joined").write_bytes(WHOLE[:keep])
    whole = (shelf / "qa_test_a-1.0-py3-none-any.whl").read_bytes()
    (staging / "scratch-x" / "dest" / "qa_test_a-1.0-py3-none-any.whl").write_bytes(whole[:keep])
    (staging / "qa-test-a-1.0.whl").write_bytes(whole[: min(keep, len(whole) - 1)])
    with pytest.raises(Missing, match="damaged"):
        models.pull("tiny", root)
    assert not models.installed("tiny", root)
    assert models.pull("tiny", root).read_bytes() == WHOLE
    assert left_over(root) == set()


def test_a_pull_that_is_killed_goes_on(root: Path, shelf: Path) -> None:
    context = multiprocessing.get_context("fork")
    for seconds in (0.2, 0.6, 1.0):
        child = context.Process(target=models.pull, args=("tiny", root))
        child.start()
        child.join(seconds)
        child.kill()
        child.join()
        if (root / "tiny" / "weights.bin").exists():
            assert (root / "tiny" / "weights.bin").read_bytes() == WHOLE
    assert models.pull("tiny", root).read_bytes() == WHOLE
    assert left_over(root) == set()


def test_other_content_is_refused_and_thrown_away(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, entry(WHEELS, digest="0" * 64))
    with pytest.raises(Missing) as raised:
        models.pull("tiny", root)
    message = str(raised.value)
    assert "another SHA-256" in message
    assert "0" * 64 in message
    assert str(root / "tiny" / "weights.bin") in message
    assert not list((root / "tiny").iterdir())
    assert not list((root / ".tiny.partial").iterdir())


def test_a_payload_that_grows_without_end_is_cut_off(root: Path, shelf: Path) -> None:
    pack_wheel(shelf, "qa-test-a", "qa_test_a/a.bin", bytes(50_000_000))
    joined: list[int] = []

    def watch(done: int, total: int, doing: str) -> None:
        joined.extend(path.stat().st_size for path in root.glob(".tiny.partial/*.joined"))

    with pytest.raises(Missing, match="another SHA-256"):
        models.pull("tiny", root, watch)
    assert max(joined, default=0) <= len(WHOLE) + fetch.BLOCK


def test_the_next_source_is_tried(root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = fetch.Wheels((fetch.Part("qa-test-c==1.0", "c"),))
    offer(monkeypatch, entry(absent, WHEELS))
    assert models.pull("tiny", root).read_bytes() == WHOLE


def test_an_unreachable_hub_is_left_for_the_next_source(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
    hub = fetch.Hub("nobody/nothing", "0" * 40, "weights.bin")
    offer(monkeypatch, entry(hub))
    with pytest.raises(Missing, match="the model hub could not be reached"):
        models.pull("tiny", root)
    assert constants.HF_HUB_DISABLE_TELEMETRY is True
    offer(monkeypatch, entry(hub, WHEELS))
    assert models.pull("tiny", root).read_bytes() == WHOLE


def test_without_pip_it_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Missing, match="no pip"):
        models.pull("tiny", root)


def test_a_full_disk_is_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(models, "fetch", full)
    with pytest.raises(Missing, match="no room for tiny"):
        models.pull("tiny", root)


def test_too_little_room_is_noticed_before_the_download(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(shelf)._replace(free=len(WHOLE))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Missing, match="no room for tiny"):
        models.pull("tiny", root)
    assert not list(root.glob(".tiny.partial/*.whl"))


def test_a_folder_that_cannot_be_made_is_one_sentence(root: Path) -> None:
    root.parent.mkdir(exist_ok=True)
    root.write_text("a file is in the way")
    with pytest.raises(Missing, match="could not be stored"):
        models.pull("tiny", root)


def test_two_pulls_at_once_fetch_once(root: Path, shelf: Path) -> None:
    from filelock import FileLock

    root.mkdir()
    seen: list[str] = []
    program = (
        "import sys, time\nfrom filelock import FileLock\n"
        f"with FileLock({str(root / '.tiny.lock')!r}):\n print('held', flush=True)\n time.sleep(1)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        models.pull("tiny", root, lambda done, total, doing: seen.append(doing))
        assert holder.wait(10) == 0
    assert seen[0] == "waiting for another pull of it"
    assert seen[-1] == "pulled"
    with FileLock(root / ".tiny.lock", timeout=0):
        pass  # given back


def test_files_put_there_by_hand_count_once_they_are_checked(root: Path) -> None:
    place = root / "tiny"
    place.mkdir(parents=True)
    (place / "weights.bin").write_bytes(WHOLE)
    assert models.installed("tiny", root)
    assert DIGEST in (place / stamps.STAMP).read_text()
    (place / "weights.bin").write_bytes(WHOLE[:-1] + b"!")
    assert not models.installed("tiny", root)
    assert "another SHA-256" in models.verify("tiny", root)[0]
    assert not (place / stamps.STAMP).exists()


@pytest.fixture
def formed(root: Path, monkeypatch: pytest.MonkeyPatch) -> weights.Derived:
    """The catalog's only model has another form."""
    made = weights.Derived("weights.copy", "weights.bin", "shutil:copyfile", "tiny-copy", "tiny is used")
    offer(monkeypatch, dataclasses.replace(entry(WHEELS), derived=(made,)))
    return made


def test_what_is_derived_is_made_once_and_known_by_its_own_name(
    root: Path, shelf: Path, formed: weights.Derived
) -> None:
    seen: list[str] = []
    models.pull("tiny-copy", root, lambda done, total, doing: seen.append(doing))
    copy = root / "tiny" / "weights.copy"
    assert copy.read_bytes() == WHOLE
    assert seen[-1] == "making tiny-copy"
    assert models.find("local:tiny-copy").name == "tiny"
    assert models.path("tiny-copy", root) == models.ready("tiny-copy", root) == copy
    assert models.path("tiny", root) == root / "tiny" / "weights.bin"
    made = copy.stat().st_mtime_ns
    seen.clear()
    models.pull("tiny", root, lambda done, total, doing: seen.append(doing))
    assert seen == ["pulled"]
    assert copy.stat().st_mtime_ns == made


def test_what_is_derived_is_made_at_its_first_use_where_the_weights_are(
    root: Path, formed: weights.Derived
) -> None:
    with pytest.raises(ModelMissing, match="'qa models pull tiny'"):
        models.ready("tiny-copy", root)
    (root / "tiny").mkdir(parents=True)
    (root / "tiny" / "weights.bin").write_bytes(WHOLE)
    assert models.installed("tiny", root)
    assert not models.installed("tiny-copy", root)
    assert models.verify("tiny", root) == ()
    with pytest.raises(ModelMissing, match="has not been made of tiny yet; run 'qa models pull tiny'"):
        models.path("tiny-copy", root)
    assert models.ready("tiny-copy", root).read_bytes() == WHOLE
    assert models.installed("tiny-copy", root)


@pytest.mark.parametrize("same_time", [False, True])
def test_what_is_derived_and_damaged_is_found_and_made_again(
    root: Path, shelf: Path, formed: weights.Derived, same_time: bool
) -> None:
    models.pull("tiny", root)
    copy = root / "tiny" / "weights.copy"
    then = copy.stat()
    copy.write_bytes(WHOLE[:-1] + b"!")
    if same_time:  # only hashing can tell
        os.utime(copy, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert models.verify("tiny-copy", root) == (f"{copy} is not as it was when it was made",)
    assert models.pull("tiny", root) == root / "tiny" / "weights.bin"
    assert copy.read_bytes() == WHOLE
    assert models.verify("tiny", root) == ()


def test_a_derived_file_that_was_only_copied_is_good(
    root: Path, shelf: Path, formed: weights.Derived
) -> None:
    models.pull("tiny", root)
    copy = root / "tiny" / "weights.copy"
    os.utime(copy, (1, 1))
    models.pull("tiny", root)
    assert copy.stat().st_mtime == 1


def test_a_form_that_cannot_be_made_is_one_sentence_and_the_weights_serve(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = weights.Derived("weights.copy", "weights.bin", "no.such:module", "tiny-copy", "tiny is used")
    offer(monkeypatch, dataclasses.replace(entry(WHEELS), derived=(made,)))
    notes: list[str] = []
    assert models.pull("tiny", root, on_note=notes.append).read_bytes() == WHOLE
    assert len(notes) == 1
    assert "tiny-copy could not be made" in notes[0]
    assert "so tiny is used" in notes[0]
    with pytest.raises(NotMade, match="tiny-copy could not be made"):
        models.ready("tiny-copy", root)
    monkeypatch.setenv("QA_MODELS", str(root))
    assert run(["models", "pull"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"qa: {notes[0]}"
    assert run(["models", "path", "tiny-copy"]) == 4


def test_forms_are_listed(
    root: Path,
    shelf: Path,
    formed: weights.Derived,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models.pull("tiny", root)
    for folder, there in ((root / "elsewhere", False), (root, True)):
        monkeypatch.setenv("QA_MODELS", str(folder))
        assert run(["models", "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["forms"] == {"tiny-copy": there}
    assert run(["models", "list"]) == 0
    assert "tiny-copy" in capsys.readouterr().out


def test_names() -> None:
    assert models.find("local:smollm2-135m").name == "smollm2-135m"
    with pytest.raises(UsageError, match=r"the nearest known one is 'qwen2\.5-coder-1\.5b'"):
        models.find("Qwen2.5-1.5B")


def test_a_missing_model_names_the_pull(root: Path) -> None:
    with pytest.raises(ModelMissing, match="'qa models pull tiny'") as raised:
        models.path("tiny", root)
    assert raised.value.name == "tiny"


def test_the_command(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_MODELS", str(root))
    assert run(["models", "path", "tiny"]) == 4
    assert run(["models", "verify"]) == 4
    assert run(["models", "list", "--json"]) == 0
    before = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert run(["models", "pull"]) == 0
    pulled = capsys.readouterr()
    assert pulled.out == f"tiny\t{root / 'tiny' / 'weights.bin'}\n"
    assert "tiny: fetching" in pulled.err
    assert run(["models", "verify", "tiny"]) == 0
    assert run(["models", "path", "local:tiny"]) == 0
    assert run(["models", "list"]) == 0
    assert "tiny" in capsys.readouterr().out
    assert run(["models", "list", "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert [row["installed"] for row in (*before, *after)] == [False, True]


def test_on_a_terminal_there_is_a_bar(
    root: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_MODELS", str(root))
    monkeypatch.setenv("QA_COLOR", "always")
    assert run(["models", "pull"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"tiny\t{root / 'tiny' / 'weights.bin'}\n"
    assert "━" in shown.err


def test_the_command_names_the_nearest_model(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("pull", "verify", "path"):
        assert run(["models", command, "minilm"]) == 2
        assert "the nearest known one is 'minilm-l6-v2'" in capsys.readouterr().err
