"""Reasons to distrust a trial's timing, judged from recorded facts: a code per reason, with its limit as a constant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from concexp.analysis import cpu_shortage, steadiness
from concexp.analysis.blocking import is_blocked
from concexp.analysis.demand import executions, work_axes, workers_of
from concexp.analysis.stats import histogram
from concexp.analysis.stats.change_points import UNSTEADY, classify_cell
from concexp.analysis.stats.histogram import Histogram
from concexp.analysis.trial_rows import TrialRows

# Share of the workers' time in the run queue although there were enough CPUs for all of them.
WAIT_SHARE = 0.1
# Wait in the run queue beyond what the cell's other trials have, as a share of the time of the CPUs that it could use …
QUEUE_SHARE = 0.1
# … and as a multiple of how much that differs between them anyway (of their median absolute deviation, as a standard one).
USUAL_SPREAD = 4 * 1.4826
# Trials of a cell from which on one of them can be judged by the others.
FEWEST_PEERS = 5
# The same for the time in which the CPUs that a cell could use neither ran its workers nor were waited for by them.
STOPPED_SHARE = 0.08
# How much slower the CPU may be beside a trial than beside most others, and how much it may change between the ends of a window.
SLOW_CPU = 1.1
# CPU time that the host of a virtual machine took away, as a share of the CPU time that the cell could use.
STEAL_SHARE = 0.1
# Time in which a used-up quota kept the workers off the CPUs, as a share of the window: one stop of 10 ms in a second.
THROTTLED_SHARE = 0.01
# Involuntary switches per worker and second although each has a CPU. One costs up to 20 us, with what the caches lose, so
# that 500 take a hundredth of the time.
INTERRUPTIONS = 500
# Pages read back from disk in a window. One takes about 0.1 ms on a good disk: 10 are a tenth of the shortest window.
PAGES = 10
# Last start after first start, as a share of the window; where the window begins only when all are at work, of the given
# time: a later start than that is not waited for (see `trial/window.py`).
SKEW_SHARE, SKEW_LIMIT = 0.1, 0.5
# One operation of a worker as a share of the given time. A window cuts through operations as if each went on evenly, which one
# that waits for others does not: eight threads under the GIL come out 1 % wrong where an operation takes an eighth of the
# time (simulated). Older journals have no such window: they lost up to one operation of each worker but the first finisher.
COARSE_SHARE, COARSE_LOSS = 0.125, 0.01
# Share of the window in which all workers must have been at work, where the workload is about workers that meet.
ACTIVE_SHARE = 0.5
# Share that one reading of the clock may have in what is timed: an operation where each is timed, else a batch of 1 ms.
TIMER_SHARE = 0.05
BATCH = 0.001
# Switch intervals that a window needs where threads take turns with the GIL: below one, they simply run one by one.
SWITCHES = 50
# CPython's own switch interval, seconds, for an interpreter that does not report it.
SWITCH_INTERVAL = 0.005
# Seconds below which clock, wake-ups and the start gate (about 0.1 ms) are more than a hundredth of any window.
SHORTEST = 0.01
# CPU seconds per worker and second of the window that workers alone cannot have used: the pool's own threads helped.
HELPED = 1.1
# Share of the machine's CPUs from which on more CPUs might have made a cell faster: workers behind one lock use about one.
BUSY_SHARE = 0.75
# Share of a core that a workload's server may use before its speed is what is measured.
SERVER_SHARE = 0.7
# Rounds of busy work in an operation, compared with the median of the trials of the same work.
WORK_SHARE = 0.01
# Share of a percentile of the latency that the load generator's lateness may have in it, and seconds that do not matter.
LATE_SHARE = 0.05
LATE = 0.0001
# The percentiles of the latency that `late_load` checks, each only if enough operations lie beyond it.
SHARES = (0.5, 0.9, 0.99)
# Facts that are judged by their mean over a trial's iterations.
MEANS = ("wall_s", "cpu_s", "server_cpu_s", "run_queue_wait_s", "start_skew_s", "all_active", "window_s", "throttled_s", "steal_s",
         "voluntary_switches", "involuntary_switches")  # fmt: skip


def find_doubts(frame: pd.DataFrame, rows: TrialRows) -> pd.Series:
    """The doubts of each trial, comma-joined, by its number in `rows`. Needs the columns of the tidy frame."""
    by_trial = frame.groupby(rows.numbers)
    trials = doubts_by_trial(frame, rows).reset_index(drop=True)
    duration = given_time(trials)
    # In a given time `wall_s` may be longer, by the operations that were still under way.
    whole = trials["window_s"].isna()
    shortest = by_trial["wall_s"].min().where(whole, duration)
    too_late = (SKEW_SHARE * trials["wall_s"]).where(whole, SKEW_LIMIT * duration)
    # Not the sum: a fault of the trial's own may be one of the machine's swap-ins.
    read_back = by_trial[["swapped_in", "major_faults"]].max().max(axis=1)
    wall, workers = trials["wall_s"], workers_of(trials)
    cpu_bound = _holds(trials["wants"] == "cpu")
    with_gil = trials["gil_start"].fillna(True)
    taking_turns = _holds(trials["parallel"] == "threads") & cpu_bound & (workers > 1) & _holds(with_gil)
    together = (workers > 1) & ~_holds(trials["parallel"] == "one")
    turns = SWITCHES * trials["switch_interval_s"].astype(float).fillna(SWITCH_INTERVAL)
    # Seconds between two readings of the clock: an operation where each is timed, else a batch.
    per_operation = by_trial["wall_s"].sum() * executions(trials) / by_trial["ops"].sum()
    timed_at_once = per_operation.where(trials["service_time"].notna(), BATCH)
    doubts = np.full(len(trials), "", dtype=object)
    for code, holds in {
        "machine": lacked_cpus(trials)
        | fell_short(trials)
        | (waited_for_cpus(trials) > WAIT_SHARE)
        | (stolen(trials) > STEAL_SHARE),
        "slow_cpu": slow_cpu(frame, rows, trials),
        "speed_changed": speed_changed(frame, rows, trials),
        "queue": excess_wait(trials) > QUEUE_SHARE,
        "stopped": trials["stopped"] | (by_trial["continued"].max() > 0) | (excess_idleness(trials) > STOPPED_SHARE),
        "throttled": trials["throttled_s"] > THROTTLED_SHARE * wall,
        "preempted": interruptions(trials) > INTERRUPTIONS,
        "paged": read_back > PAGES,
        "skew": together & (trials["start_skew_s"] > too_late),
        "apart": together & _holds(trials["shape"] == "workers") & (trials["all_active"] < ACTIVE_SHARE),
        "too_short": _in_half_of_cell(trials, shortest < turns.where(taking_turns, SHORTEST)),
        "coarse": _in_half_of_cell(trials, coarse(trials, by_trial["wall_s"].sum() / by_trial["ops"].sum(), duration)),
        "calibration": other_work(trials),
        "timer": _in_half_of_cell(trials, trials["timer_cost_s"].astype(float) > TIMER_SHARE * timed_at_once),
        "server_bound": trials["server_cpu_s"] > SERVER_SHARE * wall,
        "late_load": trials["wall_s"].notna() & trials["late_load"]
        if "late_load" in trials
        else pd.Series(False, trials.index),
        "gil_changed": trials["gil_start"].notna()
        & trials["gil_end"].notna()
        & (trials["gil_start"] != trials["gil_end"]),
        "traced": trials["traced"],
        "changed": trials["changed"] > 0,
        "leftover": trials[["left_behind", "leaked"]].max(axis=1) > 0,
        "unsteady": unsteady(trials),
    }.items():
        hit = _holds(holds)
        doubts[hit] = np.where(doubts[hit] == "", code, doubts[hit] + f",{code}")
    return pd.Series(doubts, dtype="string")


def doubts_by_trial(frame: pd.DataFrame, rows: TrialRows) -> pd.DataFrame:
    """A row per trial, by its id: its first row, with the means of its facts. The functions below take such rows."""
    first = frame.take(rows.firsts).set_index("trial", drop=False).rename_axis(None)
    means = frame.groupby(rows.numbers)[[*MEANS, "ops"]].mean().rename(columns={"ops": "ops_done"})
    return first.assign(**means.set_axis(first.index))


def lacked_cpus(trials: pd.DataFrame) -> pd.Series:
    """True for a CPU-bound trial if spinners beside it got fewer CPUs than it could use; see `cpu_shortage`."""
    return _holds(trials["wants"] == "cpu") & _holds(cpu_shortage.spinners_lacked(trials, wanted_cpus(trials)))


def fell_short(trials: pd.DataFrame) -> pd.Series:
    """True for a CPU-bound trial that waited for CPUs which it could have used; see `cpu_shortage`."""
    return _holds(trials["wants"] == "cpu") & _holds(cpu_shortage.fell_short(trials, wanted_cpus(trials)))


def slow_cpu(frame: pd.DataFrame, rows: TrialRows, trials: pd.DataFrame) -> pd.Series:
    """True for a CPU-bound trial beside which even the fastest reading of the reference loop was slower than usual in its cell.

    Of its cell, since the loop's time also depends on the thread that runs it, by up to a tenth. Judged by the loop alone: to
    drop trials for their own time would make the others look faster than they are.
    """
    if "reference_fastest_s" not in frame:
        return pd.Series(False, index=trials.index)
    logs = np.log(frame["reference_fastest_s"].astype(float))
    seconds = np.exp(logs.groupby(rows.numbers).mean()).set_axis(trials.index)
    usual = seconds.groupby(_cells(trials)).transform("median")
    return _holds(trials["wants"] == "cpu") & _holds(seconds > SLOW_CPU * usual)


def excess_cpu_time(trials: pd.DataFrame) -> pd.Series:
    """How much more CPU time an operation took than in the median trial of its cell, as a share; NaN if not CPU-bound.

    This is no doubt by itself, since it is what is measured. Without a wait for a CPU it is the sign of a slow one.
    """
    per_op = trials["cpu_s"] / trials["ops_done"].where(trials["ops_done"] > 0)
    enough = per_op.groupby(_cells(trials)).transform("count") >= FEWEST_PEERS
    excess = per_op / per_op.groupby(_cells(trials)).transform("median") - 1
    return excess.where(enough & _holds(trials["wants"] == "cpu"))


def speed_changed(frame: pd.DataFrame, rows: TrialRows, trials: pd.DataFrame) -> pd.Series:
    """True for a CPU-bound trial if the reference loop took another time after one of its windows than before it.

    What share of the window was slow cannot be known then, so neither can the trial be adjusted.
    """
    if "speed_change" not in frame:
        return pd.Series(False, index=trials.index)
    change = frame["speed_change"].astype(float).where(lambda ratio: ratio > 0)
    largest = np.log(change).abs().groupby(rows.numbers).max().set_axis(trials.index)
    return _holds(trials["wants"] == "cpu") & _holds(largest > math.log(SLOW_CPU))


def excess_wait(trials: pd.DataFrame) -> pd.Series:
    """The wait for a CPU per operation beyond the median of the trial's cell, as a share of the cell's usual time.

    That time is the median time of an operation, by each CPU that the cell could use. Since a trial is compared with its own
    cell, this holds for every kind of work and every model: what its workers do to each other is in the median. Where the wait
    differs widely within the cell anyway, a small excess is 0.
    """
    ops = trials["ops_done"].where(trials["ops_done"] > 0)
    time = (trials["wall_s"] / ops).groupby(_cells(trials)).transform("median")
    return _excess(trials, trials["run_queue_wait_s"] / ops / (time * useful_cpus(trials)))


def excess_idleness(trials: pd.DataFrame) -> pd.Series:
    """The share of its CPUs' time in which a trial neither ran nor waited for a CPU, beyond the median of its cell.

    Only of independent tasks that want a CPU: workers that share something may wait for each other, and that is what they are
    measured for.
    """
    used = trials["cpu_s"] + trials["run_queue_wait_s"]
    excess = _excess(trials, 1 - used / (trials["wall_s"] * useful_cpus(trials)))
    return excess.where(_holds(trials["wants"] == "cpu") & _holds(trials["shape"] == "tasks"))


def _cells(trials: pd.DataFrame) -> list[pd.Series]:
    return [trials["cell"], trials["role"]]


def _excess(trials: pd.DataFrame, share: pd.Series) -> pd.Series:
    """What a share exceeds its cell's median by; 0 where it differs that much within the cell anyway, or has too few trials."""
    excess = share - share.groupby(_cells(trials)).transform("median")
    usual = excess.abs().groupby(_cells(trials)).transform("median")
    enough = share.groupby(_cells(trials)).transform("count") >= FEWEST_PEERS
    return excess.where(enough & (excess > USUAL_SPREAD * usual), 0.0)


