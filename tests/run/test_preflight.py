"""A user's own code before the sweep: what cannot be imported, called or carried, told in plain words and at its place."""

import csv
import json
import re
import sys
import venv

import pytest

from concexp import experiment
from concexp.errors import EnvironmentRefused, InputError
from concexp.plan.planner import make_plan, with_refusals
from concexp.run import preflight, user_files
from concexp.run.child import stage as stages
from concexp.run.interpreters import interpreter
from concexp.run.machine.lock import MachineLock
from tests.helpers.program import concexp, unfinish
from tests.helpers.program import run_folder as only_run

REST = "load: {ops: 2, scaling: strong}\nsweep: {workers: 2}\nmeasure: {repetitions: 1, iterations: 1, warmup: 0}\n"


@pytest.fixture(scope="module")
def current():
    return interpreter.current(stages.stage_child_code())


@pytest.fixture
def prepared(write, current):
    """The preflight of an experiment whose workload is in mine.py."""

    def prepared(code, workload="mine.py:work", model="[serial, threads]", more=""):
        write("mine.py", code)
        found = experiment.load(write("x.yaml", f"workload: {workload}\nmodel: {model}\n{REST}{more}"))
        lock = MachineLock("a test", lambda who: None, True)
        return preflight.Preflight(found, make_plan(found, 2), {"current": current}, stages.stage_child_code(), lock)

    return prepared


def problem(act):
    with pytest.raises(InputError) as caught:
        act()
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(
    ("code", "says", "cure"),
    [
        (
            "\nimport nowhere_to_be_found\ndef work(): pass",
            "mine.py:2: there is no module 'nowhere_to_be_found'",
            "install",
        ),
        ("from json import nothing_such as work", "mine.py:1 raised ImportError: cannot import name", ""),
        ("x = {}\ndef work(): pass\nx['a']", "mine.py:3 raised KeyError: 'a'", ""),
        ("def work(): pass\nimport sys\nsys.exit(3)", "mine.py:3 raised SystemExit: 3", "__name__"),
        (
            "def work(): pass\nimport os\nos._exit(3)",
            "the trial's process ended with exit code 3",
            "ends or holds up the process",
        ),
        ("import helper\ndef work(): pass", "helper.py:2 raised ZeroDivisionError", ""),
        ("import broken\ndef work(): pass", "broken.py:1 is no Python", ""),
        ("def work(): pass\ndel work", "mine.py has no 'work' once it is imported", "name a function"),
        ("work = 3", "it is of type int, which cannot be called", "name a function"),
        (
            "from functools import partial\ndef f(a, b): pass\nwork = partial(f, 1)",
            "cannot be called so: missing",
            "by name",
        ),
        ("def work():\n for i in [1]:\n  yield i", "mine.py:work: it is a generator function: a call of it", "context"),
        ("def work(a, /): pass", "work(a, /) cannot be called so: ", "by name"),
    ],
)
def test_what_cannot_be_imported_or_called(prepared, write, code, says, cure):
    """Told at the entry, with file and line of the user's own; nothing is a traceback."""
    write("helper.py", "\n1 / 0\n")
    write("broken.py", "def (:\n")
    found = problem(prepared(code).inspect_code)
    assert (found.line, found.column, found.path) == (1, 11, "workload")
    assert says in found.message
    assert cure in found.hint
    assert "Traceback" not in str(found)


def test_yields_of_inner_functions_do_not_count(prepared):
    """A plain function may define a generator inside."""
    known, reasons = prepared(
        "def work():\n def g():\n  yield 1\n h = lambda: (yield)\n return sum(g())"
    ).inspect_code()
    assert (known["mine.py:work"]["form"], reasons) == ("function", {})


def test_a_missing_module_names_the_interpreter_and_the_folder(prepared, tmp_path):
    """Who looked for it, and where one can put it."""
    found = problem(prepared("import nowhere_to_be_found\ndef work(): pass").inspect_code)
    assert sys.executable in found.hint
    assert str(tmp_path) in found.hint


def test_a_check_is_looked_at_as_well(prepared):
    """A check must be there and be a plain function."""
    text = "{call: {target: mine.py:work, check: mine.py:right}, as: w}"
    found = problem(prepared("def work(): pass\nasync def co(v): pass\nright = co", text).inspect_code)
    assert "check mine.py:right is a coroutine function" in found.message


