"""Calls per second of a function: functions.py squares WORKERS CALLS, or functions.py rest TASKS CALLS (calls of each task).

`squares` is called by this process, or by several; `rest` by the tasks of an event loop. concexp measures the same two.
"""

import asyncio
import gc
import multiprocessing
import sys
from time import perf_counter

PASSES = 2  # the first is the warm-up


def squares():
    return sum([n * n for n in range(1000)])


async def rest():
    await asyncio.sleep(0.01)


def call(gate, answer, n):
    for _ in range(PASSES):
        gc.collect()
        gc.freeze()
        if gate is not None:
            gate.wait()
        total = 0
        begin = perf_counter()
        for _ in range(n):
            total += squares()
        answer((begin, perf_counter()))


def in_processes(workers, calls):
    if workers == 1:
        spans = []
        call(None, spans.append, calls)
    else:
        gate, answers = multiprocessing.Barrier(workers), multiprocessing.SimpleQueue()
        crew = [
            multiprocessing.Process(target=call, args=(gate, answers.put, calls // workers)) for _ in range(workers)
        ]
        for process in crew:
            process.start()
        spans = [answers.get() for _ in range(workers * PASSES)]
        for process in crew:
            process.join()
    spans = spans[-workers:]
    print(calls // workers * workers / (max(end for _, end in spans) - min(begin for begin, _ in spans)))


async def rest_often(calls):
    for _ in range(calls):
        await rest()


async def in_tasks(tasks, calls):
    for _ in range(PASSES):
        gc.collect()
        gc.freeze()
        begin = perf_counter()
        await asyncio.gather(*[rest_often(calls) for _ in range(tasks)])
        seconds = perf_counter() - begin
    print(tasks * calls / seconds)


if __name__ == "__main__":
    many, calls = int(sys.argv[2]), int(sys.argv[3])
    if sys.argv[1] == "squares":
        in_processes(many, calls)
    else:
        asyncio.run(in_tasks(many, calls))
