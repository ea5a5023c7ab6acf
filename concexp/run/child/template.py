"""Templates from the parent's side: warm processes that fork trials, for experiments with `measure: {isolation: fork}`.

There is one for each interpreter with its flags and environment, started with the first trial that needs it. Its modules are those
of concexp that the run's trials import; the code under test is imported after the fork. `concexp.trial.template` has the protocol.

What all forks of a template share is given up: the layout of its memory and the seed of its hashes, which differ from one fresh
process to the next. A template that dies or does not answer is replaced; its trial runs in a fresh process.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp.run.child import process_tree
from concexp.trial import wire
from concexp.trial.template import PACKET, REFUSED, exit_code
from concexp.trial.tools import how_it_ended

WARM_S = 60.0  # to start and to import; a cold disk may need many seconds
ANSWER_S = 10.0  # to fork, which takes a millisecond
END_S = 2.0
# Where this many templates of one kind have failed, its trials run in fresh processes.
MOST_FAILURES = 3
UNSEEN = 256  # stands for the exit code of a trial whose template was gone when it ended
OUTPUT_SHOWN = 300  # bytes of what a failed template printed
HASH_SEED = "PYTHONHASHSEED"
# What a run says in its manifest.
GIVEN_UP = (
    "fork: trials are forks of a warm process, one for each interpreter with its flags and environment; they share its layout of "
    "memory, its seed of hashes and the modules of concexp that it has imported"
)
THE_PROCESS = "the process that forks trials"


class TemplateFailed(Exception):
    """No trial can be forked now; the text says why."""


class Forked:
    """The process of a trial that a template forked, with as much of `subprocess.Popen` as trials need."""

    def __init__(self, template: Template, pid: int) -> None:
        self.template = template
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None while it runs. The template is woken only once it has ended."""
        if self._code is None and self._has_ended(0):
            self._code = self.template.exit_code_of(self.pid)
            os.close(self._pidfd)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; subprocess.TimeoutExpired if it still runs after `timeout` seconds."""
        if self._code is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def was_continued(self) -> bool:
        """Whether a signal stopped it and another one let it go on."""
        with contextlib.suppress(TemplateFailed):
            return self.template.ask({"do": "continued", "pid": self.pid}) == "yes"
        return False

    def _has_ended(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(None if timeout is None else 1000 * timeout))


class Template:
    """A running template. `failed` says why it can be used no longer; `hash_seed` is that of all its trials."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], modules: Sequence[str]) -> None:
        """Start it and let it import these modules; TemplateFailed if that fails, OSError if there is no such interpreter."""
        self.failed = ""
        self.marker = process_tree.new_marker()
        self.hash_seed = int(env[HASH_SEED]) if env.get(HASH_SEED, "").isdigit() else None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._output, output = os.pipe()
        self._printed = b""
        os.set_blocking(self._output, False)
        try:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**env, process_tree.MARKER: self.marker},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError:
            self._control.close()
            os.close(self._output)
            raise
        finally:
            theirs.close()
            os.close(output)
        process_tree.helpers.add(self.process.pid)
        with contextlib.suppress(OSError, AttributeError):
            resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        self.ask({"do": "warm", "modules": list(modules)}, WARM_S)

    def fork(self, folder: Path, working: Path, request: int, answer: int, lifeline: int, output: int) -> Forked:
        """Fork a trial with these descriptors; `folder` is its own, and `working` that in which it starts."""
        asked = {"do": "fork", "variables": {"TMPDIR": str(folder)}, "working": str(working)}
        try:
            line = self.ask(asked, descriptors=(request, answer, lifeline, output))
            return Forked(self, int(line.removeprefix("forked ")))
        except BaseException as error:
            if not self.failed:
                self.end(f"{THE_PROCESS} forked one that cannot be watched: {error}")
            process_tree.kill(self.process, self.marker)  # it may have forked all the same
            if isinstance(error, (OSError, ValueError)):
                raise TemplateFailed(self.failed) from error
            raise

    def exit_code_of(self, pid: int) -> int:
        """The exit code of a trial that has ended."""
        try:
            return int(self.ask({"do": "reap", "pid": pid}).removeprefix("code "))
        except (TemplateFailed, ValueError):
            # It ended before its trial did: then the trial became a child of this process, if that inherits orphans.
            with contextlib.suppress(ChildProcessError):
                return int(exit_code(os.waitpid(pid, 0)[1]))
            return UNSEEN

    def ask(self, asked: Mapping[str, Any], seconds: float = 0, descriptors: Sequence[int] = ()) -> str:
        """Send a packet and return the answer; TemplateFailed, and the template is ended, if there is none or it refuses.

        `seconds` is how long it may take, ANSWER_S if that is 0.
        """
        if self.failed:
            raise TemplateFailed(self.failed)
        seconds = seconds or ANSWER_S
        try:
            socket.send_fds(self._control, [wire.literal(asked).encode()], descriptors)
            in_time = self._answers_within(seconds)
            line = self._control.recv(PACKET).decode("utf-8", "replace") if in_time else ""
        except OSError:  # it has closed its end
            in_time, line = True, ""
        except BaseException:  # the answer to this would be taken for that to the next one
            self.end(f"{THE_PROCESS} was interrupted")
            raise
        if not in_time:
            raise self._failure(f"did not answer within {seconds:g} s")
        if not line:
            raise self._failure(self._how_it_ended())
        word, _, why = line.partition(" ")
        if word == REFUSED:
            raise self._failure(f"cannot do what it should: {why}")
        return line

    def _answers_within(self, seconds: float) -> bool:
        """Whether an answer comes in this time. What is printed meanwhile is read: with `-v` a pipe would not hold it."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        for descriptor in (self._control.fileno(), self._output):
            poll.register(descriptor, select.POLLIN)
        while ready := poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
            if any(descriptor == self._control.fileno() for descriptor, _ in ready):
                return True
            if not self._read_output():
                poll.unregister(self._output)
        return False

    def _read_output(self) -> bool:
        """Keep the end of what it has printed; returns whether there was anything."""
        try:
            data = os.read(self._output, PACKET)
        except BlockingIOError:
            return False
        self._printed = (self._printed + data)[-OUTPUT_SHOWN:]
        return bool(data)

    def _how_it_ended(self) -> str:
        try:
            how = how_it_ended(self.process.wait(END_S))
        except subprocess.TimeoutExpired:
            return "closed its socket"
        while self._read_output():
            pass
        printed = self._printed.decode("utf-8", "replace").strip()
        return f"{how}: {printed}" if printed else how

    def _failure(self, why: str) -> TemplateFailed:
        """End this template for this reason."""
        self.end(f"{THE_PROCESS} {why}")
        return TemplateFailed(self.failed)

    def end(self, why: str = "") -> None:
        """End it: kindly, or by a signal where it has failed for the reason `why`. More than once is fine."""
        if self.failed:
            return
        self.failed = why or f"{THE_PROCESS} was ended"
        self._control.close()
        os.close(self._output)
        try:
            self.process.wait(0 if why else END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        process_tree.helpers.discard(self.process.pid)


@dataclass
class Templates:
    """The templates of a run, by their command line and environment; `modules` are what each of them imports."""

    modules: Sequence[str] = ()
    _running: dict[Any, Template] = field(default_factory=dict)
    _failures: dict[Any, list[str]] = field(default_factory=dict)

    def ready(self, command: Sequence[str], env: Mapping[str, str], hash_seed: str) -> Template:
        """A template that can fork trials of this command and environment.

        `hash_seed` becomes its PYTHONHASHSEED if it has to be started; "" where `env` decides that. TemplateFailed if it cannot
        be started, or if too many have failed already.
        """
        key = tuple(command), tuple(sorted(env.items()))
        failures = self._failures.setdefault(key, [])
        if (running := self._running.get(key)) is not None and running.failed:
            failures.append(running.failed)
            del self._running[key]
        if len(failures) >= MOST_FAILURES:
            raise TemplateFailed(failures[-1])
        if key not in self._running:
            seed = {HASH_SEED: hash_seed} if hash_seed else {}
            try:
                self._running[key] = Template(command, {**env, **seed}, self.modules)
            except TemplateFailed as failure:
                failures.append(str(failure))
                raise
        return self._running[key]

    def close(self) -> None:
        """End all of them; the next trial starts another."""
        for template in self._running.values():
            template.end()
        self._running.clear()
