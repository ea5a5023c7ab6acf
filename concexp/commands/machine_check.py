"""Looks at the machine before a run: says what could spoil its numbers, and offers to wait for what may pass."""

from __future__ import annotations

import time
from typing import Any

from concexp.commands.session import Session
from concexp.errors import Interrupted
from concexp.plan.schedule import Plan
from concexp.run.machine import facts, hazards, neighbours
from concexp.run.machine.hazards import Finding
from concexp.run.machine.neighbours import Watch

QUIET_S = 3  # seconds in a row for which nothing else may compute before waiting is over


def look_around(session: Session, plan: Plan) -> dict[str, Any]:
    """Say what endangers a run of this plan, and let the user choose; returns the machine's facts for the manifest."""
    machine = facts.facts()
    if all(cell.simulated for cell in plan.runnable):
        return machine
    machine["other_cpus"] = session.watch.cpus()
    findings = hazards.check_hazards(machine)
    # Names of other programs are for the user's eyes: the log, as all of a run's folder, is made to be committed.
    for line in hazards.said_before_run(_with_names(machine, findings)):
        session.display.say(line)
    for line in hazards.said_before_run(findings) or ["nothing endangers the numbers now"]:
        session.log.write(line)
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


def _with_names(machine: dict[str, Any], findings: list[Finding]) -> list[Finding]:
    """The findings with the name of the program that computes most, if any disturbs."""
    if not hazards.other_programs_disturb(findings):
        return findings
    return hazards.check_hazards({**machine, "busiest": neighbours.busiest()})


def _when_quiet() -> dict[str, Any]:
    """Wait until other programs leave the CPUs alone; returns the machine's facts then."""
    quiet = 0
    while quiet < QUIET_S:
        watch = Watch()
        time.sleep(1)
        machine = {**facts.facts(), "other_cpus": watch.cpus()}
        quiet = 0 if hazards.other_programs_disturb(hazards.check_hazards(machine)) else quiet + 1
    return machine