def test_all_entries_are_told_at_once(prepared):
    """Two mistakes are two problems."""
    wrong = prepared("a = 1\nb = 2\ndef ok(): pass", "[mine.py:a, mine.py:ok, mine.py:b]")
    with pytest.raises(InputError) as caught:
        wrong.inspect_code()
    assert [one.path for one in caught.value.problems] == ["workload[0]", "workload[2]"]


def test_helpers_of_a_module_count_and_installed_packages_do_not(prepared, write, tmp_path):
    """What a package beside the YAML imports of its own is the user's code; what was installed there has a version."""
    for folder in ("pack", "bought", "bought-1.2.dist-info"):
        (tmp_path / folder).mkdir()
    write("pack/__init__.py", "")
    write("pack/util.py", "")
    write("pack/bench.py", "import bought\nfrom pack import util\ndef f(): pass\n")
    write("bought/__init__.py", "def g(): pass\n")
    write("bought-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: bought\nVersion: 1.2\n")
    write("bought-1.2.dist-info/top_level.txt", "bought\n")
    tried = prepared("", "[pack.bench:f, bought:g]")
    seen, _ = tried.inspect_code()
    inside = ["pack/__init__.py", "pack/bench.py", "pack/util.py"]
    assert sorted(seen["pack.bench:f"]["modules"]) == [str(tmp_path / name) for name in inside]
    assert seen["bought:g"]["version"] == "bought 1.2"
    assert list(user_files.code_files(tried.spec, seen)) == ["bought/__init__.py", *inside]


def test_copies_of_a_package_lie_as_the_package_does(prepared, write, tmp_path):
    """A file in a src layout is measured as its package's module, and its copy and its helpers keep their places."""
    (tmp_path / "src/pkg").mkdir(parents=True)
    write("src/pkg/__init__.py", "")
    write("src/pkg/util.py", "")
    write("src/beside.py", "")
    write("src/pkg/bench.py", "from . import util\nimport beside\nfrom pkg import util\ndef f(): pass\n")
    tried = prepared("", "src/pkg/bench.py:f")
    seen, refused = tried.inspect_code()
    assert refused == {}
    names = ["src/beside.py", "src/pkg/__init__.py", "src/pkg/bench.py", "src/pkg/util.py"]
    assert list(user_files.code_files(tried.spec, seen)) == names
    assert user_files.code_files(tried.spec, {}) == {name: str(tmp_path / name) for name in names}


def test_what_each_entry_is(prepared, write, tmp_path):
    """Forms, how it is timed and checked, and the files of the user's own that were loaded."""
    write("helper.py", "x = 1\n")
    code = "import helper, json\nasync def work(): pass\nclass C:\n def run(self): pass\ndef right(v): pass\n"
    text = "[mine.py:work, {call: {target: mine.py:C, returns: nothing, check: mine.py:right}, as: c}, {'json:dumps': {obj: 1}}]"
    seen, refused = prepared(code, text).inspect_code()
    assert refused == {}
    assert seen["mine.py:work"]["form"] == "coroutine function"
    assert sorted(seen["mine.py:work"]["modules"]) == [str(tmp_path / name) for name in ("helper.py", "mine.py")]
    assert (seen["c"]["form"], seen["c"]["returns"], seen["c"]["check"]) == ("class", "nothing", "mine.py:right")
    assert (seen["json:dumps"]["form"], seen["json:dumps"]["modules"]) == ("function", {})


PICKLES = "import pickle\ndef work(): return pickle.dumps(lambda: 0)\n"


def test_what_fails_on_every_model_is_an_error_of_the_input(prepared):
    """With the place in the user's file, the models, and what the exception means."""
    found = problem(lambda: prepared("\n" + PICKLES).try_code({}))
    assert "mine.py:work failed at mine.py:3 on every model (serial, threads)" in found.message
    assert "pickle" in found.message
    assert "a lambda" in found.hint
    assert found.line == 1


def test_work_that_was_put_off_is_an_error_of_the_input(prepared):
    """Whatever is done with the value: no run begins whose operations never run, and the message has the way out."""
    for text in ("mine.py:work", "{call: {target: mine.py:work, returns: nothing}, as: w}"):
        found = problem(lambda text=text: prepared("def work(): return map(abs, [1])\n", text).try_code({}))
        assert "mine.py:work failed on every model (serial, threads): it returned a map" in found.message
        assert "return list(...) of it" in found.message
        assert found.hint == ""


