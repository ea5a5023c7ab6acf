"""The Python interpreters that this machine has, and trials in the newest of them."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.forks import trial


def for_this_interpreter_only(reason):
    """True if another version of Python may support what this reason refuses."""
    return "; this is " in reason


@functools.cache
def newest():
    """The path of the newest CPython at hand."""
    return at_hand()[max(at_hand(), key=lambda version: tuple(map(int, version.split("."))))]


def tried(workload, model, sync="none", **more):
    """The outcome of a trial under this Python or, if it is too old for the model, under the newest at hand.

    The test is skipped if no Python at hand can run it.
    """
    ending = trial(workload, model, sync, **more)
    if ending.status == "unsupported" and for_this_interpreter_only(ending.reason):
        ending = trial(workload, model, sync, python=newest(), **more)
        if ending.status == "unsupported" and for_this_interpreter_only(ending.reason):
            pytest.skip(f"no CPython at hand can carry it: {ending.reason}")
    return ending


# Each call notes its process and thread, and does not return before the expected number of workers have come.
ROLL_CALL = """\
import os, threading, time

def work(log, expected):
    with open(log, "a") as file:
        file.write("%d/%d\\n" % (os.getpid(), threading.get_ident()))
    while len(set(open(log).read().split())) < expected:
        time.sleep(0.001)
"""


VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]


QUESTION = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2], sys.executable)"


@functools.cache
def at_hand():
    """Version -> path of every CPython in pyenv's folder and on the PATH; each is started once and asked for its version."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [str(path) for path in sorted(pyenv.glob("versions/*/bin/python3"))]
    candidates += [path for path in map(shutil.which, ["python3", *(f"python{v}" for v in VERSIONS)]) if path]
    found = {}
    for candidate in [sys.executable, *candidates]:
        answer = subprocess.run([candidate, "-S", "-c", QUESTION], capture_output=True, text=True).stdout.split(None, 2)
        if len(answer) == 3 and answer[0] == "cpython":
            found.setdefault(answer[1], answer[2].strip())
    return found
