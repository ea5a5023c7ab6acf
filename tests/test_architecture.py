"""The rules of the house, each as a test: imports, libraries, the sealed child, plug-ins, modules, tests."""

import ast
import functools
import graphlib
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import concexp
from concexp import catalog, cli
from concexp.commands import plug_in_list
from concexp.trial import wire
from tests.helpers import children

# The listing of the package, from the top down: an entry imports itself and what stands below it.
ORDER = (
    "__main__",
    "testing",
    "cli",
    "output",
    "overview",
    "pytest_plugin",
    "commands",
    "report",
    "analysis",
    "run",
    "plan",
    "experiment",
    "catalog",
    "installed",
    "errors",
    "trial",
)

# Where each library may be imported. What is not named here may be imported anywhere above the trial.
HOMES = {
    "typer": ["cli"],
    "rich": ["commands"],
    "junitparser": ["commands/junit"],
    "pytest": ["pytest_plugin"],
    "rocrate": ["commands/crate"],
    "zipfile": ["run/storage/archive"],
    "jinja2": ["report"],
    "markdown_it": ["report"],
    "polib": ["report/text/language"],
    "matplotlib": ["report/plots"],
    "pandas": ["commands/api", "commands/export", "report", "analysis"],
    "numpy": ["report", "analysis"],
    "pyarrow": ["analysis"],
    "scipy": ["analysis/stats"],
    "dask": ["run/cluster/connection"],
    "distributed": ["run/cluster/connection"],
    "psutil": ["run"],
    "pydantic": ["run/storage", "experiment"],
    "pydantic_core": ["run/storage", "run/child/answer"],
    "yaml": ["run/storage", "experiment"],
}
# Statistics and metrics are functions of arrays and columns: they know no frame's library and no file format.
NOT_AT_HOME = {"pandas": ["analysis/stats", "analysis/metrics"], "pyarrow": ["analysis/stats", "analysis/metrics"]}

LONGEST = 400  # lines of a module

# Strings outside the plug-ins that are spelt like a workload, a model or a primitive and mean something else.
SPELT_ALIKE = {
    "none": {
        "what `init` proposes": ["commands/init.py"],
        "the YAML's default of `sync`": ["experiment/keys.py", "experiment/reader.py", "plan/controls.py"],
        "a value of `flags`": ["experiment/interpreter_settings.py"],
        "a value of `pin`": ["experiment/blocks.py", "plan/expansion.py", "report/sections/machine.py"],
        "an interface of primitives": [
            "report/contest.py",
            "trial/plugin.py",
            "trial/tools.py",
        ],
        "a verdict: no gain": ["report/answer/gains.py"],
        "a value of --progress": [
            "cli/options.py",
            "commands/progress.py",
            "commands/trying/probe.py",
            "pytest_plugin.py",
        ],
        "the word for no unit": ["commands/catalogue.py"],
    },
    "serial": {
        "what `init` proposes": ["commands/init.py"],
        "the YAML's default of `baseline`": ["experiment/selections.py"],
        "the model of the sentinel": ["plan/controls.py"],
        "the plain loop with which answers are compared": ["run/agreement.py"],
    },
    "cpu_sum": {"the workload of the sentinel": ["plan/controls.py"], "what `init` proposes": ["commands/init.py"]},
    "lock": {"what `init` proposes": ["commands/init.py"]},
    "threads": {
        "what `init` proposes": ["commands/init.py"],
        "the YAML's default of `background.model`": ["experiment/axis_table.py"],
        "a value of the answer's `parallel`": [
            "analysis/demand.py",
            "analysis/doubts.py",
            "analysis/time_breakdown.py",
            "report/sections/timelines.py",
        ],
        "a value of a model's `parallel`": ["commands/trying/models.py"],
    },
    "processes": {
        "what `init` proposes": ["commands/init.py"],
        "a value of the answer's `parallel`": ["analysis/time_breakdown.py"],
        "a value of a model's `parallel`": ["commands/trying/models.py"],
    },
    "interpreters": {
        "a value of a model's `parallel`": ["commands/trying/models.py"],
        "a part of the manifest": [
            "analysis/comparing/circumstances.py",
            "commands/crate.py",
            "commands/reproduce.py",
            "commands/run.py",
            "report/view.py",
            "report/sections/machine.py",
            "report/sections/trust.py",
            "run/bundle.py",
            "run/cluster/host.py",
            "run/storage/run_folder.py",
        ],
    },
    "loops": {
        "a part of the answer": ["analysis/blocking.py", "trial/loop_time.py"],
        "another word for iterations": ["experiment/blocks.py"],
    },
    "dask": {"a value of `execution.engine`": ["commands/machines.py", "experiment/blocks.py"]},
    "simulated": {"an attribute of every model": ["report/view.py"]},
    "queue": {
        "a doubt": ["analysis/doubts.py", "analysis/doubt_codes.py"],
        "what `init` proposes": ["commands/init.py"],
    },
    "spin": {"a verb of requests": ["run/machine/spinners.py"]},
    "server": {"a server of the user that a run used": ["analysis/comparing/circumstances.py"]},
    "semaphore": {"what a trial left behind": ["report/sections/leaks.py", "run/child/leaks.py"]},
    "asyncio": {
        "the module of the standard library": [
            "trial/diagnostics/lock_watch/registry.py",
            "trial/diagnostics/task_stacks.py",
        ]
    },
}

