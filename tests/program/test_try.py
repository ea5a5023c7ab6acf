"""`concexp try` as a user gives it: five lines, a page, a YAML; and every way in which a function can be no use."""

import re

import pytest

from tests.helpers.program import concexp
from tests.helpers.repository import Repository

MINE = """\
import time
def computes(n=2000): return sum(range(n))
by_lambda = lambda: sum(range(2000))
def items(): return [10, 20, 30]
def over_items(n): return sum(range(n))
def generator(): yield 1
def raises():
    raise ValueError("no such luck")
def leaves(): raise SystemExit(3)
def hangs(): time.sleep(1000)
class Suite:
    def setup(self): self.data = list(range(1000))
    def time_sort(self): print("x" * 100); return sum(self.data)
"""
SHORT = ("--budget", "3s", "--progress", "none")
TITLES = ["use", "gains", "sure", "as good", "beware"]


@pytest.fixture
def mine(write, tmp_path):
    """A folder with my.py."""
    write("my.py", MINE)
    return tmp_path


def titles(lines):
    """What the five lines below the first are about."""
    return [line.strip().split("  ")[0] for line in lines]


def test_five_lines_a_page_and_a_yaml_to_go_on_from(mine):
    """The YAML runs as it is, the next try writes it anew, and one that a person has made their own is left alone."""
    done = concexp(
        mine, "try", "my.py:over_items", "--over", "my.py:items", "--models", "serial,threads", "--workers", "2", *SHORT
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("my.py:over_items ")
    assert "%" in lines[0]
    assert titles(lines[1:6]) == TITLES
    assert lines[1].split()[1] in ("serial", "threads")
    assert (mine / "reports/try_over_items/README.md").is_file()
    path = mine / "try_over_items.yaml"
    assert "over: my.py:items" in path.read_text()
    assert lines[-1].startswith("to go on from: try_over_items.yaml")
    assert concexp(mine, "validate", path.name).returncode == 0
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    again = concexp(mine, "try", "my.py:over_items", "--over", "my.py:items", *SHORT)
    assert again.returncode == 3
    assert "is there already, and is yours" in again.stderr


def test_what_cannot_be_pickled_is_said_and_measured_without_processes(mine):
    """Beware says why pools of processes cannot take a lambda, and no process is in the sweep."""
    done = concexp(mine, "try", "my.py:by_lambda", *SHORT)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "no pool of processes can take it" in lines[0]
    assert lines[5].startswith("  beware")
    assert "what goes to another process is pickled" in lines[5]
    text = (mine / "try_by_lambda.yaml").read_text()
    assert "process" not in text.partition("sweep:")[2].partition("measure:")[0]


def test_several_functions_are_several_workloads(mine):
    """Five lines for each, one page; a method gets an object of its class, and may print."""
    done = concexp(
        mine, "try", "my.py:computes", "my.py:Suite.time_sort", "--models", "serial,threads", "--workers", "2", *SHORT
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[6].startswith("my.py:Suite.time_sort ")
    assert titles(lines[1:6] + lines[7:12]) == TITLES * 2
    assert (mine / "try_computes_suite_time_sort.yaml").is_file()


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("computes --arg n", "--arg: 'n' is not name=value"),
        ("over_items", "my.py:over_items: over_items needs n"),
        ("generator", "generator function"),
        ("raises", "my.py:raises: failed at my.py:8: ValueError: no such luck"),
        ("leaves", "SystemExit: 3"),
        ("computes --workers two", "--workers: 'two' is no list of numbers"),
        ("computes --budget soon", "--budget: expected a duration"),
        ("computes --models thread", "did you mean 'threads'?"),
        ("over_items --over my.py:item", "--over: my.py defines no function 'item'"),
    ],
)
def test_what_is_no_use_is_refused_with_its_place(mine, function, says):
    """Exit code 2, one message, no file."""
    done = concexp(mine, "try", *f"my.py:{function}".split(), *SHORT[: 0 if "--budget" in function else 2])
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in mine.iterdir()} - {"__pycache__"} == {"my.py"}


def test_a_module_that_cannot_be_imported_is_refused_with_the_line(mine, write):
    """An import error names its line."""
    write("bad.py", "x = 1\nimport no_such_module_here\ndef f(): pass\n")
    done = concexp(mine, "try", "bad.py:f", *SHORT)
    assert done.returncode == 2
    assert "bad.py:2: there is no module 'no_such_module_here'" in done.stderr


def test_a_call_that_never_ends_is_given_up_and_told(mine):
    """After a part of the budget; exit code 1, with where it stood."""
    done = concexp(mine, "try", "my.py:hangs", *SHORT)
    assert done.returncode == 1
    assert "my.py:hangs did not end within 5 s: it was at my.py:10" in done.stderr
    assert "--budget 10m" in done.stderr


def test_it_speaks_the_language_that_is_asked_for(mine):
    """The five lines, the page, and the YAML that goes on from there; its comments are those of every YAML."""
    done = concexp(
        mine, "try", "my.py:computes", "--models", "serial,threads", "--workers", "2", "--language", "zh", *SHORT
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("my.py:computes ")
    assert [line.split()[0] for line in lines[1:6]] == ["采用", "收益", "把握", "相当", "当心"]
    assert not re.search("[a-z]{3,}", re.sub("my.py:computes|serial|threads|GIL|CPU|µs|ms", "", lines[0]))
    page = (mine / "reports/try_computes/README.zh.md").read_text("utf-8")
    assert page.startswith("# 哪种模型适合 computes")
    text = (mine / "try_computes.yaml").read_text("utf-8")
    assert "report: {language: zh}" in text
    assert "# processes per cell" in text


def test_two_versions_of_a_function(mine):
    """The contest is between them, in a YAML that says so; an unknown revision is found out before anything is measured."""
    project = Repository(mine)
    project.commit()
    project.texts({"my.py": MINE.replace("sum(range(n))", "sum(range(4 * n))")})
    wrong = concexp(mine, "try", "my.py:computes", "--against", "mian", *SHORT)
    assert wrong.returncode == 2
    assert "--against mian: there is no revision 'mian' in " in wrong.stderr
    done = concexp(mine, "try", "my.py:computes", "--against", "main", "--models", "serial", *SHORT)
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first.startswith("my.py:computes ")
    assert any("worktree" in line and "main" in line for line in lines)
    text = (mine / "try_computes.yaml").read_text()
    assert "- {model: [serial], code: [main, worktree]}" in text
    assert concexp(mine, "validate", "try_computes.yaml").returncode == 0
