"""Hides the values of secret variables in whatever a trial answers or prints, before anything is written or shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 4  # characters of a secret: whatever is shorter stands in many texts by chance
# A text may hold a secret cut at either end, as the end of a long output does. A part of this length gives it away.
PART = 12
LINE = 8  # a line of a secret of several lines, such as a key


@dataclass(frozen=True)
class Hidden:
    """The secret variables: `values` by name."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def _parts(self) -> list[tuple[str, str]]:
        """(a part of a secret as a text may show it, its name), each part once."""
        parts: dict[str, str] = {}
        for name, value in self.values.items():
            lines = [line for line in value.splitlines() if len(line) >= LINE]
            for text in dict.fromkeys([value, *lines]):
                for shown in (text, repr(text)[1:-1], json.dumps(text)[1:-1], quote(text), quote_plus(text)):
                    length = min(len(shown), PART)
                    for first in range(len(shown) - length + 1):
                        parts.setdefault(shown[first : first + length], name)
        return list(parts.items())

    def in_text(self, text: str) -> str:
        """The text with `***NAME***` wherever a secret stood."""
        spans = []
        for part, name in self._parts:
            place = text.find(part)
            while place >= 0:
                spans.append((place, place + len(part), name))
                place = text.find(part, place + 1)
        pieces, end = [], 0
        for first, last, name in sorted(spans):
            if first >= end:
                pieces += [text[end:first], f"***{name}***"]
            end = max(end, last)
        return "".join([*pieces, text[end:]])

    def everywhere(self, value: Any) -> Any:
        """The same for all texts in a value of maps and lists, keys included."""
        if not self.values:
            return value
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, dict):
            return {self.everywhere(key): self.everywhere(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.everywhere, value))
        return value
