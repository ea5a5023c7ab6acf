"""A run's folder: what makes it the same run, what it holds before the first trial, and how an unfinished one is found."""

import json
from types import SimpleNamespace

import pytest

from concexp.errors import EnvironmentRefused
from concexp.experiment import parse_text
from concexp.run.storage import run_folder

TEXT = "workload: cpu_sum\nmodel: serial\nload: {ops: 1, scaling: strong}\n"


def spec(text=TEXT):
    return parse_text(text, "x.yaml")


def located(source, module=""):
    return SimpleNamespace(source=str(source), module=module)


def entry(label, home, *sources):
    return SimpleNamespace(label=label, sources=sources, located=SimpleNamespace(path="", home=str(home)))


def test_the_identity_is_of_the_question(tmp_path):
    """The spec, the user's code, the child's code, the interpreters and --only each make another run; nothing else does."""
    file = tmp_path / "a.py"
    file.write_text("1")
    base = (spec(), {"a.py": str(file)}, "code", {"current": {"version": "3.11"}}, "")
    same = run_folder.identity(*base)
    assert run_folder.identity(*base) == same
    for place, other in enumerate((spec(TEXT.replace("1", "2")), {}, "other", {}, "model=serial")):
        assert run_folder.identity(*base[:place], other, *base[place + 1 :]) != same
    file.write_text("2")
    assert run_folder.identity(*base) != same


def test_code_files_are_named_without_this_machines_folders(tmp_path):
    """A file by its name, a module by its path, a helper beside it; two files of one name by their folders."""
    for folder in ("one", "two", "lib"):
        (tmp_path / folder).mkdir()
    question = SimpleNamespace(
        user_entries=[
            entry("a", tmp_path / "one", located(tmp_path / "one/work.py")),
            entry("b", tmp_path / "two", located(tmp_path / "two/work.py")),
            entry("c", tmp_path / "lib", located(tmp_path / "lib/pkg/mod.py", "pkg.mod")),
        ]
    )
    helper = str(tmp_path / "one/helper.py")
    assert run_folder.code_files(question, {"a": {"files": [helper]}}) == {
        "helper.py": helper,
        "pkg/mod.py": str(tmp_path / "lib/pkg/mod.py"),
        "two/work.py": str(tmp_path / "two/work.py"),
        "work.py": str(tmp_path / "one/work.py"),
    }


def test_a_new_folder_holds_all_that_is_known(tmp_path):
    """The experiment word for word and resolved, the user's files, the manifest; and it is found until its page is written."""
    source = tmp_path / "mine.py"
    source.write_text("x = 1\n")
    runs = tmp_path / "reports/x/runs"
    manifest = {"identity": "0badcafe" * 8, "machine": {"cpus": 2}}
    folder = run_folder.create(runs, spec(), {"pkg/mine.py": str(source)}, manifest)
    assert (folder.path / "experiment.yaml").read_text() == TEXT
    assert "primary: throughput" in (folder.path / "resolved.yaml").read_text()
    assert (folder.path / "code/pkg/mine.py").read_text() == "x = 1\n"
    assert json.loads((folder.path / "manifest.json").read_text()) == manifest
    assert folder.page_folder == tmp_path / "reports/x"
    assert run_folder.unfinished(runs, manifest["identity"]) == folder
    assert run_folder.unfinished(runs, "another") is None
    run_folder.finish(folder, [{"block": 0, "effective_cpus": 1.9}])
    assert run_folder.unfinished(runs, manifest["identity"]) is None
    assert json.loads((folder.path / "manifest.json").read_text())["effective_cpus"][0]["effective_cpus"] == 1.9


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    """With the path, and what to do."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(EnvironmentRefused, match="cannot write") as caught:
        run_folder.create(tmp_path / "reports/runs", spec(), {}, {"identity": "0" * 64})
    assert "--out" in caught.value.hint


def test_half_a_manifest_is_no_run(tmp_path):
    """What cannot be read is passed over."""
    (tmp_path / "20260101T000000Z-0badcafe").mkdir()
    (tmp_path / "20260101T000000Z-0badcafe/manifest.json").write_text("{")
    assert run_folder.unfinished(tmp_path, "0badcafe" * 8) is None
