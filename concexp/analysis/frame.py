"""A journal's records -> the tidy frame: one row per measured iteration, and one for each trial that has none.

Here is which columns there are and where their values come from; `iterations` makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis import blocking, demand, doubts, possible, speed, steadiness
from concexp.analysis.iterations import Iterations, Passes, broadcast_if_constant, repeat
from concexp.analysis.metrics import names_in
from concexp.analysis.trial_rows import TrialRows
from concexp.experiment.blocks import ONE_CPU
from concexp.experiment.statuses import MACHINE, MEASURED
from concexp.plan.gc_pause import gc_paused
from concexp.run.storage.journal import Record

RECORD = ("cell", "trial", "block", "position", "repetition", "status", "reason", "startup", "unit", "shape", "wants", "host",
          "started_at", "seed", "luck", "duration_s", "left_behind", "orphans")  # fmt: skip
# What a trial recorded about its interpreter, by column. `gil`, `jit`, `switch_interval` and `python` are other columns: axes,
# with what was asked for.
ANSWER = {"gil_start": "gil", "gil_end": "gil_end", "jit_on": "jit", "traced": "traced", "parallel": "parallel",
          "switch_interval_s": "switch_interval", "start_method": "start_method", "python_version": "python",
          "threads_at_fork": "threads_at_fork"}  # fmt: skip
# Numbers of each iteration that every frame has, in the order of results.parquet: those of the measured window, with the
# CPU times of the probe `rusage` among them. The numbers of the probes that are always on follow.
WINDOW = ("wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
          "all_active")  # fmt: skip
SINCE = "window_s"  # of each window as well, but older journals lack it
# Numbers that the trial itself records, not a probe: where it has a background, a schedule of chunks or a search, and the speed
# of the CPU, which older versions did not record.
BESIDE = (
    "background_ops",
    "background_s",
    "background_cpu_s",
    "largest_share",
    "offered_rate",
    "reference_before_s",
    "reference_after_s",
)
WORKERS = ("worker_ops", "worker_s")  # lists with a number per worker, also recorded by the trial itself
# The places that the columns of these probes have always had; those of others follow, by the probe's name.
PROBE_ORDER = ("rusage", "surroundings", "memory", "trial", "waits", "depth")
FAULT = ("detected_s", "undone")  # of a trial whose workload recorded a fault, even if it ended badly
FIRST = ("run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python")  # fmt: skip
# Columns whose type does not depend on what was recorded; that of the others follows from the values.
WHOLE = ("block", "position", "repetition", "iteration", "workers", "left_behind", "orphans", "leaked", "changed",
         "luck", "undone", "threads_at_fork")  # fmt: skip
FLAGS = ("gil_start", "gil_end", "jit_on", "traced", "stopped")
FLOATS = (
    "effective_cpus",
    "effective_cpus_most",
    "host_cpus_most",
    "timer_cost_s",
    "switch_interval_s",
    "duration_s",
    "detected_s",
)
NO_PASS: Passes = [{}]  # a trial without iterations has one row all the same


@gc_paused()
def tidy_frame(header: Mapping[str, Any], records: Sequence[Record]) -> pd.DataFrame:
    """The tidy frame of a journal; the trials of role `measured` come first."""
    pairs = sorted(with_spinners(records), key=lambda pair: pair[0].role != MEASURED)
    iterations = Iterations([record.passes or NO_PASS for record, _ in pairs])
    trials = with_dtypes(pd.DataFrame(_rows(header, pairs, _clocks_of_hosts(records))))
    columns = {name: repeat(values, iterations.trials) for name, values in trials.items()}
    columns |= _facts(iterations)
    rows = TrialRows(trials["trial"].factorize()[0][iterations.trials])
    columns |= _speed(columns, iterations)
    columns["steadiness"] = _steadiness(columns, rows)
    made_up = np.array([possible.is_made_up(record) for record, _ in pairs], dtype=bool)[iterations.trials]
    columns |= _demands({**columns, "made_up": made_up}, rows)
    columns["doubts"] = _doubts(columns, rows, iterations)
    columns |= _metrics(header["manifest"]["machine"], columns, iterations, made_up)
    return pd.DataFrame({name: columns[name] for name in dict.fromkeys([*FIRST, *columns])}, copy=False)


def _facts(iterations: Iterations) -> dict[str, Any]:
    """What was recorded of each iteration, by column name."""
    empty = np.array([passes is NO_PASS for passes in iterations.by_trial], dtype=bool)[iterations.trials]
    counts = iterations.counts()
    return {
        "iteration": pd.arrays.IntegerArray(iterations.positions, empty),
        **{name: iterations.numbers(name) for name in _number_names(iterations.names)},
        "wall_s": _positive(iterations.numbers("wall_s")),
        "handed_out": pd.arrays.BooleanArray(_hides_workers(iterations), empty.copy()),
        **{name: counts.numbers(name) for name in sorted(counts.names)},
    }


def _positive(seconds: np.ndarray) -> np.ndarray:
    """The times that are some: a clock that code under test stopped or put back shows none, and no rate follows from it."""
    return np.where(seconds > 0, seconds, np.nan) if (seconds <= 0).any() else seconds


def _speed(columns: Mapping[str, Any], iterations: Iterations) -> dict[str, np.ndarray]:
    """The speed of the CPU beside each iteration and beside its trial; no columns where it was not recorded."""
    if "reference_before_s" not in iterations.names or not iterations.recorded("reference_before_s").any():
        return {}
    seconds, change, fastest = speed.references(iterations)
    return {
        "reference_s": seconds,
        "reference_fastest_s": fastest,
        "speed_change": change,
        "cpu_speed": speed.relative_speeds({**columns, "reference_s": seconds}, iterations.trials),
    }


def _number_names(recorded: set[str]) -> list[str]:
    """The columns of numbers: those of each window and of the probes that are always on, and the others that were recorded."""
    by_owner = {name: catalog.load("probe", name).columns for name in catalog.names("probe")}
    by_owner["trial"] = dict.fromkeys(BESIDE, "number")
    places = {name: place for place, name in enumerate(PROBE_ORDER)}
    always, others = list(WINDOW), []
    for owner in sorted(by_owner, key=lambda owner: (places.get(owner, len(places)), owner)):
        numbers = [name for name, kind in by_owner[owner].items() if kind == "number"]
        if owner != "trial" and catalog.load("probe", owner).always_on({}):
            always += numbers
        else:
            others += [name for name in numbers if name in recorded]
    return list(dict.fromkeys([*always, SINCE, *others]))


def _hides_workers(iterations: Iterations) -> np.ndarray:
    """True where the model reports for the pool as a whole. Its dispatching threads then compete with the workers for CPUs."""
    hides: np.ndarray = iterations.has("worker_ops") & ~iterations.recorded("worker_ops")
    return hides


def _steadiness(columns: Mapping[str, Any], rows: TrialRows) -> Any:
    """The word of each row's trial; none in a row without operations."""
    frame = pd.DataFrame(columns, copy=False)
    words = steadiness.classify_trials(frame, rows)
    places = np.where(np.isnan(steadiness.seconds(frame)), len(words), rows.numbers)
    return repeat(pd.Series([*words, steadiness.NOT_ASSESSED], dtype="string"), places)


