"""A lock that is never held, looked at over and over."""

import threading

ROUNDS = 5_000
LOCK = threading.Lock()


class Looking:
    """Each worker makes one, with a lock of its own or with the one that all have."""

    def __init__(self, shared=False):
        self.lock = LOCK if shared else threading.Lock()

    def run(self):
        lock, held = self.lock, 0
        for _ in range(ROUNDS):
            held += lock.locked()
        return held
