"""`files:`: what is beside the YAML, and what cannot be given to a trial."""

import os

import pytest

from concexp.errors import InputError
from concexp.experiment import load

HEAD = "workload: cpu_sum\nmodel: serial\n"


@pytest.fixture
def files(write):
    """The items of `files: …` in the test's folder."""
    return lambda text: load(write("x.yaml", f"{HEAD}files: {text}\n")).files


def test_files_and_folders_have_their_members(files, write, tmp_path):
    """A file is its own member, a folder has all files below it; byte code is left out, a link to a file is followed."""
    (tmp_path / "models/deep/__pycache__").mkdir(parents=True)
    for name in ("data.csv", "models/a.bin", "models/deep/b.bin", "models/deep/__pycache__/c.pyc"):
        write(name, "12345")
    (tmp_path / "link.csv").symlink_to(tmp_path / "data.csv")
    data, models, link = files("[./data.csv, models/, link.csv]")
    assert (data.name, data.is_folder, data.size) == ("data.csv", False, 5)
    assert (models.name, models.is_folder, models.size) == ("models", True, 10)
    assert [name for name, _ in models.members] == ["a.bin", "deep/b.bin"]
    assert link.members == (("", str(tmp_path / "data.csv")),)


def test_what_cannot_be_given_has_its_place_and_a_cure(files, write, tmp_path):
    """What is not there, lies elsewhere, would be waited for, or is there twice."""
    write("data.csv", "1")
    (tmp_path / "models").mkdir()
    os.mkfifo(tmp_path / "models/pipe")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "looped").mkdir()
    (tmp_path / "looped/again").symlink_to(tmp_path / "looped")
    for text, message in {
        "nothing.csv": "cannot read 'nothing.csv': No such file",
        "../data.csv": "'../data.csv' is not beside this YAML",
        "/etc/passwd": "'/etc/passwd' is not beside this YAML",
        ".": "'.' is not beside this YAML",
        "pipe": "pipe is not a regular file",
        "models": "models/pipe is not a regular file",
        "looped": "looped/again is a link to a folder",
        "[data.csv, ./data.csv]": "'./data.csv' is there twice",
        "3.10": "expected text, not 3.10",
    }.items():
        with pytest.raises(InputError) as caught:
            files(text)
        (found,) = caught.value.problems
        assert message in found.message
        assert found.line == 3
        assert found.hint