def wanting_more_cpus(trials: pd.DataFrame) -> pd.Series:
    """True for a CPU-bound trial with more threads of execution than the machine has CPUs, if it kept those busy.

    This is no doubt, since the measurement is right: but with a CPU for each thread the trial might have been faster. Where
    CPU time was not recorded, the CPUs may have been busy.
    """
    cpus = trials["cpus"].astype(float)
    idle = trials["cpu_s"] < BUSY_SHARE * cpus * trials["wall_s"]
    return _holds(trials["wants"] == "cpu") & (executions(trials) > cpus) & ~_holds(idle)


def useful_cpus(trials: pd.DataFrame) -> pd.Series:
    """The number of CPUs that each trial could use."""
    return np.minimum(executions(trials), trials["cpus"].astype(float))


def wanted_cpus(trials: pd.DataFrame) -> pd.Series:
    """The number of CPUs that each trial's workers want on average: those that wait for half of their time want half of one."""
    share = trials["cpu_share"].astype(float).fillna(1.0)
    return np.minimum(executions(trials) * share, trials["cpus"].astype(float))


def waited_for_cpus(trials: pd.DataFrame) -> pd.Series:
    """The share of their time that each trial's workers spent in the run queue.

    NaN where it says nothing about the machine: where it was not recorded, where the workers wait for something else than a
    CPU, and where they get in each other's way: more workers than CPUs, or a pool, whose own threads hand out the tasks
    meanwhile (it reports for the pool as a whole, or used more CPU time than the workers alone can have). Neither do short waits
    of workers that wake each other.
    """
    share = trials["run_queue_wait_s"] / (trials["wall_s"] * workers_of(trials))
    wanting = _holds(trials["wants"] == "cpu") & had_cpus_for_all(trials)
    return share.where(wanting & cpu_shortage.waited_long(trials))


