"""The sets of ``gate.toml`` run, and held against their bounds.

A set with ``recorded`` replays what the model said before, so that it is quick and the same on every machine;
a prompt that was not recorded is a failure, for then nobody knows what the model would say now. A set without
asks the model itself, and is left out, with a sentence, where its weights are not there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evals import fingerprint, gatefile, report, runner
from evals.asking import Setup, article_text, asking
from evals.brief_runs import run_briefs
from evals.folder import Writer
from evals.gatefile import Bound, GateSet, Update
from evals.goldfile import check_gold, kind_of, read_gold
from evals.recorded import NotRecorded, RecordedEmbedder, Replies, Silent, files_of
from evals.recorded_reader import RecordedReader
from evals.report import Report
from evals.report_markdown import markdown
from evals.scores import Estimate
from qa import config, wiring
from qa.errors import Missing, ModelMissing, ServiceUnreachable, UsageError
from qa.reply_cache import CachedChat

if TYPE_CHECKING:
    from evals.recorded_reader import Reads
    from index.types import Embedder
    from qa.chat_model import ChatModel
    from qa.config import Settings

Say = Callable[[str], None]
# Is given how many questions or briefs of a set are done.
Shown = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the verdict on a set: what was asked for, what was found."""

    what: str
    wanted: str
    found: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A set's figures. failed: why questions or briefs failed, ``of`` how many there were.

    markdown: the report for a pull request. report: of questions, None for briefs.
    """

    figures: Mapping[str, Estimate]
    failed: tuple[str, ...]
    of: int
    markdown: str
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a set. ``skipped``: why it was not run. ``measured``: None where it was not."""

    set: GateSet
    rows: tuple[Row, ...]
    measured: Measured | None = None
    skipped: str = ""

    @property
    def kept(self) -> bool:
        """Whether nothing fell short."""
        return all(row.kept for row in self.rows)


def run(
    wanted: GateSet, settings: Settings, out: Path, *, update: bool = False, say: Say, shown: Shown
) -> Result:
    """Runs a set and holds it against its bounds.

    settings: the user's, of which only the folder of models counts. out: folder for the runs.
    update: changed gold and articles are no reason not to run.
    """
    changed = [] if update else list(changes(wanted))
    if changed:
        return Result(wanted, tuple(changed))
    try:
        with tempfile.TemporaryDirectory() as scratch, _opened(wanted, settings, Path(scratch), say) as setup:
            found = _run(wanted, setup, out / wanted.name, say, shown)
    except ModelMissing as missing:
        return Result(wanted, (), skipped=f"not run, for {missing}")
    except NotRecorded as error:
        row = Row("what is recorded", "all that is asked", str(error), False)
        return Result(wanted, (row,))
    return Result(wanted, tuple(verdict(wanted, found)), found)


def changes(wanted: GateSet) -> Iterator[Row]:
    """A row for the gold file and for the articles, where the bounds were set with other ones."""
    for what, before, now in (
        ("gold file", wanted.gold_sha256, fingerprint.of_file(wanted.gold)),
        ("articles", wanted.corpus_sha256, fingerprint.of_folder(wanted.corpus)),
    ):
        if before != now:
            yield Row(what, before[:12] or "none yet", f"{now[:12]}: changed, set the bounds anew", False)


def verdict(wanted: GateSet, found: Measured) -> Iterator[Row]:
    """A row for each bound, and one for questions or briefs that failed."""
    if unrecorded := [why for why in found.failed if why.startswith(NotRecorded.__name__)]:
        words = f"{len(unrecorded)} of {found.of} ask what was not recorded; record anew"
        yield Row("what is recorded", "all that is asked", words, False)
    if rest := len(found.failed) - len(unrecorded):
        yield Row("what failed", "nothing", f"{rest} of {found.of}", False)
    for bound in wanted.bounds:
        one = found.figures.get(bound.figure)
        measured = one.value if one else None
        sign = "at most" if bound.ceiling else "at least"
        # As exact as bounds are, so that it can be seen what fell short.
        value = "nothing to measure" if measured is None else f"{measured:.4f}"
        yield Row(bound.figure, f"{sign} {bound.value:.4f}", value, bound.holds(measured))


