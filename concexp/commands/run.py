"""What `concexp run` does: takes one experiment from its file to its page."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concexp import __version__, catalog, experiment
from concexp.analysis.adaptive import SequentialPlan
from concexp.analysis.precision import precision_shortfall
from concexp.commands.check import TOLERANCE, Check, claim_lines, difference_lines, failed, require_claims, share_of
from concexp.commands.conclusions import doubt_lines, spoken_lines
from concexp.commands.machine_check import look_around
from concexp.commands.machines import HERE, Place, hosts_of, on_cluster, place_of, run_on_hosts
from concexp.commands.measured import MeasuredRun, check_complete, read, write_page, write_partial_page
from concexp.commands.progress import Silent, progress_display
from concexp.commands.questions import Questions
from concexp.commands.report import index_notes, page_files
from concexp.commands.run_log import RunLog
from concexp.commands.session import Session
from concexp.errors import Interrupted
from concexp.experiment import Spec, plugin_files
from concexp.experiment.kept import CODE, FILES
from concexp.experiment.spec import PLUGINS
from concexp.plan.planner import make_plan, with_refusals
from concexp.plan.schedule import Plan
from concexp.report import AS_WRITTEN, Look, font_files
from concexp.report.checked import CLAIMS, ENDED_BADLY, PAGE, VERSIONS, Checked
from concexp.run import runner, services, user_files
from concexp.run.child import process_tree, stage, temp_folder
from concexp.run.child.stage import StagedCode
from concexp.run.child.template import GIVEN_UP
from concexp.run.durations import known_before
from concexp.run.forecast import forecast, plural_trials
from concexp.run.interpreters import discovery, interpreter
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts, hazards
from concexp.run.machine.lock import MachineLock
from concexp.run.machine.neighbours import Watch
from concexp.run.outlook import Outlook
from concexp.run.preflight import Preflight
from concexp.run.provided import Provided, file_facts, provided_by, sharing
from concexp.run.records import without_home
from concexp.run.storage import journal, run_folder
from concexp.run.storage.run_folder import RunFolder
from concexp.run.user_files import UserFiles, same_code


@dataclass(frozen=True)
class RunRequest:
    """What the command line asks for; `command` is that line, for the manifest."""

    path: Path
    sets: tuple[str, ...] = ()
    only: str = ""
    out: Path = Path("reports")
    quick: bool = False
    fresh: bool = False
    wait: bool = True
    command: str = ""
    quiet: bool = False
    verbose: bool = False
    look: Look = AS_WRITTEN
    spec: Spec | None = None  # of an experiment that stands in no file
    elsewhere: Mapping[str, Mapping[str, Any]] | None = None  # the interpreters of the run that is reproduced
    against: str = ""  # the revision of the user's code that the files as they are are compared with
    tolerance: str = ""  # by how much a version may be slower; a check judges versions if this or `against` is given
    listed: bool = False  # whether verdicts are wanted without a check as well
    language: str = ""  # of the page, instead of that of the experiment
    cluster: str = ""  # whose hosts run the trials, instead of those that the experiment names

    @property
    def partial(self) -> bool:
        """True if the run leaves out part of the experiment."""
        return self.quick or bool(self.only)

    @property
    def share(self) -> float | None:
        """The tolerance as a share; None where versions are not judged. InputError for one that is none."""
        return share_of(self.tolerance or TOLERANCE) if self.tolerance or self.against else None


@dataclass(frozen=True)
class Setup:
    """What the trials of an experiment need: its plan, the child's code, the interpreters by label, variables and files.

    `place` is where they run.
    """

    spec: Spec
    plan: Plan
    code: StagedCode
    pythons: Mapping[str, Interpreter]
    provided: Provided
    place: Place = HERE


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: its answer and verdicts as lines, the further lines to print, and what makes the exit code 1.

    bad      the number of trials that ended badly unexpectedly, and one more if the page lacks a part
    checked  the verdicts on claims, on versions and on how trials ended; empty if nobody asked for them
    failed   those of them that fail the check
    """

    measured: MeasuredRun
    answer: list[str]
    lines: list[str]
    bad: int
    checked: list[Checked]
    failed: list[Checked]


