"""Runs the command line, as `concexp` or `python -m concexp`, and exits with the code that its errors have.

At first this module imports nothing of weight, so that Ctrl-C while the libraries load, a third of a second, ends the program
without a word from any of them, and the standard streams are there, however the program was started.
"""

import os
import sys


def _forget_working_folder() -> None:
    """Take the working folder off the path, where `python -m` puts it first: a user's numbers.py is not the library's."""
    first = sys.path[0] or os.curdir
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        is_first = os.path.samefile(first, os.curdir) and not os.path.samefile(first, here)
    except OSError:  # it is gone
        return
    if is_first:
        del sys.path[0]


if __name__ == "__main__":
    _forget_working_folder()

import errno  # noqa: E402  only now
import io  # noqa: E402
import signal  # noqa: E402
from types import FrameType, ModuleType  # noqa: E402

# Errors of a system without room or permission, with a broken disk, or on which a folder or a program (an interpreter, the
# temporary folder, the working folder) was removed meanwhile: not mistakes of concexp.
SYSTEM_REFUSALS = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE,
    errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOENT, errno.ENOTDIR, errno.ESTALE,
)  # fmt: skip


def main() -> None:
    """The console script."""
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    _prepare_standard_streams()
    # Else pydantic looks for plug-ins of its own in each installed package: concexp has no use for any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    import concexp.cli

    if previous is signal.default_int_handler:
        signal.signal(signal.SIGINT, previous)
    sys.exit(_run(concexp.cli))


def _run(cli: ModuleType) -> int:
    """Run the command; returns its exit code, unless the command itself exits."""
    from concexp.errors import ConcexpError

    if not sys.platform.startswith(("linux", "darwin")):
        cli.say("concexp runs on Linux (in full) and macOS; Windows is refused for now", err=True)
        return 3
    try:
        cli.run_command_line()
    except ConcexpError as error:
        cli.say(str(error), err=True)
        return error.exit_code
    except BrokenPipeError:  # the reader of the output has gone, as with `| head`
        sys.stderr.close()
    except MemoryError:
        cli.say("the system gives no more memory (ulimit -v?): every finished trial is kept", err=True)
        cli.say(
            "  allow more and give the same command again, or `concexp report` if only the page is missing", err=True
        )
        return 3
    except OSError as error:
        if error.errno not in SYSTEM_REFUSALS:
            raise
        where = f" {error.filename}" if error.filename else ""
        cli.say(f"the system refused{where}: {error.strerror}", err=True)
        cli.say("  make room or permission, then give the same command again: every finished trial is kept", err=True)
        return 3
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """Nothing has been started yet."""
    os._exit(130)


def _prepare_standard_streams() -> None:
    """Open what is closed of descriptors 0 to 2 as /dev/null: a pipe of a trial must not get one of these numbers.

    What a stream's encoding lacks is written with a backslash.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
