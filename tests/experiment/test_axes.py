"""`sweep:` -> Axes."""

import pytest

from concexp.plan.planner import make_plan
from tests.helpers.sweeps import axes, problem, spec


def test_values_as_written():
    """An axis keeps its values as they are written, with their places; one value may stand alone."""
    one, two = axes("{workers: [1, 4], echo.size: 2KiB}")
    assert (one.keys, [v.raw for (v,) in one.points], one.varies) == (("workers",), [1, 4], True)
    assert (two.keys, [v.raw for (v,) in two.points], two.varies) == (("echo.size",), ["2KiB"], False)
    assert (one.points[1][0].line, one.points[1][0].column) == (3, 22)


def test_a_label_for_a_value():
    """`{is: …, as: …}` names a value."""
    (axis,) = axes("{echo.delay: [{is: 5ms, as: slow}, 1ms]}")
    assert [(v.raw, v.label) for (v,) in axis.points] == [("5ms", "slow"), ("1ms", None)]


@pytest.mark.parametrize(
    ("key", "reached"),
    [
        ("echo.delay", {"echo"}),
        ("workload.delay", {"echo", "sleep"}),
        ("cc.form", {"cc"}),
        ("workload.form", {"cc"}),
        ("model.start_method", {"processes"}),
        ("processes.start_method", {"processes"}),
    ],
)
def test_whom_a_key_reaches(key, reached):
    """The parameter of one entry by its label, or of every entry of a kind that has it."""
    value = {"delay": "1ms", "form": "call", "start_method": "spawn"}[key.rpartition(".")[2]]
    assert [axis.keys for axis in axes(f"{{{key}: [{value}]}}")] == [(key,)]
    parameter = key.rpartition(".")[2]
    owners = {cell.axes["workload"] if parameter != "start_method" else cell.axes["model"]
              for cell in make_plan(spec(f"{{{key}: [{value}]}}"), 2).cells if cell.axes[key] is not None}  # fmt: skip
    assert owners == reached


@pytest.mark.parametrize(
    ("sweep", "more"),
    [
        ("{workers: [1, cpus, 2*cpus]}", ""),
        ("{workers: {from: 1, to: 4*cpus, times: 2}}", ""),
        ("{startup: [once, each, timed]}", ""),
        ("{load.duration: [1s, 0.5s]}", ""),
        ("{load.ops: [10, 1e3], load.scaling: strong}", ""),
        ("{load.scaling: [strong, weak], workers: [1, 2]}", "load: {ops: 10}\n"),
        ("{load: [{ops: 5, scaling: weak}, {duration: 1s}], workers: [1, 2]}", ""),
        ("{load: {is: {ops: 5}, as: five}}", ""),
        ("{seed: [1, -2]}", ""),
        ("{measure.warmup: [0, 1], measure.iterations: 2, measure.timeout: [1s]}", ""),
        ("{zip: [{workers: [1, 2], seed: [3, 4]}, {echo.size: [1, 2], echo.delay: [1ms, 2ms]}]}", ""),
        ("{zip: {workers: [1, 2], seed: [3, 4]}}", ""),
        ("{workers: [1, 2], seed: workers*10}", ""),
        ('{python: [current, "3.13", "3.14t", "3.12.1", pypy3.11, {is: /opt/ft/bin/python3, as: ft}]}', ""),
        ("{python: current, gil: ['on', off], jit: [off, false]}", ""),
        ("{switch_interval: [5ms, 1us], pin: [none, compact, spread]}", ""),
        ("{measure.pin: [none, spread]}", "measure: {pin: compact}\n"),
        ("{zip: [{python: [current, {is: current, as: too}], switch_interval: [1ms, 2ms]}]}", ""),
    ],
)
def test_what_can_be_swept(sweep, more):
    """Every axis of the contract is accepted and can be planned."""
    assert make_plan(spec(sweep, more), 2).cells


