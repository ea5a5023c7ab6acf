"""What a check of regressions is about: each verdict in a line of plain text."""

from __future__ import annotations

from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.history import Series
from concexp.report.checked import CELLS, INCONCLUSIVE, PASSED, REGRESSION, Checked
from concexp.report.comparison.naming import Names, change_text, title_of
from concexp.report.comparison.sentences import reason_text
from concexp.report.text.language import say
from concexp.report.text.markdown import plain


def checked(comparison: Comparison) -> list[Checked]:
    """Each cell; by its ratio to the run's baseline where the machines are different ones. Of a history each cell's last step."""
    names = Names(comparison)
    if comparison.sides.is_history:
        return [_of_series(names, series, comparison.tolerance) for series in comparison.series]
    about = comparison.relative if comparison.machine.other and comparison.relative else comparison.cells
    found = []
    for one in about:
        change = change_text(one.ratio) if one.ratio.has_value else ""
        why = f" ({plain(reason_text(one))})" if one.word == "cannot tell" else ""
        name = f"{names.of(one.match.labels)} ({title_of(one.metric)})"
        found.append(Checked(CELLS, name, one.check, f"{change}{why}".strip()))
    return found


def _of_series(names: Names, series: Series, tolerance: float) -> Checked:
    """A cell of a history: a regression if its last step is one for the worse, beyond the tolerance."""
    name = f"{names.of(series.match.labels)} ({title_of(series.metric)})"
    if not series.steps:
        return Checked(CELLS, name, PASSED, say("no step"))
    last = series.steps[-1]
    worse = last.word == "worse" and max(last.ratio.mean, 1 / last.ratio.mean) > 1 + tolerance
    word = PASSED if not worse else INCONCLUSIVE if last.is_machine else REGRESSION
    return Checked(
        CELLS, name, word, say("{change} from run {run} on", change=change_text(last.ratio), run=last.at + 1)
    )
