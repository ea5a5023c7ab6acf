"""Finds what a trial leaves behind: processes, the sockets they listen on, shared memory and semaphores.

Comparing /dev/shm before and after is not enough: other programs make blocks there at any time, and the names that Python
gives do not show which program made them. So a block is *surely* the trial's only if one of its processes was seen to hold
it, mapped or open, or if it is named exactly as loky and joblib name theirs, after one of these processes. The processes are
examined when the trial has answered or its time is over, before any is ended, and only if /dev/shm has something new: most
trials cost one look into a folder. What is surely the trial's is removed. Anything else that appeared meanwhile, belongs to
this user and is held by no live process may still be another program's: it is reported, and stays.

Not seen: System V shared memory (the standard library has none), and processes that empty their environment and leave the
session.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

SHARED = Path("/dev/shm")
HELD = re.compile(r"/dev/shm/([^/\n]+)")
# How loky names its semaphores, and joblib the folders of arrays that it shares. A number alone proves nothing: in a
# container process ids are small, and `frame_1_22` is somebody's.
NAMED_AFTER_ITS_MAKER = re.compile(r"(?:sem\.loky-|joblib_memmapping_folder_)(\d+)[-_]")
# Another program may be passing a block from one process to the next: look again after this time.
LOOK_AGAIN_S = 0.1
NAME_LENGTH = 200  # characters of a command line
LEAKS_LIMIT = 50  # in a record


class Audit:
    """Compares what exists before a trial, while its processes run, and after them.

    Each leak is {"what": process | socket | shared memory | semaphore, "name": …, "sure": whether it is certainly the
    trial's, and so was ended or removed}.
    """

    def __init__(self) -> None:
        self.before = _names()
        self.seen: set[str] = set()  # names in /dev/shm that the trial's processes held
        self.pids: set[str] = set()
        self.left: list[dict[str, Any]] = []

    def look(self, pids: Iterable[int]) -> None:
        """Remember which blocks the trial's processes hold."""
        for pid in pids:
            self.pids.add(str(pid))
            self.seen |= _held(pid)

    @property
    def anything_new(self) -> bool:
        """Whether /dev/shm has something that was not there before the trial."""
        return bool(_names() - self.before)

    def processes(self, pids: Iterable[int]) -> None:
        """Remember the processes that outlived the trial, and the sockets they listen on."""
        for pid in pids:
            name, sockets = _described(pid)
            self.left += [_leak("process", name)] if name else []
            self.left += [_leak("socket", socket) for socket in sockets]

    def leaked(self) -> list[dict[str, Any]]:
        """All leaks, once the processes have been ended; removes the shared memory that is surely the trial's."""
        blocks = {name: self._sure(name) for name in sorted(_abandoned(self.before))}
        if not all(blocks.values()):
            time.sleep(LOOK_AGAIN_S)
            still = _abandoned(self.before)
            blocks = {name: sure for name, sure in blocks.items() if sure or name in still}
        for name, sure in blocks.items():
            if sure:
                _remove(SHARED / name)
            self.left.append(_leak("semaphore" if name.startswith("sem.") else "shared memory", name, sure))
        return self.left[:LEAKS_LIMIT]

    def _sure(self, name: str) -> bool:
        match = NAMED_AFTER_ITS_MAKER.match(name)
        return name in self.seen or bool(match and match[1] in self.pids)


def _leak(what: str, name: str, sure: bool = True) -> dict[str, Any]:
    return {"what": what, "name": name, "sure": sure}


def _names() -> set[str]:
    try:
        return set(os.listdir(SHARED))
    except OSError:  # not Linux
        return set()


def _abandoned(before: set[str]) -> set[str]:
    """The names in /dev/shm that are new, belong to this user, and are held by no live process."""
    names = set()
    for name in _names() - before:
        with contextlib.suppress(OSError):
            if os.lstat(SHARED / name).st_uid == os.getuid():
                names.add(name)
    for pid in psutil.pids() if names else ():
        names -= _held(pid)
    return names


def _held(pid: int) -> set[str]:
    """The names in /dev/shm that a process has mapped or open; none if it may not be examined."""
    held: set[str] = set()
    with contextlib.suppress(OSError):
        held.update(HELD.findall(Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")))
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                held.update(HELD.findall(os.readlink(f"/proc/{pid}/fd/{number}")))
    return held


def _described(pid: int) -> tuple[str, list[str]]:
    """(command line, sockets on which it listens) of a process; empty if it is gone."""
    try:
        process = psutil.Process(pid)
        name = " ".join(process.cmdline()) or process.name()
        sockets = [
            f"{socket.laddr.ip}:{socket.laddr.port} of {name}"[:NAME_LENGTH]
            for socket in process.net_connections("tcp")
            if socket.status == psutil.CONN_LISTEN
        ]
    except psutil.Error:
        return "", []
    return name[:NAME_LENGTH], sockets


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
