"""`workload:`, `model:`, `sync:` -> Entries, and users' own functions, which are looked at and never executed."""

import os

import pytest

from concexp.errors import InputError
from concexp.experiment import load, parse_text

REST = "\nmodel: serial\n"


def workloads(text):
    return parse_text(f"workload: {text}{REST}", "x.yaml").grids[0].workload


def problem(text, read=workloads):
    with pytest.raises(InputError) as caught:
        read(text)
    (found,) = caught.value.problems
    return found


def test_a_name_stands_alone_or_in_a_list():
    """One name is a list of one; defaults are filled in, in SI units."""
    (entry,) = workloads("echo")
    assert (entry.kind, entry.name, entry.label) == ("workload", "echo", "echo")
    assert entry.parameters == {"size": 64, "delay": 0.0}
    assert [e.name for e in workloads("[echo, sleep]")] == ["echo", "sleep"]


def test_parameters_and_a_label():
    """Parameters are converted to their own units, `as` is the label."""
    (entry,) = workloads("{echo: {size: 1KiB, delay: 5ms}, as: slow}")
    assert (entry.label, entry.parameters) == ("slow", {"size": 1024, "delay": 0.005})
    assert workloads("{echo: }") == workloads("echo")
    assert entry.build().delay == 0.005


@pytest.mark.parametrize(
    ("text", "where", "path", "says", "cure"),
    [
        ("cpu_sun", 11, "workload", "there is no workload 'cpu_sun'", "did you mean 'cpu_sum'?"),
        ("[sleep, {cpu_sun: {}}]", 20, "workload[1].cpu_sun", "there is no workload", "did you mean 'cpu_sum'?"),
        ("zzz", 11, "workload", "there is no workload 'zzz'", "known: "),
        ("_function", 11, "workload", "there is no workload '_function'", ""),
        ("{counter: {from: call}}", 22, "workload.counter.from", "counter has no parameter 'from'", "'form'"),
        ("{counter: {form: cal}}", 28, "workload.counter.form", "not 'cal'", ""),
        ("{echo: {delay: 5}}", 26, "workload.echo.delay", "not 5: the unit is missing", ""),
        ("{echo: {size: [1, 2]}}", 25, "workload.echo.size", "not a list", ""),
        ("{echo: 5}", 18, "workload.echo", "expected a map of parameters, not 5", "{echo: {size: 5}}"),
        ("{echo: [1]}", 18, "workload.echo", "expected a map of parameters, not a list", "{parameter: value}"),
        ("{echo: {}, sleep: {}}", 11, "workload", "not 2 names", "{name: {parameter: value}, as: label}"),
        ("{as: x}", 11, "workload", "not 0 names", "{name: {parameter: value}, as: label}"),
        ("{echo: {}, as: 3}", 26, "workload.as", "expected text, not 3", 'put it in quotes: "3"'),
        ("[echo, echo]", 18, "workload[1]", "the label 'echo' is there twice", "`as:`"),
        ("[]", 11, "workload", "the list is empty", "name at least one workload"),
        ("[[echo]]", 12, "workload[0]", "expected text, not a list", ""),
        ("null", 11, "workload", "expected text, not nothing", ""),
        ("true", 11, "workload", "expected text, not true", "quotes"),
    ],
)
def test_mistakes(text, where, path, says, cure):
    """Each mistake in an entry has its column, its key path, its message and its cure."""
    found = problem(text)
    assert (found.line, found.column, found.path) == (1, where, path)
    assert says in found.message
    assert cure in found.hint


@pytest.fixture
def own(write):
    """Read an experiment whose workload is a function of mine.py; the file would shout if it were executed."""

    def read(text, code="def work(n=1): return n\n"):
        write("mine.py", code + "\nimport pathlib\npathlib.Path(__file__ + '.executed').touch()\nraise SystemExit\n")
        return load(write("x.yaml", f"workload: {text}{REST}")).grids[0].workload

    return read


def test_a_function_is_found_but_never_executed(own, tmp_path):
    """The file is parsed for names and arguments; nothing in it runs, and it is not imported."""
    (entry,) = own("{mine.py:work: {n: 3}}")
    assert (entry.name, entry.label, entry.located.function) == ("mine.py:work", "mine.py:work", "work")
    assert entry.located.path == entry.located.source == str(tmp_path / "mine.py")
    assert entry.parameters == {"n": 3}
    assert entry.request()["parameters"]["arguments"] == {"n": 3}
    entry.build()
    assert not (tmp_path / "mine.py.executed").exists()
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_function_may_have_a_label_and_stand_beside_plugins(own):
    """`as` names a function too."""
    assert [e.label for e in own("[sleep, {mine.py:work: {n: 3}, as: three}, mine.py:work]")] == [
        *("sleep", "three", "mine.py:work")
    ]


def test_any_argument_goes_to_a_function_that_takes_any(own):
    """`**options` takes every name; texts, lists and maps are handed over as written."""
    (entry,) = own("{mine.py:work: {n: [1, {a: 10us}], other: 'on'}}", "def work(n, **options): pass")
    assert entry.parameters == {"n": [1, {"a": "10us"}], "other": "on"}


def test_a_parameter_with_a_default_can_be_swept(own, write):
    """An axis may set a parameter that the entry itself leaves at its default."""
    own("mine.py:work")
    spec = load(write("x.yaml", f"workload: mine.py:work{REST}sweep: {{'mine.py:work.n': [1, 2]}}\n"))
    assert [axis.keys for axis in spec.grids[0].axes] == [("mine.py:work.n",)]


