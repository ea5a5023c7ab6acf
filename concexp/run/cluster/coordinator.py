"""Completes a run's journal with the hosts of a cluster: writes each record as it arrives, and bears the loss of hosts.

A host takes one step at a time and the next one once the record of the last is on disk, as in a run on one machine: what is lost
with a host, or with this process, is the trial that was being measured, and it is measured again. Several workers of one host
stand in for each other: only one of them measures.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Protocol

from concexp.experiment.statuses import MACHINE
from concexp.run.calibration import Pace
from concexp.run.child.launch import TrialOutcome
from concexp.run.cluster import admission, host, parcel
from concexp.run.cluster.connection import Call, WorkerLost
from concexp.run.cluster.hosts import LOOK_S, Hosts, Worker
from concexp.run.cluster.parcel import Parcel
from concexp.run.records import trial_record
from concexp.run.runner import Execution, Runner
from concexp.run.steps import Pulse, Step, Steps
from concexp.run.storage import journal, run_folder
from concexp.run.storage.journal import Record

LOST_TOO_OFTEN = 5  # workers that may be lost while they measure one trial


@dataclass
class Lane:
    """A host that takes part: its worker, its pulse, what is known of it, the steps that it takes, and that which it is at."""

    worker: Worker
    pulse: Pulse
    about: dict[str, Any]
    steps: Steps | None = None
    step: Step | None = None
    call: Call | None = None

    @property
    def host(self) -> str:
        return self.worker.host


class Strategy(Protocol):
    """Which host does what of a run."""

    def begin(self, execution: Execution, records: Sequence[Record]) -> None:
        """The journal is open; it holds these records."""

    def wants(self, name: str) -> bool:
        """Whether a host may take part."""

    def next_steps(self, lane: Lane, here: Sequence[str]) -> Steps | None:
        """What a free host does next; None for nothing now. `here` are the hosts that take part now."""

    def done(self, lane: Lane, trial: str, block: int) -> None:
        """A host has measured a trial, in a block of this number."""

    def free(self, name: str, lost: bool) -> None:
        """A host has taken all the steps that it was given, or was lost."""

    def is_complete(self) -> bool:
        """Whether nothing is left to do but what hosts are at."""


class Coordinator:
    """Completes one journal with the hosts that its strategy wants. `sent` is the parcel that these get."""

    def __init__(self, runner: Runner, hosts: Hosts, sent: Parcel, strategy: Strategy) -> None:
        self.runner, self.hosts, self.parcel, self.strategy = runner, hosts, sent, strategy
        self.listener = runner.listener
        self.lanes: dict[str, Lane] = {}
        self.losses: dict[str, int] = {}  # by trial
        self.first_machine: dict[str, Any] = {}
        self.pulses: dict[str, Pulse] = {}
        self.joined: set[str] = set()  # the hosts of which a record says what they are
        hosts.watchers.append(self._lost)

    @property
    def trials(self) -> frozenset[str]:
        """The ids of all trials in the journal."""
        return frozenset(self.execution.recorded_ids)

    def begin(self, writer: journal.Writer) -> None:
        """Open the journal; a new one gets its header, for which a host may have to be waited for."""
        records, checker = self.runner.opened(writer, self._calibrate)
        self.execution = Execution(self.runner, writer, records, checker)
        self.strategy.begin(self.execution, records)
        self.execution.begin()

    def hand_out(self) -> None:
        """Give each free host what it does next."""
        for lane in list(self.lanes.values()):
            if lane.steps is None and (steps := self.strategy.next_steps(lane, list(self.lanes))) is not None:
                lane.steps = steps
                self._go_on(lane, None)

    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.strategy.is_complete() and all(lane.steps is None for lane in self.lanes.values())

    def close(self) -> None:
        """Let the hosts forget the run, where they still answer."""
        for lane in self.lanes.values():
            with contextlib.suppress(Exception):
                self.hosts.connection.call(lane.worker.address, host.close_run, self.parcel.key).result(LOOK_S)

    def _calibrate(self) -> Pace:
        """Have a host measure how much work fills a given time: equal hosts do equal work."""
        while True:
            self.call_in()
            self.hosts.look()
            if lane := next(iter(self.lanes.values()), None):
                call = self.hosts.call(lane.worker, host.calibrate, self.parcel.key)
                while lane.host in self.lanes:
                    found = self.hosts.answered(LOOK_S)
                    if found is not None and found[0] is call:
                        return call.result()  # type: ignore[no-any-return]
                    self.answer(found)
                    self.hosts.look()
            self.answer(self.hosts.answered(LOOK_S))

    # Workers and hosts.

    def call_in(self) -> None:
        """Send the parcel to a worker of each wanted host that has none."""
        active = {worker.host for worker in self.hosts.workers.values() if worker.state in ("opening", "open")}
        for worker in list(self.hosts.workers.values()):
            if worker.state != "described" or worker.host in active or not self.strategy.wants(worker.host):
                continue  # one of an active host stands by
            if why := admission.refusal(worker.description, self.parcel.cpus):
                self.hosts.refuse(worker, why)
                continue
            worker.state = "opening"
            active.add(worker.host)
            self.hosts.call(worker, host.open_run, self.parcel)

    def answer(self, found: tuple[Call, Worker] | None) -> None:
        """A call is done; those of hosts that are not wanted here are none of this coordinator's."""
        if found is None:
            return
        call, worker = found
        if worker.state == "describing":
            self.hosts.described(call, worker)
        elif not self.strategy.wants(worker.host):
            return
        elif worker.state == "opening":
            self._opened(call, worker)
        elif (lane := self.lanes.get(worker.host)) is not None and lane.call is call:
            self._stepped(call, lane)

    def _opened(self, call: Call, worker: Worker) -> None:
        """A worker has the parcel: its host takes part."""
        try:
            about = call.result()
        except (WorkerLost, CancelledError):
            self.hosts.forget(worker)
            return
        except Exception as error:
            about = {"problems": [f"it cannot open the run: {error or type(error).__name__}"]}
        if about["problems"]:
            self.hosts.refuse(worker, "; ".join(about["problems"]))
            return
        worker.state = "open"
        machine = about["machine"]
        self.first_machine = self.first_machine or machine
        about["remarks"] += admission.machine_differences(self.first_machine, machine)
        about["remarks"] += admission.clock_remark(*worker.description["clock"])
        again = " again" if worker.host in self.pulses else ""
        pulse = self.pulses.setdefault(worker.host, Pulse(worker.host))
        self.lanes[worker.host] = Lane(worker, pulse, about)
        self.listener.hosts_changed(len(self.lanes))
        self.hosts.show(f"{worker.host} is {worker.description['name']}")
        self.hosts.say(f"{worker.host} takes part{again}: {machine['cpus']} usable CPUs")
        for line in (*about["said"], *about["remarks"]):
            self.hosts.say(f"{worker.host}: {line}")

    def _lost(self, worker: Worker, why: str = "its worker is gone") -> None:
        """A worker is gone, or does not do what it should: its trial is measured again."""
        lane = self.lanes.get(worker.host)
        if lane is None or lane.worker is not worker:
            return
        del self.lanes[worker.host]
        self.strategy.free(worker.host, lost=True)
        self.listener.hosts_changed(len(self.lanes))
        what = ""
        if lane.step is not None and lane.step.trial is not None:
            what = f" in block {lane.step.block}, in mid-trial: that trial is measured again"
            self._count_loss(lane, lane.step)
        self.hosts.say(f"{worker.host} was lost{what} ({why})")

    def _count_loss(self, lane: Lane, step: Step) -> None:
        """Record a trial as crashed that takes one worker after the other with it."""
        trial = step.trial
        assert trial is not None
        self.losses[trial.id] = self.losses.get(trial.id, 0) + 1
        if self.losses[trial.id] == LOST_TOO_OFTEN and not step.diagnosis:
            reason = f"{LOST_TOO_OFTEN} workers of the cluster were lost while they measured it"
            outcome = TrialOutcome("crashed", reason, None)
            record = self.execution.keep(trial_record(trial, outcome, run_folder.now(), lane.host))
            self.strategy.done(lane, trial.id, trial.block)
            self.listener.trial_ended(record)

    # Steps.

    def _go_on(self, lane: Lane, record: Record | None) -> None:
        """Have a host take its next step after the one with this record, or note that it is free."""
        assert lane.steps is not None
        try:
            lane.step = next(lane.steps) if record is None else lane.steps.send(record)
        except StopIteration:
            lane.steps = lane.step = lane.call = None
            self.strategy.free(lane.host, lost=False)
            return
        told = parcel.message(lane.step)
        lane.call = self.hosts.call(lane.worker, host.perform, self.parcel.key, told, self.runner.pace)

    def _stepped(self, call: Call, lane: Lane) -> None:
        """A host has taken a step: its record goes on disk, and the host goes on."""
        try:
            found, notes = call.result()
        except (host.NotOpen, WorkerLost, CancelledError) as error:  # if its worker is there, it is found anew
            self.hosts.forget(lane.worker)
            self._lost(lane.worker, str(error) or "its scheduler gave it up")
            return
        except Exception as error:
            why = str(error) or type(error).__name__
            self._lost(lane.worker, why)
            self.hosts.refuse(lane.worker, why)
            return
        assert lane.step is not None
        for note in notes:
            self.listener.note(f"{lane.host}: {note}")
        record = Record(found)
        if record.role == MACHINE and lane.host not in self.joined:
            record["joined"] = self._joined(lane)
            self.joined.add(lane.host)
        record = self.execution.keep(record)
        if lane.step.trial is not None and not lane.step.diagnosis:
            self.strategy.done(lane, record["trial"], lane.step.block)
        self._go_on(lane, record)

    def _joined(self, lane: Lane) -> dict[str, Any]:
        """What the journal keeps of a host."""
        machine, offset = lane.about["machine"], lane.worker.description["clock"][0]
        return {
            "processor": machine.get("processor"),
            "system": machine.get("system"),
            "doctor": lane.about["doctor"],
            "clocks": lane.about["clocks"],
            "clock_offset_s": offset,
            "remarks": list(lane.about["remarks"]),
        }


def complete(hosts: Hosts, coordinators: Sequence[Coordinator], patience_s: float | None = None) -> None:
    """Complete the journals of all these coordinators, which have begun.

    `patience_s` is how long hosts that were lost are waited for once all others have done their part; None for without end.
    """
    while True:
        for one in coordinators:
            one.hand_out()
        left = [one for one in coordinators if not one.is_complete()]
        if not left or (patience_s is not None and hosts.alone_for > patience_s):
            return
        hosts.look()
        for one in left:
            one.call_in()
        hosts.refuse_unwanted(lambda name: any(one.strategy.wants(name) for one in coordinators))
        hosts.check_any_left(at_work=any(one.lanes for one in left) or hosts.are_joining)
        found = hosts.answered(LOOK_S)
        for one in coordinators:
            one.answer(found)
            if found is not None and found[1].state == "describing":
                break
