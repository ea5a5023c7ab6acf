"""Journals made up for tests of results, statistics and the page: real files, written as the runner writes them."""

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
    """A cell: its axes, and what its trials are to show.

    rate      operations per second; noise: the standard deviation of its logarithm between trials
    ops       operations of a pass, if it is not half a second long
    drift     what each block adds to the logarithm of the rate
    status    one for all trials, or a list with one per repetition
    facts     facts of every iteration that differ from the usual ones; answer, record: of the answer and the record
    counts    counts of every iteration
    axes      further axes by key
    course    (block, iteration) -> by which factor an operation takes longer then
    load      as the experiment has it
    observed  what observed trials of it are to show, as these; nothing: there are none
    startup   once, each or timed
    pictured  the timeline that a trial of its own recorded (see `timeline`); nothing: there is none
    """
    given = {"rate": 1000.0, "noise": 0.01, "status": "ok", "reason": "", "wants": "cpu", "unit": "sum", "shape": "tasks",
             "axes": {}, "drift": 0.0, "ops": None, "role": "", "facts": {}, "answer": {}, "record": {}, "counts": {},
             "plugins": {}, "observed": {}, "pictured": {}, "startup": "once", "load": {"duration": 0.5},
             "course": None, **more}  # fmt: skip
    given["axes"] = {"workload": workload, "model": model, "sync": sync, "workers": workers, **given["axes"]}
    given["id"] = f"{zlib.crc32(repr(sorted(given['axes'].items(), key=str)).encode()):012x}"
    return given


def sweep(workloads=("cpu_sum",), models=("serial", "threads", "processes"), workers=(1, 2, 4), rate=None, **more):
    """Cells of a sweep; `rate(workload, model, workers)` is the throughput. `serial` has no workers."""
    found = []
    for workload in workloads:
        for model in models:
            for count in (None,) if model == "serial" else workers:
                found.append(cell(workload, model, workers=count, rate=rate(workload, model, count or 1), **more))
    return found


def amdahl(serial=0.0, cpus=2.0, speed=1000.0):
    """A rate for `sweep`: processes scale up to the CPUs, all else stays at one."""

    def rate(workload, model, workers):
        useful = min(workers, cpus) if model.startswith("process") else 1
        return speed * useful / (1 + serial * (useful - 1))

    return rate


def write(folder, cells, repetitions=6, iterations=2, effective=1.9, spec=None, machine=None, manifest=None, beside=()):
    """Write a run's journal into `folder`/runs/<run id>; returns the run, read back.

    `beside` holds (role, cell) of what is measured in every block beside the cells.
    `effective` is what the spinners show: one number, one per block and one more, or None for no measurement.
    """
    spin = effective if isinstance(effective, list) else [effective] * (repetitions + 1)
    run = folder / "runs" / "20260102T030405Z-0badcafe"
    run.mkdir(parents=True)
    axes = {}
    for one in cells:
        for key, label in one["axes"].items():
            axes.setdefault(key, {})
            if label is not None:
                axes[key][label] = None
    keys = list(axes)
    for one in cells:
        one["axes"] = {key: one["axes"].get(key) for key in keys}
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
        "axes": {key: list(labels) for key, labels in axes.items()},
        "cells": [
            {"cell": c["id"], "axes": c["axes"], "reason": c["reason"] if c["status"] == "unsupported" else ""}
            for c in cells
        ],
    }
    with journal.Writer(run / journal.NAME) as writer:
        writer.begin(header)
        for record in _records(cells, repetitions, iterations, spin, beside):
            writer.append(record)
    return results.load(run)


def _records(cells, repetitions, iterations, spin, beside):
    yield from (_record(one, None, 0, 0) for one in cells if one["status"] == "unsupported")
    for block in range(repetitions):
        if spin[block] is not None:
            yield _spin(block, spin[block])
        order = [one for one in cells if one["status"] != "unsupported"]
        random.Random(block).shuffle(order)
        weather = random.Random(f"weather {block}").gauss(0, 0.02)  # what a block does to all of its cells
        for position, one in enumerate(order):
            yield _record(one, block, position, iterations, weather)
            if one["observed"]:
                own = _record({**one, **one["observed"]}, block, position, iterations, weather)
                yield {**own, "trial": f"{own['trial']}-waits", "role": "observed"}
            if one["pictured"] and block == 0:
                own = _record({**one, "facts": {"timeline": one["pictured"]}}, block, position, 1, weather)
                yield {**own, "trial": f"{own['trial']}-timeline", "role": "pictured"}
        for position, (role, one) in enumerate(beside, len(order)):
            record = _record({**one, "role": role}, block, position, iterations, weather)
            yield {**record, "trial": f"{record['trial']}-{role}", "role": role}
    if spin[repetitions] is not None:
        yield _spin(repetitions, spin[repetitions])


