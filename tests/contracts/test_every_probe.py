"""What holds for every probe: it declares itself, and what a trial records through it is what it declares."""

import functools
import inspect
import itertools

import pytest

from concexp import catalog
from concexp.testing.described import assert_described
from concexp.trial import tools
from concexp.trial.probes import SeparateProbe
from tests.helpers.forks import trial
from tests.helpers.plugins import SMALL, build

NAMES = catalog.names("probe")
LOADS = {"closed": SMALL, "open": {"rate": 2000.0, "duration": 0.02, "arrivals": "constant"}}
# One of each kind: tasks and workers that share state, with and without a primitive, on each kind of worker.
TRIALS = [
    ("cpu_sum", "serial", "none", "closed"),
    ("cpu_sum", "threads", "none", "closed"),
    ("cpu_sum", "thread_pool", "none", "open"),
    ("cpu_sum", "thread_pool", "none", "closed"),
    ("counter", "threads", "lock", "closed"),
    ("counter", "asyncio", "lock", "closed"),
    ("bounded_buffer", "threads", "queue", "closed"),
    ("bounded_buffer", "processes", "queue", "closed"),
]


def probe_class(name):
    return catalog.load("probe", name)


def observes(name, sync):
    """Whether trials with this primitive may be run with the probe."""
    return not probe_class(name).own_trials or probe_class(name).applies_to(build("sync", sync))


OBSERVED = [(name, *trial) for name in NAMES for trial in TRIALS if observes(name, trial[2])]


def number(value):
    return type(value) in (int, float)


def number_or_none(value):
    return value is None or number(value)


def histogram(value):
    classes = [index for index, _ in value]
    return classes == sorted(set(classes)) and all(type(index) is int and count > 0 for index, count in value)


def timeline(value):
    return set(value) == {"end", "more", "workers"} and all(number(row["came"]) for row in value["workers"])


# The kinds of values that `Probe.columns` names, as tests of one value.
KINDS = {
    "number": number_or_none,
    "numbers": lambda value: value is None or (isinstance(value, list) and all(map(number_or_none, value))),
    "list": lambda value: isinstance(value, list),
    "histogram": histogram,
    "timeline": timeline,
}


def required(load):
    """The probes that a trial with such a load cannot do without."""
    return {
        name for name in NAMES if probe_class(name).always_on(LOADS[load]) and not probe_class(name).always_on(SMALL)
    }


def columns(names):
    """The kinds of all columns of these probes, by column."""
    return {column: kind for name in names for column, kind in probe_class(name).columns.items()}


@functools.cache
def recorded(workload, model, sync, load, *probes):
    """The facts of one iteration of a real trial, with these probes and those that its load requires."""
    outcome = trial(workload, model, sync, load=LOADS[load], probes=sorted({*probes, *required(load)}))
    assert (outcome.status, outcome.left_behind) == ("ok", 0), outcome
    return outcome.answer["iterations"][0]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """A probe says what it observes, and names its columns; the words for their kinds are those of `Probe`."""
    assert_described("probe", name)
    for column, kind in probe_class(name).columns.items():
        assert column.isidentifier()
        assert kind in KINDS
        assert f'"{kind}"' in inspect.getdoc(tools.Probe)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_itself(name):
    """A probe that needs trials of its own says for which primitives; it is never on by itself."""
    probe = probe_class(name)
    assert probe.own_trials is issubclass(probe, SeparateProbe)
    for load in (*LOADS.values(), {"duration": 0.1}):
        assert probe.always_on(load) in ((False,) if probe.own_trials else (False, True))
    if probe.own_trials:
        assert {probe.applies_to(build("sync", sync)) for sync in catalog.names("sync")} <= {False, True}


def test_no_column_is_recorded_twice():
    """No two probes have a column of the same name, and none has one that every trial records without it."""
    assert len(columns(NAMES)) == sum(len(probe_class(name).columns) for name in NAMES)
    assert not set(columns(NAMES)) & set(recorded("cpu_sum", "serial", "none", "closed"))


@pytest.mark.parametrize(("name", "workload", "model", "sync", "load"), OBSERVED, ids=str)
def test_its_columns_are_what_it_records(name, workload, model, sync, load):
    """An iteration holds nothing more than without the probe but its columns, each of the kind declared."""
    without = recorded(workload, model, sync, "closed")
    facts = recorded(workload, model, sync, load, name)
    declared = columns({name, *required(load)})
    assert set(without) <= set(facts) <= set(without) | set(declared)
    for column, value in facts.items():
        if column in declared:
            assert KINDS[declared[column]](value), (column, value)


@pytest.mark.parametrize("name", NAMES)
def test_each_of_its_columns_is_recorded_somewhere(name):
    """No column is declared that no trial records."""
    trials = [trial for other, *trial in OBSERVED if other == name]
    facts = itertools.chain.from_iterable(recorded(*trial, name) for trial in trials)
    assert set(columns([name])) <= set(facts)
