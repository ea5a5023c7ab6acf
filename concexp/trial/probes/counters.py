"""Hardware counters of the workers' processes, and the energy of the machine, where the kernel shows them."""

import os

from concexp.trial import probes

# What `perf` counts; the last two are the kernel's own, and so there in every virtual machine.
EVENTS = (
    "instructions",
    "cycles",
    "cache-references",
    "cache-misses",
    "branches",
    "branch-misses",
    "cpu-migrations",
    "page-faults",
)
PATIENCE = 5  # seconds for an answer of perf
POWERCAP = "/sys/class/powercap"
TEXT = 200  # characters of what perf says when it fails
ENERGY = "energy"
JOULE = 1e6  # in the kernel's unit


class Failed(Exception):
    """Why perf counts nothing: a code, or what it says."""


class Perf:
    """`perf stat` on some processes and all their threads, which counts from `begin` to `end` alone."""

    def __init__(self, pids):
        import shutil
        import subprocess

        program = shutil.which("perf")
        if program is None:
            raise Failed("no_perf")
        order, self.orders = os.pipe()
        self.answers, answer = os.pipe()
        command = [program, "stat", "-x", ";", "-e", ",".join(EVENTS), "-p", ",".join(map(str, pids)), "-D", "-1"]
        command += ["--control", "fd:%d,%d" % (order, answer)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(order, answer),
            env=dict(os.environ, LC_ALL="C"),
        )
        os.close(order)
        os.close(answer)
        try:
            self.command("enable")
        except Failed:
            self.close()
            raise

    def command(self, word):
        """Give an order, and wait until it is carried out; Failed if it is not."""
        from select import select

        try:
            os.write(self.orders, word.encode() + b"\n")
        except BrokenPipeError:
            pass
        if select([self.answers], [], [], PATIENCE)[0] and os.read(self.answers, 64):
            return
        self.process.terminate()
        raise Failed(reason(self.process.communicate()[1].decode()))

    def end(self):
        """{event: its count, or a code why there is none}."""
        import signal

        try:
            self.command("disable")
            self.process.send_signal(signal.SIGINT)
            return counted(self.process.communicate(timeout=PATIENCE)[1].decode())
        finally:
            self.close()

    def close(self):
        """End perf, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        os.close(self.orders)
        os.close(self.answers)


def reason(said):
    """Why perf has failed, from what it said: a code, or its first line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("paranoid" in line or "ermission" in line or "not permitted" in line for line in lines):
        return "not_permitted"
    return lines[0][:TEXT] if lines else "no_answer"


def counted(output):
    """What `perf stat -x ;` wrote: lines "count;unit;event;..." -> {event: its count, or a code why there is none}."""
    found = {}
    for fields in (line.split(";") for line in output.splitlines()):
        if len(fields) >= 3:
            event = fields[2].partition(":")[0]  # perf adds :u where it may not count in the kernel
            try:
                found[event] = int(fields[0])
            except ValueError:
                found[event] = "not_counted" if "not counted" in fields[0] else "not_supported"
    return found


def energies(root=POWERCAP):
    """{package: (its energy so far, from where it begins again at 0), microjoules}; Failed with a code where not shown."""
    found = {}
    try:
        for zone in sorted(os.listdir(root)):
            if not os.path.exists("%s/%s/energy_uj" % (root, zone)):
                continue
            name = text_of("%s/%s/name" % (root, zone))
            if name.startswith("package"):  # what else is shown is a part of these, or holds them
                used, most = (
                    int(text_of("%s/%s/%s" % (root, zone, one))) for one in ("energy_uj", "max_energy_range_uj")
                )
                found[name] = used, most
    except PermissionError:
        raise Failed("energy_not_permitted") from None
    except (OSError, ValueError):
        raise Failed("no_energy") from None
    if not found:
        raise Failed("no_energy")
    return found


def text_of(path):
    with open(path) as file:
        return file.read().strip()


def joules(before, after):
    """The energy of all packages between two readings."""
    return sum((after[name][0] - used) % most for name, (used, most) in before.items() if name in after) / JOULE


class Probe(probes.SeparateProbe):
    """What the processors count for the trial's processes: instructions, cycles, misses; and the energy of the machine meanwhile.

    `perf stat` counts, if it is installed and the kernel lets it. Virtual machines mostly have no such counters. The energy, from
    /sys/class/powercap, is that of whole processors, with all that runs on them, and mostly only root may read it.

    Fact: counters, a list of [event, its count, ""] or [event, None, why]: a code (no_perf, not_permitted, not_supported,
    not_counted, no_answer, no_energy, energy_not_permitted), or what perf says. The last is energy, joules.
    """

    known_as = ("perf", "perf stat", "hardware", "pmu", "energy", "power")
    once = True
    diagnoses = True
    columns = {"counters": "list"}

    def begin(self, processes, servers):
        self.perf = self.failed = self.energy = self.no_energy = None
        try:
            self.perf = Perf([os.getpid(), *processes])
        except (Failed, OSError) as error:
            self.failed = str(error)
        try:
            self.energy = energies()
        except Failed as error:
            self.no_energy = str(error)

    def end(self, processes, servers):
        try:
            found = {} if self.perf is None else self.perf.end()
        except Exception as error:  # of a program that may do anything
            found, self.failed = {}, str(error)
        rows = []
        for event in EVENTS:
            count = found.get(event, self.failed or "not_counted")
            rows.append([event, count, ""] if isinstance(count, int) else [event, None, count])
        try:
            rows.append(
                [ENERGY, None, self.no_energy] if self.no_energy else [ENERGY, joules(self.energy, energies()), ""]
            )
        except Failed as error:
            rows.append([ENERGY, None, str(error)])
        return {"counters": rows}
