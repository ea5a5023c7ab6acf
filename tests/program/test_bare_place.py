"""A run where there is hardly anything: a container's user without a name, a home or shared memory."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.helpers import containers
from tests.helpers.containers import ROOT


@pytest.fixture
def bare():
    """(the user's folder, its TMPDIR of 90 characters, a folder that it may only read); all are removed at the end."""
    if reason := containers.why_not():
        pytest.skip(reason)
    home, temporary = containers.folders()
    (home / "home").mkdir(mode=0o555)
    shutil.copy(ROOT / "experiments/01_cpu_models.yaml", home / "x.yaml")
    yield home, temporary, home / "home"
    shutil.rmtree(home)


def page_of(done, home):
    """The page that a run wrote."""
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert "Matplotlib" not in done.stderr
    return (home / "reports/x/README.md").read_text("utf-8")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("at_home", [False, True], ids=["without a home", "with a home that is read-only"])
def test_the_first_experiment_ends_with_a_page(bare, at_home):
    """The experiment of `make run`, as `--quick`: every cell has numbers, and nothing is left in the temporary folders."""
    home, temporary, read_only = bare
    command = (sys.executable, "-m", "concexp", "run", "x.yaml", "--quick")
    variables = {"HOME": str(read_only)} if at_home else {}
    done = containers.run(home, temporary, *command, **variables)
    page = page_of(done, home)
    assert "bad" not in done.stdout.splitlines()[-1]
    assert "cpu\\_sum" in page
    assert "the code of the trials" in done.stdout + done.stderr
    assert "XDG_CACHE_HOME" in done.stdout + done.stderr
    assert [name for name in os.listdir(temporary) if name.startswith("concexp")] == []
    links = [path for path in Path("/tmp").glob("concexp-*") if path.is_symlink()]
    assert [link for link in links if link.readlink().is_relative_to(temporary)] == []


SHARED = """\
workload: shared_state
model: processes
sync: [mp_array, manager_dict, shared_memory]
sweep: {workers: [2]}
load: {ops: 100, scaling: strong}
"""


@pytest.mark.timeout(600)
def test_shared_state_without_shared_memory(bare):
    """Managers and arrays in 64 KiB of /dev/shm, under a long TMPDIR: each trial has a row."""
    home, temporary, _ = bare
    (home / "x.yaml").write_text(SHARED)
    done = containers.run(home, temporary, sys.executable, "-m", "concexp", "run", "x.yaml", "--quick")
    page = page_of(done, home)
    assert all(name in page for name in ("mp\\_array", "manager\\_dict", "shared\\_memory"))


@pytest.mark.parametrize("command", [("doctor",), ("list", "pythons"), ("list", "workload"), ("plan", "x.yaml")])
def test_other_commands_need_no_home(bare, command):
    """They say what there is, and never end with a traceback."""
    home, temporary, _ = bare
    done = containers.run(home, temporary, sys.executable, "-m", "concexp", *command)
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert done.returncode in (0, 1), done.stderr[-3000:]
    assert done.stdout
