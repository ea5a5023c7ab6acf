"""The fonts of pictures: matplotlib's own, and those with Chinese, Japanese and Korean signs that extras bring."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache

from matplotlib import font_manager

from concexp.report import font_files
from concexp.report.text.language import current, say

OWN = "DejaVu Sans"  # comes with matplotlib: the same on every machine
BOLD = 700
EAST_ASIAN = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "BOPOMOFO ", "IDEOGRAPHIC ", "FULLWIDTH ", "HALFWIDTH ")


def families() -> tuple[str, ...]:
    """The names of the fonts, in the order in which a sign is looked for."""
    return _families(current())


@cache
def _families(language: str) -> tuple[str, ...]:
    files = font_files.installed(language)
    for path in files:
        font_manager.fontManager.addfont(path)
        added = font_manager.fontManager.ttflist[-1]
        font_manager.fontManager.ttflist.append(
            replace(added, weight=BOLD)
        )  # else its lack is complained of at each title
    return OWN, *(font_manager.FontProperties(fname=path).get_name() for path in files)


def boxes(text: str) -> str:
    """What a caption says of the signs of a text that no font has, which are boxes in the picture; "" if all are there."""
    lacking = {sign for sign in text if sign.isprintable()} - _signs("".join(sorted(set(text))))
    if not lacking:
        return ""
    if len(families()) == 1 and any(unicodedata.name(sign, "").startswith(EAST_ASIAN) for sign in lacking):
        return say(
            "Boxes stand for signs that the font of the pictures lacks: pip install 'concexp[cjk]' brings those of "
            "Chinese, "
            "Japanese and Korean."
        )
    return say("Boxes stand for signs that the font of the pictures lacks.")


def _signs(text: str) -> set[str]:
    """The signs of a text that some font has."""
    fonts = [
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=name))) for name in families()
    ]
    return {sign for sign in text if any(font.get_char_index(ord(sign)) for font in fonts)}
