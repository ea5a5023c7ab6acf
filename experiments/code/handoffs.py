"""Two ways to wait for an item that cost more than they should."""

import threading
import time


class Store:
    """Items behind a condition, and how many wake-ups found none."""

    def __init__(self):
        self.changed = threading.Condition()
        self.items = 0
        self.closed = False
        self.useless = 0

    def take_all(self, taken):
        """A consumer: takes items until the store is closed; says so by the semaphore `taken`."""
        with self.changed:
            while True:
                while not self.items and not self.closed:
                    self.changed.wait()
                    self.useless += not self.items and not self.closed
                if self.closed:
                    return
                self.items -= 1
                taken.release()


def woken(call="notify", waiters=8, items=40):
    """Gives `items` to `waiters` one by one; returns how many woke up for nothing, for each item."""
    store, taken = Store(), threading.Semaphore(0)
    crew = [threading.Thread(target=store.take_all, args=(taken,)) for _ in range(waiters)]
    for thread in crew:
        thread.start()
    for _ in range(items):
        time.sleep(0.001)  # until all wait again
        with store.changed:
            store.items += 1
            getattr(store.changed, call)()
        taken.acquire()
    time.sleep(0.001)
    useless = store.useless
    with store.changed:
        store.closed = True
        store.changed.notify_all()
    for thread in crew:
        thread.join()
    return {"useless": useless / items}


def polled(every_ms=0, items=10):
    """Returns how late a thread sees an item if it looks every `every_ms`, or if it waits (0), ms.

    Items come at evenly spread moments between two looks.
    """
    every = every_ms / 1000
    late = 0.0
    for number in range(items):
        came, ready, never = [], threading.Event(), threading.Event()
        seen = []

        def look(came=came, ready=ready, never=never, seen=seen):
            if every:
                while not came:
                    never.wait(every)
            else:
                ready.wait()
            seen.append(time.perf_counter())

        thread = threading.Thread(target=look)
        thread.start()
        time.sleep(every * (number + 0.5) / items or 0.002)
        came.append(time.perf_counter())
        ready.set()
        thread.join()
        late += seen[0] - came[0]
    return {"late_ms": 1000 * late / items}