def updated(result: Result, *, lower: bool) -> Update:
    """The bounds that a result suggests: tightened, and with ``lower`` made easier where it fell short.

    Raises UsageError where it falls short and may not be lowered, or where questions failed.
    """
    wanted, found = result.set, result.measured
    if found is None or found.failed:
        raise UsageError(f"the set {wanted.name} was not run to its end, so its bounds cannot be set")
    bounds: dict[Bound, float] = {}
    for bound in wanted.bounds:
        one = found.figures.get(bound.figure)
        measured = one.value if one else None
        if measured is None:
            raise UsageError(f"the set {wanted.name} has nothing to measure {bound.figure} by; leave it out")
        fresh = bound.tightened(measured, wanted.margin)
        bounds[bound] = fresh if not bound.holds(measured) or not bound.easier(fresh) else bound.value
        if bound.easier(bounds[bound]) and not lower:
            raise UsageError(
                f"the set {wanted.name} falls short of {bound.figure} {bound.value:g} with {measured:.4f}; "
                "mend that, or make the bound easier with --lower WHY"
            )
    return Update(wanted.name, bounds, fingerprint.of_file(wanted.gold), fingerprint.of_folder(wanted.corpus))


def record(sets: Sequence[GateSet], settings: Settings, *, whole: bool = True, say: Say, shown: Shown) -> int:
    """Runs sets that share their recordings with model, embedding and reader, and keeps what these said;
    returns how many replies.

    What is recorded already is not asked again, unless other weights said it, and a recording that was
    interrupted goes on where it was. whole: these are all that share them, so what they do not need goes.
    Raises UsageError where a question failed, Missing where the weights are not there.
    """
    first = sets[0]
    if first.recorded is None:
        raise UsageError(f"the set {first.name} plays back nothing: it has no 'recorded'")
    paths, effective = files_of(first.recorded), _settings(first, settings)
    inner = wiring.chat_model(effective, on_retry=say)
    adapted = inner.selector.identity if inner.selector else ""
    replies = Replies(paths[0], inner.identity, _weights(inner), adapted)
    embedder = RecordedEmbedder(paths[1], wiring.embedder(effective))
    read = wiring.reader(effective)
    if read is None:
        raise Missing("there is no reader to record; run 'qa models pull'")
    reader = RecordedReader(paths[2], read)
    done = False
    try:
        for one in sets:
            _record(one, _settings(one, settings), CachedChat(inner, replies), embedder, reader, say, shown)
        done = True
    finally:
        kept = [tape.save(everything=not (done and whole)) for tape in (replies, embedder, reader)]
    return kept[0]


def _record(
    wanted: GateSet,
    settings: Settings,
    model: ChatModel,
    embedder: RecordedEmbedder,
    reader: RecordedReader,
    say: Say,
    shown: Shown,
) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        _indexed(wanted, settings, model, embedder, reader, Path(scratch)) as setup,
    ):
        # In a folder of its own: a run that is there already would leave nothing to ask and to keep.
        found = _run(wanted, setup, Path(scratch) / wanted.name, say, shown)
    if found.failed:
        raise UsageError(f"{len(found.failed)} of {wanted.name} failed ({found.failed[0]}): record again")


def together(sets: Sequence[GateSet], chosen: Sequence[GateSet]) -> list[tuple[list[GateSet], bool]]:
    """The chosen sets that play something back, those with the same recordings together, and whether these
    are all of ``sets`` that share them. Raises UsageError where sets that share them have other models.
    """
    groups: dict[Path, list[GateSet]] = {}
    for one in chosen:
        if one.recorded is not None:
            groups.setdefault(one.recorded.resolve(), []).append(one)
    found = []
    for stem, group in groups.items():
        sharing = [one for one in sets if one.recorded is not None and one.recorded.resolve() == stem]
        if len({one.model for one in sharing}) > 1:
            names = ", ".join(one.name for one in sharing)
            raise UsageError(f"the sets {names} share recordings and have other models; give each its own")
        found.append((group, len(group) == len(sharing)))
    return found


