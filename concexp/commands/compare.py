"""What `concexp compare` does: finds stored runs, compares them, writes the page and checks for regressions."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from concexp.commands.check import TOLERANCE, share_of
from concexp.errors import ConcexpError, Damaged, InputError, NothingYet, OtherVersion, Problem
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.report import font_files
from concexp.run import bundle
from concexp.run.storage import foreign_file, journal, run_folder

if TYPE_CHECKING:
    from concexp.analysis.comparing.comparison import Comparison
    from concexp.analysis.comparing.sides import Sides
    from concexp.analysis.results import Run
    from concexp.report.checked import Checked

REPORTS = Path("reports")  # where a run that is given by its id alone is looked for
VERSUS = "vs"  # the word between the runs of two sides
BEGIN = b'{"concexp_journal"'  # of every journal


@dataclass(frozen=True)
class ComparedPage:
    """A page that was written: its path, and its first lines as plain text."""

    path: Path
    answer: list[str]


def compare_runs(
    runs: Sequence[str | Path | Run],
    others: Sequence[str | Path | Run] = (),
    metrics: Sequence[str] = (),
    across: Sequence[str] = (),
    tolerance: float | str = TOLERANCE,
) -> Comparison:
    """Compare stored runs: two of them, the first as the baseline; more in the order of time; or `runs` with the `others`.

    A run is a run folder, reports/<name> (its latest run), a bundle, a journal, a run's id, or a run that was loaded. `metrics` are
    compared instead of the primary one, `across` are axes by which the runs differ on purpose, `tolerance` is the difference that
    does not matter. InputError lists all that is wrong with them; UnknownName for an unknown metric or axis.
    """
    from concexp.analysis.comparing import comparison

    share = share_of(tolerance)
    found = comparison.compare(_sides(runs, others), metrics, across, share)
    if not found.matching.matches:
        raise InputError([_problem(_called(runs[0]), "the runs have no cell in common", _why_none(found))])
    return found


def write_comparison(
    comparison: Comparison, folder: Path | None = None, command: str = "", language: str = ""
) -> ComparedPage:
    """Write the page of a comparison into a folder, by default `default_folder`; `command` is how to make it again.

    It is in English unless another language is given, whatever the languages of the runs' own pages.
    """
    from concexp.report.comparison import page, sentences
    from concexp.report.text.language import written_in
    from concexp.report.text.markdown import plain

    language = language or DEFAULT_LANGUAGE
    font_files.require(language)
    folder = default_folder(comparison) if folder is None else folder
    try:
        path = page.write(comparison, folder, command, language)
    except OSError as error:
        raise run_folder.refused(error, folder) from error
    with written_in(language):
        answer = [page.title(comparison), *(f"- {plain(one)}" for one in sentences.answer(comparison))]
    return ComparedPage(path, answer)


def default_folder(comparison: Comparison, reports: Path = REPORTS) -> Path:
    """reports/compare_<first run>_<last run>; of more than two runs with a hash of all ids."""
    runs = comparison.sides.runs
    ids = [str(run.header["run"]) for run in runs]
    name = f"{'history' if comparison.sides.is_history else 'compare'}_{ids[0]}_{ids[-1]}"
    if len(runs) > 2:
        sides = "\n".join(f"{side} {one}" for side, one in zip(comparison.sides.names, ids, strict=True))
        name += f"_{hashlib.sha256(sides.encode()).hexdigest()[:6]}"
    return reports / name


def verdicts(comparison: Comparison) -> list[Checked]:
    """The verdict on a regression of each cell."""
    from concexp.report.comparison.checked import checked

    return checked(comparison)


def split_sides(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The runs before and after the word `vs`; all before it where it is not there."""
    if VERSUS not in words:
        return list(words), []
    place = list(words).index(VERSUS)
    before, after = list(words[:place]), list(words[place + 1 :])
    if not before or not after or VERSUS in after:
        raise InputError(
            [_problem(VERSUS, "it stands once, between the runs of two sides", "concexp compare A1 A2 vs B1 B2")]
        )
    return before, after


