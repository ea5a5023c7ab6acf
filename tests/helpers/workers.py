"""Made-up cells, with known times of their workers."""

from tests.helpers import journal_builder

WALL = 0.5  # seconds, of every made-up pass


def cell(model, workers, rate, reason, cpu, queued=0.0, more=None, **given):
    """A cell with this rate, and with CPUs used and waited for on average; `reason`, its label, is why it loses time."""
    facts = {"cpu_s": cpu * WALL, "run_queue_wait_s": queued * WALL, **(more or {})}
    return journal_builder.cell(
        reason, model, workers=workers, rate=rate, noise=0.0, facts=facts, plugins={"workload": "cpu_sum"}, **given
    )


def pair(model, workers, rate, reason, cpu, **given):
    """The baseline, with 1000 operations per second on one CPU, and the cell."""
    shared = {name: given[name] for name in ("startup", "sync", "load") if name in given}
    alone = cell("serial", None, 1000, reason, 1, more={"worker_s": [WALL]}, **shared)
    return [alone, cell(model, workers, rate, reason, cpu, **given)]


def busy(*shares):
    """Facts of a pass in which each worker was busy for this share of the time."""
    return {"worker_s": [share * WALL for share in shares]}


LOCK = {"sync": "lock", "observed": {"rate": 10, "facts": {"waits": 1, "waited_s": 0.5, "worked_s": 1.0}}}


FREE = {"cpus": 4}
