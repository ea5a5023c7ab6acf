"""Requests that come at random moments, servers with a line each, and a balancer that chooses the line."""

import queue
import random
import threading
import time

SERVERS = 8
REQUESTS = 400
MEAN = 0.004  # seconds of service; nine requests of ten take a quarter of it, the others 7.75 times as long
BUSY = 0.5  # the share of the time that each server has work


def serve(policy="random"):
    """Serves all requests; returns how long they waited before they were served: the mean and the 99th percentile, ms."""
    lines = [queue.SimpleQueue() for _ in range(SERVERS)]
    if policy == "one_line":
        lines = lines[:1] * SERVERS
    pending = [0] * SERVERS  # requests in each line or being served; a server and the balancer change it under the lock
    guard = threading.Lock()
    waits = []

    def server(number):
        for arrived, seconds in iter(lines[number].get, None):
            waits.append(time.perf_counter() - arrived)
            time.sleep(seconds)
            with guard:
                pending[number] -= 1

    crew = [threading.Thread(target=server, args=(number,)) for number in range(SERVERS)]
    for thread in crew:
        thread.start()
    due = time.perf_counter()
    for request in range(REQUESTS):
        due += random.expovariate(SERVERS * BUSY / MEAN)
        time.sleep(max(0.0, due - time.perf_counter()))
        seconds = MEAN * (7.75 if random.random() < 0.1 else 0.25)
        with guard:
            number = chosen(policy, request, pending)
            pending[number] += 1
        lines[number].put((due, seconds))
    for line in lines:
        line.put(None)
    for thread in crew:
        thread.join()
    return {"wait_mean_ms": 1000 * sum(waits) / REQUESTS, "wait_p99_ms": 1000 * sorted(waits)[int(0.99 * REQUESTS)]}


def chosen(policy, request, pending):
    """The number of the line for a request."""
    if policy == "round_robin":
        return request % SERVERS
    if policy == "two_choices":
        return min(random.sample(range(SERVERS), 2), key=pending.__getitem__)
    if policy == "shortest":
        return min(range(SERVERS), key=pending.__getitem__)
    return random.randrange(SERVERS)
