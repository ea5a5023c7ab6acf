"""Experiments of a folder: by their tags."""

from pathlib import Path

import pytest

from concexp.commands import collection
from concexp.errors import InputError
from tests.helpers.program import concexp

SIMULATED = "model: {simulated: {serial: 10%}}\nmeasure: {repetitions: 2}\nload: {ops: 4, scaling: strong}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three experiments in the folder `experiments`: two with tags, one that extends a file which is none itself."""
    monkeypatch.chdir(tmp_path)
    files = {
        "a.yaml": f"workload: cpu_sum\n{SIMULATED}tags: [gil, cpu]\nquestion: Fast?\n",
        "b.yml": f"workload: sleep\n{SIMULATED}tags: io\n",
        "common.yaml": SIMULATED,
        "d.yaml": "extends: common.yaml\nworkload: sleep\n",
        "notes.txt": "none\n",
        "deeper/e.yaml": "none\n",
    }
    for name, text in files.items():
        path = tmp_path / "experiments" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return Path("experiments")


def names(found):
    return [path.name for paths in found.values() for path in paths]


def test_a_folder_stands_for_its_experiments(folder):
    """Not for what lies deeper, nor for files that others extend; a file stands for itself, unread."""
    assert names(collection.chosen([folder])) == ["a.yaml", "b.yml", "d.yaml"]
    assert collection.chosen([Path("not_there.yaml")]) == {Path("not_there.yaml"): [Path("not_there.yaml")]}


def test_tags_choose(folder):
    """One of several tags is enough; of files that are named by themselves too."""
    assert names(collection.chosen([folder], ["gil"])) == ["a.yaml"]
    assert names(collection.chosen([folder], ["gil", "io"])) == ["a.yaml", "b.yml"]
    assert names(collection.chosen([folder / "a.yaml", folder / "b.yml"], ["io"])) == ["b.yml"]


def test_a_tag_that_none_has_is_a_mistake(folder):
    """With the tag that it resembles."""
    with pytest.raises(InputError, match=r"--tag: no experiment has the tag gli\n  did you mean 'gil'\?"):
        collection.chosen([folder], ["gli"])


def test_a_mistake_in_one_of_them_stops_all(folder):
    """Before the first of them has run."""
    (folder / "z.yaml").write_text("workload: cpu_sum\nmodel: thread\n")
    with pytest.raises(InputError, match=r"z\.yaml:2:8: model: there is no model 'thread'"):
        collection.chosen([folder])


def test_a_folder_without_experiments_is_refused(tmp_path):
    """It may be the wrong one."""
    with pytest.raises(InputError, match="a folder without experiments"):
        collection.chosen([tmp_path])


def test_the_commands(folder):
    """`run FOLDER --tag` runs those alone, `list experiments` shows them."""
    assert "gil, cpu" in concexp(".", "list", "experiments").stdout
    done = concexp(".", "run", "experiments", "--tag", "gil", "--no-report")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in Path("reports").iterdir()] == ["a"]
    assert concexp(".", "validate", "experiments", "--tag", "nothing").returncode == 2
