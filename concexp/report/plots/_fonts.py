"""The fonts of pictures: matplotlib's own, and one with Chinese, Japanese and Korean signs where the extra `cjk` is installed."""

from __future__ import annotations

import importlib.util
import unicodedata
from functools import cache
from pathlib import Path

from matplotlib import font_manager

OWN = "DejaVu Sans"  # comes with matplotlib: the same on every machine
PACKAGE, FILE = "notojp_matplotlib", "fonts/NotoSansCJKjp-Regular.otf"
EAST_ASIAN = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "BOPOMOFO ", "IDEOGRAPHIC ", "FULLWIDTH ", "HALFWIDTH ")


@cache
def families() -> tuple[str, ...]:
    """The names of the fonts, in the order in which a sign is looked for."""
    path = _east_asian()
    if path is None:
        return (OWN,)
    font_manager.fontManager.addfont(path)
    return OWN, font_manager.FontProperties(fname=path).get_name()


def _east_asian() -> Path | None:
    """The file of the font that the extra brings. Its package is not imported: that would change the user's own settings."""
    found = importlib.util.find_spec(PACKAGE)
    folders = [Path(folder) for folder in (found.submodule_search_locations or ())] if found else []
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)


def boxes(text: str) -> str:
    """What a caption says of the signs of a text that no font has, which are boxes in the picture; "" if all are there."""
    lacking = {sign for sign in text if sign.isprintable()} - _signs("".join(sorted(set(text))))
    if not lacking:
        return ""
    told = "Boxes stand for signs that the font of the pictures lacks"
    if len(families()) == 1 and any(unicodedata.name(sign, "").startswith(EAST_ASIAN) for sign in lacking):
        return f"{told}: pip install 'concexp[cjk]' brings those of Chinese, Japanese and Korean."
    return f"{told}."


def _signs(text: str) -> set[str]:
    """The signs of a text that some font has."""
    fonts = [
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=name))) for name in families()
    ]
    return {sign for sign in text if any(font.get_char_index(ord(sign)) for font in fonts)}
