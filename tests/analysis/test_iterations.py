"""Columns that take little memory read as any others."""

import numpy as np
import pandas as pd
import pytest

from concexp.analysis import iterations


@pytest.mark.parametrize("texts", [["a", None, "a", "b"], ["a"] * 4, [None] * 4])
def test_what_is_kept_once_reads_as_if_repeated(texts, monkeypatch):
    """A column whose equal values take no room has the values, the type and the manners of any other."""
    monkeypatch.setattr(iterations, "CHUNK", 3)
    rows = np.repeat(np.arange(4), [7, 1, 9, 4])
    for values in (
        pd.Series(texts, dtype="string"),
        pd.Series([None if text is None else -0.0 for text in texts], dtype=float),
    ):
        made = pd.Series(iterations.repeat(values, rows))
        plain = values.take(rows).reset_index(drop=True)
        pd.testing.assert_series_equal(made, plain)
        if values.dtype == float:
            assert np.signbit(made).tolist() == np.signbit(plain).tolist()
        frame = pd.DataFrame({"made": made, "one": 1}, copy=False)
        frame.loc[2, "made"] = values.iloc[3]
        pd.testing.assert_series_equal(frame["made"], plain.where(plain.index != 2, values.iloc[3]), check_names=False)


def test_a_text_is_kept_once_however_long_its_rows_are():
    """The rows of a trial have a chunk of their own, and trials with the same text share it."""
    made = iterations.repeat(pd.Series(["a", "b", "a"], dtype="string"), np.repeat(np.arange(3), 4000))
    chunks = pd.Series(made).array._pa_array.chunks
    assert [len(chunk) for chunk in chunks] == [4000, 4000, 2000, 2000]
    first, *_, last = (chunk.buffers()[2] for chunk in (chunks[2], chunks[3]))
    assert first.address == last.address
