"""A run as JUnit XML: a test case for each question, a failure for each wrong answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from evals.report import Report

# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """The XML document. A question that failed is an error, a wrong answer a failure."""
    run = report.run
    broken = [one for one in report.scores if one.failed]
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(f"qa eval {run.about['gold']['file']}"),
        tests=str(len(report.scores)),
        failures=str(len(report.wrong) - len(broken)),
        errors=str(len(broken)),
        time=f"{run.about.get('seconds', 0.0):.2f}",
        timestamp=_clean(str(run.about["started"])),
    )
    for score in report.scores:
        gold, row = run.golds[score.id], run.answers.get(score.id, {})
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_clean(f"{run.about['gold']['file']}.{score.type}"),
            name=_clean(f"{score.id} {gold.question}"),
            time=f"{score.seconds:.3f}",
        )
        if score.failed:
            error = ElementTree.SubElement(case, "error", message=_clean(score.failed))
            error.text = _clean(str(row.get("traceback", "")))
        elif not score.correct:
            failure = ElementTree.SubElement(case, "failure", message=_clean(f"lost in: {score.lost}"))
            failure.text = _clean(f"gold: {gold.answer}\nsaid: {row.get('answer', '')}")
    ElementTree.indent(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suite, encoding="unicode")}\n'


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)
