"""Runs concexp's commands in forks of a process that has imported everything, so that none pays for the imports again.

Pictures are blank, and nothing waits for the disk; whole programs that are started anew, in `tests/test_cli.py` for one, do both.

It reads a request (folder, arguments, environment, path of stdout, path of stderr) from one pipe, runs `python -m concexp` in a
fork, and writes its exit code to another pipe. It only imports and never runs a command itself, so that each fork is in the state
of a fresh interpreter after its imports.
"""

import atexit
import contextlib
import gc
import importlib
import os
import pkgutil
import runpy
import sys
import tempfile
import threading
import traceback

import concexp
from concexp.run.machine import spinners
from concexp.trial import wire
from tests.helpers import blank_pictures

# Imported inside functions of concexp, or of the libraries that it uses, where a command needs them.
LAZY = ("matplotlib.pyplot", "matplotlib.backends.backend_agg", "pyarrow.parquet", "rich.progress", "scipy.stats")


def warm_up():
    """Import what a command may need, and keep the collector from going through it in every fork."""
    for module in pkgutil.walk_packages(concexp.__path__, "concexp."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)
    # Nobody looks at these commands' pictures, and what they write need not outlive a power cut.
    blank_pictures.leave_blank()
    os.fsync = lambda descriptor: None
    spinners.SPIN_SECONDS = 0.02  # nor does a test depend on how many CPUs the machine gives
    gc.collect()
    gc.freeze()


def run(folder, arguments, environment, stdout, stderr):
    """Become `python -m concexp` with these arguments in a folder; never returns."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in ((1, stdout), (2, stderr)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    tempfile.tempdir = None  # TMPDIR may be another one
    sys.path[0] = folder
    sys.argv[1:] = arguments
    code = 0
    try:
        runpy.run_module("concexp", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    # An orderly exit, except for taking every module apart, which would copy the memory shared with other forks.
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):  # the command may have closed it
            stream.flush()
    os._exit(code)


def serve(requests, answers):
    """Answer requests, one after the other, until the pipe is closed."""
    warm_up()
    while True:
        try:
            request = wire.receive(requests)
        except EOFError:
            return
        process = os.fork()
        if not process:
            os.close(requests)
            os.close(answers)
            run(*request)
        wire.send(answers, wire.encode(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
