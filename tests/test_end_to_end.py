"""Real questions on the demo corpus, with the real small model and embedding, from the command line."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from evals.facts import holds
from index.catalog import Catalog
from qa import cli
from tests.conftest import MODELS, ROOT

SCHEMA = json.loads(files("qa").joinpath("schemas/answer.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the demo corpus, made once, by the first test that has the weights."""
    folder = tmp_path_factory.mktemp("seeds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_MODELS", str(MODELS))
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(folder / name))
        code = cli.run(["index", "add", str(ROOT / "seeds"), "--index", str(folder / "index")])
    # 4: the weights are not there, and the tests that want this index skip.
    assert code in (0, 4)
    return folder / "index"


def ask(
    index: Path, model: str, question: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any]]:
    """Exit code and the answer, whose contract and quotations have been checked."""
    capsys.readouterr()
    code = cli.run(["ask", question, "--index", str(index), "--model", model, "--json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, SCHEMA)
    with Catalog.open(index) as catalog:
        for cited in (*answer["citations"], *answer["nearest"]):
            text = catalog.article(cited["article_id"]).text
            assert text[cited["start"] : cited["end"]] == cited["quote"]
    assert answer["usage"]["prompt_tokens"] > 0
    return code, answer


@pytest.mark.usefixtures("minilm_folder")
@pytest.mark.parametrize(
    ("question", "fact", "path"),
    [
        ("How high is the lighthouse tower at Cape Tarrow?", "41 metres", "world/lighthouse.txt"),
        ("What does the Sund tunnel cost?", "2.25 billion euros", "world/tunnel.md"),
        ("When does Norrowen's new president take office?", "20 May", "world/election-runoff.htm"),
        (
            "How much has the ferry company offered each bereaved family?",
            "50,000 drals",
            "world/ferry-toll-rises.txt",
        ),
    ],
)
def test_a_question_is_answered_with_the_articles_words(
    question: str, fact: str, path: str, local_model: str, seeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = ask(seeds, local_model, question, capsys)
    assert code == 0
    assert not answer["abstained"]
    assert holds(answer["answer"], [fact])
    assert path in {cited["path"] for cited in answer["citations"]}
    assert any(holds(cited["quote"], [fact]) for cited in answer["citations"])


@pytest.mark.usefixtures("minilm_folder")
@pytest.mark.parametrize(
    "question",
    [
        "Who won the 2031 chess championship of Atlantis?",
        "How many moons does the planet Jupiter have?",
    ],
)
def test_a_question_that_the_articles_do_not_answer_is_not_answered(
    question: str, local_model: str, seeds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = ask(seeds, local_model, question, capsys)
    assert code == 3, answer["answer"]
    assert answer["abstained"]
    assert answer["claims"] == answer["citations"] == []
    assert answer["nearest"]
