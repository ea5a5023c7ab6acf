"""What conditions do to work in which nothing competes: the primary metric under each of them, or the one that claims are about."""

from __future__ import annotations

from pathlib import Path

from concexp.report.answer import correctness, summary
from concexp.report.captions import HOLLOW
from concexp.report.phrases import condition_title
from concexp.report.plots import _dots, _style
from concexp.report.plots._labels import panels_left
from concexp.report.plots._telling import heaviest
from concexp.report.points import Comparison
from concexp.report.text.language import say, sentences
from concexp.report.text.numbers import level_text
from concexp.report.view import View, once_per_view

MAX_ROWS = 24
MAX_PANELS = 4
LETTERS = 44  # of the name of a condition
AROUND = 0.3  # inches of a panel's title and edges


class Plot:
    """A metric under each condition, of work in which nothing competes; bars are 95 % intervals."""

    signs = (HOLLOW,)
    section = "comparison"
    order = 25
    tells = ("effect",)
    title = ""

    def prepare(self, view: View) -> list[summary.Effect]:
        """The workloads whose figures differ between conditions."""
        view = _told(view)
        return [effect for effect in summary.effects(view) if not effect.competes and effect.size]

    def draw(self, view: View, prepared: list[summary.Effect], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        view = _told(view)
        shown = heaviest(prepared, MAX_PANELS, lambda effect: effect.size)
        counts = [min(MAX_ROWS, len(effect.bests)) for effect in shown]
        between = AROUND + _dots.AXIS
        with _style.settings():
            figure = _style.figure(sum(between + _dots.ROW * count for count in counts), self.title)
            ratios = [between + _dots.ROW * count for count in counts]
            places = _style.grid(figure, len(shown), 1, len(shown), height_ratios=ratios)
            for axes, effect in zip(places, shown, strict=True):
                bests = effect.bests[:MAX_ROWS]
                rows = [(f"{_name(view, comparison)} {best.mark}".rstrip(), best) for comparison, best in bests]
                _dots.panel(view, axes, rows, [best for _, best in bests], bests[0][0].unit)
                axes.set_title(_style.short(effect.workload, 60) if len(shown) > 1 else "")
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


@once_per_view
def _told(view: View) -> View:
    """The view with the metric to draw: the primary one, or, where nobody asks about times, the claimed one that differs most."""
    names = [] if correctness.asks_for_times(view) else summary.claimed_metrics(view)
    views = [View(view.run, name) for name in names]
    return max(views, key=lambda one: max((effect.size for effect in summary.effects(one)), default=0.0), default=view)


def _name(view: View, comparison: Comparison) -> str:
    return _style.short(condition_title(view, comparison), LETTERS)


def _alt(view: View, shown: list[summary.Effect], left: int) -> str:
    """What the picture shows in words: the lowest and the highest figure."""
    texts = [
        say(
            "{metric} under each condition, with {level} intervals; † § ‡ cannot win.",
            metric=view.called(view.primary),
            level=level_text(view.run.level),
        )
    ]
    for effect in shown:
        figures = [
            say(
                "{figure} at {condition}",
                figure=_dots.figure_of(view, best),
                condition=f"{_name(view, comparison)}{best.mark}",
            )
            for comparison, best in sorted(effect.bests, key=lambda pair: pair[1].value(view.primary).mean)
        ]
        ends = say(
            "{cell} from {low} to {high}", cell=_style.short(effect.workload, 60), low=figures[0], high=figures[-1]
        )
        texts.append(ends + say("."))
    return sentences([*texts, *panels_left(left)])
