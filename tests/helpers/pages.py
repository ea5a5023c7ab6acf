"""Reading a page in tests: its HTML, and the numbers in its text."""

from markdown_it import MarkdownIt

from concexp import catalog
from concexp.report.answer import about, answer
from concexp.report.plots import _style
from concexp.report.sections import doubtful
from concexp.report.view import View
from tests.helpers import journal_builder

HOST = MarkdownIt("commonmark").enable("table")


def number(text):
    return float(text.replace(",", ""))


def agrees(shown, value):
    """True if a value rounds to the number as shown, with the digits that the number has."""
    places = len(shown.partition(".")[2])
    return abs(number(shown) - value) <= 0.5001 * 10**-places + 2e-6 * abs(value)


def draw(plot, view, path):
    """Draws a picture that suits the run; returns its alt text."""
    prepared = plot.prepare(view)
    assert prepared
    return plot.draw(view, prepared, path)


def every_sentence(view):
    """The answer, the sentences about each comparison, and the reasons for doubt."""
    return [*answer_and_details(view), *doubtful.threats(view)]


def answer_and_details(view):
    """The sentences of the answer, and those about each comparison."""
    return list(dict.fromkeys([*answer(view), *(text for one in view.comparisons for text in about(view, one))]))


def alt_text(folder, name, **made):
    """Writes a made-up run and draws a picture of it; returns the alt text, None if the picture does not suit the run."""
    view = View(journal_builder.write(folder, **made))
    plot = catalog.load("plot", name)()
    prepared = plot.prepare(view)
    return plot.draw(view, prepared, folder / "x.png") if prepared else None


def figure_of(monkeypatch, plot, view):
    """The figure that a picture draws, as matplotlib has it before it becomes a file."""
    figures = []
    monkeypatch.setattr(_style, "save", lambda figure, path: figures.append(figure))
    draw(plot, view, None)
    return figures[0]