@pytest.mark.parametrize(
    ("sweep", "where", "path", "says", "cure"),
    [
        ("{workers: [1, 0]}", (3, 22), "sweep.workers[1]", "a whole number from 1 on, not 0", ""),
        ("{workers: 1.5}", (3, 18), "sweep.workers", "expected a whole number, not 1.5", ""),
        ("{workers: {}}", (3, 18), "sweep.workers", "expected a whole number, not a map", ""),
        ("{workers: [[1]]}", (3, 19), "sweep.workers[0]", "expected a whole number, not a list", ""),
        ("{workers: null}", (3, 18), "sweep.workers", "expected a whole number, not nothing", ""),
        ("{workers: true}", (3, 18), "sweep.workers", "expected a whole number, not true", ""),
        ("{workers: []}", (3, 18), "sweep.workers", "the list is empty", "leave the axis out"),
        ("{workers: 2*cpu}", (3, 20), "sweep.workers", "in `2*cpu`: there is no 'cpu'", "did you mean 'cpus'?"),
        ("{workers: '2*cpu'}", (3, 21), "sweep.workers", "in `2*cpu`: there is no 'cpu'", "did you mean 'cpus'?"),
        ("{workers: 2*}", (3, 18), "sweep.workers", "expected a whole number", ""),
        ("{workers: cpus*}", (3, 23), "sweep.workers", "in `cpus*`: it ends too early", ""),
        ("{workers: many}", (3, 18), "sweep.workers", "in `many`: there is no 'many'", ""),
        ("{workers: two words}", (3, 18), "sweep.workers", "expected a whole number, not 'two words'", ""),
        ("{workers: 2*workers}", (3, 20), "sweep.workers", "there is no 'workers'", ""),
        ("{workers: {is: 2, as: two}}", (3, 26), "sweep.workers.as", "no other label", "leave `as` out"),
        ("{wrkers: 1}", (3, 9), "sweep.wrkers", "there is no axis 'wrkers'", "did you mean 'workers'?"),
        ("{echo.sise: 1}", (3, 9), "sweep.echo.sise", "nothing here has the parameter 'echo.sise'", "'size'"),
        ("{counter.form: call}", (3, 9), "sweep.counter.form", "there is no axis 'counter.form'", ""),
        ("{serial.x: 1}", (3, 9), "sweep.serial.x", "nothing here has the parameter", "serial has no parameters"),
        ("{measure.repetitions: [1, 2]}", (3, 9), "sweep.measure.repetitions", "there is no axis", ""),
        ("{echo.size: 1 KiBB}", (3, 20), "sweep.echo.size", "expected a size such as 64B", ""),
        ("{echo.delay: cpus}", (3, 21), "sweep.echo.delay", "expected a duration", ""),
        ("{startup: cpus}", (3, 18), "sweep.startup", "expected one of once, each, timed, not 'cpus'", ""),
        ("{startup: [once, twice]}", (3, 25), "sweep.startup[1]", "not 'twice'", ""),
        ("{cc.form: [call, cal]}", (3, 25), "sweep.cc.form[1]", "not 'cal'", ""),
        ("{workload.delay: 5}", (3, 25), "sweep.workload.delay", "the unit is missing", ""),
        ("{load: 5}", (3, 15), "sweep.load", "expected a load: {ops: 1000, scaling: strong}", ""),
        ("{load: [{rate: 5}]}", (3, 16), "sweep.load[0]", "expected a load", ""),
        ("{load: [{ops: 5, x: 1}]}", (3, 16), "sweep.load[0]", "a load has no 'x'", ""),
        ("{load.duration: 0s}", (3, 24), "sweep.load.duration", "a duration of more than 0", ""),
        ("{echo.size: [{is: 1, as: a}, {is: 2, as: a}]}", (3, 20), "sweep.echo.size", "'a' is there twice", "`as:`"),
        ("{echo.size: {is: 1, sa: a}}", (3, 28), "sweep.echo.size.sa", "there is no key 'sa'", ""),
        ("{echo.size: {is: 1, as: 3.10}}", (3, 32), "sweep.echo.size.as", "YAML reads it as 3.1", '"3.10"'),
        ("{python: 3.10}", (3, 17), "sweep.python", "expected text, not 3.10: YAML reads it as 3.1", '"3.10"'),
        ("{python: [current, 3.13]}", (3, 27), "sweep.python[1]", "expected text, not 3.13", '"3.13"'),
        ("{python: [curent]}", (3, 18), "sweep.python[0]", 'expected current, a version such as "3.13"', ""),
        ('{python: "2.7"}', (3, 17), "sweep.python", "not '2.7'", ""),
        (
            "{python: /usr/bin/python3}",
            (3, 17),
            "sweep.python",
            "a path needs a label",
            "{is: /usr/bin/python3, as: mine}",
        ),
        ("{python: null}", (3, 17), "sweep.python", "not nothing", ""),
        ("{gil: maybe}", (3, 14), "sweep.gil", "expected on or off, not 'maybe'", ""),
        ("{switch_interval: 5}", (3, 26), "sweep.switch_interval", "the unit is missing", ""),
        ("{switch_interval: 1ns}", (3, 26), "sweep.switch_interval", "1us or more", ""),
        ("{pin: tight}", (3, 14), "sweep.pin", "expected one of none, compact, spread, one, not 'tight'", ""),
        ("{pin: none, measure.pin: none}", (3, 9), "sweep.pin", "'pin' and 'measure.pin' are the same", "one of them"),
        (
            "{python: [{is: current, as: a}, {is: '3.13', as: a}]}",
            (3, 46),
            "sweep.python",
            "'a' stands for two",
            "`as:`",
        ),
        ("{python: ['3.13', {is: ./x, as: '3.13'}]}", (3, 31), "sweep.python", "'3.13' stands for two", "`as:`"),
        ("{python: {is: ./x, as: current}}", (3, 22), "sweep.python", "'current' stands for two values", "`as:`"),
        ("[{}, {python: {is: ./x, as: current}}]", (3, 27), "sweep.python", "'current' stands for two", "`as:`"),
        ("5", (3, 8), "sweep", "expected a map of axes, not 5", "sweep: {workers: [1, 2, 4]}"),
        ("null", (3, 8), "sweep", "expected a map of axes, not nothing", ""),
        ("[]", (3, 8), "sweep", "the list is empty", "sweep: {workers: [1, 2, 4]}"),
        ("[5]", (3, 9), "sweep[0]", "expected a map of axes, not 5", ""),
    ],
)
def test_mistakes_in_values(sweep, where, path, says, cure):
    """Each mistake in an axis has its place, its key path, its message and its cure."""
    found = problem(sweep)
    assert ((found.line, found.column), found.path) == (where, path)
    assert says in found.message
    assert cure in found.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{from: 1, to: 8}", "either `times` or `step`"),
        ("{from: 1, times: 2}", "a range has `from`, `to`"),
        ("{from: 1, to: 8, times: 2, step: 1}", "either `times` or `step`"),
        ("{from: 1, to: 8, times: 1}", "a factor of more than 1"),
        ("{from: 1, to: 8, step: 0}", "a step of more than 0"),
        ("{from: 1, to: 8, step: -1}", "a step of more than 0"),
        ("{from: one, to: 8, step: 1}", "there is no 'one'"),
        ("{from: [], to: 8, step: 1}", "expected a number, not a list"),
        ("{from: null, to: 8, step: 1}", "expected a number, not nothing"),
        ("{from: true, to: 8, step: 1}", "expected a number, not true"),
        ("{from: 1, to: 2*, step: 1}", "it ends too early"),
        ("{from: 1, to: 8, steps: 1, step: 1}", "there is no key 'steps'"),
        ("{from: 1, to: seed, step: 1}", "there is no 'seed'"),
    ],
)
def test_mistakes_in_ranges(text, says):
    """A range has from, to and one of times and step; its formulas speak of cpus alone."""
    found = problem(f"{{workers: {text}, seed: 1}}")
    assert found.line == 3
    assert found.path.startswith("sweep.workers")
    assert says in found.message


