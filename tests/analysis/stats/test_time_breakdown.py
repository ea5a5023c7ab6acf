"""The split of the workers' time: each part where it is known, and 1 in all."""

import math
import random

import pytest

from concexp.analysis.stats.time_breakdown import (
    PARTS,
    RESIDUAL,
    USEFUL,
    MachineLimits,
    WorkerSeconds,
    breakdown,
    shares,
)

ALONE = WorkerSeconds(ops=1000, workers=1, window=1.0, startup=0.0, idle=0.0, running=1.0, queued=0.0)
ROOM = MachineLimits(usable=4.0, effective=4.0, room=True, turns=False)
TURNS = MachineLimits(usable=4.0, effective=4.0, room=True, turns=True)


def spent(ops, workers=2, running=2.0, **more):
    """A window of one second."""
    given = {"window": 1.0, "startup": 0.0, "idle": 0.0, "queued": 0.0, **more}
    return WorkerSeconds(ops=ops, workers=workers, running=running, **given)


def told(own, place=ROOM, alone=ALONE):
    """What is not 0, in percent."""
    (found,) = breakdown([shares(own, alone, place)]).trials
    return {name: round(100 * share, 6) for name, share in found.items() if abs(share) > 1e-9}


@pytest.mark.parametrize(
    ("own", "place", "expected"),
    [
        (spent(2000), ROOM, {"useful": 100}),
        # Half of two seconds is start-up.
        (spent(2000, startup=1.0), ROOM, {"useful": 50, "startup": 50}),
        # One worker is at work for half as long as the other.
        (spent(1500, idle=0.5, running=1.5), ROOM, {"useful": 75, "imbalance": 25}),
        # Each operation takes twice the CPU time.
        (spent(1000), ROOM, {"useful": 50, "overhead": 50}),
        # Two workers with one GIL; four coroutines in one thread, of which nobody knows who was idle.
        (spent(1000, running=1.0), TURNS, {"useful": 50, "turns": 50}),
        (spent(1000, 4, 1.0, idle=math.nan), TURNS, {"useful": 25, "turns": 75}),
        # The same between processes: nothing tells what they stood still for.
        (spent(1000, running=1.0), ROOM, {"useful": 50, "residual": 50}),
        # Nor of threads while none of them runs: no turn is longer than another's run.
        (spent(500, running=0.5), TURNS, {"useful": 25, "turns": 25, "residual": 50}),
        # Half of their time they waited at a primitive, and what is more than that was not looked at.
        (spent(1000, running=1.0, waiting=0.5), ROOM, {"useful": 50, "waiting": 50}),
        (spent(1000, running=1.0, waiting=0.25), ROOM, {"useful": 50, "waiting": 25, "residual": 25}),
        (spent(1000, running=1.0, waiting=0.25), TURNS, {"useful": 50, "waiting": 25, "turns": 25}),
        # A wait is at most what they stood still.
        (spent(1000, running=1.5, waiting=0.9), ROOM, {"useful": 50, "waiting": 25, "overhead": 25}),
        # Eight workers share four CPUs.
        (spent(4000, 8, 4.0, queued=4.0), MachineLimits(4, 4, False, False), {"useful": 50, "oversubscription": 50}),
        # Another program has two of four CPUs: those who have room, and eight, four too many.
        (spent(2000, 4, 2.0, queued=2.0), MachineLimits(4, 2, True, False), {"useful": 50, "missing": 50}),
        (spent(2000, 8, 2.0, queued=6.0), MachineLimits(4, 2, False, False), {"useful": 25, "oversubscription": 50, "missing": 25}),
        # Four CPUs that do the work of two: slow, and not withheld.
        (spent(2000, 4, 4.0), MachineLimits(4, 2, True, False), {"useful": 50, "missing": 50}),
        # Of those, one GIL's threads need one only.
        (spent(1000, 4, 1.0), MachineLimits(4, 2, True, True), {"useful": 25, "turns": 75}),
        # Without spinners, too many threads is what is known of a queue.
        (spent(2000, 8, 2.0, queued=6.0), MachineLimits(4, math.nan, False, False), {"useful": 25, "oversubscription": 75}),
    ],
)  # fmt: skip
def test_known_splits(own, place, expected):
    """Where the reason is known, the split names it, and nothing else."""
    assert told(own, place) == expected


def test_what_one_worker_does_too_is_no_loss():
    """Sleeping, queueing and waiting as much per operation as one worker alone is useful time."""
    alone = WorkerSeconds(ops=10, workers=1, window=1.0, startup=0.0, idle=0.0, running=0.2, queued=0.1, waiting=0.3)
    assert told(spent(20, running=0.4, queued=0.2, waiting=0.3), ROOM, alone) == {"useful": 100}


