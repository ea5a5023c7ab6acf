"""How many CPUs the machine really gives: spinners alone and together, in the same second.

Effective CPUs = work done by k spinners together / work of one alone; here both are only counted. Two "CPUs" of a shared
machine are sometimes worth one, while affinity, quota and load average look the same; only work shows it.
"""

import os

from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.probes.rusage import thread_times


def answer(request):
    """The answer to {"verb": "spin", "spinners": k, "seconds": s, "rounds": r}.

    Each round lets one spinner run alone for s seconds and then k together for s. `alone` and `together` hold the work
    done, one number a round; beside them the CPU time and run-queue wait of the k spinners, seconds, summed over rounds
    (None where the system does not report them).
    """
    spinners, seconds = request["spinners"], request["seconds"]
    alone, together, cpu, wait = [], [], 0.0, 0.0
    for _ in range(request["rounds"]):
        alone.append(sum(work for work, _, _ in crowd(1, seconds)))
        crew = crowd(spinners, seconds)
        together.append(sum(work for work, _, _ in crew))
        for _, used, waited in crew:
            cpu = None if used is None or cpu is None else cpu + used
            wait = None if waited is None or wait is None else wait + waited
    return {
        "alone": alone,
        "together": together,
        "spinners": spinners,
        "cpu_s": cpu,
        "run_queue_wait_s": wait,
        "spun_s": seconds * request["rounds"],
    }


def crowd(spinners, seconds):
    """(work, CPU seconds, run-queue wait seconds) of each of `spinners` processes that spin at the same time."""
    start = clock() + 5_000_000 + 2_000_000 * spinners  # time enough to fork them all before the common start
    end = start + int(seconds * 1e9)
    pipes = []
    for _ in range(spinners):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(reading)
                os.write(writing, repr(spinner(start, end)).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        pipes.append((reading, child))
    results = []
    for reading, child in pipes:
        text = b""
        while True:
            more = os.read(reading, 4096)
            if not more:
                break
            text += more
        os.close(reading)
        os.waitpid(child, 0)
        work, used, waited = text.decode().strip("()").split(",")
        results.append((int(work), number(used), number(waited)))
    return results


def number(text):
    text = text.strip()
    return None if text == "None" else float(text)


def spinner(start, end):
    """(rounds done between two clock readings, CPU seconds, run-queue wait seconds) of this process."""
    while clock() < start:
        pass
    before = thread_times(os.getpid())
    done = 0
    while clock() < end:
        for _ in range(200):
            done += 1
    after = thread_times(os.getpid())
    if before is None or after is None:
        return done, None, None
    return done, (after[0] - before[0]) / 1e9, (after[1] - before[1]) / 1e9
