"""How to run an experiment again: its text, the command that asks it, and the reports on the lessons before and after it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from urllib.parse import quote

from concexp.analysis.results import Run
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.experiment.kept import EXPERIMENT, MANIFEST
from concexp.report.places import languages_in, page_name
from concexp.report.text.language import current, message, say
from concexp.report.text.markdown import escaped
from concexp.run.storage import foreign_file, journal

# Options of `concexp run` that change what is printed or asked, and nothing that is measured.
PRINTING = {
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "-y",
    "--yes",
    "--fresh",
    "--no-wait",
    "--no-report",
    "--check",
    "--strict",
    "--html",
}
LANGUAGE = "--language"
WITH_VALUE = ("--progress", "--figures", LANGUAGE)
NUMBERED = re.compile(r"(?:.*/)?(\d{1,9})_[^/]*\.ya?ml")
TEXT_LIMIT = 64 << 10  # characters of an experiment on its page
MANIFEST_LIMIT = 4 << 20  # bytes that are read of another run's manifest


def command(given: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The command without options that concern only its output; unchanged where it cannot be parsed.

    With an option for the language of the page where that is not the one that the experiment gives it.
    """
    try:
        words = shlex.split(given)
    except ValueError:
        return given
    kept = [
        word
        for place, word in enumerate(words)
        if word not in (*WITH_VALUE, *PRINTING)
        and not word.startswith(tuple(f"{option}=" for option in WITH_VALUE))
        and words[place - 1 : place] not in [[option] for option in WITH_VALUE]
    ]
    if current() != language:
        kept += [LANGUAGE, current()]
    return given if kept == words else shlex.join(kept)


def experiment(run: Run) -> str:
    """The experiment as it was written; "" where nothing has it, or it is too long for a page.

    From the journal, so that the page can be made again from that alone; older journals lack it, their folders have a file.
    """
    text: str | None = run.header.get("written")
    if text is None:
        text = foreign_file.content(run.folder / EXPERIMENT, TEXT_LIMIT + 1).decode("utf-8", "replace")
    return text.rstrip() if len(text) <= TEXT_LIMIT else ""


def lessons(given: str, folder: Path) -> list[str]:
    """Links from the page in `folder` to the reports before and after it: of those beside it whose experiments have a number.

    The number is that of the file's name in the command: 3 of `experiments/03_lost_updates.yaml`.
    """
    own = number(given)
    if own is None:
        return []
    beside = sorted(
        (found, other.name)
        for other in folder.resolve().parent.iterdir()
        if other != folder.resolve() and languages_in(other) and (found := number(_command_of(other))) is not None
    )
    before = [one for one in beside if one[0] < own][-1:]
    after = [one for one in beside if one[0] > own][:1]
    return [
        say(text, report=f"[{escaped(name)}](../{quote(name)}/{_page(folder.resolve().parent / name)})")
        for text, found in (
            (message("previous lesson: {report}"), before),
            (message("next lesson: {report}"), after),
        )
        for _, name in found
    ]


def _page(folder: Path) -> str:
    """The page of a report in the language of this page, or else in the first one that it has."""
    known = languages_in(folder)
    return page_name(current() if current() in known else known[0])


def number(given: str) -> int | None:
    """The number at the beginning of the experiment's file name; None if it has none."""
    found = (NUMBERED.fullmatch(word) for word in given.split())
    return next((int(match[1]) for match in found if match), None)


def _command_of(folder: Path) -> str:
    """The command of the latest run in reports/<name>; "" if there is none that can be read."""
    latest = max(
        (path.parent for path in folder.glob(f"runs/*/{journal.NAME}")), key=lambda run: run.name, default=None
    )
    if latest is None:
        return ""
    try:
        manifest = json.loads(foreign_file.content(latest / MANIFEST, MANIFEST_LIMIT))
    except (ValueError, RecursionError):
        return ""
    return str(manifest.get("command", "")) if isinstance(manifest, dict) else ""
