"""A trial's memory limit, bytes: what all its processes hold together, checked a few times a second."""

from __future__ import annotations

import psutil

from concexp.run.child import process_tree

# Between two checks, seconds. A check takes the parent, not the trial, some milliseconds. Shorter excesses may be missed.
CHECK_EVERY_S = 0.25


class Limit:
    """Checks the processes of one trial; used only where a limit was set.

    What counts is the resident memory of all of them. Pages that several share, as after a fork, count once (their
    proportional set size). For that figure the kernel walks all pages of a process and holds it up meanwhile, so it is
    used only if the plain sum, which counts shared pages in each process, exceeds the limit. Blocks of /dev/shm count for
    the processes that have them mapped.
    """

    def __init__(self, session: int, marker: str, limit: int) -> None:
        self.session, self.marker, self.limit = session, marker, limit
        self.others: set[int] = set()  # known not to belong to the trial: checked once

    def exceeded(self) -> str:
        """Why the trial has to be ended; "" if it is within its limit."""
        pids = self._pids()
        if sum(_resident(pid) for pid in pids) <= self.limit:
            return ""
        used = sum(_proportional(pid) for pid in pids)
        if used <= self.limit:
            return ""
        who = "1 process" if len(pids) == 1 else f"{len(pids)} processes"
        return f"memory limit: {bytes_text(used)} of {bytes_text(self.limit)} used by {who}"

    def _pids(self) -> list[int]:
        running = set(psutil.pids())
        self.others &= running
        pids = []
        for pid in running - self.others:
            if process_tree.is_ours(pid, self.session, self.marker):
                pids.append(pid)
            else:
                self.others.add(pid)
        return pids


def bytes_text(size: float) -> str:
    """A size for people: `2 GiB`, `312 MiB`, `80 bytes`."""
    for factor, unit in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= factor:
            return f"{size / factor:.3g} {unit}" if size < 1000 * factor else f"{size / factor:.0f} {unit}"
    return f"{size / 1024:.3g} KiB" if size >= 1024 else f"{size:.0f} bytes"


def _resident(pid: int) -> int:
    """Resident memory of a process, bytes; 0 if it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _proportional(pid: int) -> int:
    """The same with each shared page divided by the number of processes that share it."""
    try:
        full = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        return _resident(pid)
    return int(getattr(full, "pss", full.rss))
