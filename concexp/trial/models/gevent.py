"""gevent: the standard library's threads, locks, sockets and sleep, turned into greenlets of one thread."""

import queue
import sys
import threading

from concexp.trial import tools
from concexp.trial.models import threads

LOOP = 0  # the CPU that all share, since they share a thread


def looked_up_late(name, factory):
    """A factory that looks `name` up when it is called, since gevent replaces it in the library; else `factory`."""
    homes = [home for home in (threading, queue) if hasattr(home, name)]
    return (lambda *arguments: getattr(homes[0], name)(*arguments)) if homes else factory


class Gate:
    """A barrier of workers that take turns: it also knows the first start after it."""

    def __init__(self, workers):
        self.wait = threading.Barrier(workers, action=self.open).wait

    def open(self):
        self.started = None

    def first_start(self, start):
        """See `passes.first_start_of`."""
        if self.started is None:
            self.started = start
        return self.started


class Model(threads.Model):
    """Greenlets: the model threads after `gevent.monkey.patch_all()`. They take turns where the standard library waits.

    Who computes, or waits in a file, a database or a lock of the kernel, keeps all others waiting.

    schedule: how counted operations are handed out; block gives each worker its share at once, the others as they go
    chunk: operations handed out at once; guided never fewer
    """

    known_as = ("gevent.spawn", "gevent.Greenlet", "greenlet", "greenlets", "green threads")
    suits = "programs written with threads that mostly wait for sockets, and shall wait for very many"
    price = "a package to install that replaces parts of the standard library; what computes keeps all others waiting"

    parallel = "one"
    threaded = False
    in_turns = True
    packages = ("gevent",)
    colour = "#661100"
    marker = (3, 1, 180)

    def primitives(self):
        _, factories, array = super().primitives()
        # The connections of multiprocessing wait in the kernel, and so stop the greenlets that they wait for.
        left_out = ("Pipe", "Manager")
        return (
            "gevent",
            {name: looked_up_late(name, make) for name, make in factories.items() if name not in left_out},
            array,
        )

    def refuses(self, workload, sync, workers, load):
        if sync is not None and tools.name_of(sync) == "file_lock":
            return (
                "a wait for a file lock is a wait in the kernel, and so stops all greenlets, the one that holds it too"
            )
        return super().refuses(workload, sync, workers, load)

    def set_up(self):
        from gevent import monkey

        monkey.patch_all()
        replaced = {
            id(original): getattr(sys.modules[home], name)
            for home, names in monkey.saved.items()
            for name, original in names.items()
            if hasattr(sys.modules.get(home), name)  # gevent removes what it cannot make cooperative
        }
        # Plug-ins are already imported, and some hold a function by its name.
        for name, module in list(sys.modules.items()):
            if name.startswith("concexp.trial."):
                taken = {key: replaced[id(value)] for key, value in vars(module).items() if id(value) in replaced}
                vars(module).update(taken)

    def gate(self, workers):
        return Gate(workers)

    def place(self, index):
        return LOOP
