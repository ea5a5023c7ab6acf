"""Git is asked, and nothing of the user's repository changes."""

import pytest

from concexp.experiment import git
from tests.helpers.repository import Repository


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit."""
    found = Repository(tmp_path / "project")
    found.texts({"my.py": "x = 1\n", ".gitattributes": "left_out.py export-ignore\n", "left_out.py": "y = 1\n"})
    found.commit()
    return found


def test_a_commit_is_exported_whole_and_the_index_stays(repository, tmp_path):
    """Also what the attribute export-ignore names, which `git archive` would leave out; no index and no checkout of the user's."""
    repository.texts({"my.py": "x = 2\n"})
    before = (repository.git("status", "--porcelain"), (repository.root / ".git/index").read_bytes())
    place = tmp_path / "export"
    place.mkdir()
    git.export(repository.root, git.commit(repository.root, "main"), place, tmp_path / "index")
    assert sorted(path.name for path in place.iterdir()) == [".gitattributes", "left_out.py", "my.py"]
    assert (place / "my.py").read_text() == "x = 1\n"
    assert (repository.git("status", "--porcelain"), (repository.root / ".git/index").read_bytes()) == before


def test_no_program_of_the_repositorys_settings_runs(repository, tmp_path):
    """Neither a hook that changes of an index start, nor a filter of its attributes."""
    ran = tmp_path / "ran"
    hook = repository.root / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    repository.texts({".gitattributes": "*.py filter=evil\n"})
    sha = repository.commit()
    ran.unlink(missing_ok=True)
    repository.git("config", "filter.evil.smudge", f"touch {ran}; cat")
    place = tmp_path / "export"
    place.mkdir()
    git.export(repository.root, sha, place, tmp_path / "index")
    assert (place / "my.py").read_text() == "x = 1\n"
    assert not ran.exists()


def test_the_repository_of_a_hook_does_not_stand_for_another(repository, tmp_path, monkeypatch):
    """Within a hook of another repository, git has its variables."""
    other = Repository(tmp_path / "other")
    other.write(other="")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    assert git.toplevel(repository.root) == repository.root.resolve()
    assert git.commit(repository.root, "HEAD") == repository.git("rev-parse", "HEAD")


def test_a_revision_is_no_option(repository):
    """A text that begins with a hyphen names nothing."""
    assert git.commit(repository.root, "--all") == ""
    assert git.commit(repository.root, "nowhere") == ""


def test_files_as_they_are(repository):
    """Untracked files count and ignored ones do not."""
    repository.texts({".gitignore": "*.log\n", "a.log": "", "new.py": ""})
    assert git.files(repository.root) == [".gitattributes", ".gitignore", "left_out.py", "my.py", "new.py"]


def test_outside_a_repository(tmp_path):
    """There is no working tree, and git says why."""
    assert git.toplevel(tmp_path) is None
    assert "not a git repository" in git.refusal(tmp_path)
