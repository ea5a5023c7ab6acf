"""The trials of a plan: one block after the other, each in an order of its own."""

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.plan.schedule import block


def plan(text):
    return make_plan(parse_text(text, "x.yaml"), 2)


def measured(found):
    """The trials that are not there to know the measuring itself."""
    return [trial for trial in found.trials if trial.role == "measured"]


def test_every_runnable_cell_is_once_in_every_block():
    """A block is one pass over all cells in a seeded order that differs between blocks."""
    text = (
        "workload: [sleep, cpu_sum]\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 3]}\nmeasure: {repetitions: 4}\n"
    )
    found = plan(text)
    blocks = [[t.cell.id for t in measured(found) if t.block == k] for k in range(4)]
    assert all(sorted(block) == sorted(c.id for c in found.cells) for block in blocks)
    assert len({tuple(block) for block in blocks}) == 4
    assert [t.id for t in plan(text).trials] == [t.id for t in found.trials]
    other = plan(text.replace("4}", "4, seed: 2}"))
    assert [t.id for t in other.trials] != [t.id for t in found.trials]
    assert {t.id for t in other.trials} == {t.id for t in found.trials}
    assert {t.seed for t in measured(other)}.isdisjoint(t.seed for t in measured(found))
    assert len({t.id for t in found.trials}) == len({t.seed for t in found.trials}) == len(found.trials)
    beside = 2  # a control and the sentinel
    assert [(t.position, t.repetition) for t in found.trials] == [
        (position, block) for block in range(4) for position in range(len(found.cells) + beside)
    ]
    assert all(t.id == f"{t.cell.id}-{t.repetition:04d}" for t in measured(found))


def test_all_trials_of_a_block_have_one_luck():
    """Cells, controls and trials under a probe draw alike within a block; each block, and each seed, draws otherwise."""
    text = (
        "workload: counter\nmodel: [threads, processes]\nsync: lock\nmetrics: [wait_share]\nmeasure: {repetitions: 4}\n"
    )
    found = plan(text)
    lucks = [{trial.luck for trial in found.trials if trial.block == k and trial.role != "sentinel"} for k in range(4)]
    assert [len(luck) for luck in lucks] == [1] * 4
    assert len(set.union(*lucks)) == 4
    assert {trial.role for trial in found.trials} == {"measured", "control", "observed", "sentinel"}
    other = plan(text.replace("4}", "4, seed: 2}"))
    assert set.union(*lucks).isdisjoint(trial.luck for trial in measured(other))


def test_what_looks_on_gets_trials_of_its_own():
    """A probe that changes what it looks at adds a trial per cell and repetition, among the others, and changes none of them.

    Only where there is something to see: not without a primitive, and not where no trial is really run.
    """
    text = (
        "workload: counter\nmodel: [threads, processes, simulated]\nsync: [none, lock]\nsweep: {workers: 2}\n"
        "measure: {repetitions: 3}\n"
    )
    usual, found = plan(text), plan(text + "metrics: [throughput, wait_share, wait_p99_s]\n")
    assert "observed" not in {trial.role for trial in usual.trials}
    looked_at = {c.id for c in found.cells if c.axes["sync"] == "lock" and c.axes["model"] != "simulated"}
    assert len(looked_at) == 2
    observed = [trial for trial in found.trials if trial.role == "observed"]
    assert sorted((t.cell.id, t.block, t.repetition) for t in observed) == sorted(
        (cell, block, block) for cell in looked_at for block in range(3)
    )
    assert {(trial.id, trial.probe) for trial in observed} == {
        (f"{trial.cell.id}-{trial.repetition:04d}-waits", "waits") for trial in observed
    }
    assert {(t.id, t.seed) for t in found.trials if t.role != "observed"} == {(t.id, t.seed) for t in usual.trials}
    assert {trial.probe for trial in measured(found)} == {""}
    beside = 2  # a control and the sentinel
    assert len({trial.id for trial in found.trials}) == len(found.trials) == 3 * (6 + 2 + beside)
    assert [(t.block, t.position) for t in found.trials] == [
        (block, place) for block in range(3) for place in range(10)
    ]


