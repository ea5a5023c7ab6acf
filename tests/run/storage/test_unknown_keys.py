"""Keys that this version does not know: cut out of huge lines before they are parsed, and never kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concexp.run.storage import unknown_keys
from concexp.run.storage.unknown_keys import drop_unknown, only_known

KNOWN = {"a": None, "b": {"c": None}}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def known_part(record):
    """What parsing all and dropping leaves."""
    kept = json.loads(json.dumps(record))
    drop_unknown(kept, KNOWN)
    return kept


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", 'a"', "x\\\\", ""]), VALUES | st.fixed_dictionaries({"c": VALUES, "d": VALUES})
    )
)
def test_cutting_is_as_dropping(record):
    """Whatever the values hold: brackets and quotes in texts, escapes, maps in maps, with and without spaces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unknown_keys, "MANY", -1)
        for separators in ((",", ":"), (", ", ": ")):
            for ascii_only in (True, False):
                text = json.dumps(record, separators=separators, ensure_ascii=ascii_only).encode(
                    "utf-8", "surrogatepass"
                )
                assert json.loads(only_known(text, KNOWN)) == known_part(record)


def test_a_usual_line_is_left_as_it_is(monkeypatch):
    """Cutting takes time that only a huge line is worth; what is no JSON is left to the parser."""
    text = b'{"x": [[], {}], "a": 1}'
    assert only_known(text, KNOWN) is text
    monkeypatch.setattr(unknown_keys, "MANY", 1)
    assert only_known(text, KNOWN) == b'{"a":1}'
    for wrong in (b'{"x": [[[', b'{"x": [[]', b"[[[[", b'{"x" [[], []]}', b'{"x": [[]] "a": 1}'):
        assert only_known(wrong, KNOWN) == wrong


def test_long_rows_of_empty_values_are_one_step():
    """Seven million empty lists, 20 MB: nothing of them is left."""
    text = b'{"x":[' + b"[]," * 7_000_000 + b'[]],"b":{"d":{},"c":[{}]}}'
    assert only_known(text, KNOWN) == b'{"b":{"c":[{}]}}'
