"""One request -> what became of it: start a sealed child, keep its deadline, read its answer, leave nothing behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from concexp.run.child import process_tree, temp_folder
from concexp.run.child import timeout as deadline
from concexp.run.child.leaks import Audit
from concexp.run.child.memory_limit import EVERY, Limit
from concexp.run.child.pipes import OUTPUT_KEPT, Child, text
from concexp.run.child.stage import StagedCode
from concexp.trial import wire
from concexp.trial.diagnostics.notes import NAME as NOTES
from concexp.trial.tools import how_it_ended

# After its answer a child has this long to end by itself, seconds; what is there later has to be ended.
GRACE_S = 2.0
# What it started may need this long to notice that it has gone, seconds.
ORPHANS_WITHIN = 0.3
# A trial's notes are read up to so many bytes.
NOTES_READ = 1 << 24
# Numerical libraries would start threads of their own beside those that are measured.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}

_numbers = itertools.count()


@dataclass(frozen=True)
class TrialOutcome:
    """What became of a request.

    status       the child's own, or `crashed` or `timeout`; "" for verbs that have none
    answer       what it answered, or None
    output       the end of what it and its children printed
    stacks       on a timeout: where each thread of each process stood
    left_behind  processes that had to be ended after the child had answered
    duration_s   from the start to the end of the audit, seconds
    orphans      processes that were still there a moment after the child had ended, however it ended; None if it did not
    noticed_ns   when it was known that the trial had gone wrong, on the clock `perf_counter_ns`; None if it never was
    notes        what the trial noted in its folder: name -> (how often, the last number, or None)
    hang         on a timeout: what kind of hang it was, and why (see `hang`)
    leaked       what was left of it: processes of a trial that had answered, sockets, shared memory, semaphores (see `audit`)
    """

    status: str
    reason: str
    answer: dict[str, Any] | None
    output: str
    stacks: str
    left_behind: int
    duration_s: float
    orphans: int | None = None
    noticed_ns: int | None = None
    notes: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    leaked: list[dict[str, Any]] = field(default_factory=list)
    hang: dict[str, Any] = field(default_factory=dict)


def environment(marker: str, hash_seed: int, folder: str, variables: Mapping[str, str]) -> dict[str, str]:
    """A child's environment, built from nothing: what the caller's shell happens to hold must not change the numbers.

    `variables` are those that the experiment asked for.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **ONE_THREAD,
        **variables,
        "TMPDIR": folder,
        "PYTHONHASHSEED": str(hash_seed % 2**32),
        "PYTHONFAULTHANDLER": "1",  # every Python process of the trial prints its stacks when it is told to abort
        process_tree.MARKER: marker,
    }


