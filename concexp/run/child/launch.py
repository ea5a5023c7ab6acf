"""Runs one request in a sealed child: start it, keep its deadline, read its answer, leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from concexp.run.child import answer, clock_check, process_tree, temp_folder
from concexp.run.child.leaks import NAME_LENGTH, Audit
from concexp.run.child.memory_limit import CHECK_EVERY_S, Limit
from concexp.run.child.pipes import OUTPUT_KEPT, Child, text
from concexp.run.child.stage import StagedCode
from concexp.run.child.template import HASH_SEED, UNSEEN, Forked, Template, Templates
from concexp.run.child.timeout import collect_stacks
from concexp.run.hidden import Hidden
from concexp.run.provided import NOTHING, Provided
from concexp.run.storage import foreign_file
from concexp.trial import wire
from concexp.trial.__main__ import ANSWER_CLOSED
from concexp.trial.diagnostics.notes import NAME as NOTES
from concexp.trial.tools import how_it_ended

# After its answer a child has this long to end by itself; processes that are there later have to be ended.
GRACE_S = 2.0
# The processes that a child started may need this long to notice that it is gone.
ORPHANS_WITHIN_S = 0.3
NOTES_LIMIT = 1 << 24  # bytes that are read of a trial's notes
NUMBER_LENGTH = 20  # digits of a number in them: more than a time in nanoseconds has
# Numerical libraries would start threads of their own beside those that are measured.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}

# name -> (how often it was noted, the last number or None)
Notes = dict[str, tuple[int, int | None]]
# Starts a process, given the descriptors for its request, its answer, its lifeline and its output.
Start = Callable[[int, int, int, int], subprocess.Popen[bytes] | Forked]


@dataclass(frozen=True)
class TrialOutcome:
    """How a request ended.

    status       the child's own, or `crashed` or `timeout`; "" for verbs that have none
    answer       the child's answer, or None
    output       the end of what it and its children printed
    printed      how much that was, bytes
    stacks       on a timeout: where each thread of each process stood
    left_behind  processes that had to be ended after the child had answered
    duration_s   from the start to the end of the audit, seconds
    orphans      processes that survived the child by a moment, however it ended; None if it did not end
    noticed_ns   when the failure was noticed, on the clock `perf_counter_ns`; None if there was none
    notes        what the trial noted in its folder
    stopped      whether a signal had stopped the child for a while, as far as the system reports it
    hang         on a timeout: what kind of hang it was, and why (see `hang`)
    leaked       what was left of it: processes of a trial that had answered, sockets, shared memory, semaphores (see `leaks`),
                 and of its folder what could not be removed
    hash_seed    the seed of hashing that it had from its template; None if it had its own
    not_forked   why it had a fresh process although it was to be forked; "" if it was forked, or not to be
    """

    status: str
    reason: str
    answer: dict[str, Any] | None
    output: str = ""
    printed: int = 0
    stacks: str = ""
    left_behind: int = 0
    duration_s: float = 0.0
    orphans: int | None = None
    noticed_ns: int | None = None
    notes: Notes = field(default_factory=dict)
    stopped: bool = False
    leaked: list[dict[str, Any]] = field(default_factory=list)
    hang: dict[str, Any] = field(default_factory=dict)
    hash_seed: int | None = None
    not_forked: str = ""

    def without(self, hidden: Hidden) -> TrialOutcome:
        """The same with all secrets hidden."""
        if not hidden.values:
            return self
        names = ("reason", "answer", "output", "stacks", "leaked", "hang")
        return replace(self, **{name: hidden.everywhere(getattr(self, name)) for name in names})


def environment(marker: str, hash_seed: int, folder: str, variables: Mapping[str, str | None]) -> dict[str, str]:
    """A child's environment, built from nothing, so that the caller's shell cannot change the numbers.

    marker     identifies the trial's processes
    hash_seed  any integer; becomes PYTHONHASHSEED, unless the experiment sets that
    folder     the trial's temporary folder
    variables  those that the experiment asks for; None where one is not to be there
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    wanted = {**kept, **ONE_THREAD, HASH_SEED: str(hash_seed % 2**32), **variables}
    return {
        **{name: text for name, text in wanted.items() if text is not None},
        "TMPDIR": folder,
        "PYTHONFAULTHANDLER": "1",  # every Python process of the trial prints its stacks on SIGABRT
        process_tree.MARKER: marker,
    }


