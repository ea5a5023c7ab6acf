"""What `concexp init` does: writes a first experiment."""

from __future__ import annotations

import re
from pathlib import Path

from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.run.storage import run_folder

FIRST_EXPERIMENT = """\
question: Which model suits this work?

workload: cpu_sum                 # `concexp list workload`, or your own: my_code.py:my_function
model: [serial, threads, processes]

sweep:
  workers: [1, 2]                 # numbers may be formulas: cpus, 2*cpus

measure:
  repetitions: 5                  # fresh processes per cell: more make the intervals narrower
"""


def write_first_experiment(name: str) -> Path:
    """Write NAME.yaml into the current folder and return its path; EnvironmentRefused if it exists."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise InputError(
            [Problem("NAME", 0, 0, "", f"'{name}' cannot be a name", "small letters, digits, underscores")]
        )
    path = Path(f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(FIRST_EXPERIMENT)
    except FileExistsError:
        raise EnvironmentRefused(f"{path} is there already", "choose another name, or remove it") from None
    except OSError as error:
        raise run_folder.refused(error, path) from error
    return path
