"""Small experiments drawn at random, with whatever a page may meet: a number draws the same arguments of `journal_builder.write`.

Each is made up, so that hundreds take no more than their pages: no trial runs.
"""

import random

from tests.helpers.journal_builder import cell, histogram, timeline

MODELS = ("serial", "threads", "processes", "asyncio", "thread_pool", "process_pool", "simulated")
SYNCS = ("none", "lock", "rlock", "semaphore", "queue", "condition")
NASTY = (
    "線程 𠮷",
    "$\\frac{",
    "|`*_<b>[x](y)",
    "a\x1b[31m\x00b",
    "\u202egnp",
    "   ",
    "\u200b",
    "\n+1",
    "=1+1",
    "x" * 400,
    "é\u0301",
    "–5",
)
# Axes beside model, primitive and workers, with labels such as users write.
AXES = {
    "sleep.delay": ["1ms", "2ms", "3ms"],
    "load.ops": [10, 100, 1000],
    "load.rate": ["100/s", "200/s", "400/s"],
    "load.duration": ["100ms", "1s"],
    "background.workers": [0, 1, 2],
    "measure.iterations": [2, 20, 200],
    "echo.size": ["64B", "4KiB", "1MiB"],
    "counter.form": ["call", "inline"],
    "python": ["3.13", "3.13t"],
    "switch_interval": ["5ms", "500us"],
    "gil": [True, False],
    "share": [0.0, 0.25, 1.0],
    "signed": [-3, 0, 3],
    "threads.order": ["fork", "spawn"],
    "mixed": ["1ms", "none", 3],
    "fifty": list(range(1, 51)),
    "fifty_delays": [f"{10 * k}us" for k in range(1, 51)],
}
PRIMARY = ("throughput", "throughput", "throughput", "wall_s", "cpus_used", "speedup", "efficiency", "latency_p99_s",
           "service_time_p99_s", "lost_updates", "fairness", "wait_share", "peak_rss_bytes", "sustainable_rate")  # fmt: skip
METRICS = ("throughput", "speedup", "efficiency", "cpus_used", "fairness", "wait_share", "latency_p99_s", "service_time_p99_s",
           "peak_rss_bytes", "imbalance", "lost_updates", "run_queue_wait_s", "startup_s", "context_switches")  # fmt: skip
BAD = ("invalid", "failed", "crashed", "timeout")
MOST_CELLS = 70
# What an iteration may hold beside the usual facts, and what it may lack.
UNKNOWN = ("cpu_s", "run_queue_wait_s", "worker_ops", "startup_s", "all_active", "steal_s")
EXTREME = (
    {"wall_s": 1e-300},
    {"wall_s": 1e300},
    {"ops": 0},
    {"ops": 2**62, "wall_s": 1e-290},
    {"cpu_s": 1e9},
    {"cpu_s": 0.0},
    {"run_queue_wait_s": 1e6, "steal_s": 1e6},
    {"service_time": [[0, 1]]},
    {"peak_rss_bytes": 0},
    {"wall_s": 0.0},
    {"cpu_s": 1e200, "run_queue_wait_s": 1e200},
    {"ops": 2**62, "worker_s": [1e200, 1e200]},
)


def design(number):
    """The arguments of `journal_builder.write` for this number."""
    rng = random.Random(number)
    names = _names(rng)
    axes = dict(rng.sample(sorted(AXES.items()), rng.choice((0, 1, 1, 1, 2, 2))))
    if "load.ops" in axes:
        axes = {key: labels for key, labels in axes.items() if key not in ("load.rate", "load.duration")}
    points = [{}]
    for key, labels in axes.items():
        points = [{**point, key: label} for point in points for label in labels]
    workers = rng.choice(((2,), (1, 2), (1, 2), (1, 2, 4), (1, 2, 4, 8, 16), tuple(range(1, 51)), (None,)))
    cells = []
    for workload in names["workload"]:
        for model in names["model"]:
            plugin = names["model"][model]
            for sync in names["sync"]:
                for count in (None,) if plugin == "serial" else workers:
                    for point in points:
                        cells.append((workload, model, sync, count, point))
    if len(cells) > MOST_CELLS:
        kept = set(rng.sample(range(len(cells)), MOST_CELLS))
        cells = [one for place, one in enumerate(cells) if place in kept]
    repetitions = rng.choice((0, 1, 2, 3, 6, 6, 22))
    kinds = {kind: dict(labels) for kind, labels in names.items()}
    shown = _shown(rng)
    made = [_cell(rng, kinds, shown, repetitions, *one) for one in cells]
    primary = rng.choice(PRIMARY)
    baseline = rng.choice(({}, {"model": next(iter(kinds["model"]))}, {"workers": 1}))
    spec = {"primary": primary, "baseline": baseline, "question": rng.choice(("Which?", *NASTY))}
    if rng.random() < 0.3:
        spec["metrics"] = sorted({primary, *rng.sample(METRICS, 3)})
    beside = []
    if rng.random() < 0.5 and repetitions:
        beside = [("control", {**made[0], "status": "ok"}), ("sentinel", cell("cpu_sum", rate=200.0, ops=4))]
    return {
        "cells": made,
        "spec": spec,
        "beside": beside,
        "repetitions": repetitions,
        "iterations": rng.choice((1, 2, 2, 5, 25)) if repetitions < 22 else 2,
        "effective": rng.choice((None, 1.9, 1.1, 25.0, [rng.choice((None, 1.2, 1.9)) for _ in range(repetitions + 1)])),
    }


