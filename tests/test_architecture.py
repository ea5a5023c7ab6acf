"""The layout of the design: who imports whom, what stays light, what the sealed child may use, how long a file may be."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import concexp
from concexp import catalog

PACKAGE = Path(concexp.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TRIAL = [file for file in FILES if file.is_relative_to(PACKAGE / "trial")]
OURS = [file for file in FILES if file not in TRIAL]
LONGEST = 400
EXAMPLE = "workload: cpu_sum\nmodel: [serial, threads]\n"

# From the top down: a module imports from its own package and from those below it.
ORDER = ("__main__", "cli", "commands", "report", "analysis", "run", "plan", "experiment", "catalog", "errors", "trial")
HEAVY = {"pandas", "matplotlib", "scipy", "numpy", "pyarrow"}
# What is imported where; `stats` and all that is above it may use numpy.
HOMES = {
    "pandas": {"commands/export", "commands/api", "analysis", "report"},
    "pyarrow": {"analysis/results", "analysis/frame"},
    "matplotlib": {"report/plots"},
    "scipy": {"analysis/stats"},
    "numpy": {"analysis", "report"},
    "typer": {"cli"},
    "jinja2": {"report"},
    "pydantic": {"experiment"},
    "pydantic_core": {"run/storage/journal"},
}
# A bare interpreter starts in 12 ms; each of these would cost a trial as much again.
SLOW_TO_IMPORT = {"json", "dataclasses", "typing", "inspect", "argparse", "logging", "subprocess", "unittest"}

# The folders whose files are plug-ins.
PLUGINS = {PACKAGE.joinpath(*package.split(".")[1:]) for package in catalog.KINDS.values()}

# Strings that are spelt like a plug-in: either the YAML's own default, or another word altogether.
SPELT_ALIKE = {
    ("experiment/reader.py", "none"): "the YAML's default of `sync`",
    ("experiment/selections.py", "serial"): "the YAML's default of `baseline`",
    ("experiment/spec.py", "none"): "a value of `pin`",
    ("plan/planner.py", "none"): "a value of `pin`",
    ("report/sections/machine.py", "none"): "a value of `pin`",
    ("report/sections/machine.py", "interpreters"): "a part of the manifest",
    ("cli.py", "none"): "a value of --progress",
    ("commands/progress.py", "none"): "a value of --progress",
    ("commands/catalogue.py", "none"): "the word for no unit",
    ("analysis/doubts.py", "threads"): "a value of the answer's `parallel`",
    ("report/sections/time_breakdown.py", "none"): "a role of primitives",
    ("analysis/time_breakdown.py", "threads"): "a value of the answer's `parallel`",
    ("report/view.py", "simulated"): "an attribute of every model",
    ("report/sections/timelines.py", "threads"): "a value of the answer's `parallel`",
    ("report/pairs.py", "none"): "a role, which several primitives may have",
    ("report/answer/summary.py", "none"): "a verdict: no gain",
    ("report/answer/gains.py", "none"): "a verdict: no gain",
    ("plan/controls.py", "cpu_sum"): "what the sentinel does, once and for all",
    ("plan/controls.py", "serial"): "what carries the sentinel",
    ("plan/controls.py", "none"): "the YAML's default of `sync`",
    ("trial/plugin.py", "none"): "a role of primitives",
    ("trial/tools.py", "none"): "a role of primitives",
    ("plan/planner.py", "threads"): "the YAML's default of `background.model`",
    ("report/sections/trust.py", "interpreters"): "a part of the manifest",
    ("run/storage/schema.py", "interpreters"): "a part of the manifest",
    ("run/storage/run_folder.py", "interpreters"): "a part of the manifest",
    ("commands/run.py", "interpreters"): "a part of the manifest",
    ("run/runner.py", "spin"): "a verb of requests",
    ("commands/doctor.py", "spin"): "a verb of requests",
    ("run/child/leaks.py", "semaphore"): "what was left behind",
    ("trial/diagnostics/lock_watch/registry.py", "asyncio"): "the module of the standard library",
    ("trial/diagnostics/task_stacks.py", "asyncio"): "the module of the standard library",
}


def short(file):
    return file.relative_to(PACKAGE).as_posix()


def tree_of(file):
    return ast.parse(file.read_text("utf-8"), short(file))


def imports(file, tree):
    """(module, line) of every import, wherever it stands; `from x import y` counts as x.y, since y may be a module."""
    package = ["concexp", *file.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def layer(name):
    assert name in ORDER, f"concexp/{name} has no place in ORDER: who may import it?"
    return ORDER.index(name)


def own_name(file):
    """The part of the package that a file belongs to: `spec` of spec/axes.py, `plan` of plan.py."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", [f for f in OURS if short(f) != "__init__.py"], ids=short)
def test_imports_go_downwards_only(file):
    """A module imports from its own layer and from those below it, nowhere from above."""
    mine = layer(own_name(file))
    for name, line in imports(file, tree_of(file)):
        first, _, rest = name.partition(".")
        if first != "concexp" or rest == "__version__":
            continue
        assert layer(rest.partition(".")[0]) >= mine, f"{short(file)}:{line} imports {name} from above"


