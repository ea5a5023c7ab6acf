"""How versions of the code are named: revisions, the files as they are, folders."""

import pytest

from concexp.experiment.version_names import name_of


def test_a_folders_name_is_no_revisions():
    """It ends in a slash, which no revision does; one that is written so is the same."""
    assert (name_of("main"), name_of("worktree")) == ("main", "worktree")
    assert name_of({"path": "../old"}) == name_of({"path": "../old/"}) == "../old/"


@pytest.mark.parametrize("raw", [3, None, "", " ", "a\0b", [], {"path": ""}, {"path": 3}, {"path": "a", "more": 1}, {}])
def test_what_names_no_version(raw):
    """What would be right is said."""
    with pytest.raises(ValueError, match=r"expected a git revision, worktree, or \{path: \.\./old, as: old\}"):
        name_of(raw)