def test_a_picture_that_is_listed_gets_one_trial_of_each_cell():
    """What a picture shows and no number comes from is recorded once, in the first block; the other trials stay as they are.

    Only of what is really run; and a picture that shows what every trial has adds nothing.
    """
    text = "workload: cpu_sum\nmodel: [threads, simulated]\nsweep: {workers: 2}\nmeasure: {repetitions: 3}\n"
    usual, found = plan(text + "report: {plots: [scaling]}\n"), plan(text + "report: {plots: [scaling, timeline]}\n")
    (cell,) = (cell.id for cell in found.cells if cell.axes["model"] == "threads")
    (pictured,) = (trial for trial in found.trials if trial.role == "pictured")
    assert (pictured.id, pictured.probe, pictured.block) == (f"{cell}-0000-timeline", "timeline", 0)
    assert {(t.id, t.seed) for t in found.trials} - {(pictured.id, pictured.seed)} == {
        (t.id, t.seed) for t in usual.trials
    }


def test_a_diagnoser_gets_one_trial_of_each_cell():
    """Its times count nowhere: all other trials are what they are without it, in the same blocks and with the same seeds."""
    text = "workload: cpu_sum\nmodel: [threads, simulated]\nsweep: {workers: 2}\nmeasure: {repetitions: 3}\n"
    usual, found = plan(text), plan(text + "diagnose: profile\n")
    (extra,) = {(t.id, t.role, t.probe) for t in found.trials} - {(t.id, t.role, t.probe) for t in usual.trials}
    assert extra[0].endswith("-0000-profile")
    assert extra[1:] == ("pictured", "profile")
    assert [(t.id, t.block, t.seed, t.luck) for t in usual.trials] == [
        (t.id, t.block, t.seed, t.luck) for t in found.trials if t.id != extra[0]
    ]


def test_diagnosers_come_last_in_their_block():
    """So the others run in the same order with and without them, controls and sentinel among them."""
    text = (
        "workload: cpu_sum\nmodel: [serial, threads, processes]\nsweep: {workers: [1, 2]}\nmeasure: {repetitions: 8}\n"
    )
    usual, found = plan(text), plan(text + "diagnose: [profile, allocations, gil, switches, counters]\n")
    first = [t for t in found.trials if t.block == 0]
    assert [t.role for t in first[-25:]] == ["pictured"] * 25
    assert [t.position for t in first] == list(range(len(first)))
    assert [(t.id, t.position) for t in found.trials if t.role != "pictured"] == [
        (t.id, t.position) for t in usual.trials
    ]


def test_the_primary_metric_has_its_probe():
    """A primary metric that needs trials of its own gets them, though it is not listed."""
    found = plan("workload: counter\nmodel: threads\nsync: lock\nmeasure: {repetitions: 1}\nprimary: wait_share\n")
    assert sorted(trial.role for trial in found.trials) == ["measured", "observed"]


def test_a_partial_block_keeps_ids_and_seeds():
    """A block of some cells holds the trials that these cells have in a whole block, the sentinel, and their controls alone."""
    spec = parse_text("workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n", "x.yaml")
    found = make_plan(spec, 2)
    whole = {t.id: (t.seed, t.luck) for t in found.trials if t.block == 9}
    for cells, roles in [
        (found.cells[:1], ["control", "measured", "sentinel"]),
        (found.cells[1:2], ["measured", "sentinel"]),
    ]:
        part = list(block(spec, found, 9, cells))
        assert sorted(t.role for t in part) == roles
        assert {t.id: (t.seed, t.luck) for t in part}.items() <= whole.items()
        assert [t.position for t in part] == list(range(len(part)))
        assert part == list(block(spec, found, 9, cells))


def test_a_pilot_of_eight_comes_before_precision():
    """With a precision at least eight whole blocks are planned, and as many as were asked for."""
    head = "workload: sleep\nmodel: [serial, threads]\n"
    for measure, blocks in [
        ("repetitions: 3, precision: 3%", 8),
        ("repetitions: 12, precision: 3%", 12),
        ("repetitions: 3", 3),
    ]:
        found = plan(f"{head}measure: {{{measure}}}\n")
        assert {t.block for t in found.trials} == set(range(blocks))
