"""What `concexp reproduce` does: checks a bundle, says what would run and what cannot, runs it here, and compares.

Nothing in a bundle is executed before it is trusted, and nothing but what its experiment measures is executed at all: its
YAML is read, its code parsed, its journal computed with. Interpreters are this machine's, the code of the trials is concexp's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp import __version__, catalog, experiment
from concexp.commands.compare import compare_runs, default_folder, write_comparison
from concexp.commands.plan_text import plan_text
from concexp.commands.questions import Questions
from concexp.commands.run import RunOutcome, RunRequest, run_experiment, shortened
from concexp.commands.text_table import table_lines
from concexp.errors import Damaged, EnvironmentRefused, InputError, Problem
from concexp.experiment import Spec, environment, kept, plugin_files, yaml_nodes
from concexp.experiment.axis_table import AXES
from concexp.experiment.blocks import Execution
from concexp.plan.planner import make_plan
from concexp.run import bundle, packages, user_files
from concexp.run.bundle import Bundle
from concexp.run.child import stage
from concexp.run.durations import known_before
from concexp.run.forecast import forecast
from concexp.run.interpreters import discovery
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts

if TYPE_CHECKING:
    from concexp.analysis.results import Run

OUT = Path("reproduced")  # not `reports`: an experiment of a stranger's may have the name of one of the user's own
Say = Callable[[str], None]


@dataclass(frozen=True)
class ReproduceRequest:
    """What the command line asks for; `command` is that line."""

    path: Path
    quick: bool = False
    trust: bool = False
    out: Path = OUT
    command: str = ""
    progress: str = "auto"


@dataclass(frozen=True)
class Reproduced:
    """How it ended: the new run, and the lines to print at the end."""

    outcome: RunOutcome
    lines: list[str]


@dataclass(frozen=True)
class Recipe:
    """A bundle that was checked and unpacked for a moment: its run, and its experiment as it would run here."""

    found: Bundle
    run: Run
    folder: Path
    spec: Spec

    @property
    def interpreters(self) -> Mapping[str, Mapping[str, Any]]:
        """The facts of the interpreters that the run had, by label."""
        return self.run.manifest["interpreters"]  # type: ignore[no-any-return]

    @property
    def only(self) -> str:
        """The condition on cells of the run, "" for all."""
        return str(self.run.manifest.get("only") or "")


def reproduce(request: ReproduceRequest, say: Say, questions: Questions) -> Reproduced:
    """Check, plan, run and compare. InputError without `trust` where the bundle brings something that would be executed."""
    from concexp.analysis import results

    path = request.path
    if not path.exists():
        raise InputError([Problem(str(path), 0, 0, "", "there is no such file", "name a zip of `concexp bundle`")])
    with bundle.unpacked(path) as (found, folder):
        run = results.of_bundle(found, folder)
        say(f"{path}: all {len(found.sums)} files are as they were, SHA-256 {user_files.sha256(str(path))}")
        _check_files(run)
        if missing := results.missing_plug_ins(run.manifest, catalog.KINDS):
            cure = "install the package for the Python that runs concexp; nothing is installed for you"
            raise EnvironmentRefused(f"{path} needs plug-ins that are not installed: {missing}", cure)
        recipe = Recipe(found, run, folder, _spec(found, folder))
        for line in _plan_lines(recipe, request):
            say(line)
        _check_trust(recipe, request.trust)
        outcome = run_experiment(_run_request(recipe, request), request.progress, page=True, questions=questions)
        return Reproduced(outcome, [*outcome.lines, *_compared(recipe, outcome, request)])


def _spec(found: Bundle, folder: Path) -> Spec:
    """The experiment of an unpacked bundle, which stands alone: a file that it extends would be one of this machine's."""
    file = str(folder / kept.EXPERIMENT)
    try:
        text = yaml_nodes.read_limited(Path(file))
        if "extends" in yaml_nodes.parse(text, file).value:
            raise Damaged(f"{found.path}: its experiment extends another file", "`concexp bundle` makes no such bundle")
        return experiment.parse_text(text, file)
    except UnicodeDecodeError as error:
        raise Damaged(
            f"{found.path}: its experiment is not UTF-8 text", "`concexp bundle` makes no such bundle"
        ) from error
    except InputError as error:
        here = [replace(one, file=one.file.replace(str(folder), str(found.path))) for one in error.problems]
        raise InputError(here) from error


def _check_files(run: Run) -> None:
    """EnvironmentRefused if data are missing that were too large for the bundle."""
    files = run.manifest.get("files") or {}
    missing = [f"{name} (SHA-256 {one['sha256']})" for name, one in files.items() if not one["kept"]]
    if missing:
        raise EnvironmentRefused(
            f"{run.folder} does not hold {', '.join(missing)}, which is too large for a bundle",
            f"unpack the bundle, put it into {kept.FILES}/ of that folder, and `concexp run {kept.EXPERIMENT}` there",
        )


# What would run ------------------------------------------------------------------------------------------------------


