"""Experiments of folders, by their tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from concexp import experiment
from concexp.errors import InputError, Problem, did_you_mean
from concexp.experiment import Spec
from concexp.experiment.layers import SUFFIXES


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
    for file in files_of(path):
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


def files_of(path: Path) -> list[Path]:
    """A file itself, or the YAML files of a folder."""
    if not path.is_dir():
        return [path]
    if files := sorted(one for one in path.iterdir() if one.suffix in SUFFIXES and one.is_file()):
        return files
    raise InputError(
        [Problem(str(path), 0, 0, "", "it is a folder without experiments", "name YAML files, or their folder")]
    )