def _spin(block, effective):
    return {"trial": f"spin-{block:04d}", "role": "machine", "block": block, "effective_cpus": effective, "cpus": 2,
            "cpu_s": 0.3, "run_queue_wait_s": 0.001, "started_at": "2026-01-02T03:04:05.000Z"}  # fmt: skip


def _record(one, block, position, iterations, weather=0.0):
    """One line of the journal; block None is an unsupported cell."""
    labels = {key: str(one["axes"][key]) for key in ("workload", "model", "sync")}
    found = {
        "trial": f"{one['id']}-unsupported" if block is None else f"{one['id']}-{block:04d}",
        "role": "measured",
        "cell": one["id"],
        "axes": one["axes"],
        "plugins": {**labels, **one["plugins"]},
        "parameters": {"workload": {}, "model": {}, "sync": {}},
        "unit": one["unit"],
        "shape": one["shape"],
        "wants": one["wants"],
        "load": one["load"],
        "startup": one["startup"],
        "status": "unsupported",
        "reason": one["reason"],
        "host": "0123abcd",
    }
    if block is None:
        return found
    status = one["status"] if isinstance(one["status"], str) else one["status"][block]
    bad = status not in ("ok", "invalid")
    return {
        **found,
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
        "answer": None if bad else _answer(one, block, iterations, weather),
        **(one["record"] if status != "ok" or "leaked" in one["record"] else {}),
    }


def _answer(one, block, iterations, weather):
    rng = random.Random(f"{one['id']} {block}{one['role']}")
    workers = one["axes"]["workers"] or 1
    pace = one["rate"] * math.exp(weather + rng.gauss(0, one["noise"]) + one["drift"] * block)
    parallel = catalog.load("model", one["plugins"].get("model", one["axes"]["model"])).parallel
    passes = []
    usual = pace
    for k in range(iterations):
        pace = usual / one["course"](block, k) if one["course"] else usual
        wall = 0.5 * math.exp(rng.gauss(0, 0.001)) if one["ops"] is None else one["ops"] / pace
        passes.append({
            "wall_s": wall, "ops": max(1, round(pace * wall)), "startup_s": 0.001 * workers * math.exp(rng.gauss(0, 0.1)),
            "cpu_s": wall * min(workers, 2) * 0.98, "run_queue_wait_s": 0.0, "server_cpu_s": None,
            "start_skew_s": 0.0001, "stop_skew_s": 0.0, "all_active": 1.0, "worker_ops": [1] * workers, "counts": one["counts"],
            "voluntary_switches": 0, "involuntary_switches": 3, "migrations": 1, "major_faults": 0, "throttled_s": 0.0,
            "steal_s": 0.0, "swapped_in": 0,
            "invalid": "", **one["facts"],
        })  # fmt: skip
    return {"gil": True, "gil_end": True, "traced": False, "switch_interval": 0.005, "python": "3.11.7",
            "parallel": parallel, "start_method": None, "threads_at_fork": None, "phases": {}, "iterations": passes,
            **one["answer"]}  # fmt: skip


# The journals that a page must be able to tell ------------------------------------------------------------------------


def scaling():
    """One workload over workers: processes scale to the CPUs, threads do not."""
    models = ("serial", "threads", "thread_pool", "processes", "process_pool", "asyncio")
    return {"cells": sweep(models=models, workers=(1, 2, 4), rate=amdahl(0.03, 1.88, 1.3e6))}


