"""Made-up runs: journals written to disk by the same writer as real ones, read back as a `Run`."""

import math
import random
import zlib

from concexp import catalog
from concexp.analysis import results
from concexp.run.storage import journal

MACHINE = {
    "system": "Linux 6.18",
    "processor": "Made-up CPU @ 3.00GHz",
    "architecture": "x86_64",
    "logical_cpus": 8,
    "physical_cores": 4,
    "affinity_cpus": 8,
    "quota_cpus": None,
    "cpus": 2,
    "memory_bytes": 8 << 30,
    "governor": None,
    "turbo": None,
    "virtual": None,
    "clock_source": "tsc",
    "load_1m": 0.1,
    "pressure": {"cpu": 0.012, "io": 0.0, "memory": None},
}
INTERPRETER = {
    "version": "3.11.7",
    "implementation": "CPython",
    "compiler": "GCC 12.2.0",
    "gil_built": True,
    "gil_enabled": True,
    "jit": None,
    "switch_interval": 0.005,
    "start_method": "fork",
    "executable_name": "python3.11",
    "sha256": "0" * 64,
}
CLOCKS = {"timer_cost_s": 6e-8, "timer_step_s": 4e-8, "sleep_overshoot_median_s": 7e-5, "sleep_overshoot_p99_s": 2e-4}


def cell(workload="cpu_sum", model="serial", sync="none", workers=None, **more):
    """A cell for `write`, as a dictionary: its axes, and what its trials are to show. The options, `more`, with their defaults:

    What its trials measure
      rate=1000.0           operations per second; `noise` and `drift` change it
      noise=0.01            standard deviation of the rate's logarithm between trials
      salt=""               another one gives other random numbers, as another run of the same cell has
      drift=0.0             added to the rate's logarithm with each block
      course=None           function (block, iteration) -> factor by which an operation takes longer in that iteration
      loop=None             function (block, iteration) -> seconds of the reference loop beside it; None: not recorded
      ops=None              operations of an iteration; None: as many as fit into half a second at `rate`
      counts={}             counts of every iteration, such as {"lost_updates": 3}; or a function of the block that gives them
      facts={}              facts of every iteration that differ from the usual ones, such as {"run_queue_wait_s": 0.2}
      by_block={}           the same for the iterations of one block: block -> facts
      answer={}             fields of the child's answer that differ from the usual ones
    How its trials end
      status="ok"           of all trials, or a list with one status per repetition
      reason=""             of every trial whose status is not ok
      record={}             further fields of every record that is not ok (of all records if it has "leaked")
    What the cell is
      axes={}               further axes, key -> label
      plugins={}            the plug-ins of axes whose labels are not names of plug-ins, axis -> name
      unit="sum", shape="tasks", wants="cpu"    what the workload declares; "io": and its usual facts are those of waiting
      fixed=False           whether the experiment says what the workload wants, and no measurement decides
      load={"duration": 0.5}                    as the experiment has it
      runtime={}            how its interpreter is set, by axis
      startup="once"        once, each or timed
      role=""               of its trials, if they are not measured ones (`write` sets it); it changes the random numbers
    Trials of other roles
      observed={}           options in which the observed trials differ from the measured ones; empty: there are none
      pictured={}           the `timeline` that a trial of its own recorded in the first block; empty: there is none
      looked={}             the facts of each further trial of that kind, by its probe: {"profile": {"profile": […]}}
    """
    given = {"rate": 1000.0, "noise": 0.01, "status": "ok", "reason": "", "wants": "cpu", "unit": "sum", "shape": "tasks",
             "axes": {}, "drift": 0.0, "ops": None, "role": "", "facts": {}, "answer": {}, "record": {}, "counts": {},
             "plugins": {}, "observed": {}, "pictured": {}, "looked": {}, "startup": "once", "load": {"duration": 0.5},
             "fixed": False, "runtime": {}, "course": None, "loop": None, "by_block": {}, "salt": "", **more}  # fmt: skip
    given["axes"] = {"workload": workload, "model": model, "sync": sync, "workers": workers, **given["axes"]}
    given["id"] = f"{zlib.crc32(repr(sorted(given['axes'].items(), key=str)).encode()):012x}"
    return given


def sweep(workloads=("cpu_sum",), models=("serial", "threads", "processes"), workers=(1, 2, 4), rate=None, **more):
    """The cells of workloads x models x workers, `serial` once without workers; `rate(workload, model, workers)` -> ops/s."""
    cells = []
    for workload in workloads:
        for model in models:
            for count in (None,) if model == "serial" else workers:
                cells.append(cell(workload, model, workers=count, rate=rate(workload, model, count or 1), **more))
    return cells


def amdahl(serial=0.0, cpus=2.0, speed=1000.0):
    """A rate for `sweep` by Amdahl's law: processes scale up to `cpus`, all other models do not scale."""

    def rate(workload, model, workers):
        useful = min(workers, cpus) if model.startswith("process") else 1
        return speed * useful / (1 + serial * (useful - 1))

    return rate


