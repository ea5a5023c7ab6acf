"""Claims as tests: `pytest --concexp experiments/` runs each experiment once, and each of its claims is a test.

A refuted claim fails with its figures, a supported one passes, and an inconclusive one is counted as that, never as passed.
Every pytest of an environment loads this module, so it imports nothing of concexp before an experiment is collected.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Generator, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from concexp.commands.run import RunOutcome
    from concexp.experiment import Spec
    from concexp.report.checked import Checked

SUFFIXES = (".yaml", ".yml")
# Of the YAML files in a folder, experiments have claims, or extend a file that may have them.
EXPERIMENT = re.compile(r"^(claims\s*:|extends\s*:.*\.ya?ml)", re.MULTILINE)
READ_LIMIT = 1 << 20  # characters
INCONCLUSIVE = "inconclusive"  # how pytest counts such claims
LONGEST = 200  # characters of a test's name


class Failed(Exception):
    """A claim that does not hold, or trials that ended badly: the verdict, and where the page is."""

    def __init__(self, checked: Checked, page: Path) -> None:
        super().__init__(f"{checked.word}: {checked.name}")
        self.checked, self.page = checked, page


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("concexp", "experiments of concexp")
    group.addoption(
        "--concexp", action="store_true", help="collect experiments (YAML): each is run once, and each claim is a test"
    )
    group.addoption("--concexp-out", metavar="DIR", help="where their reports go; without it into pytest's cache")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("concexp") and config.getoption("dist", "no") != "no":
        raise pytest.UsageError("--concexp measures, and nothing may run beside it: leave out -n and --dist")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExperimentFile | None:
    if not parent.config.getoption("concexp") or file_path.suffix not in SUFFIXES:
        return None
    if not parent.session.isinitpath(file_path) and not _is_experiment(file_path):
        return None
    return ExperimentFile.from_parent(parent, path=file_path)  # type: ignore[no-any-return]


def _is_experiment(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return EXPERIMENT.search(file.read(READ_LIMIT)) is not None
    except OSError:
        return False


class ExperimentFile(pytest.File):
    """The YAML of an experiment."""

    def collect(self) -> Iterator[ClaimItem]:
        from concexp.errors import InputError

        try:
            claims = self.spec.claims
        except InputError as error:
            raise self.CollectError(str(error)) from error
        names: Counter[str] = Counter()
        for number, claim in enumerate(claims):
            name = " ".join(claim.says.split())[:LONGEST]
            names[name] += 1
            shown = name if names[name] == 1 else f"{name} ({names[name]})"
            yield ClaimItem.from_parent(self, name=shown, number=number, line=claim.expect.line)
        yield ClaimItem.from_parent(self, name="all trials end as expected", number=len(claims), line=1)

    @cached_property
    def spec(self) -> Spec:
        """The experiment; InputError for a wrong one."""
        from concexp import experiment

        return experiment.load(self.path)

    def verdict(self, number: int) -> tuple[Checked, Path]:
        """The verdict on a claim, by its number; behind those of all claims stands that on the trials. And where the page is."""
        outcome = self.outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome.checked[number], outcome.measured.folder.path

    @cached_property
    def outcome(self) -> RunOutcome | Exception:
        """How the only run of this experiment ended, or the error that all its tests have."""
        from concexp.commands.check import Check
        from concexp.commands.questions import Questions
        from concexp.commands.replicate import run_anywhere
        from concexp.commands.run import RunRequest

        name = os.path.relpath(self.path)
        command = shlex.join(["concexp", "run", name])
        request = RunRequest(self.path, out=self._out(), quiet=True, command=command, listed=True)
        try:
            return run_anywhere(request, "none", True, Check.off, Questions(asks=False))
        except Exception as error:  # another test of this file must not run it again
            return error

    def _out(self) -> Path:
        given = self.config.getoption("concexp_out")
        if given:
            return Path(given)
        cache = getattr(self.config, "cache", None)
        return Path(cache.mkdir("concexp")) if cache is not None else self.config.rootpath / "reports"


class ClaimItem(pytest.Item):
    """One claim, or that all trials end as expected."""

    parent: ExperimentFile

    def __init__(self, *, number: int, line: int, **more: Any) -> None:
        super().__init__(**more)
        self.number, self.line = number, line
        self.word = ""  # of the verdict, once there is one

    def runtest(self) -> None:
        from concexp.report.checked import FAILURES, OPEN

        checked, folder = self.parent.verdict(self.number)
        self.word = checked.word
        self.user_properties += [("verdict", checked.word), ("figures", checked.text), ("run", str(folder))]
        if checked.word in FAILURES:
            raise Failed(checked, folder)
        if checked.word in OPEN:
            pytest.skip(f"{checked.word}: {' '.join(checked.text.split())}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A verdict is no mistake in a program: its figures say more than a traceback."""
        from concexp.errors import ConcexpError

        error = excinfo.value
        if isinstance(error, Failed):
            return "\n".join([str(error), *(f"  {line}" for line in error.checked.text.split("\n")), str(error.page)])
        return str(error) if isinstance(error, ConcexpError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, max(0, self.line - 1), f"{self.path.name}: {self.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if isinstance(item, ClaimItem) and report.skipped and item.word == INCONCLUSIVE:
        report.concexp_inconclusive = True  # type: ignore[attr-defined]
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if not getattr(report, "concexp_inconclusive", False):
        return None
    return INCONCLUSIVE, "i", (INCONCLUSIVE.upper(), {"yellow": True})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Inconclusive claims with their reasons, whatever `-r` asks for."""
    reports = terminalreporter.getreports(INCONCLUSIVE)
    if reports:
        terminalreporter.section("inconclusive claims")
        for report in reports:
            _, _, reason = report.longrepr
            terminalreporter.write_line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
