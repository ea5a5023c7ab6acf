"""How a worker's interpreter is set and on which CPU it runs: each worker applies it to itself when it enters.

No other place works for all of them. A process that is spawned or comes from a fork server begins with an interpreter as
it is by default, and so does a sub-interpreter; only threads and forks inherit the switch interval. An affinity belongs to
one thread.
"""

import os
import sys

from concexp.trial import collector

SYSTEM = "/sys/devices/system/cpu"


class Setting:
    """How workers are set.

    switch_interval   seconds; None for the interpreter's own
    cpus              in the order in which workers take them; None for no pinning
    collector         as `collector.apply` takes it; None for a collector as it is
    read_back         the names of the settings that workers report as they are in force: see `in_force`
    """

    def __init__(self, switch_interval=None, cpus=None, collector=None, read_back=()):
        self.switch_interval = switch_interval
        self.cpus = cpus
        self.collector = collector
        self.read_back = read_back

    def set_interpreter(self):
        """Set this interpreter."""
        if self.switch_interval is not None:
            sys.setswitchinterval(self.switch_interval)
        if self.collector is not None:
            collector.apply(self.collector)

    def apply(self, place):
        """Set the interpreter, and pin the calling thread to the CPU of this place, round robin."""
        self.set_interpreter()
        if self.cpus:
            os.sched_setaffinity(0, {self.cpus[place % len(self.cpus)]})


def usable_cpus():
    """The number of CPUs that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def setting_of(request):
    """The setting that a request's `switch_interval`, `pin`, `gc` and `read_back` ask for."""
    pin = request.get("pin")
    cpus = ORDERS[pin](os.sched_getaffinity(0)) if pin else None
    return Setting(request.get("switch_interval"), cpus, request.get("gc"), request.get("read_back", ()))


def compact(usable, system=SYSTEM):
    """The CPUs in an order that keeps neighbours together: the threads of a core, the cores of a node."""
    where = {cpu: position(cpu, system) for cpu in usable}
    return sorted(usable, key=lambda cpu: (where[cpu], cpu))


def spread(usable, system=SYSTEM):
    """The CPUs in an order that spreads neighbours: a core of each node in turn, then the other threads of the cores."""
    threads, cores, keys = {}, {}, {}
    for cpu in compact(usable, system):
        node, core = position(cpu, system)[0], position(cpu, system)
        number = cores.setdefault(node, {}).setdefault(core, len(cores[node]))
        keys[cpu] = threads.get(core, 0), number, node, cpu
        threads[core] = threads.get(core, 0) + 1
    return sorted(usable, key=keys.get)


def one(usable, system=SYSTEM):
    """One CPU for all workers: the last, since the first ones serve most interrupts."""
    return sorted(usable)[-1:]


ORDERS = {"compact": compact, "spread": spread, "one": one}


def position(cpu, system=SYSTEM):
    """(node, package, core) of a CPU; where the system does not report them, each CPU is a core of its own in one node."""
    folder = "%s/cpu%d" % (system, cpu)
    try:
        nodes = [int(name[4:]) for name in os.listdir(folder) if name[:4] == "node" and name[4:].isdigit()]
    except OSError:
        nodes = []
    package, core = number(folder + "/topology/physical_package_id"), number(folder + "/topology/core_id")
    return nodes[0] if nodes else 0, package or 0, cpu if core is None else core


def number(path):
    """The whole number in a file, None if there is none."""
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
