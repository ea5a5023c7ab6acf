"""Eight functions of known kind, for `tries.py`: each takes a few milliseconds, whatever it does with them."""

import asyncio
import hashlib
import threading
import time

DATA = b"x" * 2_000_000
LOCK = threading.Lock()


def computes():
    """Python code: it holds the GIL."""
    return sum(number * number for number in range(40_000)) % 7


def hashes():
    """C code that releases the GIL."""
    return hashlib.sha256(DATA).hexdigest()[:8]


def waits():
    """A wait that blocks the thread."""
    time.sleep(0.005)


async def awaits():
    """A wait that leaves the event loop to others."""
    await asyncio.sleep(0.005)


def half_and_half():
    """About as long on the CPU, with the GIL, as it waits."""
    begun = time.thread_time()
    total = sum(number * number for number in range(60_000)) % 7
    time.sleep(time.thread_time() - begun)
    return total


def large_results():
    """A result that takes about as long to send as to make."""
    return [str(number) for number in range(40_000)]


def locked():
    """A wait under a lock that all calls share."""
    with LOCK:
        time.sleep(0.002)


unpicklable = lambda: sum(number * number for number in range(40_000)) % 7  # noqa: E731  it has to be one
