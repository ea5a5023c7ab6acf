"""Exceptions of user code that lacks something of its surroundings: the key of the YAML that gives it."""

import os

import pytest

from concexp.trial.diagnostics.hints import hint


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda: os.environ["NOT_THERE"], "add {NOT_THERE: …} or {NOT_THERE: {from: caller}}"),
        (lambda: os.stat("no/data.csv"), "`files: [no/data.csv]`"),
        (lambda: os.stat(b"data.csv"), "`files: [data.csv]`"),
        (lambda: os.stat("/no/data.csv"), ""),
        (lambda: {}["NOT_THERE"], ""),
        (lambda: 1 / 0, ""),
    ],
)
def test_a_missing_variable_or_file_is_recognised(function, words):
    """Only what the environment or a relative path lacked; other exceptions get no hint."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  any exception is the point
        function()
    assert words in hint(caught.value)
    assert bool(words) == bool(hint(caught.value))
