"""The language of a page: an English text is its own key, and the catalogue of the language has what stands there instead.

Catalogues are `languages/<language>.po` in gettext's format. `tests/contracts/test_every_message.py` finds all messages in the
sources and keeps each catalogue complete; what a catalogue lacks stays English.
"""

from __future__ import annotations

import contextlib
import gettext
import io
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from concexp.experiment.blocks import DEFAULT_LANGUAGE

CATALOGUES = Path(__file__).parents[1] / "languages"
OPERATION = "operation"  # the context of what workloads call theirs: a `block` of bytes is no block of trials

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@contextlib.contextmanager
def written_in(language: str) -> Iterator[None]:
    """Texts that are made in this context are in this language."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def current() -> str:
    """The language that texts are written in: `en`, `zh`."""
    return _language.get()


def say(message: str, /, **values: Any) -> str:
    """A message in the current language, with each `{name}` in it replaced by that value."""
    return _catalogue(current()).gettext(message).format(**values)


def translated(text: str) -> str:
    """A text that is no template in the current language: a metric's title, a picture's caption, the unit of an operation."""
    return _catalogue(current()).gettext(text) if text else ""


def operation(unit: str) -> str:
    """What a workload calls one of its operations, in the current language: `sum`."""
    return _catalogue(current()).pgettext(OPERATION, unit)


def message(text: str) -> str:
    """Marks a text in a table as a message, for those who look for messages; `say` or `translated` is called where it is used."""
    return text


def countable(name: str) -> str:
    """Marks a name in a table as one that numbers stand before, `trial`: `numbers.plural` is called where it is used."""
    return name


def counted(count: int, one: str, more: str, /, **values: Any) -> str:
    """The message for this number of things, as `say`: `{count} trial is left` or `{count} trials are left`."""
    return _catalogue(current()).ngettext(one, more, count).format(**{"count": f"{count:,}", **values})


def listed(parts: Sequence[str]) -> str:
    """`a, b, c`."""
    return say(", ").join(parts)


def clauses(parts: Sequence[str]) -> str:
    """`a; b; c`."""
    return say("; ").join(parts)


def phrases(parts: Sequence[str]) -> str:
    """Parts of one sentence behind each other: `a, b`."""
    text = ""
    for part in parts:
        text = say("{text}, {phrase}", text=text, phrase=part) if text else part
    return text


def sentences(parts: Sequence[str]) -> str:
    """Whole sentences as one text: `A. B.`"""
    text = ""
    for part in parts:
        text = say("{text} {sentence}", text=text, sentence=part) if text else part
    return text


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == DEFAULT_LANGUAGE:
        return gettext.NullTranslations()
    import polib  # only where it is needed

    return gettext.GNUTranslations(
        io.BytesIO(polib.pofile((CATALOGUES / f"{language}.po").read_text("utf-8")).to_binary())
    )
