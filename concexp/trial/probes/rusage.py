"""What the kernel accounts for all workers, read by the coordinator before and after a pass, while they are idle."""

import os
from _thread import get_native_id

from concexp.trial import tools
from concexp.trial.own_time import process_time_ns, thread_time_ns

PROC = "/proc"
TICK = os.sysconf("SC_CLK_TCK")


def thread_times(pid):
    """(CPU ns, run-queue wait ns) summed over the living threads of a process; None where not reported.

    Linux: /proc/PID/task/TID/schedstat, "run wait slices". The wait is the best sign there is that a CPU was wanted
    and not given.
    """
    used = waited = 0
    folder = "%s/%d/task" % (PROC, pid)
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
        used = process_time_ns()
    return used, waited


def own_thread():
    """(CPU ns, run-queue wait ns) of the calling thread; the wait is None where not reported."""
    used = thread_time_ns()  # the kernel's file has it only to the last tick
    try:
        with open("%s/%d/task/%d/schedstat" % (PROC, os.getpid(), get_native_id())) as file:
            return used, int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return used, None


def bookings(pid):
    """(user s, system s, minor faults, major faults) of a process so far; None where not reported.

    Linux: /proc/PID/stat, whose times are in ticks of 10 ms.
    """
    try:
        with open("%s/%d/stat" % (PROC, pid)) as file:
            fields = file.read().rpartition(")")[2].split()  # a name may hold spaces and brackets
    except OSError:
        return None
    return int(fields[11]) / TICK, int(fields[12]) / TICK, int(fields[7]), int(fields[9])


def switches(pid):
    """(voluntary, involuntary) context switches of the living threads of a process; None where not reported."""
    try:
        threads = os.listdir("%s/%d/task" % (PROC, pid))
    except OSError:
        return None
    each = [thread_switches(pid, thread) for thread in threads]
    return None if None in each else tuple(map(sum, zip(*each)))


def thread_switches(pid, thread):
    """(voluntary, involuntary) context switches of one thread; None where not reported. `pid` may be "self"."""
    try:
        with open("%s/%s/task/%s/status" % (PROC, pid, thread)) as file:
            found = [int(line.split()[1]) for line in file if "ctxt_switches" in line]
    except (OSError, ValueError):
        return None
    return tuple(found) if len(found) == 2 else None


def migrations(pid):
    """How often the living threads of a process were moved to another CPU; None where not reported.

    Linux with CONFIG_SCHED_DEBUG: /proc/PID/task/TID/sched, the line "se.nr_migrations : n".
    """
    found = 0
    folder = "%s/%d/task" % (PROC, pid)
    try:
        for thread in os.listdir(folder):
            with open("%s/%s/sched" % (folder, thread)) as file:
                (line,) = [line for line in file if line.startswith("se.nr_migrations")]
            found += int(line.rpartition(":")[2])
    except (OSError, ValueError):
        return None
    return found


class Probe(tools.Probe):
    """CPU time, the wait for a CPU, switches, migrations and page faults of the model's processes; CPU time of servers.

    Columns: cpu_s, run_queue_wait_s, server_cpu_s, user_s, system_s (seconds; these two in steps of 10 ms),
    voluntary_switches, involuntary_switches, migrations, minor_faults, major_faults; None where the system does not report it.
    The first two also of the process that coordinates the workers, with all its threads (own_cpu_s, own_run_queue_wait_s), and of
    its thread that does (main_cpu_s, main_run_queue_wait_s): what of it is the workers' depends on whether they are processes,
    threads, or coroutines of that thread.
    """

    columns = {
        "cpu_s": "number",
        "run_queue_wait_s": "number",
        "server_cpu_s": "number",
        "user_s": "number",
        "system_s": "number",
        "voluntary_switches": "number",
        "involuntary_switches": "number",
        "migrations": "number",
        "minor_faults": "number",
        "major_faults": "number",
        "own_cpu_s": "number",
        "own_run_queue_wait_s": "number",
        "main_cpu_s": "number",
        "main_run_queue_wait_s": "number",
    }

    @classmethod
    def always_on(cls, load):
        return True

    def begin(self, processes, servers):
        self.before = self.read(processes, servers)

    def end(self, processes, servers):
        after = self.read(processes, servers)
        found = {name: None if old is None or after[name] is None else after[name] - old
                 for name, old in self.before.items()}  # fmt: skip
        return found if servers else dict(found, server_cpu_s=None)

    def read(self, processes, servers):
        """The values of the clocks and counters, by column name."""
        pids = [os.getpid(), *processes]
        each = [thread_times(pid) for pid in pids]
        times, served = summed(each, 2), summed(map(thread_times, servers), 2)
        own, main = each[0] or (None, None), own_thread()
        booked, switched = summed(map(bookings, pids), 4), summed(map(switches, pids), 2)
        moved = [migrations(pid) for pid in pids]
        cpu = times[0]
        if cpu is None and not processes:
            import resource  # late: where the system reports the times, no trial needs it

            usage = resource.getrusage(resource.RUSAGE_SELF)
            cpu = int((usage.ru_utime + usage.ru_stime) * 1e9)
        seconds = {
            "cpu_s": cpu,
            "run_queue_wait_s": times[1],
            "server_cpu_s": served[0],
            "own_cpu_s": own[0],
            "own_run_queue_wait_s": own[1],
            "main_cpu_s": main[0],
            "main_run_queue_wait_s": main[1],
        }
        return dict(
            {name: None if value is None else value / 1e9 for name, value in seconds.items()},
            user_s=booked[0],
            system_s=booked[1],
            minor_faults=booked[2],
            major_faults=booked[3],
            voluntary_switches=switched[0],
            involuntary_switches=switched[1],
            migrations=None if None in moved else sum(moved),
        )


def summed(rows, width):
    """The sums of columns; None for all of them where a row is missing."""
    rows = list(rows)
    return (None,) * width if None in rows else [sum(row[k] for row in rows) for k in range(width)]
