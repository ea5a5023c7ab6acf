"""YAML -> Spec."""

import copy
import random

import pytest
import yaml

from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import load, parse_text
from concexp.plan.planner import make_plan
from tests.helpers.sweeps import SHORT, problems


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
        (SHORT + "where: []\n", "there is no key 'where' here"),
        (SHORT + "name: Bad Name\n", "cannot be a name"),
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
        ("name: 'no/slash'", "name", "'no/slash' cannot be a name"),
        ("question: {a: b}", "question", "expected text, not a map"),
        ("tags: [1]", "tags", "expected text, not 1"),
        ("author: {name: Ada}", "author", "expected text, not a map"),
        ("license: [MIT]", "license", "expected text, not a list"),
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
        (
            "measure: {max_repetitions: 9}",
            "measure.max_repetitions",
            "10 trials per cell come first (`repetitions`), not 9",
        ),
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
        ("report: {plots: [1]}", "report.plots[0]", "invalid value 1: it should be a valid string"),
        ("report: {plots: {a: b}}", "report.plots", "invalid value a map"),
        ("report: {language: de}", "report.language", "expected 'en' or 'zh', not 'de'"),
        ("report: {plot: scaling}", "report.plot", "there is no key 'plot' here"),
        ("report: {figures: jpg}", "report.figures", "expected 'png', 'svg' or 'pdf', not 'jpg'"),
        ("report: {figures: [svg, pdf]}", "report.figures", "expected 'png', 'svg' or 'pdf', not a list"),
        ("extends: 5", "extends", "expected the path of a YAML file"),
        ("extends: [a.yaml]", "extends", "expected the path of a YAML file"),
        ("extends: nowhere.yaml", "extends", "cannot read 'nowhere.yaml': No such file or directory"),
        ("extends: /dev/zero", "extends", "'/dev/zero' is no YAML file"),
        ("extends: /", "extends", "'/' is no YAML file"),
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
        with pytest.raises(InputError, match="no name can be made from"):
            parse_text(SHORT, file)
        assert parse_text(SHORT + "name: x\n", file).name == "x"


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


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("workload: b.py:f\nmodel: threads\nsync: semaphore\n", [(3, 7, "sync")]),
        ("workload: b.py:f\nmodel: threads\nsync: [none, lock, semaphore]\n", [(3, 14, "sync[1]"), (3, 20, "sync[2]")]),
        (
            "model: threads\nsync: lock\nsweep: [{workload: b.py:f}, {workload: b.py:g}]\n",
            [(2, 7, "sync"), (2, 7, "sync")],
        ),
        ("workload: [b.py:f, counter]\nmodel: threads\nsync: [none, lock]\n", []),
        ("workload: [b.py:f, b.py:g]\nmodel: threads\nsync: none\n", []),
    ],
)
def test_a_primitive_beside_user_code_alone(tmp_path, text, places):
    """Nothing of it could run: refused where it stands, before anything starts, unless another workload takes it."""
    (tmp_path / "b.py").write_text("def f(): pass\ndef g(): pass\n")
    if not places:
        parse_text(text, str(tmp_path / "x.yaml"))
        return
    with pytest.raises(InputError) as caught:
        parse_text(text, str(tmp_path / "x.yaml"))
    assert [(found.line, found.column, found.path) for found in caught.value.problems] == places
    for found in caught.value.problems:
        assert "cannot guard b.py:" in found.message
        assert "give the function a parameter `sync`" in found.hint


@pytest.mark.parametrize(
    ("source", "target", "takes"),
    [
        ("def f(sync): pass", "b.py:f", True),
        ("def f(size, *, sync): pass", "{b.py:f: {size: 3}}", True),
        ("async def f(sync): pass", "b.py:f", True),
        ("class f:\n    def __init__(self, sync): pass\n    def run(self): pass", "b.py:f", True),
        ("import contextlib\n@contextlib.contextmanager\ndef f(sync): yield", "b.py:f", True),
        ("def f(sync=True): pass", "b.py:f", False),
        ("def f(sync): pass", "{b.py:f: {sync: 3}}", False),
        ("def f(): pass", "b.py:f", False),
    ],
)
def test_a_function_may_ask_for_the_primitive(tmp_path, source, target, takes):
    """By a parameter `sync` that has no default and that the YAML does not give."""
    (tmp_path / "b.py").write_text(source + "\n")
    (entry,) = parse_text(f"workload: {target}\nmodel: threads\n", str(tmp_path / "x.yaml")).grids[0].workload
    assert entry.takes_sync is takes
    assert ("takes_sync" in entry.request()["parameters"]) is takes
    assert "sync" not in entry.accepts() or not takes
    if takes:
        parse_text(f"workload: {target}\nmodel: threads\nsync: [none, lock]\n", str(tmp_path / "x.yaml"))