def had_cpus_for_all(trials: pd.DataFrame) -> pd.Series:
    """True if there was a CPU for each worker, and nothing else of the trial's own competed for one."""
    workers = workers_of(trials)
    helped = trials["cpu_s"] > HELPED * workers * trials["wall_s"]
    return (workers <= trials["cpus"].astype(float)) & ~_holds(trials["handed_out"]) & ~_holds(helped)


def interruptions(trials: pd.DataFrame) -> pd.Series:
    """How often per second a worker lost its CPU to another process, although there was a CPU for each worker.

    A thread of the trial that takes a CPU from another one has just woken, and had gone to sleep by a voluntary switch: so
    as many involuntary switches are left out. NaN in the cases of `waited_for_cpus`, since the rest says nothing either.
    """
    count = trials["involuntary_switches"] - trials["voluntary_switches"]
    rate = count / (trials["wall_s"] * executions(trials))
    return rate.where(_holds(trials["wants"] == "cpu") & had_cpus_for_all(trials))


def stolen(trials: pd.DataFrame) -> pd.Series:
    """The share that the host took of the CPU time a trial could use; NaN if it is not CPU-bound, or nothing was recorded."""
    share = trials["steal_s"] / (trials["wall_s"] * useful_cpus(trials))
    return share.where(_holds(trials["wants"] == "cpu"))


