"""How tests hold a primitive that somebody waits for."""

import sys
import time
from time import perf_counter_ns as clock

from concexp.trial.probes import waits

HOLD = 0.03  # seconds


def held():
    """Hold what somebody waits for, for a known time; its ends on the clock, ns."""
    begin = clock()
    time.sleep(HOLD)
    return begin, clock()


def has_asked(thread):
    """Whether a thread stands in the wrapper's `with`, with its beginning noted."""
    frame = sys._current_frames().get(thread.ident)
    return frame is not None and frame.f_code is waits.Plain.__enter__.__code__ and "begin" in frame.f_locals
