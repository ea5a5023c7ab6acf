"""The whole program, as a user starts it."""

import json
import subprocess
import sys

SIMULATED = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, {simulated: {serial: 10%}}]\nsweep: {workers: [1, 2, 4]}\n"
    "exclude: [{model: serial}]\nload: {ops: 100, scaling: strong}\nmeasure: {repetitions: 4}\nbaseline: {}\n"
)


def concexp(folder, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "concexp", *arguments], cwd=folder, capture_output=True, text=True, check=False, **more
    )


def run_folder(folder, name="x"):
    (found,) = (folder / "reports" / name / "runs").iterdir()
    return found


def unfinish(run):
    """Make a run's manifest that of a run whose page was not written."""
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["finished_at"], manifest["effective_cpus"]
    (run / "manifest.json").write_text(json.dumps(manifest))
