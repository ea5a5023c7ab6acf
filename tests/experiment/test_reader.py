"""YAML -> Spec."""

import copy
import json
import random

import pytest
import yaml

from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import load, parse_text
from concexp.experiment.yaml_nodes import Dumper
from concexp.plan.planner import make_plan

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
        (SHORT + "execution: []\n", "there is no key 'execution' here"),
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
    ("text", "path", "says"),
    [
        ("name: null", "name", "expected text, not nothing"),
        ("name: [a]", "name", "expected text, not a list"),
        ("name: 'no/slash'", "name", "'no/slash' is no name"),
        ("question: {a: b}", "question", "expected text, not a map"),
        ("tags: [1]", "tags", "expected text, not 1"),
        ("tags: null", "tags", "expected text, not nothing"),
        ("startup: [once]", "startup", "not a list"),
        ("measure: [1]", "measure", "expected a map, not a list"),
        ("measure: null", "measure", "expected a map, not nothing"),
        ("measure: {warmup: null}", "measure.warmup", "expected a whole number, not nothing"),
        ("measure: {repetitions: 0}", "measure.repetitions", "greater than or equal to 1"),
        ("measure: {repetitions: 1.5}", "measure.repetitions", "expected a whole number, not 1.5"),
        ("measure: {seed: [1]}", "measure.seed", "expected a whole number, not a list"),
        ("measure: {precision: 3}", "measure.precision", "expected a percentage between 0% and 100% such as 3%, not 3"),
        ("measure: {precision: 0%}", "measure.precision", "expected a percentage between 0% and 100%"),
        ("measure: {precision: 0.03}", "measure.precision", "expected a percentage between 0% and 100%"),
        ("measure: {precision: x%}", "measure.precision", "expected a share such as 0.5 or 50%"),
        ("measure: {budget: 10}", "measure.budget", "the unit is missing"),
        ("measure: {budget: 0}", "measure.budget", "greater than 0"),
        ("measure: {memory: 2}", "measure.memory", "expected at least 32MiB, not 2"),
        ("measure: {memory: lots}", "measure.memory", "expected a size such as 64B, 4KiB or 1MiB"),
        ("measure: {control: maybe}", "measure.control", "expected on or off, not 'maybe'"),
        ("measure: {max_repetitions: 50}", "measure.max_repetitions", "without a `precision`"),
        ("measure: {precision: 3%, max_repetitions: 7}", "measure.max_repetitions", "10 trials per cell come first"),
        (
            "measure: {precision: 3%, repetitions: 20, max_repetitions: 19}",
            "measure.max_repetitions",
            "20 trials per cell",
        ),
        ("measure: {1: 2}", "measure.1", "there is no key '1' here"),
        ("allow: x", "allow", "expected a selection with `status`"),
        ("allow: {sync: none}", "allow", "expected a selection with `status`"),
        ("allow: [{status: {a: b}}]", "allow[0].status", "there is no status a map"),
        ("allow: [{status: [ok, [ok]]}]", "allow[0].status", "there is no status a list"),
        ("allow: [{status: ok, model: {a: b}}]", "allow[0].model", "no model here has the label a map"),
        ("exclude: 5", "exclude", "expected a selection, not 5"),
        ("exclude: [null]", "exclude[0]", "expected a selection, not nothing"),
        ("exclude: [{model: null}]", "exclude[0].model", "no model here has the label nothing"),
        ("exclude: [{model: [serial, {a: b}]}]", "exclude[0].model", "no model here has the label a map"),
        ("exclude: modle == serial", "exclude", "there is no axis or label 'modle'"),
        ("exclude: model == treads", "exclude", "there is no axis or label 'treads'"),
        ("exclude: startup == 5", "exclude", "there is no axis or label 'startup'"),
        ("baseline: serial", "baseline", "expected a selection, not 'serial'"),
        ("baseline: {}\nbaseline: {}", "baseline", "the key 'baseline' is there twice"),
        ("baseline: {cpus: 1}", "baseline.cpus", "there is no key 'cpus' here"),
        ("primary: [throughput, speedup]", "primary", "expected text, not a list"),
        ("primary: null", "primary", "expected text, not nothing"),
        ("metrics: [throughput, 5]", "metrics", "expected text, not 5"),
        ("metrics: {throughput: on}", "metrics", "expected text, not a map"),
        ("metrics: [thruput]", "metrics", "there is no metric 'thruput'"),
        ("report: 5", "report", "expected a map, not 5"),
        ("report: {plots: [1]}", "report.plots[0]", "1 will not do: it should be a valid string"),
        ("report: {plots: {a: b}}", "report.plots", "a map will not do"),
        ("report: {language: de}", "report.language", "expected 'en', not 'de'"),
        ("report: {plot: scaling}", "report.plot", "there is no key 'plot' here"),
        ("extends: 5", "extends", "expected the path of a YAML file"),
        ("extends: [a.yaml]", "extends", "expected the path of a YAML file"),
        ("extends: nowhere.yaml", "extends", "cannot read 'nowhere.yaml': No such file or directory"),
        ("extends: /dev/zero", "extends", "'/dev/zero' is no file"),
        ("extends: /", "extends", "'/' is no file"),
        ("é" * 300 + ": 1", "é" * 300, "there is no key"),
    ],
)
def test_odd_values_are_one_located_problem(text, path, says):
    """Nulls, lists for maps, numbers for names: one problem, in line 5, at its key."""
    (found,) = problems(SHORT + text + "\n")
    assert found.path == path
    assert says in found.message
    assert found.line in (5, 6)


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("tags: sync", "tags", ("sync",)),
        ("metrics: speedup", "metrics", ("speedup",)),
        ("metrics: []", "metrics", ()),
        ("primary: speedup", "primary", "speedup"),
        (
            "allow: {sync: none, status: [invalid, failed]}",
            "allow",
            ({"sync": "none", "status": ["invalid", "failed"]},),
        ),
        ("baseline: {model: threads, workers: 1}", "baseline", {"model": "threads", "workers": 1}),
        ("question: 'Why? Ünïcode → €'", "question", "Why? Ünïcode → €"),
    ],
)
def test_what_may_be_said(text, attribute, value):
    """One value may stand alone where a list is meant; text is kept as it is."""
    assert getattr(parse_text(SHORT + text + "\n", "x.yaml"), attribute) == value