@pytest.mark.parametrize(
    ("text", "code", "says", "cure"),
    [
        ("other.py:f", "", "cannot read other.py: No such file or directory", "relative to this YAML"),
        ("mine-txt:f", "", "'mine-txt:f' names no file.py", "file.py:function"),
        ("mine.txt:f", "", "there is no module 'mine.txt'", "file.py:function"),
        (":f", "", "':f' names no file.py", "file.py:function"),
        ("'mine.py:'", "def work(): pass", "mine.py defines no function ''", "known: work"),
        ("mine.py:wrk", "def work(): pass", "mine.py defines no function 'wrk'", "did you mean 'work'?"),
        ("mine.py:f", "x = 1", "mine.py defines no function 'f'", "mine.py defines no function"),
        ("mine.py:C.g", "class C:\n def f(self): pass", "mine.py defines no function 'C.g'", "did you mean 'C.f'?"),
        ("mine.py:C.f", "class C:\n def f(self, n): pass", "C.f needs n", "{mine.py:C.f: {n: …}}"),
        ("mine.py:C", "class C:\n def __init__(self, n): pass", "C needs n", "{mine.py:C: {n: …}}"),
        ("mine.py:f", "async def f(n): pass", "f needs n", "{mine.py:f: {n: …}}"),
        ("mine.py:f_*", "def f(): pass", "nothing in mine.py fits 'f_*'", "known: f"),
        ("{mine.py:f*: {}, as: x}", "def f(): pass", "a suite has a label for each function", "leave out `as:`"),
        ("{mine.py:f*: {n: 1}}", "def f(n): pass\ndef ff(): pass", "ff has no parameter 'n'", "takes no arguments"),
        ("mine.py:f", "def f(a, b, *, c, d=1): pass", "f needs a, b, c", "{mine.py:f: {a: …}}"),
        ("{mine.py:f: {a: 1}}", "def f(a, b): pass", "f needs b", "{mine.py:f: {b: …}}"),
        ("{mine.py:f: {aa: 1}}", "def f(a=1): pass", "f has no parameter 'aa'", "did you mean 'a'?"),
        ("{mine.py:f: {x: 1}}", "def f(): pass", "f has no parameter 'x'", "f takes no arguments"),
        ("mine.py:f", "def f(:", "mine.py is no Python: ", ""),
        ("mine.py:f", "\0", "mine.py is no Python: ", ""),
        ("mine.py:f", "x = " + "-" * 20000 + "1", "mine.py is no Python: ", ""),
    ],
)
def test_what_is_wrong_with_a_function(own, text, code, says, cure):
    """Each mistake about a user's function is told at the entry, with a cure."""
    found = problem(text, lambda text: own(text, code))
    assert found.line == 1
    assert found.path.startswith("workload")
    assert says in found.message
    assert cure in found.hint


def test_what_only_the_child_can_judge_is_left_to_it(own):
    """Generators and parameters that cannot be given by name are entries here: the child refuses them before the sweep."""
    for code in ("def f():\n yield 1", "def f(a, /): pass", "def f(a=1, /, b=2): pass", "@g\ndef f(a): pass"):
        (entry,) = own("mine.py:f", code)
        assert entry.located.function == "f"


def test_a_parameter_behind_self_is_one_of_a_method(own):
    """`self` may be positional-only; what follows it is given by name."""
    (entry,) = own("{mine.py:C.f: {n: 1}}", "class C:\n def f(self, /, n): pass")
    assert entry.accepts() == ("n",)


def test_a_pipe_or_a_circle_of_links_is_no_file(write, tmp_path):
    """Reading stops neither at a pipe that nobody writes to, nor at links that lead in a circle."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "circle.py").symlink_to("circle.py")
    for file in ("pipe.py", "circle.py"):
        with pytest.raises(InputError, match=f"cannot read {file}"):
            load(write("x.yaml", f"workload: {file}:f{REST}"))


def test_paths_begin_from_the_yaml_that_says_them(write, tmp_path):
    """A base file's functions lie beside the base, those of --set beside the experiment."""
    (tmp_path / "base").mkdir()
    write("base/common.yaml", "workload: mine.py:f\nmodel: serial\n")
    write("base/mine.py", "def f(): pass\n")
    write("own.py", "def f(): pass\n")
    path = write("x.yaml", "extends: base/common.yaml\n")
    for more, file in [
        ([], "base/mine.py"),
        (["workload=own.py:f"], "own.py"),
        (["workload=base/mine.py:f"], "base/mine.py"),
    ]:
        (entry,) = load(path, more).user_entries
        assert entry.located.path == str(tmp_path / file)


def test_an_entry_may_say_what_its_workload_wants(write):
    """Beside the name, for plug-ins, functions and suites; without it the measurement decides."""
    write("mine.py", "def bench_a(): pass\ndef bench_b(): pass\n")
    text = "workload: [{sleep: {}, wants: cpu}, {mine.py:bench_*: {}, wants: io}, cpu_sum]\nmodel: serial\n"
    entries = load(write("x.yaml", text)).grids[0].workload
    assert [(entry.label, entry.wants) for entry in entries] == [
        ("sleep", "cpu"), ("bench_a", "io"), ("bench_b", "io"), ("cpu_sum", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "cure"),
    [
        ("workload: {sleep: {}, wants: disk}\nmodel: serial\n", "workload.wants", "cpu"),
        ("workload: {sleep: {}, wants: [cpu]}\nmodel: serial\n", "workload.wants", "cpu"),
        ("workload: sleep\nmodel: {serial: {}, wants: cpu}\n", "model.wants", "leave it out"),
    ],
)
def test_other_wants_are_refused(write, text, place, cure):
    """Another word, a list, and another kind of plug-in: where it is and what to write."""
    with pytest.raises(InputError) as caught:
        load(write("x.yaml", text))
    (problem,) = caught.value.problems
    assert problem.path == place
    assert cure in problem.hint