def write(
    folder,
    cells,
    repetitions=6,
    iterations=2,
    effective=1.9,
    spec=None,
    machine=None,
    manifest=None,
    beside=(),
    pace=None,
    spinner=None,
):
    """Writes the journal of `cells` into `folder`/runs/<run id>, and returns the run, loaded as a user would load it.

    cells         a list of `cell`
    repetitions   blocks: the trials of a cell; 0 for a run that ended before its first trial
    iterations    measured iterations of a trial
    effective     effective CPUs that the spinners measured: one number for all measurements, a list with one number before
                  each block and one at the end, or None (also in the list) where nothing was measured
    spec          keys of the experiment that replace the usual ones; likewise `machine` (the facts of the machine) and
                  `manifest` (the header's manifest)
    spinner       rounds per second of one spinner alone, with which the spinners' speeds are recorded
    pace          how much work fills a given time, as the header of newer journals has it
    beside        (role, cell) pairs that are measured in every block beside the cells, such as ("sentinel", cell(...))

    Every number comes from a random generator seeded with the cell and the block: the same arguments write the same journal.
    """
    spin = effective if isinstance(effective, list) else [effective] * (repetitions + 1)
    run = folder / "runs" / "20260102T030405Z-0badcafe"
    run.mkdir(parents=True)
    axes = _labels(cells)
    for one in cells:
        one["axes"] = {key: one["axes"].get(key) for key in axes}
    header = {
        "run": run.name,
        "spec": {
            "name": "made_up",
            "question": "Which model is made up best?",
            "measure": {
                "warmup": 1,
                "iterations": iterations,
                "repetitions": repetitions or 1,
                "timeout": "60s",
                "seed": 1,
            },
            "baseline": {"model": "serial"},
            "primary": "throughput",
            "report": {"plots": None, "language": "en"},
            **(spec or {}),
        },
        "manifest": {
            "concexp": "0.1.0",
            "identity": "0badcafe" * 8,
            "trial_code": "1" * 64,
            "seed": 1,
            "started_at": "2026-01-02T03:04:05.000Z",
            "command": "concexp run made_up.yaml",
            "host": "0123abcd",
            "machine": {**MACHINE, **(machine or {})},
            "interpreters": {"current": INTERPRETER},
            "clocks": {"current": CLOCKS},
            "git": {"commit": "c0ffee" * 6 + "c0ff", "dirty": False},
            "packages": {"pandas": "3.0"},
            "user_code": {},
            **(manifest or {}),
        },
        "axes": axes,
        "cells": [
            {"cell": c["id"], "axes": c["axes"], "reason": c["reason"] if c["status"] == "unsupported" else ""}
            for c in cells
        ],
        **({"pace": pace} if pace else {}),
    }
    with journal.Writer(run / journal.NAME) as writer:
        writer.begin(header)
        for record in _records(cells, repetitions, iterations, spin, beside, spinner):
            writer.append(record)
    return results.load(run)


def _labels(cells):
    """The axes of a header: each axis with its labels in order of appearance."""
    axes = {}
    for one in cells:
        for key, label in one["axes"].items():
            labels = axes.setdefault(key, [])
            if label is not None and label not in labels:
                labels.append(label)
    return axes


def _records(cells, repetitions, iterations, spin, beside, spinner=None):
    """Yields the journal's lines after the header: unsupported cells, then the blocks, each in an order of its own."""
    yield from (_record(one, None, 0, 0) for one in cells if one["status"] == "unsupported")
    for block in range(repetitions):
        if spin[block] is not None:
            yield _spin(block, spin[block], spinner)
        order = [one for one in cells if one["status"] != "unsupported"]
        random.Random(block).shuffle(order)
        shift = random.Random(f"weather {block}").gauss(0, 0.02)  # of the logarithm of all rates in this block
        for position, one in enumerate(order):
            yield _record(one, block, position, iterations, shift)
            if one["observed"]:
                record = _record({**one, **one["observed"]}, block, position, iterations, shift)
                yield {**record, "trial": f"{record['trial']}-waits", "role": "observed"}
            if one["pictured"] and block == 0:
                record = _record({**one, "facts": {"timeline": one["pictured"]}}, block, position, 1, shift)
                yield {**record, "trial": f"{record['trial']}-timeline", "role": "pictured"}
            for probe, facts in one["looked"].items() if block == 0 else ():
                record = _record({**one, "facts": facts}, block, position, 1, shift)
                yield {**record, "trial": f"{record['trial']}-{probe}", "role": "pictured"}
        for position, (role, one) in enumerate(beside, len(order)):
            record = _record({**one, "role": role}, block, position, iterations, shift)
            yield {**record, "trial": f"{record['trial']}-{role}", "role": role}
    if spin[repetitions] is not None:
        yield _spin(repetitions, spin[repetitions], spinner)


