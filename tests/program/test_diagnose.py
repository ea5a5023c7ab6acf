"""Whole runs with diagnosers: nothing else of the run is another, and the page says what they found."""

import csv
import json

import pytest

from tests.helpers.program import concexp, run_folder

pytestmark = pytest.mark.slow

ALL = "diagnose: [profile, allocations, gil, switches, counters]\n"
NAMES = {"profile", "allocations", "gil", "switches", "counters"}
# The simulated half has the same numbers whenever it is run; the other half has real trials, and so real diagnoses, in between.
MIXED = """\
workload: sleep
model: [{simulated: {serial: 10%, speed: 100}}, threads]
sweep: {workers: [1, 2]}
load: {ops: 8, scaling: strong}
measure: {repetitions: 3, iterations: 2}
baseline: {workers: 1}
claims:
  - {says: it grows, of: {model: simulated}, when: workers > 1, expect: speedup > 1.5}
  - {says: it grows without end, of: {model: simulated}, when: workers > 1, expect: speedup > 1.95}
"""
TIMES = ("started_at", "duration_s", "crc32", "previous_crc32")


def records(folder):
    """The trials in the journal of the run in a folder."""
    lines = (run_folder(folder) / "journal.jsonl").read_text().splitlines()[1:]
    return [record for record in map(json.loads, lines) if record["role"] != "machine"]


def observations(folder):
    """What was recorded of each simulated trial, without the moment and the cost of recording it."""
    return [
        {key: value for key, value in record.items() if key not in TIMES}
        for record in records(folder)
        if record["axes"]["model"] == "simulated"
    ]


def cells(folder):
    """The rows of cells.csv of simulated cells."""
    with (run_folder(folder) / "cells.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["model"] == "simulated"]


def verdicts(done):
    """The lines on claims that a run printed."""
    return [
        line for line in done.stdout.splitlines() if line.startswith(("- supported", "- refuted", "- inconclusive"))
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """(folder, what was printed) of the same experiment without and with all diagnosers."""
    found = []
    for name, more in (("without", ""), ("with", ALL)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "x.yaml").write_text(MIXED + more)
        done = concexp(folder, "run", "x.yaml", "--yes")
        assert done.returncode == 0, done.stderr
        found.append((folder, done))
    return found


def test_observations_cells_and_verdicts_are_the_same(runs):
    """By `simulated`, whose trials record the same in each run: with real diagnoses between them, nothing of it changes."""
    (without, printed), (with_all, printed_with) = runs
    assert observations(with_all) == observations(without)
    assert cells(with_all) == cells(without)
    assert verdicts(printed_with) == verdicts(printed)
    assert [line.partition(":")[0] for line in verdicts(printed)] == ["- supported", "- refuted"]


def test_all_other_trials_are_the_same_in_the_same_order(runs):
    """Real ones too: each has its seed, its luck and its place."""
    (without, _), (with_all, _) = runs
    usual, found = (
        [(r["trial"], r["role"], r["position"], r["seed"]) for r in records(folder)] for folder in (without, with_all)
    )
    assert [one for one in found if one[1] != "pictured"] == usual
    extra = [one for one in found if one[1] == "pictured"]
    assert len(extra) == 2 * len(NAMES)
    assert {trial.rpartition("-")[2] for trial, *_ in extra} == NAMES


def test_each_diagnosis_is_on_the_page_and_in_the_data(runs):
    """A table for each, with a row for each real cell; in diagnoses.csv each number, or the reason why it is missing."""
    (_, _), (folder, _) = runs
    text = (folder / "reports/x/README.md").read_text()
    for title in ("Profiles", "Allocations", "The GIL", "Switches and contention", "Hardware counters and energy"):
        assert f"### {title}\n" in text
    with (run_folder(folder) / "diagnoses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["diagnoser"] for row in rows} == NAMES - {"profile"}
    assert {row["model"] for row in rows} == {"threads"}
    assert all(bool(row["value"]) != bool(row["missing"]) for row in rows), rows


BOUND = """\
model: threads
sweep:
  - {workload: cpu_sum, workers: 2}
  - {workload: {critical_section: {inside: 2ms, outside: 1ms}}, sync: lock, workers: 2}
load: {duration: 0.4s}
measure: {repetitions: 1, warmup: 0, iterations: 1}
baseline: {}
diagnose: [profile, gil, switches]
"""


def test_a_cell_bound_by_a_lock_and_one_bound_by_the_gil(tmp_path):
    """The page names the line that waits for the lock, and the line that computes; and says what its threads wait for."""
    (tmp_path / "x.yaml").write_text(BOUND)
    done = concexp(tmp_path, "run", "x.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "reports/x/README.md").read_text()
    profiles = text[text.index("### Profiles") : text.index("### The GIL")].splitlines()
    plain = [line.replace("\\", "") for line in profiles]
    assert any("% at `x += k` (concexp/trial/workloads/cpu_sum.py" in line for line in plain), profiles
    assert any("% at `with guards[k]:` (concexp/trial/workloads/critical_section.py" in line for line in plain), (
        profiles
    )
    with (run_folder(tmp_path) / "diagnoses.csv").open(newline="") as file:
        found = {
            (row["workload"], row["quantity"]): float(row["value"]) for row in csv.DictReader(file) if row["value"]
        }
    assert found["cpu_sum", "gil_share"] > 0.2
    assert found["critical_section", "contentions_per_op"] > 0.1
