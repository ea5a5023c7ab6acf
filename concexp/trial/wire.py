"""Python literals on a file descriptor, with their length in front.

A message is ten ASCII digits (the length of what follows, in bytes) and the `repr` of a value made of dict, list, tuple,
str, int, float, bool and None. Literals and not JSON, because importing `json` doubles the start-up of a bare child; a
length, because a grandchild may keep the descriptor open, so that the end of the file may never come.
"""

import os
from ast import literal_eval

DIGITS = 10
LIMIT = 64 << 20  # bytes: no honest answer comes near; a broken child must not fill the parent's memory


def encode(value):
    """The bytes of one message."""
    body = repr(value).encode("utf-8", "backslashreplace")
    return b"%0*d" % (DIGITS, len(body)) + body


def decode(data):
    """(value, True) for a whole message, (None, False) for the beginning of one; ValueError for anything else."""
    head = data[:DIGITS]
    if head and not head.isdigit():
        raise ValueError("the answer does not begin with its length")
    if len(head) < DIGITS:
        return None, False
    size = int(head)
    if size > LIMIT:
        raise ValueError("the answer claims %d bytes, the limit is %d" % (size, LIMIT))
    if len(data) < DIGITS + size:
        return None, False
    try:
        return literal_eval(data[DIGITS : DIGITS + size].decode("utf-8")), True
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("the answer is no Python literal: %s" % error) from error


def send(descriptor, value):
    """Write one message whole."""
    data = memoryview(encode(value))
    while data:
        data = data[os.write(descriptor, data) :]


def receive(descriptor):
    """Read one message; EOFError if the other side closed before the end."""
    data = b""
    while True:
        value, whole = decode(data)
        if whole:
            return value
        more = os.read(descriptor, 1 << 16)
        if not more:
            raise EOFError("the other side closed the descriptor after %d bytes" % len(data))
        data += more
