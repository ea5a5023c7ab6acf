"""An operation with a known serial share: it sleeps `inside` seconds under one lock and `outside` seconds without it."""

import threading
import time

LOCK = threading.Lock()


def turn(inside: float, outside: float) -> None:
    """One operation."""
    with LOCK:
        time.sleep(inside)
    time.sleep(outside)
