"""One experiment from its file to its page: the steps of `concexp run`, each fed by the one before."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp import __version__, experiment
from concexp.analysis.adaptive import SequentialPlan
from concexp.analysis.precision import precision_shortfall
from concexp.commands import progress
from concexp.commands.report import _written
from concexp.errors import ConcexpError
from concexp.experiment.statuses import MACHINE
from concexp.plan.planner import make_plan, refusing
from concexp.run import preflight, runner
from concexp.run.child import stage, temp_folder
from concexp.run.forecast import forecast
from concexp.run.interpreters import discovery
from concexp.run.interpreters import interpreter as interpreters
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts as machine
from concexp.run.machine import hazards
from concexp.run.machine.lock import MachineLock
from concexp.run.storage import journal, run_folder
from concexp.run.storage.run_folder import RunFolder


@dataclass(frozen=True)
class RunRequest:
    """What the command line asked for."""

    path: Path
    sets: tuple[str, ...]
    only: str
    out: Path
    quick: bool
    fresh: bool
    wait: bool
    command: str


@dataclass(frozen=True)
class RunOutcome:
    """The run's folder, what to tell at the end, how many trials ended badly without being expected to, and which claims
    were refuted.
    """

    folder: Path
    lines: list[str]
    bad: int
    refuted: list[str]


def run(wanted: RunRequest, progress_kind: str, page: bool, check: bool = False) -> RunOutcome:
    """Run one experiment, or complete its unfinished run, and write its page; with `check` say which claims are refuted."""
    question = experiment.load(wanted.path, wanted.sets)
    if wanted.quick:
        short = {"repetitions": 1, "iterations": 1, "warmup": min(1, question.measure.warmup)}
        question = question.with_measure(**short, precision=None, max_repetitions=None, budget=None)
    temp_folder.clear()
    code = stage.stage_child_code()
    meant = discovery.resolve_interpreters(question, code)
    planned = make_plan(question, machine.usable_cpus(), wanted.only, discovery.support_checks(meant, code))
    there = {label: one for label, one in meant.items() if isinstance(one, Interpreter)}
    for path in {sys.executable, *(one.path for one in there.values())}:
        stage.compile_for(path, code)
    watcher = progress.progress_listener(progress_kind)
    try:
        lock = MachineLock(
            f"concexp run of {question.name}", lambda who: watcher.note(f"waiting for {who}"), wanted.wait
        )
        folder = _folder(wanted, preflight.Preflight(question, planned, there, code, lock))
        # What the preflight of an unfinished run found is kept: its journal must not contradict itself.
        planned = refusing(question, planned, folder.manifest.get("preflight", {}).get("unsupported", {}))
        watcher.foretell(forecast(question, planned, folder.path.parent, machine.host()).text)
        open_ended = question.measure.precision is not None or question.measure.budget is not None
        course = SequentialPlan(question, planned, runner.header(question, planned, folder), watcher.foretell)
        following = course.next_trials if open_ended else None
        try:
            runner.Runner(question, planned, folder, code, there, lock, watcher, following).execute()
        except KeyboardInterrupt:
            watcher.close()
            if page:
                watcher.say("interrupted: writing the report so far; once more ends at once")
            raise KeyboardInterrupt(*(_so_far(folder) if page else [])) from None
    finally:
        watcher.close()
    cpus = folder.manifest["machine"]["cpus"]
    bad = list(runner.bad_trials(journal.read(folder.journal).records, question, cpus))
    lines = [f"{folder.path}"]
    if page:
        partial = wanted.quick or bool(wanted.only)
        lines = [f"report: {_page(folder, partial)}"]
    if bad:
        lines.append(f"{len(bad)} trial{'' if len(bad) == 1 else 's'} ended badly: the report names them")
    if question.measure.precision is not None:
        lines += _unreached(folder, question.measure.precision)
    refuted = _refuted(folder) if check and question.claims else []
    return RunOutcome(folder.path, [*lines, *(f"refuted: {says}" for says in refuted)], len(bad), refuted)


def _unreached(folder: RunFolder, precision: float) -> list[str]:
    """What was wanted and not reached, if anything."""
    from concexp.analysis import results
    from concexp.analysis.claims import verdicts

    found = results.load(folder.path)
    said = precision_shortfall(found, verdicts.judge_claims(found), precision).text
    return [said] if said else []


def _refuted(folder: RunFolder) -> list[str]:
    """What the claims say that the run refutes."""
    from concexp.analysis import results
    from concexp.analysis.claims import verdicts

    return [one.claim.says for one in verdicts.judge_claims(results.load(folder.path)) if one.outcome == "refuted"]


def _folder(wanted: RunRequest, first: preflight.Preflight) -> RunFolder:
    """The unfinished run of this identity, or a new one, once the user's own code was tried."""
    question, code = first.spec, first.stage
    runs = wanted.out / question.name / "runs"
    known = {label: interpreter.facts for label, interpreter in first.pythons.items()}
    seen, refused = first.inspect_code()
    files = run_folder.code_files(question, seen)
    identity = run_folder.identity(question, files, code.sha256, known, wanted.only)
    if not wanted.fresh:
        found = run_folder.unfinished(runs, identity)
        if found is not None and not journal.being_written(found.journal):
            return found
    facts = machine.facts()
    clocks = {label: interpreters.clocks(interpreter, code) for label, interpreter in first.pythons.items()}
    manifest: dict[str, Any] = {
        "concexp": __version__,
        "identity": identity,
        "trial_code": code.sha256,
        "seed": question.measure.seed,
        "started_at": run_folder.now(),
        "command": wanted.command,
        "only": wanted.only,
        "quick": wanted.quick,
        "host": machine.host(),
        "machine": facts,
        "doctor": hazards.warning_before_run(facts, next(iter(clocks.values()), {})),
        "interpreters": known,
        "clocks": clocks,
        "git": machine.git(Path.cwd(), wanted.out),
        "packages": machine.packages(),
        "user_code": run_folder.user_code(files),
        "preflight": {
            "entries": {label: {k: v for k, v in one.items() if k != "files"} for label, one in seen.items()},
            "unsupported": first.try_code(refused),
        },
    }
    return run_folder.create(runs, question, files, manifest)


def _page(folder: RunFolder, partial: bool) -> Path:
    """Results and page of a run."""
    from concexp.analysis import results

    found = results.load(folder.path)
    where = _place(folder, partial)
    try:
        page = _written(found, where)
        if where != folder.path:  # what an interrupt left there tells of a part of the run
            (folder.path / "README.md").unlink(missing_ok=True)
            shutil.rmtree(folder.path / "figures", ignore_errors=True)
        run_folder.finish(folder, [_spin(record) for record in found.machine])
    except OSError as error:
        raise run_folder.refused(error, folder.path) from error
    return page


def _so_far(folder: RunFolder) -> list[str]:
    """Write the page of a run that was interrupted, if any trial has ended; what to tell of it. The run stays unfinished."""
    from concexp.analysis import results

    try:
        found = results.load(folder.path)
        if all(record.role == MACHINE for record in found.records):
            return []
        return [f"report so far: {_written(found, _place(folder, partial=True))}"]
    except (ConcexpError, OSError) as error:
        return [f"the report so far could not be written: {error}"]


def _place(folder: RunFolder, partial: bool) -> Path:
    """Where a run's page goes: a partial one leaves the shared page alone, unless there is none yet."""
    return folder.path if partial and (folder.page_folder / "README.md").exists() else folder.page_folder


def _spin(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("block", "started_at", "effective_cpus", "cpus")}
