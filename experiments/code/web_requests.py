"""A request to a server that computes in pure Python: read, computed, answered."""

import socket
import time


def rounds_in(seconds):
    """Turns of the loop below that take so much CPU time in this process."""
    begin = time.thread_time()
    compute(200_000)
    return int(200_000 * seconds / (time.thread_time() - begin))


def compute(rounds):
    total = 0
    for number in range(rounds):
        total += number & 7
    return total


ROUNDS = {}


class Request:
    """Each worker has a connection of its own, over which its requests come and their answers go."""

    def __init__(self, compute_ms=0.4):
        # Measured once for all workers, by the first: they do the same work, however long it takes beside the others.
        self.rounds = ROUNDS.setdefault(compute_ms, ROUNDS.get(compute_ms) or rounds_in(compute_ms / 1000))

    def __enter__(self):
        self.client, self.server = socket.socketpair()
        return self

    def __exit__(self, *error):
        self.client.close()
        self.server.close()

    def run(self):
        self.client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        request = self.server.recv(4096)
        compute(self.rounds)
        self.server.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return len(request) + len(self.client.recv(4096))
