"""Work that waits, in part under a lock."""

import time


def section(sync, inside_ms=1, outside_ms=9):
    """Wait under the lock, then outside of it."""
    with sync:
        time.sleep(inside_ms / 1000)
    time.sleep(outside_ms / 1000)
