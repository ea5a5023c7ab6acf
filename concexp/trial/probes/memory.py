"""How much memory the trial's own processes hold."""

import os

from concexp.trial import tools


def fields(path):
    """The lines `Name: number kB` of a file below /proc in bytes, by name; nothing where it cannot be read."""
    found = {}
    try:
        with open(path) as file:
            for line in file:
                words = line.split()
                if len(words) == 3 and words[2] == "kB":
                    found[words[0].rstrip(":")] = found.get(words[0].rstrip(":"), 0) + int(words[1]) * 1024
    except OSError:
        pass
    return found


def peak(pid):
    """The largest resident size of a process so far, bytes; None where the system does not report it."""
    return fields("/proc/%d/status" % pid).get("VmHWM")


def forget_peak(pid):
    """Reset the kernel's peak (Linux: 5 into clear_refs); without permission it goes on from before."""
    try:
        with open("/proc/%d/clear_refs" % pid, "w") as file:
            file.write("5")
    except OSError:
        pass


class Probe(tools.Probe):
    """Memory of the trial's process and its workers' processes, the workload's servers not among them.

    Columns: peak_rss_bytes (the largest resident sizes of a pass, added up: what they share counts for each), pss_bytes
    (what they share counts in parts) and uss_bytes (only what is each one's own), both at the pass's end; None where
    the system does not report it.
    """

    columns = {
        "peak_rss_bytes": "number",
        "pss_bytes": "number",
        "uss_bytes": "number",
    }

    def begin(self, processes, servers):
        for pid in [os.getpid(), *processes]:
            forget_peak(pid)

    def end(self, processes, servers):
        own = [os.getpid(), *processes]
        peaks = [peak(pid) for pid in own]
        rolled = [fields("/proc/%d/smaps_rollup" % pid) for pid in own]
        return {
            "peak_rss_bytes": None if None in peaks else sum(peaks),
            "pss_bytes": sum(one["Pss"] for one in rolled) if all("Pss" in one for one in rolled) else None,
            "uss_bytes": sum(one["Private_Clean"] + one["Private_Dirty"] for one in rolled)
            if all("Private_Clean" in one for one in rolled)
            else None,
        }
