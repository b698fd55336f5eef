"""The directions of the imports, and who may do what only one place may do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("qa", "index", "prompts", "evals")
FORBIDDEN = {
    "index": {"qa", "prompts", "evals"},
    "prompts": {"qa", "index", "evals"},
    "qa": {"evals"},
    "evals": {"prompts"},
}
# `qa eval` starts the evaluation, and imports it when it is called.
MAY_IMPORT_EVALS = {"qa/commands/eval.py"}
# tiktoken is told in no other way where its vocabulary lies, nor OpenMP how its threads wait for each other.
MAY_TOUCH_ENVIRONMENT = {"qa/config.py", "index/tokens.py", "qa/local.py"}
HEAVY = {
    "chromadb",
    "datasketch",
    "huggingface_hub",
    "llama_index",
    "nltk",
    "numpy",
    "onnx",
    "onnxruntime",
    "openai",
    "rich",
    "tiktoken",
    "tokenizers",
    "trafilatura",
    "xllamacpp",
}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(path: str, tree: ast.Module) -> set[str]:
    """Dotted names of all modules that the file imports anywhere, also lazily or for typing only."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from . import x` of a/b/c.py is level 1 and starts at a.b.
            package = path.split("/")[: -node.level] if node.level else []
            names.add(".".join([*package, *([node.module] if node.module else [])]))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("__import__", "import_module")):
            names.update(
                a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
    return names


def touches_environment(tree: ast.Module) -> bool:
    """Whether ``tree`` uses ``os.environ`` or ``os.getenv`` by any name."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names |= {alias.name for alias in node.names}
    return bool(names & {"environ", "environb", "getenv", "getenvb", "putenv"})


def wrong_arrows(path: str, tree: ast.Module) -> set[str]:
    """Modules that the file at ``path`` imports though its package may not."""
    forbidden = FORBIDDEN[path.split("/")[0]] - ({"evals"} if path in MAY_IMPORT_EVALS else set())
    return {name for name in imported(path, tree) if name.split(".")[0] in forbidden | {"tests"}}


def test_imports_point_in_the_allowed_directions() -> None:
    wrong = {path: arrows for path, tree in _sources() if (arrows := wrong_arrows(path, tree))}
    assert not wrong


def test_only_one_module_knows_chroma() -> None:
    knows = {
        path for path, tree in _sources() if any(n.split(".")[0] == "chromadb" for n in imported(path, tree))
    }
    assert knows <= {"index/vectors.py"}


def test_only_the_configuration_reads_the_environment() -> None:
    assert {path for path, tree in _sources() if touches_environment(tree)} <= MAY_TOUCH_ENVIRONMENT


@pytest.mark.parametrize(
    ("path", "source", "arrows"),
    [
        ("index/x.py", "def f():\n    from qa.types import Answer", {"qa.types"}),
        ("index/x.py", "if TYPE_CHECKING:\n    import prompts", {"prompts"}),
        ("prompts/x.py", "import index.types as t", {"index.types"}),
        ("index/x.py", "from .types import Article\nfrom . import schema", set()),
        ("qa/x.py", "import importlib\nimportlib.import_module('evals.run')", {"evals.run"}),
        ("qa/commands/eval.py", "from evals import run", set()),
        ("qa/x.py", "from index.types import Article\nimport prompts", set()),
    ],
)
def test_the_walk_sees_wrong_arrows(path: str, source: str, arrows: set[str]) -> None:
    assert wrong_arrows(path, ast.parse(source)) == arrows


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['A']", "from os import getenv", "import os as o\no.getenv('A')"]
)
def test_the_walk_sees_the_environment_read(source: str) -> None:
    assert touches_environment(ast.parse(source))


@pytest.mark.parametrize("arguments", [["--help"], ["config"], ["index", "--help"]])
def test_light_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys\nfrom qa.cli import run\n"
        f"code = run({arguments!r})\n"
        "print(code, *sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not HEAVY & set(modules)


def test_the_map_names_every_module_and_no_other() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/]*\b(\w+\.py)\b", architecture))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("needs the git checkout, in which modules that are still being written do not count")
    belonging = {path for path in tracked.stdout.splitlines() if path.split("/")[0] in PACKAGES}
    exist = {Path(path).name for path, _ in _sources()}
    there = {Path(path).name for path in belonging if path.endswith(".py")} - {"__init__.py"}
    commands = {path.name for path in (ROOT / "qa" / "commands").glob("*.py")}
    tests = {path.name for path in (ROOT / "tests").glob("*.py")}
    assert there - commands - named == set()
    assert named - exist - tests == set()
