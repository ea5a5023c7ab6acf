"""Messages between parent and child on a file descriptor, with their length in front.

A message is ten ASCII digits (the length of what follows, in bytes) and its body; a length, because a grandchild may keep the
descriptor open, so that the end of the file may never come.

* A request comes from the parent. Its body is the `repr` of a value made of dict, list, tuple, str, int, float, bool and
  None: importing `json` would double the start-up of a bare child, and `ast`, to read it as a literal, takes half as long.
* An answer comes from a process in which measured code has run, so that it may be anything. Its body is JSON, which the
  parent reads in time and memory proportional to its length; literals would take it 500 bytes for each of theirs. The
  child writes it without `json`.
"""

import os

DIGITS = 10
LIMIT = 64 << 20  # bytes: no honest answer comes near; a broken child must not fill the parent's memory


def encode(value):
    """The bytes of a request."""
    return framed(literal(value).encode("utf-8", "backslashreplace"))


def literal(value):
    """A value as Python writes it, infinity as a number too large for a float: `inf` is a name, not a literal."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (literal(key), literal(inner)) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        inside = "".join("%s, " % literal(inner) for inner in value)
        return "[%s]" % inside if isinstance(value, list) else "(%s)" % inside
    return repr(value).replace("inf", "1e999") if isinstance(value, float) else repr(value)


def encode_answer(value):
    """The bytes of an answer: a value as for a request, but its keys become texts, and inf and NaN become null."""
    return framed(json_text(value).encode("ascii"))


def framed(body):
    """A body with its length in front."""
    return b"%0*d" % (DIGITS, len(body)) + body


def body_of(data):
    """The body of a whole message, None for the beginning of one; ValueError for anything else."""
    head = data[:DIGITS]
    if head and not head.isdigit():
        raise ValueError("the answer does not begin with its length")
    if len(head) < DIGITS:
        return None
    size = int(head)
    if size > LIMIT:
        raise ValueError("the answer claims %d bytes, the limit is %d" % (size, LIMIT))
    return None if len(data) < DIGITS + size else data[DIGITS : DIGITS + size]


def send(descriptor, message):
    """Write the bytes of one message whole."""
    data = memoryview(message)
    while data:
        data = data[os.write(descriptor, data) :]


def receive(descriptor):
    """Read one request; EOFError if the other side closed before the end, ValueError if it is no value.

    Only for what the parent itself wrote with `encode`: it is evaluated, without any name.
    """
    data = b""
    while True:
        body = body_of(data)
        if body is not None:
            return value_of(body.decode("utf-8"))
        more = os.read(descriptor, 1 << 16)
        if not more:
            raise EOFError("the other side closed the descriptor after %d bytes" % len(data))
        data += more


def value_of(text):
    """The value that `literal` wrote; ValueError for what it never writes."""
    try:
        return eval(text, {"__builtins__": {}})
    except (SyntaxError, NameError, TypeError) as error:
        raise ValueError("the request is no literal: %s" % error) from None


def json_text(value):
    """A value as JSON of ASCII characters alone; TypeError for one that has no place in it."""
    parts = []
    write_json(value, parts.append)
    return "".join(parts)


def write_json(value, put):
    """Call `put` with one piece of the value's JSON after the other."""
    if value is None or value is True or value is False:
        put({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        put(json_string(value))
    elif isinstance(value, (int, float)):
        put(json_number(value))
    elif isinstance(value, dict):
        before = "{"
        for key, inner in value.items():
            put(before + json_string(str(key)) + ":")
            write_json(inner, put)
            before = ","
        put("}" if value else "{}")
    elif isinstance(value, (list, tuple)):
        if value and all(type(inner) is int or type(inner) is float for inner in value):
            put("[%s]" % ",".join(map(json_number, value)))
            return
        before = "["
        for inner in value:
            put(before)
            write_json(inner, put)
            before = ","
        put("]" if value else "[]")
    else:
        raise TypeError("%s has no place in an answer" % type(value).__name__)


def json_number(value):
    """A number as JSON; null for inf and NaN, which it does not know."""
    if isinstance(value, int):
        return int.__repr__(value)  # whatever a subclass shows
    return float.__repr__(value) if value - value == 0.0 else "null"


def json_string(text):
    """A text as JSON; half a surrogate pair, which no file can hold, becomes what Python shows: \\udce9."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"%s"' % text
    return '"%s"' % "".join(map(json_character, text))


def json_character(character):
    """One character within a JSON string."""
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if 0x20 <= code < 0x7F:
        return character
    if 0xD800 <= code < 0xE000:
        return "\\\\u%04x" % code
    if code > 0xFFFF:
        code -= 0x10000
        return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
    return "\\u%04x" % code
