"""What the runner writes about a trial, a cell that cannot run, and the machine: the records of a journal. Pure."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Any

from concexp.experiment.statuses import MACHINE, MEASURED
from concexp.plan.cell import Cell, PlannedTrial
from concexp.run.child.launch import TrialOutcome
from concexp.run.machine.spinners import SpinMeasurement
from concexp.run.storage.journal import Record

# Characters that are kept of the end of a text.
OUTPUT_KEPT = 4000
STACKS_KEPT = 20_000
TRACEBACK_KEPT = 8000
# The folders around a library of an interpreter or environment, and around those of a trial.
FOLDERS = r"(?:/[^/\s'\":]+)"
PLACES = re.compile(
    rf"{FOLDERS}+(?=/(?:site-packages|dist-packages|lib/python3\.\d+\w*)/)|{FOLDERS}*/concexp-trial-\w+(?=/)"
)


def trial_record(trial: PlannedTrial, outcome: TrialOutcome, started_at: str, host: str) -> Record:
    """The record of a trial that ran; `started_at` is its start, UTC, ISO 8601."""
    answer = dict(outcome.answer or {})
    for name in ("status", "reason"):
        answer.pop(name, None)
    traceback = answer.pop("traceback", "")
    tidied = partial(without_folders, cell=trial.cell)
    return Record(
        {
            "trial": trial.id,
            "role": trial.role,
            "cell": trial.cell.id,
            "block": trial.block,
            "position": trial.position,
            "repetition": trial.repetition,
            **_cell_facts(trial.cell),
            "seed": trial.seed if outcome.hash_seed is None else outcome.hash_seed,
            "luck": trial.luck,
            "status": outcome.status,
            "reason": tidied(outcome.reason),
            "started_at": started_at,
            "duration_s": outcome.duration_s,
            "host": host,
            "left_behind": outcome.left_behind,
            "orphans": outcome.orphans,
            **({"stopped": True} if outcome.stopped else {}),
            **({"not_forked": tidied(outcome.not_forked)} if outcome.not_forked else {}),
            "leaked": [{**leak, "name": without_home(leak["name"])} for leak in outcome.leaked],
            **_fault_facts(trial.cell, outcome),
            **({"hang": outcome.hang} if outcome.hang else {}),
            "output": tidied(outcome.output)[-OUTPUT_KEPT:],
            "stacks": tidied(outcome.stacks)[-STACKS_KEPT:],
            "traceback": tidied(traceback)[-TRACEBACK_KEPT:],
            "answer": answer or None,
        }
    )


def as_crashed(record: Record, problem: str) -> Record:
    """The record of a trial whose answer is none: `problem` says what in it cannot be read."""
    return Record({**record, "status": "crashed", "reason": f"its answer makes no sense: {problem}", "answer": None})


def unsupported_record(cell: Cell, host: str) -> Record:
    """The record of a cell that cannot run, with its reason."""
    return Record(
        {
            "trial": unsupported_id(cell),
            "role": MEASURED,
            "cell": cell.id,
            **_cell_facts(cell),
            "status": "unsupported",
            "reason": cell.reason,
            "host": host,
        }
    )


def unsupported_id(cell: Cell) -> str:
    """The id that stands for a trial in the record of a cell that cannot run."""
    return f"{cell.id}-unsupported"


def machine_id(number: int) -> str:
    """The id that stands for a trial in the record of spinner measurement `number`."""
    return f"spin-{number:04d}"


def machine_record(number: int, block: int, cpus: int, spin: SpinMeasurement, started_at: str, host: str) -> Record:
    """The record of the run's spinner measurement `number`, made before the trials of a block."""
    return Record(
        {
            "trial": machine_id(number),
            "role": MACHINE,
            "host": host,
            "block": block,
            "effective_cpus": spin.effective_cpus,
            "cpus": cpus,
            "alone_per_s": list(spin.alone_per_s),
            "together_per_s": list(spin.together_per_s),
            "cpu_s": spin.cpu_s,
            "run_queue_wait_s": spin.run_queue_wait_s,
            "started_at": started_at,
            "duration_s": spin.duration_s,
        }
    )


def without_home(text: str) -> str:
    """A text with `~` for the user's home, and `…` for where libraries and trials lie: records are made to be committed."""
    home = os.path.expanduser("~")
    text = PLACES.sub("…", text)
    return text.replace(f"{home}/", "~/") if len(home) > 1 else text


def without_folders(text: str, cell: Cell) -> str:
    """A text in which the user's code has the path that the YAML gives it, without the folder; the user's home is `~`."""
    for entry in cell.entries:
        if len(entry.located.home) > 1:
            text = text.replace(f"{entry.located.home}/", "")
    return without_home(text)


def _cell_facts(cell: Cell) -> dict[str, Any]:
    """What every record repeats about its cell, so that the journal alone suffices."""
    workload = cell.workload.build()  # the resource it wants may depend on its parameters
    return {
        "axes": dict(cell.axes),
        "plugins": {"workload": cell.workload.name, "model": cell.model.name, "sync": cell.sync.name},
        "parameters": cell.parameters,
        "unit": workload.unit,
        "shape": workload.shape,
        "wants": cell.workload.wants or workload.resource,
        **({"wants_fixed": True} if cell.workload.wants else {}),
        "load": dict(cell.load),
        "startup": cell.startup,
        "runtime": cell.runtime.settings,
    }


def _fault_facts(cell: Cell, outcome: TrialOutcome) -> dict[str, Any]:
    """Of a fault that the workload noted: seconds until it was noticed, and the number of tasks not done."""
    if "fault" not in outcome.notes:
        return {}
    happened_ns = outcome.notes["fault"][1]
    detected_s = None
    if outcome.noticed_ns is not None and happened_ns is not None:
        detected_s = (outcome.noticed_ns - happened_ns) / 1e9
    ops = cell.load["ops"] * (cell.parallelism if cell.load["scaling"] == "weak" else 1)
    return {"detected_s": detected_s, "undone": ops - outcome.notes.get("done", (0, None))[0]}
