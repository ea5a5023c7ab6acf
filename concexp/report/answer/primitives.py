"""What each primitive costs: the primary metric with it, relative to none or to the best primitive."""

from __future__ import annotations

from concexp.analysis.noise import NoiseFloor
from concexp.report.family import family_of
from concexp.report.pairs import Pair, comparable, without_primitive
from concexp.report.phrases import equal_text, with_primitives
from concexp.report.points import Comparison, Point
from concexp.report.text.language import say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, sentence_case, spread
from concexp.report.view import View


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """One sentence per model that was measured with several primitives."""
    sentences = []
    floor = view.floor(comparison.points)
    for name, points in comparable(view, comparison).items():
        reference = without_primitive(view, points) or view.best(points)
        if reference is None:
            continue
        parts = [
            _ratio(view, point, reference, floor)
            for point in sorted(points, key=lambda p: -p.value(view.primary).mean)
            if point is not reference
        ]
        if parts:
            cell = with_primitives(view, code(name), [view.primitive(reference)], [reference])
            relative_to = f"{cell}{reference.mark}"
            sentences.append(
                say(
                    "{metric} beside {cell}: {others}.",
                    metric=sentence_case(escaped(view.called(view.primary))),
                    cell=relative_to,
                    others=enumerated(parts),
                )
            )
    return sentences


def _ratio(view: View, point: Point, reference: Point, floor: NoiseFloor) -> str:
    """`0.42x (0.40–0.44) with lock`, with a note where that is not a difference."""
    ratio = view.ratio(point, reference)
    verdict = family_of(view).verdict(Pair(point, reference, view.primary), ratio, floor.beside(ratio))
    text = say(
        "{factor} with {primitive}", factor=spread(ratio, "x"), primitive=f"{code(view.primitive(point))}{point.mark}"
    )
    if verdict in ("higher", "lower") or not ratio.bounded:
        return text
    return say("{text} ({note})", text=text, note=equal_text(ratio) or say("cannot be told apart"))
