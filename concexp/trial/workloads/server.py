"""The queueing laboratory: a real server in which requests queue."""

from concexp.trial import servers
from concexp.trial.workloads._client import Client


class Workload(Client):
    """Send a request over TCP to a server that serves a few at a time, and wait for its answer; those beyond queue.

    The server is a process of its own with one queue, first come, first served; each worker has its own connection. It
    cannot serve more than capacity / service requests a second for long: more workers make the queue longer. It counts
    for itself: `server_served` requests, `server_in_system` of them inside on average over time (L), each for
    `server_response_s` on average (W): Little's law says L = throughput × W. Its timers are about 0.1 ms late.

    capacity: how many requests the server serves at the same time
    service: how long it serves one
    spread: constant, or exponential with that mean
    stall: once per pass all service stands still for so long, as in a pause for garbage collection; 0: never
    stall_after: after how many requests served it does so
    """

    known_as = ("m/m/c", "queueing")
    suits = "how long clients wait for a server near its capacity, by queueing theory"

    capacity: "int >= 1" = 4
    service: "duration >= 0" = 0.005
    spread: "constant | exponential" = "constant"
    stall: "duration >= 0" = 0.0
    stall_after: "int >= 1" = 100
    unit = "request"
    draws = "the lengths of the services, where they are spread"

    def prepare(self, kit):
        names = ("capacity", "service", "spread", "stall", "stall_after")
        given = {name: getattr(self, name) for name in names}
        return servers.start("station", dict(given, seed=self.luck))

    def reset(self, shared):
        ask(shared, b"reset\n")

    def work(self, me, n):
        connection = me.own
        total = 0
        for number in range(me.first, me.first + n):
            request = b"%d\n" % number
            connection.sendall(request)
            answer = connection.recv(64)
            while not answer.endswith(b"\n"):
                more = connection.recv(64)
                if not more:
                    raise ConnectionError("the server closed the connection")
                answer += more
            total += (number + 1) * (answer == request)
        return total

    async def work_async(self, me, n):
        reader, writer = me.own
        total = 0
        for number in range(me.first, me.first + n):
            request = b"%d\n" % number
            writer.write(request)
            await writer.drain()
            total += (number + 1) * (await reader.readline() == request)
        return total

    def check(self, shared, outcome):
        from ast import literal_eval

        return self.judge(literal_eval(ask(shared, b"counts\n").decode()), outcome)

    def judge(self, seen, outcome):
        """What `check` answers, given what the server counted."""
        served, span = seen["served"], seen["span_s"]
        counts = {
            "server_served": served,
            "server_in_system": seen["area_s"] / span if span else 0.0,
            "server_response_s": seen["response_s"] / served if served else 0.0,
        }
        if served != outcome.ops or seen["inside"]:
            words = "the server served %d requests, not %d, and %d are still inside"
            return words % (served, outcome.ops, seen["inside"]), counts
        # Two ways to count the time spent inside: the number inside, moment by moment, and the time of each request.
        if abs(seen["area_s"] - seen["response_s"]) > 1e-6 * (1 + seen["area_s"]):
            return "Little's law does not hold: %(area_s)r s inside, but %(response_s)r s of responses" % seen, counts
        if seen["service_s"] > self.capacity * span + 1e-6 * (1 + span):
            return "%.3f s of service in %.3f s from %d places" % (seen["service_s"], span, self.capacity), counts
        if counts["server_in_system"] > outcome.workers * (1 + 1e-6):
            return "%.3f requests inside, of %d workers" % (counts["server_in_system"], outcome.workers), counts
        expected = sum(n * first + n * (n - 1) // 2 + n for first, n in outcome.ranges)
        return ("" if outcome.total == expected else "the answers are not those to the requests"), counts


def ask(server, line):
    """Send a line to the server over a new connection; returns the line that it answers."""
    with servers.connect(server) as connection, connection.makefile("rb") as answers:
        connection.sendall(line)
        return answers.readline()
