"""Several processes with several workers in each: threads, or coroutines of an event loop per process."""

import threading

from concexp.trial import passes
from concexp.trial.models import processes
from concexp.trial.own_time import perf_counter_ns as clock


def groups(workers, count):
    """The indices of the workers of each process: contiguous, as equal as can be, and none without any."""
    count = min(count, workers)
    return [range(workers * i // count, workers * (i + 1) // count) for i in range(count)]


def in_threads(workload, crew, gate, pipes):
    """A process whose workers are threads; `gate` is for all workers of all processes."""
    threads = []
    for me, pipe in zip(crew, pipes):
        entered = threading.Event()
        send = announcing(pipe.send, entered)
        # One of them collects garbage for the process, while the others already wait at the gate.
        arguments = (workload, me, gate, pipe.recv, send, me is crew[0])
        threads.append(threading.Thread(target=passes.member, args=arguments))
        threads[-1].start()
        # One after another: the second must not meet a module that the first has half imported.
        entered.wait()
    for thread in threads:
        thread.join()


def announcing(send, entered):
    """`send`, which then sets `entered`: a worker's first message says that it has entered, or failed to."""

    def send_and_set(message):
        send(message)
        entered.set()

    return send_and_set


class Outbox:
    """Sends the messages of a loop's workers once all have one: none is sent, and wakes the trial, while others work."""

    def __init__(self, workers):
        self.workers = workers
        self.kept = []

    def sender(self, pipe):
        """The function by which a worker sends; a failure goes out at once, since some of the others may wait for ever."""

        def send(message):
            if message[0] == "failed":
                pipe.send(message)
                return
            self.kept.append((pipe, message))
            if len(self.kept) == self.workers:
                kept, self.kept = self.kept, []
                for one, said in kept:
                    one.send(said)

        return send


def in_coroutines(workload, crew, gate, pipes):
    """A process whose workers are coroutines; `gate` is for one of each process."""
    import asyncio

    from concexp.trial.models.asyncio import CommonGate, member

    def receiver(pipe):
        async def receive():
            loop, there = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(pipe.fileno(), there.set)
            await there.wait()
            loop.remove_reader(pipe.fileno())
            return pipe.recv()

        return receive

    async def life():
        common, outbox = CommonGate(len(crew), gate), Outbox(len(crew))
        lives = []
        for me, pipe in zip(crew, pipes):
            first = me is crew[0]
            lives.append(member(workload, me, common, receiver(pipe), outbox.sender(pipe), first, first))
        await asyncio.gather(*lives)

    asyncio.run(life())


class Model(processes.Model):
    """Processes with several workers in each: threads that share its GIL, or coroutines that take turns in its event loop.

    The workers are dealt out evenly; with fewer workers than processes, each has a process of its own.

    process_count: how many processes there are at most
    inner: what the workers are in their processes
    start_method: how a process comes into being; default is the interpreter's own choice, and what it was is recorded
    schedule: how counted operations are handed out; block gives each worker its share at once, the others as they go
    chunk: operations handed out at once; guided never fewer
    """

    known_as = ("threads in processes", "prefork")
    suits = "work that both computes and waits: some processes, with several threads or coroutines in each"
    price = "those of processes, and of the threads or coroutines in them"

    process_count: "int >= 1" = 2
    inner: "threads | asyncio" = "threads"
    colour = "#999933"
    marker = "h"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.asynchronous = self.inner == "asyncio"
        self.threaded = not self.asynchronous

    def primitives(self):
        owner, factories, array = super().primitives()
        if not self.asynchronous:
            return owner, factories, array
        from concexp.trial.models.asyncio import stopping_loops

        return stopping_loops(owner, array, factories, "processes")

    def refuses(self, workload, sync, workers, load):
        if self.asynchronous:
            from concexp.trial.models.asyncio import blocks, stops_loops

            if (sync is not None and sync.interface != "none") or self.schedule != "block":
                return stops_loops("processes")
            if blocks(workload):
                return blocks(workload)
        return super().refuses(workload, sync, workers, load)

    def open(self, job):
        context = processes.resolve(self.start_method)
        shares = groups(job.workers, self.process_count)
        parties = len(shares) if self.asynchronous else job.workers
        gate = context.Barrier(parties) if parties > 1 else None
        self.pipes, self.crew, self.ends = [], [], []
        for number, indices in enumerate(shares):
            near, far = zip(*[context.Pipe() for _ in indices])
            body = in_coroutines if self.asynchronous else in_threads
            # Coroutines share the place of their loop.
            crew = [job.me(index, number if self.asynchronous else index) for index in indices]
            process = context.Process(target=body, args=(job.workload, crew, gate, far))
            process.start()
            for pipe in far:
                pipe.close()
            self.pipes += near
            self.crew += [process] * len(indices)
            self.ends += [processes.end_of(process)] * len(indices)
        self.created = clock()
        self.collect("ready")

    def processes(self):
        return list(dict.fromkeys(super().processes()))

    def loops(self):
        return len(self.processes()) if self.asynchronous else 0

    def facts(self):
        return dict(super().facts(), processes=len(self.processes()))
