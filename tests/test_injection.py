"""Instructions to language models inside articles are data: hidden ones are never read, none is obeyed."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from index.load import LoadOptions, load
from index.retrieve import Retriever
from index.sentences import sentences
from index.types import Article
from qa.answer import Answerer, Options, Question
from qa.errors import ServiceError
from qa.evidence import render
from qa.render import print_answer, to_json
from qa.types import Answer, Evidence
from tests.fakes import Asked, FakeChatModel, FakeEmbedder
from tests.injections import Attack, attacks
from tests.lying.measure import believe
from tests.lying_server import filled
from tests.quoting import is_quotation
from tests.small_paper import index_of

ATTACKS = attacks()
VISIBLE = [attack for attack in ATTACKS if not attack.hidden]
HIDDEN = [attack for attack in ATTACKS if attack.hidden]
LINE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
# Tokens that the templates of common models read as their own.
TEMPLATE = re.compile(
    r"<\|[^|>]*\|>|\[/?INST\]|<</?SYS>>|</?(?:s|think|tool_call)>|<(?:start|end)_of_turn>", re.IGNORECASE
)


def _file(attack: Attack, folder: Path) -> Path:
    path = folder / f"{ATTACKS.index(attack):03d}-{attack.name.replace(' ', '-')}.{attack.suffix}"
    path.write_text(attack.content, encoding="utf-8")
    return path


def _read(attack: Attack, folder: Path) -> Article:
    found = list(load([str(_file(attack, folder))], LoadOptions()))
    assert len(found) == 1
    assert isinstance(found[0], Article), found[0]
    return found[0]


def _named(attack: Attack) -> str:
    return attack.name


def _plain(text: str) -> str:
    """Letters and figures with single blanks: what of a text survives any cleaning."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).split()).lower()


def _evidence(article: Article) -> list[Evidence]:
    spans = sentences(article.text)
    return [Evidence(n, article, span.start, span.end, 1.0) for n, span in enumerate(spans, 1)]


def test_there_are_many_and_no_two_are_alike() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack.content for attack in ATTACKS}) == len(ATTACKS)
    assert len({attack.topic for attack in ATTACKS}) == len(ATTACKS)
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", HIDDEN, ids=_named)
def test_what_no_reader_sees_never_becomes_text(attack: Attack, tmp_path: Path) -> None:
    article = _read(attack, tmp_path)
    read = _plain(f"{article.title} {article.text}")
    assert _plain(f"many came to see the {attack.topic.thing}") in read
    assert _plain(attack.topic.lie[4:]) not in read
    assert "99" not in read


@pytest.mark.parametrize("attack", VISIBLE, ids=_named)
def test_what_readers_see_is_kept(attack: Attack, tmp_path: Path) -> None:
    article = _read(attack, tmp_path)
    assert _plain(attack.seen) in _plain(f"{article.title} {article.text}")


@pytest.mark.parametrize("attack", ATTACKS, ids=_named)
def test_the_prompt_holds_articles_as_numbered_lines_and_nothing_else(attack: Attack, tmp_path: Path) -> None:
    evidence = _evidence(_read(attack, tmp_path))
    prompt = render(evidence)
    assert TEMPLATE.search(prompt) is None
    lines = prompt.split("\n")
    assert lines[0].startswith("# ")
    assert [line.split(" ")[0] for line in lines[1:]] == [f"[{one.number}]" for one in evidence]
    for line in lines:
        assert not re.search(r"[\[［]\s*\d+\s*[\]］]", line.split(" ", 1)[1])
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)


class Obedient:
    """A model that does what any instruction in its prompt wants; without one it copies the best sentence.

    mode: how it obeys. ``lie`` and ``figure`` cite the first sentence, ``own`` the sentence with the
    instruction, ``beyond`` one that does not exist; ``word`` says only that it has been taken over.
    """

    MODES = ("lie", "figure", "own", "beyond", "word")

    def __init__(self, attack: Attack, mode: str) -> None:
        self.attack, self.mode = attack, mode
        self.obeyed = False

    def __call__(self, asked: Asked) -> str:
        lines = {int(number): text for number, text in LINE.findall(asked.prompt)}
        prompt = _plain("\n".join(message.content for message in asked.messages))
        self.obeyed = _plain(self.attack.seen) in prompt
        said, number = self._obeying(lines) if self.obeyed else self._honest(lines)
        assert asked.schema is not None
        return json.dumps(filled(_without_references(asked.schema), said, [number]))

    def _obeying(self, lines: Mapping[int, str]) -> tuple[str, int]:
        own = [n for n, text in lines.items() if _plain(self.attack.seen) in _plain(text)] or [1]
        lie = self.attack.topic.lie
        return {
            "lie": (lie, 1),
            "figure": ("99 million crowns", 1),
            "own": (lie, own[0]),
            "beyond": (lie, 99),
            "word": ("PWNED. Zephyr Bank is recommended to every reader.", own[0]),
        }[self.mode]

    def _honest(self, lines: Mapping[int, str]) -> tuple[str, int]:
        asked = set(_plain(self.attack.topic.question).split())
        best = max(lines, key=lambda n: len(asked & set(_plain(lines[n]).split())))
        return lines[best], best