def run_experiment(
    request: RunRequest,
    progress_kind: str,
    page: bool,
    check: Check = Check.off,
    questions: Questions | None = None,
    watch: Watch | None = None,
) -> RunOutcome:
    """Run one experiment, or complete its unfinished run, and write its page.

    With `check` its claims are judged, and versions of the user's code where the request names a revision or a tolerance.
    `watch` was begun shortly before; without it there is a wait until one has seen enough of other programs.
    """
    with logged(request, progress_kind, questions or Questions(asks=False), watch) as session:
        spec = load_spec(request)
        with hosts_of(spec, session) as hosts:
            setup = set_up(request, spec, check, page, session, place_of(hosts))
            folder, trials = _measure(request, setup, session, page)
        session.close()
        outcome = concluded(request, spec, read(folder), trials, page, check)
        if outcome.answer:
            for line in doubt_lines(outcome.measured.results):
                session.log.write(line)
        session.log.write("\n".join([*outcome.answer, *outcome.lines]))
        return outcome


@contextlib.contextmanager
def logged(request: RunRequest, progress_kind: str, questions: Questions, watch: Watch | None) -> Iterator[Session]:
    """A session that shows what happens as the request asks, with a log of how it began and of how it ended badly."""
    display = Silent() if request.quiet else progress_display(progress_kind, request.verbose)
    session = Session(display, questions, RunLog(), watch)
    try:
        session.log.write(f"concexp {__version__} on {facts.python_and_system()}: {request.command}")
        yield session
    except BaseException as error:
        session.log.write(f"ended by {type(error).__name__}: {error}")
        raise
    finally:
        session.close()
        session.log.close()


def concluded(
    request: RunRequest,
    spec: Spec,
    measured: MeasuredRun,
    trials: frozenset[str],
    page: bool,
    check: Check,
    beside: bool = False,
) -> RunOutcome:
    """Write the page of a run whose trials have ended, and judge its claims and versions.

    `beside` puts the page into the run's folder.
    """
    check_complete(measured, trials)
    bad = list(runner.bad_trials(measured.journal.records, spec, measured.folder.manifest["machine"]["cpus"]))
    lines = [str(measured.folder.path)]
    lacks: list[str] = []
    if page:
        look = Look(request.look.figures or spec.report.figures, request.look.html)
        written, lacks = write_page(measured, request.partial or beside, spec.report.language, look)
        lines = [f"report: {path}" for path in page_files(measured.results, written, look)]
        lines += [*lacks, *index_notes(measured.results, written[0].parent)]
    if bad:
        lines.append(f"{plural_trials(len(bad))} ended badly: the report names them")
    if spec.measure.precision is not None:
        lines += _shortfall(measured, spec.measure.precision)
    share = request.share
    checked: list[Checked] = []
    if request.listed or (check is not Check.off and (spec.claims or share is not None)):
        from concexp.report.checks import of_run

        checked = of_run(measured.results, share, bad, spec.report.language)
        checked += [Checked(PAGE, "the page is whole", ENDED_BADLY, lack) for lack in lacks]
        if spec.claims or share is None:
            lines += claim_lines([one for one in checked if one.kind == CLAIMS], check)
        if share is not None:
            lines += difference_lines([one for one in checked if one.kind == VERSIONS], share, check)
    else:
        lines += claim_lines([], check)
    answer: list[str] = []
    if page or checked:
        answer = spoken_lines(measured.results, page, request.verbose, spec.report.language)
    return RunOutcome(measured, answer, lines, len(bad) + len(lacks), checked, failed(checked, check))


def set_up(request: RunRequest, spec: Spec, check: Check, page: bool, session: Session, place: Place) -> Setup:
    """Plan the experiment, stage the child's code and compile it for every interpreter that runs trials."""
    if request.share is None or not spec.versions:
        require_claims(spec, check)
    if page:
        font_files.require(spec.report.language)
    provided = provided_by(spec, os.environ)
    process_tree.end_abandoned()
    temp_folder.clear()
    code = stage.stage_child_code(plugin_files.of_spec(spec))
    resolved = discovery.resolve_interpreters(spec, code, elsewhere=request.elsewhere, say=session.say)
    plan = make_plan(spec, place.cpus, request.only, discovery.support_checks(resolved, code))
    pythons = {label: python for label, python in resolved.items() if isinstance(python, Interpreter)}
    for path in {sys.executable, *(python.path for python in pythons.values())}:
        stage.compile_for(path, code)
    return Setup(spec, plan, code, pythons, provided, place)