def test_what_only_some_models_cannot_carry_is_unsupported(prepared):
    """A daemonic worker cannot start a process of its own, nor an event loop another loop: those cells say so, with a cure."""
    code = (
        "import asyncio, multiprocessing\n"
        "def work():\n p = multiprocessing.get_context('fork').Process(target=print)\n p.start()\n p.join()\n"
        "async def nap(): await asyncio.sleep(0)\n"
        "async def loops():\n c = nap()\n try: asyncio.run(c)\n finally: c.close()\n"
        "def plain_loop():\n c = nap()\n try: asyncio.run(c)\n finally: c.close()\n"
    )
    tried = prepared(code, "[mine.py:work, mine.py:plain_loop]", "[serial, processes, mp_pool, asyncio]")
    reasons = tried.try_code({})
    cells = {(cell.workload.label, cell.model.label): reasons.get(cell.id, "") for cell in tried.plan.cells}
    assert "may not start processes of their own" in cells["mine.py:work", "mp_pool"]
    assert "such as processes" in cells["mine.py:work", "mp_pool"]
    assert "an event loop cannot be started inside one that runs" in cells["mine.py:plain_loop", "asyncio"]
    assert [key for key, reason in cells.items() if reason] == [
        ("mine.py:work", "mp_pool"),
        ("mine.py:plain_loop", "asyncio"),
    ]
    left = with_refusals(tried.spec, tried.plan, reasons)
    assert len(left.runnable) == len(left.trials) == 6
    assert len(left.unsupported) == 2


@pytest.mark.parametrize(
    ("code", "refused", "says"),
    [
        (
            "import signal\ndef work(): signal.signal(signal.SIGALRM, signal.SIG_DFL)\n",
            {"threads", "to_thread", "hybrid"},
            "can be set in a process's main thread only",
        ),
        (
            "import multiprocessing\nmultiprocessing.set_start_method('spawn')\ndef work(): pass\n",
            {"spawn", "hybrid"},
            "set it under `if __name__",
        ),
        (
            "import multiprocessing\nmultiprocessing.set_start_method('spawn', force=True)\ndef work(): pass\n",
            set(),
            "",
        ),
    ],
)
def test_what_threads_and_new_processes_cannot_do(prepared, code, refused, says):
    """Signal handlers and the start method of multiprocessing: the models that cannot have them say why and what to do."""
    models = (
        "[serial, threads, {processes: {start_method: spawn}, as: spawn}, {processes: {start_method: fork}, as: fork}"
    )
    tried = prepared(code, model=f"{models}, to_thread, hybrid]")
    reasons = tried.try_code({})
    assert {cell.model.label for cell in tried.plan.cells if cell.id in reasons} == refused
    assert all(says in reason for reason in reasons.values())


def test_a_failure_that_may_be_data_is_left_to_the_sweep(prepared):
    """An exception of unknown origin on some models, one that is allowed, or one of some arguments only, refuses nothing."""
    code = "import threading\ndef work(n=0):\n assert n or threading.current_thread() is threading.main_thread()\n"
    assert prepared(code, model="[serial, threads]").try_code({}) == {}
    assert prepared("def work(): 1 / 0", more="allow: [{status: failed}]\n").try_code({}) == {}
    swept = REST.replace("{workers: 2}", "{workers: 2, 'mine.py:work.n': [0, 1]}")
    tried = prepared("def work(n=0): 1 / n")
    found = experiment.parse_text(f"workload: mine.py:work\nmodel: [serial, threads]\n{swept}", tried.spec.path)
    other = preflight.Preflight(found, make_plan(found, 2), tried.pythons, tried.stage, tried.lock)
    assert other.try_code({}) == {}


def test_an_outcome_that_is_wrong_is_left_to_the_sweep(prepared):
    """A check that refuses the value makes trials invalid, which is data."""
    text = "{call: {target: mine.py:work, check: mine.py:right}, as: w}"
    assert prepared("def work(): pass\ndef right(v): return False\n", text).try_code({}) == {}


def test_where_no_cell_is_left(prepared):
    """All cells without a model that can carry them: the environment is refused, with the reasons."""
    tried = prepared("def work(): pass")
    with pytest.raises(EnvironmentRefused, match="because of this"):
        with_refusals(tried.spec, tried.plan, {cell.id: "because of this" for cell in tried.plan.cells})


def test_an_experiment_without_user_code_has_no_preflight(prepared):
    """Nothing is started."""
    tried = prepared("", "sleep")
    assert (*tried.inspect_code(), tried.try_code({})) == ({}, {}, {})