@pytest.mark.parametrize(
    "key",
    [
        "startup",
        "python",
        "gil",
        "pin",
        "switch_interval",
        "load",
        "load.scaling",
        "cc.form",
        "echo.delay",
        "load.duration",
    ],
)
def test_a_range_of_what_is_no_number(key):
    """Words and durations cannot be counted through."""
    found = problem(f"{{{key}: {{from: 1, to: 3, step: 1}}}}")
    assert found.message == f"a range has numbers, and '{key}' takes none"
    assert found.hint == "write its values as a list"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5", "expected a map of axes that move together"),
        ("null", "expected a map of axes that move together"),
        ("[{}]", "expected a map of axes that move together"),
        ("[{workers: [1, 2], seed: [1]}]", "equally many values, not 1, 2"),
        ("[{workers: 1}]", "expected a list, not 1"),
        ("[{workers: {from: 1, to: 2, step: 1}}]", "expected a list, not a map"),
        ("[{workers: []}]", "the list is empty"),
        ("[{workers: [0, 2], seed: [1, 2]}]", "from 1 on, not 0"),
        ("[{wrkers: [1]}]", "there is no axis 'wrkers'"),
        ("[{zip: [1]}]", "there is no axis 'zip'"),
        ("[{workers: [1]}, {workers: [2]}]", "the axis 'workers' is there twice"),
    ],
)
def test_mistakes_in_zips(text, says):
    """Zipped axes are lists of equal length, each axis once; one mistake is one problem."""
    found = problem(f"{{zip: {text}}}")
    assert found.line == 3
    assert found.path.startswith("sweep.")
    assert says in found.message


def test_an_axis_twice():
    """An axis may not stand both in the sweep and in a zip."""
    assert "the axis 'seed' is there twice" in problem("{seed: 1, zip: [{workers: [1, 2], seed: [1, 2]}]}").message


def test_two_axes_for_one_parameter():
    """Two keys that reach the same parameter would contradict each other, and the table would lie."""
    found = problem("{workload.delay: [1ms], echo.delay: [2ms]}")
    assert found.message == "'echo.delay' and 'workload.delay' set the same parameter of echo"
    assert found.column == 9


def test_a_long_text_is_not_searched_for_a_formula():
    """A hundred thousand signs where a number belongs are a mistake in their line, told at once and not shown whole."""
    found = problem(f"{{workers: ['{'(' * 100_000}']}}")
    assert (found.line, found.path) == (3, "sweep.workers[0]")
    assert len(found.message) < 200
