"""A request to a server that computes in pure Python: read, computed, answered."""

import socket


class Request:
    """Each worker has a connection of its own, over which its requests come and their answers go."""

    def __init__(self, rounds=10_000):
        self.rounds = rounds

    def __enter__(self):
        self.client, self.server = socket.socketpair()
        return self

    def __exit__(self, *error):
        self.client.close()
        self.server.close()

    def run(self):
        self.client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        request = self.server.recv(4096)
        total = 0
        for number in range(self.rounds):
            total += number & 7
        self.server.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return total + len(request) + len(self.client.recv(4096))
