"""The table of axes: what each entry reads and sets, and that it agrees with the other parts of a spec."""

import dataclasses

import pytest

from concexp.experiment.axis_table import AXES, CellDraft, known_axis
from concexp.experiment.blocks import Load, Measure
from concexp.experiment.spec import Entry

VALUES = {
    "workers": 2, "startup": "each", "load": {"duration": "1s"}, "load.ops": 3, "load.duration": "1s", "load.scaling": "weak",
    "load.rate": "5/s", "load.arrivals": "poisson", "load.until": "latency_p50_s > 1s",
    "load.within": "3%", "background.workers": 0, "background.model": "serial", "seed": 7,
    "python": "3.13", "gil": "on", "jit": "off", "switch_interval": "1ms", "pin": "compact", "measure.warmup": 0,
    "code": "main", "measure.iterations": 4, "measure.timeout": "9s", "measure.pin": "spread", "hash_seed": 7, "gc": "off",
    "malloc": "malloc", "flags": "-O", "isolation": "fork", "measure.isolation": "fork",
}  # fmt: skip


def draft():
    """A draft of a cell, with the load of a workload."""
    versions = {"main": Entry.default("workload", "noop")}
    workload = dataclasses.replace(Entry.default("workload", "cpu_sum"), versions=versions)
    entries = {"workload": workload, "model": Entry.default("model", "threads")}
    return CellDraft(entries, frozenset({"load.ops"}), {"ops": 8}, "once")


@pytest.mark.parametrize("key", AXES)
def test_each_axis_changes_the_draft(key):
    """A value that is read and put is on the draft; an interpreter alone is known by its label only."""
    before, after = draft(), draft()
    AXES[key].put(after, AXES[key].read(VALUES[key]))
    assert (after != before) == (key != "python")


@pytest.mark.parametrize("key", AXES)
def test_each_axis_refuses_what_it_cannot_read(key):
    """No reader lets a list through."""
    with pytest.raises(ValueError, match=r"expected|there is no model"):
        AXES[key].read([])


def test_axes_of_blocks_are_keys_of_these_blocks():
    """`measure.x` and `load.x` set what `measure:` and `load:` have."""
    keys = {block: {k.partition(".")[2] for k in AXES if k.startswith(f"{block}.")} for block in ("measure", "load")}
    assert keys["measure"] <= set(Measure.model_fields)
    assert keys["load"] == set(Load.model_fields)


def test_a_part_of_the_load_replaces_what_it_excludes():
    """Operations and a duration exclude each other, and only operations have a scaling."""
    one = draft()
    AXES["load.duration"].put(one, 1.0)
    assert one.load == {"duration": 1.0}
    AXES["load.ops"].put(one, 3)
    AXES["load.scaling"].put(one, "weak")
    assert one.load == {"ops": 3, "scaling": "weak"}
    AXES["load.duration"].put(one, 2.0)
    assert one.load == {"duration": 2.0}


def test_every_field_of_an_entry_is_used():
    """An option that no axis needs would be dead."""
    defaults = {f.name: f.default for f in dataclasses.fields(next(iter(AXES.values())))}
    for name, default in defaults.items():
        assert any(getattr(axis, name) is not default for axis in [*AXES.values(), known_axis("env.A")])
