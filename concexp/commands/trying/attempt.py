"""The steps of `concexp try`: look at the functions, choose a sweep, write its YAML, run it, say what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from concexp.commands.run import RunOutcome, RunRequest, run_experiment
from concexp.commands.trying import models, probe, question, request, sweep
from concexp.commands.trying.kind import Facts
from concexp.commands.trying.request import Function
from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.experiment.reader import NAME
from concexp.report import font_files
from concexp.report.text.language import clauses, say, written_in
from concexp.report.text.numbers import enumerated
from concexp.run.machine import facts as machine
from concexp.run.storage import atomic, run_folder

if TYPE_CHECKING:
    from concexp.analysis.results import Run

AROUND_S = 14.0  # what setting up three runs and making the page takes, about
LEAST_S = 1.0  # of measuring: each cell is measured once, however short the time
GIVEN_UP = 6  # a trial may take this part of the time …
TIMEOUT_S = (5.0, 60.0)  # … but no less and no more than so many seconds


@dataclass(frozen=True)
class TryRequest:
    """What the command line asks for; times are seconds."""

    targets: Sequence[str]
    arguments: Sequence[str] = ()
    mapping: str = ""
    over: str = ""
    models: Sequence[str] = ()
    workers: Sequence[int] = ()
    budget: float = 60.0
    out: Path = Path("reports")
    name: str = ""
    command: str = ""
    progress: str = "auto"
    quiet: bool = False
    against: str = ""  # the revision of the functions that they are compared with
    language: str = DEFAULT_LANGUAGE  # of the answer, and of the page


@dataclass(frozen=True)
class Attempt:
    """How it ended: the answer and the further lines to print, the YAML, what was seen of each function, and the run."""

    answer: list[str]
    lines: list[str]
    path: Path
    facts: Mapping[str, Facts]
    outcome: RunOutcome = field(repr=False)


def attempt(asked: TryRequest, tell: Callable[[str], None]) -> Attempt:
    """Try the functions; `tell` is called with what is going on."""
    font_files.require(asked.language)
    with written_in(asked.language):
        return _attempt(asked, tell)


def _attempt(asked: TryRequest, tell: Callable[[str], None]) -> Attempt:
    functions = request.functions_of(asked.targets, asked.arguments, asked.mapping, asked.over)
    known = models.candidates(asked.models)
    every = known if not asked.models else models.candidates()
    name = _name(asked, functions)
    path = Path(f"{name}.yaml")
    _refuse_to_overwrite(path)
    if asked.against:
        request.require_revision(functions, every, asked.against)
    timeout = min(max(asked.budget / GIVEN_UP, TIMEOUT_S[0]), TIMEOUT_S[1])
    tell(say("looking at what {names} wants", names=enumerated([one.name for one in functions])))
    with probe.temporary_folder() as folder:
        facts, spent = probe.Probe(functions, every, timeout, Path(folder), asked.command).look()
    for one in functions:
        tell(say("{name} {kind}: {evidence}", name=one.name, **_described(facts[one.target])))
    left = max(LEAST_S, asked.budget - spent - AROUND_S)
    share = left / len(functions)
    narrow = sweep.of_versions if asked.against else sweep.sweep
    sweeps = {
        target: narrow(found, known, asked.workers, machine.usable_cpus(), share, bool(asked.models))
        for target, found in facts.items()
    }
    _write(path, question.question_text(name, functions, facts, sweeps, left, timeout, asked.against))
    ran = RunRequest(path, out=asked.out, command=asked.command, quiet=asked.quiet)
    outcome = run_experiment(ran, asked.progress, page=True)
    lines = [*outcome.lines, say("to go on from: {path} (concexp run {path})", path=path)]
    answer = _about_versions if asked.against else _answer
    return Attempt(answer(outcome.measured.results, functions, facts), lines, path, facts, outcome)


def _name(asked: TryRequest, functions: Sequence[Function]) -> str:
    name = asked.name or request.name_of(functions)
    if not NAME.fullmatch(name):
        cure = "small letters, digits and underscores, a letter first"
        raise InputError([request.problem("--name", f"'{name}' cannot be a name", cure)])
    return name


def _refuse_to_overwrite(path: Path) -> None:
    """EnvironmentRefused if there is a file of this name that a person made their own."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            is_ours = file.readline().rstrip("\n") == question.MARK
    except FileNotFoundError:
        return
    except OSError as error:
        raise run_folder.refused(error, path) from error
    if not is_ours:
        raise EnvironmentRefused(f"{path} is there already, and is yours", "choose another name: --name try_2")


def _write(path: Path, text: str) -> None:
    try:
        with atomic.replaced(path) as draft:
            draft.write_text(text, "utf-8")
    except OSError as error:
        raise run_folder.refused(error, path) from error


def _answer(run: Run, functions: Sequence[Function], facts: Mapping[str, Facts]) -> list[str]:
    """For each function what it is, and the answer in five lines."""
    from concexp.report import terminal

    lines: list[str] = []
    for one in functions:
        found = facts[one.target]
        lines += [_title(one, found), *terminal.brief_lines(run, one.target, found.warnings)]
    return lines


def _about_versions(run: Run, functions: Sequence[Function], facts: Mapping[str, Facts]) -> list[str]:
    """For each function what it is; then whether they are faster or slower than in the other version."""
    from concexp.report import terminal

    return [*(_title(one, facts[one.target]) for one in functions), *terminal.answer_lines(run)[1:]]


def _title(function: Function, found: Facts) -> str:
    """What a function is, and what that rests on."""
    known = _described(found)
    title = clauses([say("{name} {kind}", name=function.target, kind=known["kind"]), *found.traits])
    return say("{text} ({detail})", text=title, detail=known["evidence"])


def _described(found: Facts) -> dict[str, str]:
    return {"kind": say(found.kind), "evidence": found.evidence}
