"""How tests read a page."""

from markdown_it import MarkdownIt

HOST = MarkdownIt("commonmark").enable("table")


def number(text):
    return float(text.replace(",", ""))


def agrees(shown, value):
    """Whether a number is what a value rounds to, as far as its own digits go."""
    places = len(shown.partition(".")[2])
    return abs(number(shown) - value) <= 0.5001 * 10**-places + 2e-6 * abs(value)
