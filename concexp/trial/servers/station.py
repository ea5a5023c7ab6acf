"""A service station: `capacity` places, first come, first served; it counts the requests inside and their time there.

A request is a line, and its answer is the same line. The line `reset` begins a new count, `counts` asks for it.
"""

import asyncio
import functools
import itertools
import random
from collections import deque


def factory(capacity, service, spread, stall, stall_after, seed):
    """One station for all connections; `service` and `stall` in seconds."""
    if spread == "exponential" and service:
        draw = functools.partial(random.Random(seed).expovariate, 1 / service)
    else:
        draw = itertools.repeat(service).__next__
    station = Station(asyncio.get_running_loop(), capacity, draw, stall, stall_after)
    return lambda: Desk(station)


class Request:
    """A request: what came, when, and the connection to answer."""

    __slots__ = ("arrival", "line", "transport")

    def __init__(self, arrival, line, transport):
        self.arrival = arrival
        self.line = line
        self.transport = transport


class Station:
    """Times are the loop's clock, in seconds; `draw()` is the length of the next service.

    An answer leaves when the loop comes to it, about 0.1 ms after its service ended. The next service has begun on time
    even so: a station that has work to do serves `capacity` / `service` requests a second, whatever its timers cost.
    """

    def __init__(self, loop, capacity, draw, stall=0.0, stall_after=1):
        self.loop = loop
        self.capacity = capacity
        self.draw = draw
        self.stall = stall
        self.stall_after = stall_after
        self.waiting = deque()
        self.serving = {}  # request -> the timer that ends its service
        self.pause = None  # while all service stands still: the timer that ends this
        self.reset()

    def reset(self):
        """Start counting anew; no request should be inside."""
        self.served = 0
        self.response_s = 0.0  # the sum of all times from arrival to departure
        self.service_s = 0.0  # the sum of all services
        self.area_s = 0.0  # the number of requests inside, integrated over time
        self.first = None  # the first arrival
        self.changed = 0.0  # the last arrival or departure
        if self.pause is not None:
            self.pause.cancel()
            self.resume(self.loop.time())

    def counts(self):
        """What was counted, as a dict."""
        return {
            "served": self.served,
            "inside": len(self.waiting) + len(self.serving),
            "span_s": 0.0 if self.first is None else self.changed - self.first,
            "response_s": self.response_s,
            "service_s": self.service_s,
            "area_s": self.area_s,
        }

    def change(self):
        """The clock at an arrival or a departure; called before the number of requests inside changes."""
        now = self.loop.time()
        if self.first is None:
            self.first = self.changed = now
        self.area_s += (len(self.waiting) + len(self.serving)) * (now - self.changed)
        self.changed = now
        return now

    def arrive(self, line, transport):
        """A request comes."""
        now = self.change()
        self.waiting.append(Request(now, line, transport))
        self.fill(now)

    def fill(self, free):
        """Move waiting requests to the places that have been free since the time `free`."""
        while self.waiting and len(self.serving) < self.capacity and self.pause is None:
            request = self.waiting.popleft()
            service = self.draw()
            self.service_s += service
            end = max(free, request.arrival) + service
            self.serving[request] = self.loop.call_at(end, self.depart, request)

    def depart(self, request):
        """A service is over."""
        now = self.change()
        end = self.serving.pop(request).when()
        self.served += 1
        self.response_s += now - request.arrival
        request.transport.write(request.line)
        if self.stall and self.served == self.stall_after:
            self.halt(now)
        self.fill(end)

    def halt(self, now):
        """Stall all service for a while: none ends and none begins; requests that come wait."""
        for request, timer in self.serving.items():
            timer.cancel()
            self.serving[request] = self.loop.call_at(timer.when() + self.stall, self.depart, request)
        self.pause = self.loop.call_at(now + self.stall, self.resume, now + self.stall)

    def resume(self, when):
        """Service goes on."""
        self.pause = None
        self.fill(when)


class Desk(asyncio.Protocol):
    """One connection to the station."""

    def __init__(self, station):
        self.station = station
        self.pending = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            if line == b"reset":
                self.station.reset()
                self.transport.write(b"reset\n")
            elif line == b"counts":
                self.transport.write(b"%r\n" % self.station.counts())
            else:
                self.station.arrive(b"%b\n" % line, self.transport)
