"""Messages per second from one process to another, each compared when it has come: transfer.py Queue|Pipe MESSAGES BYTES."""

import gc
import multiprocessing
import sys
from time import perf_counter

PASSES = 2  # the first is the warm-up


def messages(size):
    return [bytes([kind]) * size for kind in range(3)]


def send(put, ready, answer, count, size):
    sent = messages(size)
    for _ in range(PASSES):
        gc.collect()
        gc.freeze()
        ready.wait()
        begin = perf_counter()
        for number in range(count):
            put(sent[number % 3])
        answer.put((begin, perf_counter()))


def receive(get, ready, answer, count, size):
    expected = messages(size)
    for _ in range(PASSES):
        gc.collect()
        gc.freeze()
        ready.wait()
        begin = perf_counter()
        for number in range(count):
            if get() != expected[number % 3]:
                raise ValueError("a message is not what was sent")
        answer.put((begin, perf_counter()))


def main(channel, count, size):
    if channel == "Queue":
        queue = multiprocessing.Queue(16)
        put, get = queue.put, queue.get
    else:
        reader, writer = multiprocessing.Pipe(False)
        put, get = writer.send, reader.recv
    ready, answer = multiprocessing.Barrier(2), multiprocessing.SimpleQueue()
    crew = [
        multiprocessing.Process(target=work, args=(end, ready, answer, count, size))
        for work, end in ((send, put), (receive, get))
    ]
    for process in crew:
        process.start()
    spans = [answer.get() for _ in range(2 * PASSES)][2:]
    for process in crew:
        process.join()
    print(count / (max(end for _, end in spans) - min(begin for begin, _ in spans)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
