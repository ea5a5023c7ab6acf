"""What `concexp ci` does: checks experiments, perhaps against a revision, and leaves what a CI shows and keeps in one folder.

It is a verb rather than a shell script, since the logic needs more than a shell has: texts that are shortened between blocks, a
list of tests that is whole although an experiment could not run, and one exit code after all files are written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from concexp import experiment
from concexp.commands import collection
from concexp.commands.bundle import make_bundle
from concexp.commands.check import Check, failing
from concexp.commands.outputs import SUMMARY_LIMIT, Outputs
from concexp.commands.questions import Questions
from concexp.commands.replicate import run_anywhere
from concexp.commands.run import RunOutcome, RunRequest
from concexp.errors import ConcexpError, InputError, Problem
from concexp.experiment import Spec
from concexp.report.look import Look
from concexp.run.storage import atomic, run_folder

COMMENT_LIMIT = 65_000  # bytes: a comment on GitHub has 65,536 characters at most
JUNIT, SUMMARY, COMMENT, REPORTS = "junit.xml", "summary.md", "comment.md", "reports"


@dataclass(frozen=True)
class CiRequest:
    """What the command line asks for; `name` heads the comment, and tells it from others on the same change."""

    paths: Sequence[Path]
    against: str = ""
    tolerance: str = ""
    check: Check = Check.not_refuted
    sets: tuple[str, ...] = ()
    out: Path = Path("concexp-ci")
    summary: Path | None = None
    name: str = "concexp"
    tags: Sequence[str] = ()
    command: str = ""


def check_in_ci(asked: CiRequest, progress: str, say: Callable[[str], None]) -> int:
    """Run all experiments and write the files; returns the exit code. `say` gets the lines to print.

    InputError before anything is measured if one of the experiments is wrong. One that cannot run here fails, and the others run.
    """
    specs = _load(asked)
    outputs = Outputs(asked.out / JUNIT, asked.summary, asked.check)
    _keep_out_of_git(asked.out)
    code = 0
    for path, spec in specs.items():
        against = asked.against if spec.user_entries and not spec.versions else ""
        if asked.against and not against:
            say(f"{path} is checked, but not against {asked.against}: {_why_not(spec)}")
        request = RunRequest(
            path, asked.sets, out=asked.out / REPORTS, command=asked.command, look=Look("", html=True), against=against,
            tolerance=asked.tolerance, listed=True,
        )  # fmt: skip
        try:
            outcome = run_anywhere(request, progress, True, asked.check, Questions(asks=False))
        except ConcexpError as error:
            outputs.add_refusal(path, error)
            lines, ended = [f"{path}: {error}"], error.exit_code
        else:
            outputs.add_run(outcome)
            lines = [*outcome.answer, *outcome.lines, *_bundled(outcome, asked.out)]
            ended = 1 if outcome.bad or outcome.failed else 0
        _write(asked, outputs)
        code = max(code, ended)
        for line in lines:
            say(line)
    return code


def _keep_out_of_git(folder: Path) -> None:
    """What is written is no part of the user's code: the files as they are, as a version, are without it."""
    try:
        (folder / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        raise run_folder.refused(error, folder) from error


def _load(asked: CiRequest) -> dict[Path, Spec]:
    """The experiments by their paths; InputError with the problems of all."""
    specs: dict[Path, Spec] = {}
    problems: list[Problem] = []
    for path in [path for paths in collection.chosen(asked.paths, asked.tags).values() for path in paths]:
        try:
            specs[path] = experiment.load(path, asked.sets)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return specs


def _why_not(spec: Spec) -> str:
    return "it names versions of its own" if spec.versions else "nothing that it measures is code of yours"


def _bundled(outcome: RunOutcome, out: Path) -> list[str]:
    """Pack the run, and say where that is, or why there is no bundle."""
    run = outcome.measured.results
    target = out / f"{run.spec['name']}-{run.header['run']}.zip"
    try:
        made = make_bundle(run.folder, target)
    except ConcexpError as error:
        return [f"no bundle: {error}"]
    return [*made.notes, f"bundle: {made.path}"]


def _write(asked: CiRequest, outputs: Outputs) -> None:
    """Write the summary and the comment anew, from what there is so far."""
    from concexp.report import digest

    parts = [(suite.name, suite.checked, blocks) for suite, blocks in zip(outputs.suites, outputs.blocks, strict=True)]
    texts = {
        SUMMARY: digest.fitted([block for _, _, blocks in parts for block in blocks], SUMMARY_LIMIT),
        COMMENT: digest.comment(asked.name, parts, COMMENT_LIMIT, failing(asked.check)),
    }
    try:
        for name, text in texts.items():
            with atomic.replaced(asked.out / name) as draft:
                draft.write_text(text, "utf-8")
    except OSError as error:
        raise run_folder.refused(error, asked.out) from error
