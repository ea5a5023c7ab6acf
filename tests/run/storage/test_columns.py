"""What is packed reads as what went in."""

import json
import sys

import pytest

from concexp.run.storage.columns import (
    MANY,
    ListColumn,
    StructColumn,
    as_columns,
    keys_of,
    of_columns,
    pack,
    problem_with_numbers,
    values_of,
)

ROWS = [
    {"wall_s": 0.5 + n, "ops": n, "worker_s": [0.1 * n] * n, "times": [[n, 2], [7, n]], "counts": {"lost": n}, "none": None}
    for n in range(50)
]  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        ROWS,
        [],
        [{}, {}],
        [{"a": 1}, {"b": 2}],  # not alike
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
        [{"a": 1}, {"a": None}, {"a": 2.5}, {"a": True}],
        [{"a": 2**70}, {"a": 1}],
        [{"a": []}, {"a": [1]}, {"a": ["x", None, {"y": [1.5]}]}],
        [{"a": 1}, {"a": 1}],
        [{"a": 1.0}, {"a": 1.0}],
        [{"a": True}, {"a": True}],
    ],
)
def test_what_is_packed_reads_as_what_went_in(values):
    """Every element, every slice, every type is as before; beyond the end is an error as it is of a list."""
    found = pack(values)
    assert repr(list(found)) == repr([dict(row) for row in values])
    assert len(found) == len(values)
    assert repr(found[1:]) == repr(values[1:])
    assert list(found) == values
    for place in range(-len(values), len(values)):
        assert found[place] == values[place]
    with pytest.raises(IndexError):
        found[len(values)]


def test_it_takes_less_memory():
    """A thousand rows that are alike take less than a quarter of what their dicts take."""
    rows = json.loads(json.dumps([dict.fromkeys("abcdefghij", place + 0.5) for place in range(1000)]))
    packed = pack(rows)
    assert isinstance(packed, StructColumn)
    before = sum(sys.getsizeof(row) + sum(map(sys.getsizeof, row.values())) for row in rows)
    assert sum(map(sys.getsizeof, packed.columns.values())) < before / 4


@pytest.mark.parametrize("given", [ROWS, pack(ROWS)])
def test_columns(given):
    """Packed or not, a column has one value per row, and nothing where no row has that name."""
    assert keys_of(given) == set(ROWS[0])
    assert list(values_of(given, "ops")) == list(range(50))
    assert list(values_of(given, "nothing")) == [None] * 50


LARGEST = 1.7976931348623157e308


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 10**100, -(10**100)])
@pytest.mark.parametrize(
    "rows",
    [
        lambda number: [{"a": number}, {"a": number}],
        lambda number: [{"a": type(number)(1)}, {"a": number}, {"a": type(number)(2)}],
        lambda number: [{"a": 1}, {"b": number}],
        lambda number: [{"a": [1, [2, number]]}, {"a": []}],
        lambda number: [{"a": {"b": [{"c": number}, {"c": number}]}}],
    ],
)
def test_a_number_beyond_what_is_allowed_is_found(number, rows):
    """Wherever it stands, packed or not."""
    given = rows(number)
    assert problem_with_numbers(given)
    assert problem_with_numbers(pack(given))
    assert problem_with_numbers({"answer": [True, None, "x", pack(given)]})


@pytest.mark.parametrize("number", [LARGEST, -LARGEST, 10**100 - 1, 2**64, 0, -0.0, 5e-324])
def test_all_others_are_allowed(number):
    """The largest float is a number, and so are several that no float holds together."""
    given = [
        {"a": number, "b": [number] * 3},
        {"a": number, "b": []},
        {"a": type(number)(3), "b": [type(number)(3)] * 2},
    ]
    assert not problem_with_numbers(given)
    assert not problem_with_numbers(pack(given))
    assert repr(list(pack(given))) == repr(given)


def test_lists_of_lists_are_looked_into():
    """A histogram is a list of pairs."""
    packed = pack([{"latency": [[1, 2], [3, 4]]}, {"latency": [[1, 10**101]]}])
    assert isinstance(packed.columns["latency"], ListColumn)
    assert problem_with_numbers(packed)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        [{"a": n, "b": 1} for n in range(MANY)],
        [{"a": 1.0, "b": None, "c": "x", "d": True, "e": {}, "f": [], "g": {"h": n}} for n in range(MANY)],
        [{"a": kind(1)} for kind in (int, float, bool) for _ in range(MANY)],
        [{"a": 0, "b": []}] * MANY + [{"a": 0, "b": [1]}],
    ],
)
def test_many_rows_are_columns_in_a_journal_and_rows_again(rows):
    """Every value and every type is as before, and the names stand there once."""
    columns = json.loads(json.dumps(as_columns(rows)))
    assert list(columns) == list(rows[0])
    assert {len(values) for values in columns.values()} <= {1, len(rows)}
    found = of_columns(columns, 10_000)
    assert repr(list(found)) == repr(rows)
    assert as_columns(found) == as_columns(rows)
    assert len(json.dumps(columns)) < len(json.dumps(rows))


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[: MANY - 1],
        [{"a": n} for n in range(MANY)] + [{"b": 1}],
        [{"a": 1, "b": 2}] * MANY + [{"b": 2, "a": 1}],
        [{}] * MANY,
        [1] * MANY,
        None,
        "rows",
    ],
)
def test_other_rows_stay_as_they_are(rows):
    """Few of them, those without the same keys in the same order, and what are no rows at all."""
    assert as_columns(rows) is rows


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({}, "neither rows nor columns"),
        ({"a": 1}, "neither rows nor columns"),
        ({"a": [], "b": []}, "neither rows nor columns"),
        ({"a": [1, 2, 3], "b": [1, 2]}, "different lengths"),
        ({"a": [1], "b": [1, 2]}, "different lengths"),
        ({"a": [0] * 50, **{str(n): [n] for n in range(50)}}, "more than a line can hold"),
    ],
)
def test_columns_that_are_none_are_refused(columns, says):
    """Also those whose rows would be far more than what stands there."""
    with pytest.raises(ValueError, match=says):
        of_columns(columns, 1000)


@pytest.mark.parametrize(("most", "size"), [(127, 1), (-128, 1), (128, 2), (32_768, 4), (2**31, 8)])
def test_whole_numbers_take_as_few_bytes_as_hold_them(most, size):
    """A trial has many small counts; they read as they were written."""
    packed = pack([{"ops": 0}, {"ops": most}, {"ops": 1}])
    assert packed.columns["ops"].itemsize == size
    assert list(packed) == [{"ops": 0}, {"ops": most}, {"ops": 1}]
