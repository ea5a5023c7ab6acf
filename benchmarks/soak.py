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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.short_runs import CELLS, Growth, simulated

GROWTH = 50e6  # bytes
EVERY = 0.5  # seconds between two samples


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--trials", type=int, default=100_000)
    options.add_argument("--folder", help="where the run is written; a temporary folder without")
    options.add_argument("--page", action="store_true", help="make the page too, and tell what it needs")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="concexp-soak-", dir=asked.folder) as name:
        folder = Path(name)
        planned = asked.trials // CELLS * CELLS
        (folder / "soak.yaml").write_text(simulated(planned))
        command = [sys.executable, "-m", "concexp", "run", "soak.yaml", "--progress", "none"]
        started = time.monotonic()
        run = subprocess.Popen(command if asked.page else [*command, "--no-report"], cwd=folder)
        process = psutil.Process(run.pid)
        samples: list[tuple[int, int, int]] = []  # trials, resident bytes, open files
        journal, highest = Growth(folder), 0
        spent = 0.0
        while run.poll() is None:
            time.sleep(EVERY)
            try:
                resident, files = process.memory_info().rss, process.num_fds()
            except psutil.Error:
                break
            trials = journal.trials()
            if 0 < trials < planned:
                samples.append((trials, resident, files))
                spent = time.monotonic() - started
            elif journal.size:
                highest = max(highest, resident)
        if run.wait():
            return run.returncode
        print(f"{planned} simulated trials, a journal of {journal.size / 1e6:.0f} MB, {spent:.0f} s of measuring")
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
