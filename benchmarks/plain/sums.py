"""Sums per second of processes with threads in each, which add up integers in pure Python: sums.py PROCESSES THREADS SUMS SIZE.

Each thread reads the clock itself, as in counter.py; the clock is the same in all processes.
"""

import gc
import multiprocessing
import sys
from threading import Thread
from time import perf_counter

PASSES = 2  # the first is the warm-up


def add_up(first, n, size):
    total = 0
    for number in range(first, first + n):
        x = number
        for k in range(size):
            x += k
        total += x
    return total


def work(gate, answer, first, n, size, collects):
    for _ in range(PASSES):
        if collects:
            gc.collect()
            gc.freeze()
        gate.wait()
        begin = perf_counter()
        total = add_up(first, n, size)
        answer.put((begin, perf_counter(), total))


def crew(gate, answer, firsts, n, size):
    threads = [Thread(target=work, args=(gate, answer, first, n, size, first == firsts[0])) for first in firsts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(processes, threads, sums, size):
    workers = processes * threads
    n = sums // workers
    gate, answer = multiprocessing.Barrier(workers), multiprocessing.SimpleQueue()
    firsts = [worker * n for worker in range(workers)]
    crews = [
        multiprocessing.Process(target=crew, args=(gate, answer, firsts[at : at + threads], n, size))
        for at in range(0, workers, threads)
    ]
    for process in crews:
        process.start()
    spans = [answer.get() for _ in range(workers * PASSES)][workers:]
    for process in crews:
        process.join()
    done = n * workers
    assert sum(total for _, _, total in spans) == done * (done - 1) // 2 + done * (size * (size - 1) // 2)
    print(done / (max(end for _, end, _ in spans) - min(begin for begin, _, _ in spans)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
