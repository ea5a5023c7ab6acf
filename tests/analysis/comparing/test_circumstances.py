"""What differs around the figures is found in the headers of the runs."""

from concexp.analysis.comparing.circumstances import circumstances
from tests.helpers.journal_builder import INTERPRETER
from tests.helpers.stored_runs import stored


def rows(folder, one=None, other=None):
    runs = [stored(folder, day, repetitions=1, **(more or {})) for day, more in enumerate((one, other), 1)]
    return {row.name: row for row in circumstances(runs)}


def test_the_same_thing_on_two_days_differs_in_its_date_only(tmp_path):
    """Nothing of machine, interpreter, code and experiment differs between two equal runs."""
    found = rows(tmp_path)
    assert {row.part for row in found.values() if row.differs} == {"moment"}
    assert found["began"].values == ("2026-01-01 03:04", "2026-01-02 03:04")


def test_what_differs(tmp_path):
    """Processor, interpreter with its patch number, commit, user code, concexp's own code and the experiment's keys."""
    facts = {
        "interpreters": {"current": {**INTERPRETER, "version": "3.11.9"}},
        "git": {"commit": "ab" * 20, "dirty": True},
        "user_code": {"my.py": "f" * 64},
        "trial_code": "2" * 64,
    }
    spec = {"measure": {"warmup": 2, "iterations": 1, "repetitions": 1, "timeout": "60s", "seed": 1}}
    found = rows(tmp_path, None, {"machine": {"processor": "Other CPU"}, "manifest": facts, "spec": spec})
    differing = {name: row.values for name, row in found.items() if row.differs}
    assert differing["processor"] == ("Made-up CPU @ 3.00GHz", "Other CPU")
    assert differing["Python"] == ("CPython 3.11.7", "CPython 3.11.9")
    assert differing["commit"] == ("c0ffeec0ffee", "abababababab with changes")
    assert differing["your code my.py"] == ("", "f" * 12)
    assert differing["measuring code"] == ("1" * 12, "2" * 12)
    assert differing["measure.warmup"] == ("1", "2")
    assert "usable CPUs" not in differing


def test_claims_and_pictures_are_no_circumstance(tmp_path):
    """What a page shows of a run changes none of its numbers."""
    spec = {"claims": [{"says": "it runs", "expect": "throughput > 1"}], "report": {"plots": []}, "question": "Else?"}
    found = rows(tmp_path, None, {"spec": spec})
    assert not any(row.differs for row in found.values() if row.part == "experiment")


def test_one_interpreter_each_is_compared_whatever_its_label(tmp_path):
    """Runs of one interpreter each have one row for it."""
    found = rows(tmp_path, None, {"manifest": {"interpreters": {"py13": {**INTERPRETER, "version": "3.13.1"}}}})
    assert found["Python"].values == ("CPython 3.11.7", "CPython 3.13.1")
