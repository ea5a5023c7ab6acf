"""A trial's limit of memory, bytes: what all its processes hold together, looked at a few times a second, and by whom."""

from __future__ import annotations

import psutil

from concexp.run.child import process_tree

# Between two looks, seconds. A look costs some milliseconds of the parent's time, which is none of the trial's; what is
# over the limit for less than this may be missed.
CHECK_EVERY_S = 0.25


class Limit:
    """Watches the processes of one trial; nobody looks at them where no limit was set.

    What counts is the resident memory of all of them. Pages that several share, as after a fork, are counted once (their
    proportional set size). To ask for that, the kernel walks through all pages of a process and holds it up meanwhile: so
    it is asked only when the plain sum, which counts shared pages for each, is over the limit. Blocks of /dev/shm count
    for who has them mapped.
    """

    def __init__(self, session: int, marker: str, limit: int) -> None:
        self.session, self.marker, self.limit = session, marker, limit
        self.strangers: set[int] = set()  # known not to belong to the trial: looked at once

    def exceeded(self) -> str:
        """The reason why the trial has to be ended, or an empty text."""
        pids = self._members()
        if sum(_resident(pid) for pid in pids) <= self.limit:
            return ""
        used = sum(_share(pid) for pid in pids)
        if used <= self.limit:
            return ""
        who = "1 process" if len(pids) == 1 else f"{len(pids)} processes"
        return f"memory limit: {bytes_text(used)} of {bytes_text(self.limit)} used by {who}"

    def _members(self) -> list[int]:
        there = set(psutil.pids())
        self.strangers &= there
        mine = []
        for pid in there - self.strangers:
            if process_tree.is_ours(pid, self.session, self.marker):
                mine.append(pid)
            else:
                self.strangers.add(pid)
        return mine


def bytes_text(size: float) -> str:
    """A size for people: `2 GiB`, `312 MiB`."""
    for factor, unit in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= factor:
            return f"{size / factor:.3g} {unit}" if size < 1000 * factor else f"{size / factor:.0f} {unit}"
    return f"{size / 1024:.3g} KiB"


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _share(pid: int) -> int:
    try:
        full = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        return _resident(pid)
    return int(getattr(full, "pss", full.rss))
