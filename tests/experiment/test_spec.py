"""A Spec: how much it measures, and the experiment as data again."""

import json

import pytest
import yaml

from concexp.errors import InputError
from concexp.experiment import load, parse_text
from concexp.experiment.yaml_nodes import Dumper
from concexp.plan.planner import make_plan

SHORT = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nload: {ops: 64, scaling: strong}\n"
)


RESOLVED = [
    SHORT,
    "workload: [{counter: {form: call}, as: c}]\nmodel: [serial, threads]\nsync: [none, lock]\n"
    "sweep: [{workers: {from: 1, to: 4, times: 2}}, {workers: 3, startup: each, exclude: [sync == lock]}]\n"
    "load: {ops: 1e4, scaling: weak}\n",
    "workload: [echo, {sleep: {delay: 1ms}, as: '1e5'}]\nmodel: [threads, {processes: {start_method: spawn}}]\n"
    "sweep: {workers: [1, 2*cpus], echo.size: [1KiB, {is: 64, as: '3.10'}], zip: [{seed: [1, 2], startup: [once, each]}]}\n"
    "measure: {timeout: 0.1234567s, repetitions: 2, precision: 2.5%, max_repetitions: 9, "
    "budget: 1.5m, control: off}\nexclude: [{echo.size: '3.10'}]\nquestion: '20_000'\n"
    "allow: {sync: none, status: invalid}\nmetrics: throughput\nprimary: throughput\ntags: 'null'\n",
]


@pytest.mark.parametrize("text", RESOLVED)
def test_a_resolved_experiment_is_the_same_again(text):
    """What is written as resolved.yaml gives the same trials, cell by cell, and resolves to itself."""
    spec = parse_text(text, "x.yaml", ["measure.seed=5"])
    data = spec.resolved()
    again = parse_text(yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True), "resolved.yaml")
    assert [t.id for t in make_plan(again, 3).trials] == [t.id for t in make_plan(spec, 3).trials]
    assert again.resolved() == data == json.loads(json.dumps(data))
    assert (again.name, again.question, again.measure) == (spec.name, spec.question, spec.measure)


def test_how_much_to_measure():
    """Precision, limits and flags in their units; the limit is 50, or what comes first if that is more."""
    measure = parse_text(SHORT + "measure: {precision: 2.5%, budget: 10m, control: on}\n", "x.yaml").measure
    assert (measure.precision, measure.budget, measure.control) == (0.025, 600.0, True)
    assert (measure.blocks, measure.max_blocks) == (10, 50)
    more = parse_text(SHORT + "measure: {precision: 2.5%, repetitions: 60}\n", "x.yaml").measure
    assert (more.blocks, more.max_blocks) == (60, 60)
    plain = parse_text(SHORT, "x.yaml").measure
    assert (plain.blocks, plain.max_blocks, plain.precision, plain.budget) == (10, 10, None, None)


def test_a_resolved_experiment_stands_alone(write):
    """Nothing is left of `extends` and of dot-keys: their content is there."""
    write("base.yaml", ".x: &x {seed: 3}\nmodel: serial\nmeasure: {<<: *x, repetitions: 4}\n")
    data = load(write("x.yaml", "extends: base.yaml\nworkload: sleep\n")).resolved()
    assert (data["measure"]["seed"], data["measure"]["repetitions"], data["model"]) == (3, 4, "serial")
    assert not {"extends", ".x"} & set(data)


def test_with_measure_changes_only_that():
    """`--quick` makes a spec of its own; the first stays as it was."""
    spec = parse_text(SHORT, "x.yaml")
    quick = spec.with_measure(repetitions=1)
    assert (quick.measure.repetitions, spec.measure.repetitions, quick.grids) == (1, 10, spec.grids)


def test_the_level_of_intervals_is_one_of_three():
    """90, 95 or 99 %, by default 95 %; it stays in the experiment as data. Bootstrap-t has no ends for other levels."""
    assert parse_text(SHORT, "x.yaml").measure.level == 0.95
    spec = parse_text(SHORT + "measure: {level: 99%}\n", "x.yaml")
    assert (spec.measure.level, spec.resolved()["measure"]["level"]) == (0.99, "99%")
    with pytest.raises(InputError, match=r"x\.yaml:\d+:\d+: measure\.level: a level is 90%, 95% or 99%, not '?80%"):
        parse_text(SHORT + "measure: {level: 80%}\n", "x.yaml")
