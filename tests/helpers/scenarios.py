"""The made-up runs that a page must be able to describe: each function returns the arguments of `journal_builder.write`."""

import math
import random

from tests.helpers.journal_builder import amdahl, cell, histogram, sweep, timeline


def scaling():
    """One workload, six models, 1 to 4 workers: processes scale up to the CPUs, threads do not."""
    models = ("serial", "threads", "thread_pool", "processes", "process_pool", "asyncio")
    return {"cells": sweep(models=models, workers=(1, 2, 4), rate=amdahl(0.03, 1.88, 1.3e6))}


def syncs():
    """Two workloads, three models, five primitives: without a primitive, threads and processes lose updates."""
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


def readers():
    """Readers and writers of a record: without a primitive some reads are torn."""
    cells = [
        cell("readers_writers", model, sync, 2, rate=3e3, unit="access", status="ok" if sync == "lock" else "invalid",
             counts={"torn_reads": 0 if sync == "lock" else torn, "reads": 900, "lost_writes": 0},
             reason="" if sync == "lock" else f"{torn} of 900 reads saw a record that was half written")
        for model, torn in {"threads": 41, "processes": 113}.items()
        for sync in ("none", "lock")
    ]  # fmt: skip
    return {"cells": cells, "spec": {"question": "Which reads are torn?", "baseline": {}}}


def habits():
    """User code that names its outcomes: two functions come to forbidden ones with `safe False`, and never with `safe True`."""
    graded = {
        "make": {"made_once": "acceptable", "made_again": "forbidden"},
        "look": {"popped": "acceptable", "late": "interesting", "popped_from_empty": "forbidden"},
    }
    came = {"make": {False: (317, 4683), True: (5000, 0)}, "look": {False: (997, 0, 3), True: (999, 1, 0)}}
    cells = []
    for name, outcomes in graded.items():
        for safe, numbers in came[name].items():
            named = {f"outcomes.{outcome}": number for outcome, number in zip(outcomes, numbers, strict=True)}
            bad = any(n for n, grade in zip(numbers, outcomes.values(), strict=True) if grade == "forbidden")
            cells.append(
                cell(name, axes={"workload.safe": safe}, plugins={"workload": "cpu_sum"}, unit="call",
                     counts={"outcomes": sum(numbers), **named}, status="invalid" if bad else "ok",
                     reason="forbidden outcomes" if bad else "")
            )  # fmt: skip
    form = {"form": "function", "returns": "any", "target": "my.py:f", "check": "", "version": ""}
    entries = {name: {**form, "outcomes": outcomes} for name, outcomes in graded.items()}
    return {"cells": cells, "spec": {"question": "Which habits are unsafe?", "baseline": {}},
            "manifest": {"preflight": {"entries": entries}}}  # fmt: skip


def waiting():
    """I/O with up to 256 workers: rates that differ by a factor of 150, and a workload that asyncio does not support."""
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
    """One cell for each way to end (invalid, failed, crashed, timeout, unsupported), and one where one trial of six crashed."""
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
    """The machine withheld CPUs in all blocks, so that CPU-bound cells get no verdict."""
    return {
        "cells": sweep(workers=(1, 2), rate=amdahl(0.0, 1.2)),
        "effective": [1.21, 1.1, 1.31, 1.25, 1.2, 1.18, 1.22],
        "machine": {"virtual": "kvm"},
    }


def partly_withheld():
    """The machine withheld CPUs in two of six blocks, so that the other four decide."""
    return {
        "cells": sweep(workers=(1, 2), rate=amdahl(0.0, 1.9)),
        "effective": [1.95, 1.9, 1.93, 1.2, 1.21, 1.19, 1.94],
    }


def waited():
    """The spinners got all CPUs, but the workers of one cell waited in the run queue."""
    cells = sweep(workers=(1, 2), rate=amdahl(0.0, 1.9))
    cells[-1]["facts"] = {"run_queue_wait_s": 0.21}
    return {"cells": cells}


def single():
    """One trial per cell, hence no interval anywhere."""
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
    """A parameter as an axis beside model and workers, with labels such as a user writes (4 KiB): small multiples."""
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
    """Two workloads, a control that is `unlike` times as fast as its cell, a sentinel that gets slower by `drift` per block."""
    cells = sweep(("cpu_sum", "sleep"), ("serial", "threads"), (2,), rate=lambda *_: 1000.0, noise=0.002)
    control = {**cells[0], "rate": 1000.0 * unlike}
    sentinel = cell("cpu_sum", rate=200.0, ops=4, noise=0.001, drift=-drift, axes={"sentinel": "yes"})
    return {"cells": cells, "beside": [("control", control), ("sentinel", sentinel)], "repetitions": 10, **more}


