"""YAML -> Spec."""

import contextlib

import pytest
import yaml

from concexp.errors import InputError
from concexp.plan import make_plan
from concexp.spec import load, parse_text

SHORT = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nload: {ops: 64, scaling: strong}\n"
)


def problems(text, **more):
    with pytest.raises(InputError) as caught:
        parse_text(text, "dir/01_a_b.yaml", **more)
    return caught.value.problems


def test_the_short_experiment_of_the_design_gets_all_defaults():
    """Four lines are an experiment; everything else has the documented default."""
    spec = parse_text(SHORT, "dir/01_a_b.yaml")
    assert (spec.name, spec.question) == ("a_b", "a b")
    m = spec.measure
    assert (m.warmup, m.iterations, m.repetitions, m.timeout, m.seed) == (1, 3, 10, 60.0, 1)
    assert (spec.baseline, spec.primary, spec.grids[0].startup) == ({"model": "serial"}, "throughput", "once")
    assert [e.label for e in spec.grids[0].sync] == ["none"]


def test_five_mistakes_are_five_located_problems():
    """All mistakes are told at once, each with line, column, key path and cure."""
    found = problems(
        "workload: [cpu_sun, {counter: {from: call}}]\n"
        "model: [serial, treads]\n"
        "sweep: {workers: [1, 0]}\n"
        "measure: {repetitons: 3}\n"
    )
    assert [(p.line, p.column, p.path) for p in found] == [
        (1, 12, "workload[0]"),
        (1, 32, "workload[1].counter.from"),
        (2, 17, "model[1]"),
        (3, 22, "sweep.workers[1]"),
        (4, 11, "measure.repetitons"),
    ]
    assert [p.hint for p in found if p.hint] == [
        "did you mean 'cpu_sum'?",
        "did you mean 'form'?",
        "did you mean 'threads'?",
        "did you mean 'repetitions'?",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: serial\n", "`workload:` is missing"),
        (SHORT + "claims: []\n", "there is no key 'claims' here"),
        (SHORT + "name: Bad Name\n", "is no name"),
        (SHORT + "name: 3.10\n", "YAML reads it as 3.1"),
        (SHORT + "baseline: {model: process}\n", "no model here has the label 'process'"),
        (SHORT + "primary: thruput\n", "there is no metric 'thruput'"),
        (SHORT + "report: {plots: [scalling]}\n", "there is no plot 'scalling'"),
        (SHORT + "measure: {timeout: 60}\n", "the unit is missing"),
        (SHORT + "measure: {timeout: -1s}\n", "cannot be negative"),
        (SHORT + "startup: twice\n", "expected one of once, each, timed"),
        (SHORT + "exclude: ['workers >']\n", "it ends too early"),
        (SHORT + "exclude: [{modle: serial}]\n", "there is no key 'modle' here"),
        (SHORT + "allow: [{sync: none, status: invald}]\n", "there is no status 'invald'"),
        (SHORT.replace(", scaling: strong", ""), "say which scaling is meant"),
        (SHORT.replace("ops: 64, ", ""), "neither `ops` nor `duration`"),
        (SHORT.replace("[1, 2]", "2*cpu"), "there is no 'cpu'"),
        (SHORT.replace("[1, 2]", "{from: 1, to: 8}"), "either `times` or `step`"),
        (SHORT.replace("[1, 2]", "[]"), "the list is empty"),
        (SHORT.replace("workers:", "wrkers:"), "there is no axis 'wrkers'"),
    ],
)
def test_each_mistake_says_what_is_wrong(text, says):
    """Each kind of mistake has a message of its own, at a place in the file."""
    found = problems(text)
    assert len(found) == 1
    assert says in found[0].message
    assert found[0].line >= 1


@pytest.mark.parametrize(
    "value",
    ["null", "5", "[1]", "{}", "[[]]", "{a: {b: c}}", "text", "'é'", "[null]", "{1: 2}", "true", "-.5", '"\\0"'],
)
@pytest.mark.parametrize(
    "key",
    [
        "workload",
        "model",
        "sync",
        "sweep",
        "exclude",
        "load",
        "measure",
        "baseline",
        "allow",
        "report",
        "metrics",
        "tags",
        "extends",
        "startup",
    ],
)
def test_odd_values_are_refused_or_accepted_but_never_crash(key, value):
    """Whatever stands where: a Spec, or located problems."""
    data = {line.split(":")[0]: line for line in SHORT.splitlines()}
    data[key] = f"{key}: {value}"
    with contextlib.suppress(InputError):
        assert parse_text("\n".join(data.values()) + "\n", "x.yaml").grids


def test_override_and_its_mistake():
    """--set changes one key, and is named as the place of its own mistakes."""
    spec = parse_text(SHORT, "x.yaml", ["measure.repetitions=3", "sweep.workers=[4]"])
    assert spec.measure.repetitions == 3
    assert [c.workers for c in make_plan(spec, 2).cells if c.workers] == [4, 4]
    (problem,) = problems(SHORT, overrides=["measure.repetitions=many"])
    assert str(problem).startswith("--set measure.repetitions=many: measure.repetitions: expected a whole number")


def test_extends_merges_maps_and_refuses_circles(write):
    """A base file's keys hold unless this one overrides them; a circle is an error."""
    write("base.yaml", "model: [serial]\nmeasure: {repetitions: 4, seed: 9}\n")
    spec = load(write("x.yaml", "extends: base.yaml\nworkload: sleep\nmeasure: {seed: 2}\n"))
    assert (spec.measure.repetitions, spec.measure.seed) == (4, 2)
    write("base.yaml", "extends: x.yaml\n")
    with pytest.raises(InputError, match="leads back to itself"):
        load(write("x.yaml", "extends: base.yaml\n"))


def test_dot_keys_hold_anchors():
    """Root keys with a dot are ignored, and what they hold can be merged."""
    spec = parse_text(
        ".common: &c {repetitions: 2}\nworkload: sleep\nmodel: serial\nmeasure: {<<: *c, seed: 5}\n", "x.yaml"
    )
    assert (spec.measure.repetitions, spec.measure.seed) == (2, 5)


def test_a_resolved_experiment_is_the_same_again():
    """What is written as resolved.yaml gives the same cells when it is read."""
    text = (
        "workload: [{counter: {form: call}, as: c}]\nmodel: [serial, threads]\nsync: [none, lock]\n"
        "sweep: [{workers: {from: 1, to: 4, times: 2}}, {workers: 3, startup: each}]\n"
        "load: {ops: 1e4, scaling: weak}\n"
    )
    spec = parse_text(text, "x.yaml")
    again = parse_text(yaml.safe_dump(spec.resolved()), "x.yaml")
    assert [c.id for c in make_plan(again, 2).cells] == [c.id for c in make_plan(spec, 2).cells]


def test_a_user_function_is_looked_at_but_not_executed(write):
    """Names and arguments are checked without importing the file."""
    write("mine.py", "raise SystemExit\ndef work(n, m=2): pass\nasync def co(): pass\n")
    base = "model: serial\nworkload: "
    assert load(write("x.yaml", base + "{'mine.py:work': {n: 3}}")).grids[0].workload[0].parameters == {"n": 3}
    for workload, says in [
        ("mine.py:work", "work needs n"),
        ("mine.py:wrk", "did you mean 'work'"),
        ("mine.py:co", "coroutine function"),
        ("other.py:f", "cannot read other.py"),
        ("{'mine.py:work': {n: 1, k: 2}}", "no parameter 'k'"),
    ]:
        with pytest.raises(InputError) as caught:
            load(write("x.yaml", base + workload))
        assert says in str(caught.value)