def _plan_lines(recipe: Recipe, request: ReproduceRequest) -> Iterator[str]:
    """What would run, how long it takes, what cannot run here and why, and in what this place differs from that of the run."""
    spec = shortened(recipe.spec) if request.quick else recipe.spec
    code = stage.stage_child_code(plugin_files.of_spec(spec))
    resolved = discovery.resolve_interpreters(spec, code, elsewhere=recipe.interpreters)
    pythons = {label: python for label, python in resolved.items() if isinstance(python, Interpreter)}
    plan = make_plan(spec, facts.usable_cpus(), recipe.only, discovery.support_checks(resolved, code))
    runs = request.out / spec.name / "runs"
    yield plan_text(spec, plan, forecast(spec, plan, known_before(runs, spec.measure, facts.host())))
    yield ""
    yield from _differences(recipe, pythons, code)


def _differences(recipe: Recipe, pythons: Mapping[str, Interpreter], code: stage.StagedCode) -> Iterator[str]:
    manifest = recipe.run.manifest
    if (version := manifest["concexp"]) != __version__:
        yield f"concexp: {version} then, {__version__} here"
    if (then := manifest.get("trial_code")) != code.sha256:
        yield (
            f"the trials execute the code of this concexp ({code.sha256[:12]}…), and not that of the bundle "
            f"({str(then)[:12]}…), which differs"
        )
    if (cpus := recipe.run.cpus) != (here := facts.usable_cpus()):
        yield f"usable CPUs: {cpus} then, {here} here"
    for label, python in pythons.items():
        then, now = (_interpreter(one) for one in (recipe.interpreters.get(label) or {}, python.facts))
        if then != now:
            yield f"interpreter {label}: {then} then, {now} here"
    for name, package in (manifest.get("plug_ins") or {}).items():
        if (now := catalog.origin(*name.split("/", 1))) != package:
            yield f"plug-in {name}: of {package} then, of {now} here"
    for one in packages.unlike(manifest, pythons, code):
        here_too = f"{one.here} here" if one.here else "not installed here"
        cure = (
            ""
            if one.here
            else f": the code cannot run without it; nothing is installed for you (pip install {one.name}=={one.measured})"
        )
        yield f"package {one.name} for the interpreter {one.python}: {one.measured} then, {here_too}{cure}"


def _interpreter(known: Mapping[str, Any]) -> str:
    gil = "" if known.get("gil_built", True) else " free-threaded"
    return f"{known.get('implementation') or 'unknown'} {known.get('version') or ''}{gil}".strip()


# What would be executed ----------------------------------------------------------------------------------------------


def _check_trust(recipe: Recipe, trusted: bool) -> None:
    """InputError with a list of all that would be executed or obeyed, unless there is none, or it is trusted."""
    lines = [*_executed(recipe)]
    if lines and not trusted:
        what = "\n  ".join(["it brings what trials would execute or obey, and nothing of it was executed yet:", *lines])
        cure = "look at it (a bundle is a zip archive), and give the command again with --trust if you trust whoever made it"
        raise InputError([Problem(str(recipe.found.path), 0, 0, "", what, cure)])


def _executed(recipe: Recipe) -> Iterator[str]:
    """The user's code, the files and the variables that the trials are given; empty for an experiment of plug-ins alone."""
    found, spec = recipe.found, recipe.spec
    for entry in spec.user_entries:
        called = [entry.name, *(one.name for one in (entry.consumer, entry.check, entry.over) if one.function)]
        yield f"calls {', '.join(called)}" + (f" with {dict(entry.parameters)}" if entry.parameters else "")
    for name, variable in spec.environment.items():
        where = "the value that you have" if variable.from_caller else variable.text or environment.UNSET
        yield f"environment variable {name}: {where}"
    for grid in spec.grids:
        for axis in grid.axes:
            for key in axis.keys:
                values = ", ".join(str(value.raw) for value in grid.values(key))
                if key.startswith(environment.AXIS):
                    yield f"environment variable {key.removeprefix(environment.AXIS)}: {values}"
                elif key in AXES and AXES[key].on_command_line:
                    yield f"the interpreter's command line: {values}"
    for label, value in spec.interpreters.items():
        if value.requirements is not None:
            yield f"installs for python {label}: {', '.join(value.requirements.lines)}"
    files = [
        (f"{folder}/{name}", f"{found.sizes[f'{folder}/{name}']:,} bytes", f"SHA-256 {sha256}")
        for folder in (kept.CODE, kept.FILES)
        for name, sha256 in found.below(folder).items()
    ]
    yield from table_lines(files[0], files[1:]) if files else ()


# Running and comparing -----------------------------------------------------------------------------------------------


def _run_request(recipe: Recipe, request: ReproduceRequest) -> RunRequest:
    manifest = recipe.run.manifest
    return RunRequest(
        path=recipe.folder / kept.EXPERIMENT,
        only=recipe.only,
        out=request.out,
        quick=request.quick or bool(manifest.get("quick")),
        command=request.command,
        spec=replace(recipe.spec, execution=Execution()),  # here, and on no machines that a stranger names
        elsewhere=recipe.interpreters,
    )


def _compared(recipe: Recipe, outcome: RunOutcome, request: ReproduceRequest) -> list[str]:
    """Write the page that compares the two runs; returns its answer, and where it is, or why there is none."""
    try:
        comparison = compare_runs([recipe.run, outcome.measured.results])
    except InputError as error:  # no cell of the run could be reproduced here, or the bundle's run has no trial
        why = [f"{problem.message}; {problem.hint}" for problem in error.problems]
        return ["", f"no comparison: {'; '.join(why)}"]
    page = write_comparison(comparison, default_folder(comparison, request.out), request.command)
    return ["", *page.answer, "", f"comparison: {page.path}"]
