"""Work of which a part is done by one at a time: seconds inside a lock, seconds outside of it, all of them asleep."""

import threading
import time

LOCK = threading.Lock()


def turn(inside: float, outside: float) -> None:
    """One operation."""
    with LOCK:
        time.sleep(inside)
    time.sleep(outside)
