"""`outcomes:` of user code: names with their grades, which claims may count."""

import pytest

from concexp.errors import InputError
from concexp.experiment import load

CODE = "def f(): pass\ndef names(value): pass\n"


@pytest.fixture
def entry(read, write):
    """The one entry of a `call` with these keys beside its target."""
    write("b.py", CODE)

    def read_one(more):
        (found,) = read(f"{{call: {{target: b.py:f, {more}}}, as: f}}")
        return found

    return read_one


def test_names_and_grades_reach_the_trial(entry):
    """They are part of what is measured, and values may then differ between models."""
    found = entry("outcomes: {once: acceptable, odd: interesting, twice: forbidden}")
    assert found.request()["parameters"]["outcomes"] == {
        "once": "acceptable", "odd": "interesting", "twice": "forbidden",
    }  # fmt: skip
    assert found.returns == "any"
    assert found.non_default != entry("outcomes: {once: acceptable}").non_default != entry("returns: any").non_default
    assert entry("outcomes: {once: acceptable}, check: b.py:names, returns: seconds").returns == "seconds"


@pytest.mark.parametrize(
    ("more", "path", "says", "cure"),
    [
        ("outcomes: {once: good}", ".once", "expected one of acceptable, interesting, forbidden, not 'good'", ""),
        ("outcomes: {once: forbiden}", ".once", "not 'forbiden'", "did you mean 'forbidden'?"),
        ("outcomes: {made twice: forbidden}", ".made twice", "'made twice' cannot name an outcome", "outcomes.NAME"),
        ("outcomes: {undeclared: forbidden}", ".undeclared", "cannot name an outcome", ""),
        ("outcomes: [once]", "", "expected a map of names and grades", "made_once: acceptable"),
        ("outcomes: {}", "", "expected a map of names and grades", ""),
        ("outcomes: {once: acceptable}, returns: seconds", "", "nothing names outcomes", "name a check that does"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(entry, more, path, says, cure):
    """Each with what would be right."""
    with pytest.raises(InputError) as caught:
        entry(more)
    (found,) = caught.value.problems
    assert found.path == f"workload.call.outcomes{path}"
    assert says in found.message
    assert cure in found.hint


def test_claims_count_outcomes_that_are_declared(write):
    """`outcomes.NAME` is a metric of this experiment; a misspelt one is found before anything runs."""
    write("b.py", CODE)
    text = (
        "workload: {call: {target: b.py:f, outcomes: {once: acceptable, twice: forbidden}}, as: f}\nmodel: serial\n"
        "claims: [{expect: outcomes.%s == 0}]\n"
    )
    (claim,) = load(write("x.yaml", text % "twice")).claims
    assert claim.metrics == ("outcomes.twice",)
    with pytest.raises(
        InputError, match=r"no workload declares the outcome 'twise'(?s:.*)did you mean 'outcomes\.twice'\?"
    ):
        load(write("x.yaml", text % "twise"))