def launch(
    request: dict[str, Any],
    python: str,
    stage: StagedCode,
    timeout: float,
    site: bool = False,
    variables: Mapping[str, str | None] | None = None,
    memory: int | None = None,
    provided: Provided = NOTHING,
    more_flags: Sequence[str] = (),
    templates: Templates | None = None,
) -> TrialOutcome:
    """Run one request in a fresh child of the interpreter at path `python`, and return how it ended.

    timeout    seconds for the whole trial
    site       whether the child sees the packages installed for that interpreter
    variables  additions to its environment; None where a variable is not to be there
    memory     limit for all its processes together, bytes
    provided   what the experiment gives it; its secrets are hidden in the outcome
    more_flags  of the interpreter's command line, beside those that every trial has
    templates  fork the child from one of these instead; TemplateFailed if none of them can

    The child leads a session of its own. Every process in that session or with the trial's marker is ended with it.
    """
    given = provided.environment(variables or {})
    flags = [*more_flags, "-s"] if site else [*more_flags, "-s", "-S"]
    command = [python, *flags, str(stage.main)]
    seed = request.get("seed", 0)
    template = None if templates is None else _template(templates, command, seed, given)
    started, started_ns = time.monotonic(), time.perf_counter_ns()
    audit = Audit()
    marker = process_tree.new_marker() if template is None else template.marker
    with (
        temp_folder.folder() as folder,
        temp_folder.short_name(folder) as seen,  # as the trial knows it
        contextlib.ExitStack() as parent_fds,
    ):
        working = provided.working_folder(seen)
        if template is None:
            start: Start = partial(_start, command, environment(marker, seed, str(seen), given), working)
        else:
            start = partial(template.fork, seen, working)
        child = _connected(start, {**request, "folder": str(seen)}, parent_fds)
        trial = _Trial(child, marker, folder, audit, memory, request["verb"] == "measure", started_ns)
        try:
            outcome = trial.supervise(started, timeout)
        finally:
            process_tree.kill(child.process, marker)
            child.close()
        leaked = audit.leaked()
        if problem := temp_folder.remove(folder):
            leaked.append({"what": "folder", "name": problem[:NAME_LENGTH], "sure": False})
        duration_s = time.monotonic() - started
        hash_seed = None if template is None else template.hash_seed
        outcome = replace(outcome, leaked=leaked, duration_s=duration_s, printed=child.printed, hash_seed=hash_seed)
        return outcome.without(provided.hidden)


def _template(templates: Templates, command: list[str], seed: int, given: Mapping[str, str | None]) -> Template:
    """A template for this command and these variables, of which a trial has some of its own."""
    has_own = {"TMPDIR", process_tree.MARKER} | ({HASH_SEED} - given.keys())
    env = {name: text for name, text in environment("", seed, "", given).items() if name not in has_own}
    return templates.ready(command, env, "" if HASH_SEED in given else str(seed % 2**32))