def test_what_only_some_interpreters_can_import(prepared, tmp_path, current):
    """A package that one interpreter has and another has not: the other's cells are unsupported, and the rest runs."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    bare = interpreter.ask("bare", str(tmp_path / "bare/bin/python"), stages.stage_child_code())
    tried = prepared("import yaml\ndef work(): pass\n")
    swept = REST.replace("{workers: 2}", f"{{workers: 2, python: [current, {{is: {bare.path}, as: bare}}]}}")
    found = experiment.parse_text(f"workload: mine.py:work\nmodel: [serial, threads]\n{swept}", tried.spec.path)
    plan = make_plan(found, 2)
    both = preflight.Preflight(found, plan, {"current": current, "bare": bare}, tried.stage, tried.lock)
    seen, refused = both.inspect_code()
    assert seen["mine.py:work"]["form"] == "function"
    reasons = both.try_code(refused)
    assert {cell.runtime.python for cell in plan.cells if cell.id in reasons} == {"bare"}
    assert set(reasons.values()) == {
        "mine.py:work cannot be imported: mine.py:1: there is no module 'yaml': install yaml for the interpreter of bare"
    }
    assert {cell.runtime.python for cell in with_refusals(found, plan, reasons).runnable} == {"current"}
    alone = preflight.Preflight(found, with_refusals(found, plan, {c.id: "x" for c in plan.cells if c.id not in reasons}),
                                both.pythons, tried.stage, tried.lock)  # fmt: skip
    assert bare.path in problem(alone.inspect_code).hint


def test_a_package_that_is_imported_late_is_missed_at_once(prepared, tmp_path):
    """Within the function: one cell of an interpreter without it is tried per model, none is measured, and it says why."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    bare = interpreter.ask("bare", str(tmp_path / "bare/bin/python"), stages.stage_child_code())
    tried = prepared("def work():\n import yaml\n")
    swept = REST.replace("{workers: 2}", f"{{workers: 2, python: [current, {{is: {bare.path}, as: bare}}]}}")
    found = experiment.parse_text(f"workload: mine.py:work\nmodel: [serial, threads]\n{swept}", tried.spec.path)
    plan = make_plan(found, 2)
    both = preflight.Preflight(found, plan, {**tried.pythons, "bare": bare}, tried.stage, tried.lock)
    reasons = both.try_code({})
    assert {cell.runtime.python for cell in plan.cells if cell.id in reasons} == {"bare"}
    assert all("is not installed for this interpreter" in reason for reason in reasons.values())
    assert all("No module named 'yaml'" in reason for reason in reasons.values())


def test_names_of_copies(write, tmp_path, prepared):
    """The path that the YAML gives a file, a module's path; helpers lie as they lay."""
    for folder in ("one", "two", "pack"):
        (tmp_path / folder).mkdir()
        write(f"{folder}/mine.py", "def f(): pass\n")
    write("pack/__init__.py", "def g(): pass\n")
    found = prepared("", "[one/mine.py:f, two/mine.py:f, pack.mine:f, pack:g]").spec
    helpers = {str(tmp_path / "one/sub/h.py"): "sub.h"}
    files = user_files.code_files(found, {"one/mine.py:f": {"modules": helpers}})
    assert {name: str(tmp_path / rest) for name, rest in {
        "one/mine.py": "one/mine.py",
        "one/sub/h.py": "one/sub/h.py",
        "two/mine.py": "two/mine.py",
        "pack/mine.py": "pack/mine.py",
        "pack/__init__.py": "pack/__init__.py",
    }.items()} == files  # fmt: skip


LOUD = """
import sys
print("loaded " * 100)
class work:
    def setup(self): print("set up " * 50)
    def run(self): BODY
"""


@pytest.mark.parametrize(
    ("body", "size"), [("pass", 0), ("print('x' * 79)", 80), ("sys.stderr.write('x' * 3000)", 3000)]
)
def test_what_each_call_prints(prepared, body, size):
    """The amount is measured: what the import and the set-up print does not count, and quiet code is tried once."""
    tried = prepared(LOUD.replace("BODY", body), model="[threads, {processes: {start_method: spawn}, as: spawned}]")
    tried.inspect_code()
    tried.try_code({})
    assert tried.printed == ({"mine.py:work": size} if size else {})
    text = {0: [], 80: ["80 bytes"], 3000: ["2.93 KiB"]}[size]
    assert tried.announcements({}) == [
        f"mine.py:work prints {one} in each call, within the measured time" for one in text
    ]