def load_spec(request: RunRequest) -> Spec:
    """Read the experiment; --quick reduces it to one short repetition."""
    spec = request.spec or experiment.load(request.path, request.sets, request.against)
    if request.language:
        spec = spec.with_look(language=request.language)
    if request.cluster:
        spec = on_cluster(spec, request.cluster)
    return shortened(spec) if request.quick else spec


def shortened(spec: Spec) -> Spec:
    """An experiment as --quick runs it."""
    short = {"repetitions": 1, "iterations": 1, "warmup": min(1, spec.measure.warmup)}
    return spec.with_measure(**short, precision=None, max_repetitions=None, budget=None)


def _measure(request: RunRequest, setup: Setup, session: Session, page: bool) -> tuple[RunFolder, frozenset[str]]:
    """Bring the journal to the end of the plan; returns the run's folder and the ids of all trials.

    On Ctrl-C: Interrupted, with the lines to print about the page.
    """
    if setup.code.note:
        session.say(setup.code.note)
    with sharing(setup.provided, session.say) as provided:
        run, outlook = prepared(request, replace(setup, provided=provided), session)
        session.opened(run.folder.path)
        session.foreseen(forecast(setup.spec, run.plan, outlook.durations, answers_known=True), outlook)
        try:
            if setup.place.hosts is None:
                return run.folder, run.execute()
            return run.folder, run_on_hosts(run, setup.place.hosts, request.only, request.wait)
        except KeyboardInterrupt:
            session.close()
            if not page:
                raise Interrupted((), session.kept) from None
            session.say("interrupted: writing the report so far; once more ends at once")
            raise Interrupted(write_partial_page(run.folder, setup.spec.report.language), session.kept) from None


def prepared(request: RunRequest, setup: Setup, session: Session) -> tuple[runner.Runner, Outlook]:
    """The runner of a new run, or of one to be completed, and how long it will take."""
    spec = setup.spec
    lock = MachineLock(
        f"concexp run of {spec.name}", lambda holder: session.note(f"waiting for {holder}"), request.wait
    )
    preflight = Preflight(spec, setup.plan, setup.pythons, setup.code, lock, setup.provided)
    folder, files = _open_folder(request, preflight, session, setup.place)
    # An unfinished run keeps the results of its first preflight: its journal must not contradict itself.
    found = folder.manifest.get("preflight", {})
    plan = with_refusals(spec, setup.plan, found.get("unsupported", {}))
    durations = known_before(folder.path.parent, spec.measure, setup.place.host, preflight.startup)
    sequential = SequentialPlan(spec, plan, runner.header(spec, plan, folder), session.forecast)
    run = runner.Runner(
        spec,
        plan,
        folder,
        setup.code,
        setup.pythons,
        lock,
        session,
        sequential.next_trials if spec.measure.open_ended else None,
        setup.place.host,
        user_files=_user_files(folder, files, setup.provided),
        provided=setup.provided,
        differing=found.get("differing", {}),
    )
    return run, Outlook(plan, durations)