def syncs():
    """Two workloads, three models, five primitives: the unguarded lose updates between threads and processes."""
    cells = []
    cost = {"none": 1.0, "lock": 0.42, "rlock": 0.4, "semaphore": 0.11, "condition": 0.35}
    for workload in ("counter", "counter_call"):
        for model in ("threads", "processes", "asyncio"):
            for sync, factor in cost.items():
                shown = {"unit": "increment", "plugins": {"workload": "counter"}}
                if model == "asyncio" and sync == "rlock":
                    cells.append(
                        cell(workload, model, sync, 2, status="unsupported", reason="asyncio has no RLock", **shown)
                    )
                    continue
                loses = sync == "none" and (model == "processes" or (model, workload) == ("threads", "counter_call"))
                rate = 2.5e7 * factor * {"threads": 1.0, "processes": 0.2, "asyncio": 0.9}[model]
                cells.append(
                    cell(workload, model, sync, 2, rate=rate, counts={"lost_updates": 123_456 if loses else 0},
                         status="invalid" if loses else "ok",
                         reason="123456 of 2500000 increments were lost" if loses else "", **shown)
                )  # fmt: skip
    return {"cells": cells, "spec": {"question": "Which increments get lost?", "baseline": {}}}


def waiting():
    """I/O: many workers, ranges of a thousand, one model that cannot."""
    cells = []
    for workload, unit in (("echo", "round trip"), ("sleep", "sleep")):
        for model in ("serial", "threads", "processes", "asyncio"):
            for workers in (None,) if model == "serial" else (1, 4, 16, 64, 256):
                factor = {"serial": 1, "threads": 0.95, "processes": 0.9, "asyncio": 1.0}[model]
                rate = 190 * min(workers or 1, 150) * factor
                cells.append(cell(workload, model, workers=workers, rate=rate, wants="io", unit=unit))
    for workers in (1, 4, 16, 64, 256):
        cells.append(cell("file_io", "asyncio", workers=workers, status="unsupported", wants="io",
                          unit="round trip to a file", reason="asyncio has no asynchronous files"))  # fmt: skip
    return {"cells": cells, "spec": {"question": "Who wins when the work is waiting?"}}


def bad():
    """Every way to end: one cell invalid, failed, crashed, timed out, unsupported, and one that fails now and then."""
    trace = 'Traceback (most recent call last):\n  File "my.py", line 3, in parse\nValueError: bad | ```row```\n'
    return {
        "cells": [
            cell(model="serial", rate=1000),
            cell(model="threads", workers=2, rate=9000, status="invalid", reason="wrong sum"),
            cell(model="thread_pool", workers=2, status="failed", reason="ValueError: bad | ```row```",
                 record={"traceback": trace}),
            cell(model="processes", workers=2, status="crashed", reason="a worker died: SIGSEGV",
                 record={"output": "Fatal Python error: Segmentation fault\n"}),
            cell(model="process_pool", workers=2, status="timeout", reason="no answer after 60 s",
                 record={"stacks": "Thread 0x1 (most recent call first):\n  File \"my.py\", line 9 in wait\n"}),
            cell(model="simulated", workers=2, rate=1500, status=["ok", "ok", "crashed", "ok", "ok", "ok"],
                 reason="the child died"),
            cell(model="asyncio", workers=2, status="unsupported", reason="asyncio has no |RLock|"),
        ]
    }  # fmt: skip


def withheld():
    """The machine withheld CPUs in all blocks: no verdict on what wants CPU."""
    return {
        "cells": sweep(workers=(1, 2), rate=amdahl(0.0, 1.2)),
        "effective": [1.21, 1.1, 1.31, 1.25, 1.2, 1.18, 1.22],
        "machine": {"virtual": "kvm"},
    }


def partly_withheld():
    """The machine withheld CPUs in two of six blocks: the other four tell."""
    return {
        "cells": sweep(workers=(1, 2), rate=amdahl(0.0, 1.9)),
        "effective": [1.95, 1.9, 1.93, 1.92, 1.91, 1.2, 1.94],
    }


def waited():
    """Spinners found all CPUs, but the workers of one cell stood in the run queue."""
    cells = sweep(workers=(1, 2), rate=amdahl(0.0, 1.9))
    cells[-1]["facts"] = {"run_queue_wait_s": 0.21}
    return {"cells": cells}


def single():
    """One trial per cell: no interval anywhere."""
    return {"cells": sweep(workers=(1, 2), rate=amdahl()), "repetitions": 1, "iterations": 1}


def one_cell():
    """One cell and nothing to compare it with."""
    return {
        "cells": [cell("sleep", "threads", workers=4, rate=777, wants="io", unit="sleep")],
        "spec": {"baseline": {}},
    }


