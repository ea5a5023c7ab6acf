"""Holds a primitive for a known time while another thread waits for it."""

import sys
import time
from time import perf_counter_ns as clock

from concexp.trial.probes import waits

HOLD = 0.03  # seconds


def held():
    """Sleeps for HOLD, and returns its beginning and end in ns of the clock."""
    begin = clock()
    time.sleep(HOLD)
    return begin, clock()


def has_asked(thread):
    """True if a thread waits in the wrapper's `with` and has noted when it began."""
    frame = sys._current_frames().get(thread.ident)
    return frame is not None and frame.f_code is waits.Plain.__enter__.__code__ and "begin" in frame.f_locals
