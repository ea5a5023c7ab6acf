"""Runs a request in a fork of one sealed child and returns its TrialOutcome: many trials without starting a Python for each.

The child is as sealed as that of a trial: the staged code, `-s -S`, an environment built from nothing. It has imported what
most trials import, and only forks. Each fork leads a session of its own and runs the main program of a trial, from the
request to an orderly exit. This does not test how a child is started, watched and ended; `tests.helpers.children.trial` does.
"""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from concexp.run.child import answer
from concexp.run.child.launch import TrialOutcome, environment, exit_reason
from concexp.run.child.stage import compile_for
from concexp.trial import wire
from concexp.trial.tools import how_it_ended
from tests.helpers import children
from tests.helpers.children import needs_packages, staged

TIMEOUT = 60.0

# A trial's orphans become children of this process: as long as there is one, something was left behind.
FORKER = """\
import asyncio, atexit, concurrent.futures.process, ctypes, gc, importlib, os, select, signal, sys, threading, time

sys.path[0] = sys.argv[1]
from concexp.trial import wire
from concexp.trial.__main__ import main
from concexp.trial.verbs import measure

for kind in ("models", "sync", "probes"):
    for file in os.listdir(os.path.join(sys.argv[1], "concexp", "trial", kind)):
        if file.endswith(".py"):
            importlib.import_module("concexp.trial.%s.%s" % (kind, file[:-3]))
gc.collect()
gc.freeze()  # so that a trial's collector does not scan what was imported here
commands, answers, life = map(int, sys.argv[2:])
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER

def become_a_trial(folder):
    os.setsid()
    os.chdir(folder)
    os.environ["TMPDIR"] = folder
    output = os.open("output", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # Opened anew: which process is notified when the lifeline breaks is kept with the open file, not with the descriptor.
    own_life = os.open("/proc/self/fd/%d" % life, os.O_RDONLY)
    for descriptor in (output, commands, answers, life):
        os.close(descriptor)
    main([os.open("request", os.O_RDONLY), os.open("answer", os.O_WRONLY | os.O_CREAT), own_life])
    # All of an orderly exit except tearing down the modules, which would copy the memory shared with the other forks.
    threading._shutdown()
    atexit._run_exitfuncs()
    os._exit(0)

def children():
    with open("/proc/self/task/%d/children" % os.getpid()) as file:
        return [int(pid) for pid in file.read().split()]

def without_orphans(deadline):
    while True:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                if time.monotonic() > deadline:
                    return children()
                time.sleep(0.002)
        except ChildProcessError:
            return []

def attend(pid, seconds):
    ended = os.pidfd_open(pid)
    in_time = ended in select.select([ended, commands], [], [], seconds)[0]
    os.close(ended)
    if not in_time:
        os.killpg(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    left = without_orphans(time.monotonic() + 2)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    without_orphans(time.monotonic() + 2)
    return {"code": code if in_time else None, "left_behind": len(left)}

while True:
    try:
        folder, seconds = wire.receive(commands)
    except EOFError:
        break
    trial = os.fork()
    if not trial:
        become_a_trial(folder)
    wire.send(answers, wire.encode(attend(trial, seconds)))
"""


class Forks:
    """The sealed child that forks. It ends with this process, or with `close`."""

    def __init__(self) -> None:
        ready = staged()
        compile_for(sys.executable, ready)
        self.folder = Path(tempfile.mkdtemp(prefix="concexp-forks-"))
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        life, self.life = os.pipe()
        theirs = (commands, answers, life)
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-S", "-c", FORKER, str(ready.path), *map(str, theirs)],
            env=environment("forks", 1, str(self.folder), {}),
            cwd=self.folder,
            pass_fds=theirs,
            start_new_session=True,
        )
        for descriptor in theirs:
            os.close(descriptor)

    def measured(self, request):
        """Runs a request of verb `measure` and returns its TrialOutcome."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "request").write_bytes(wire.encode({**request, "folder": str(folder)}))
        wire.send(self.commands, wire.encode([str(folder), TIMEOUT]))
        end = wire.receive(self.answers)
        message, output = (read(folder / name) for name in ("answer", "output"))
        shutil.rmtree(folder)
        found = answer.decode(message)
        status, reason = (found["status"], found["reason"]) if found else ("crashed", exit_reason(end["code"]))
        if end["code"] is None:
            status, reason = "timeout", f"no end after {TIMEOUT:g} s"
        elif end["code"]:
            status, reason = "crashed", f"after its answer it {how_it_ended(end['code'])}"
        return TrialOutcome(status, reason, found, output.decode("utf-8", "replace"), "", end["left_behind"], 0.0)

    def close(self):
        for descriptor in (self.commands, self.answers, self.life):
            os.close(descriptor)
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def read(path):
    """The bytes of a file; none if it does not exist."""
    return path.read_bytes() if path.exists() else b""


@functools.cache
def forks():
    """The one forking child of this process."""
    child = Forks()
    atexit.register(child.close)
    return child


# Of `tests.helpers.children.trial`: what belongs to the start of a child.
STARTED_WITH = {"python", "timeout", "site", "provided", "variables", "more_flags"}


def trial(workload="cpu_sum", model="serial", sync="none", **more):
    """Like `tests.helpers.children.trial`, to which it leaves trials that need a child of their own."""
    if needs_packages(workload, model) or more.keys() & STARTED_WITH:
        return children.trial(workload, model, sync, **more)
    if model == "serial":
        more.setdefault("workers", 1)
    return forks().measured(children.request(workload, model, sync, **more))