def given_time(trials: pd.DataFrame) -> pd.Series:
    """The time for which a closed loop was to run, seconds; NaN where operations were counted, as an open loop's arrivals are."""
    if "load.duration" not in trials:
        return pd.Series(np.nan, trials.index)
    duration = trials["load.duration"].astype(float)
    return duration.where(trials["load.rate"].isna()) if "load.rate" in trials else duration


def coarse(trials: pd.DataFrame, seconds: pd.Series, duration: pd.Series) -> pd.Series:
    """True if one operation takes too much of a given time. `seconds` is the trial's time per operation of all workers."""
    at_once = _holds(trials["wants"] == "io") & ~is_blocked(trials)
    lanes = workers_of(trials).where(at_once, executions(trials))
    lost = (workers_of(trials) > 1) & trials["window_s"].isna()
    return seconds * lanes > duration * lost.map({True: COARSE_LOSS, False: COARSE_SHARE})


def other_work(trials: pd.DataFrame) -> pd.Series:
    """True if an operation was another number of rounds of busy work than in most trials of the same workload.

    In older journals each trial measured for itself how many rounds fill a given time: a slow moment made the operation
    shorter, and the trial faster. The time of an operation is not divided by its rounds, since not all of it is busy work.
    """
    same = trials.groupby(work_axes(list(trials)), dropna=False)
    differs = pd.Series(False, trials.index)
    for name in trials:
        if name == "rounds" or name.startswith("rounds_"):
            rounds = trials[name].astype(float)
            usual = same[name].transform("median").astype(float)
            differs |= (rounds - usual).abs() > WORK_SHARE * usual
    return differs


