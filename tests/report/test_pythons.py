"""How a page calls interpreters: by their labels, with the release where that matters."""

import pytest

from concexp.report import pythons


def facts(version, implementation="CPython"):
    return {"version": version, "implementation": implementation}


@pytest.mark.parametrize(
    ("interpreters", "names"),
    [
        ({"3.12": facts("3.12.1"), "3.13": facts("3.13.0")}, ["3.12", "3.13"]),
        ({"3.14": facts("3.14.4")}, ["3.14.4"]),
        ({"3.14t": facts("3.14.5")}, ["3.14.5t"]),
        ({"3.13.0": facts("3.13.0"), "3.13": facts("3.13.5")}, ["3.13.0", "3.13.5"]),
        ({"current": facts("3.11.7"), "np": facts("3.13.0")}, ["current (3.11.7)", "np (3.13.0)"]),
        ({"pypy3.11": facts("3.11.17", "PyPy"), "3.11": facts("3.11.7")}, ["pypy3.11", "3.11"]),
        ({"mine 3.14.4": facts("3.14.4")}, ["mine 3.14.4"]),
        ({"old": {}}, ["old"]),
    ],
)
def test_the_release_is_there_where_the_label_leaves_it_open(interpreters, names):
    """Two releases of one version, a version whose releases differ, or a label without a version."""
    assert [pythons.name(label, interpreters) for label in interpreters] == names


def test_other_labels_are_left_alone():
    """And so is an interpreter that ran nothing: it has no version."""
    assert pythons.shown({"model": "threads", "python": "3.9"}, {"3.14": facts("3.14.4")}) == {
        "model": "threads",
        "python": "3.9",
    }
    assert pythons.shown({"model": "threads"}, {}) == {"model": "threads"}
