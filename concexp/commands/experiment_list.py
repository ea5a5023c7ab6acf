"""What `concexp list experiments` prints: what those of a folder ask, their tags, and how long each takes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from concexp import experiment
from concexp.commands.collection import files_of
from concexp.commands.text_table import table_lines
from concexp.errors import ConcexpError, EnvironmentRefused, InputError
from concexp.experiment import Spec
from concexp.plan.planner import make_plan
from concexp.run.durations import known_before
from concexp.run.forecast import Forecast, duration_text, forecast
from concexp.run.machine import facts

FOLDER = Path("experiments")  # where they are looked for if no folder is named


def listed(path: Path | None, tags: Sequence[str], out: Path) -> list[dict[str, Any]]:
    """A row for each experiment: file, name, question, tags, and how long it takes, or what is wrong with it."""
    folder = path or (FOLDER if FOLDER.is_dir() else Path())
    rows: list[dict[str, Any]] = []
    bases: set[Path] = set()
    for file in files_of(folder):
        row: dict[str, Any] = {"file": str(file), "name": "", "question": "", "tags": [], "problem": ""}
        try:
            spec = experiment.load(file)
            bases |= {(file.parent / base).resolve() for base in spec.bases}
            row |= {"name": spec.name, "question": spec.question, "tags": list(spec.tags)}
            row |= _time(spec, out)
        except InputError as error:
            first = error.problems[0]
            row["problem"] = (
                f"not valid: {first.path}: {first.message}" if first.path else f"not valid: {first.message}"
            )
        except ConcexpError as error:
            row["problem"] = error.message
        rows.append(row)
    # A file that another one extends need not be an experiment itself.
    rows = [row for row in rows if row["name"] or Path(row["file"]).resolve() not in bases]
    return [row for row in rows if not tags or set(tags) & set(row["tags"])]


def _time(spec: Spec, out: Path) -> Mapping[str, Any]:
    """How long an experiment takes, as `concexp plan` foresees it."""
    try:
        plan = make_plan(spec, facts.usable_cpus())
    except EnvironmentRefused as error:
        return {"problem": error.message}
    found = forecast(spec, plan, known_before(out / spec.name / "runs", spec.measure, facts.host()))
    return {"cells": len(plan.cells), "seconds": found.seconds, "time": _time_text(found)}


def _time_text(found: Forecast) -> str:
    """`12 s`; with a sign in front where counted operations have not been timed yet."""
    return f"{'> ' if found.unknown else ''}{duration_text(found.seconds)}"


def listed_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table."""
    if not rows:
        return "no experiment"
    columns = [
        [
            str(row["name"] or row["file"]),
            row.get("time", ""),
            ", ".join(row["tags"]),
            row["problem"] or row["question"],
        ]
        for row in rows
    ]
    return "\n".join(table_lines(["name", "time", "tags", "question"], columns))
