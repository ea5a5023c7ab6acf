"""The files of fonts that optional extras bring, for signs that matplotlib's own font lacks. Loads nothing heavy."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from concexp.errors import InputError, Problem


class Font(NamedTuple):
    """The file of a font within an installed package, and the extra of concexp that brings the package."""

    extra: str
    package: str
    file: str


# The same signs have other forms in Chinese and in Japanese: the font of the page's language comes first.
CHINESE = Font("zh", "zhplot", "fonts/NotoSansSC-Regular.ttf")
EAST_ASIAN = Font("cjk", "notojp_matplotlib", "fonts/NotoSansCJKjp-Regular.otf")
FONTS: dict[str, Sequence[Font]] = {"en": (EAST_ASIAN, CHINESE), "zh": (CHINESE, EAST_ASIAN)}
NEEDED = ("zh",)  # the languages of which matplotlib's own font has no sign


def installed(language: str) -> list[Path]:
    """The files that are there, in the order in which a page in this language wants them."""
    return [path for font in FONTS[language] if (path := _file(font)) is not None]


def require(language: str) -> None:
    """InputError if the pictures of a page in this language would have boxes in the place of letters."""
    if language in NEEDED and not installed(language):
        font = FONTS[language][0]
        raise InputError(
            [
                Problem(
                    "language",
                    0,
                    0,
                    "",
                    f"the pictures of a page in '{language}' need a font that is not installed",
                    f"pip install 'concexp[{font.extra}]' brings it ({Path(font.file).stem}, 6 MB)",
                )
            ]
        )


def _file(font: Font) -> Path | None:
    """The file of a font; None if its package is not installed. It is not imported: that would change the user's own settings."""
    found = importlib.util.find_spec(font.package)
    folders = [Path(folder) for folder in (found.submodule_search_locations or ())] if found else []
    return next((folder / font.file for folder in folders if (folder / font.file).is_file()), None)
