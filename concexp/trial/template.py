"""A template: a warm process that forks trials, so that no trial has to start an interpreter (`measure: {isolation: fork}`).

    PYTHON -s -S <stage>/__main__.py CONTROL_FD

CONTROL_FD is one end of a socket of packets; only the parent holds the other one, and the template ends when that closes. Each
packet from the parent is a request as `wire` writes it, without its length, and each is answered by one line of text:

* {"do": "warm", "modules": […]}      imports modules of `concexp.trial`            -> ready
* {"do": "fork", "variables": {…}, "working": …}, with descriptors for the request, the answer, the lifeline and the output of a
  trial, which then runs as any other (see `__main__`) in a session of its own      -> forked PID
* {"do": "reap", "pid": …}            waits for that process to end                 -> code N, a signal's is negative
* {"do": "continued", "pid": …}       whether a signal stopped it and it went on    -> yes | no

What cannot be done is answered with `refused`, and why. The template runs no code under test, has one thread, and waits for the
next packet while a trial runs.
"""

import _socket  # `socket` itself imports enum and selectors, which trials may not need
import os
import sys

from concexp.trial.plugin import module_of

PACKET = 1 << 16  # bytes of a packet, at most
DESCRIPTORS = 4  # those of a trial
REFUSED = "refused"


def serve(descriptor, be_trial):
    """Answer the parent's packets until its end of the socket closes; a fork calls `be_trial` with its first three descriptors."""
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, descriptor)
    os.set_inheritable(descriptor, False)
    while True:
        data, descriptors = received(control)
        if not data:
            return
        control.send(answer(control, data, descriptors, be_trial).encode("utf-8", "replace"))


def received(control):
    """(bytes of the next packet, the descriptors that came with it); no bytes once the other end is closed."""
    data, found, _, _ = control.recvmsg(PACKET, _socket.CMSG_SPACE(4 * DESCRIPTORS))
    numbers = b"".join(one for level, kind, one in found if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS))
    return data, [int.from_bytes(numbers[at : at + 4], sys.byteorder) for at in range(0, len(numbers) - 3, 4)]


def answer(control, data, descriptors, be_trial):
    """Do what a packet asks for; returns one line. In the fork of a trial it does not return."""
    from concexp.trial import wire

    try:
        asked = wire.value_of(data.decode("utf-8"))
        if asked["do"] == "warm":
            return warm(asked["modules"])
        if asked["do"] == "fork":
            return fork(control, asked, descriptors, be_trial)
        if asked["do"] == "reap":
            return "code %d" % exit_code(os.waitpid(asked["pid"], 0)[1])
        return "yes" if was_continued(asked["pid"]) else "no"
    except Exception as error:
        return "%s %s: %s" % (REFUSED, type(error).__name__, error)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def warm(modules):
    """Import what trials import before any code under test, as far as this interpreter can."""
    for name in modules:
        try:
            module_of(name)
        except Exception:  # the trial that needs it finds out why, and says so
            continue
    import gc

    gc.collect()
    if hasattr(gc, "freeze"):  # a trial's collector would write into the memory that it shares with this process
        gc.freeze()
    return "ready"


def fork(control, asked, descriptors, be_trial):
    """Fork a trial."""
    from concexp.trial.runtime import count_threads

    threads = count_threads()
    if threads != 1:  # a lock that another one holds would stay locked in the trial for ever
        return "%s it has %d threads: what was imported with the interpreter started them" % (REFUSED, threads)
    reap_others()
    pid = os.fork()
    if not pid:
        control.close()
        run_trial(asked, descriptors, be_trial)
    return "forked %d" % pid


def reap_others():
    """Let those go that ended and were not asked for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def run_trial(asked, descriptors, be_trial):
    """Be a trial from now on, and end with it. `descriptors` are request, answer, lifeline and output."""
    code = 1
    try:
        os.setsid()
        output = descriptors.pop()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.environ.update(asked["variables"])
        os.chdir(asked["working"])
        be_trial(descriptors)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        end_orderly(code)


def end_orderly(code):
    """End as an interpreter does, but leave the modules as they are: to take them down would copy all memory that is shared."""
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        import atexit

        atexit._run_exitfuncs()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, or replaced by the code under test
            continue
    os._exit(code)


def exit_code(status):
    """The exit code in what `waitpid` reports; a signal's is negative."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def was_continued(pid):
    """Whether a signal stopped a child and another one let it go on; False where that is not reported."""
    if not hasattr(os, "waitid"):  # PyPy
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WCONTINUED | os.WNOHANG) is not None
    except ChildProcessError:
        return False
