"""The load generator: a process that writes each arrival of an open loop into a FIFO at its time.

    PYTHON -s -S <stage>/concexp/trial/load_generator.py FOLDER GIVEN

FOLDER holds the FIFOs of `arrivals`, GIVEN is a literal: the arguments of `arrivals.offsets`. It ends by a signal: the
trial's, or that of standard input when the trial has ended.
"""

import os
import sys
from time import perf_counter_ns as clock
from time import process_time_ns, sleep

LEAD = 1_000_000  # ns from the last reader's word that it is ready to the beginning: time to wait at the line
# A sleep ends some 60 us late, so the rest is spun: this long, ns, but at most a fiftieth of the time.
SPIN = 100_000
SPIN_SHARE = 50


def main(folder, given):
    """Make one pass after the other."""
    import ast
    import gc

    from concexp.trial.arrivals import LINE, READERS, READY, offsets

    due = offsets(*ast.literal_eval(given))
    end_with_input()
    sleep_exactly()
    # For reading and writing: neither waits for the other end to be opened, nor ends when that closes.
    ready = os.open(os.path.join(folder, READY), os.O_RDWR)
    line = os.open(os.path.join(folder, LINE), os.O_RDWR)
    gc.collect()
    gc.disable()
    os.write(1, b"ready\n")
    while True:
        (readers,) = READERS.unpack(os.read(ready, READERS.size))
        for _ in range(readers - 1):
            os.read(ready, READERS.size)
        one_pass(due, readers, line)


def one_pass(due, readers, line):
    """Write the arrivals of a pass, then an end for each reader."""
    from concexp.trial.arrivals import END, RECORD, SECOND

    used = process_time_ns()
    begun = clock() + LEAD
    spin = min(SPIN, due[-1] // len(due) // SPIN_SHARE)
    pack, write = RECORD.pack, os.write
    for number, offset in enumerate(due):
        intended = begun + offset
        ahead = intended - clock()
        if ahead > spin:
            sleep((ahead - spin) / SECOND)
        while clock() < intended:
            pass
        # A full line holds up only the generator: there is no free worker that waits for this arrival.
        write(line, pack(number, intended, clock()))
    end = pack(END, begun, process_time_ns() - used)
    for _ in range(readers):
        write(line, end)


def end_with_input():
    """Let the kernel end this process when standard input closes: the trial's own process may have died."""
    import fcntl

    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def sleep_exactly():
    """Let sleeps end as near to their time as the system can; Linux adds 50 us by default to save power."""
    try:
        with open("/proc/self/timerslack_ns", "w") as file:
            file.write("1")
    except OSError:
        pass


if __name__ == "__main__":
    # A script's own folder stands first in the path: put the folder of `concexp` there.
    sys.path[0] = os.path.abspath(__file__).rsplit(os.sep, 3)[0]
    main(*sys.argv[1:])
