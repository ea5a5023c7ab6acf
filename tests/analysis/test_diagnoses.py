"""The numbers of diagnosers: per operation, as shares, and with the reason where they are missing."""

import pytest

from concexp.analysis import results
from tests.helpers import journal_builder

ASKED = {"spec": {"diagnose": ["gil"]}}


def diagnosed(folder, name, facts):
    """The only diagnosis of a run of one cell, whose iterations have 500 operations in half a second."""
    one = journal_builder.cell(model="threads", workers=2, rate=1000, noise=0, looked={name: facts})
    (found,) = journal_builder.write(folder, [one], **ASKED).diagnosed
    assert found.diagnoser == name
    return found


def allocated(**more):
    """What the probe records of one process."""
    usual = {
        "peak": 3000,
        "kept": 500,
        "seen": 2000,
        "lines": [],
        "collections": [4, 1, 0],
        "collected": 20,
        "collecting_s": 0.05,
    }
    return {**usual, **more}


def test_allocations(tmp_path):
    """Those of all processes together; workers that share a process have nothing of their own to tell."""
    found = diagnosed(tmp_path, "allocations", {"allocations": [None, allocated(), allocated(kept=1500)]})
    ops, wall = found.facts["ops"], found.facts["wall_s"]
    assert found.numbers == pytest.approx(
        {
            "held_bytes": 6000,
            "kept_bytes": 2000,
            "kept_bytes_per_op": 2000 / ops,
            "collections_per_op": 10 / ops,
            "collected_per_op": 40 / ops,
            "collecting_share": 0.05 / wall,
        }
    )


def test_allocations_that_were_not_followed_to_the_end(tmp_path):
    """What was kept is not known then; all else is."""
    found = diagnosed(tmp_path, "allocations", {"allocations": [allocated(), allocated(kept=None)]})
    assert found.missing == {"kept_bytes": "cut_short", "kept_bytes_per_op": "cut_short"}
    assert found.numbers["held_bytes"] == 6000


def waited(**more):
    """What the probe records of one worker."""
    return {"wall_s": 1.0, "cpu_s": 0.5, "queue_s": 0.1, "samples": 100, "gil": 30, **more}


def test_shares_of_the_gil(tmp_path):
    """Of the time of all workers; what is left is anything else."""
    found = diagnosed(tmp_path, "gil", {"gil_waits": [waited(), waited(cpu_s=0.3), None]})
    assert found.numbers == pytest.approx({"cpu_share": 0.4, "queue_share": 0.1, "gil_share": 0.3, "other_share": 0.2})
    assert found.missing == {}


def test_the_gil_where_it_cannot_be_seen(tmp_path):
    """The other shares are known all the same, and the reason is kept."""
    told = {"wall_s": 1.0, "cpu_s": 0.5, "queue_s": None, "missing": "no_gil"}
    found = diagnosed(tmp_path, "gil", {"gil_waits": [told]})
    assert found.numbers == {"cpu_share": 0.5, "other_share": 0.5}
    assert found.missing == {"queue_share": "not_reported", "gil_share": "no_gil"}


def test_switches_and_contentions(tmp_path):
    """Of all workers and all primitives, per operation."""
    seen = [
        {"voluntary": 600, "involuntary": 5, "asked": {"lock.acquire": [250, 100], "Condition.acquire": [250, 0]}},
        {"voluntary": 400, "involuntary": 0, "asked": {"lock.acquire": [500, 150]}},
    ]
    found = diagnosed(tmp_path, "switches", {"switches": seen})
    ops = found.facts["ops"]
    assert found.numbers == pytest.approx(
        {
            "voluntary_per_op": 1000 / ops,
            "involuntary_per_op": 5 / ops,
            "asked_per_op": 1000 / ops,
            "contentions_per_op": 250 / ops,
        }
    )


def test_switches_without_locks_or_reports(tmp_path):
    """Neither is a 0."""
    found = diagnosed(tmp_path, "switches", {"switches": [{"voluntary": None, "involuntary": None, "asked": {}}]})
    assert found.numbers == {}
    assert found.missing == {
        "voluntary_per_op": "not_reported",
        "involuntary_per_op": "not_reported",
        "contentions_per_op": "not_tried",
    }


def test_counters_and_energy(tmp_path):
    """Each is there, or its reason is."""
    rows = [["instructions", 5000, ""], ["branch-misses", None, "not_supported"], ["energy", 2.5, ""]]
    found = diagnosed(tmp_path, "counters", {"counters": rows})
    ops = found.facts["ops"]
    assert found.numbers == pytest.approx({"instructions_per_op": 5000 / ops, "energy_j_per_op": 2.5 / ops})
    assert found.missing == {"branch_misses_per_op": "not_supported"}


@pytest.mark.parametrize(
    ("name", "facts", "why"),
    [
        ("allocations", {"allocations": [{"missing": "no_tracemalloc"}]}, "no_tracemalloc"),
        ("allocations", {"allocations": [None, None]}, "not_seen"),
        ("gil", {"gil_waits": []}, "not_seen"),
        ("switches", {"switches": [None]}, "not_seen"),
        ("counters", {"counters": []}, "not_seen"),
        ("switches", {"switches": [{"voluntary": "many"}]}, "unreadable"),
        ("counters", {"counters": [["cycles", [], ""]]}, "unreadable"),
    ],
)  # fmt: skip
def test_nothing_is_known(tmp_path, name, facts, why):
    """What measured code or a stranger may have written is no reason to fail."""
    found = diagnosed(tmp_path, name, facts)
    assert (found.numbers, found.missing) == ({}, {"": why})


def test_a_row_for_each_number_and_each_reason(tmp_path):
    """The table of the run, in Python and beside cells.csv, with the labels of the cell."""
    told = {"wall_s": 1.0, "cpu_s": 0.5, "queue_s": 0.25, "missing": "no_gil"}
    cells = [
        journal_builder.cell(model="threads", workers=2, looked={"gil": {"gil_waits": [told]}}),
        journal_builder.cell(),
    ]
    run = journal_builder.write(tmp_path, cells, **ASKED)
    rows = run.diagnoses
    assert rows[["model", "diagnoser", "quantity", "value", "missing"]].fillna(-1).to_numpy().tolist() == [
        ["threads", "gil", "cpu_share", 0.5, ""],
        ["threads", "gil", "queue_share", 0.25, ""],
        ["threads", "gil", "other_share", 0.25, ""],
        ["threads", "gil", "gil_share", -1, "no_gil"],
    ]
    results.write(run)
    lines = (run.folder / "diagnoses.csv").read_text().splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("cell,workload,model,sync,workers")


def test_a_run_without_diagnosers_has_no_such_file(tmp_path):
    """And an empty table."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()])
    results.write(run)
    assert run.diagnoses.empty
    assert not (run.folder / "diagnoses.csv").exists()
