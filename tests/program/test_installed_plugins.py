"""Plug-ins of installed packages: what `concexp list` shows runs, on interpreters that lack the package too."""

import json
import subprocess

import pytest

from concexp.run.child import stage
from concexp.run.storage import schema
from tests.helpers import plugin_package
from tests.helpers.program import another_python, concexp, run_folder

pytestmark = pytest.mark.slow

NAMED = (
    "metric/doublings_per_s",
    "model/their_threads",
    "plot/their_picture",
    "sync/their_lock",
    "workload/doubling",
    "workload/needy",
)
EXPERIMENT = """\
workload: [doubling, counter, needy]
model: [their_threads, {processes: {start_method: spawn}}]
sync: [none, their_lock]
sweep: {workers: 2, python: [current, "OTHER"]}
load: {ops: 4, scaling: strong}
exclude: [{workload: counter, sync: none}, {workload: doubling, sync: their_lock}]
measure: {repetitions: 1, iterations: 1, warmup: 0}
metrics: [doublings_per_s]
report: {plots: [their_picture]}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with all that this one has installed, and the package."""
    python, site = plugin_package.environment(tmp_path_factory.mktemp("theirs"))
    plugin_package.install(site)
    return python


@pytest.fixture(scope="module")
def folder(python, tmp_path_factory):
    """The folder in which the experiment was run with that interpreter."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "x.yaml").write_text(EXPERIMENT.replace("OTHER", another_python()))
    done = command(python, folder, "run", "x.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def command(python, folder, *arguments):
    """Run `python -m concexp` of an interpreter in a folder."""
    return subprocess.run(
        [python, "-m", "concexp", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_all_five_kinds_are_listed_and_in_the_schema(python, folder):
    """By their names in the YAML, with their parameters."""
    listed = json.loads(command(python, folder, "list", "--json").stdout)
    schema_text = command(python, folder, "schema").stdout
    for kind, name in (one.split("/") for one in NAMED):
        assert name in {entry["name"] for entry in listed[kind]}
        assert f'"{name}"' in schema_text
    assert json.loads(schema_text)["$defs"]["workload.doubling.times"]["default"] == 2


def test_what_is_listed_runs_everywhere(folder):
    """A workload, a model and a primitive, in processes of their own too, with an interpreter that has no such package."""
    records = schema.read(run_folder(folder) / "journal.jsonl").records
    ended = {}
    for record in records:
        if record.role == "measured":
            key = (record["axes"]["python"], *record["plugins"].values())
            ended.setdefault(key, set()).add(record["status"])
    pythons = {python for python, *_ in ended}
    assert len(pythons) == 2
    for python in pythons:
        assert ended[python, "doubling", "their_threads", "none"] == {"ok"}
        assert ended[python, "doubling", "processes", "none"] == {"ok"}
        assert ended[python, "counter", "their_threads", "their_lock"] == {"ok"}
        assert ended[python, "counter", "processes", "their_lock"] == {"ok"}


def test_what_a_plugin_needs_and_an_interpreter_lacks_is_named(folder):
    """As for concexp's own engines: the cell is kept, with the reason."""
    header = schema.read(run_folder(folder) / "journal.jsonl").header
    reasons = {cell["reason"] for cell in header["cells"] if cell["axes"]["workload"] == "needy"}
    assert "needy needs nowhere_to_be_found, which this interpreter does not have" in reasons


def test_the_run_knows_the_package_and_its_code(folder):
    """The version is in the manifest, and the files count among the code of the trials."""
    manifest = json.loads((run_folder(folder) / "manifest.json").read_text())
    assert manifest["plug_ins"] == dict.fromkeys(NAMED, "theirs-for-concexp 1.2")
    assert manifest["trial_code"] != stage.digest(stage.code())
    staged = stage.staged(manifest["trial_code"])
    assert {name for name in staged if not name.startswith("concexp/")} == {
        "__main__.py",
        "theirs_for_concexp/__init__.py",
        "theirs_for_concexp/in_trials.py",
        "theirs_for_concexp/sums.py",
    }


def test_metric_and_picture_are_on_the_page(folder):
    """The metric is a column of the tables, the picture is drawn."""
    report = folder / "reports/x"
    assert "doublings_per_s" in (run_folder(folder) / "cells.csv").read_text().partition("\n")[0]
    page = (report / "README.md").read_text()
    assert "Doublings of each cell, as they draw them." in page
    assert (report / "figures/their_picture.png").stat().st_size


def test_a_bundle_holds_the_plugins_code(python, folder):
    """Whoever gets it can read what the trials executed."""
    done = command(python, folder, "bundle", "reports/x", "-o", "x.zip")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = subprocess.run([python, "-m", "zipfile", "-l", "x.zip"], cwd=folder, capture_output=True, text=True)
    assert "trial_code/theirs_for_concexp/sums.py" in listed.stdout


def test_without_the_package_its_absence_is_named(folder):
    """Where a run is read, its metrics and pictures are needed; where it is reproduced, all of its plug-ins."""
    done = concexp(folder, "report", "reports/x")
    assert done.returncode == 3
    assert (
        "plug-ins that are not installed: metric doublings_per_s of theirs-for-concexp 1.2, plot their_pict"
        in done.stderr
    )


def test_a_clash_of_names_is_refused_with_both_places(tmp_path):
    """Which of two packages were meant would be chance."""
    python, site = plugin_package.environment(tmp_path / "env")
    plugin_package.install(site)
    others = {"other_for_concexp.py": plugin_package.FILES["theirs_for_concexp/sums.py"]}
    plugin_package.install(
        site, "other-for-concexp", "3", "[concexp.workloads]\ndoubling = other_for_concexp:doubled\n", others
    )
    (tmp_path / "x.yaml").write_text("workload: doubling\nmodel: serial\n")
    done = command(python, tmp_path, "validate", "x.yaml")
    assert done.returncode == 3
    for place in (
        "theirs-for-concexp 1.2 (theirs_for_concexp.in_trials:Doubling",
        "other-for-concexp 3 (other_for_conc",
    ):
        assert place in done.stderr
    (tmp_path / "y.yaml").write_text("workload: needy\nmodel: serial\n")
    assert command(python, tmp_path, "validate", "y.yaml").returncode == 0
