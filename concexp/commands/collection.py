"""Experiments of folders: which there are, by their tags, what each asks, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from concexp import experiment
from concexp.commands.text_table import table_lines
from concexp.errors import ConcexpError, EnvironmentRefused, InputError, Problem, did_you_mean
from concexp.experiment import Spec
from concexp.experiment.layers import SUFFIXES
from concexp.plan.planner import make_plan
from concexp.run.durations import known_before
from concexp.run.forecast import Forecast, duration_text, forecast
from concexp.run.machine import facts

FOLDER = Path("experiments")  # where they are looked for if no folder is named


def chosen(paths: Sequence[Path], tags: Sequence[str] = ()) -> dict[Path, list[Path]]:
    """The experiments of each path: the file itself, or those of the folder, with one of these tags if there are any.

    InputError for folders without experiments, for tags that none has, and for the mistakes in those of a folder: then none runs.
    """
    found: dict[Path, list[Path]] = {}
    known: dict[str, None] = {}
    for path in paths:
        specs = dict(_specs(path)) if path.is_dir() or tags else {path: None}
        known |= {tag: None for spec in specs.values() if spec is not None for tag in spec.tags}
        found[path] = [one for one, spec in specs.items() if spec is None or not tags or set(tags) & set(spec.tags)]
    if tags and not any(found.values()):
        wanted = " or ".join(tags)
        raise InputError(
            [Problem("--tag", 0, 0, "", f"no experiment has the tag {wanted}", did_you_mean(tags[0], [*known]))]
        )
    return found


def _specs(path: Path) -> Iterator[tuple[Path, Spec]]:
    """The experiments of a path; a file that another one extends need not be one itself."""
    problems: dict[Path, InputError] = {}
    bases: set[Path] = set()
    for file in _files(path):
        try:
            spec = experiment.load(file)
        except InputError as error:
            problems[file] = error
            continue
        bases |= {(file.parent / base).resolve() for base in spec.bases}
        yield file, spec
    if wrong := [
        problem for file, error in problems.items() if file.resolve() not in bases for problem in error.problems
    ]:
        raise InputError(wrong)


def _files(path: Path) -> list[Path]:
    """A file itself, or the YAML files of a folder."""
    if not path.is_dir():
        return [path]
    if files := sorted(one for one in path.iterdir() if one.suffix in SUFFIXES and one.is_file()):
        return files
    raise InputError(
        [Problem(str(path), 0, 0, "", "it is a folder without experiments", "name YAML files, or their folder")]
    )


def listed(path: Path | None, tags: Sequence[str], out: Path) -> list[dict[str, Any]]:
    """A row for each experiment: file, name, question, tags, and how long it takes, or what is wrong with it."""
    folder = path or (FOLDER if FOLDER.is_dir() else Path())
    rows: list[dict[str, Any]] = []
    bases: set[Path] = set()
    for file in _files(folder):
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
