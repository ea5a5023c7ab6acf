"""How a page is written: the format of its pictures, and whether as one file as well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How a page is written.

    figures  the format of its pictures: png, svg or pdf; "" for the one that the experiment names
    html     True if it is written as one HTML file as well
    """

    figures: str = ""
    html: bool = False


AS_WRITTEN = Look()
