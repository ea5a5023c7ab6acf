"""Plug-ins of installed packages: what `concexp list` shows runs, in processes of its own too."""

import json
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from concexp.run.storage import schema
from tests.helpers.program import run_folder

PLUG_INS = """\
from concexp.trial import tools
from concexp.trial.models.threads import Model as Threads
from concexp.trial.sync.lock import Sync as Lock

class Doubling(tools.Workload):
    \"\"\"Double numbers.

    times: how often
    \"\"\"

    times: "int >= 1" = 2
    unit = "doubling"

    def work(self, me, n):
        return sum(number * self.times for number in range(me.first, me.first + n))

    def check(self, shared, outcome):
        expected = sum(self.times * (n * first + n * (n - 1) // 2) for first, n in outcome.ranges)
        return ("" if outcome.total == expected else "wrong"), {}

class TheirLock(Lock):
    \"\"\"A lock of theirs.\"\"\"

class TheirThreads(Threads):
    \"\"\"Threads of theirs.\"\"\"
"""
ENTRY_POINTS = """\
[concexp.workloads]
doubling = theirs_for_concexp:Doubling
[concexp.sync]
their_lock = theirs_for_concexp:TheirLock
[concexp.models]
their_threads = theirs_for_concexp:TheirThreads
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with all that this one has installed, and a package with a plug-in of each kind."""
    folder = tmp_path_factory.mktemp("theirs")
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    (site / "theirs_for_concexp.py").write_text(PLUG_INS)
    facts = site / "theirs_for_concexp-1.2.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs-for-concexp\nVersion: 1.2\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder / "bin/python"


def test_what_is_listed_runs(python, write, tmp_path):
    """A workload, a model and a primitive, in processes of their own too; the run knows the package's version."""
    write("x.yaml", "workload: [doubling, counter]\nmodel: [their_threads, {processes: {start_method: spawn}}]\n"
                    "sync: [none, their_lock]\nsweep: {workers: 2}\nload: {ops: 4, scaling: strong}\n"
                    "exclude: [{workload: counter, sync: none}]\n"
                    "measure: {repetitions: 1, iterations: 1, warmup: 0}\n")  # fmt: skip

    def command(*arguments):
        return subprocess.run(
            [python, "-m", "concexp", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert "doubling" in command("list", "workload").stdout
    done = command("run", "x.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    run = run_folder(tmp_path)
    records = schema.read(run / "journal.jsonl").records
    ended = {tuple(record["plugins"].values()): record["status"] for record in records if record.role == "measured"}
    assert ended["doubling", "their_threads", "none"] == ended["doubling", "processes", "none"] == "ok"
    assert ended["counter", "their_threads", "their_lock"] == ended["counter", "processes", "their_lock"] == "ok"
    assert json.loads((run / "manifest.json").read_text())["plug_ins"] == {
        "model/their_threads": "theirs-for-concexp 1.2",
        "sync/their_lock": "theirs-for-concexp 1.2",
        "workload/doubling": "theirs-for-concexp 1.2",
    }
