"""Ends a command in good order when it gets a signal."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import typer

from concexp.output import say
from concexp.run.storage.foreign_text import printable

KEPT = "every finished trial is kept"


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """While libraries load, Ctrl-C ends the program at once: an exception in the middle of one comes out as another."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    try:
        yield
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def interruptible(message: Callable[[str], str]) -> Iterator[None]:
    """On Ctrl-C or SIGTERM, end the run in good order and print a message; a second one ends it at once. Exit code 130.

    `message` makes it from what is kept, in words. SIGHUP is ignored, so that closing the terminal does not stop a long run.
    """
    interrupted = False

    def interrupt(number: int, frame: Any) -> None:
        nonlocal interrupted
        if interrupted:
            # Not by `say`: the signal may have arrived in the middle of it.
            with contextlib.suppress(OSError):
                os.write(2, printable(f"\ninterrupted at once; {message(KEPT)}\n").encode())
            os._exit(130)  # the trial that still runs notices that its parent is gone
        interrupted = True
        raise KeyboardInterrupt

    previous = {}
    # Handlers, never SIG_IGN: the trials would inherit that.
    for number, handler in ((signal.SIGINT, interrupt), (signal.SIGTERM, interrupt), (signal.SIGHUP, lambda *_: None)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` and a shell's `&` ignore it on purpose
            previous[number] = signal.signal(number, handler)
    try:
        yield
    except KeyboardInterrupt as stop:
        for line in stop.args:
            say(line)
        say(f"\ninterrupted; {message(getattr(stop, 'kept', KEPT))}", err=True)
        raise typer.Exit(130) from None
    finally:
        for number, former in previous.items():
            signal.signal(number, former)
