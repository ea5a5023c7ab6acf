"""Increments by a function call per second of two threads that share a counter and its lock: counter_call.py SECONDS."""

import gc
import sys
from threading import Barrier, Lock, Thread
from time import perf_counter

THREADS = 2
BATCH = 2_000  # increments between two looks at the clock


def add_one(value):
    return value + 1


def increment(lock, box, n):
    for _ in range(n):
        with lock:
            box[0] = add_one(box[0])


def per_second(seconds):
    lock, box, gate, times = Lock(), [0], Barrier(THREADS), []

    def count():
        gate.wait()
        begin = now = perf_counter()
        while now < begin + seconds:
            increment(lock, box, BATCH)
            now = perf_counter()
        times.append((begin, now))

    threads = [Thread(target=count) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return box[0] / (max(end for _, end in times) - min(begin for begin, _ in times))


def main(seconds):
    per_second(seconds)  # warm-up
    gc.collect()
    gc.freeze()
    print(per_second(seconds))


main(float(sys.argv[1]))
