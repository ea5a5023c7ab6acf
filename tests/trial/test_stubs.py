"""The types for authors of plug-ins: the stubs say what the modules have, and no child gets them."""

import ast
from pathlib import Path

import pytest

from concexp import trial
from concexp.run.child import stage

FOLDER = Path(trial.__file__).parent
STUBS = sorted(FOLDER.glob("*.pyi"))


def signatures(file):
    """The classes, functions and methods of a module, by dotted name, with the names of their parameters."""
    parameters = {}

    def visit(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef):
                parameters[prefix + node.name] = []
                visit(node.body, prefix + node.name + ".")
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                arguments = [*node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg]
                parameters[prefix + node.name] = [one.arg for one in arguments if one is not None]

    visit(ast.parse(file.read_text("utf-8")).body, "")
    return parameters


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.name)
def test_a_stub_agrees_with_its_module(stub):
    """Each class, function and method of a stub is in the module, with the same parameters; each public one is in the stub."""
    module = signatures(stub.with_suffix(".py"))
    typed = signatures(stub)
    assert {name: module.get(name) for name in typed} == typed
    inherited = {"DryTools.make", "DryTools.__init__"}
    public = {name for name in module if name != "Ends.__reduce__"} - inherited
    assert public <= set(typed)


def test_there_are_stubs_and_no_child_gets_them():
    """A stage holds Python files alone, which an interpreter of any version can load."""
    assert {stub.name for stub in STUBS} == {"plugin.pyi", "tools.pyi"}
    assert {Path(name).suffix for name in stage.code()} == {".py"}
