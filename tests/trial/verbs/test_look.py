"""What the child says of user code that cannot be imported."""

import importlib
import sys

import pytest

from concexp.trial.verbs import look
from concexp.trial.workloads import _user_code


def test_no_place_in_our_own_code_is_named(tmp_path):
    """A module that is missing altogether has no place: the line of ours that imports it says nothing to its user."""
    with pytest.raises(ImportError) as caught:
        _user_code.load("", "nowhere_to_be_found", "")
    assert "_user_code" not in look.innermost_place(caught.value, [str(tmp_path)])


def test_a_place_in_the_users_folder_is_named(tmp_path):
    """The innermost line of the user's own files is where to look."""
    (tmp_path / "mine.py").write_text("x = 1\nimport nowhere_to_be_found\n")
    with pytest.raises(ImportError) as caught:
        _user_code.load(str(tmp_path / "mine.py"), "", "")
    assert look.innermost_place(caught.value, [str(tmp_path)]) == "mine.py:2"


@pytest.fixture
def imports(monkeypatch):
    """What a test imports is forgotten after it, with what was added to the path."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(_user_code.Beside, "files", {})
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_a_file_named_like_a_module_of_the_library_replaces_nothing(tmp_path, imports, monkeypatch):
    """It is loaded under a name of its own, once; whoever imports `numbers` gets the library's, the file itself too."""
    (tmp_path / "numbers.py").write_text("import numbers\nReal = numbers.Real\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/numbers.py").write_text("x = 1\n")
    monkeypatch.delitem(sys.modules, "numbers", raising=False)
    loaded = _user_code.load(str(tmp_path / "numbers.py"))
    import numbers

    assert loaded is _user_code.load(str(tmp_path / "numbers.py"))
    assert loaded is not numbers
    assert loaded.Real is numbers.Real
    other = _user_code.load(str(tmp_path / "other/numbers.py"))
    assert (other.x, other.__file__) == (1, str(tmp_path / "other/numbers.py"))
    assert loaded is _user_code.load(str(tmp_path / "numbers.py"))


@pytest.mark.parametrize("file", ["my.file.py", "my-file.py", "__main__.py", "time.py", "mine.py"])
def test_a_file_of_any_name_is_loaded(tmp_path, imports, file):
    """With a dot, with a dash, with the name of what is built in or of what runs."""
    (tmp_path / file).write_text("x = 1\n")
    loaded = _user_code.load(str(tmp_path / file))
    assert loaded.x == 1
    assert loaded is _user_code.load(str(tmp_path / file), home=str(tmp_path))


@pytest.mark.parametrize("package", ["made_up_package", "json"])
def test_a_file_of_a_package_is_loaded_as_its_module(tmp_path, imports, package):
    """Relative imports work, also where another package has that name; so do absolute ones of a package of its own."""
    folder = tmp_path / "src" / package
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "util.py").write_text("x = 1\n")
    absolute = "" if package == "json" else f"from {package}.util import x as y\n"
    (folder / "mod.py").write_text(f"from . import util\n{absolute}def work(): return util.x\n")
    loaded = _user_code.load(str(folder / "mod.py"), home=str(tmp_path))
    assert (loaded.work(), loaded.__file__) == (1, str(folder / "mod.py"))
    assert _user_code.load(str(folder / "__init__.py")).util is loaded.util
    assert "dumps" in dir(importlib.import_module("json"))


@pytest.mark.parametrize(
    ("code", "says", "cure"),
    [
        ("from . import x", "mine.py:1 raised ImportError: attempted relative import", "put an empty __init__.py"),
        ("from queue import mine", "cannot import name 'mine' from 'queue'", "give the file another name"),
        ("import queue\nqueue.mine()", "AttributeError: module 'queue' has no attribute 'mine'", "another name"),
        ("from json import mine", "cannot import name 'mine' from 'json'", ""),
    ],
)
def test_imports_that_find_something_else_have_a_cure(tmp_path, imports, code, says, cure):
    """A file beside the experiment that the library's module hides is named, and so is what a relative import needs."""
    (tmp_path / "queue.py").write_text("def mine(): pass\n")
    (tmp_path / "mine.py").write_text(code + "\ndef work(): pass\n")
    given = {"path": str(tmp_path / "mine.py"), "module": "", "home": str(tmp_path), "function": "work"}
    found = look.answer({"workload": {**given, "arguments": {}}})
    assert says in found["problem"]
    assert cure in found["cure"]
    assert bool(cure) == bool(found["cure"])
