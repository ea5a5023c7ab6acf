"""What a trial leaves: processes, the sockets on which they listen, shared memory and semaphores -> a list for its record.

To compare /dev/shm before and after is not enough: others make blocks there at any time, and the names that Python gives
tell nothing of who made them. So a block is *surely* the trial's only if one of its processes was seen to hold it, mapped
or open, or if its name holds the number of one of them, as those of loky and joblib do. The processes are looked at when
the trial has answered or its time is over, before anybody is ended, and only if there is anything new in /dev/shm: most
trials cost one look into a folder. What is surely the trial's is removed. What else appeared meanwhile, is this user's and
is held by no living process may be another program's all the same: it is reported, and stays.

Not seen: System V shared memory (the standard library has none), and who empties his environment and leaves the session.
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
# Another program's block may be on its way from one process to the next: look again after so long, seconds.
AGAIN = 0.1
SHOWN = 200  # characters of a command line
LISTED = 50  # things that a record tells of


class Audit:
    """Looks at what there is before a trial, while its processes are there, and after them.

    The list of what was left has {"what": process | socket | shared memory | semaphore, "name": …, "sure": whether it is
    the trial's beyond doubt, and so was ended or removed}.
    """

    def __init__(self) -> None:
        self.before = _names()
        self.seen: set[str] = set()  # names in /dev/shm that the trial's processes held
        self.pids: set[str] = set()
        self.left: list[dict[str, Any]] = []

    def look(self, pids: Iterable[int]) -> None:
        """Keep which blocks these processes, all of them the trial's, hold."""
        for pid in pids:
            self.pids.add(str(pid))
            self.seen |= _held(pid)

    @property
    def anything_new(self) -> bool:
        """Whether there is anything in /dev/shm that was not there before."""
        return bool(_names() - self.before)

    def processes(self, pids: Iterable[int]) -> None:
        """Keep who is still there although the trial is over, and where they listen."""
        for pid in pids:
            name, sockets = _described(pid)
            self.left += [_left("process", name)] if name else []
            self.left += [_left("socket", socket) for socket in sockets]

    def leaked(self) -> list[dict[str, Any]]:
        """All that was left, when the processes have been ended; removes the shared memory that is surely the trial's."""
        blocks = {name: self._sure(name) for name in sorted(_abandoned(self.before))}
        if not all(blocks.values()):
            time.sleep(AGAIN)
            still = _abandoned(self.before)
            blocks = {name: sure for name, sure in blocks.items() if sure or name in still}
        for name, sure in blocks.items():
            if sure:
                _remove(SHARED / name)
            self.left.append(_left("semaphore" if name.startswith("sem.") else "shared memory", name, sure))
        return self.left[:LISTED]

    def _sure(self, name: str) -> bool:
        return name in self.seen or bool(self.pids & set(re.split(r"[^0-9A-Za-z]", name)))


def _left(what: str, name: str, sure: bool = True) -> dict[str, Any]:
    return {"what": what, "name": name, "sure": sure}


def _names() -> set[str]:
    try:
        return set(os.listdir(SHARED))
    except OSError:  # not Linux
        return set()


def _abandoned(before: set[str]) -> set[str]:
    """What is new in /dev/shm, is this user's, and is held by no living process."""
    mine = set()
    for name in _names() - before:
        with contextlib.suppress(OSError):
            if os.lstat(SHARED / name).st_uid == os.getuid():
                mine.add(name)
    for pid in psutil.pids() if mine else ():
        mine -= _held(pid)
    return mine


def _held(pid: int) -> set[str]:
    """The names in /dev/shm that a process has mapped or open; none where we may not look."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        found.update(HELD.findall(Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")))
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.update(HELD.findall(os.readlink(f"/proc/{pid}/fd/{number}")))
    return found


def _described(pid: int) -> tuple[str, list[str]]:
    """(command line, sockets on which it listens) of a process; empty where it has gone."""
    try:
        process = psutil.Process(pid)
        name = " ".join(process.cmdline()) or process.name()
        sockets = [
            f"{one.laddr.ip}:{one.laddr.port} of {name}"[:SHOWN]
            for one in process.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN
        ]
    except psutil.Error:
        return "", []
    return name[:SHOWN], sockets


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
