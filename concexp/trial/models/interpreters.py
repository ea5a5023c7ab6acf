"""`concurrent.interpreters`: one interpreter per worker, each in a thread of its own, alive for the whole trial."""

import io
import os
import pickle
import selectors
import sys
import threading

from concexp.trial import passes, tools
from concexp.trial.own_time import perf_counter_ns as clock

try:
    from concurrent import interpreters as library
except ImportError:
    library = None

# What CPython says of an extension module that can live in one interpreter only.
ONE_ONLY = "does not support loading in subinterpreters"


def array(n):
    """`n` 64-bit integers in one buffer that all interpreters see."""
    return memoryview(bytearray(8 * n)).cast("q")


class Packer(pickle.Pickler):
    """Pickles what has to be copied, and puts what is really shared into `shared`."""

    def __init__(self, file):
        super().__init__(file)
        self.shared = []

    def persistent_id(self, value):
        if not isinstance(value, (memoryview, library.Queue)):
            return None
        places = [place for place, known in enumerate(self.shared) if known is value]
        if not places:
            places = [len(self.shared)]
            self.shared.append(value)
        return places[0]


class Unpacker(pickle.Unpickler):
    """Unpickles what a `Packer` wrote; `shared` is its list."""

    def __init__(self, file, shared):
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place):
        return self.shared[place]


def packed(value):
    """(data, what is shared) of a value, for `unpacked` in another interpreter."""
    file = io.BytesIO()
    packer = Packer(file)
    packer.dump(value)
    return file.getvalue(), tuple(packer.shared)


def unpacked(data, shared):
    """The value that `packed` packed."""
    return Unpacker(io.BytesIO(data), shared).load()


def primitives():
    """What interpreters of one process can share: see `Model.primitives`."""
    made = {} if library is None else dict.fromkeys(("Queue", "InterpreterQueue"), library.create_queue)
    return "concurrent.interpreters", made, array


def missing():
    """Why there are no interpreters here, or an empty text."""
    if library is not None:
        return ""
    return "CPython 3.14 or later has interpreters in the standard library; this is %s%d.%d" % (
        "" if sys.implementation.name == "cpython" else "%s " % sys.implementation.name,
        *sys.version_info[:2],
    )


def refuse_one_only(trace):
    """Unsupported if the exception of this traceback says that an extension module can live in one interpreter only."""
    if ONE_ONLY in trace:
        raise tools.Unsupported(next(line for line in trace.splitlines() if ONE_ONLY in line).strip())


class Gate:
    """A barrier of file descriptors, which all interpreters of a process have in common.

    Each worker takes a ticket, one byte. The one with the last ticket puts all tickets back and opens the others' doors.
    Each has a door of its own, so that a fast worker in its next round cannot slip through another's.
    """

    def __init__(self, tickets, doors, index):
        self.tickets = tickets
        self.doors = doors
        self.index = index

    def fill(self):
        """Put the tickets back, one for each door; the last one is marked."""
        os.write(self.tickets[1], b"\0" * (len(self.doors) - 1) + b"\1")

    def wait(self):
        if os.read(self.tickets[0], 1) == b"\0":
            os.read(self.doors[self.index][0], 1)
            return
        self.fill()
        for index, (_, way_out) in enumerate(self.doors):
            if index != self.index:
                os.write(way_out, b"\0")


def live(data, shared, gate, orders, answers):
    """A worker, in its own interpreter. Orders and answers are pickled into pipes: a queue of interpreters is polled only
    every 10 ms.
    """
    workload, me = unpacked(data, shared)
    gate = None if gate is None else Gate(*gate)
    with open(orders, "rb", closefd=False) as inbox:
        passes.member(
            workload,
            me,
            gate,
            lambda: pickle.load(inbox),
            lambda message: os.write(answers, pickle.dumps(message)),
            True,
        )


def host(interpreter, arguments):
    """The body of a thread that runs one interpreter's worker; answers for a worker that could not even begin."""
    try:
        interpreter.call(live, *arguments)
    except BaseException as error:
        os.write(arguments[-1], pickle.dumps(("failed", passes.explain(error))))


class Model(tools.Model):
    """Interpreters in one process, each with a GIL, modules and objects of its own, and a thread that runs it.

    Only queues, the buffers of arrays and what the system itself shares (files, sockets) are the same for all of them.
    """

    known_as = (
        "concurrent.interpreters.Interpreter",
        "subinterpreters",
        "subinterpreter",
    )
    suits = "CPU-bound Python code in one process, each worker with a GIL of its own"
    price = "modules and objects of its own for each worker; few objects can be shared; many C extensions refuse to be imported"

    parallel = "interpreters"
    may_be_forked = False  # CPython makes no promise about interpreters in a process that was forked
    threaded = True
    lasting = True
    colour = "#882255"
    marker = "p"

    def primitives(self):
        return primitives()

    def missing(self):
        return missing()

    def open(self, job):
        self.pipes, self.interpreters, self.threads = [], [], []
        self.tickets, *doors = [self.pipe() for _ in range(1 + job.workers)]
        if job.workers > 1:
            Gate(self.tickets, doors, 0).fill()
        self.orders, self.answers = [], []
        for index in range(job.workers):
            interpreter = library.create()
            # As in the trial's own interpreter: there is the code, and the user's folder.
            interpreter.prepare_main(path=tuple(sys.path))
            interpreter.exec("import sys; sys.path[:] = path")
            (orders, our_orders), (our_answers, answers) = self.pipe(), self.pipe()
            gate = (self.tickets, tuple(doors), index) if job.workers > 1 else None
            arguments = *packed((job.workload, job.me(index))), gate, orders, answers
            # A daemon, so that a worker that waits for ever can't keep a failed trial from ending.
            thread = threading.Thread(target=host, args=(interpreter, arguments), daemon=True)
            thread.start()
            self.interpreters.append(interpreter)
            self.threads.append(thread)
            self.orders.append(our_orders)
            self.answers.append(io.BufferedReader(io.FileIO(our_answers, closefd=False)))
        self.created = clock()
        self.collect("ready")

    def pipe(self):
        """A new pipe, closed with all others."""
        self.pipes.append(os.pipe())
        return self.pipes[-1]

    def collect(self, expected):
        """One message of each worker, in the workers' order."""
        values = [None] * len(self.answers)
        with selectors.DefaultSelector() as waiting:
            for index, answers in enumerate(self.answers):
                waiting.register(answers, selectors.EVENT_READ, index)
            while waiting.get_map():
                for key, _ in waiting.select():
                    kind, value = pickle.load(key.fileobj)
                    if kind != expected:
                        self.fail(*value)
                    values[key.data] = value
                    waiting.unregister(key.fileobj)
        return values

    def fail(self, summary, trace):
        """Raise what an exception of a worker means for the trial."""
        refuse_one_only(trace)
        raise passes.WorkFailed(summary, trace)

    def run(self, orders):
        self.send_orders(orders)
        return self.collect("report")

    def send_orders(self, orders):
        for descriptor, order in zip(self.orders, orders):
            os.write(descriptor, pickle.dumps(order))

    def close(self):
        self.send_orders([None] * len(self.orders))
        changes = self.collect("left")
        for thread in self.threads:
            thread.join()
        for interpreter in self.interpreters:
            interpreter.close()
        for descriptors in self.pipes:
            for descriptor in descriptors:
                os.close(descriptor)
        return changes