def unsteady(trials: pd.DataFrame) -> pd.Series:
    """True if the trial, or at least half of its cell's trials, has no steady state: its mean depends on how long it ran.

    Where half of a cell's trials are unsteady, keeping the others would select trials by their outcome. Only trials with
    enough iterations are assessed. One that warms up or slows down ends in a steady state, and is not doubtful.
    """
    assessed = trials["steadiness"] != steadiness.NOT_ASSESSED
    itself = trials["steadiness"] == UNSTEADY
    if not itself.any():
        return itself
    by_cell = trials[assessed].groupby(["cell", "role"])["steadiness"].agg(classify_cell)
    cells = by_cell.index[by_cell == UNSTEADY]
    return itself | (assessed & pd.MultiIndex.from_frame(trials[["cell", "role"]]).isin(cells))


def _in_half_of_cell(trials: pd.DataFrame, condition: pd.Series) -> pd.Series:
    """True for all trials of a cell if the condition holds for at least half of those with numbers, else for none.

    For what depends on how long the work itself took: leaving out single trials would select the slow ones of a fast cell, and
    so its outcome.
    """
    holds = _holds(condition)
    if not holds.any():
        return holds
    known = trials["wall_s"].notna()
    cells = [trials["cell"], trials["role"]]
    return known & (holds.where(known).astype(float).groupby(cells).transform("mean") >= 0.5)


def late_load(latencies: Sequence[Histogram], lateness: Sequence[Histogram]) -> bool:
    """True if one of the percentiles of a cell's latencies is in good part the lateness of the load generator.

    Of a cell: its generator is about as late in each trial, so that to judge trials one by one would leave out the fast ones.
    Each histogram is that of a pass; those of a closed loop, and of journals without the lateness, are empty.
    """
    told, late = histogram.pooled(latencies), histogram.pooled(lateness)
    if not late:
        return False
    known = [share for share in SHARES if histogram.beyond(told, share) >= histogram.FEWEST_BEYOND]
    pairs = [(histogram.quantile(told, share), histogram.quantile(late, share)) for share in known]
    return any(own > max(LATE, LATE_SHARE * whole) for whole, own in pairs)


def _holds(condition: pd.Series) -> pd.Series:
    """The condition as plain booleans: False where a fact was not recorded."""
    return condition.astype("boolean").fillna(False).astype(bool)
