"""Messages between parent and child: what is sent is what is received, whatever else happens to the descriptor."""

import json
import math
import os
import threading

import pytest

from concexp.trial import wire

VALUES = [
    {},
    {"status": "ok", "iterations": [{"wall_s": 0.1, "ops": 3, "worker_ops": None, "bad": False}], "t": (1, -2.5e-9)},
    "quotes ' and \", line\nbreaks, \0, × – ≥ and \ud800",
    {"n": 2**200, 3: [True, False, None, b"\xff"]},
    {"limit": [math.inf, -math.inf, 1e300], "empty": ((), [], {}), "one": (1,), "text": "inf"},
]


def received(message):
    """A message as `receive` reads it from a pipe."""
    reading, writing = os.pipe()
    sender = threading.Thread(target=wire.send, args=(writing, message))
    sender.start()
    try:
        return wire.receive(reading)
    finally:
        sender.join()
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("value", VALUES)
def test_a_request_arrives_as_it_was_sent(value):
    """A value of literals comes out as it went in, and without `json` no type is lost on the way."""
    found = received(wire.encode(value))
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize("encode", [wire.encode, wire.encode_answer])
def test_no_beginning_is_a_whole_message(encode):
    """Cut anywhere, a message is not whole, and that is no error."""
    message = encode(VALUES[1])
    assert {wire.body_of(message[:size]) for size in range(len(message))} == {None}


def test_what_follows_a_message_is_ignored():
    """A message ends where its length says, not where the stream does."""
    assert wire.body_of(wire.encode_answer([1]) + b"rubbish") == b"[1]"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Traceback (most recent call last)", "does not begin with its length"),
        (b"-000000001", "does not begin with its length"),
        (b"00000\n", "does not begin with its length"),
        (b"%010d" % (wire.LIMIT + 1), "the limit is"),
    ],
)
def test_what_has_no_length_is_a_value_error(data, says):
    """What no child of ours sends is a ValueError that says why."""
    with pytest.raises(ValueError, match=says):
        wire.body_of(data)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (-(2**200), str(-(2**200))),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (-0.0, "-0.0"),
        (math.inf, "null"),
        (-math.inf, "null"),
        (math.nan, "null"),
        ("", '""'),
        ('a "b\\', '"a \\"b\\\\"'),
        ("\n\0\x7f", '"\\u000a\\u0000\\u007f"'),
        ("é≥", '"\\u00e9\\u2265"'),
        ("\U0001f600", '"\\ud83d\\ude00"'),
        ("caf\udce9", '"caf\\\\udce9"'),
        ([], "[]"),
        ((), "[]"),
        ({}, "{}"),
        ([1, 2.5, -3], "[1,2.5,-3]"),
        ([1, math.nan], "[1,null]"),
        ([1, True, None], "[1,true,null]"),
        ({"a": [{"b": (1, "c")}], 3: {}}, '{"a":[{"b":[1,"c"]}],"3":{}}'),
    ],
)
def test_an_answer_is_json(value, text):
    """What the child writes without `json` is what `json` reads; half a surrogate pair is written as Python shows it."""
    assert wire.json_text(value) == text
    json.loads(text)


def test_numbers_are_written_as_numbers_whatever_they_call_themselves():
    """A number of a class of the user's, with a `__repr__` of its own, is a number."""

    class Odd(int):
        def __repr__(self):
            return "[open('/etc/passwd')]"

    class Real(float):
        def __repr__(self):
            return "{}"

    assert wire.json_text([Odd(3), Real(0.5)]) == "[3,0.5]"


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, 1j])
def test_what_has_no_place_in_an_answer_is_a_type_error(value):
    """There is no silent way for it."""
    with pytest.raises(TypeError, match="no place in an answer"):
        wire.json_text({"a": [value]})


def test_a_message_larger_than_the_pipe_arrives_whole():
    """However many pieces it takes."""
    value = list(range(100_000))
    assert received(wire.encode(value)) == value


def test_the_end_before_the_end_is_an_error():
    """A side that closes within its message is noticed."""
    reading, writing = os.pipe()
    os.write(writing, wire.encode({"a": 1})[:-1])
    os.close(writing)
    try:
        with pytest.raises(EOFError, match="closed the descriptor after"):
            wire.receive(reading)
    finally:
        os.close(reading)


@pytest.mark.parametrize("text", ["open('x')", "x", "len", "(", "1 2", "__import__('os')", "{[]: 1}"])
def test_a_request_that_is_no_value_is_a_value_error(text):
    """It is evaluated, but no name in it means anything."""
    with pytest.raises(ValueError, match="no literal"):
        wire.value_of(text)