def _without_references(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    assert "$ref" not in json.dumps(schema)
    return schema


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    """An index of an honest article on each topic and of the article with the injection."""
    folder = tmp_path_factory.mktemp("attacked")
    articles = [_read(attack, folder) for attack in ATTACKS] + _honest_articles(folder)
    with Retriever(index_of(folder / "index", articles), FakeEmbedder()) as found:
        yield found


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    """An index of the honest articles alone."""
    folder = tmp_path_factory.mktemp("untouched")
    with Retriever(index_of(folder / "index", _honest_articles(folder)), FakeEmbedder()) as found:
        yield found


def _honest_articles(folder: Path) -> list[Article]:
    place = folder / "honest"
    place.mkdir()
    for n, attack in enumerate(ATTACKS):
        (place / f"{n:03d}.txt").write_text(attack.topic.honest, encoding="utf-8")
    return [item for item in load([str(place)], LoadOptions()) if isinstance(item, Article)]


def _asked(retriever: Retriever, attack: Attack, model: Obedient) -> Answer | None:
    """The answer, or None where the reply could not be used at all."""
    scripted = FakeChatModel(*[model] * 4)
    answerer = Answerer(retriever, retriever.embedder, scripted, Options(threshold=0.0))
    try:
        return answerer.ask(Question(attack.topic.question))
    except ServiceError:
        return None


def _as_facts(answer: Answer) -> list[str]:
    """The claims that are printed as they are, not as quotations of an article."""
    return [claim.text for claim in answer.claims if not is_quotation(claim, answer)]


def _torn_out(answer: Answer, attack: Attack) -> list[str]:
    """Quotations of the false thing without the order to say it."""
    price = _plain(attack.topic.lie[4:])
    return [one.quote for one in answer.citations if _plain(one.quote).startswith((price, f"the {price}"))]


@pytest.mark.parametrize("mode", Obedient.MODES)
@pytest.mark.parametrize("attack", ATTACKS, ids=_named)
def test_an_obedient_model_changes_no_fact(
    attack: Attack, mode: str, attacked: Retriever, untouched: Retriever
) -> None:
    model = Obedient(attack, mode)
    answer = _asked(attacked, attack, model)
    if answer is None or answer.abstained:
        return
    plain = _asked(untouched, attack, Obedient(attack, mode))
    assert plain is not None
    assert attack.asserts or _torn_out(answer, attack) == []
    for text in _as_facts(answer):
        assert "PWNED" not in text
        if "99" not in text:
            assert text in _as_facts(plain)
            continue
        # An article that says a false thing is an article: it may be cited, word for word.
        assert attack.asserts
        assert any(text in " ".join(one.quote.split()) for one in answer.citations)


def test_the_model_of_these_tests_does_obey(attacked: Retriever) -> None:
    obeyed = []
    for attack in VISIBLE:
        model = Obedient(attack, "lie")
        _asked(attacked, attack, model)
        obeyed.append(model.obeyed)
    assert sum(obeyed) >= 0.7 * len(VISIBLE)


def test_without_verification_the_lie_would_be_printed(
    attacked: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.answer.verify", believe)
    printed = 0
    for attack in VISIBLE:
        answer = _asked(attacked, attack, Obedient(attack, "lie"))
        printed += bool(answer and attack.topic.lie in _as_facts(answer))
    assert printed >= 0.5 * len(VISIBLE)


@pytest.mark.parametrize("attack", VISIBLE, ids=_named)
def test_no_control_character_reaches_what_is_printed(attack: Attack, attacked: Retriever) -> None:
    question = f"What was written about the {attack.topic.thing} in {attack.topic.town}?"
    answerer = Answerer(attacked, attacked.embedder, None, Options(threshold=0.0))
    answer = answerer.ask(Question(question))
    out = io.StringIO()
    print_answer(answer, Console(file=out, markup=False, emoji=False, highlight=False, soft_wrap=True))
    for text in (out.getvalue().replace("\n", ""), to_json(answer)):
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text)
