"""Where the pages of a report lie in its folder: one for each language, beside each other, each with its own pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from concexp.experiment.blocks import DEFAULT_LANGUAGE, LANGUAGES


def page_name(language: str) -> str:
    """The file name of the page in a language: README.md, README.zh.md."""
    return "README.md" if language == DEFAULT_LANGUAGE else f"README.{language}.md"


def figures_name(language: str) -> str:
    """The name of the folder with the pictures of that page: figures, figures.zh."""
    return "figures" if language == DEFAULT_LANGUAGE else f"figures.{language}"


def language_of(spec: Mapping[str, Any]) -> str:
    """The language that an experiment gives its page."""
    return str(spec["report"].get("language", DEFAULT_LANGUAGE))


def languages_in(folder: Path) -> list[str]:
    """The languages of the pages that lie in a folder."""
    return [language for language in LANGUAGES if (folder / page_name(language)).is_file()]


def with_those_in(folder: Path, languages: Iterable[str]) -> list[str]:
    """These languages, and those of the pages that lie in a folder already: pages of one folder are of one run."""
    return list(dict.fromkeys([*languages, *languages_in(folder)]))
