"""What holds for every experiment of the gallery: it reads, plans and runs, says what it is, and together they use every plug-in.

A trial is that of some cells, one for each workload, with little load; it is run by this interpreter whatever Python they name.
"""

import contextlib
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from concexp import catalog, experiment
from concexp.commands.plan_text import plan_data
from concexp.errors import EnvironmentRefused
from concexp.experiment.kept import MANIFEST
from concexp.experiment.spec import KINDS
from concexp.experiment.statuses import MEASURED
from concexp.plan.claim_cases import Cells, expected_statuses
from concexp.plan.planner import make_plan
from concexp.plan.support import SupportCheck, here
from concexp.run import runner
from concexp.run.durations import Durations
from concexp.run.forecast import forecast
from concexp.run.interpreters import interpreter
from concexp.run.interpreters.interpreter import Interpreter
from tests.helpers import children
from tests.helpers.program import ROOT

FILES = sorted((ROOT / "experiments").glob("*.yaml"))
MACHINES = (1, 2, 16)  # CPUs
LONGEST = 120  # seconds on two CPUs, as far as loads tell
# These first lessons are longer: they were measured before there was a limit.
LONGER = ("cpu_models", "io_models", "lost_updates", "ccbench", "lockbench", "critical_sections", "latency")
LONGER += ("interpreters",)
FIRST_WITH_SOURCE = 16
OPS, SECONDS = 20, 0.02  # of a trial here


def number(path):
    return int(path.name[:2])


@pytest.fixture(scope="module")
def planned():
    """(spec, plan) of a file on a machine with some CPUs, whose interpreters are all like this one."""
    made = {}

    def plan(path, cpus=2):
        if (path, cpus) not in made:
            made[path, cpus] = plan_of(experiment.load(path, (), ""), cpus)
        return made[path, cpus]

    return plan


def plan_of(spec, cpus):
    """The plan with what is installed here; if that can run nothing of it, with all that it needs."""
    try:
        return spec, make_plan(spec, cpus, checks={label: here() for label in spec.interpreters})
    except EnvironmentRefused:
        everything = SupportCheck(here().facts, lambda cells: [""] * len(cells))
        return spec, make_plan(spec, cpus, checks=dict.fromkeys(spec.interpreters, everything))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_plans_on_every_machine(path, planned):
    """On one CPU, on two and on many it has cells that can run, and each claim has a case."""
    for cpus in MACHINES:
        spec, plan = planned(path, cpus)
        assert plan.runnable
        data = plan_data(spec, plan, forecast(spec, plan, Durations()))
        assert [claim["says"] for claim in data["claims"] if not claim["cases"]] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_says_what_it_is(path, planned):
    """It has a question and tags; its comment says what to expect, and the new ones the source of their claims."""
    spec, _ = planned(path)
    comment = "".join(line for line in path.read_text("utf-8").splitlines(True) if line.startswith("#"))
    assert spec.question.endswith("?")
    assert spec.tags
    assert all(claim.says != claim.expect.raw for claim in spec.claims)
    if number(path) >= FIRST_WITH_SOURCE:
        assert f"# Lesson {number(path)}" in comment
        assert "expected to see" in comment
        assert re.search(r"^# Source: \S", comment, re.MULTILINE)
        assert spec.claims
        assert ("published" in spec.tags) == ("(published)" in comment)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_takes_two_minutes_at_most(path, planned):
    """As far as its loads say, it ends within two minutes on two CPUs."""
    spec, plan = planned(path)
    assert spec.name in LONGER or forecast(spec, plan, Durations()).seconds <= LONGEST


def test_numbers_and_names():
    """They are numbered without a gap, and no two have one name, which is that of the folder of their reports."""
    assert [number(path) for path in FILES] == list(range(len(FILES)))
    names = [experiment.load(path, (), "").name for path in FILES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", KINDS)
def test_every_plug_in_is_used(kind, planned):
    """Each workload, model and primitive stands in at least one experiment."""
    used = set()
    for path in FILES:
        for grid in planned(path)[0].grids:
            entries = [*getattr(grid, kind), *([grid.background] if grid.background else [])]
            used |= {entry.name for entry in entries if entry.kind == kind}
    assert set(catalog.names(kind)) - used == set()


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """Runs a cell of an experiment once, with little load; returns the record."""
    folder = SimpleNamespace(path=tmp_path_factory.mktemp(MANIFEST), manifest={"machine": {"cpus": 2}})
    lock = SimpleNamespace(held=contextlib.nullcontext)
    python = interpreter.current(children.staged())

    def run(spec, plan, cell):
        pythons = {label: Interpreter(label, python.path, python.facts) for label in {*spec.interpreters, "current"}}
        runs = runner.Runner(spec, plan, folder, children.staged(), pythons, lock, None)
        runs.pace = {"rounds_per_s": children.PACE}
        trial = next(trial for trial in plan.trials if trial.cell.id == cell.id and trial.role == MEASURED)
        return runs.measure(replace(trial, cell=replace(cell, load=little(cell))))

    return run


def little(cell):
    """The load of a cell, cut to what shows that it works."""
    load = dict(cell.load)
    if "ops" in load:
        load["ops"] = min(load["ops"], max(OPS, 2 * cell.parallelism))
    if "duration" in load:
        load["duration"] = min(load["duration"], SECONDS if "rate" not in load else 5 * SECONDS)
    return load


def some(spec, plan):
    """For each workload a cell: one that ends well if there is any, with few workers, but more than one."""
    cells = Cells({cell.id: cell.axes for cell in plan.cells}, 2)
    bad = {cell for claim in spec.claims for cell, status in expected_statuses(claim, cells) if status != "ok"}
    chosen = {}
    for cell in sorted(plan.runnable, key=lambda cell: (cell.id in bad, cell.parallelism == 1, cell.parallelism)):
        chosen.setdefault(cell.axes["workload"], cell)
    return chosen.values()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_some_trials_of_it_run(path, planned, trials):
    """A trial of each of its workloads ends well, or as the experiment expects it to."""
    spec, plan = plan_of(planned(path)[0].with_measure(warmup=0, iterations=1), 2)
    cells = [cell for cell in some(spec, plan) if not here().reasons([cell])[0]]
    if not cells:
        pytest.skip("what it measures is not installed here")
    for cell in cells:
        record = trials(spec, plan, cell)
        assert list(runner.bad_trials([record], spec, 2)) == [], (cell.axes, record.get("output"))
