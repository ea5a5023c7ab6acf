"""Operations per second of one thread that takes and gives back a lock: lock_loop.py SECONDS."""

import gc
import sys
from threading import Lock
from time import perf_counter

BATCH = 10_000  # operations between two looks at the clock


def per_second(lock, seconds):
    done = 0
    begin = now = perf_counter()
    while now < begin + seconds:
        for _ in range(BATCH):
            with lock:
                pass
        done += BATCH
        now = perf_counter()
    return done / (now - begin)


def main(seconds):
    lock = Lock()
    per_second(lock, seconds)  # warm-up
    gc.collect()
    gc.freeze()
    print(per_second(lock, seconds))


main(float(sys.argv[1]))
