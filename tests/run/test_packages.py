"""Packages that measured code imports: what a manifest records, and what an interpreter here has of them."""

import sys
from importlib import metadata

from concexp.run import packages
from concexp.run.child import stage
from concexp.run.interpreters import interpreter


def manifest(**versions):
    """A manifest whose only entry imported packages on two interpreters."""
    return {"preflight": {"entries": {"f": {"packages": {"current": versions, "absent": {"numpy": "1.0"}}}}}}


def test_versions_are_joined_over_interpreters_and_entries():
    """Two versions of one package are both named; older manifests have none."""
    given = manifest(numpy="2.0", a="1")
    given["preflight"]["entries"]["g"] = {"packages": {"current": {"b": "3"}}}
    assert packages.by_python(given) == {"current": {"numpy": "2.0", "a": "1", "b": "3"}, "absent": {"numpy": "1.0"}}
    assert packages.imported(given) == {"a": "1", "b": "3", "numpy": "2.0, 1.0"}
    assert packages.imported({}) == packages.imported({"preflight": {"entries": {"f": {}}}}) == {}


def test_an_interpreter_is_asked_what_it_has():
    """What it lacks and what it has in another version is named; interpreters that are not here are left out."""
    code = stage.stage_child_code()
    here = {"current": interpreter.current(code)}
    numpy = metadata.version("numpy")
    assert here["current"].path == sys.executable
    found = [*packages.unlike(manifest(numpy=numpy, PyYAML="0.1", no_such_package="7"), here, code)]
    assert found == [
        packages.Unlike("current", "PyYAML", "0.1", metadata.version("PyYAML")),
        packages.Unlike("current", "no_such_package", "7", ""),
    ]
