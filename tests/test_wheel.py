"""The wheel holds all it needs: it is built, installed beside the dependencies, and run from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("qa", "index", "prompts", "evals")
TRAINING = "evals/training/"  # questions that only whoever trains a reader anew needs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs the git checkout to know which files belong to the packages")
    tracked = {name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file()}
    expected = {name for name in tracked if not name.startswith(TRAINING)}
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= expected
    assert expected <= inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not any(name.startswith(TRAINING) for name in inside)


def test_the_installed_wheel_runs(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run([*install, "--quiet", str(wheel)], check=True, capture_output=True, timeout=120)
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    # The dependencies come from the environment the tests run in. A line of a .pth file only appends the
    # folder: the .pth files in it, and so the editable install of this checkout, stay without effect.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    program = "import qa, index, prompts, evals; print(qa.__file__, index.__file__)"
    where = subprocess.run(
        [str(python), "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert str(ROOT) + os.sep not in where
    for arguments in (["--version"], ["--help"], ["index", "--help"], ["eval", "run", "--help"]):
        done = subprocess.run(
            [str(scripts / "qa"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "qa" in done.stdout