def tied():
    """Two models that cannot be told apart."""
    return {"cells": sweep(models=("serial", "threads"), workers=(2,), rate=lambda *_: 1000.0, noise=0.05)}


def parameters():
    """An axis beside model and workers: small multiples by a parameter, in words of the user's."""
    cells = []
    for size in ("4 KiB", "1 MiB"):
        for model in ("serial", "threads", "processes"):
            for workers in (None,) if model == "serial" else (1, 2, 4):
                useful = min(workers or 1, 1.9) if model == "processes" or size == "1 MiB" else 1
                rate = useful * (90_000 if size == "4 KiB" else 400)
                cells.append(cell("hash_blocks", model, workers=workers, rate=rate, unit="block",
                                  axes={"hash_blocks.size": size}))  # fmt: skip
    return {"cells": cells}


def watched(drift=0.0, unlike=1.0, **more):
    """Two workloads, one with a control; a sentinel that gets slower by `drift` per block; a control that is `unlike`."""
    cells = sweep(("cpu_sum", "sleep"), ("serial", "threads"), (2,), rate=lambda *_: 1000.0, noise=0.002)
    control = {**cells[0], "rate": 1000.0 * unlike}
    sentinel = cell("cpu_sum", rate=200.0, ops=4, noise=0.001, drift=-drift, axes={"sentinel": "yes"})
    return {"cells": cells, "beside": [("control", control), ("sentinel", sentinel)], "repetitions": 10, **more}


def courses():
    """Five trials of thirty iterations: steady, warming up, slowing down, at odds, and one whose end is no steady state."""

    def noisy(course):
        return lambda block, k: course(block, k) * math.exp(random.Random(f"{block} {k}").gauss(0, 0.01))

    shapes = {
        "threads": lambda block, k: 1.0,
        "processes": lambda block, k: 1.6 if k < 6 else 1.0,
        "thread_pool": lambda block, k: 1.0 if k < 12 else 1.4,
        "process_pool": lambda block, k: 1.0 if k < 12 and block < 2 else 1.4,
        "asyncio": lambda block, k: 1.0 if k < 26 else 1.5,
    }
    cells = [cell(model=model, workers=2, course=noisy(shape)) for model, shape in shapes.items()]
    return {"cells": cells, "repetitions": 5, "iterations": 30, "spec": {"baseline": {"model": "threads"}}}


def nothing():
    """A journal that ends before the first trial."""
    return {"cells": sweep(rate=amdahl()), "repetitions": 0, "effective": None}


def all_failed():
    """No cell has a number."""
    return {"cells": [cell(model="threads", workers=2, status="failed", reason="ImportError: no module named x")]}


def hostile():
    """Labels and texts that try to be Markdown, HTML, mathematics or a spreadsheet's formula."""
    label = "=evil|`*_<b>$\\frac$[x](y)"
    return {
        "cells": [
            cell(label, "serial", rate=100, plugins={"workload": "cpu_sum"}),
            cell(label, "@threads", workers=2, rate=150, plugins={"workload": "cpu_sum", "model": "threads"},
                 axes={"=an axis": "\n+1"}),
            cell(label, "-processes", workers=2, plugins={"workload": "cpu_sum", "model": "processes"},
                 status="failed", reason="</details> ``` | # not a heading", record={"output": "````\n</details>"}),
        ],
        "spec": {"question": "Is <script> | `x` *safe* $a$ & sound?"},
        "manifest": {"concexp": "<script>1</script>",
                     "command": "concexp run made_up.yaml\n```\n<script>2</script>"},
        "machine": {"processor": "<script>3</script> | **x**"},
    }  # fmt: skip


def observed():
    """Two guards whose waits were looked at in trials of their own, slower than the others; some of those ended badly."""
    waits = {"waits": 100, "waited_s": 0.6, "worked_s": 1.0, "wait_time": [[300, 90], [900, 10]], "worker_waits": []}
    less = {**waits, "waited_s": 0.25}
    shown = {"workload": "counter", "model": "threads", "workers": 2, "unit": "increment"}
    return {
        "cells": [
            cell(sync="none", rate=9000, **shown),
            cell(sync="lock", rate=5000, observed={"rate": 50, "facts": waits}, **shown),
            cell(sync="condition", rate=4000,
                 observed={"rate": 40, "facts": less, "status": ["ok", "ok", "timeout", "ok", "ok", "ok"],
                           "reason": "no answer after 60 s"}, **shown),
        ],
        "spec": {"baseline": {}, "metrics": ["throughput", "wait_share", "wait_p50_s", "wait_p99_s"]},
    }  # fmt: skip


