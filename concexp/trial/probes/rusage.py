"""CPU time and run-queue wait of all workers, read by the coordinator while they stand still before and after a pass."""

import os
import resource
import time


def thread_times(pid):
    """(CPU ns, run-queue wait ns) summed over the living threads of a process; None where the system does not tell.

    Linux: /proc/PID/task/TID/schedstat, "run wait slices". The wait is the best sign there is that a CPU was wanted
    and not given.
    """
    used = waited = 0
    folder = "/proc/%d/task" % pid
    try:
        for thread in os.listdir(folder):
            with open("%s/%s/schedstat" % (folder, thread)) as file:
                run, wait, _ = file.read().split()
            used += int(run)
            waited += int(wait)
    except (OSError, ValueError):
        return None
    if pid == os.getpid():
        # The kernel books the time of a thread that is running (this one) only at its next tick, up to 10 ms later.
        used = time.process_time_ns()
    return used, waited


class Probe:
    """CPU seconds of the model's processes and of the workload's servers, and the wait for a CPU.

    Columns: cpu_s, run_queue_wait_s, server_cpu_s (seconds; None where the system does not tell).
    """

    def begin(self, processes, servers):
        """Remember where the clocks stand; `processes` and `servers` are lists of process ids."""
        self.before = self.read(processes, servers)

    def end(self, processes, servers):
        """What was used since `begin`, by column name."""
        after = self.read(processes, servers)
        used, waited, served = [
            None if old is None or new is None else (new - old) / 1e9 for old, new in zip(self.before, after)
        ]
        return {"cpu_s": used, "run_queue_wait_s": waited, "server_cpu_s": served if servers else None}

    def read(self, processes, servers):
        own = [thread_times(pid) for pid in [os.getpid(), *processes]]
        served = [thread_times(pid) for pid in servers]
        if None in own:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            alone = int((usage.ru_utime + usage.ru_stime) * 1e9) if not processes else None
            return alone, None, None
        return (
            sum(used for used, _ in own),
            sum(waited for _, waited in own),
            None if None in served else sum(used for used, _ in served),
        )