def _demands(columns: Mapping[str, Any], rows: TrialRows) -> dict[str, Any]:
    """What each row's work wants, measured; what its workload declares is the hint that stood in `wants` before."""
    found = demand.demands(pd.DataFrame(columns, copy=False), rows)
    return {name: repeat(values, rows.numbers) for name, values in found.items()}


def _doubts(columns: Mapping[str, Any], rows: TrialRows, iterations: Iterations) -> Any:
    """The doubts of each row's trial, comma-joined."""
    timed = iterations.recorded("service_time")
    facts = {**columns, "service_time": pd.arrays.BooleanArray(timed, ~timed)}
    frame = pd.DataFrame(facts, copy=False)
    if "lateness" in iterations.names:  # an open loop
        cells = TrialRows(frame.groupby(["cell", "role"], sort=False, dropna=False).ngroup().to_numpy())
        latencies, lateness = (cells.parts(iterations.objects(name)) for name in ("latency", "lateness"))
        late = [doubts.late_load(told.tolist(), own.tolist()) for told, own in zip(latencies, lateness, strict=True)]
        frame = frame.assign(late_load=np.array(late)[cells.numbers])
    return repeat(doubts.find_doubts(frame, rows), rows.numbers)


def _metrics(
    machine: Mapping[str, Any], columns: Mapping[str, Any], iterations: Iterations, made_up: np.ndarray
) -> dict[str, Any]:
    """The metrics of each row, by name; those that are shown only where recorded are left out if they have no number."""
    frame = pd.DataFrame(columns, copy=False)
    metrics = {name: catalog.load("metric", name)() for name in names_in(columns)}
    metrics = {name: metric for name, metric in metrics.items() if metric.level == "iteration"}
    numbers: dict[str, list[np.ndarray]] = {name: [np.empty(0)] for name in metrics}
    withheld: dict[str, np.ndarray] = {}
    limits = {name: machine.get(name) for name in ("quota_cpus", "affinity_cpus")}
    for rows, portion in iterations.portions():
        seen = frame.iloc[rows].assign(made_up=made_up[rows], **limits, **_lists(portion, iterations.names))
        for name, metric in metrics.items():
            values, beyond = possible.possible(metric, seen)
            numbers[name].append(broadcast_if_constant(values))
            if beyond.any():
                withheld.setdefault(name, np.zeros(len(frame), dtype=bool))[rows] = beyond
    found = {}
    for name, metric in metrics.items():
        whole = np.concatenate(numbers.pop(name))
        if metric.shown == "always" or name in withheld or not np.isnan(whole).all():
            found[name] = whole
    return possible.with_column(found, withheld)


def _lists(portion: Iterations, recorded: set[str]) -> dict[str, Any]:
    """The columns that only metrics see, since they stay in the journal: lists and histograms."""
    probes = [catalog.load("probe", name) for name in catalog.names("probe")]
    kinds = dict.fromkeys(WORKERS, "numbers") | {name: kind for probe in probes for name, kind in probe.columns.items()}
    lists: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name in recorded and kind == "numbers":
            lists[name] = portion.worker_lists(name)
        elif name in recorded and kind in ("histogram", "list"):
            lists[name] = portion.objects(name)
    return lists


