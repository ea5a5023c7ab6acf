"""Runs that are killed at random moments and resumed: is every finished trial kept, and each measured once?

    python benchmarks/killed.py [--runs 200] [--real 20] [--seed 1]        (10 to 20 minutes)

Each run is started as a process of its own and ended by SIGKILL after a random time, up to how long the whole takes here,
every other time from the first trial on; then the same command is given again until it ends. Every tenth makes its page;
the last `--real` measure real trials, the others are simulated. What stood in the journal at the kill must be the beginning
of the journal at the end, byte for byte but for a torn last line; every planned trial must be there exactly once; and
nothing may end with a traceback.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.short_runs import ASLEEP_CELLS, asleep, journals, whole_lines
from concexp.run.storage import journal

SIMULATED = """\
workload: [cpu_sum, sleep]
model: simulated
sweep: {workers: [1, 2, 4]}
load: {ops: 100, scaling: strong}
measure: {repetitions: 30}
report: {plots: [scaling]}
"""
SIMULATED_TRIALS = 6 * 30
REAL = asleep("10ms", 5)
REAL_TRIALS = 5 * ASLEEP_CELLS
MOST_KILLS = 3  # of one run


def run(folder: Path, page: bool, seconds: float | None, measuring: bool = False) -> tuple[int | None, str]:
    """Give the command; kill it and its children after `seconds`, or so long after a trial was added to its journal.

    (exit code, None if it was killed; what it said).
    """
    command = [
        sys.executable,
        "-m",
        "concexp",
        "run",
        "x.yaml",
        "--progress",
        "none",
        *([] if page else ["--no-report"]),
    ]
    before = whole_lines(folder).count(b"\n")
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, start_new_session=True)
        while measuring and process.poll() is None and whole_lines(folder).count(b"\n") <= max(before, 1):
            time.sleep(0.01)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(0)
        return None if process.returncode == -signal.SIGKILL else process.returncode, said.read()


def finished(folder: Path) -> bool:
    """Whether a run's page is written."""
    return any("finished_at" in path.read_text() for path in folder.glob("reports/x/runs/*/manifest.json"))


def one(number: int, text: str, trials: int, longest: float, dice: random.Random) -> Counter[str]:
    """Kill a run once or several times, resume it, and count what went wrong."""
    found: Counter[str] = Counter()
    page = number % 10 == 0
    with tempfile.TemporaryDirectory(prefix="concexp-killed-") as name:
        folder = Path(name)
        (folder / "x.yaml").write_text(text)
        kept, code = b"", None
        kills = dice.randint(1, MOST_KILLS)
        for kill in range(kills + 1):
            measuring = dice.random() < 0.5
            limit = dice.uniform(0, longest / 4) if measuring else dice.uniform(0.05, longest)
            code, said = run(folder, page, None if kill == kills else limit, measuring and kill < kills)
            now = whole_lines(folder)
            found["tracebacks"] += "Traceback" in said
            found["lost"] += not now.startswith(kept)
            kept = now
            if code is not None:
                break
            found["kills"] += 1
            found["kills before the first trial"] += now.count(b"\n") < 2
            if finished(folder):  # all was done but to end: the next command would rightly begin another run
                code = 0
                break
        found["not completed"] += code != 0
        runs = journals(folder)
        found["runs instead of one"] += len(runs) - 1
        there = Counter(r["trial"] for r in journal.read(runs[0]).records if r["role"] == "measured")
        found["lost"] += trials - len(there)
        found["doubled"] += sum(count - 1 for count in there.values())
        found["pages"] += (folder / "reports/x/README.md").exists()
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--real", type=int, default=20, help="how many of them measure real trials")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    dice = random.Random(asked.seed)
    longest = {}
    for text in (SIMULATED, REAL):
        with tempfile.TemporaryDirectory(prefix="concexp-killed-") as name:
            (Path(name) / "x.yaml").write_text(text)
            started = time.monotonic()
            code, said = run(Path(name), False, None)
            longest[text] = time.monotonic() - started
            if code:
                sys.exit(said)
    total: Counter[str] = Counter()
    for number in range(asked.runs):
        real = number >= asked.runs - asked.real
        text, trials = (REAL, REAL_TRIALS) if real else (SIMULATED, SIMULATED_TRIALS)
        total += one(number, text, trials, longest[text], dice)
        if number % 20 == 19:
            print(f"{number + 1} runs, {total['kills']} kills", file=sys.stderr, flush=True)
    wrong = ("lost", "doubled", "tracebacks", "not completed", "runs instead of one")
    print(f"{asked.runs} runs ({asked.real} of real trials), {total['kills']} kills by SIGKILL", end=" ")
    print(f"({total['kills before the first trial']} of them before the first trial), {total['pages']} pages:")
    print(", ".join(f"{total[name]} {name}" for name in wrong))
    return 1 if any(total[name] for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