def _sides(runs: Sequence[str | Path | Run], others: Sequence[str | Path | Run]) -> Sides:
    """The runs on their sides; InputError if one cannot be read, is there twice, or has no trial, or if there is only one."""
    from concexp.analysis.comparing import sides

    if len(runs) + len(others) < 2:
        raise InputError(
            [_problem(_called(runs[0]) if runs else "compare", "it takes two runs to compare", "concexp compare A B")]
        )
    problems: list[Problem] = []
    loaded = [_loaded(one, problems) for one in (*runs, *others)]
    given = [(_called(name), run) for name, run in zip((*runs, *others), loaded, strict=True) if run is not None]
    problems += _doubled(given)
    problems += [
        _problem(name, "no trial of this run has ended", "run the experiment first")
        for name, run in given
        if not sides.has_trials(run)
    ]
    if problems:
        raise InputError(problems)
    ready = [run for _, run in given]
    if others:
        return sides.two_sides(ready[: len(runs)], ready[len(runs) :])
    return sides.two_sides(ready[:1], ready[1:]) if len(ready) == 2 else sides.history(ready)


def _doubled(given: Sequence[tuple[str, Run]]) -> Iterable[Problem]:
    from concexp.analysis.comparing.sides import same_run

    for number, (name, run) in enumerate(given):
        for earlier, other in given[:number]:
            if same_run(run, other):
                text = "this run is given twice" if name == earlier else f"this is the same run as {earlier}"
                yield _problem(name, text, "name two different runs")
                break


def _called(given: str | Path | Run) -> str:
    """The run as the user gave it; of a run that was loaded, its id."""
    return str(given) if isinstance(given, str | Path) else str(given.header["run"])


def _loaded(given: str | Path | Run, problems: list[Problem]) -> Run | None:
    """The run that is meant; None where there is none, with the problem."""
    from concexp.analysis import results

    if isinstance(given, results.Run):
        return given
    try:
        return _read(_found(given))
    except (NothingYet, OtherVersion, _NoRun) as error:
        problems.append(_problem(str(given), error.message, error.hint))
        return None


class _NoRun(ConcexpError):
    """What is given is no run."""


def _found(given: str | Path) -> Path:
    """The path that is meant: itself if it is there, otherwise the run with this id below reports/."""
    path = Path(given)
    if path.exists():
        return path
    text = str(given)
    found = sorted(REPORTS.glob(f"*/runs/{glob.escape(text)}*")) if "/" not in text else []
    exact = [one for one in found if one.name == text] or found
    if len(exact) > 1:
        raise _NoRun(f"several runs have this id: {', '.join(map(str, exact))}", "name one of them")
    if not exact:
        raise _NoRun(
            "there is no such file or folder",
            "name a run folder, reports/<name>, a bundle, a journal, or the id of a run",
        )
    return exact[0]


def _read(path: Path) -> Run:
    from concexp.analysis import results
    from concexp.run.storage import schema

    if path.is_dir():
        try:
            folder = results.folder_of(path)
        except Damaged as error:
            raise _NoRun(error.message, error.hint) from error
        _require_journal(folder / journal.NAME)
        return results.load(folder)
    if bundle.is_bundle(path):
        return results.load(path)
    _require_journal(path)
    if path.name == journal.NAME:
        return results.load(path.parent)
    read = schema.read(path)
    return results.Run(path.parent, read.header, read.records)


def _require_journal(path: Path) -> None:
    """Refuse a file that never was a journal; one that is empty or was damaged later is reported by reading it."""
    begin = foreign_file.content(path, len(BEGIN))
    if begin and not BEGIN.startswith(begin[: len(BEGIN)]):
        raise _NoRun(f"{path} is no journal of concexp", "name a run folder, or its journal.jsonl")


def _why_none(found: Comparison) -> str:
    """What keeps the cells of the runs apart."""
    from concexp.report.comparison.tables import unmatched
    from concexp.report.text.markdown import plain

    listed = [plain(one) for one in unmatched(found)[:4]]
    return "\n  ".join([*listed, "name the axis by which the runs differ on purpose: --across AXIS"])


def _problem(about: str, message: str, hint: str = "") -> Problem:
    return Problem(about, 0, 0, "", message, hint)
