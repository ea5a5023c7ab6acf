"""Operations per second of one thread that takes and gives back a lock: lock_loop.py OPERATIONS."""

import gc
import sys
from threading import Lock
from time import perf_counter


def loop(lock, operations):
    for _ in range(operations):
        with lock:
            pass


def main(operations):
    lock = Lock()
    loop(lock, operations)  # warm-up
    gc.collect()
    gc.freeze()
    begin = perf_counter()
    loop(lock, operations)
    print(operations / (perf_counter() - begin))


main(int(sys.argv[1]))
