"""What is computed of one number for each worker: as by its plain definition, for all rows at once."""

import math

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concexp import catalog
from tests.helpers import journal_builder

SHARES = st.none() | st.lists(st.integers(0, 10**6) | st.floats(0, 1e6, allow_subnormal=False), max_size=20)


def jain(shares):
    """Jain, Chiu & Hawe (1984)."""
    squares = sum(x * x for x in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else math.nan


def imbalance(times):
    """The longest over the mean."""
    return max(times) * len(times) / sum(times) if sum(times) else math.nan


def of(name, lists, **more):
    """A metric of rows with these lists."""
    column = pd.array(lists, pd.ArrowDtype(pa.list_(pa.float64())))
    rows = {"wall_s": 1.0, "load.ops": 10, "worker_ops": column, "worker_s": column, **more}
    return catalog.load("metric", name)().of(pd.DataFrame(rows, index=range(7, 7 + len(lists))))


@pytest.mark.parametrize(
    ("shares", "index"), [((1, 1, 1, 1), 1.0), ((1, 0, 0, 0), 0.25), ((4, 3, 2, 1), 0.8333), ((0.2, 0.2), 1.0)]
)
def test_the_published_figures(shares, index):
    """1 for equal shares of any size, 1/n where one has all, and (4, 3, 2, 1) between them."""
    assert of("fairness", [list(shares)]).tolist() == pytest.approx([index], abs=5e-5)


@pytest.mark.parametrize("name", ["fairness", "imbalance"])
@pytest.mark.parametrize("nothing", [None, [], [0, 0]])
def test_nobody_did_anything(name, nothing):
    """Without any operation there is no fairness to speak of, nor any imbalance."""
    assert of(name, [nothing, [1, 1]]).isna().tolist() == [True, False]


@given(st.lists(SHARES, min_size=1, max_size=9))
def test_as_by_definition(lists):
    """Each row's number is that of its own list, to the last digits; it stands at that row."""
    for name, plain in (("fairness", jain), ("imbalance", imbalance)):
        found = of(name, lists)
        assert found.tolist() == pytest.approx([plain(one) if one else math.nan for one in lists], nan_ok=True)
        assert list(found.index) == list(range(7, 7 + len(lists)))


@given(st.lists(SHARES, min_size=1, max_size=9), st.floats(0, 1) | st.just(math.nan))
def test_the_longest_operation_bounds_the_ideal(lists, largest):
    """The time at work, shared out evenly, but no less than the longest operation takes."""
    plain = [sum(one) * max(1 / len(one), largest) if one else math.nan for one in lists]
    assert of("ideal_makespan_s", lists, largest_share=largest).tolist() == pytest.approx(plain, nan_ok=True)


def test_from_a_journal(tmp_path):
    """Trials of several sizes, and one that does not tell, lie side by side in one frame."""
    told = [[3, 1], None, [4, 3, 2, 1], [2.5, 2.5]]
    cells = [
        journal_builder.cell(model="threads", workers=2 + n, facts={"worker_ops": ops}) for n, ops in enumerate(told)
    ]
    frame = journal_builder.write(tmp_path, cells, repetitions=3, iterations=2).trials
    for n, ops in enumerate(told):
        expected = [jain(ops) if ops else math.nan] * 6
        assert frame.loc[frame["workers"] == 2 + n, "fairness"].tolist() == pytest.approx(expected, nan_ok=True)
