"""What others did to a trial during a pass: CPU time that was throttled or stolen, memory back from disk, stopped processes.

Read by the coordinator before and after a pass, while the workers are idle. Each reader takes the path of its file, so
that it can be tested on made-up ones.
"""

import os

from concexp.trial import tools

TICK = os.sysconf("SC_CLK_TCK")


def groups(membership="/proc/self/cgroup", root="/sys/fs/cgroup"):
    """The cpu.stat files of this process's control group (version 2 or 1) and of all groups above it."""
    found = []
    try:
        with open(membership) as file:
            lines = [line.strip().split(":", 2) for line in file]
    except OSError:
        return []
    for number, controllers, path in [line for line in lines if len(line) == 3]:
        if number != "0" and "cpu" not in controllers.split(","):
            continue
        base = root if number == "0" else root + "/cpu"
        names = [name for name in path.split("/") if name]
        for depth in range(len(names), -1, -1):
            file = "/".join([base, *names[:depth], "cpu.stat"])
            if os.path.exists(file):
                found.append(file)
    return found


def throttled(path):
    """Seconds, summed over CPUs, that a group was kept off the CPUs for having used up its quota; None where not reported.

    The file has "throttled_usec n" in version 2 of control groups and "throttled_time n", nanoseconds, in version 1.
    """
    found = numbers(path, {"throttled_usec": 1e6, "throttled_time": 1e9})
    return found[0] if found else None


def stolen(path="/proc/stat", cpus=None):
    """Seconds that the host of a virtual machine kept this process's CPUs from running, in steps of 10 ms; None where not reported.

    The eighth number of each line "cpuN user nice system idle iowait irq softirq steal ...".
    """
    if cpus is None:
        cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    names = {"cpu%d" % cpu for cpu in cpus}
    try:
        with open(path) as file:
            rows = [line.split() for line in file if line.startswith("cpu")]
        return sum(int(row[8]) for row in rows if row[0] in names) / TICK
    except (OSError, ValueError, IndexError):
        return None


def swapped_in(path="/proc/vmstat"):
    """Pages that the whole machine has read back from swap; None where not reported."""
    found = numbers(path, {"pswpin": 1})
    return int(found[0]) if found else None


def continued():
    """How many children of this process were stopped by a signal and continued since the last call; None where not reported.

    The kernel keeps one such event of each child, however often it was stopped, and the call takes it away.
    """
    if not hasattr(os, "waitid"):
        return None
    count = 0
    try:
        while os.waitid(os.P_ALL, 0, os.WCONTINUED | os.WNOHANG):
            count += 1
    except ChildProcessError:
        pass  # it has no children
    return count


def numbers(path, units):
    """The numbers of the lines "name number" whose name is among `units`, each divided by its unit."""
    try:
        with open(path) as file:
            words = [line.split() for line in file]
        return [int(pair[1]) / units[pair[0]] for pair in words if len(pair) == 2 and pair[0] in units]
    except (OSError, ValueError):
        return []


class Probe(tools.Probe):
    """What kept the trial from its CPUs and its memory, whatever caused it.

    Columns: throttled_s and steal_s (seconds, summed over CPUs), swapped_in (pages, of the whole machine), continued (children of
    this process that a signal had stopped: whether this process was is recorded by its parent); None where the system does not
    report it.
    """

    columns = {"throttled_s": "number", "steal_s": "number", "swapped_in": "number", "continued": "number"}

    @classmethod
    def always_on(cls, load):
        return True

    def begin(self, processes, servers):
        self.files = groups()
        self.before = self.read()
        continued()

    def end(self, processes, servers):
        (groups_before, stolen_before, pages_before), (groups_after, stolen_after, pages_after) = (
            self.before,
            self.read(),
        )
        # A group that is throttled keeps those below it waiting too: their times are no sum.
        slowed = [since(old, new) for old, new in zip(groups_before, groups_after)]
        return {
            "throttled_s": max((one for one in slowed if one is not None), default=None),
            "steal_s": since(stolen_before, stolen_after),
            "swapped_in": since(pages_before, pages_after),
            "continued": continued(),
        }

    def read(self):
        return [throttled(file) for file in self.files], stolen(), swapped_in()


def since(before, after):
    """The difference; None where one of them is not known."""
    return None if before is None or after is None else after - before
