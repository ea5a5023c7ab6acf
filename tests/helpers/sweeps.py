"""Small experiments that differ in their sweep."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text

HEAD = "workload: [echo, sleep, {counter: {form: call}, as: cc}]\nmodel: [serial, threads, processes]\n"


def spec(sweep, more=""):
    """The Spec of an experiment with this sweep; `more` is further YAML."""
    return parse_text(f"{HEAD}sweep: {sweep}\n{more}", "x.yaml")


def axes(sweep, more=""):
    """The axes of its only grid."""
    return spec(sweep, more).grids[0].axes


def problem(sweep, more=""):
    """The one problem of such an experiment."""
    with pytest.raises(InputError) as caught:
        spec(sweep, more)
    (found,) = caught.value.problems
    return found


SHORT = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nload: {ops: 64, scaling: strong}\n"
)


def problems(text, **more):
    """The problems of an experiment's text."""
    with pytest.raises(InputError) as caught:
        parse_text(text, "dir/01_a_b.yaml", **more)
    return caught.value.problems
