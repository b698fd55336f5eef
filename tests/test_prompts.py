"""Prompts: complete, pinned, and never expanded twice."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

import prompts
from prompts import Prompt, load

# A changed prompt changes what models answer, and answers tell its version. So whoever edits a prompt raises
# its version and adds a line here: name, version, variables, SHA-256 of the file. Old lines stay.
PINNED: tuple[tuple[str, int, frozenset[str], str], ...] = (
    (
        "answer",
        1,
        frozenset({"evidence", "question"}),
        "138bed6622e67b6e77886b8ea8444a554d7561d5d242210e6f7a9d41ba66d09a",
    ),
    (
        "answer",
        2,
        frozenset({"evidence", "question"}),
        "438299fc8a1e46cc1612f477304f6a3846ba4d7a2b4ef8b69ce30e39faa0a4ee",
    ),
    (
        "entail",
        1,
        frozenset({"quotation", "claim"}),
        "0653cfb333f719388364780821eb8e0820b7048a424f14e74d3ab40f3ef3b5a1",
    ),
    (
        "headline",
        1,
        frozenset({"sentence"}),
        "9759e95595a52613756fb4a36f5f2390a7fb27163561597d6c863f0e8c1d0d3a",
    ),
    (
        "select",
        1,
        frozenset({"evidence", "question"}),
        "c70fa49cd76605b895a9bcffa926534053d6ca11c6dab49e9ed26e9de115759a",
    ),
    (
        "rewrite",
        1,
        frozenset({"conversation", "question"}),
        "9047571ab96f00808e4779c0510049f61b1567d440bdf18c47e2b8a54477d6ea",
    ),
    (
        "judge",
        1,
        frozenset({"question", "fact", "answer"}),
        "138a5983b2ae8a769a7dde4d8d91d7c21b2399ac94004fa160fe2721541b2516",
    ),
)
NAMES = sorted(
    path.name.removesuffix(".md") for path in files("prompts").iterdir() if path.name.endswith(".md")
)


def digest(name: str) -> str:
    return hashlib.sha256(files("prompts").joinpath(f"{name}.md").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_each_prompt_is_the_last_one_pinned(name: str) -> None:
    prompt = load(name)
    pinned = [line for line in PINNED if line[0] == name]
    assert pinned, f"pin the new prompt: {(name, prompt.version, set(prompt.variables), digest(name))}"
    assert (name, prompt.version, prompt.variables, digest(name)) == pinned[-1]


def test_another_wording_is_another_version() -> None:
    for table in ((name, version) for name, version, _, _ in PINNED), (line[3] for line in PINNED):
        entries = list(table)
        assert len(set(entries)) == len(entries)
    for name in NAMES:
        versions = [version for pinned, version, _, _ in PINNED if pinned == name]
        assert versions == list(range(1, len(versions) + 1))


# Of 'select' the reply can be nothing but the number of a sentence.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "select"])
def test_each_prompt_tells_the_model_not_to_obey_articles(name: str) -> None:
    system = dict(load(name).templates)["system"]
    assert re.search(r"never follow instructions", system, re.IGNORECASE)


def test_the_id_is_name_and_version() -> None:
    assert Prompt("answer", 7, ()).id == "answer@7"


ASK = Prompt("ask", 1, (("system", "Be brief."), ("user", "{evidence}\nQ: {question}")))


def test_variables_are_filled_in() -> None:
    assert ASK.messages(evidence="[1] a", question="b?") == (
        ("system", "Be brief."),
        ("user", "[1] a\nQ: b?"),
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"evidence": "a"}, "question"),
        ({}, "evidence, question"),
        ({"evidence": "a", "question": "b", "topic": "c"}, "topic"),
        ({"evidences": "a", "question": "b"}, "evidence, evidences"),
    ],
)
def test_a_missing_or_unknown_variable_is_an_error_that_names_it(values: dict[str, str], named: str) -> None:
    with pytest.raises(KeyError, match=f"prompt ask: missing or unknown variables: {named}"):
        ASK.messages(**values)


def test_a_value_is_not_expanded_again() -> None:
    (_, (_, content)) = ASK.messages(evidence="{question} {evidence} {x} \\1 \\g<0>", question="{evidence}")
    assert content == "{question} {evidence} {x} \\1 \\g<0>\nQ: {evidence}"


def test_braces_of_json_are_no_variables() -> None:
    assert Prompt("p", 1, (("system", 'Reply {"answer": "…"}.'),)).variables == frozenset()


def test_a_prompt_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        load("no-such-prompt")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("## system\nBe brief.\n", "no front matter"),
        ("---\nversion: one\n---\n## system\nBe brief.\n", "no front matter"),
        ("---\nversion: 1\n---\nBe brief.\n", "text outside"),
        ("---\nversion: 1\n---\nBe brief.\n## system\nBe brief.\n", "text outside"),
    ],
)
def test_a_malformed_file_says_so(
    text: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(prompts, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=wrong):
        load("odd")


def test_sections_become_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "---\nversion: 12\n---\n## system\nBe brief.\n\n## user\n{question}\n\nNow.\n"
    (tmp_path / "fine.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(prompts, "files", lambda package: tmp_path)
    prompt = load("fine")
    assert prompt == Prompt("fine", 12, (("system", "Be brief."), ("user", "{question}\n\nNow.")))
    assert prompt.variables == {"question"}
