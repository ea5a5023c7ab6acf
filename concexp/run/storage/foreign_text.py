"""Text that comes from outside: from user code, file names, command lines, or a stranger's YAML or journal.

It may hold what no file can, half a surrogate pair, which Python makes of bytes that are not UTF-8 (`os.fsdecode`); and what
a terminal or a page obeys instead of showing it: escape sequences that set the clipboard, signs that turn the direction of
reading. All of these are shown as Python writes them: `caf\\udce9`, `\\x1b]52;`. Each channel out of concexp passes its whole
text through here, so that no single place can forget it.
"""

from __future__ import annotations

import codecs
import re

# Controls other than tab and line break, signs of direction, separators of lines that are none, and halves of surrogates.
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """The text as a terminal or a page may show it: nothing in it is obeyed."""
    return OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _doubled(error: UnicodeError) -> tuple[str, int]:
    """As "backslashreplace", with the backslash doubled: what stands there within a string of JSON."""
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end]
    return "".join(f"\\\\u{ord(character):04x}" for character in found), error.end


codecs.register_error("concexp.json", _doubled)


def json_bytes(text: str) -> bytes:
    """A text of JSON as UTF-8."""
    return text.encode("utf-8", "concexp.json")
