"""Increments per second of two threads that share a counter and its lock: counter.py INCREMENTS.

The threads read the clock themselves: the main thread, were it to time them, would first have to wait for the GIL.
"""

import gc
import sys
from threading import Barrier, Lock, Thread
from time import perf_counter

THREADS = 2


def per_second(increments):
    lock, box, gate, times = Lock(), [0], Barrier(THREADS), []

    def count(n):
        gate.wait()
        begin = perf_counter()
        for _ in range(n):
            with lock:
                box[0] += 1
        times.append((begin, perf_counter()))

    threads = [Thread(target=count, args=(increments // THREADS,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box[0] == increments
    return increments / (max(end for _, end in times) - min(begin for begin, _ in times))


def main(increments):
    per_second(increments)  # warm-up
    gc.collect()
    gc.freeze()
    print(per_second(increments))


main(int(sys.argv[1]))
