"""The answer of a sealed child: read if it is one, refused with a reason whatever else it is."""

import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concexp.run.child import answer
from concexp.trial import wire

LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def as_read(value):
    """A value as it comes out of JSON: no inf, no NaN, and no half of a surrogate pair."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [as_read(one) for one in value]
    return {as_read(key): as_read(one) for key, one in value.items()} if isinstance(value, dict) else value


@given(
    st.dictionaries(
        st.text(st.characters(codec=None), max_size=8).filter(lambda key: key not in answer.TYPES), LITERALS
    )
)
def test_what_the_child_sends_is_what_the_parent_reads(value):
    """Any value of literals survives the way, as far as a file can hold it."""
    assert answer.decode(wire.encode_answer(value)) == as_read(value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{[]: 1}", "no JSON"),
        (b"{'status': 'ok'}", "no JSON"),
        (b'{"held": [1e999]}', "holds other things"),
        (b'{"a": NaN}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": "\xff"}', "no JSON"),
        (b"", "no JSON"),
        (b"[]", "no map"),
        (b"5", "no map"),
        (b"{}", "has no status"),
        (b'{"held": 5}', "`held` is no list"),
        (b'{"held": [5]}', "other things than texts"),
        (b'{"status": "weird"}', "not one of ok, invalid"),
        (b'{"status": "timeout"}', "not one of ok, invalid"),
        (b'{"status": []}', "`status` is no str"),
        (b'{"status": "failed", "reason": 5}', "`reason` is no str"),
        (b'{"status": "failed", "traceback": 5}', "`traceback` is no str"),
        (b'{"status": "failed", "ended_ns": 1.5}', "`ended_ns` is no int"),
        (b'{"status": "failed", "ended_ns": true}', "`ended_ns` is no int"),
    ],
)
def test_anything_else_is_refused_with_a_reason(body, says):
    """No answer brings the parent down, and none is taken for what it is not."""
    with pytest.raises(ValueError, match=says):
        answer.decode(wire.framed(body), of_trial=True)


def test_a_large_answer_takes_memory_in_proportion():
    """A million empty lists take what their lists take; as literals each of their bytes would take the parent 500."""
    body = b'{"a":[' + b"[]," * (1 << 20) + b"[]]}"
    tracemalloc.start()
    try:
        assert len(answer.decode(wire.framed(body))["a"]) == (1 << 20) + 1
        assert tracemalloc.get_traced_memory()[1] < 60 * len(body)
    finally:
        tracemalloc.stop()
