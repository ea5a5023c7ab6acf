"""What workers returned, compared operation by operation."""

import pytest

from concexp.run.answers import Form, Stretch, difference, workers_of


def worker(*values, first=0):
    """A worker's stretches, from pairs (value, how many)."""
    found = []
    for value, n in values:
        found.append(Stretch(first, first + n - 1, Form("float", (float(value),), 1e-9, str(value))))
        first += n
    return tuple(found)


def test_operations_that_only_one_did_are_not_compared():
    """A worker that did fewer or more operations than the reference agrees with it in those that both did."""
    expected = worker((1, 3), (2, 2))
    assert difference([worker((1, 2))], expected) is None
    assert difference([worker((1, 3), (2, 9), (7, 1))], expected) is None
    assert difference([], expected) is None
    assert difference([()], expected) is None


@pytest.mark.parametrize(
    ("values", "number"),
    [([(1, 4)], 3), ([(0, 1)], 0), ([(1, 3), (2, 1), (1, 1)], 4), ([(1, 2), (3, 1)], 2)],
)
def test_the_first_operation_that_differs_is_named(values, number):
    """Also within a stretch of equal values, of either side."""
    found = difference([worker(*values)], worker((1, 3), (2, 2)))
    assert found.number == number


def test_the_earliest_difference_of_all_workers_counts():
    """Workers that agree hide none that does not."""
    expected = worker((1, 9))
    found = difference([worker((1, 9)), worker((1, 5), (0, 1)), worker((1, 2), (5, 1))], expected)
    assert (found.number, found.described("serial")) == (
        2,
        "answers differ: operation 3 of one worker returned 5, under serial 1",
    )
    alone = difference([worker((1, 16), (0, 1))], worker((1, 20)))
    assert alone.described("serial") == "answers differ: operation 17 returned 0, under serial 1"


def test_values_that_look_alike_in_short():
    """The reason does not show twice the same without a word."""
    a, b = Stretch(0, 0, Form("a", (), 1e-9, "[...]")), Stretch(0, 0, Form("b", (), 1e-9, "[...]"))
    assert difference([(a,)], (b,)).described("serial").endswith("[...], which looks the same in short")


def test_a_gap_in_what_was_noted():
    """After many different values no more are noted: operations without a note are not compared."""
    late = worker((5, 1), first=9)
    assert difference([worker((1, 1)) + late], worker((1, 2))) is None
    assert difference([worker((1, 1)) + late], worker((1, 20))).number == 9


def test_answers_come_in_any_order():
    """Pools hand results over as they come."""
    runs = [[3, 1, ["b", [], 1e-9, "b"]], [0, 3, ["a", [], 1e-9, "a"]]]
    (found,) = workers_of({"iterations": [{"counts": {"answers": [runs]}}]})
    assert [(one.first, one.last, one.form.shown) for one in found] == [(0, 2, "a"), (3, 3, "b")]


@pytest.mark.parametrize("counts", [None, {}, {"answers": 5}, {"answers": [[5]]}, {"answers": [[[0, 1, [1]]]]}])
def test_an_answer_that_is_none(counts):
    """Measured code may have written anything."""
    with pytest.raises(ValueError, match=r"answer|unpack"):
        workers_of({"iterations": [{"counts": counts}]})
    with pytest.raises(ValueError, match="answer"):
        workers_of({"iterations": []} if counts else {})
