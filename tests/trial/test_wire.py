"""Messages between parent and child: what is sent is what is received, whatever else happens to the descriptor."""

import os
import threading

import pytest

from concexp.trial import wire

VALUES = [
    {},
    {"status": "ok", "iterations": [{"wall_s": 0.1, "ops": 3, "worker_ops": None, "bad": False}], "t": (1, -2.5e-9)},
    "quotes ' and \", line\nbreaks, \0, × – ≥ and \ud800",
    {"n": 2**200, 3: [True, False, None, b"\xff"]},
]


@pytest.mark.parametrize("value", VALUES)
def test_round_trip(value):
    """A value of literals comes out as it went in, and without `json` no type is lost on the way."""
    decoded, whole = wire.decode(wire.encode(value))
    assert whole
    assert decoded == value
    assert repr(decoded) == repr(value)


@pytest.mark.parametrize("value", VALUES)
def test_no_beginning_is_a_whole_message(value):
    """Cut anywhere, a message is not whole, and that is no error."""
    data = wire.encode(value)
    assert {wire.decode(data[:size]) for size in range(len(data))} == {(None, False)}


def test_what_follows_a_message_is_ignored():
    """A message ends where its length says, not where the stream does."""
    assert wire.decode(wire.encode([1]) + b"rubbish") == ([1], True)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Traceback (most recent call last)", "does not begin with its length"),
        (b"-000000001", "does not begin with its length"),
        (b"00000\n", "does not begin with its length"),
        (b"%010d" % (wire.LIMIT + 1), "the limit is"),
        (b"0000000004open", "malformed"),
        (b"0000000006open()", "malformed"),
        (b"0000000003nan", "malformed"),
        (b"0000000002[1", "no Python literal"),
        (b"0000000002\xff\xff", "utf-8"),
    ],
)
def test_anything_else_is_a_value_error(data, says):
    """What no child of ours sends is a ValueError that says why; nothing of it is ever executed."""
    with pytest.raises(ValueError, match=says):
        wire.decode(data)


def test_deep_nesting_is_a_value_error():
    """A literal that is nested too deeply for the parser does not bring the parent down."""
    body = b"[" * 100_000
    with pytest.raises(ValueError, match="no Python literal"):
        wire.decode(b"%010d" % len(body) + body)


def test_a_message_larger_than_the_pipe_arrives_whole():
    """Sending goes on until all is written, receiving until all is read, though the descriptor stays open."""
    reading, writing = os.pipe()
    value = {"text": "x" * 1_000_000}
    sender = threading.Thread(target=wire.send, args=(writing, value))
    sender.start()
    try:
        assert wire.receive(reading) == value
    finally:
        sender.join()
        os.close(reading)
        os.close(writing)


def test_the_end_before_the_end_is_an_error():
    """A descriptor that closes in the middle of a message is an EOFError, not a wait for ever."""
    reading, writing = os.pipe()
    os.write(writing, wire.encode({"a": 1})[:-1])
    os.close(writing)
    try:
        with pytest.raises(EOFError, match="after 17 bytes"):
            wire.receive(reading)
    finally:
        os.close(reading)
