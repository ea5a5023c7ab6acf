"""Verdicts as JUnit XML, which every CI shows beside its tests.

A verdict that fails the check is a failure with its figures, a trial that ended badly is an error, and what is open is skipped
with its reason: a list of tests must not show it as passed. A passed verdict has its figures as output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from concexp.commands.check import Check, Suite, failing
from concexp.report.checked import ENDED_BADLY, OPEN, Checked
from concexp.run.storage import run_folder
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable

NAME = "concexp"
NOT_XML = re.compile(r"[\ufffe\uffff]")  # beside what `printable` replaces


def write(path: Path, suites: Sequence[Suite], check: Check) -> None:
    """Write a file with these suites; EnvironmentRefused if the system does not let it."""
    document = JUnitXml(NAME)
    for one in suites:
        document.add_testsuite(_suite(one, check))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as draft:
            document.write(str(draft))
    except OSError as error:
        raise run_folder.refused(error, path) from error


def _suite(suite: Suite, check: Check) -> TestSuite:
    found = TestSuite(_text(suite.name))
    for name, value in suite.properties.items():
        found.add_property(_text(name), _text(value))
    for one in suite.checked:
        case = TestCase(_text(one.name), _text(f"{NAME}.{suite.name}.{one.kind}"))
        result = _result(one, check)
        if result is None:
            case.system_out = _text(one.text)
        else:
            case.result = [result]
        found.add_testcase(case)
    if suite.seconds is not None:
        found.time = suite.seconds
    return found


def _result(one: Checked, check: Check) -> FinalResult | None:
    """What JUnit calls a verdict; None for passed."""
    message = _text(f"{one.word}: {one.text.partition(chr(10))[0]}")
    if one.word == ENDED_BADLY:
        result: FinalResult = Error(message, one.word)
    elif one.word in failing(check):
        result = Failure(message, one.word)
    elif one.word in OPEN:
        result = Skipped(message, one.word)
    else:
        return None
    result.text = _text(one.text)
    return result


def _text(text: str) -> str:
    """A text that XML may hold."""
    return NOT_XML.sub("\ufffd", printable(text))