def _spin(block, effective, alone=None):
    """The journal's line of a measurement of the machine by spinners."""
    speeds = {"alone_per_s": [alone], "together_per_s": [alone * effective]} if alone else {}
    return {**speeds, "trial": f"spin-{block:04d}", "role": "machine", "block": block, "effective_cpus": effective, "cpus": 2,
            "cpu_s": 0.3, "run_queue_wait_s": 0.001, "started_at": "2026-01-02T03:04:05.000Z"}  # fmt: skip


def _record(one, block, position, iterations, shift=0.0):
    """The journal's line of a trial; `block` None is that of an unsupported cell."""
    labels = {key: str(one["axes"][key]) for key in ("workload", "model", "sync")}
    identity = {
        "trial": f"{one['id']}-unsupported" if block is None else f"{one['id']}-{block:04d}",
        "role": "measured",
        "cell": one["id"],
        "axes": one["axes"],
        "plugins": {**labels, **one["plugins"]},
        "parameters": {"workload": {}, "model": {}, "sync": {}},
        "unit": one["unit"],
        "shape": one["shape"],
        "wants": one["wants"],
        **({"wants_fixed": True} if one["fixed"] else {}),
        "load": one["load"],
        "runtime": one["runtime"],
        "startup": one["startup"],
        "status": "unsupported",
        "reason": one["reason"],
        "host": "0123abcd",
    }
    if block is None:
        return identity
    status = one["status"] if isinstance(one["status"], str) else one["status"][block]
    bad = status not in ("ok", "invalid")
    return {
        **identity,
        "block": block,
        "position": position,
        "repetition": block,
        "seed": 7 * block,
        "status": status,
        "reason": one["reason"] if status != "ok" else "",
        "started_at": f"2026-01-02T03:{block:02d}:05.000Z",
        "duration_s": 1.5,
        "left_behind": 0,
        "output": "",
        "stacks": "",
        "traceback": "",
        "answer": None if bad else _answer(one, block, iterations, shift),
        **(one["record"] if status != "ok" or "leaked" in one["record"] else {}),
    }


def _answer(one, block, iterations, shift):
    """What the child of a trial answers: its iterations, and the facts of the interpreter."""
    rng = random.Random(f"{one['id']} {block}{one['role']}{one['salt']}")
    workers = one["axes"]["workers"] or 1
    pace = one["rate"] * math.exp(shift + rng.gauss(0, one["noise"]) + one["drift"] * block)
    parallel = catalog.load("model", one["plugins"].get("model", one["axes"]["model"])).parallel
    passes = []
    usual = pace
    counts = one["counts"](block) if callable(one["counts"]) else one["counts"]
    for k in range(iterations):
        pace = usual / one["course"](block, k) if one["course"] else usual
        wall = 0.5 * math.exp(rng.gauss(0, 0.001)) if one["ops"] is None else one["ops"] / pace
        waits = one["wants"] == "io"
        passes.append({
            "wall_s": wall, "ops": max(1, round(pace * wall)), "startup_s": 0.001 * workers * math.exp(rng.gauss(0, 0.1)),
            "cpu_s": wall * min(workers, 2) * (0.02 if waits else 0.98), "run_queue_wait_s": 0.0, "server_cpu_s": None,
            "start_skew_s": 0.0001, "stop_skew_s": 0.0, "all_active": 1.0, "worker_ops": [1] * workers, "counts": counts,
            "voluntary_switches": round(pace * wall) if waits else 0,
            "involuntary_switches": 3, "migrations": 1, "major_faults": 0, "throttled_s": 0.0,
            "steal_s": 0.0, "swapped_in": 0, "continued": 0, "window_s": wall * 7 / 8 if one["ops"] is None else None,
            "invalid": "", **one["facts"], **one["by_block"].get(block, {}),
        })  # fmt: skip
        if one["loop"]:
            passes[-1] |= dict.fromkeys(("reference_before_s", "reference_after_s"), one["loop"](block, k))
    return {"gil": True, "gil_end": True, "traced": False, "switch_interval": 0.005, "python": "3.11.7",
            "parallel": parallel, "start_method": None, "threads_at_fork": None, "phases": {}, "iterations": passes,
            **one["answer"]}  # fmt: skip


def histogram(slow, count=1000):
    """A recorded histogram of `count` times: the share `slow` at 15 ms, 3 % at 5 ms, the rest at 1.7 ms."""
    late = round(slow * count)
    some = count * 3 // 100
    return [[1000, count - late - some], [1100, some], [1200, late]]


def timeline(*workers, end, came=1_000, grain=0, more=0, lined=0):
    """A recorded timeline from the segments of each worker; all times in ns after the coordinator's order to start.

    end     when the last worker had answered
    came    when the workers came to the start, all at once
    lined   how long each worker then waited in the run queue
    grain   neighbouring segments shorter than this were recorded as one
    more    workers beyond those that were recorded
    """
    return {
        "end": end,
        "more": more,
        "workers": [
            {
                "index": index,
                "made": -5_000_000,
                "came": came,
                "lined": lined,
                "grain": grain,
                "events": len(segments),
                "segments": segments,
            }
            for index, segments in enumerate(workers)
        ],
    }