def _start(
    command: list[str], env: dict[str, str], working: Path, request: int, answer: int, lifeline: int, output: int
) -> subprocess.Popen[bytes]:
    """Start an interpreter with these descriptors in the folder `working`."""
    passed = (request, answer, lifeline)
    process = subprocess.Popen(
        [*command, *map(str, passed)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=env,
        cwd=working,
        pass_fds=passed,
        start_new_session=True,
    )
    with contextlib.suppress(OSError, AttributeError):  # a core dump at a timeout would fill the disk; not on macOS
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    return process


def _connected(start: Start, request: dict[str, Any], parent_fds: contextlib.ExitStack) -> Child:
    """Start a child with a request, and the pipes that lead to it; `parent_fds` closes this process's ends of them."""
    answer_read, answer_write = os.pipe()
    output_read, output_write = os.pipe()
    # Its writing end closes when this process dies, which ends the child: see `die_with_parent` there.
    life_read, life_write = os.pipe()
    for descriptor in (life_write, answer_read, output_read):
        parent_fds.callback(os.close, descriptor)
    with _unnamed_file() as request_file, contextlib.ExitStack() as child_fds:
        for descriptor in (answer_write, output_write, life_read):
            child_fds.callback(os.close, descriptor)
        request_file.write(wire.encode(request))
        request_file.flush()
        request_file.seek(0)
        process = start(request_file.fileno(), answer_write, life_read, output_write)
    return Child(process, answer_read, output_read)


def _unnamed_file() -> BinaryIO:
    """A file without a name, in memory where the system has such: one on a disk costs a millisecond."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("concexp-request"), "w+b")
    return tempfile.TemporaryFile()


class _Wait(Enum):
    """Why waiting for a trial is over."""

    DONE = "it answered or its child ended"
    OUT_OF_TIME = "its deadline passed"
    OUT_OF_MEMORY = "it holds more memory than it may"


@dataclass(frozen=True)
class _Trial:
    """A running trial: its child, the marker of its processes, its folder, what looks for leaks, its limit of memory.

    `measures` is False for a request of another verb; `started_ns` is the clock before the child was started.
    """

    child: Child
    marker: str
    folder: Path
    audit: Audit
    memory: int | None
    measures: bool
    started_ns: int

    def supervise(self, started: float, timeout: float) -> TrialOutcome:
        """Wait for the answer, the end or the deadline, and return the outcome, without leaks and duration.

        `started` is on the monotonic clock; `timeout` is in seconds.
        """
        wait, excess = self._wait(started + timeout)
        answered_ns = time.perf_counter_ns()
        stopped = self.child.was_stopped()  # first of all: it can be asked only while the child lives
        pids: list[int] = []
        if wait is not _Wait.DONE or self.audit.anything_new:
            pids = process_tree.pids(self.child.process, self.marker)
            self.audit.look(pids)
        if wait is _Wait.OUT_OF_TIME:
            return self._out_of_time(pids, timeout)
        if wait is _Wait.OUT_OF_MEMORY:
            return self._out_of_memory(excess)
        return replace(self._done(answered_ns), stopped=stopped)

    def _wait(self, until: float) -> tuple[_Wait, str]:
        """Why waiting is over, and, if the memory limit was exceeded, by how much."""
        child = self.child

        def done() -> bool:
            return child.whole() or child.ended()

        if self.memory is None:
            return (_Wait.DONE if child.listen_until(until, done) else _Wait.OUT_OF_TIME), ""
        limit = Limit(child.process.pid, self.marker, self.memory)
        while not child.listen_until(min(until, time.monotonic() + CHECK_EVERY_S), done):
            if excess := limit.exceeded():
                return _Wait.OUT_OF_MEMORY, excess
            if time.monotonic() >= until:
                return _Wait.OUT_OF_TIME, ""
        return _Wait.DONE, ""

    def _out_of_time(self, pids: Sequence[int], timeout: float) -> TrialOutcome:
        """Ends the trial's processes and asks them where they stand."""
        stacks, hang = collect_stacks(self.child, pids, self.folder)
        self.child.drain()
        notes, why = _read_notes(self.folder / NOTES)
        reason = f"no answer after {timeout:g} s"
        return TrialOutcome(
            status="timeout",
            reason=f"{reason}: {why}" if why else reason,
            answer=None,
            output=self._output(),
            stacks=stacks,
            hang=hang,
            notes=notes,
        )

    def _out_of_memory(self, excess: str) -> TrialOutcome:
        self.child.drain()
        noticed_ns = time.perf_counter_ns()
        self._read_answer()  # for the shared memory that it names
        notes, _ = _read_notes(self.folder / NOTES)
        return TrialOutcome(
            status="crashed", reason=excess, answer=None, output=self._output(), noticed_ns=noticed_ns, notes=notes
        )

    def _done(self, answered_ns: int) -> TrialOutcome:
        self.child.listen_until(time.monotonic() + GRACE_S, self.child.ended)
        self.child.drain()
        now_ns = time.perf_counter_ns()
        found, problem = self._read_answer()
        notes, _ = _read_notes(self.folder / NOTES)
        if found is None:
            return self._ended_without_answer(problem, now_ns, notes)
        if wrong := clock_check.problem(found, self.started_ns, answered_ns):
            found = {**clock_check.without_times(found), "status": "invalid", "reason": wrong}
        found.pop("clock", None)
        return self._answered(found, now_ns, notes)

    def _ended_without_answer(self, problem: str, now_ns: int, notes: Notes) -> TrialOutcome:
        return TrialOutcome(
            status="crashed",
            reason=problem,
            answer=None,
            output=self._output(),
            orphans=self._orphans(),
            noticed_ns=now_ns,
            notes=notes,
        )

    def _answered(self, found: dict[str, Any], now_ns: int, notes: Notes) -> TrialOutcome:
        status = found.get("status", "")
        outcome = TrialOutcome(
            status=status,
            reason=found.get("reason") or "",
            answer=found,
            noticed_ns=found.get("ended_ns") or (now_ns if status == "crashed" else None),
            notes=notes,
        )
        if status not in ("", "ok", "invalid"):
            return replace(outcome, output=self._output(), orphans=self._orphans())
        left = process_tree.still_alive(self.child.process, self.marker, GRACE_S)
        self.audit.processes(left)
        return replace(outcome, left_behind=len(left), orphans=len(left))

    def _read_answer(self) -> tuple[dict[str, Any] | None, str]:
        """The child's answer, or None and why there is none."""
        try:
            found = answer.decode(bytes(self.child.answer), self.measures)
        except ValueError as error:
            return None, str(error)
        if found is None:
            return None, f"the trial's process {exit_reason(self.child.process.poll())}"
        self.audit.seen.update(found.pop("held", None) or ())
        return found, ""

    def _output(self) -> str:
        return text(self.child.output[-OUTPUT_KEPT:])

    def _orphans(self) -> int:
        """How many processes survive a child that ended badly; they are no reason to doubt a timing."""
        return len(process_tree.still_alive(self.child.process, self.marker, ORPHANS_WITHIN_S))


def _read_notes(path: Path) -> tuple[Notes, str]:
    """What a trial noted in its last pass (see `concexp.trial.diagnostics.notes`), and why it hangs, if it knew."""
    notes: Notes = {}
    why = ""
    lines = foreign_file.content(path, NOTES_LIMIT).decode("utf-8", "replace").splitlines()
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "pass":
            notes.clear()
        elif name == "why":
            why = rest
        else:
            number = int(rest) if rest.isascii() and rest.isdigit() and len(rest) < NUMBER_LENGTH else None
            notes[name] = notes.get(name, (0, None))[0] + 1, number
    return notes, why


def exit_reason(code: int | None) -> str:
    """How a child ended that did not answer; `code` is its exit code, None if it still runs."""
    if code is None:
        return "closed its answer without giving one"
    if code == UNSEEN:
        return "ended, and the process that it was forked from was gone before"
    if code == ANSWER_CLOSED:
        return "could not answer: the measured code has closed the descriptor that the answer goes to"
    return f"{how_it_ended(code)} before it answered"
