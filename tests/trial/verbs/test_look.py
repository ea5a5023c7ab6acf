"""What the child says of user code that cannot be imported."""

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
