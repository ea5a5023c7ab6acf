"""Text that comes from outside, and may hold what no file can: half a surrogate pair, which stands for a byte or nothing.

Python makes such text of file names and command lines that are not UTF-8 (`os.fsdecode`), and user code can make it at will.
Whatever is recorded passes through here, and shows these characters as Python writes them: `caf\\udce9`.
"""

from __future__ import annotations

import codecs


def _doubled(error: UnicodeError) -> tuple[str, int]:
    """As "backslashreplace", with the backslash doubled: what stands there within a string of JSON."""
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end]
    return "".join(f"\\\\u{ord(character):04x}" for character in found), error.end


codecs.register_error("concexp.json", _doubled)


def json_bytes(text: str) -> bytes:
    """A text of JSON as UTF-8."""
    return text.encode("utf-8", "concexp.json")


def readable(text: str) -> str:
    """The same text, with backslash sequences for the characters that UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
