"""Tasks per second that do nothing, in a pool of two workers: pool.py ThreadPoolExecutor|ProcessPoolExecutor TASKS."""

import concurrent.futures
import gc
import sys
from time import perf_counter

WORKERS = 2


def nothing(number):
    return number


def main(executor, tasks):
    with getattr(concurrent.futures, executor)(WORKERS) as pool:
        sum(pool.map(nothing, range(tasks)))  # warm-up
        gc.collect()
        gc.freeze()
        begin = perf_counter()
        total = sum(pool.map(nothing, range(tasks)))
        end = perf_counter()
    assert total == tasks * (tasks - 1) // 2
    print(tasks / (end - begin))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
