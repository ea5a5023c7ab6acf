"""Increments per second of two threads that share a counter and its lock: counter.py inline|call OPERATIONS.

The threads read the clock themselves: the main thread, were it to time them, would first have to wait for the GIL.
"""

import gc
import sys
from threading import Barrier, Lock, Thread
from time import perf_counter

THREADS = 2


def add_one(value):
    return value + 1


def inline(lock, box, n):
    for _ in range(n):
        with lock:
            box[0] += 1


def call(lock, box, n):
    for _ in range(n):
        with lock:
            box[0] = add_one(box[0])


def increments_per_second(loop, operations):
    lock, box, gate, times = Lock(), [0], Barrier(THREADS), []

    def count():
        gate.wait()
        begin = perf_counter()
        loop(lock, box, operations // THREADS)
        times.append((begin, perf_counter()))

    threads = [Thread(target=count) for _ in range(THREADS)]
    gc.collect()
    gc.freeze()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box[0] == operations
    return operations / (max(end for _, end in times) - min(begin for begin, _ in times))


def main(form, operations):
    loop = {"inline": inline, "call": call}[form]
    increments_per_second(loop, operations)  # warm-up
    print(increments_per_second(loop, operations))


main(sys.argv[1], int(sys.argv[2]))
