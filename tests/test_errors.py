"""Everything that concexp refuses, and how it tells."""

from pathlib import Path

import pytest

from concexp.errors import (
    ConcexpError,
    Damaged,
    EnvironmentRefused,
    InputError,
    PageIncomplete,
    Problem,
    UnknownName,
    did_you_mean,
)


def test_a_problem_is_told_with_its_place_its_key_and_its_cure():
    """`file:line:col: key.path: message`, and the cure in a line of its own."""
    assert (
        str(Problem("x.yaml", 3, 7, "measure.seed", "no good", "try 1")) == "x.yaml:3:7: measure.seed: no good\n  try 1"
    )
    assert str(Problem("x.yaml", 3, 7, "", "no good")) == "x.yaml:3:7: no good"
    assert str(Problem("--set a=b", 0, 0, "a", "no good")) == "--set a=b: a: no good"


def test_problems_are_told_in_the_order_of_the_file_and_once():
    """Lines are ordered as numbers, and what two readers found is one problem."""
    late, early = Problem("x.yaml", 10, 1, "b", "late"), Problem("x.yaml", 9, 30, "a", "early")
    error = InputError([late, early, late])
    assert error.problems == (early, late)
    assert str(error) == f"{early}\n{late}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError([Problem("x", 1, 1, "", "m")]), 2),
        (UnknownName("model", "treads", ["threads"]), 2),
        (EnvironmentRefused("m"), 3),
        (Damaged("m"), 3),
        (PageIncomplete(Path("README.md"), ["the picture"], Path("journal.jsonl")), 1),
    ],
)
def test_exit_codes(error, code):
    """Each kind of refusal is a ConcexpError with the documented exit code."""
    assert isinstance(error, ConcexpError)
    assert error.exit_code == code


def test_a_message_and_a_hint():
    """The hint is a line of its own; without one there is no empty line."""
    assert str(EnvironmentRefused("locked", "wait")) == "locked\n  wait"
    assert str(EnvironmentRefused("locked")) == "locked"


def test_an_unknown_name_suggests_what_looks_like_it():
    """Suggestions are for programs, the hint for people."""
    error = UnknownName("model", "treads", ["threads", "serial"])
    assert error.message == "there is no model 'treads'"
    assert error.suggestions == ("threads",)
    assert error.hint == "did you mean 'threads'?"


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("treads", ["serial", "threads"], "did you mean 'threads'?"),
        ("zzz", ["serial", "threads"], "known: serial, threads"),
        ("zzz", [], ""),
        ("", ["serial"], "known: serial"),
    ],
)
def test_a_hint_for_a_misspelt_name(name, known, hint):
    """The likely name, else all there are, else nothing."""
    assert did_you_mean(name, known) == hint
