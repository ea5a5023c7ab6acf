"""Labels and other texts from outside as one line of a page or a picture: nothing in them is obeyed, and blanks are seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from concexp.report.text.language import say
from concexp.run.storage.foreign_text import printable

LONGEST = 2_000  # characters of one text on a page
OPEN_BOX = "␣"  # stands for a blank in a text that has nothing else
# Letters of no width, or that look like a blank, which `str.isspace` does not know.
INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u2800\u3164\uffa0"
)


def one_line(value: Any) -> str:
    """The text on one line, as `printable` makes it harmless; where it has only blanks, these are shown."""
    text = str(value)
    words = " ".join(printable(text).split())
    if words.strip(INVISIBLE) or not text:
        return words
    return "".join(OPEN_BOX if sign.isspace() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def cut(text: str, most: int = LONGEST) -> str:
    """The beginning of a text that is longer than `most`, and its length."""
    return text if len(text) <= most else say("{text}… ({count} characters)", text=text[:most], count=f"{len(text):,}")


def whole_sentences(text: str, most: int) -> str:
    """As many sentences of a text as fit into `most` characters.

    Where they fill less than half of them, as many parts of the next one between semicolons as fit as well.
    """
    if len(text) <= most:
        return text
    end = 0
    for signs in (r"\.(?= )|。", ";(?= )|；"):
        if end < most / 2:
            end = max([end, *(match.start() for match in re.finditer(signs, text) if match.start() < most)])
    return text[: end or None].rstrip(".。") + say(".")


def bare_functions(labels: Iterable[str]) -> dict[str, str]:
    """Maps functions among these labels to their names without the file; empty unless all labels have names of their own then.

    `code/work.py:parse` becomes `parse`.
    """
    bare = {label: re.sub(r"^\S+\.py:(?=\w)", "", label) for label in labels}
    return {label: name for label, name in bare.items() if name != label} if len({*bare.values()}) == len(bare) else {}
