"""A sweep over two network namespaces as two hosts, with a link that is cut while it measures, and heals.

    sudo python tests/cluster/two_hosts.py        (about two minutes; needs `ip netns`: Linux, and the right to make them)

The scheduler and the coordinator are here, behind a bridge; each worker is in a namespace of its own and reaches them through a
veth pair. Once the link is down for a few seconds only, which TCP bears: nobody is lost. Once it is down for longer than Dask's
timeout (set to 5 s here): that host is lost and said to be, its block waits or goes to the other host, and when the link is up
again its worker, which something like systemd starts anew, joins late and is used. At the end each trial is there exactly once,
the cells are those of the plan, no two trials of a host overlap, and nothing listens beyond the bridge and loopback.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.helpers.benchmarks import loaded  # noqa: E402
from tests.helpers.dask_processes import DaskProcesses  # noqa: E402

TAG = f"cx{os.getpid() % 10_000}"
BRIDGE = f"{TAG}br"
NETWORK = "10.213.77"
HOSTS = {"a": f"{NETWORK}.2", "b": f"{NETWORK}.3"}
REPETITIONS = 40
EXPERIMENT = """\
workload: sleep
model: [serial, threads]
sweep: {{workers: [1, 2]}}
load: {{duration: 100ms}}
measure: {{repetitions: {repetitions}, iterations: 1, warmup: 0}}
report: {{plots: []}}
"""
DASK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "5s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s"}


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


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
            subprocess.run(["ip", "netns", "del", f"{TAG}{name}"], stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "del", BRIDGE], stderr=subprocess.DEVNULL)


def cut(name: str, down: bool) -> None:
    ip("link", "set", f"{TAG}{name}v", "down" if down else "up")


def listening() -> set[str]:
    """The addresses beyond loopback and the bridge on which something of ours listens here."""
    shown = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout
    own = [line.split() for line in shown.splitlines() if "python" in line or "dask" in line]
    return {words[3] for words in own if not words[3].startswith(("127.", "[::1]", f"{NETWORK}.1"))}


def main() -> int:
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="concexp-hosts-") as temporary,
        loaded("cluster_killed") as killed,
        network(),
    ):
        folder = Path(temporary)
        (folder / "x.yaml").write_text(EXPERIMENT.format(repetitions=REPETITIONS))
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
            events = [(8.0, "a", True), (10.5, "a", False), (15.0, "b", True), (27.0, "b", False)]
            began, beyond = time.monotonic(), set()
            while run.poll() is None and time.monotonic() - began < 300:
                while events and time.monotonic() - began >= events[0][0]:
                    _, name, down = events.pop(0)
                    cut(name, down)
                    print(f"{time.monotonic() - began:5.1f} s: the link of {name} is {'cut' if down else 'up again'}")
                    beyond |= listening()
                cluster.restart_ended()
                time.sleep(0.1)
            said.seek(0)
            text = said.read()
            code = run.poll()
        wrong += [f"it ended with {code}"] * (code != 0)
        wrong += ["a link was never cut"] * bool(events)
        wrong += [f"something listens on {', '.join(sorted(beyond))}"] * bool(beyond)
        found = killed.records(folder)
        counts = Counter(killed.trials(found))
        wrong += [f"{trial} is there {count} times" for trial, count in counts.items() if count > 1]
        planned = REPETITIONS * (3 + 2)  # three cells, a control and the sentinel
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
