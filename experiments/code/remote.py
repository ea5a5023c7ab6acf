"""Tasks that workers take from a queue, here or behind a server."""

import multiprocessing
import queue
import time
from multiprocessing.managers import BaseManager

TASKS, WORKERS = 200, 2
CONTEXT = multiprocessing.get_context("fork")
KEY = b"for this trial"


class Queues(BaseManager):
    """A server of two queues."""


HELD = {"tasks": queue.Queue(), "found": queue.Queue()}  # in the server's process: a fork has its own
Queues.register("tasks", callable=lambda: HELD["tasks"])
Queues.register("found", callable=lambda: HELD["found"])


def work(address, local, seconds):
    """A worker: takes tasks until there is none left. It reaches the queues by an address, or has them."""
    if address is None:
        tasks, found = local
    else:
        server = Queues(address, KEY)
        server.connect()
        tasks, found = server.tasks(), server.found()
    for number in iter(tasks.get, None):
        time.sleep(seconds)
        found.put(number * number)


def shared_out(place="local", task_ms=0):
    """Shares out the tasks and takes what was found; returns tasks/s, from the first task to the last answer."""
    server = None
    address, local = None, (CONTEXT.Queue(), CONTEXT.Queue())
    if place != "local":
        server = Queues(("127.0.0.1", 0) if place == "remote" else None, KEY, ctx=CONTEXT)
        server.start()
        address, local = server.address, (server.tasks(), server.found())
    tasks, found = local
    given = None if server else local
    crew = [CONTEXT.Process(target=work, args=(address, given, task_ms / 1000)) for _ in range(WORKERS)]
    for worker in crew:
        worker.start()
    begin = time.perf_counter()
    for number in range(TASKS):
        tasks.put(number)
    total = sum(found.get() for _ in range(TASKS))
    spent = time.perf_counter() - begin
    for _ in crew:
        tasks.put(None)
    for worker in crew:
        worker.join()
    if server:
        server.shutdown()
    assert total == sum(number * number for number in range(TASKS))
    return {"tasks_per_s": TASKS / spent}
