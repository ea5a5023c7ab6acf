"""Sums per second of two interpreters in one process, each in a thread of its own: interpreters.py SUMS SIZE. Python 3.14.

They have no object in common: they meet by bytes in pipes, and answer so.
"""

import os
import sys
from concurrent import interpreters
from threading import Thread

INTERPRETERS, PASSES = 2, 2  # the first pass is the warm-up
WORK = """
import gc, os
from time import perf_counter

def add_up(first, n, size):
    total = 0
    for number in range(first, first + n):
        x = number
        for k in range(size):
            x += k
        total += x
    return total

for _ in range(passes):
    gc.collect()
    gc.freeze()
    os.write(ready, b"1")
    os.read(go, 1)
    begin = perf_counter()
    total = add_up(first, n, size)
    os.write(answer, b"%.9f %.9f %d\\n" % (begin, perf_counter(), total))
"""


def main(sums, size):
    n = sums // INTERPRETERS
    (came, ready), (go, let_go), (answers, answer) = os.pipe(), os.pipe(), os.pipe()
    threads = []
    for number in range(INTERPRETERS):
        interpreter = interpreters.create()
        interpreter.prepare_main(ready=ready, go=go, answer=answer, passes=PASSES, first=number * n, n=n, size=size)
        threads.append(Thread(target=interpreter.exec, args=(WORK,)))
        threads[-1].start()
    for _ in range(PASSES):
        for _ in range(INTERPRETERS):
            os.read(came, 1)
        os.write(let_go, b"1" * INTERPRETERS)
    for thread in threads:
        thread.join()
    os.close(answer)
    with open(answers) as file:
        spans = [line.split() for line in file][INTERPRETERS:]
    done = n * INTERPRETERS
    assert sum(int(total) for _, _, total in spans) == done * (done - 1) // 2 + done * (size * (size - 1) // 2)
    print(done / (max(float(end) for _, end, _ in spans) - min(float(begin) for begin, _, _ in spans)))


main(int(sys.argv[1]), int(sys.argv[2]))
