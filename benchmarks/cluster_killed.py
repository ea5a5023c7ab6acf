"""A run on two hosts whose workers and coordinator are killed at random: is anything lost, doubled, or measured at once?

    python benchmarks/cluster_killed.py [--kills 50] [--seed 1]        (about 10 minutes)

A scheduler and two workers are processes of their own, each worker a host to concexp. `concexp run --cluster` measures real
trials; at random moments a worker, the coordinator, or both are ended by SIGKILL. Killed workers start again after a moment, and
the same command is given again until it ends. Then: the trials are those of a run on one machine, each exactly once; what stood
in the journal at a kill is the beginning of the journal at the end; no two trials of a host overlap; and every block lies within
one host, but for those that were given away, whose rest is a block of its own.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.short_runs import asleep, journals, whole_lines
from concexp.run.storage import schema
from tests.helpers.dask_processes import DaskProcesses

EXPERIMENT = asleep("100ms", 6)
VICTIMS = ("a", "b", "coordinator", "a and b", "a and coordinator", "b and coordinator")
ROUNDING_S = 0.002  # times of records are in milliseconds
LONGEST_S = 1200.0  # for one run


def command(cluster: str = "") -> list[str]:
    more = ["--cluster", cluster] if cluster else []
    return [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "plain", "--no-report", *more]


def records(folder: Path) -> list[dict]:
    (journal,) = journals(folder)
    return schema.read(journal).records


def trials(found: list[dict]) -> list[str]:
    return [record["trial"] for record in found if record["role"] != "machine"]


def overlaps(found: list[dict]) -> int:
    """How many trials began on a host before the one before them had ended."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for record in found:
        if record.get("duration_s") is not None:
            start = datetime.fromisoformat(record["started_at"]).timestamp()
            spans.setdefault(record["host"], []).append((start, start + record["duration_s"]))
    count = 0
    for own in spans.values():
        own.sort()
        count += sum(later < ended - ROUNDING_S for (_, ended), (later, _) in itertools.pairwise(own))
    return count


def mixed_blocks(found: list[dict]) -> int:
    """How many blocks hold trials of more than one host."""
    hosts: dict[int, set[str]] = {}
    for record in found:
        if record["role"] != "machine" and "block" in record:
            hosts.setdefault(record["block"], set()).add(record["host"])
    return sum(len(own) > 1 for own in hosts.values())


def strike(
    victim: str, cluster: DaskProcesses, coordinator: subprocess.Popen, dice: random.Random
) -> list[tuple[float, str]]:
    """Kill whom this names; returns when which workers start again."""
    again = []
    for name in victim.split(" and "):
        if name == "coordinator":
            os.killpg(coordinator.pid, signal.SIGKILL)
            coordinator.wait()
        elif name in cluster.processes:
            cluster.kill(name)
            # Mostly it is back soon and goes on with its block; at times so late that another host gets the rest.
            pause = dice.uniform(0, 4) if dice.random() < 0.7 else dice.uniform(16, 24)
            again.append((time.monotonic() + pause, name))
    return again


def _next_strike(folder: Path, dice: random.Random) -> tuple[float, int]:
    """(not before this moment, not before the journal has so many bytes): mostly while trials are measured, at times before."""
    if dice.random() < 0.7:
        return time.monotonic() + dice.uniform(0.3, 2), len(whole_lines(folder)) + 1
    return time.monotonic() + dice.uniform(0.2, 5), 0


def one(folder: Path, cluster: DaskProcesses, kills: int, dice: random.Random) -> Counter[str]:
    """A run with this many kills; what went wrong, by kind."""
    found: Counter[str] = Counter()
    kept, again, left = b"", [], kills
    began = time.monotonic()
    strike_at, after = _next_strike(folder, dice)
    with (folder / "said.log").open("a") as said:
        coordinator = None
        while True:
            now = time.monotonic()
            if coordinator is None:
                coordinator = subprocess.Popen(
                    command(cluster.address), cwd=folder, env=cluster.environment("coordinator"), stdout=said,
                    stderr=said, start_new_session=True,
                )  # fmt: skip
            for at, name in list(again):
                if now >= at:
                    again.remove((at, name))
                    cluster.start_worker(name)
            if left and now >= strike_at and len(whole_lines(folder)) >= after:
                victim = dice.choice(VICTIMS)
                if not any(one == "coordinator" or one in cluster.processes for one in victim.split(" and ")):
                    continue  # it is dead already
                again += strike(victim, cluster, coordinator, dice)
                left -= 1
                found["kills"] += 1
                found[f"kills of {victim}"] += 1
                strike_at, after = _next_strike(folder, dice)
                there = whole_lines(folder)
                found["lost"] += not there.startswith(kept)
                kept = there if "coordinator" in victim else kept
                if "coordinator" in victim:
                    coordinator = None
                    continue
            code = coordinator.poll()
            if code == 0:
                break
            if code is not None or now - began > LONGEST_S:
                found["not completed"] += 1
                os.killpg(coordinator.pid, signal.SIGKILL) if code is None else None
                break
            time.sleep(0.02)
    for _, name in again:
        cluster.start_worker(name)
    found["lost"] += not whole_lines(folder).startswith(kept)
    found["tracebacks"] += "Traceback" in (folder / "said.log").read_text()
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    dice = random.Random(asked.seed)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="concexp-cluster-") as name:
        base = Path(name)
        local = base / "local"
        local.mkdir()
        (local / "x.yaml").write_text(EXPERIMENT)
        subprocess.run(command(), cwd=local, check=True, capture_output=True)
        expected = Counter(trials(records(local)))
        cells = {record["cell"] for record in records(local) if "cell" in record}
        with DaskProcesses(base) as cluster:
            for worker in ("a", "b"):
                cluster.start_worker(worker)
            while total["kills"] < asked.kills:
                folder = base / f"run{total['runs']}"
                folder.mkdir()
                (folder / "x.yaml").write_text(EXPERIMENT)
                kills = min(dice.randint(3, 8), asked.kills - total["kills"])
                found = one(folder, cluster, kills, dice)
                total += found
                total["runs"] += 1
                total["runs instead of one"] += len(journals(folder)) - 1
                there = records(folder)
                counts = Counter(trials(there))
                total["lost"] += sum((expected - counts).values())
                total["doubled"] += sum((counts - expected).values())
                total["other cells"] += len({record["cell"] for record in there if "cell" in record} ^ cells)
                total["overlaps"] += overlaps(there)
                total["blocks of two hosts"] += mixed_blocks(there)
                total["bad endings"] += sum(record.get("status", "ok") != "ok" for record in there)
                said = (folder / "said.log").read_text()
                total["blocks given away"] += said.count("they become a block of its own")
                total["trials lost in the middle"] += said.count("in mid-trial")
                print(f"run {total['runs']}: {dict(found)}", file=sys.stderr, flush=True)
                if any(total[what] for what in WRONG):
                    print(said, file=sys.stderr)
                    break
    victims = ", ".join(f"{total[f'kills of {one}']} {one}" for one in VICTIMS)
    print(f"{total['kills']} kills by SIGKILL ({victims}) in {total['runs']} runs of {sum(expected.values())} trials;")
    print(f"{total['trials lost in the middle']} trials were cut off, {total['blocks given away']} blocks given away:")
    print(", ".join(f"{total[what]} {what}" for what in WRONG))
    return 1 if any(total[what] for what in WRONG) else 0


WRONG = (
    "lost", "doubled", "other cells", "overlaps", "blocks of two hosts", "bad endings", "tracebacks", "not completed",
    "runs instead of one",
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
