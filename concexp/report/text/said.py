"""Whole sentences with named values: `said("{count} cells differ.", count=3)`."""

from __future__ import annotations


def said(text: str, **values: object) -> str:
    """The text with its values."""
    return text.format(**values)
