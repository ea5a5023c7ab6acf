"""A user's text as Markdown that shows it literally, whatever it contains; and sentences of Markdown as plain text."""

from __future__ import annotations

import re
from typing import Any

from concexp.report.text.labels import LONGEST, cut, one_line


def escaped(value: Any, most: int = LONGEST) -> str:
    """Text for a paragraph, heading or table cell: shown literally, on one line, and cut if it is longer than `most`."""
    text = cut(one_line(value), most)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]|~$#])", r"\\\1", text)
    # At the beginning of a line these would start a list, a rule or a heading.
    return re.sub(r"^(\d{0,9})([-+.)=])(?=[-+=]*(\s|$))", r"\1\\\2", text)


def code(value: Any) -> str:
    """A name as a code span, also in a table cell; nothing in it can end the span."""
    text = cut(one_line(value)) or " "
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    # A bar ends a table cell even inside a code span, and outside of tables an escaped one would show its backslash.
    return f"{ticks}{pad}{text}{pad}{ticks}" if "|" not in text else escaped(text)


ADDRESS = re.compile(r"https?://[A-Za-z0-9][\w./~%?=&:+#-]*[\w/]")


def with_links(text: str) -> str:
    """A user's text, shown literally, in which each address of the web is a link by the name of its host."""
    text, parts, end = cut(one_line(text)), [], 0
    for match in ADDRESS.finditer(text):
        host = match[0].partition("//")[2].partition("/")[0]
        parts += [_literal(text[end : match.start()]), f"[{escaped(host)}]({match[0].replace('&', '&amp;')})"]
        end = match.end()
    return "".join([*parts, _literal(text[end:])])


def _literal(part: str) -> str:
    """A part of a line, escaped, with the blanks at its ends."""
    if not part.strip():
        return part
    return f"{' ' * part.startswith(' ')}{escaped(part)}{' ' * part.endswith(' ')}"


def anchor(heading: str) -> str:
    """Where a link within the page finds a heading: `how-far-to-trust-it`, as repository hosts name it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


MARKUP = re.compile(
    r"""\\([\\`*_{}\[\]|~$#\-+.)=])        # an escaped character
    |(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)
    |[ ]\(\[[^\]]*\]\([^)]*\)\)               # a link in parentheses: there is nothing to follow
    |\[(?P<link>(?:\\.|[^\]\\])*)\]\([^)]*\)
    |\*\*|&(?P<entity>amp|lt|gt);""",
    re.VERBOSE,
)


LINK = re.compile(
    r"""(?P<kept>\\.|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))    # an escaped character, or a code span
    |[ ]\(\[[^\]]*\]\([^)]*\)\)                                    # a link in parentheses
    |!?\[(?P<link>(?:\\.|[^\]\\])*)\]\([^)]*\)""",
    re.VERBOSE,
)


def unlinked(text: str) -> str:
    """A sentence of the page for another place, where its links lead nowhere: their texts stay, mere references go."""
    return LINK.sub(lambda match: match["kept"] or match["link"] or "", text)


def plain(text: str) -> str:
    """A sentence of the page as plain text: without escapes, emphasis, code marks, addresses of links and mere references."""
    return MARKUP.sub(_without_markup, text)


def _without_markup(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    if (code_text := match["code"]) is not None:
        padded = len(match["ticks"]) > 1 and code_text.startswith(" ") and code_text.endswith(" ")
        return code_text[1:-1] if padded else code_text
    if match["link"] is not None:
        return plain(match["link"])
    return {"amp": "&", "lt": "<", "gt": ">"}.get(match["entity"] or "", "")


def fenced(text: str, language: str = "text", most: int = LONGEST) -> str:
    """A block of text as a fence; nothing in it can end the fence, and lines longer than `most` are cut."""
    text = "\n".join(cut(line, most) for line in text.split("\n"))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
