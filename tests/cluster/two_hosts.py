"""A sweep over two network namespaces as two hosts, with a link that is cut while it measures, and heals.

    sudo python tests/cluster/two_hosts.py        (a minute and a half; needs `ip netns`: Linux, and the right to make them)
    python tests/cluster/two_hosts.py --where-possible        (elsewhere the exit code is 0; either way it says why not)

The scheduler and the coordinator are here, behind a bridge; each worker is in a namespace of its own and reaches them through a
veth pair. Once a link is down for two seconds only, which TCP bears: nobody is lost. Once one is down for longer than Dask's
timeout (set to 12 s here, about the least that Dask takes): that host is lost and said to be, its block waits or goes to the other
host, and when the link is up again its worker, which something like systemd starts anew, joins late and is used. At the end each
trial is there exactly once, no two trials of a host overlap, and the coordinator listens nowhere beyond loopback.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.short_runs import Growth, asleep  # noqa: E402
from concexp import experiment  # noqa: E402
from concexp.plan.planner import make_plan  # noqa: E402
from concexp.run.machine import facts  # noqa: E402
from tests.helpers.benchmarks import loaded  # noqa: E402
from tests.helpers.dask_processes import DaskProcesses  # noqa: E402

TAG = f"cx{os.getpid() % 10_000}"
BRIDGE = f"{TAG}br"
NETWORK = "10.213.77"
HOSTS = {"a": f"{NETWORK}.2", "b": f"{NETWORK}.3"}
REPETITIONS = 12
LONGEST_S = 240.0
DASK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s"}


def ip(*arguments: str) -> None:
    """Run `ip`; an OSError says what did not work."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def why_not() -> str:
    """Why two hosts cannot be made here, or an empty text."""
    try:
        with network():
            ip("netns", "exec", f"{TAG}a", "true")
            return ""
    except OSError as error:
        return str(error)


@contextlib.contextmanager
def network():
    """A bridge here, and a namespace with a link to it for each host."""
    ip("link", "add", BRIDGE, "type", "bridge")
    try:
        ip("addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for name, address in HOSTS.items():
            inside, link = f"{TAG}{name}", f"{TAG}{name}v"
            ip("netns", "add", inside)
            ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", inside)
            ip("link", "set", link, "master", BRIDGE, "up")
            ip("-n", inside, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", inside, "link", "set", "eth0", "up")
            ip("-n", inside, "link", "set", "lo", "up")
        yield
    finally:
        for name in HOSTS:
            with contextlib.suppress(OSError):  # it was not made
                ip("netns", "del", f"{TAG}{name}")
        ip("link", "del", BRIDGE)


def cut(name: str, down: bool) -> None:
    ip("link", "set", f"{TAG}{name}v", "down" if down else "up")


def listening(pid: int) -> set[str]:
    """The addresses beyond loopback on which a process or a child of it listens."""
    process = psutil.Process(pid)
    found = [
        one.laddr
        for own in (process, *process.children(recursive=True))
        for one in own.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    ]
    return {f"{one.ip}:{one.port}" for one in found if not one.ip.startswith(("127.", "::1"))}


def the_links(folder: Path):
    """What happens to the links, a step each time that it is sent the number of records in the journal; yields what it did."""
    records = yield ""
    while records < 4:
        records = yield ""
    cut("a", True)
    healed = time.monotonic() + 2
    yield "the link of a is cut"
    while time.monotonic() < healed:
        yield ""
    cut("a", False)
    records = yield "the link of a is up again, before anybody noticed"
    while records < 11:
        records = yield ""
    cut("b", True)
    yield "the link of b is cut"
    while "was lost" not in (folder / "said.log").read_text():
        yield ""
    healed = time.monotonic() + 3
    yield "b was lost"
    while time.monotonic() < healed:
        yield ""
    cut("b", False)
    yield "the link of b is up again"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--where-possible", action="store_true", help="elsewhere end with exit code 0")
    asked = options.parse_args()
    if reason := why_not():
        print(f"two hosts in network namespaces: not tried here, {reason}")
        return 0 if asked.where_possible else 1
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="concexp-hosts-") as temporary,
        loaded("cluster_killed") as killed,
        network(),
    ):
        folder = Path(temporary)
        (folder / "x.yaml").write_text(asleep("1s", REPETITIONS))
        journal = Growth(folder)
        inside = {name: ["ip", "netns", "exec", f"{TAG}{name}"] for name in HOSTS}
        addresses = {"scheduler": f"{NETWORK}.1", **HOSTS}
        with DaskProcesses(folder, inside, addresses, DASK) as cluster, (folder / "said.log").open("w+") as said:
            for name in HOSTS:
                cluster.start_worker(name)
            run = subprocess.Popen(
                killed.command(cluster.address),
                cwd=folder,
                env=cluster.environment("coordinator"),
                stdout=said,
                stderr=said,
            )
            beyond, began = set(), time.monotonic()
            story = the_links(folder)
            next(story)
            while run.poll() is None and time.monotonic() - began < LONGEST_S:
                with contextlib.suppress(StopIteration):
                    if line := story.send(journal.trials()):
                        print(f"{time.monotonic() - began:5.1f} s: {line}", flush=True)
                        beyond |= listening(run.pid)
                cluster.restart_ended()
                time.sleep(0.1)
            if run.poll() is None:
                run.kill()
                print(f"not over after {LONGEST_S:g} s")
            said.seek(0)
            text = said.read()
        if run.wait():
            print(text)
            return 1
        wrong += ["the links were not cut and healed in time"] * (story.gi_frame is not None)
        wrong += [f"something listens on {', '.join(sorted(beyond))}"] * bool(beyond)
        found = killed.records(folder)
        counts = Counter(killed.trials(found))
        wrong += [f"{trial} is there {count} times" for trial, count in counts.items() if count > 1]
        planned = len(make_plan(experiment.load(folder / "x.yaml"), facts.usable_cpus()).trials)
        wrong += [f"{len(counts)} trials, not {planned}"] * (len(counts) != planned)
        wrong += ["trials of a host overlap"] * bool(killed.overlaps(found))
        wrong += ["a block has two hosts"] * bool(killed.mixed_blocks(found))
        by_host = Counter(record["host"] for record in found if record["role"] == "measured")
        wrong += ["one host did it all"] * (len(by_host) != 2)
        wrong += ["the lost host was not said"] * ("was lost" not in text)
        wrong += ["the host that came back was not said"] * ("takes part again" not in text)
        wrong += ["a traceback"] * ("Traceback" in text)
    print("\n".join(line for line in text.splitlines() if "lost" in line or "part" in line or "block" in line))
    print(f"{len(counts)} trials on {len(by_host)} hosts ({', '.join(f'{n} on {h}' for h, n in by_host.items())})")
    print("\n".join(wrong) if wrong else "nothing lost, nothing doubled, no two trials of a host at once")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
