"""Forms of values: equal for what a user calls the same answer, in every process, and different for any other."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from concexp.run.answers import Form
from concexp.trial.workloads import _value_forms
from concexp.trial.workloads._value_forms import FLOATS, PARTS, SHOWN, Look, form_of, summarized


def form(value):
    digest, floats, tolerance, shown = form_of(value)
    assert all(math.isfinite(one) for one in floats)
    return Form(digest, tuple(floats), tolerance, shown)


def agree(one, other):
    forward, backward = form(one).agrees(form(other)), form(other).agrees(form(one))
    assert forward == backward
    return forward


@dataclasses.dataclass
class Point:
    x: float
    y: object = None


class Slots:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Plain:
    def __init__(self, x):
        self.x = x


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2


class Rude:
    def __repr__(self):
        raise RuntimeError("no")

    def __reduce_ex__(self, protocol):
        raise SystemError("no")


class Many:
    """Not picklable: it holds a lock."""

    def __init__(self, x):
        self.x, self.lock = x, threading.Lock()


def loop(value):
    held = [value]
    held.append(held)
    return held


NAN = float("nan")
ULP = math.nextafter(1.0, 2.0)
SAME = [
    (0.1 + 0.2, 0.3),
    (1.0, ULP),
    (-0.0, 0.0),
    (NAN, -NAN),
    (math.inf, math.inf),
    ([1e-17, 1.0], [0.0, 1.0]),  # what rounding leaves beside a number of another size
    ({"a": 1, "b": 0.3}, {"b": 0.1 + 0.2, "a": 1}),
    ({1, "x", (0.3, 2)}, {(0.1 + 0.2, 2), "x", 1}),
    (frozenset("abc"), frozenset("cab")),
    ((1, [None, {"k": NAN}]), (1, [None, {"k": NAN}])),
    (b"\xff\x00", b"\xff\x00"),
    ("\ud800", "\ud800"),
    (10**5000, 10**5000),
    (complex(0.3, NAN), complex(0.1 + 0.2, NAN)),
    (Point(0.3, [1]), Point(0.1 + 0.2, [1])),
    (Slots(3), Slots(3)),
    (Plain({"a": Plain(1)}), Plain({"a": Plain(1)})),
    (object(), object()),
    (Many(3), Many(3)),
    (threading.Lock(), threading.Lock()),
    (Rude(), Rude()),
    (ValueError("x", 3), ValueError("x", 3)),
    (len, len),
    (Plain, Plain),
    (loop(3), loop(3)),
    (Colour.RED, Colour.RED),
    (datetime.date(2026, 1, 1), datetime.date(2026, 1, 1)),
    (decimal.Decimal("1.10"), decimal.Decimal("1.10")),
    (fractions.Fraction(1, 3), fractions.Fraction(2, 6)),
    (collections.deque([1, 0.3]), collections.deque([1, 0.1 + 0.2])),
    (collections.Counter("aab"), collections.Counter("baa")),
    (memoryview(b"ab"), memoryview(b"ab")),
    (range(3), range(3)),
    ([0.1 * i for i in range(1000)], [i / 10 for i in range(1000)]),
    (np.float64(0.3), np.float64(0.1 + 0.2)),
    (np.float32(0.3), np.nextafter(np.float32(0.3), np.float32(1))),
    (np.array([0.3, NAN, math.inf]), np.array([0.1 + 0.2, NAN, math.inf])),
    (np.linspace(0, 1, 10**5), np.linspace(0, 1, 10**5) * (1 + 1e-13)),
    (np.array([1 + 2j]), np.array([1 + 2j])),
    (np.array(["a", None, 0.3], dtype=object), np.array(["a", None, 0.1 + 0.2], dtype=object)),
    (pd.DataFrame({"a": [0.3, 1.0]}), pd.DataFrame({"a": [0.1 + 0.2, 1.0]})),
]  # fmt: skip
OTHER = [
    (0.0, 1.0),
    (1.0, 1.0 + 1e-7),
    (1e-17, 0.0),
    (NAN, 0.0),
    (NAN, math.inf),
    (math.inf, -math.inf),
    (1, 2),
    (None, 0),
    (True, False),
    (10**5000, 10**5000 + 1),
    ("1", 1),
    ("a", b"a"),
    (b"a", b"b"),
    ([1, 2], [2, 1]),
    ([1, 2], [1, 2, 3]),
    ([[1], 2], [1, [2]]),
    ((1,), [1]),
    ({1, 2}, {1, 3}),
    ({"a": 1}, {"a": 2}),
    ({"a": 1}, {"b": 1}),
    ({"a": 1.0, "b": 2.0}, {"a": 2.0, "b": 1.0}),
    ({(1.0, "a"), (2.0, "b")}, {(2.0, "a"), (1.0, "b")}),
    (Point(1.0), Point(2.0)),
    (Point(1.0), (1.0, None)),
    (Slots(3), Slots(4)),
    (Plain(3), Plain(4)),
    (Many(3), Many(4)),
    (Colour.RED, Colour.BLUE),
    (ValueError("x"), ValueError("y")),
    (ValueError("x"), TypeError("x")),
    (len, print),
    (loop(3), loop(4)),
    (datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)),
    (decimal.Decimal("1.1"), decimal.Decimal("1.2")),
    (collections.deque([1]), collections.deque([2])),
    (range(3), range(4)),
    ([0.1 * i for i in range(1000)], [0.1 * i for i in reversed(range(1000))]),
    ([0.0] * 999 + [1.0], [0.0] * 999 + [2.0]),
    ([1.0] + [0.0] * 100 + [1.0, 2.0], [1.0] + [0.0] * 100 + [2.0, 1.0]),
    (np.array([0.3, NAN]), np.array([NAN, 0.3])),
    (np.arange(10**5, dtype=float), np.arange(10**5, dtype=float)[::-1]),
    (np.zeros((2, 3)), np.zeros((3, 2))),
    (np.arange(3), np.arange(1, 4)),
    (np.float32(0.3), np.float32(0.31)),
    (np.array(["a"], dtype=object), np.array(["b"], dtype=object)),
    (pd.DataFrame({"a": [0.3]}), pd.DataFrame({"a": [0.4]})),
]  # fmt: skip


def place(pairs):
    return [f"{number}-{type(one).__name__}" for number, (one, _) in enumerate(pairs)]


@pytest.mark.parametrize(("one", "other"), SAME, ids=place(SAME))
def test_the_same_answer(one, other):
    """Rounding, order and addresses are no difference, and every value is like itself."""
    assert agree(one, other)
    assert agree(one, one)


@pytest.mark.parametrize(("one", "other"), OTHER, ids=place(OTHER))
def test_another_answer(one, other):
    """A difference that a user would see is one, wherever in a value it is."""
    assert not agree(one, other)
    assert not agree([{"deep": (one,)}], [{"deep": (other,)}])


def test_a_form_is_the_same_in_another_process():
    """Neither the seed of hashing nor addresses are part of it."""
    text = "from concexp.trial.workloads._value_forms import form_of as f\nprint(f([{'a', 'b', 'c'}, {'x': object()}, 0.5]))"
    outputs = {
        subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(outputs) == 1


def test_a_value_of_many_parts_is_looked_at_in_part():
    """A value that is large in length, in depth or in sets: its first parts count, and how many there are."""
    for large in ([[[i] for i in range(1000)] for _ in range(200)], list(range(10**6)), set(range(10**6))):
        look = Look()
        look.at(large, 0)
        assert look.parts <= PARTS + 1
        assert agree(large, large.copy())
        assert not agree(large, type(large)(list(large)[1:]))


def test_the_short_form_is_short_and_has_no_addresses():
    """A value in a reason fits a line, whatever its repr does."""
    for value in (object(), "x" * 10**6, 10**5000, Rude(), [Plain(3)] * 50, "a\nb", {"k": list(range(99))}):
        text = form_of(value)[3]
        assert len(text) <= SHOWN
        assert " at 0x" not in text
        assert "\n" not in text
    assert form_of(0.0)[3] == "0.0"
    assert form_of({"a": [1.5]})[3] == "{'a': [1.5]}"


def test_numpy_is_not_imported(tmp_path):
    """Where the code under test does not use it, a trial does not load it either."""
    text = "import sys\nfrom concexp.trial.workloads._value_forms import form_of\nform_of([1.5])\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("count", [1, FLOATS, FLOATS + 1, 5000])
def test_a_summary_is_short_and_its_own_summary(count):
    """Of a list and of an array alike; it changes with any float, and with their order."""
    floats = [0.5 + 0.25 * number for number in range(count)]
    short = summarized(floats)
    assert len(short) <= FLOATS
    assert summarized(short) == short
    assert summarized(np.array(floats), np) == pytest.approx(short, rel=1e-12)
    for other in ([*floats[:-1], floats[-1] + 1], floats[::-1]):
        assert (summarized(other) == short) is (other == floats)


def test_floats_that_overflow_in_sum():
    """Sums of large floats are left out, not infinite."""
    assert agree([1.7e308] * 200, [1.7e308] * 200)
    assert agree(np.full(_value_forms.PARTS + 1, 1.7e308), np.full(_value_forms.PARTS + 1, 1.7e308))
