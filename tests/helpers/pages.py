"""Reading a page in tests: its HTML, and the numbers in its text."""

from markdown_it import MarkdownIt

HOST = MarkdownIt("commonmark").enable("table")


def number(text):
    return float(text.replace(",", ""))


def agrees(shown, value):
    """True if a value rounds to the number as shown, with the digits that the number has."""
    places = len(shown.partition(".")[2])
    return abs(number(shown) - value) <= 0.5001 * 10**-places + 2e-6 * abs(value)