def launch(
    request: dict[str, Any],
    python: str,
    stage: StagedCode,
    timeout: float,
    site: bool = False,
    variables: Mapping[str, str] | None = None,
    memory: int | None = None,
) -> TrialOutcome:
    """Run one request in a fresh child of `python`.

    `timeout` is in seconds, for the whole trial. `site` lets the child see the packages installed for that interpreter.
    `variables` go into its environment. `memory` is how much all its processes may hold together, bytes.
    The child leads a session of its own; whatever is in that session or carries the trial's marker is ended with it.
    """
    started = time.monotonic()
    audit = Audit()
    marker = f"{os.getpid()}-{next(_numbers)}"
    with contextlib.ExitStack() as ours:
        folder = ours.enter_context(temp_folder.folder())
        answer_read, answer_write = os.pipe()
        output_read, output_write = os.pipe()
        life_read, life_write = os.pipe()  # when this process is gone, so is the writing end: see the child's `hang_on`
        for descriptor in (life_write, answer_read, output_read):
            ours.callback(os.close, descriptor)
        with tempfile.TemporaryFile() as letter, contextlib.ExitStack() as theirs:
            for descriptor in (answer_write, output_write, life_read):
                theirs.callback(os.close, descriptor)
            letter.write(wire.encode({**request, "folder": str(folder)}))
            letter.flush()
            letter.seek(0)
            descriptors = (letter.fileno(), answer_write, life_read)
            flags = ["-s"] if site else ["-s", "-S"]
            process = subprocess.Popen(
                [python, *flags, str(stage.main), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=output_write,
                stderr=output_write,
                env=environment(marker, request.get("seed", 0), str(folder), variables or {}),
                cwd=folder,
                pass_fds=descriptors,
                start_new_session=True,
            )
        child = Child(process, answer_read, output_read)
        trial = _Trial(child, marker, folder, audit, memory)
        try:
            ending = trial.supervise(started, timeout)
        finally:
            process_tree.kill(process, marker)
            child.close()
        return replace(ending, leaked=audit.leaked(), duration_s=time.monotonic() - started)


@dataclass(frozen=True)
class _Trial:
    """A trial that runs: its child, what finds its processes, its folder, who looks for leaks, and its limit of memory."""

    child: Child
    marker: str
    folder: Path
    audit: Audit
    memory: int | None

    def supervise(self, started: float, timeout: float) -> TrialOutcome:
        """Wait for the answer or the deadline, and tell what it came to."""
        child, stacks, output, left_behind, orphans = self.child, "", "", 0, None
        kind: dict[str, Any] = {}
        in_time, excess = self._waited(started + timeout)
        if excess or not in_time or self.audit.anything_new:
            there = process_tree.pids(child.process, self.marker)
            self.audit.look(there)
            if not in_time:
                stacks, kind = deadline.collect_stacks(child, there, self.folder)
        if in_time and not excess:
            child.listen_until(time.monotonic() + GRACE_S, child.ended)
        child.drain()
        now = time.perf_counter_ns()
        status, reason, answer = _verdict(child, child.process.poll(), in_time, timeout)
        self.audit.seen.update((answer or {}).pop("held", ()))
        if excess:
            status, reason, answer = "crashed", excess, None
        noted, why = _read_notes(self.folder / NOTES)
        if status in ("", "ok", "invalid"):
            left = process_tree.still_alive(child.process, self.marker, GRACE_S)
            self.audit.processes(left)
            left_behind = orphans = len(left)
        else:
            output = text(child.output[-OUTPUT_KEPT:])
            if in_time and not excess:  # what is still there when the program has gone was to be expected: no doubt
                orphans = len(process_tree.still_alive(child.process, self.marker, ORPHANS_WITHIN))
            elif why and not excess:
                reason = f"{reason}: {why}"
        noticed = (answer or {}).get("ended_ns") or (now if in_time and status == "crashed" else None)
        spent = time.monotonic() - started
        return TrialOutcome(
            status, reason, answer, output, stacks, left_behind, spent, orphans, noticed, noted, hang=kind
        )

    def _waited(self, until: float) -> tuple[bool, str]:
        """(whether it answered or ended in time, why it holds too much memory or an empty text)."""
        child = self.child

        def done() -> bool:
            return child.whole() or child.ended()

        if self.memory is None:
            return child.listen_until(until, done), ""
        limit = Limit(child.process.pid, self.marker, self.memory)
        while not child.listen_until(min(until, time.monotonic() + EVERY), done):
            if excess := limit.exceeded():
                return True, excess
            if time.monotonic() >= until:
                return False, ""
        return True, ""


def _read_notes(path: Path) -> tuple[dict[str, tuple[int, int | None]], str]:
    """What a trial noted (see `concexp.trial.notes`), and why it hangs, if it knew. Lines of the last pass only."""
    found: dict[str, tuple[int, int | None]] = {}
    why = ""
    try:
        with path.open("rb") as file:
            lines = file.read(NOTES_READ).decode("utf-8", "replace").splitlines()
    except OSError:
        return found, why
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "pass":
            found.clear()
        elif name == "why":
            why = rest
        else:
            number = int(rest) if rest.isdigit() else None
            found[name] = found.get(name, (0, None))[0] + 1, number
    return found, why


def _verdict(child: Child, code: int | None, in_time: bool, timeout: float) -> tuple[str, str, dict[str, Any] | None]:
    """(status, reason, answer) of a child that has answered, ended or run out of time."""
    if not in_time:
        return "timeout", f"no answer after {timeout:g} s", None
    try:
        answer, whole = wire.decode(bytes(child.answer))
    except ValueError as error:
        return "crashed", str(error), None
    if not whole:
        return "crashed", f"the trial's process {exit_reason(code)}", None
    if not isinstance(answer, dict):
        return "crashed", "the answer is no dict", None
    return answer.get("status", ""), answer.get("reason", ""), answer


def exit_reason(code: int | None) -> str:
    """How a child ended that did not answer; `code` is its exit code, None if it is still there."""
    return "closed its answer without giving one" if code is None else f"{how_it_ended(code)} before it answered"
