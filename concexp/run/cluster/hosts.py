"""The workers of a cluster: which there are, and what they say they are. A call on one is answered in its own time."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.run.cluster import admission, host
from concexp.run.cluster.connection import Call, Connection, WorkerLost

LOOK_S = 1.0  # between two looks at which workers there are

Say = Callable[[str], None]


@dataclass
class Worker:
    """A worker by its address. `state`: describing, described, opening, open or refused."""

    address: str
    state: str
    host: str = ""
    description: dict[str, Any] = field(default_factory=dict)
    asked: float = 0.0  # when it was asked what it is, seconds since the epoch


class Hosts:
    """The workers of a cluster, and what they say they are.

    `say` is for the user and the log; `show` for the user alone: it names machines, and a log is made to be committed.
    """

    def __init__(self, connection: Connection, say: Say, show: Say) -> None:
        self.connection, self.say, self.show = connection, say, show
        self.workers: dict[str, Worker] = {}
        self.answers: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self.calls: dict[Call, Worker] = {}
        self.watchers: list[Callable[[Worker], None]] = []  # are called with each worker that was lost
        self.alone_for = 0.0  # seconds for which no host has been at work
        self._alone_since = self._looked = float("-inf")
        self._said_alone = False

    def call(self, worker: Worker, function: Callable[..., Any], *arguments: Any) -> Call:
        """Call a function on a worker; its call comes among the answers when it is done."""
        call = self.connection.call(worker.address, function, *arguments)
        self.calls[call] = worker
        call.add_done_callback(self.answers.put)
        return call

    def look(self) -> None:
        """Find the workers that there are, and ask new ones what they are; at most once a second."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        there = self.connection.workers()
        lost = [worker for address, worker in self.workers.items() if address not in there]
        for worker in lost:
            self.forget(worker)
            for watcher in self.watchers:
                watcher(worker)
        for address in sorted(there - self.workers.keys()):
            worker = self.workers[address] = Worker(address, "describing", asked=time.time())
            self.call(worker, host.describe)

    def forget(self, worker: Worker) -> None:
        """A worker is lost: what it was asked for does not count any more."""
        self.workers.pop(worker.address, None)
        for call in [call for call, of in self.calls.items() if of is worker]:
            del self.calls[call]
            call.cancel()

    def answered(self, seconds: float) -> tuple[Call, Worker] | None:
        """The next call that is done, and its worker; None if there is none for so long."""
        with contextlib.suppress(queue.Empty):
            call = self.answers.get(timeout=seconds)
            if (worker := self.calls.pop(call, None)) is not None:
                return call, worker
        return None

    def described(self, call: Call, worker: Worker) -> bool:
        """Whether a worker has said what it is; one that cannot is refused."""
        try:
            worker.description = call.result()
        except (WorkerLost, CancelledError):
            self.forget(worker)
            return False
        except Exception as error:
            self.refuse(worker, f"it cannot be asked what it is: {error or type(error).__name__}")
            return False
        worker.host, worker.state = worker.description["host"], "described"
        offset, wrong_by = admission.clock_offset(worker.description["now"], worker.asked, time.time())
        worker.description["clock"] = offset, wrong_by
        return True

    def refuse(self, worker: Worker, why: str) -> None:
        """Say why a worker does not take part."""
        worker.state, worker.description = "refused", {**worker.description, "refused": why}
        self.show(f"{worker.host or 'a worker'} is {worker.description.get('name', worker.address)}")
        self.say(f"{worker.host or 'a worker'} does not take part: {why}")

    @property
    def are_joining(self) -> bool:
        """Whether a worker is being asked what it is, or opens a run."""
        return any(worker.state in ("describing", "opening") for worker in self.workers.values())

    def refuse_unwanted(self, wanted: Callable[[str], bool]) -> None:
        """Say of hosts that nobody wants that they came too late: each host of a run of its own is there from the beginning."""
        for worker in list(self.workers.values()):
            if worker.state == "described" and not wanted(worker.host):
                self.refuse(worker, "it came after the others had begun; once they are done, it gets a run like them")

    def wait_for_one(self) -> None:
        """Wait until at least one worker has said what it is, and no other is being asked; EnvironmentRefused if none can."""
        while True:
            self.look()
            if (found := self.answered(LOOK_S)) is not None:
                self.described(*found)
            if self.are_joining:
                continue
            if self._described():
                return
            self.check_any_left()

    @property
    def cpus(self) -> int:
        """The usable CPUs of most hosts."""
        return admission.most_common_cpus(one.description for one in self._described())

    @property
    def machine(self) -> dict[str, Any]:
        """The facts of the first host that has as many usable CPUs as most."""
        cpus = self.cpus
        machines = (one.description["machine"] for one in self._described())
        return next(machine for machine in machines if machine["cpus"] == cpus)

    def by_host(self) -> dict[str, list[Worker]]:
        """The workers that have said what they are, by their hosts."""
        found: dict[str, list[Worker]] = {}
        for worker in self._described():
            found.setdefault(worker.host, []).append(worker)
        return found

    def _described(self) -> list[Worker]:
        return [worker for worker in self.workers.values() if worker.host and worker.state != "refused"]

    def check_any_left(self, at_work: bool = False) -> None:
        """Say once that no host is at work; EnvironmentRefused if there are workers, and all of them are refused."""
        now = time.monotonic()
        if at_work or self._alone_since < 0:
            self._alone_since = now
        self.alone_for = now - self._alone_since
        if at_work:
            self._said_alone = False
            return
        if self.workers and all(worker.state == "refused" for worker in self.workers.values()):
            reasons = dict.fromkeys(one.description["refused"] for one in self.workers.values())
            raise EnvironmentRefused(
                f"no worker of {self.connection.name} can take part:\n" + "\n".join(f"  - {why}" for why in reasons),
                "workers need the concexp, the interpreters and the packages of the machine that gives the command",
            )
        if not self.workers and not self._said_alone:
            self._said_alone = True
            self.say(f"there is no worker: waiting for one of {self.connection.name}; Ctrl-C ends it")