def test_one_plot_may_stand_alone():
    """`report: {plots: scaling}` is a list of one."""
    assert parse_text(SHORT + "report: {plots: scaling}\n", "x.yaml").report.plots == ["scaling"]


def test_without_serial_there_is_no_baseline():
    """The default baseline is serial, if it is there."""
    assert parse_text("workload: sleep\nmodel: threads\n", "x.yaml").baseline == {}


@pytest.mark.parametrize(
    ("file", "name"),
    [("01_a_b.yaml", "a_b"), ("x.y.yaml", "x"), ("A-b.yaml", "a_b"), ("/p/2024_q.yml", "q"), ("_z", "z")],
)
def test_the_name_is_the_files(file, name):
    """The stem without the number that sorts it, in small letters."""
    assert parse_text(SHORT, file).name == name


def test_a_file_that_gives_no_name():
    """A stem of digits or foreign letters needs a `name`."""
    for file in ("01.yaml", "é.yaml", "a b.yaml"):
        with pytest.raises(InputError, match="gives no name"):
            parse_text(SHORT, file)
        assert parse_text(SHORT + "name: x\n", file).name == "x"


def test_a_conditions_mistake_is_told_where_it_stands():
    """A misspelt name in a condition, quoted or not, is told at its own column."""
    for text, column in (("exclude: [workers > 4*cpus and modle == serial]", 32), ("exclude: 'modle == serial'", 11)):
        (found,) = problems(SHORT + text + "\n")
        assert (found.line, found.column) == (5, column)
        assert found.hint == "did you mean 'model'?"


def test_an_unquoted_comma_in_a_condition():
    """Inside brackets a comma ends the condition: the cure is quotes."""
    found = problems(SHORT + "exclude: [min(workers, 2) == 2]\n")
    assert (found[0].line, found[0].column) == (5, 22)
    assert "a comma ends a value" in found[0].hint
    assert parse_text(SHORT + "exclude: ['min(workers, 2) == 2']\n", "x.yaml").grids


