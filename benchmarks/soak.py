"""A run of very many simulated trials, watched from outside: does the parent's memory or its number of open files grow?

    python benchmarks/soak.py [--trials 100000] [--folder DIR] [--page]

Samples are taken twice a second from the first trial on disk to the last. Each trial is on disk before the next, so the
time is that of `fsync`: on a tmpfs (`--folder /dev/shm`) a minute or two, on a disk longer. With --page the page is made
as well, which reads the whole journal: what it needs is told apart. Exit code 1 if memory grows by 50 MB or more, or files
do not stay as many as they were.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

GROWTH = 50e6  # bytes
EVERY = 0.5  # seconds between two samples
CELLS = 5
EXPERIMENT = """\
workload: cpu_sum
model: simulated
sweep: {{workers: {{from: 1, to: {cells}, step: 1}}}}
load: {{ops: 100, scaling: strong}}
measure: {{repetitions: {repetitions}, iterations: 1, warmup: 0, control: off}}
baseline: {{}}
report: {{plots: []}}
"""


def lines(journal: Path, seen: int, count: int) -> tuple[int, int]:
    """(bytes read, lines) of a journal, of which so many are known."""
    with journal.open("rb") as file:
        file.seek(seen)
        while data := file.read(1 << 20):
            seen, count = seen + len(data), count + data.count(b"\n")
    return seen, count


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--trials", type=int, default=100_000)
    options.add_argument("--folder", help="where the run is written; a temporary folder without")
    options.add_argument("--page", action="store_true", help="make the page too, and tell what it needs")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="concexp-soak-", dir=asked.folder) as name:
        folder = Path(name)
        repetitions = asked.trials // CELLS
        (folder / "soak.yaml").write_text(EXPERIMENT.format(cells=CELLS, repetitions=repetitions))
        command = [sys.executable, "-m", "concexp", "run", "soak.yaml", "--progress", "none"]
        started = time.monotonic()
        run = subprocess.Popen(command if asked.page else [*command, "--no-report"], cwd=folder)
        process = psutil.Process(run.pid)
        samples: list[tuple[int, int, int]] = []  # trials, resident bytes, open files
        size = count = highest = 0
        spent = 0.0
        while run.poll() is None:
            time.sleep(EVERY)
            try:
                resident, files = process.memory_info().rss, process.num_fds()
            except psutil.Error:
                break
            journals = list(folder.glob("reports/*/runs/*/journal.jsonl"))
            if journals:
                size, count = lines(journals[0], size, count)
            if 1 < count <= CELLS * repetitions:  # the header is a line as well
                samples.append((count - 1, resident, files))
                spent = time.monotonic() - started
            elif count:
                highest = max(highest, resident)
        if run.wait():
            return run.returncode
        print(f"{CELLS * repetitions} simulated trials, a journal of {size / 1e6:.0f} MB, {spent:.0f} s of measuring")
        for trials, resident, files in samples[:: max(1, len(samples) // 10)]:
            print(f"  {trials:7d} trials  {resident / 1e6:6.1f} MB  {files} open files")
        memory = [resident for _, resident, _ in samples]
        growth = max(memory) - memory[0]
        # One more is open now and then while a folder is listed: what stays open is the fewest of many samples.
        half = len(samples) // 2
        first, second = (min(files for _, _, files in part) for part in (samples[:half], samples[half:]))
        print(f"memory grew by at most {growth / 1e6:.1f} MB; open files: {first}, in the second half {second}")
        print(
            f"afterwards, {'for the page' if asked.page else 'to look for bad trials'}: at most {highest / 1e6:.0f} MB"
        )
        return 1 if growth >= GROWTH or second > first else 0


if __name__ == "__main__":
    sys.exit(main())
