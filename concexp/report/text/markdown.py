"""Text of a user's -> Markdown that shows it and does nothing else, whatever is in it."""

from __future__ import annotations

import re
from typing import Any


def escaped(value: Any) -> str:
    """Text inside a paragraph, a heading or a table's cell: shown as it is, on one line."""
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]|~$#])", r"\\\1", text)
    # At the beginning of a line these would make a list, a rule or a heading.
    return re.sub(r"^(\d{0,9})([-+.)=])(?=[-+=]*(\s|$))", r"\1\\\2", text)


def code(value: Any) -> str:
    """A name in a code span, also in a table's cell; no span can be ended by what is in it."""
    text = " ".join(str(value).split()) or " "
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    # A table is cut at every bar, even inside a code span, and outside of tables an escaped one would show its backslash.
    return f"{ticks}{pad}{text}{pad}{ticks}" if "|" not in text else escaped(text)


def fenced(text: str, language: str = "text") -> str:
    """A block of text that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