def _names(rng):
    """The plug-ins of each kind, by the label that stands for them: some labels are nasty."""
    kinds = {}
    for kind, names, most in (
        ("workload", ("cpu_sum", "sleep", "counter"), 2),
        ("model", MODELS, 4),
        ("sync", SYNCS, 3),
    ):
        chosen = rng.sample(names, rng.randint(1, most))
        if kind == "model" and rng.random() < 0.5:
            chosen = ["serial", *(one for one in chosen if one != "serial")]
        if kind == "sync" and rng.random() < 0.5:
            chosen = ["none"]
        kinds[kind] = {f"{one}{rng.choice(NASTY)}" if rng.random() < 0.1 else one: one for one in chosen}
        if rng.random() < 0.1:
            kinds[kind][rng.choice(NASTY)] = kinds[kind].pop(chosen[0], names[0])
    return kinds


def _shown(rng):
    """What all cells of a design record beside the usual."""
    facts = {}
    if rng.random() < 0.3:
        facts["service_time"] = histogram(0.05)
    if rng.random() < 0.3:
        facts["latency"] = rng.choice((histogram(0.05), [[1000, 20]], [[0, 1000]]))
    if rng.random() < 0.2:
        facts["peak_rss_bytes"] = 3e7
    facts |= {name: None for name in UNKNOWN if rng.random() < 0.05}
    counts = rng.choice(({}, {}, {"lost_updates": 0}, {"lost_updates": 3}, {"returned": 1e300}, {"returned": -0.5}))
    observed = {"facts": {"waits": 9, "waited_s": 0.6, "worked_s": 1.0, "wait_time": [[300, 90]], "worker_waits": []}}
    return {
        "facts": facts,
        "counts": counts,
        "observed": observed if rng.random() < 0.15 else {},
        "wants": rng.choice(("cpu", "io")),
        "unit": rng.choice(("sum", "round trip to a file", "sleep")),
        "shape": rng.choice(("tasks", "workers")),
        "startup": rng.choice(("once", "each", "timed")),
        "uneven": rng.random() < 0.3,
        "ills": rng.choice((0.0, 0.0, 0.1, 0.5, 1.0)),
        "extremes": rng.choice((0.0, 0.0, 0.1, 1.0)),
        "pictured": rng.random() < 0.1,
    }


def _cell(rng, kinds, shown, repetitions, workload, model, sync, workers, point):
    """One cell of a design."""
    plugins = {"workload": kinds["workload"][workload], "model": kinds["model"][model], "sync": kinds["sync"][sync]}
    status = "ok"
    if rng.random() < shown["ills"]:
        status = rng.choice((*BAD, "unsupported", [rng.choice(("ok", "ok", *BAD)) for _ in range(repetitions)]))
    facts = dict(shown["facts"])
    if rng.random() < shown["extremes"]:
        facts |= rng.choice(EXTREME)
    count = workers or 1
    if shown["uneven"]:
        facts.setdefault("worker_ops", [900] + [10] * (count - 1))
    pictured = timeline(
        *[[[1000, 9000, 1, 8000, rng.choice((0, 4000, 9000)), {"lock.acquire": 500}]]] * min(count, 3), end=9000
    )
    load = {"duration": 0.5}
    if "load.rate" in point:
        load = {"rate": float(point["load.rate"].removesuffix("/s")), "duration": 1.0}
    elif "load.ops" in point:
        load = {"ops": point["load.ops"], "scaling": rng.choice(("strong", "weak"))}
    return cell(workload, model, sync, workers, rate=10 ** rng.uniform(0, 6), noise=rng.choice((0.0, 0.01, 0.2, 3.0)),
                axes=point, plugins=plugins, status=status, reason="" if status == "ok" else rng.choice(("no", *NASTY)), load=load,
                facts=facts, counts=shown["counts"], observed=shown["observed"], wants=shown["wants"], unit=shown["unit"],
                shape=shown["shape"], startup=shown["startup"],
                pictured=pictured if shown["pictured"] and status == "ok" else {})  # fmt: skip
