"""Which texts of a picture leave it, and which lie on each other."""

from contextlib import contextmanager
from itertools import combinations

import pytest
from matplotlib.text import Text

from concexp.report.plots import _style

SLACK = 2  # pixels
TOUCH = 0.2  # of a line's height: the room above and below its letters


@contextmanager
def watched():
    """Gives a list that gets a line for each text that is out of place in a picture which is saved meanwhile."""
    saved, found = _style.save, []

    def save(drawn, path):
        saved(drawn, path)
        found.extend(f"{path.name}: {text}" for text in misplaced(drawn))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_style, "save", save)
        yield found


def misplaced(drawn):
    """The texts that leave a picture, and pairs of texts that overlap."""
    renderer, page = drawn.canvas.get_renderer(), drawn.bbox
    # Of an annotation without its arrow.
    boxes = [(one.get_text(), Text.get_window_extent(one, renderer)) for one in _texts(drawn)]
    for text, box in boxes:
        if min(box.x0, box.y0) < -SLACK or box.x1 > page.x1 + SLACK or box.y1 > page.y1 + SLACK:
            yield f"{text!r} leaves the picture"
    for (text, one), (beside, other) in combinations(boxes, 2):
        wide = min(one.x1, other.x1) - max(one.x0, other.x0)
        high = min(one.y1, other.y1) - max(one.y0, other.y0)
        if wide > SLACK and high > TOUCH * min(one.height, other.height):
            yield f"{text!r} and {beside!r} overlap"


def _texts(drawn):
    """The texts that are seen, without labels of ticks beyond the ends of their axis."""
    of_ticks, seen = set(), []
    for axis in (axis for axes in drawn.axes for axis in (axes.xaxis, axes.yaxis)):
        of_ticks |= set(axis.findobj(Text)) - {axis.label, axis.offsetText}
        low, high = sorted(axis.get_view_interval())
        slack = 1e-9 * (high - low)
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()] if axis.axes.get_visible() else []
        seen += [tick.label1 for tick in ticks if low - slack <= tick.get_loc() <= high + slack]
    others = dict.fromkeys(one for one in drawn.findobj(Text) if one not in of_ticks)
    seen += [one for one in others if one.axes is None or one.axes.get_visible()]
    return [one for one in seen if one.get_visible() and one.get_text().strip()]
