"""Runs a plan on the hosts of a cluster: hands out blocks, writes each record as it arrives, and bears the loss of hosts.

A host takes one step at a time and the next one once the record of the last is on disk, as in a run on one machine: what is lost
with a host, or with this process, is the trial that was being measured, and it is measured again. Several workers of one host
stand in for each other: only one of them measures.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from concexp.experiment.statuses import MACHINE
from concexp.run.calibration import Pace
from concexp.run.child.launch import TrialOutcome
from concexp.run.cluster import admission, host, parcel
from concexp.run.cluster.blocks import Blocks
from concexp.run.cluster.connection import Call
from concexp.run.cluster.hosts import LOOK_S, Hosts, Worker
from concexp.run.cluster.parcel import Parcel
from concexp.run.records import trial_record
from concexp.run.runner import Execution, Runner
from concexp.run.steps import Pulse, Step, Steps
from concexp.run.storage import journal, run_folder
from concexp.run.storage.journal import Record

GONE_S = 15.0  # a host that was lost may come back for so long, before its block is given to another one
LOST_TOO_OFTEN = 5  # workers that may be lost while they measure one trial


@dataclass
class Lane:
    """A host that takes part: its worker, its pulse, the steps that it takes, and the step that it is at."""

    worker: Worker
    pulse: Pulse
    about: dict[str, Any]
    steps: Steps | None = None
    step: Step | None = None
    call: Call | None = None
    last_look: bool = False  # whether the machine was measured after its last block


class Coordinator:
    """Shares the blocks of one run among equal hosts: `strategy: spread`."""

    def __init__(self, runner: Runner, hosts: Hosts, sent: Parcel) -> None:
        self.runner, self.hosts, self.parcel = runner, hosts, sent
        self.listener = runner.listener
        self.lanes: dict[str, Lane] = {}
        self.lost_at: dict[str, float] = {}
        self.losses: dict[str, int] = {}  # by trial
        self.first_machine: dict[str, Any] = {}
        self.pulses: dict[str, Pulse] = {}
        self.joined: set[str] = set()  # the hosts of which a record says what they are
        self.alone = False  # whether it was said that no host is left

    def execute(self) -> frozenset[str]:
        """Complete the journal, from wherever it stands; returns the ids of all its trials."""
        with journal.Writer(self.runner.folder.journal) as writer:
            records, checker = self.runner.opened(writer, self._calibrate)
            self.execution = Execution(self.runner, writer, records, checker)
            self.blocks = Blocks(self.runner.plan.trials, (one for one in records if one.role != MACHINE))
            self.begun_by = {one["host"] for one in records if one.get("host")}
            del records
            self._complete()
            return frozenset(self.execution.recorded_ids)

    def close(self) -> None:
        """Let the hosts forget the run, where they still answer."""
        for lane in self.lanes.values():
            with contextlib.suppress(Exception):
                self.hosts.connection.call(lane.worker.address, host.close_run, self.parcel.key).result(LOOK_S)

    def _calibrate(self) -> Pace:
        """Have the first host measure how much work fills a given time: equal hosts do equal work."""
        while True:
            self._look()
            if lane := next(iter(self.lanes.values()), None):
                lane.call = self.hosts.call(lane.worker, host.calibrate, self.parcel.key)
                while lane.worker.address in self.hosts.workers:
                    found = self.hosts.answered(LOOK_S)
                    if found is not None and found[0] is lane.call:
                        lane.call = None
                        return found[0].result()  # type: ignore[no-any-return]
                    self._answer(found)
                    self._look()
            self._answer(self.hosts.answered(LOOK_S))

    def _complete(self) -> None:
        execution, started = self.execution, time.monotonic()
        execution.begin()
        self.lost_at |= dict.fromkeys(self.begun_by - self.lanes.keys(), started)
        while self._hand_out() or self.blocks.left:
            self._look()
            self._answer(self.hosts.answered(LOOK_S))

    # Workers and hosts.

    def _look(self) -> None:
        for worker in self.hosts.look():
            self._lost(worker, "its worker is gone")
        self._call_in()
        if not self.lanes:
            self.hosts.check_any_left()
            if not self.hosts.workers and not self.alone:
                self.alone = True
                self.hosts.say("no host is left: waiting for a worker; Ctrl-C ends it, and the same command goes on")

    def _call_in(self) -> None:
        """Send the parcel to a worker of each host that has none."""
        active = {lane.worker.host for lane in self.lanes.values()}
        active |= {worker.host for worker in self.hosts.workers.values() if worker.state == "opening"}
        for worker in self.hosts.workers.values():
            if worker.state != "described":
                continue
            if worker.host in active:
                continue  # it stands by
            if why := admission.refusal(worker.description, self.parcel.cpus):
                self.hosts.refuse(worker, why)
                continue
            worker.state = "opening"
            active.add(worker.host)
            self.hosts.call(worker, host.open_run, self.parcel)

    def _answer(self, found: tuple[Call, Worker] | None) -> None:
        """A call is done."""
        if found is None:
            return
        call, worker = found
        if worker.state == "describing":
            self.hosts.described(call, worker)
            self._call_in()
        elif worker.state == "opening":
            self._opened(call, worker)
        elif (lane := self.lanes.get(worker.host)) is not None and lane.call is call:
            self._stepped(call, lane)

    def _opened(self, call: Call, worker: Worker) -> None:
        """A worker has the parcel: its host takes part."""
        try:
            about = call.result()
        except (Exception, CancelledError) as error:
            about = {"problems": [f"it cannot open the run: {error or type(error).__name__}"]}
        if about["problems"]:
            self.hosts.refuse(worker, "; ".join(about["problems"]))
            return
        worker.state = "open"
        machine = about["machine"]
        self.first_machine = self.first_machine or machine
        about["remarks"] += admission.machine_differences(self.first_machine, machine)
        about["remarks"] += admission.clock_remark(*worker.description["clock"])
        pulse = self.pulses.setdefault(worker.host, Pulse(worker.host))
        came_back = worker.host in self.lost_at
        self.lanes[worker.host] = Lane(worker, pulse, about)
        self.alone = False
        self.lost_at.pop(worker.host, None)
        self.listener.hosts_changed(len(self.lanes))
        again = " again" if came_back else ""
        self.hosts.show(f"{worker.host} is {worker.description['name']}")
        self.hosts.say(f"{worker.host} takes part{again}: {machine['cpus']} usable CPUs")
        for line in (*about["said"], *about["remarks"]):
            self.hosts.say(f"{worker.host}: {line}")

    def _lost(self, worker: Worker, why: str) -> None:
        """A worker is gone, or does not do what it should: another one goes on with its block."""
        self.hosts.forget(worker)
        lane = self.lanes.get(worker.host)
        if lane is None or lane.worker is not worker:
            return
        del self.lanes[worker.host]
        self.lost_at[worker.host] = time.monotonic()
        self.blocks.release(worker.host)
        self.listener.hosts_changed(len(self.lanes))
        what = ""
        if lane.step is not None and lane.step.trial is not None:
            what = f" in block {lane.step.block}, in mid-trial: that trial is measured again"
            self._count_loss(lane.step)
        self.hosts.say(f"{worker.host} was lost{what} ({why})")

    def _count_loss(self, step: Step) -> None:
        """Record a trial as crashed that takes one worker after the other with it."""
        trial = step.trial
        assert trial is not None
        self.losses[trial.id] = self.losses.get(trial.id, 0) + 1
        if self.losses[trial.id] == LOST_TOO_OFTEN and not step.diagnosis:
            reason = f"{LOST_TOO_OFTEN} workers of the cluster were lost while they measured it"
            lost = next(reversed(self.lost_at))
            outcome = TrialOutcome("crashed", reason, None)
            record = self.execution.keep(trial_record(trial, outcome, run_folder.now(), lost))
            self.blocks.done(trial.id, lost, trial.block)
            self.listener.trial_ended(record)

    # Blocks and steps.

    def _hand_out(self) -> bool:
        """Give each free host its next block; whether any host is at work."""
        present = self.lanes.keys() | {name for name, at in self.lost_at.items() if time.monotonic() - at < GONE_S}
        for name, lane in self.lanes.items():
            if lane.steps is None:
                trials, begun_by = self.blocks.take(name, present)
                if trials:
                    if begun_by:
                        rest = f"{len(trials)} trials of a block that {begun_by} began and cannot end"
                        self.hosts.say(f"{name} gets {rest}: they become a block of its own")
                    self._start(lane, self.execution.steps(trials, lane.pulse))
                elif not self.blocks.left and lane.pulse.block >= 0 and not lane.last_look:
                    lane.last_look = True
                    last = self.execution.last_block + 1
                    self._start(lane, self.execution.measured_machine(last, lane.pulse))
        return any(lane.steps is not None for lane in self.lanes.values())

    def _start(self, lane: Lane, steps: Steps) -> None:
        lane.steps = steps
        self._go_on(lane, lambda: next(steps))

    def _go_on(self, lane: Lane, advance: Callable[[], Step]) -> None:
        """Have a host take its next step, or note that it is free."""
        try:
            lane.step = advance()
        except StopIteration:
            lane.steps = lane.step = lane.call = None
            self.blocks.release(lane.worker.host)
            return
        told = parcel.message(lane.step)
        lane.call = self.hosts.call(lane.worker, host.perform, self.parcel.key, told, self.runner.pace)

    def _stepped(self, call: Call, lane: Lane) -> None:
        """A host has taken a step: its record goes on disk, and the host goes on."""
        try:
            found, notes = call.result()
        except host.NotOpen:
            self._lost(lane.worker, "it was started anew")
            return
        except (Exception, CancelledError) as error:
            refused, worker = self.hosts, lane.worker
            self._lost(worker, f"{error or type(error).__name__}")
            refused.workers[worker.address] = worker
            refused.refuse(worker, f"{error or type(error).__name__}")
            return
        assert lane.step is not None
        assert lane.steps is not None
        for note in notes:
            self.listener.note(f"{lane.worker.host}: {note}")
        record = Record(found)
        if record.role == MACHINE and lane.worker.host not in self.joined:
            record["joined"] = self._joined(lane)
            self.joined.add(lane.worker.host)
        record = self.execution.keep(record)
        if lane.step.trial is not None and not lane.step.diagnosis:
            self.blocks.done(record["trial"], lane.worker.host, lane.step.block)
        steps = lane.steps
        self._go_on(lane, lambda: steps.send(record))

    def _joined(self, lane: Lane) -> dict[str, Any]:
        """What the journal keeps of a host."""
        machine, offset = lane.about["machine"], lane.worker.description["clock"][0]
        return {
            "processor": machine.get("processor"),
            "system": machine.get("system"),
            "doctor": lane.about["doctor"],
            "clock_offset_s": offset,
            "remarks": list(lane.about["remarks"]),
        }