def _run(wanted: GateSet, setup: Setup, out: Path, say: Say, shown: Shown) -> Measured:
    if kind_of(wanted.gold) == "briefs":
        return _run_briefs(wanted, setup, out, say, shown)
    gold = read_gold(wanted.gold, limit=wanted.limit, ids=wanted.ids)
    text = article_text(setup.retriever.catalog)
    check_gold(gold, text)
    with Writer(out, setup.about(gold), gold.questions) as folder:
        outcome = runner.run(asking(setup), folder, say=say, report=lambda outcome: shown(outcome.done))
        if outcome.left:
            raise ServiceUnreachable(f"the model of the set {wanted.name} failed again and again; see above")
        found = report.of(runner.finish(folder, text))
    report.write(found)
    failed = tuple(score.failed for score in found.scores if score.failed)
    return Measured(found.figures, failed, len(found.scores), markdown(found), found)


def _run_briefs(wanted: GateSet, setup: Setup, out: Path, say: Say, shown: Shown) -> Measured:
    made = run_briefs(
        wanted.gold,
        setup,
        out,
        limit=wanted.limit,
        ids=wanted.ids,
        say=say,
        report=lambda done, of: shown(done),
    )
    return Measured(made.figures, tuple(made.failed.values()), len(made.scores), made.markdown())


def _settings(wanted: GateSet, theirs: Settings) -> Settings:
    """The defaults with what the set asks for: nobody's own settings have a say in a gate."""
    with tempfile.TemporaryDirectory() as nowhere:
        flags = {**wanted.settings, "model": wanted.model, "models_dir": theirs.models_dir, "cache": False}
        return config.load(flags, environ={}, folder=Path(nowhere), user=Path(nowhere, "none.toml"))


def _weights(model: ChatModel) -> str:
    """The hash of a local model's weights; empty for a service, which does not tell."""
    from qa import models

    if not model.identity.startswith(config.LOCAL_PREFIX):
        return ""
    return models.find(model.identity.removeprefix(config.LOCAL_PREFIX)).files[0].sha256


@contextmanager
def _opened(wanted: GateSet, theirs: Settings, scratch: Path, say: Say) -> Iterator[Setup]:
    """What the set is asked with. Raises ModelMissing and NotRecorded."""
    settings = _settings(wanted, theirs)
    embedder: Embedder
    reader: Reads | None
    if wanted.recorded is None:
        embedder, model = wiring.embedder(settings), wiring.chat_model(settings, on_retry=say)
        reader = wiring.reader(settings)
    else:
        paths = files_of(wanted.recorded)
        if not paths[0].exists():
            raise NotRecorded(f"there are no recorded replies at {paths[0]}; record them")
        embedder, replies, reader = RecordedEmbedder(paths[1]), Replies(paths[0]), RecordedReader(paths[2])
        model = CachedChat(Silent(wanted.model.removeprefix(config.LOCAL_PREFIX), replies), replies)
    with _indexed(wanted, settings, model, embedder, reader, scratch) as setup:
        yield setup


@contextmanager
def _indexed(
    wanted: GateSet,
    settings: Settings,
    model: ChatModel,
    embedder: Embedder,
    reader: Reads | None,
    scratch: Path,
) -> Iterator[Setup]:
    """The set's articles in an index that is there for this run only."""
    from index import build, chunk
    from index.load import LoadOptions, load
    from index.retrieve import Retriever

    folder = scratch / "index"
    summary = build.add(
        folder, load([str(wanted.corpus)], LoadOptions()), embedder, chunk.chunk, chunk.embedding_text
    )
    if failed := [item for item in summary.skipped if item.failure]:
        raise UsageError(f"{failed[0].location} {failed[0].reason}; mend the corpus of {wanted.name}")
    with Retriever(folder, embedder) as retriever:
        yield Setup(replace(settings, index=folder), retriever, model, reader, wanted.today)


def chosen(path: Path, names: list[str]) -> list[GateSet]:
    """The sets of a gate file, all or those named. Raises Missing and UsageError."""
    sets = gatefile.read(path)
    if unknown := set(names) - {one.name for one in sets}:
        raise UsageError(f"{path} has no set {min(unknown)}; it has {', '.join(one.name for one in sets)}")
    return [one for one in sets if not names or one.name in names]