def test_exclude_of_all_grids_may_speak_of_what_one_has():
    """With several grids, the root's `exclude` knows the axes and labels of all of them."""
    spec = parse_text(
        "workload: sleep\nsweep: [{model: serial, startup: [once, each]}, {model: threads, workers: [1, 2]}]\n"
        "exclude: [{startup: each}, model == threads and workers > 1]\n",
        "x.yaml",
    )
    assert [(c.model.label, c.startup, c.workers) for c in make_plan(spec, 2).cells] == [
        ("serial", "once", None),
        ("threads", "once", 1),
    ]


def test_a_grids_own_exclude_knows_its_own_names():
    """A grid's `exclude` may not speak of another grid's axes."""
    text = (
        "workload: sleep\nmodel: threads\nsweep:\n- {workers: [1, 2], exclude: [workers > 1]}\n"
        "- {seed: 1, exclude: [{startup: each}]}\n- {startup: [once, each]}\n"
    )
    (found,) = problems(text)
    assert (found.line, found.path) == (5, "sweep[1].exclude[0].startup")


def test_a_grid_takes_what_it_lacks_from_above():
    """Workload, model, sync, load, startup and exclude of a grid, else those of the root."""
    spec = parse_text(
        "workload: sleep\nmodel: serial\nload: {duration: 1s}\nstartup: each\n"
        "sweep: [{seed: 1}, {workload: echo, model: threads, load: {ops: 5}, startup: timed, workers: 2}]\n",
        "x.yaml",
    )
    first, second = spec.grids
    assert (first.workload[0].name, first.model[0].name, first.load, first.startup) == (
        *("sleep", "serial"),
        *({"duration": 1.0}, "each"),
    )
    assert (second.workload[0].name, second.model[0].name, second.load, second.startup) == (
        *("echo", "threads"),
        *({"ops": 5}, "timed"),
    )


def test_a_grid_without_a_model():
    """What neither a grid nor the root says is missing, in that grid."""
    (found,) = problems("workload: sleep\nsweep: [{model: serial}, {seed: 1}]\n")
    assert (found.line, found.path, found.message) == (2, "sweep[1]", "`model:` is missing")


def test_one_label_has_one_meaning():
    """A label that stands for different things in two grids would name two cells alike."""
    text = "model: serial\nsweep: [{workload: {echo: {size: 1}, as: e}}, {workload: {echo: {size: 2}, as: e}}]\n"
    (found,) = problems(text)
    assert (found.path, found.message) == ("sweep[1].workload", "the workload 'e' means something else in another grid")
    assert parse_text(text.replace("size: 2", "size: 1"), "x.yaml").grids


def test_one_label_of_a_second_role_has_one_meaning():
    """The same for backgrounds."""
    grid = "{background: {compress: {codec: %s}, as: packing}, background.workers: [0, 1]}"
    text = f"workload: echo\nmodel: threads\nsweep: [{grid % 'bz2'}, {grid % 'zlib'}]\n"
    (found,) = problems(text)
    assert (found.path, found.message) == (
        "sweep[1].background",
        "the background 'packing' means something else in another grid",
    )


def test_a_selection_may_speak_of_the_second_role_where_there_are_several():
    """A background that no grid has is an error with a cure; with one background alone there is nothing to select."""
    grids = "sweep: [{background: regex, background.workers: 1}, {background: %s, background.workers: 1}]\n"
    text = "workload: echo\nmodel: threads\nexclude: [{background: rege}]\n" + grids
    (found,) = problems(text % "sort")
    assert (found.message, found.hint) == ("no background here has the label 'rege'", "did you mean 'regex'?")
    (found,) = problems(text % "regex")
    assert found.message == "there is no key 'background' here"


def test_override_and_its_mistake():
    """--set changes one key, and is named as the place of its own mistakes."""
    spec = parse_text(SHORT, "x.yaml", ["measure.repetitions=3", "sweep.workers=[4]", "name=other"])
    assert (spec.measure.repetitions, spec.name) == (3, "other")
    assert [c.workers for c in make_plan(spec, 2).cells if c.workers] == [4, 4]
    (problem,) = problems(SHORT, overrides=["measure.repetitions=many"])
    assert str(problem).startswith("--set measure.repetitions=many: measure.repetitions: expected a whole number")