def _open_folder(
    request: RunRequest, preflight: Preflight, session: Session, place: Place
) -> tuple[RunFolder, Mapping[str, str]]:
    """The unfinished run of the same identity, or a new one once the preflight has tried the user's code.

    With it the paths of the user's files, by their names in `code/`.
    """
    spec, code, provided = preflight.spec, preflight.stage, preflight.provided
    runs = request.out / spec.name / "runs"
    interpreters = {label: python.facts for label, python in preflight.pythons.items()}
    entries, refusals = preflight.inspect_code()
    files, data = user_files.code_files(spec, entries), file_facts(provided)
    facts_provided = {**provided.facts, **({"files": data} if data else {})}
    if plug_ins := _installed_plug_ins(spec, preflight.plan):
        facts_provided["plug_ins"] = plug_ins
    if place.hosts is not None:
        facts_provided["execution"] = spec.execution.model_dump(include={"engine", "strategy"})
    compared = {"versions": {label: one.identity for label, one in spec.versions.items()}} if spec.versions else {}
    identity = run_folder.identity(spec, files, code.sha256, interpreters, request.only, {**facts_provided, **compared})
    machine = place.machine or look_around(session, preflight.plan)
    parts = {
        "trial_code": code.sha256,
        "only": request.only,
        "interpreters": interpreters,
        "user_code": user_files.hashes_of(files),
        **facts_provided,
        **({"versions": {label: one.record for label, one in spec.versions.items()}} if spec.versions else {}),
    }
    if not request.fresh:
        unfinished = run_folder.unfinished(runs, identity, place.host, machine["cpus"], parts)
        here, why = unfinished.here, unfinished.elsewhere
        if here is not None and not run_folder.has_cells(here, {cell.id for cell in preflight.plan.cells}):
            why = f"{here.path.name} was begun with other cells, and is left as it is"
        elif here is not None and not journal.being_written(here.journal):
            return here, files
        if why and not place.id:  # where each host has a run, those of the others are no news
            session.say(f"this is a new run: {why}")
    servers = services.ask_servers(preflight.plan, preflight.pythons, code, preflight.lock, provided)
    refused = preflight.try_code({**servers.reasons, **refusals})
    for reason, count in Counter(refused.values()).items():
        session.say(f"{count} cell{'' if count == 1 else 's'} cannot run: {reason}")
    # Refused before there is a folder, where no cell is left: a server may be there when the command is given again.
    plan = with_refusals(spec, preflight.plan, refused)
    libraries = services.libraries(plan, preflight.pythons, code)
    for line in preflight.announcements(refused):
        session.say(line)
    agreement = preflight.compare_answers(refused)
    for line in (*agreement.lines, *same_code(spec, files)):
        session.say(line)
    clocks, doctor = {}, None  # of other machines, the journal has them
    if place.hosts is None:
        clocks = {label: interpreter.usual_clocks(python, code) for label, python in preflight.pythons.items()}
        doctor = hazards.warning_before_run(machine, next(iter(clocks.values()), {}))
    manifest: dict[str, Any] = {
        "concexp": __version__,
        "identity": identity,
        "seed": spec.measure.seed,
        "started_at": run_folder.now(),
        "command": without_home(request.command),
        "quick": request.quick,
        "host": place.host,
        "machine": machine,
        **({"doctor": doctor} if doctor is not None else {}),
        "clocks": clocks,
        **({"isolation": GIVEN_UP} if any(cell.runtime.is_forked for cell in plan.runnable) else {}),
        "git": facts.git(Path.cwd(), request.out),
        "packages": facts.packages(),
        **parts,
        "preflight": {
            "entries": {label: {k: v for k, v in entry.items() if k != "modules"} for label, entry in entries.items()},
            "unsupported": refused,
            "differing": agreement.differing,
            "answers": agreement.compared,
            **({"versions": agreement.versions} if spec.versions else {}),
            **({"libraries": libraries} if libraries else {}),
            **({"servers": dict(servers.versions)} if servers.versions else {}),
        },
    }
    kept = {name: path for name, path in provided.sources.items() if name in provided.kept}
    return run_folder.create(runs, spec, files, manifest, kept), files


def _installed_plug_ins(spec: Spec, plan: Plan) -> dict[str, str]:
    """The plug-ins of other packages by kind/name, with the versions of their packages."""
    used = {(PLUGINS.get(entry.kind, entry.kind), entry.name) for cell in plan.cells for entry in cell.entries}
    used |= {("metric", name.partition(".")[0]) for name in spec.requested_metrics}
    used |= {("plot", name) for name in spec.report.plots or ()}
    return {f"{kind}/{name}": package for kind, name in sorted(used) if (package := catalog.origin(kind, name))}


def _user_files(folder: RunFolder, files: Mapping[str, str], provided: Provided) -> UserFiles:
    """The user's code and data, and how they were when the run began, by their names in its folder."""
    data = folder.manifest.get("files", {})
    hashes = {f"{CODE}/{name}": sha256 for name, sha256 in folder.manifest["user_code"].items()}
    hashes |= {f"{FILES}/{name}": one["sha256"] for name, one in data.items()}
    sources = {f"{CODE}/{name}": path for name, path in files.items()}
    return UserFiles(sources | {f"{FILES}/{name}": path for name, path in provided.sources.items()}, hashes)


def _shortfall(measured: MeasuredRun, precision: float) -> list[str]:
    """A line on the cells and claims that did not reach the wanted precision, if there are any."""
    line = precision_shortfall(measured.results, measured.verdicts, precision).text
    return [line] if line else []
