"""The hosts of a run on a cluster: a row for each, and what is worth saying where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from concexp.analysis.hosts import Host, effects_of_hosts, hosts
from concexp.report.sections.machine import checked
from concexp.report.text.language import clauses, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rounded, spread
from concexp.report.view import View


@dataclass(frozen=True)
class Row:
    """A host as the table shows it; all texts are Markdown."""

    host: str
    measured: str
    effective: str
    spinner: str
    time: str
    about: str


def rows(view: View) -> list[Row]:
    """The hosts of the run; none for a run on one machine."""
    return [_row(one) for one in hosts(view.run)]


def _row(one: Host) -> Row:
    measured = say("{trials} in {blocks}", trials=plural(one.trials, "trial"), blocks=plural(one.blocks, "block"))
    found = checked(one.joined.get("doctor") or "") or ""
    remarks = [escaped(text) for text in one.joined.get("remarks") or ()]
    return Row(
        code(one.id),
        measured,
        rounded(one.effective_cpus) if one.effective_cpus is not None else "",
        rounded(one.spinner_per_s / 1e6) if one.spinner_per_s is not None else "",
        spread(one.time, "x") if one.time.has_value else "",
        clauses(list(filter(None, [escaped(str(one.joined.get("processor") or "")), found, *remarks]))),
    )


def threats(view: View) -> list[str]:
    """That hosts which share a run are not equally fast."""
    if "execution" not in view.run.manifest:
        return []
    effects = effects_of_hosts(view.run)
    if not effects.differ:
        return []
    return [
        say(
            "The hosts were not equally fast: their times differ by {share} % (standard deviation), by more than chance. "
            "Comparisons stay within a host and do not suffer; the figure of a single cell is one of these hosts together, and "
            "its interval is about no others.",
            share=rounded(100 * effects.spread, 2),
        )
    ]