def test_override_of_an_axis_with_a_dot_in_its_name():
    """After `sweep.` the rest is one key."""
    spec = parse_text("workload: echo\nmodel: serial\n", "x.yaml", ["sweep.echo.size=[1KiB, 2KiB]"])
    assert [c.axes["echo.size"] for c in make_plan(spec, 2).cells] == ["1KiB", "2KiB"]


@pytest.mark.parametrize(
    ("override", "path", "says"),
    [
        ("measure", "", "expected key=value"),
        ("=3", "", "expected key=value"),
        ("measure.foo=3", "measure.foo", "there is no key 'foo' here"),
        ("foo=3", "foo", "there is no key 'foo' here"),
        ("measure={foo: 3}", "measure.foo", "there is no key 'foo' here"),
        ("question=a: b", "", "a second `: `"),
        ("question=[", "", "not valid YAML"),
        ("workload.counter=1", "workload.counter", "`workload` is a list, which has no keys"),
        ("sweep.workers.from=1", "sweep.workers.from", "there is no axis 'workers.from'"),
        ("extends=base.yaml", "extends", "a base file is named in the YAML"),
        ("model=treads", "model", "there is no model 'treads'"),
        ("sweep.workers=2*", "sweep.workers", "expected a whole number, not '2*'"),
        ("sweep.workers=2*cpu", "sweep.workers", "there is no 'cpu'"),
    ],
)
def test_mistakes_in_overrides(override, path, says):
    """The place of a mistake in --set is the option itself."""
    (found,) = problems(SHORT, overrides=[override])
    assert (found.file, found.line, found.path) == (f"--set {override}", 0, path)
    assert says in found.message


def test_an_override_never_drops_grids_silently():
    """One key of a list of grids cannot be set: the list would be lost."""
    text = "workload: sleep\nsweep: [{model: serial}, {model: threads}]\n"
    (found,) = problems(text, overrides=["sweep.workers=3"])
    assert found.message == "`sweep` is a list, which has no keys"
    assert found.hint == "override it whole: --set sweep=…"


def test_extends_merges_maps_and_refuses_circles(write):
    """A base file's keys hold unless this one overrides them; a circle is an error."""
    write("base.yaml", "model: [serial]\nmeasure: {repetitions: 4, seed: 9}\n")
    spec = load(write("x.yaml", "extends: base.yaml\nworkload: sleep\nmeasure: {seed: 2}\n"))
    assert (spec.measure.repetitions, spec.measure.seed) == (4, 2)
    write("base.yaml", "extends: x.yaml\n")
    with pytest.raises(InputError, match="leads back to itself"):
        load(write("x.yaml", "extends: base.yaml\n"))
    with pytest.raises(InputError, match=r"'x\.yaml' leads back to itself"):
        load(write("x.yaml", "extends: x.yaml\n"))


def test_a_chain_of_bases_has_an_end(write):
    """More files that extend each other than anyone can follow are refused."""
    for number in range(30):
        write(f"b{number}.yaml", f"extends: b{number + 1}.yaml\n")
    with pytest.raises(InputError, match="more than 10 files extend each other"):
        load(write("x.yaml", "extends: b0.yaml\n"))


def test_a_mistake_in_a_base_is_told_in_the_base(write):
    """Values and keys know which file they came from, also in a map that two files make together."""
    base = write("base.yaml", "\n\nmodel: serial\nmeasure: {seed: x, repetitons: 4}\nwrong: 1\n")
    path = write("x.yaml", "extends: base.yaml\nworkload: sleep\nmeasure: {warmup: -1}\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert {(p.file, p.line, p.path) for p in caught.value.problems} == {
        (str(base), 4, "measure.seed"),
        (str(base), 4, "measure.repetitons"),
        (str(base), 5, "wrong"),
        (str(path), 3, "measure.warmup"),
    }