# Folders of tests that belong to no single module, and the tests beside modules that are about several of them.
SHARED = {"contracts", "program", "fuzz", "helpers", "data"}
ABOUT_SEVERAL = {
    "test_project.py",
    "test_architecture.py",
    "experiment/test_mistakes.py",
    "analysis/stats/test_coverage.py",
    "analysis/stats/test_level.py",
    "plan/test_isolation.py",
    "report/plots/test_pictures_on_pages.py",
    "report/plots/test_where_they_apply.py",
    "run/test_isolation.py",
    "trial/sync/test_channels.py",
    "trial/sync/test_guards.py",
    "trial/test_stubs.py",
    "trial/workloads/test_cpu_workloads.py",
    "trial/workloads/test_io_workloads.py",
    "trial/workloads/test_services.py",
    "trial/workloads/test_sync_workloads.py",
}

PACKAGE = Path(concexp.__file__).parent
TESTS = Path(__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
CHILD = [file for file in FILES if file.is_relative_to(PACKAGE / "trial")]
PARENT = [file for file in FILES if file not in CHILD]
TEST_FILES = sorted(TESTS.rglob("*.py"))
PLUGIN_FOLDERS = {PACKAGE.joinpath(*package.split(".")[1:]) for package in catalog.KINDS.values()}


def short(file):
    """The path of a file as the rules spell it: from the package, or from tests."""
    return file.relative_to(PACKAGE if file.is_relative_to(PACKAGE) else TESTS).as_posix()


def module_of(file):
    """The dotted name of a file of the package; a package's name is that of its `__init__.py`."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


@functools.cache
def tree_of(file):
    """The syntax tree of a file."""
    return ast.parse(file.read_text("utf-8"), short(file))


@functools.cache
def imports(file):
    """(name, line) of every import of a file, lazy ones too; `from x import y` is x.y, since y may be a module."""
    package = file.parent.relative_to(PACKAGE.parent).parts if file.is_relative_to(PACKAGE) else ()
    names = []
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            names += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names += [(f"{base}.{alias.name}", node.lineno) for alias in node.names]
    return names


def imported_modules(file):
    """The modules of the package that a file imports."""
    names = {name if name in MODULES else name.rpartition(".")[0] for name, _ in imports(file)}
    return names & MODULES.keys()


def in_function(file, line):
    """True if a line lies in a function."""
    functions = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(node.lineno < line <= node.end_lineno for node in functions)


# Imports --------------------------------------------------------------------------------------------------------------


def test_the_listing_is_complete():
    """Every entry of the package stands in ORDER, and nothing else does."""
    entries = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in FILES}
    assert entries - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("file", [file for file in FILES if file != PACKAGE / "__init__.py"], ids=short)
def test_imports_go_down_the_listing(file):
    """A module imports from its own entry of ORDER and from those below it; of the package itself only the version."""
    place = ORDER.index(short(file).partition("/")[0].removesuffix(".py"))
    for name, line in imports(file):
        first, _, rest = name.partition(".")
        if first != "concexp" or rest == "__version__":
            continue
        assert ORDER.index(rest.partition(".")[0]) >= place, f"{short(file)}:{line} imports {name} from above"


def test_no_modules_import_each_other():
    """Imports have no circles, inside the entries either, lazy imports and those for types included.

    The package itself is left out: it offers what `commands` defines, and imports it only when asked.
    """
    graph = {module: imported_modules(file) - {module, "concexp"} for module, file in MODULES.items()}
    del graph["concexp"]
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle of imports: " + " <- ".join(error.args[1]))


def test_the_package_itself_imports_nothing():
    """`import concexp` costs nothing: what the package offers is imported when it is asked for."""
    file = PACKAGE / "__init__.py"
    assert all(in_function(file, line) for _, line in imports(file))


# Libraries ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_its_home(library):
    """A library is imported only where HOMES has it."""

    def lies_in(file, folders):
        return any(f"{short(file).removesuffix('.py')}/".startswith(f"{folder}/") for folder in folders)

    for file in PARENT:
        if any(name.partition(".")[0] == library for name, _ in imports(file)):
            assert lies_in(file, HOMES[library]), f"{short(file)} imports {library}"
            assert not lies_in(file, NOT_AT_HOME.get(library, [])), f"{short(file)} imports {library}"


HEAVY = {"pandas", "matplotlib", "scipy", "numpy", "pyarrow"}
# Beside these, what a person waits for who asks for help, or for a list: typer takes pydantic for the values of arguments.
HEAVY_FOR_HELP = {"pydantic", "yaml", "psutil", "asyncio", "json", "email"}
HEAVY_FOR_A_LIST = {"yaml", "psutil", "asyncio", "concexp.trial.plugin", "concexp.experiment.spec"}
# Most runs are on this machine, and are not for a CI.
HEAVY_FOR_A_RUN = {"asyncio", "concurrent", "junitparser", "logging", "rich.progress"}
EXAMPLE = "workload: cpu_sum\nmodel: [serial, threads]\n"


@pytest.fixture(scope="module")
def listed():
    """The cache of `concexp list` is full, so that a list need import no plug-in."""
    plug_in_list.plug_ins("")


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("import concexp", ()),
        ("import concexp.experiment", {"pydantic", "yaml"}),
        ("import concexp.plan.planner", ()),
        ("import concexp.cli", HEAVY_FOR_HELP),
        ("import concexp.commands.run", HEAVY_FOR_A_RUN),
        ("import concexp.commands.replicate, concexp.commands.outputs", HEAVY_FOR_A_RUN),
        ("main('--help')", HEAVY_FOR_HELP),
        ("main('--version')", ()),
        ("main('run', '--help')", {"yaml", "psutil", "asyncio"}),
        ("main('validate', 'x.yaml')", {"psutil", "asyncio", "statistics"}),
        ("main('plan', 'x.yaml')", ()),
        ("main('plan', 'x.yaml', '--json')", ()),
        ("main('list')", HEAVY_FOR_A_LIST),
        ("main('list', 'metric', '--json')", HEAVY_FOR_A_LIST),
        ("main('list', 'support')", ()),
        ("main('show', 'counter')", ()),
    ],
)
@pytest.mark.usefixtures("listed")
def test_heavy_libraries_are_loaded_for_results_only(code, more, tmp_path):
    """pandas, numpy, matplotlib, scipy and pyarrow are not imported before a result is read, and little for help or a list."""
    (tmp_path / "x.yaml").write_text(EXAMPLE)
    script = f"""
import runpy, sys
def main(*arguments):
    sys.argv = ["concexp", *arguments]
    try:
        runpy.run_module("concexp", run_name="__main__")
    except SystemExit as end:
        assert not end.code, end.code
{code}
print()
print(sorted({HEAVY | set(more)} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_annotations_of_commands_are_evaluated_once():
    """Typer would evaluate postponed ones three times for each start of the program, whichever command it is."""
    for command in cli.app.registered_commands:
        assert not any(isinstance(one, str) for one in command.callback.__annotations__.values()), command.callback


@pytest.mark.parametrize(("words", "read"), [(["list", "model"], {"list_"}), (["show", "lock"], {"show"})])
def test_only_the_named_command_is_read(words, read, tmp_path):
    """What typer reads of a command, at each start, it need not read of all others."""
    script = (
        f"import sys, typer.main\nsys.argv = ['concexp', *{words}]\nread = set()\n"
        "made = typer.main.get_command_from_info\n"
        "def noted(command_info, **more):\n"
        "    read.add(command_info.callback.__name__)\n"
        "    return made(command_info=command_info, **more)\n"
        "typer.main.get_command_from_info = noted\n"
        "from concexp.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*sorted(read))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()[-1].split()) == read


# The sealed child -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CHILD, ids=short)
def test_the_child_imports_the_standard_library_and_itself(file):
    """What has to be installed is imported in functions only: a model's back end, and the packages that a workload declares.

    Heavy libraries are for such workloads alone.
    """
    for name, line in imports(file):
        library = name.partition(".")[0]
        if name.startswith("concexp.trial.") or library in sys.stdlib_module_names:
            continue
        back_end = file.parent.name == "models" and library not in HEAVY
        declared = file.parent.name == "workloads" and library in packages_of(file)
        assert in_function(file, line), f"{short(file)}:{line}: {name}"
        assert back_end or declared, f"{short(file)}:{line}: {name}"


def packages_of(file):
    """The packages that the classes of a file declare: a workload, or the libraries that a workload may choose."""
    things = vars(importlib.import_module(module_of(file))).values()
    return {package for one in things if isinstance(one, type) for package in getattr(one, "packages", ())}


@pytest.mark.parametrize("file", CHILD, ids=short)
def test_the_child_speaks_the_oldest_grammar(file):
    """Every file of the sealed child is Python 3.9."""
    assert ast.parse(file.read_text("utf-8"), short(file), feature_version=(3, 9)).body


# A bare interpreter starts in 12 ms; each of these would cost every trial as much again.
SLOW_TO_IMPORT = {"json", "dataclasses", "typing", "inspect", "argparse", "logging", "subprocess", "unittest"}


def test_the_childs_common_path_is_quick_to_import():
    """What every trial imports, whatever its plug-ins, has none of the slow modules of the standard library."""
    # The first looks at user code before a run, the second is for open loops: no other trial imports them.
    seen = {"concexp.trial.verbs.look", "concexp.trial.arrivals"}
    waiting = ["concexp.trial.__main__", *(module for module in MODULES if module.startswith("concexp.trial.verbs."))]
    while waiting:
        module = waiting.pop()
        file = MODULES[module]
        if module in seen or file.parent in PLUGIN_FOLDERS:
            continue
        seen.add(module)
        assert not {name.partition(".")[0] for name, _ in imports(file)} & SLOW_TO_IMPORT, short(file)
        modules = [one for one in imported_modules(file) if one.startswith("concexp.trial.")]
        waiting += modules + [one.rpartition(".")[0] for one in modules]
    assert {"__main__", "measure", "tools", "passes", "wire"} <= {module.rpartition(".")[2] for module in seen}


# What a plain trial would spend most of its start on, and has no use for.
NOT_FOR_A_PLAIN_TRIAL = {
    "ast",
    "collections",
    "contextlib",
    "enum",
    "functools",
    "importlib",
    "random",
    "signal",
    "threading",
}


def test_a_plain_trial_imports_little(tmp_path):
    """A serial trial without a primitive imports next to nothing of the standard library before its work, nor after it."""
    request = children.request("noop", load={"ops": 1, "scaling": "strong"}, folder=str(tmp_path), workers=1, probes=[])
    code = (
        f"import sys; sys.path[0] = {str(PACKAGE.parent)!r}; before = set(sys.modules)\n"
        f"from concexp.trial.__main__ import answer_to; from concexp.trial import wire\n"
        f"print(answer_to(wire.value_of({wire.literal(request)!r}))['status'])\n"
        f"print(sorted({NOT_FOR_A_PLAIN_TRIAL} & set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-s", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["ok", "[]"]


def test_only_models_bring_the_libraries_of_models():
    """Workloads, primitives and probes import event loops and processes in functions: trials of other models need none."""
    brought = {"asyncio", "concurrent", "logging", "multiprocessing", "socket", "ssl", "subprocess"}
    for file in CHILD:
        if file.parent.name in ("workloads", "sync", "probes"):
            early = {name.partition(".")[0] for name, line in imports(file) if not in_function(file, line)}
            assert not early & brought, f"{short(file)}: {early & brought}"


# Plug-ins and modules -------------------------------------------------------------------------------------------------


def test_no_plugin_is_named_outside_its_own_file():
    """Workloads, models and primitives are known by their files: nothing but plug-ins has a list of their names.

    A plug-in may name others that it is written for.
    """
    names = {name for kind in ("workload", "model", "sync") for name in catalog.names(kind)}
    named = {
        (node.value, short(file))
        for file in FILES
        if file.parent not in PLUGIN_FOLDERS
        and file.parent != PACKAGE / "testing"  # contracts name examples, as tests do
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names - {file.stem}
    }
    alike = {(word, file) for word, places in SPELT_ALIKE.items() for files in places.values() for file in files}
    assert sorted(named - alike) == [], "a new plug-in must need no edit elsewhere"
    assert sorted(alike - named) == [], "no longer there: take it out of SPELT_ALIKE"


@pytest.mark.parametrize("file", FILES, ids=short)
def test_a_module_is_short_and_described(file):
    """No file has more than 400 lines, and each has a docstring."""
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST
    assert (ast.get_docstring(tree_of(file)) or "").strip()


def test_only_the_command_line_exits():
    """No module but cli ends the process; the main function of run/child/stage.py runs in another interpreter."""
    for file in PARENT:
        calls = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call)]
        exits = {ast.unparse(call.func) for call in calls} & {"sys.exit", "exit", "quit", "os._exit"}
        may = short(file).startswith("cli/") or short(file) in ("__main__.py", "run/child/stage.py")
        assert may or not exits, f"{short(file)}: {exits}"


# Tests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", TEST_FILES, ids=short)
def test_tests_import_helpers_only(file):
    """A test file imports no other test file, so that each can be moved or deleted alone; fuzzers share their targets."""
    allowed = ("tests.helpers", "tests.fuzz") if file.parent.name == "fuzz" else ("tests.helpers",)
    names = [name for name, _ in imports(file) if name.partition(".")[0] == "tests"]
    assert all(name.startswith(allowed) for name in names), names


@pytest.mark.parametrize("file", [file for file in TEST_FILES if file.name.startswith("test_")], ids=short)
def test_tests_mirror_the_package(file):
    """tests/a/test_b.py is about concexp/a/b.py, _b.py or the package a; tests of several modules are listed above."""
    path = Path(short(file))
    if path.parts[0] in SHARED or short(file) in ABOUT_SEVERAL:
        return
    folder, name = PACKAGE / path.parent, path.stem.removeprefix("test_")
    mirrored = [folder / f"{name}.py", folder / f"_{name}.py", folder / f"__{name}__.py", folder / name / "__init__.py"]
    assert folder.name == name or any(one.exists() for one in mirrored), f"no module is called like {short(file)}"


def test_tests_of_several_modules_exist():
    """What is listed as a test of several modules is still there."""
    assert [name for name in sorted(ABOUT_SEVERAL) if not (TESTS / name).exists()] == []