def histogram(slow, count=1000):
    """The times of so many operations: most 1.7 ms, some 5 ms, and a share of `slow` that took 15 ms."""
    late = round(slow * count)
    some = count * 3 // 100
    return [[1000, count - late - some], [1100, some], [1200, late]]


def recorded(slow=0.05, greedy=0.8, open_loop=False, size="64KiB"):
    """Three models, workers and sizes with all that can be recorded: times, shares, memory.

    Of the asynchronous a share of `slow` operations takes 15 ms, of the others 0.5 %. Of two threads one does a share of
    `greedy`. Processes are twice as fast as threads at `size`, at the others as fast, and take four times the memory.
    """
    cells = []
    for model in ("threads", "processes", "asyncio"):
        for workers in (1, 2, 4):
            for number, one in enumerate(("1KiB", "64KiB", "1MiB")):
                times = histogram(slow if model == "asyncio" else 0.005)
                most = round(1000 * greedy) if model == "threads" else 1000 // workers
                ops = [most] + [(1000 - most) // max(1, workers - 1)] * (workers - 1)
                facts = {"service_time": times, "worker_ops": ops if workers > 1 else [1000],
                         "peak_rss_bytes": (4 if model == "processes" else 1) * 1e7 * workers}  # fmt: skip
                faster = 2 if (model, one) == ("processes", size) else 1
                cells.append(cell("echo", model, "lock", workers, rate=1e5 * faster * workers ** 0.5 / 30**number,
                                  unit="message", wants="io", axes={"echo.size": one},
                                  facts={**facts, "latency": times} if open_loop else facts))  # fmt: skip
    metrics = ["throughput", "fairness", "latency_p99_s" if open_loop else "service_time_p99_s", "peak_rss_bytes"]
    return {"cells": cells, "spec": {"baseline": {}, "metrics": metrics}}


def timeline(*workers, end, came=1_000, grain=0, more=0, lined=0):
    """A recorded timeline, ns: each worker's segments, all of which came at once; `end` is when all had answered."""
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
                "events": len(own),
                "segments": own,
            }
            for index, own in enumerate(workers)
        ],
    }


def timelines():
    """Timelines of cells that share a lock, that have unlike tasks, that share a thread, and that make their workers anew."""
    ms = 1_000_000
    lock = {"lock.acquire": 4 * ms}
    turns = (
        [[ms, 5 * ms, 4, 4 * ms, 4 * ms, {}]],
        [[ms, 5 * ms, 0, 0, 0, lock], [5 * ms, 9 * ms, 4, 4 * ms, 4 * ms, {}]],
    )
    unlike = [[ms, 21 * ms, 1, 20 * ms, 5 * ms, {}]], [[(1 + k) * ms, (2 + k) * ms, 1, ms, ms, {}] for k in range(5)]
    shared = {"unit": "increment", "workers": 2}
    return {
        "cells": [
            cell("counter", "threads", "lock", rate=5000, pictured=timeline(*turns, end=11 * ms, came=ms), **shared),
            cell("counter", "processes", "lock", rate=4000,
                 pictured=timeline(*turns, end=13 * ms, came=ms, lined=3 * ms), **shared),
            cell("uneven_tasks", "serial", rate=900, pictured=timeline([], end=9 * ms)),
            cell("uneven_tasks", "gevent", workers=2, rate=800, answer={"parallel": "one"},
                 pictured=timeline(*unlike, end=31 * ms, came=ms, grain=ms // 10)),
            cell("uneven_tasks", "processes", workers=40, rate=1600, startup="timed",
                 pictured=timeline(*20 * unlike[:1], end=24 * ms, more=8)),
            cell("uneven_tasks", "processes", workers=2, rate=1500, pictured=timeline(*unlike, end=21 * ms, came=ms)),
        ],
        "spec": {"report": {"plots": ["timeline"], "language": "en"}},
    }  # fmt: skip


ALL = (scaling, syncs, waiting, bad, withheld, partly_withheld, waited, watched, courses, single, one_cell, tied, parameters,
       nothing, all_failed, hostile, observed, timelines, recorded)  # fmt: skip