def test_the_package_itself_imports_nothing():
    """`import concexp` costs nothing: what it offers is imported when it is asked for."""
    tree = tree_of(PACKAGE / "__init__.py")
    assert all(inside(tree, line) for _, line in imports(PACKAGE / "__init__.py", tree))


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_its_home(library):
    """A library is imported only where the design wants it."""
    for file in OURS:
        used = {name.partition(".")[0] for name, _ in imports(file, tree_of(file))}
        at_home = any(f"{short(file).removesuffix('.py')}/".startswith(f"{home}/") for home in HOMES[library])
        assert library not in used or at_home, f"{short(file)} imports {library}"


@pytest.mark.parametrize("file", TRIAL, ids=short)
def test_the_child_imports_the_standard_library_and_itself(file):
    """Nothing from above and nothing that would have to be installed, but for a model's back end inside a function of the
    model, and for what a workload says that it needs.
    """
    tree = tree_of(file)
    for name, line in imports(file, tree):
        known = name.startswith("concexp.trial.") or name.partition(".")[0] in sys.stdlib_module_names
        assert known or inside_a_model(file, tree, line) or needed(file, tree, name, line), (
            f"{short(file)}:{line}: {name}"
        )
        assert name.partition(".")[0] not in HEAVY or needed(file, tree, name, line)


def needed(file, tree, name, line):
    """Whether a workload imports, inside a function, what it says that it needs."""
    return file.parent.name == "workloads" and inside(tree, line) and name in plugin_of(file).packages


def plugin_of(file):
    """The workload that a file of trial/workloads defines."""
    return importlib.import_module(f"concexp.trial.workloads.{file.stem}").Workload


def inside(tree, line):
    """Whether a line lies in a function."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(node.lineno < line <= (node.end_lineno or 0) for node in functions)


def inside_a_model(file, tree, line):
    """Whether a line lies in a function of a file in trial/models."""
    return inside(tree, line) and file.parent.name == "models"


@pytest.mark.parametrize("file", TRIAL, ids=short)
def test_the_child_speaks_the_oldest_grammar(file):
    """Every file of the sealed child is Python 3.9."""
    assert ast.parse(file.read_text("utf-8"), short(file), feature_version=(3, 9)).body


def test_the_childs_common_path_is_quick_to_import():
    """What every trial imports, whatever its plug-ins, has none of the slow modules of the standard library."""
    waiting = ["trial.__main__", "trial.verbs.measure", "trial.verbs.describe", "trial.verbs.refuse"]
    waiting += [
        "trial.verbs.clocks",
        "trial.verbs.spin",
    ]  # not look: it is for user code before a run, no trial imports it
    seen = set()
    while waiting:
        name = waiting.pop()
        path = PACKAGE.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in seen or not file.exists() or any(folder in PLUGINS for folder in (path, path.parent)):
            continue
        seen.add(name)
        used = [name for name, _ in imports(file, tree_of(file))]
        assert not {name.partition(".")[0] for name in used} & SLOW_TO_IMPORT, short(file)
        ours = [name.split(".", 1)[1] for name in used if name.startswith("concexp.trial.")]
        waiting += ours + [name.rpartition(".")[0] for name in ours]
    seen = {name.partition(".")[2] for name in seen}
    assert {"__main__", "verbs.measure", "tools", "passes", "wire"} <= seen


@pytest.mark.parametrize("file", FILES, ids=short)
def test_no_module_is_too_long(file):
    """No file has more than 400 lines, and each says in its first line what it is."""
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST
    assert (ast.get_docstring(tree_of(file)) or "").strip()


def test_no_plugin_is_named_outside_its_own_file():
    """Workloads, models and primitives are known by their files: what is no plug-in lists no names.

    A plug-in may say which others it is written for: that is said in its own file.
    """
    names = {name for kind in ("workload", "model", "sync") for name in catalog.names(kind)}
    found = set()
    for file in [file for file in FILES if file.parent not in PLUGINS]:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names - {file.stem}:
                found.add((short(file), node.value))
    assert sorted(found - set(SPELT_ALIKE)) == [], "a new plug-in must need no edit elsewhere"
    assert sorted(set(SPELT_ALIKE) - found) == [], "no longer there: take it out of SPELT_ALIKE"


@pytest.mark.parametrize(
    "code",
    [
        "import concexp",
        "import concexp.experiment",
        "import concexp.plan.planner",
        "import concexp.cli",
        "import concexp.commands.run",
        "main('--help')",
        "main('--version')",
        "main('run', '--help')",
        "main('validate', 'x.yaml')",
        "main('plan', 'x.yaml')",
        "main('plan', 'x.yaml', '--json')",
        "main('list', 'workload')",
        "main('list', 'support')",
        "main('show', 'counter')",
    ],
)
def test_what_draws_and_computes_is_not_loaded_for_less(code, tmp_path):
    """pandas, numpy, matplotlib, scipy and pyarrow stay out of memory until a result is read."""
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
print(sorted({HEAVY} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_only_the_command_line_exits():
    """No module but cli ends the process; stage's own main runs in another interpreter."""
    for file in OURS:
        calls = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call)]
        ends = {ast.unparse(call.func) for call in calls} & {"sys.exit", "exit", "quit", "os._exit"}
        assert not ends or short(file) in ("cli.py", "__main__.py", "run/child/stage.py"), f"{short(file)}: {ends}"
