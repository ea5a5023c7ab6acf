"""Looks at the machine before a run: says what could spoil its numbers, and offers to wait for what may pass."""

from __future__ import annotations

import time
from typing import Any

from concexp.commands.session import Session
from concexp.errors import Interrupted
from concexp.plan.schedule import Plan
from concexp.run.machine import facts, hazards, neighbours
from concexp.run.machine.neighbours import Watch

QUIET_S = 3  # seconds in a row for which nothing else may compute before waiting is over


def look_around(session: Session, plan: Plan) -> dict[str, Any]:
    """Say what endangers a run of this plan, and let the user choose; returns the machine's facts for the manifest."""
    machine = facts.facts()
    if all(cell.simulated for cell in plan.runnable):
        return machine
    machine["other_cpus"] = session.watch.cpus()
    findings = _findings(machine)
    for line in hazards.said_before_run(findings):
        session.say(line)
    session.log.write(f"machine: {hazards.summary(findings)}")
    if not hazards.other_programs_disturb(findings):
        return machine
    choice = session.questions.busy_machine()
    if choice == "stop":
        raise Interrupted((), session.kept)
    if choice == "wait":
        session.say("waiting until other programs are quiet; Ctrl-C ends it")
        machine = _when_quiet()
        session.say("the machine is quiet")
    return machine


def _findings(machine: dict[str, Any]) -> list[hazards.Finding]:
    """What endangers a run on this machine, with the name of the program that computes most if any does."""
    findings = hazards.check_hazards(machine)
    if hazards.other_programs_disturb(findings):
        findings = hazards.check_hazards({**machine, "busiest": neighbours.busiest()})
    return findings


def _when_quiet() -> dict[str, Any]:
    """Wait until other programs leave the CPUs alone; returns the machine's facts then."""
    quiet = 0
    while quiet < QUIET_S:
        watch = Watch()
        time.sleep(1)
        machine = {**facts.facts(), "other_cpus": watch.cpus()}
        quiet = 0 if hazards.other_programs_disturb(hazards.check_hazards(machine)) else quiet + 1
    return machine
