"""What `--junit` and `--summary-file` write: a command's verdicts and answers, each as soon as it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp.commands.check import Check, Suite, failing
from concexp.errors import ConcexpError, InputError, Problem
from concexp.experiment.versions import MANIFEST_KEY
from concexp.report.checked import ENDED_BADLY, TRIALS, Checked
from concexp.run.storage import run_folder

if TYPE_CHECKING:
    from concexp.analysis.comparing.comparison import Comparison
    from concexp.analysis.results import Run
    from concexp.commands.run import RunOutcome

SUMMARY_LIMIT = 1 << 20  # bytes: what GitHub takes as the summary of a step


@dataclass
class Outputs:
    """The files that a command was asked for; `check` says which verdicts are failures."""

    junit: Path | None
    summary: Path | None
    check: Check
    suites: list[Suite] = field(default_factory=list)
    blocks: list[Sequence[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """InputError for a path that cannot become a file: it is found out before anything is measured."""
        given = (("--junit", self.junit), ("--summary-file", self.summary))
        problems = [Problem(option, 0, 0, "", f"{path} is a folder", "name a file") for option, path in given
                    if path is not None and path.is_dir()]  # fmt: skip
        if problems:
            raise InputError(problems)
        for _, path in given:
            if path is not None:
                _require_place(path)

    @property
    def wanted(self) -> bool:
        """Whether there is anything to write."""
        return self.junit is not None or self.summary is not None

    def add_run(self, outcome: RunOutcome) -> None:
        """Add the verdicts of a run that has ended."""
        if self.wanted:
            from concexp.report import digest, places
            from concexp.report.text.language import written_in

            run = outcome.measured.results
            with written_in(places.language_of(run.spec)):
                blocks = digest.of_run(run, outcome.checked, failing(self.check))
            self._add(Suite(str(run.spec["name"]), outcome.checked, _properties(run), _seconds(run.manifest)), blocks)

    def add_comparison(self, comparison: Comparison, checked: Sequence[Checked], page: Path) -> None:
        """Add the verdicts of a comparison."""
        if self.wanted:
            from concexp.report import digest

            sides = {
                name: ", ".join(run.header["run"] for run in own) for name, own in comparison.sides.by_name.items()
            }
            name = f"compare_{comparison.sides.runs[0].spec['name']}"
            blocks = digest.of_comparison(comparison, checked, failing(self.check))
            self._add(Suite(name, checked, {**sides, "page": str(page)}), blocks)

    def add_refusal(self, path: Path, error: ConcexpError) -> None:
        """Add an experiment that could not run: in a list of tests it is an error, and never left out."""
        from concexp.report import digest

        checked = [Checked(TRIALS, "it runs", ENDED_BADLY, str(error))]
        self._add(Suite(path.stem, checked), digest.of_refusal(str(path), str(error)))

    def _add(self, suite: Suite, blocks: Sequence[str]) -> None:
        self.suites.append(suite)
        self.blocks.append(blocks)
        if self.junit is not None:
            from concexp.commands import junit

            junit.write(self.junit, self.suites, self.check)
        if self.summary is not None:
            append(self.summary, blocks)


def append(path: Path, blocks: Sequence[str], limit: int = SUMMARY_LIMIT) -> None:
    """Add blocks of Markdown to a file, as many as keep it below the limit, bytes."""
    from concexp.report.digest import fitted

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            size = os.fstat(file.fileno()).st_size
            gap = "\n" if size else ""
            text = gap + fitted(blocks, limit - size - len(gap))
            if size + len(text.encode()) <= limit:
                file.write(text.encode())
    except OSError as error:
        raise run_folder.refused(error, path) from error


def _properties(run: Run) -> dict[str, str]:
    """What else there is to know of a run beside its verdicts."""
    versions = {
        f"version {label}": str(one.get("commit") or one.get("identity"))
        for label, one in (run.manifest.get(MANIFEST_KEY) or {}).items()
    }
    return {"run": str(run.folder), "concexp": str(run.manifest["concexp"]), **versions}


def _seconds(manifest: Mapping[str, Any]) -> float | None:
    """How long a run took, if it was not interrupted; None where its page is not written yet."""
    try:
        began, ended = (datetime.fromisoformat(str(manifest[key])) for key in ("started_at", "finished_at"))
    except (KeyError, ValueError):
        return None
    return (ended - began).total_seconds()


def _require_place(path: Path) -> None:
    """EnvironmentRefused if no file can be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(13, os.strerror(13), str(path))
    except OSError as error:
        raise run_folder.refused(error, path) from error
