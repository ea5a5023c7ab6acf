"""Runs whose journal is replaced, moved, cut or deleted while they go on: is any trial lost without a word, or doubled?

    python benchmarks/tampered.py [--runs 200] [--real 20] [--seed 1]        (about 10 minutes)

At a random moment after the first trial one of the attacks below happens to the journal. Then the run must either end with exit
code 3 and say where the trials are, or have been over. What it says is done: the copy is moved back, the same command is given
again. In the end every planned trial must be there exactly once, no other trial, and the first lines must be those from before
the attack, unless they were cut off, which was told.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.killed import REAL, REAL_TRIALS, SIMULATED, SIMULATED_TRIALS
from benchmarks.short_runs import journals
from concexp.run.storage import journal

COMMAND = [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "none", "--no-report"]
KEPT = re.compile(r"all its trials are in (.+\.jsonl)")


def stash(path: Path, dice: random.Random) -> None:
    """`git stash; git stash pop`: an older state, in a new file."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    path.write_bytes(b"".join(lines[: dice.randint(1, len(lines))]))


def edit(path: Path, dice: random.Random) -> None:
    """`sed -i`, rsync, or an editor's save: the same content, in a new file."""
    new = path.with_name("new")
    shutil.copyfile(path, new)
    new.replace(path)


def move(path: Path, dice: random.Random) -> None:
    path.rename(path.with_name("moved.jsonl"))


def delete(path: Path, dice: random.Random) -> None:
    path.unlink()


def delete_folder(path: Path, dice: random.Random) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)  # the run may write there at the same moment


def move_folder(path: Path, dice: random.Random) -> None:
    path.parent.rename(path.parent.with_name("20200101T000000Z-elsewhere"))


def cut(path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randint(0, path.stat().st_size - 1))


ATTACKS: tuple[Callable[[Path, random.Random], None], ...] = (
    stash,
    edit,
    move,
    delete,
    delete_folder,
    move_folder,
    cut,
)


def attacked(
    folder: Path, attack: Callable[[Path, random.Random], None], longest: float, dice: random.Random
) -> tuple[int, str, bytes]:
    """(exit code, what it said, the whole lines from before the attack) of a run during which the attack happens."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(COMMAND, cwd=folder, stdout=said, stderr=said)
        found: list[Path] = []
        while process.poll() is None and not (found and found[0].exists() and found[0].read_bytes().count(b"\n") > 1):
            found = journals(folder)
            time.sleep(0.005)
        time.sleep(dice.uniform(0, longest))
        before = found[0].read_bytes()
        attack(found[0], dice)
        code = process.wait(600)
        said.seek(0)
        return code, said.read(), before[: before.rfind(b"\n") + 1]


def one(number: int, text: str, trials: int, longest: float, dice: random.Random) -> Counter[str]:
    """Attack a run, do what it says, and count what went wrong."""
    found: Counter[str] = Counter()
    attack = ATTACKS[number % len(ATTACKS)]
    with tempfile.TemporaryDirectory(prefix="concexp-tampered-") as name:
        folder = Path(name)
        (folder / "x.yaml").write_text(text)
        code, said, before = attacked(folder, attack, longest, dice)
        found["tracebacks"] += "Traceback" in said
        found[f"noticed: {attack.__name__}"] += code == 3
        if code == 0:  # the run was over before the attack
            finished = before.count(b"\n") > trials
            found["lost without a word"] += not finished
            return found
        kept = KEPT.search(said)
        if attack is not cut and not kept:
            found["lost without a word"] += 1
            return found
        if kept:
            copy = (folder / kept[1]).read_bytes()
            found["lost without a word"] += not copy.startswith(before)
            target = re.search(r"move that file to (\S+) and give", said)
            if target:
                (folder / kept[1]).replace(folder / target[1])
            else:  # its folder is gone, or elsewhere: then it is put back
                for other in (folder / "reports/x/runs").glob("*elsewhere"):
                    other.rename(other.with_name(Path(kept[1]).name.partition(".")[0]))
        done = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, check=False)
        found["tracebacks"] += "Traceback" in done.stderr
        found["not completed"] += done.returncode != 0
        runs = journals(folder)
        # With its whole folder, the manifest is gone, too: the command rightly begins another run.
        found["runs instead of one"] += max(0, len(runs) - 1 - (attack is delete_folder))
        whole = max(runs, key=lambda path: path.stat().st_size)
        there = Counter(r["trial"] for r in journal.read(whole).records if r["role"] == "measured")
        found["lost without a word"] += trials - len(there)
        found["doubled"] += sum(count - 1 for count in there.values())
        if attack not in (cut, delete_folder):
            found["lost without a word"] += not whole.read_bytes().startswith(before)
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--real", type=int, default=20, help="how many of them measure real trials")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    dice = random.Random(asked.seed)
    total: Counter[str] = Counter()
    for number in range(asked.runs):
        real = number >= asked.runs - asked.real
        text, trials, longest = (REAL, REAL_TRIALS, 1.5) if real else (SIMULATED, SIMULATED_TRIALS, 0.3)
        total += one(number, text, trials, longest, dice)
        if number % 20 == 19:
            print(f"{number + 1} runs", file=sys.stderr, flush=True)
    wrong = ("lost without a word", "doubled", "tracebacks", "not completed", "runs instead of one")
    noticed = {name: count for name, count in sorted(total.items()) if name.startswith("noticed")}
    print(f"{asked.runs} runs ({asked.real} of real trials), {sum(noticed.values())} attacks noticed: {noticed}")
    print(", ".join(f"{total[name]} {name}" for name in wrong))
    return 1 if any(total[name] for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