def test_files_that_are_no_text(tmp_path):
    """What cannot be read, or is not UTF-8, is an error of that file; a byte-order mark is none."""
    path = tmp_path / "x.yaml"
    with pytest.raises(InputError, match="cannot read it: No such file"):
        load(path)
    with pytest.raises(InputError, match="cannot read it: Is a directory"):
        load(tmp_path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="it is not UTF-8 text"):
        load(path)
    path.write_bytes(b"\xef\xbb\xbf" + SHORT.encode())
    assert load(path).name == "x"


def test_dot_keys_hold_anchors():
    """Root keys with a dot are ignored, and what they hold can be merged."""
    spec = parse_text(
        ".common: &c {repetitions: 2}\nworkload: sleep\nmodel: serial\nmeasure: {<<: *c, seed: 5}\n", "x.yaml"
    )
    assert (spec.measure.repetitions, spec.measure.seed) == (2, 5)


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


FULL = """question: Q
name: x
tags: [a, b]
workload: [counter, {counter: {form: call}, as: cc}, echo]
model: [serial, threads, {processes: {start_method: spawn}}]
sync: [none, {semaphore: {permits: 1}}]
sweep:
  workers: {from: 1, to: 2*cpus, times: 2}
  echo.size: [64, {is: 2KiB, as: two}]
  zip: [{load.ops: [10, 20], seed: [1, 2]}]
exclude: [{model: serial, workload: counter}, workers > 4*cpus and model == threads]
load: {scaling: strong}
startup: once
measure: {warmup: 1, iterations: 2, repetitions: 3, timeout: 5s, seed: 3}
baseline: {model: serial}
primary: throughput
metrics: [throughput, speedup]
allow: [{sync: none, status: invalid}]
report: {plots: [scaling], language: en}
"""
ODD = [
    *(None, 5, -1, 0, 1.5, True, "x", "", "serial", "none", "cpus", "2*cpus", "1/0", "cpus[", "é\u2028", "x" * 3000),
    *([], {}, [1], [None], [[]], {"a": 1}, {1: 2}, {"is": 1}, {"is": [1], "as": "q"}, {"is": None, "as": 3}),
    *({"from": 1}, {"from": 1, "to": 2, "times": 2}, {"from": "a", "to": [], "step": {}}, {"zip": []}, [{"zip": 1}]),
    *("workers > 'a'", "cpus in 5", "not", "log(0) > 1", "1e999", 10**400, float("inf"), 1e308, "a.py:f", "::", [True]),
    *({"ops": 5}, [{"ops": 5}, {"duration": "1s"}], {"duration": 1}),
]
SIGNS = [*":{}[],-*&|>#@`%!'\"\n\t\0 ", "<<: ", "null", "é", "- ", ": "]


def places(data, path=()):
    """Every place in nested data."""
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def mutated(generator):
    """FULL with one to three mistakes in its data, or in its text."""
    if generator.random() < 0.4:
        text = FULL
        for _ in range(generator.choice([1, 1, 2, 3])):
            at = generator.randrange(len(text))
            text = text[:at] + generator.choice(SIGNS) + text[at + generator.randrange(3) :]
        return text
    data = yaml.safe_load(FULL)
    for _ in range(generator.choice([1, 1, 2, 3])):
        *path, last = generator.choice([p for p in places(data) if p])
        holder = data
        for key in path:
            holder = holder[key]
        if generator.random() < 0.7:
            holder[last] = copy.deepcopy(generator.choice(ODD))
        elif isinstance(holder, dict):
            holder[generator.choice([*FULL.replace(":", " ").split(), 5])] = holder[last]
        else:
            holder.append(copy.deepcopy(holder[last]))
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def test_random_mistakes_are_told_and_never_crash():
    """Of 300 mutated experiments each is accepted, or refused with problems that lie in the file."""
    generator = random.Random(2)
    accepted = refused = 0
    for _ in range(300):
        text = mutated(generator)
        try:
            make_plan(parse_text(text, "/nowhere/x.yaml"), 2)
            accepted += 1
        except InputError as error:
            found = error.problems
            refused += bool(found) and all(0 <= p.line <= text.count("\n") + 2 and p.message for p in found)
        except EnvironmentRefused:
            accepted += 1
    assert accepted + refused == 300
    assert accepted >= 10