def test_what_is_saved_pays_for_what_is_lost():
    """Half the CPU time per operation pays for the idle worker: where nothing is lost there are no parts, and none is negative."""
    assert told(spent(2000, running=1.0, idle=0.5), ROOM) == {"useful": 100}
    assert told(spent(1800, running=1.0, idle=0.5), ROOM) == {"useful": 90, "imbalance": 10}
    two = told(spent(1600, running=0.8, idle=0.5, queued=0.5), MachineLimits(1, 1, False, False))
    assert two == {"useful": 80, "imbalance": 10, "oversubscription": 10}


def test_more_than_as_many_times_one_has_no_losses():
    """Two workers that do more than twice as much lose nothing: the residual is what they gained."""
    assert told(spent(2200, running=2.0), ROOM) == {"useful": 110, "residual": -10}


@pytest.mark.parametrize(
    ("own", "place", "expected"),
    [
        # Two CPUs for two workers and the coordinator, which runs for 0.4 s, and waits for 0.2 s: they queue because of it.
        (spent(1600, running=1.6, queued=0.4, coordinating=0.4, coordinator_queued=0.2), MachineLimits(2, 2, False, False),
         {"useful": 80, "coordinator": 20}),
        # Four workers would queue without it as well: of their 2 s, 0.6 s are its.
        (spent(2000, 4, 2.0, queued=2.0, coordinating=0.4, coordinator_queued=0.2), MachineLimits(2, 2, False, False),
         {"useful": 50, "oversubscription": 50}),
        # While it runs, two workers stand still at most that long each.
        (spent(1000, running=1.0, coordinating=0.3), ROOM, {"useful": 50, "coordinator": 30, "residual": 20}),
        (spent(1000, running=1.0, coordinating=0.9), ROOM, {"useful": 50, "coordinator": 50}),
        (spent(1000, running=1.0, coordinating=0.3), TURNS, {"useful": 50, "coordinator": 30, "turns": 20}),
        # Its CPU time is no worker's, and no overhead.
        (spent(2000, running=2.0, coordinating=1.0), ROOM, {"useful": 100}),
    ],
)  # fmt: skip
def test_the_coordinator_is_a_part_of_its_own(own, place, expected):
    """What the coordinator may be the reason of is neither the workers' overhead nor more workers than CPUs."""
    assert told(own, place) == expected


def test_what_was_not_recorded_stays_in_the_residual():
    """Without CPU time nobody knows for what the workers stood still; the rest is told as before."""
    found = breakdown([shares(spent(1000, running=math.nan, queued=math.nan, idle=0.5), ALONE, TURNS)])
    assert found.unmeasured == ("waiting", "coordinator", "turns", "overhead", "oversubscription", "missing")
    assert {name: share.mean for name, share in found.parts.items()} == {"imbalance": 0.25}
    assert found.residual.mean == pytest.approx(0.25)


def test_the_parts_are_what_was_lost_whatever_the_facts():
    """Whatever is missing or contradicts itself: no part is negative, all come to no more than was lost, and the sum is 1."""
    rng = random.Random(1)
    for _ in range(300):
        facts = {name: rng.choice([math.nan, rng.uniform(0, 4)]) for name in ("idle", "running", "queued", "waiting")}
        facts |= {name: rng.choice([0.0, rng.uniform(0, 1)]) for name in ("coordinating", "coordinator_queued")}
        place = MachineLimits(4, rng.choice([math.nan, rng.uniform(0, 4)]), rng.random() < 0.5, rng.random() < 0.5)
        trials = [
            shares(spent(rng.randint(1, 4000), rng.randint(2, 9), startup=rng.uniform(0, 2), **facts), ALONE, place)
            for _ in range(4)
        ]
        found = breakdown(trials)
        assert all(sum(trial.values()) == pytest.approx(1) for trial in found.trials)
        means = [found.useful.mean, found.residual.mean, *(share.mean for share in found.parts.values())]
        assert sum(means) == pytest.approx(1)
        assert all(share.mean > 0 for share in found.parts.values())
        assert sum(share.mean for share in found.parts.values()) <= max(1 - found.useful.mean, 0) + 1e-9
        assert found.residual.mean >= min(1 - found.useful.mean, 0) - 1e-9


def trials(**parts):
    """Four trials whose shares, in percent, are these give or take."""
    rng = random.Random(2)
    found = []
    for _ in range(4):
        own = {name: (mean + rng.gauss(0, spread)) / 100 for name, (mean, spread) in parts.items()}
        found.append({**dict.fromkeys(PARTS, 0.0), USEFUL: 1 - sum(own.values()), **own})
    return breakdown(found)


def test_the_leading_part():
    """The largest is named alone where it is beyond chance, with those that it cannot be told apart from, else not at all."""
    assert trials(turns=(40, 1), overhead=(20, 1)).leading() == ["turns"]
    assert set(trials(turns=(21, 5), overhead=(20, 5), startup=(3, 0.1)).leading()) == {"turns", "overhead"}
    assert trials(turns=(2, 5)).leading() == []
    assert breakdown([shares(spent(1000, running=1.0), ALONE, TURNS)]).leading() == []  # one trial has no interval
    found = trials(overhead=(5, 0.5), missing=(20, 0.5))
    assert RESIDUAL not in found.leading()