def test_a_long_comparison_is_announced(prepared, monkeypatch):
    """With the time that its trials take, by what the first ones took."""
    tried = prepared("def work(): return 1\n")
    tried.try_code({})
    assert tried.announcements({}) == []
    monkeypatch.setattr(preflight, "LONG_COMPARISON_S", 0.01)
    (line,) = tried.announcements({})
    assert re.fullmatch(r"what the code returns is compared before the first trial: about [\d.]+ s", line)
    assert tried.announcements({cell.id: "no" for cell in tried.plan.cells}) == []


def test_a_whole_run(write, tmp_path):
    """From a YAML of a few lines to columns, cells, copies, hashes and the page; completed without another preflight."""
    write("helper.py", "K = 3\n")
    write("mine.py", "import helper\nasync def work(): return {'hits': helper.K}\ndef loop():\n import asyncio\n"
                     " c = work()\n try: return asyncio.run(c)['hits']\n finally: c.close()\n")  # fmt: skip
    write("x.yaml", f"workload: [mine.py:work, mine.py:loop]\nmodel: [threads, asyncio]\nbaseline: {{}}\n{REST}")
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0, done.stderr
    assert "1 cell cannot run: mine.py:loop cannot run so: an event loop cannot be started" in done.stderr
    run = only_run(tmp_path)
    assert {path.name for path in (run / "code").iterdir()} == {"helper.py", "mine.py"}
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["user_code"]) == {"helper.py", "mine.py"}
    assert len(manifest["preflight"]["unsupported"]) == 1
    assert str(tmp_path) not in (run / "manifest.json").read_text()
    rows = {
        (row["workload"], row["model"]): row for row in csv.DictReader((run / "cells.csv").read_text().splitlines())
    }
    assert rows["mine.py:loop", "asyncio"]["status"] == "unsupported"
    assert [rows["mine.py:work", m]["returned.hits"] for m in ("threads", "asyncio")] == ["3", "3"]
    assert rows["mine.py:loop", "threads"]["returned"] == "3"
    page = (tmp_path / "reports/x/README.md").read_text()
    sha256 = manifest["user_code"]["mine.py"][:12]
    assert f"| [mine.py](runs/{run.name}/code/mine.py) | `{sha256}` |" in page
    assert "`mine.py:work`: coroutine function." in page
    assert "returned hits" in page
    journal = (run / "journal.jsonl").read_bytes()
    unfinish(run)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    assert (only_run(tmp_path) / "journal.jsonl").read_bytes() == journal
    write("helper.py", "K = 4\n")
    unfinish(run)
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    assert len(list((tmp_path / "reports/x/runs").iterdir())) == 2, "another helper is another run"


def test_a_refused_run_leaves_nothing(write, tmp_path):
    """Exit code 2, the place, no folder: nothing was measured."""
    write("mine.py", "import nowhere_to_be_found\ndef work(): pass\n")
    write("x.yaml", f"workload: mine.py:work\nmodel: serial\n{REST}")
    assert concexp(tmp_path, "validate", "x.yaml").returncode == 0
    assert concexp(tmp_path, "plan", "x.yaml").returncode == 0
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "x.yaml:1:11: workload: mine.py:work cannot be imported: mine.py:1: there is no module"
    )
    assert not (tmp_path / "reports").exists()


def test_sources_of_the_project_are_the_users_code(write, tmp_path, prepared):
    """Those that are found beside the target, beside the YAML, in a namespace package, and by a path that the code adds."""
    for folder in ("src/late", "space", "sub"):
        (tmp_path / folder).mkdir(parents=True)
    write("pyproject.toml", "")
    write("space/part.py", "")
    write("beside.py", "")
    write("sub/near.py", "import space.part\n")
    write("src/added.py", "def f():\n    from late import deep\n")
    write("src/late/__init__.py", "")
    write("src/late/deep.py", "")
    write("src/other.py", "")
    write("sub/mine.py", "import os, sys, json\nimport near, beside\n"
                         "sys.path.append(os.path.join(os.path.dirname(os.path.dirname(__file__)), 'src'))\n"
                         "import added\ndef work(): pass\n")  # fmt: skip
    tried = prepared("", "sub/mine.py:work")
    seen, _ = tried.inspect_code()
    files = user_files.code_files(tried.spec, seen)
    near = {"sub/mine.py", "sub/near.py", "beside.py", "space/part.py"}
    assert set(files) == near | {"src/added.py", "src/late/__init__.py", "src/late/deep.py"}
