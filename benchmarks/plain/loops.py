"""Sleeps per second of coroutines in several event loops: loops.py processes|threads LOOPS TASKS NAPS SECONDS.

Each loop has a process or a thread of its own, in which TASKS tasks take NAPS naps each.
"""

import asyncio
import gc
import multiprocessing
import queue
import sys
import threading
from time import perf_counter

PASSES = 2  # the first is the warm-up


async def sleep_often(naps, seconds):
    for _ in range(naps):
        await asyncio.sleep(seconds)


async def life(gate, answer, tasks, naps, seconds):
    for _ in range(PASSES):
        gc.collect()
        gc.freeze()
        gate.wait()  # the loop has nothing else to do
        begin = perf_counter()
        await asyncio.gather(*[sleep_often(naps, seconds) for _ in range(tasks)])
        answer.put((begin, perf_counter()))


def loop(*arguments):
    asyncio.run(life(*arguments))


def main(kind, loops, tasks, naps, seconds):
    if kind == "processes":
        make, gate, answer = multiprocessing.Process, multiprocessing.Barrier(loops), multiprocessing.SimpleQueue()
    else:
        make, gate, answer = threading.Thread, threading.Barrier(loops), queue.SimpleQueue()
    crew = [make(target=loop, args=(gate, answer, tasks, naps, seconds)) for _ in range(loops)]
    for one in crew:
        one.start()
    spans = [answer.get() for _ in range(loops * PASSES)][loops:]
    for one in crew:
        one.join()
    print(loops * tasks * naps / (max(end for _, end in spans) - min(begin for begin, _ in spans)))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]))
