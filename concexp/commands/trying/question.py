"""Sweeps -> an experiment's YAML, as a person would write it: it runs as it is, and its comments say what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concexp.commands.trying.kind import Facts
from concexp.commands.trying.request import Function
from concexp.commands.trying.sweep import Sweep
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.experiment.version_names import AXIS, WORKTREE
from concexp.experiment.yaml_nodes import inline
from concexp.report.text.language import current, say, written_in
from concexp.report.text.numbers import enumerated

MARK = "# Written by `concexp try`, which writes it anew unless this line is gone."
COLUMN = 46  # where comments begin


def question_text(
    name: str,
    functions: Sequence[Function],
    facts: Mapping[str, Facts],
    sweeps: Mapping[str, Sweep],
    budget: float,
    timeout: float,
    against: str = "",
) -> str:
    """The text of the YAML; `facts` and `sweeps` are by target, times are seconds, `against` is a revision to compare with."""
    with written_in(
        DEFAULT_LANGUAGE
    ):  # what it says in comments; the page is in the current language, and begins with this
        lines = _lines(functions, facts, sweeps, budget, timeout, against)
    which = enumerated([one.name for one in functions])
    asked = say("Which model suits {names}, and with how many workers?", names=which)
    if against:
        asked = say("Is {names} faster or slower than in {version}?", names=which, version=against)
    report = [] if current() == DEFAULT_LANGUAGE else [f"report: {{language: {current()}}}"]
    return "\n".join([MARK, f"question: {inline(asked)}", f"name: {name}", *report, "", *lines]) + "\n"


def _lines(
    functions: Sequence[Function],
    facts: Mapping[str, Facts],
    sweeps: Mapping[str, Sweep],
    budget: float,
    timeout: float,
    against: str,
) -> list[str]:
    """What is measured, and how."""
    several = len(functions) > 1
    lines: list[str] = []
    lines += _workloads(functions, facts)
    lines += [""]
    if several:
        lines += ["sweep:"]
        for one in functions:
            lines += _grids(sweeps[one.target], inline(_entry(one, facts)), against)
    else:
        (only,) = sweeps.values()
        comment = (
            "alone, and as it is likely to be fast"
            if against
            else "what is likely to be fast, and what to compare it with"
        )
        lines += [f"sweep:  # {comment}", *_grids(only, against=against)]
        lines += ["", _with_comment(f"load: {inline(only.load)}", _load_comment(only.load))]
    if against:
        lines += [
            "",
            _with_comment(f"baseline: {{{AXIS}: {inline(against)}}}", "the version that the other is compared with"),
        ]
    lines += [
        "",
        "measure:",
        _with_comment("  iterations: 1", "measured passes in each fresh process"),
        _with_comment("  repetitions: 1000", "processes per cell: as many as the budget allows")
        if against
        else _with_comment("  repetitions: 10", "processes per cell: more make intervals narrower"),
        _with_comment(f"  budget: {budget:.0f}s", "for all of it: without it every cell gets its repetitions"),
        _with_comment(f"  timeout: {timeout:g}s", "of one trial"),
    ]
    return lines


def _workloads(functions: Sequence[Function], facts: Mapping[str, Facts]) -> list[str]:
    """What was seen of each function, and the entries, if one list is for all cells."""
    lines = [f"# {one.name} {facts[one.target].kind} ({facts[one.target].evidence})" for one in functions]
    if len(functions) == 1:
        comment = "results go back to the caller, pickled" if facts[functions[0].target].sent else ""
        lines.append(_with_comment(f"workload: {inline(_entry(functions[0], facts))}", comment))
    return lines


def _entry(function: Function, facts: Mapping[str, Facts]) -> Any:
    return function.entry(facts[function.target].sent)


def _grids(sweep: Sweep, workload: str = "", against: str = "") -> list[str]:
    """The grids: models with the same numbers of workers stand together."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for row in sweep.rows:
        groups.setdefault(row.workers, []).append(row.model)
    lines = []
    for workers, models in groups.items():
        parts = [f"model: {inline(models)}"] + ([f"workers: {inline(list(workers))}"] if workers else [])
        if workload:
            parts = [f"workload: {workload}", *parts, f"load: {inline(sweep.load)}"]
        if against:
            parts.append(f"{AXIS}: {inline([against, WORKTREE])}")
        lines.append(f"  - {{{', '.join(parts)}}}")
    return lines


def _load_comment(load: Mapping[str, Any]) -> str:
    return "of each pass" if "duration" in load else "calls of each worker in a pass"


def _with_comment(text: str, comment: str) -> str:
    return f"{text:<{COLUMN}}  # {comment}" if comment else text