def _clocks_of_hosts(records: Iterable[Record]) -> dict[str, Mapping[str, Any]]:
    """By host of a cluster: what its clocks cost, by interpreter."""
    joined = [(record["host"], record["joined"]) for record in records if record.get("joined") and "host" in record]
    return {host: one["clocks"] for host, one in joined if one.get("clocks")}


def _rows(
    header: Mapping[str, Any],
    trials: Iterable[tuple[Record, tuple[Record, ...]]],
    clocks_of_hosts: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[Any]]:
    """The facts that are the same in all iterations of a trial: by column, a value per trial."""
    own = header["manifest"].get("clocks", {})
    rows = [
        _row(header, record, spinners, clocks_of_hosts.get(record.get("host", ""), own)) for record, spinners in trials
    ]
    names = dict.fromkeys(
        [
            *FIRST,
            *RECORD,
            *ANSWER,
            "leaked",
            "changed",
            "stopped",
            "effective_cpus",
            "effective_cpus_most",
            "host_cpus_most",
            "cpus",
            "timer_cost_s",
            *(name for row in rows for name in row),
        ]
    )
    return {name: [row.get(name) for row in rows] for name in names}


def _row(
    header: Mapping[str, Any], record: Record, spinners: tuple[Record, ...], clocks_by_python: Mapping[str, Any]
) -> dict[str, Any]:
    """These facts of one trial; `spinners` are the measurements before and after it."""
    answer = record.get("answer") or {}
    row: dict[str, Any] = {"run": header["run"], "role": record.role, **record["axes"]}
    row["python"] = row.get("python") or "current"
    row["gil"] = row.get("gil") or {True: "on", False: "off"}.get(answer.get("gil"))  # type: ignore[arg-type]
    for kind, parameters in record["parameters"].items():
        row.update({f"{kind}.{name}": value for name, value in parameters.items()})
    row.update({f"load.{name}": value for name, value in record["load"].items()})
    row.update({name: record.get(name) for name in RECORD})
    row["leaked"] = sum(one["sure"] for one in record.get("leaked") or ())
    row["stopped"] = bool(record.get("stopped"))
    row["changed"] = len(answer.get("changed") or ())
    row.update({column: answer.get(name) for column, name in ANSWER.items()})
    row.update({name: record[name] for name in (*FAULT, demand.FIXED) if name in record})
    if loop := answer.get("loop"):
        row[blocking.COLUMN] = blocking.share(loop)
    clocks = clocks_by_python.get(row["python"], {})
    cpus = header["manifest"]["machine"]["cpus"]
    effective = [value for one in spinners if (value := possible.effective_cpus(one, cpus)) is not None]
    host = [value for one in spinners if (value := possible.host_cpus(one, cpus)) is not None]
    return {
        **row,
        "effective_cpus": min(effective, default=None),
        "effective_cpus_most": max(effective, default=None),
        "host_cpus_most": max(host, default=None),
        "cpus": 1 if (record.get("runtime") or {}).get("pin") == ONE_CPU else cpus,  # those that its workers may use
        "timer_cost_s": clocks.get("timer_cost_s"),
    }


def with_spinners(records: Sequence[Record]) -> list[tuple[Record, tuple[Record, ...]]]:
    """The trials' records, each with the spinner measurements before and after it on its host: up to two."""
    # Older runs measured on one machine, and their measurements do not name it.
    named = all("host" in record for record in records if record.role == MACHINE)
    hosts = [record.get("host") if named else None for record in records]
    after: list[Record | None] = []
    latest: dict[Any, Record] = {}
    for record, host in zip(reversed(records), reversed(hosts), strict=True):
        if record.role == MACHINE:
            latest[host] = record
        else:
            after.append(latest.get(host))
    after.reverse()
    pairs: list[tuple[Record, tuple[Record, ...]]] = []
    latest = {}
    for record, host in zip(records, hosts, strict=True):
        if record.role == MACHINE:
            latest[host] = record
        else:
            both = tuple(one for one in (latest.get(host), after[len(pairs)]) if one is not None)
            pairs.append((record, both))
    return pairs


def with_dtypes(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with one nullable type per column; a column that mixes numbers and words becomes text."""
    return pd.DataFrame({name: _column(name, list(frame[name])) for name in frame.columns})


def _column(name: str, values: list[Any]) -> Any:
    present = [None if value is None or value != value else value for value in values]
    kinds = {type(value) for value in present if value is not None}
    if name in WHOLE or (kinds == {int} and all(v is None or abs(v) < 2**63 for v in present)):
        return pd.array(present, dtype="Int64")
    if name in FLAGS or kinds == {bool}:
        return pd.array(present, dtype="boolean")
    if name in FLOATS or (kinds and kinds <= {int, float}):
        return np.array(present, dtype=float)
    return pd.array([None if value is None else str(value) for value in present], dtype="string")
