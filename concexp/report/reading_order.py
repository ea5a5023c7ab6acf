"""The order in which reports are read, where their folder says one: path.yaml beside them, with what leads from each to the next.

path:
- report: first_look
- report: mixed_fraction
  why: {en: Most programs are a mixture …, zh: …}
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from concexp.errors import InputError
from concexp.experiment import yaml_nodes
from concexp.experiment.blocks import DEFAULT_LANGUAGE, LANGUAGES
from concexp.experiment.problems import Problems, items, text, unknown_keys
from concexp.experiment.reader import NAME
from concexp.experiment.yaml_nodes import Node
from concexp.report.places import languages_in, page_name
from concexp.report.text.language import current, message, say, sentences
from concexp.report.text.markdown import escaped
from concexp.run.storage import foreign_file

FILE, KEY = "path.yaml", "path"
LIMIT = 64 << 10  # bytes of it
EXAMPLE = "path: [{report: one}, {report: two, why: Two goes on from there.}]"


@dataclass(frozen=True)
class Step:
    """A report by the name of its folder, and why one reads it after the one before, by language."""

    report: str
    why: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path) -> list[Step]:
    """The reading order in a folder of reports; empty if it has none. InputError names each mistake with its place."""
    path = folder / FILE
    written = foreign_file.content(path, LIMIT).decode("utf-8", "replace")
    if not written.strip():
        return []
    problems = Problems()
    root = yaml_nodes.parse(written, str(path))
    unknown_keys(root, "", [KEY], problems)
    listed = items(root.value[KEY]) if KEY in root.value else []
    steps = [_step(item, f"{KEY}[{number}]", problems) for number, item in enumerate(listed)]
    if problems:
        raise InputError(problems)
    return [step for step in steps if step is not None]


def _step(node: Node, path: str, problems: Problems) -> Step | None:
    given = node.value
    if not isinstance(given, dict) or "report" not in given:
        problems.at(node, path, "expected a map with a report", EXAMPLE)
        return None
    unknown_keys(node, path, ["report", "why"], problems)
    name = text(given["report"], f"{path}.report", problems)
    if name is not None and not NAME.fullmatch(name):
        problems.at(given["report"], f"{path}.report", f"'{name}' is not the name of a report", EXAMPLE)
    why = given.get("why")
    if why is None:
        return Step(name or "")
    if not isinstance(why.value, dict):
        return Step(name or "", {DEFAULT_LANGUAGE: text(why, f"{path}.why", problems) or ""})
    unknown_keys(why, f"{path}.why", list(LANGUAGES), problems)
    texts = {key: text(one, f"{path}.why.{key}", problems) or "" for key, one in why.value.items()}
    return Step(name or "", texts)


def links(folder: Path) -> list[str]:
    """From the page in `folder` to the reports read before and after it, with what leads from one to the other.

    None where that is not there yet, and none of a page that stands in no order. A file that cannot be read is named instead.
    """
    try:
        steps = read(folder.resolve().parent)
    except InputError as error:
        return [say("{file} cannot be read: {problem}", file=FILE, problem=escaped(str(error)))]
    found = []
    for before, after in itertools.pairwise(steps):
        if after.report == folder.resolve().name:
            found += _link(message("Before this: {report}."), before.report, folder, after)
        if before.report == folder.resolve().name:
            found += _link(message("Read on: {report}."), after.report, folder, after)
    return found


def _link(template: str, name: str, folder: Path, step: Step) -> list[str]:
    known = languages_in(folder.resolve().parent / name)
    if not known:
        return []
    page = page_name(current() if current() in known else known[0])
    why = step.why.get(current(), "")
    link = say(template, report=f"[{escaped(name)}](../{quote(name)}/{page})")
    return [sentences([link, *([escaped(why)] if why else [])])]
