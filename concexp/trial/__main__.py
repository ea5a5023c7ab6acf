"""The child's side of a trial: a request comes in, one answer goes out.

    PYTHON -s -S <stage>/__main__.py REQUEST_FD ANSWER_FD LIFELINE_FD

Request and answer are messages of `wire`. The request is a dict; its `verb` names the file in `verbs` that answers it:

* `describe`  -> facts about this interpreter
* `refuse`    -> why combinations cannot run on this interpreter
* `calibrate` -> how many rounds of a loop fill a second
* `clocks`    -> what the clock costs and how late a sleep ends
* `spin`      -> how much work spinners do alone and together
* `look`      -> what a user's own code is, or why it cannot be a workload
* `measure`   -> the facts of one trial

The lifeline is the reading end of a pipe whose writing end only the parent holds: when the parent is gone, the kernel
sends SIGIO to this process's whole group, so that no process of the trial survives it.

With one descriptor instead of three, this process forks trials (see `template`), each of which goes through `main` as well.
"""

import os
import sys

__all__ = ["main"]

ANSWER_CLOSED = 77  # exit code


def die_with_parent(descriptor):
    """Let the kernel end this process group when the other end of `descriptor` closes."""
    import fcntl

    # F_SETOWN with a negative number means the group; SIGIO's default action ends a process. Neither ctypes nor
    # PR_SET_PDEATHSIG (which a fork clears, and which fires when the starting *thread* ends) is needed.
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def answer_to(request):
    """The answer to one request, a dict: that of the file in `verbs` which has the verb's name."""
    from concexp.trial.plugin import module_of

    return module_of("concexp.trial.verbs." + request["verb"]).answer(request)


def held():
    """The names in /dev/shm that this process has mapped; it may have ended before the parent can look."""
    try:
        with open("/proc/self/maps", errors="replace") as maps:
            found = {line.partition("/dev/shm/")[2].rstrip() for line in maps if "/dev/shm/" in line}
    except OSError:
        return []
    return sorted(found)


def identity_of(descriptor):
    """What distinguishes an open file from all others; None if the descriptor is closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def main(arguments):
    """Read the request, answer it, and end; or fork trials that do."""
    if len(arguments) == 1:
        from concexp.trial.template import serve

        serve(int(arguments[0]), main)
        return
    request_fd, answer_fd, lifeline_fd = [int(text) for text in arguments]
    from concexp.trial import wire
    from concexp.trial.own_time import Stay

    stay = Stay()  # before any code under test is there

    die_with_parent(lifeline_fd)
    pipe = identity_of(answer_fd)
    for descriptor in (request_fd, answer_fd, lifeline_fd):
        os.set_inheritable(descriptor, False)  # a worker that execs must not keep the answer open
    answer = answer_to(wire.receive(request_fd))
    answer["held"] = held()
    answer["clock"] = {**stay.account(), "outside_ns": answer.pop("outside_ns", 0)}
    message = wire.encode_answer(answer)
    if identity_of(answer_fd) != pipe:  # closed by measured code, and perhaps opened again as a file of the user's
        sys.stderr.write("concexp: the measured code has closed the descriptor that the answer goes to\n")
        sys.stderr.flush()
        os._exit(ANSWER_CLOSED)
    wire.send(answer_fd, message)
    if answer.get("status") not in (None, "ok", "invalid"):
        # Threads may still wait for a lock that is never released: an orderly exit would join them for ever.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