def drifting():
    """A sentinel that gets slower by 3 % per block."""
    return watched(drift=0.03)


def disturbed(beside_two=150.0):
    """A round trip beside up to sixteen threads that compute: one of them makes most of the difference."""
    rates = {0: 10_000.0, 1: 200.0, 2: beside_two, 4: 140.0, 16: 100.0}
    cells = [
        cell("echo", "threads", workers=1, rate=rate, noise=0.01, unit="round trip", axes={"background.workers": n})
        for n, rate in rates.items()
    ]
    return {"cells": cells, "spec": {"baseline": {}}}


def chunks():
    """A pool with four sizes of chunks and two numbers of workers, beside a control: from 16 on, more brings nothing."""
    rates = {1: 1_000, 16: 10_000, 64: 10_200, 256: 10_100}
    cells = [
        cell(
            "noop",
            "process_pool",
            workers=workers,
            rate=rate * workers,
            axes={"process_pool.chunk": chunk},
            noise=0.004,
        )
        for workers in (1, 2)
        for chunk, rate in rates.items()
    ]
    return {"cells": cells, "beside": [("control", {**cells[0], "rate": 1030.0})], "spec": {"baseline": {}}}


def courses():
    """Five models with thirty iterations each: steady, warming up, slowing down, inconsistent, and never steady."""

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
    """All trials failed, so that no cell has a number."""
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


def long_names():
    """Functions in folders, primitives and two parameters with long names, and a baseline that takes many words."""
    cells = []
    for function in ("parse_the_whole_document", "render_all_of_the_pages"):
        for interval in ("0.1ms", "5ms"):
            for model, speed in (("threads", 1), ("processes", 1.9)):
                for sync in ("a_ticket_lock", "readers_writer_lock"):
                    for workers in (1, 2):
                        rate = 300 * (speed if workers == 2 else 1) * (40 if function.startswith("parse") else 1)
                        cells.append(cell(f"code/documents.py:{function}", model, sync, workers, rate=rate,
                                          plugins={"workload": "call", "sync": "lock"},
                                          axes={"background.switch_interval": interval}))  # fmt: skip
    return {"cells": cells, "spec": {"baseline": {"workers": 1, "background.switch_interval": "5ms"}}}


def observed():
    """Two primitives whose waits were recorded in observed trials, which are far slower; one of those timed out."""
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


def recorded(slow=0.05, greedy=0.8, open_loop=False, size="64KiB"):
    """Three models, three numbers of workers and three sizes, with histograms of times, operations per worker and memory.

    With asyncio the share `slow` of the operations takes 15 ms, with the other models 0.5 %. One thread does the share
    `greedy` of the work. At `size` processes are twice as fast as threads, at the other sizes equally fast; they take four
    times the memory. With `open_loop` the times are latencies as well.
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


def trades():
    """Processes that are twice as fast as threads, for four times the memory."""
    made = recorded()
    cells = [one for one in made["cells"] if one["axes"]["echo.size"] == "64KiB" and one["axes"]["model"] != "asyncio"]
    return {"cells": cells, "spec": {"baseline": {}, "metrics": ["throughput", "peak_rss_bytes"]}}


def timelines():
    """Timelines of workers that share a lock, have unequal tasks, share one thread, or are made anew in each iteration."""
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


def fifty():
    """An axis of fifty numbers, for two models and two numbers of workers."""
    cells = []
    for delay in range(1, 51):
        for model, workers in (("serial", None), ("threads", 1), ("threads", 2)):
            cells.append(cell("sleep", model, workers=workers, rate=1e4 * (workers or 1) / delay, wants="io", unit="sleep",
                              axes={"sleep.delay": f"{delay}ms"}))  # fmt: skip
    return {"cells": cells, "repetitions": 3, "spec": {"question": "How long may a sleep be?"}}


# A page must render each of these.
ALL = (scaling, syncs, waiting, bad, withheld, partly_withheld, waited, watched, drifting, courses, single, one_cell, tied,
       parameters, nothing, all_failed, hostile, observed, timelines, recorded, trades,
       fifty, disturbed, long_names)  # fmt: skip
