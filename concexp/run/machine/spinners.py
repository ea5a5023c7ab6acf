"""Effective CPUs: how many CPUs the machine really gives, measured by processes that only spin."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.machine import facts

# Spinners that get less than this share of the CPUs that are usable, or that a cell could use, had some withheld.
ENOUGH = 0.9
# Each round measures one spinner alone and all together, for this long each. Shorter measurements scatter.
SPIN_ROUNDS = 5
SPIN_SECONDS = 0.1
SPIN_TIMEOUT = 60.0  # seconds
# A shared machine withholds CPUs for seconds at a time: measure again before a trial once the last measurement is older. More often
# there is no time for several rounds, and the median of three forgets one that something disturbed.
SPIN_EVERY_SECONDS = 15.0
# Of the time of the trials, the measurements between them take this share, but for the fewest of a run: before its first trial, in
# its middle and after its last one. These have one round each where the run is short.
SPIN_SHARE = 0.05
FEWEST_LOOKS = 3
START_S = 0.05  # what starting the spinners takes, seconds; and what they need in each round to meet
MEET_S = 0.02


@dataclass(frozen=True)
class SpinMeasurement:
    """The result of a spinner measurement.

    effective_cpus    CPUs that the machine gave, or None
    reason            why there is no figure, if there is none
    cpu_s             CPU time of all spinners, seconds; None where it was not measured
    run_queue_wait_s  time that they waited for a CPU, seconds; None where it was not measured
    duration_s        how long the measurement took, seconds
    alone_per_s       rounds per second of one spinner alone, one number for each time that it ran: the CPU's absolute speed
    together_per_s    the same of all spinners together
    """

    effective_cpus: float | None
    reason: str
    cpu_s: float | None
    run_queue_wait_s: float | None
    duration_s: float
    alone_per_s: tuple[float, ...] = ()
    together_per_s: tuple[float, ...] = ()


def look_s(rounds: int) -> float:
    """The seconds that a measurement with so many rounds takes."""
    return START_S + (2 * SPIN_SECONDS + MEET_S) * rounds


def rounds_after(seconds: float) -> int:
    """How many rounds a measurement has after trials that took so many seconds: as many as SPIN_SHARE allows, at least 1."""
    fit = int((SPIN_SHARE * seconds - START_S) / (2 * SPIN_SECONDS + MEET_S))
    return max(1, min(SPIN_ROUNDS, fit))


def looks_s(trials_s: float) -> float:
    """The seconds that the measurements of a run take, of which the trials take `trials_s`."""
    return max(FEWEST_LOOKS * look_s(1), SPIN_SHARE * trials_s)


def measure(python: str, stage: StagedCode, cpus: int, rounds: int = SPIN_ROUNDS) -> SpinMeasurement:
    """Let as many spinners run as there are usable CPUs, for `look_s(rounds)`. The caller holds the machine's lock."""
    request = {"verb": "spin", "spinners": cpus, "seconds": SPIN_SECONDS, "rounds": rounds}
    outcome = launch(request, python, stage, SPIN_TIMEOUT)
    answer = outcome.answer or {}
    return SpinMeasurement(
        effective_cpus=effective_cpus(answer.get("alone", []), answer.get("together", []), cpus, facts.cgroup_quota()),
        reason=outcome.reason,
        cpu_s=answer.get("cpu_s"),
        run_queue_wait_s=answer.get("run_queue_wait_s"),
        duration_s=outcome.duration_s,
        alone_per_s=_per_second(answer.get("alone", [])),
        together_per_s=_per_second(answer.get("together", [])),
    )


def _per_second(rounds: Sequence[int]) -> tuple[float, ...]:
    return tuple(count / SPIN_SECONDS for count in rounds)


def effective_cpus(
    alone: Sequence[int], together: Sequence[int], spinners: int, quota: float | None = None
) -> float | None:
    """Median work of all spinners together, per round, divided by the median work of one alone.

    At most the number of spinners, since more would be noise of `alone`, and at most the control group's quota: where that is
    below one CPU, it stops the spinner that runs alone as well. None if no spinner ran alone.
    """
    if not alone or not statistics.median(alone):
        return None
    most = float(spinners) if quota is None else min(float(spinners), quota)
    return min(most, statistics.median(together) / statistics.median(alone))
