"""Runs concexp's commands as a user does, and finds what they leave."""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from concexp.trial import wire

ROOT = Path(__file__).parents[2]
SIMULATED = """\
workload: [cpu_sum, sleep]
model: [serial, {simulated: {serial: 10%}}]
sweep: {workers: [1, 2, 4]}
exclude: [{model: serial}]
load: {ops: 100, scaling: strong}
measure: {repetitions: 4}
baseline: {}
"""


class CommandServer:
    """The process that `tests.helpers.command_server` describes; it ends with this process, or with `close`."""

    def __init__(self):
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.command_server", str(requests), str(answers)],
            cwd=ROOT,
            pass_fds=(requests, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(requests)
        os.close(answers)

    def run(self, folder, arguments, environment):
        """Run a command in a fork; returns a CompletedProcess."""
        with tempfile.TemporaryDirectory(prefix="command-") as place:
            outputs = [os.path.join(place, name) for name in ("stdout", "stderr")]
            wire.send(self.requests, wire.encode([os.path.abspath(folder), arguments, environment, *outputs]))
            code = wire.receive(self.answers)
            stdout, stderr = (Path(path).read_text("utf-8") for path in outputs)
        return subprocess.CompletedProcess(["concexp", *arguments], code, stdout, stderr)

    def close(self):
        os.close(self.requests)
        os.close(self.answers)
        self.process.wait(30)


@functools.cache
def server():
    """The server of this process, started on first use."""
    commands = CommandServer()
    atexit.register(commands.close)
    return commands


def concexp(folder, *arguments, env=None, preexec_fn=None):
    """Run `python -m concexp` in a folder and return its CompletedProcess; with `preexec_fn` in a fresh interpreter."""
    if preexec_fn is None:
        return server().run(folder, [*map(str, arguments)], dict(os.environ if env is None else env))
    command = [sys.executable, "-m", "concexp", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=env, preexec_fn=preexec_fn
    )


def run_folder(folder, name="x"):
    """The folder of the only run of an experiment."""
    (run,) = (folder / "reports" / name / "runs").iterdir()
    return run


def unfinish(run):
    """Give a run the manifest that it had before its page was written."""
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["finished_at"], manifest["effective_cpus"]
    (run / "manifest.json").write_text(json.dumps(manifest))


def another_python():
    """The name, as in a YAML, of an interpreter with another version than that of the tests."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    rows = json.loads(concexp(".", "list", "pythons", "--json").stdout)
    names = [row["name"] for row in rows if row["name"] and not row["version"].startswith(f"{version}.")]
    if not names:
        pytest.skip("there is no interpreter of another version on this machine")
    return names[0]
