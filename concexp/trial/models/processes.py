"""`multiprocessing.Process`, one per worker, alive for the whole trial."""

import contextlib
import multiprocessing
import os
import selectors

from concexp.trial import passes, tools
from concexp.trial.models import _schedules, _shared_factories
from concexp.trial.own_time import perf_counter_ns as clock


def primitives(context):
    """(owner, factories, array) of a multiprocessing context."""
    names = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "Queue", "SimpleQueue",
             "JoinableQueue", "Pipe", "Manager", "Value", "Array")  # fmt: skip
    others = {"SocketPair": _shared_factories.socket_pair, "SharedMemory": _shared_factories.shared_memory}
    return (
        "multiprocessing",
        {**{name: getattr(context, name) for name in names}, **others},
        lambda n: context.RawArray("q", n),
    )


def resolve(start_method):
    """The context of a start method; `default` is the interpreter's own, which differs between versions."""
    known = multiprocessing.get_all_start_methods()
    if start_method != "default" and start_method not in known:
        raise tools.Unsupported("this system has no start method %s" % start_method)
    return multiprocessing.get_context(None if start_method == "default" else start_method)


def start_tracker(start_method):
    """Start multiprocessing's resource tracker where semaphores have names: those of a fork have none to remove."""
    if resolve(start_method).get_start_method() != "fork":
        _shared_factories.start_tracker()


def body(workload, me, gate, pipe):
    """A worker process."""
    passes.member(workload, me, gate, pipe.recv, pipe.send, True)


def last_words(code):
    """How a worker ended without an answer, in words; `code` is its exit code, None if it is still alive."""
    if code is None:
        return "closed its pipe without answering"
    return tools.how_it_ended(code) + (" without answering" if code >= 0 else "")


def end_of(process):
    """A descriptor that becomes readable when a process has ended.

    Not its sentinel, where there is a better one: that is a pipe, and a process of the worker's own holds it as well.
    """
    try:
        return os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # another system, an old kernel, or it has ended already
        return os.dup(process.sentinel)


class Model(_schedules.Scheduled):
    """Processes: each has an interpreter, a memory and a GIL of its own.

    start_method: how a process comes into being; default is the interpreter's own choice, and what it was is recorded
    schedule: how counted operations are handed out; block gives each worker its share at once, the others as they go
    chunk: operations handed out at once; guided never fewer
    """

    known_as = ("multiprocessing.Process", "process", "multiprocessing", "os.fork")
    suits = "CPU-bound Python code, and what must not share memory"
    price = "an interpreter with its memory for each worker, and its start; what workers exchange is pickled"

    start_method: "default | fork | forkserver | spawn" = "default"
    parallel = "processes"
    opens = lasting = True
    colour = "#0072b2"
    marker = "^"

    def primitives(self):
        return primitives(resolve(self.start_method))

    def set_up(self):
        start_tracker(self.start_method)

    def open(self, job):
        context = resolve(self.start_method)
        gate = context.Barrier(job.workers) if job.workers > 1 else None
        self.pipes, self.crew, self.ends = [], [], []
        for index in range(job.workers):
            near, far = context.Pipe()
            process = context.Process(target=body, args=(job.workload, job.me(index), gate, far))
            process.start()
            far.close()
            self.pipes.append(near)
            self.crew.append(process)
            self.ends.append(end_of(process))
        self.created = clock()
        self.collect("ready")

    def collect(self, expected):
        """One message of each worker, in the workers' order; says which worker failed or died, and how."""
        values = [None] * len(self.pipes)
        # Each is registered once, whatever the number of answers: it is the workers' CPUs that this takes.
        with selectors.DefaultSelector() as selector:
            for index, pipe in enumerate(self.pipes):
                selector.register(pipe, selectors.EVENT_READ, [index])
            for end in set(self.ends):
                selector.register(end, selectors.EVENT_READ, [i for i, of in enumerate(self.ends) if of == end])
            waiting = set(range(len(self.pipes)))
            while waiting:
                for key, _ in selector.select():
                    for index in sorted(waiting.intersection(key.data)):
                        kind, value = self.message(index, key.fileobj is self.pipes[index])
                        if kind != expected:
                            raise passes.WorkFailed(*value)
                        values[index] = value
                        waiting.remove(index)
                    # An end of which nothing more is wanted would be ready again and again.
                    if not waiting.intersection(key.data):
                        selector.unregister(key.fileobj)
        return values

    def message(self, index, has_come):
        """The next message of a worker, of which one has come or which has ended; says how, if it ended without a last one."""
        pipe = self.pipes[index]
        try:
            if not has_come and not pipe.poll():
                raise EOFError
            return pipe.recv()
        except (EOFError, ConnectionResetError):
            process = self.crew[index]
            process.join(1)
            raise tools.WorkerDied("worker %d %s" % (index, last_words(process.exitcode))) from None

    def run(self, orders):
        self.send_orders(orders)
        return self.collect("report")

    def send_orders(self, orders):
        """Send each worker its orders. A worker that has died is found by `collect`, which reports how."""
        for pipe, order in zip(self.pipes, orders):
            with contextlib.suppress(BrokenPipeError):
                pipe.send(order)

    def close(self):
        self.send_orders([None] * len(self.pipes))
        changes = self.collect("left")
        for process in self.crew:
            process.join()
        for descriptor in set(self.ends):
            os.close(descriptor)
        return changes

    def processes(self):
        return [process.pid for process in self.crew]

    def facts(self):
        return {"start_method": resolve(self.start_method).get_start_method()}
