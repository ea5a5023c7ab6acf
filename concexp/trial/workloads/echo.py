"""Real TCP: round trips to an echo server in a process of its own."""

from concexp.trial import servers
from concexp.trial.workloads._client import Client


class Workload(Client):
    """Send a message to an echo server over TCP on the loopback address, and wait until it has come back.

    The server is a process of its own; its CPU time is recorded apart. Each worker has its own connection.

    size: bytes per message
    delay: how long the server waits before it answers
    """

    known_as = ("socket.create_connection", "asyncio.open_connection", "tcp")
    suits = "how models cope with network round trips"

    size: "size >= 1" = 64
    delay: "duration >= 0" = 0.0
    unit = "round trip"

    def prepare(self, kit):
        self.message = bytes(k % 256 for k in range(int(self.size)))
        return servers.start("echo", {"delay": self.delay, "size": int(self.size)})

    def work(self, me, n):
        connection, message = me.own, self.message
        size = len(message)
        right = 0
        for _ in range(n):
            connection.sendall(message)
            answer = connection.recv(size)
            while len(answer) < size:
                more = connection.recv(size - len(answer))
                if not more:
                    raise ConnectionError("the echo server closed the connection")
                answer += more
            right += answer == message
        return right

    async def work_async(self, me, n):
        (reader, writer), message = me.own, self.message
        size = len(message)
        right = 0
        for _ in range(n):
            writer.write(message)
            await writer.drain()
            right += await reader.readexactly(size) == message
        return right

    def check(self, shared, outcome):
        wrong = outcome.ops - outcome.total
        return ("%d of %d answers were not what was sent" % (wrong, outcome.ops) if wrong else ""), {}
