"""Admission: which hosts may take part, and what is said of those that differ."""

import pytest

from concexp import __version__
from concexp.run.cluster import admission
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

NAME = "CPython 3.13.1"
PYTHON = {"implementation": "CPython", "version": "3.13.1", "gil_built": True, "compiler": "GCC 12", "sha256": "a"}


def description(host="a", cpus=4, version=__version__):
    return {"host": host, "concexp": version, "machine": {"cpus": cpus}}


@pytest.mark.parametrize(("cpus", "expected"), [([4], 4), ([4, 8, 4], 4), ([4, 8], 8), ([2, 2, 8, 8, 8], 8)])
def test_equal_hosts_are_the_most(cpus, expected):
    """The number of usable CPUs that most hosts have, and in a tie the larger one."""
    assert admission.most_common_cpus(description(str(n), count) for n, count in enumerate(cpus)) == expected


def test_several_workers_of_a_host_count_once():
    """A host is not more usual by having more workers."""
    assert admission.most_common_cpus([*[description("a", 2)] * 3, description("b", 4), description("c", 4)]) == 4


def test_unequal_hosts_are_refused():
    """Another version of concexp, and other CPUs, each with both figures."""
    assert admission.refusal(description(), 4) == ""
    assert "concexp 9.9 is installed there" in admission.refusal(description(version="9.9"), 4)
    assert "2 usable CPUs, and not 4" in admission.refusal(description(cpus=2), 4)


@pytest.mark.parametrize(
    ("there", "problem", "remark"),
    [
        (Interpreter("py", "x", PYTHON), "", ""),
        (Interpreter("py", "x", {**PYTHON, "version": "3.13.2"}), f"{NAME} where the run was begun, and CPython 3.13.2", ""),
        (Interpreter("py", "x", {**PYTHON, "gil_built": False}), "3.13.1 free-threaded there", ""),
        (Interpreter("py", "x", {**PYTHON, "packages": {"numpy": "2"}}), "other packages", ""),
        (Interpreter("py", "x", {**PYTHON, "compiler": "C", "sha256": "b"}), "", f"another build of {NAME} (compiler, sha256)"),
        (MissingInterpreter("py", "no Python 3.13 was found"), "no Python 3.13 was found", ""),
        (None, "there is no interpreter py", ""),
    ],
)  # fmt: skip
def test_other_interpreters_are_refused_and_other_builds_said(there, problem, remark):
    """A version, a kind of build with or without GIL, and packages make another interpreter; compilers and hashes do not."""
    problems, remarks = admission.interpreter_differences({"py": PYTHON}, {} if there is None else {"py": there})
    assert [problem in one for one in problems] == [True] * bool(problem)
    assert [remark in one for one in remarks] == [True] * bool(remark)


@pytest.mark.parametrize(
    ("there", "asked", "answered", "said"),
    [(10.0, 9.9, 10.1, False), (12.0, 9.9, 10.1, True), (8.0, 9.9, 10.1, True), (13.0, 9.0, 16.0, False)],
)
def test_a_wrong_clock_is_said(there, asked, answered, said):
    """Beyond half a second, and beyond what the way there and back may explain."""
    assert bool(admission.clock_remark(*admission.clock_offset(there, asked, answered))) is said


def test_machines_that_should_be_equal_are_compared():
    """A remark for each fact that differs from the first host's."""
    first = {"processor": "A", "system": "Linux 6", "clock_source": "tsc"}
    assert admission.machine_differences(first, first) == []
    assert admission.machine_differences(first, {**first, "clock_source": "hpet"}) == [
        "clock source: hpet, where the first host has tsc"
    ]
