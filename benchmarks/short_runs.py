"""What benchmarks of long, killed and shared runs have in common: experiments, and how a journal is watched as it grows."""

from __future__ import annotations

from pathlib import Path

CELLS = 5  # of simulated trials

SIMULATED = """\
workload: cpu_sum
model: simulated
sweep: {{workers: {{from: 1, to: {cells}, step: 1}}}}
load: {{ops: 100, scaling: strong}}
measure: {{repetitions: {repetitions}, iterations: 1, warmup: 0, control: off}}
baseline: {{}}
report: {{plots: []}}
"""
ASLEEP = """\
workload: sleep
model: [serial, threads]
sweep: {{workers: [1, 2]}}
load: {{duration: {duration}}}
measure: {{repetitions: {repetitions}, iterations: 1, warmup: 0}}
report: {{plots: [scaling]}}
"""
ASLEEP_CELLS = 3


def simulated(trials: int) -> str:
    """The YAML of simulated trials, which take no time; their number is a multiple of CELLS."""
    return SIMULATED.format(cells=CELLS, repetitions=trials // CELLS)


def asleep(duration: str, repetitions: int) -> str:
    """The YAML of real trials that sleep for this duration, ASLEEP_CELLS times as many as there are repetitions."""
    return ASLEEP.format(duration=duration, repetitions=repetitions)


def journals(folder: Path) -> list[Path]:
    """The journals of all runs whose reports are in this folder."""
    return list(folder.glob("reports/*/runs/*/journal.jsonl"))


def whole_lines(folder: Path) -> bytes:
    """What the journal of the only run holds, but for a torn end."""
    found = journals(folder)
    data = found[0].read_bytes() if found else b""
    return data[: data.rfind(b"\n") + 1]


class Growth:
    """The journal of the only run in a folder as it grows: each byte is read once. `size` in bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self._lines = 0

    def trials(self) -> int:
        """How many records follow the header by now; 0 before there is a journal."""
        for journal in journals(self.folder)[:1]:
            with journal.open("rb") as file:
                file.seek(self.size)
                while data := file.read(1 << 20):
                    self.size, self._lines = self.size + len(data), self._lines + data.count(b"\n")
        return max(0, self._lines - 1)
