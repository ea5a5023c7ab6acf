"""A run's folder: what makes it the same run, what it holds before the first trial, and how an unfinished one is found."""

import json
import os
from types import SimpleNamespace

import pytest

from concexp.errors import Damaged, EnvironmentRefused
from concexp.experiment import load, parse_text
from concexp.run import user_files
from concexp.run.storage import run_folder
from concexp.run.storage.journal import Journal, Record, Writer, read
from concexp.run.storage.run_folder import Unfinished

HOST = "0badcafe"
TEXT = "workload: cpu_sum\nmodel: serial\nload: {ops: 1, scaling: strong}\n"


def spec(text=TEXT):
    return parse_text(text, "x.yaml")


def located(source, module=""):
    return SimpleNamespace(source=str(source), module=module, written="" if module else source.name)


def entry(label, home, *sources):
    return SimpleNamespace(label=label, sources=sources, versions={}, located=SimpleNamespace(path="", home=str(home)))


def test_the_identity_is_of_the_question(tmp_path):
    """The spec, the user's code, the child's code, the interpreters and --only each make another run; a page's look does not."""
    file = tmp_path / "a.py"
    file.write_text("1")
    base = (spec(), {"a.py": str(file)}, "code", {"current": {"version": "3.11"}}, "")
    same = run_folder.identity(*base)
    assert run_folder.identity(*base) == same
    assert (
        run_folder.identity(spec(f"{TEXT}report: {{language: zh}}\n"), *base[1:]) == same
    )  # changes nothing that is measured
    for place, other in enumerate((spec(TEXT.replace("1", "2")), {}, "other", {}, "model=serial")):
        assert run_folder.identity(*base[:place], other, *base[place + 1 :]) != same
    look = spec(TEXT + "report: {figures: svg}\n")
    assert look.report.figures == "svg"
    assert run_folder.identity(look, *base[1:]) == same
    assert run_folder.identity(spec(TEXT + "report: {plots: [scaling]}\n"), *base[1:]) != same
    file.write_text("2")
    assert run_folder.identity(*base) != same


def test_code_files_are_named_without_this_machines_folders(tmp_path):
    """A file by its name, a module by its path, a helper beside it; two files of one name by their folders."""
    for folder in ("one", "two", "lib"):
        (tmp_path / folder).mkdir()
    question = SimpleNamespace(
        interpreters={},
        user_entries=[
            entry("a", tmp_path / "one", located(tmp_path / "one/work.py")),
            entry("b", tmp_path / "two", located(tmp_path / "two/work.py")),
            entry("c", tmp_path / "lib", located(tmp_path / "lib/pkg/mod.py", "pkg.mod")),
        ],
    )
    helper = str(tmp_path / "one/helper.py")
    assert user_files.code_files(question, {"a": {"modules": {helper: "helper"}}}) == {
        "helper.py": helper,
        "pkg/mod.py": str(tmp_path / "lib/pkg/mod.py"),
        "two/work.py": str(tmp_path / "two/work.py"),
        "work.py": str(tmp_path / "one/work.py"),
    }


def test_a_new_folder_holds_all_that_is_known(tmp_path):
    """The experiment with its name, and resolved, the user's files, the manifest; and it is found until its page is written."""
    source = tmp_path / "mine.py"
    source.write_text("x = 1\n")
    runs = tmp_path / "reports/x/runs"
    manifest = {"identity": "0badcafe" * 8, "host": HOST, "machine": {"cpus": 2}}
    folder = run_folder.create(runs, spec(), {"pkg/mine.py": str(source)}, manifest)
    assert (folder.path / "experiment.yaml").read_text() == f"{TEXT}name: x\n"
    assert "primary: throughput" in (folder.path / "resolved.yaml").read_text()
    assert (folder.path / "code/pkg/mine.py").read_text() == "x = 1\n"
    assert json.loads((folder.path / "manifest.json").read_text()) == manifest
    assert folder.page_folder == tmp_path / "reports/x"
    assert run_folder.unfinished(runs, manifest["identity"], HOST, 2) == Unfinished(folder)
    assert run_folder.unfinished(runs, "another", HOST, 2) == Unfinished()
    run_folder.finish(folder, [{"block": 0, "effective_cpus": 1.9}], Journal(Record(), [], 0))
    assert run_folder.unfinished(runs, manifest["identity"], HOST, 2) == Unfinished()
    assert json.loads((folder.path / "manifest.json").read_text())["effective_cpus"][0]["effective_cpus"] == 1.9


def test_what_was_written_is_kept_where_the_copy_differs(tmp_path):
    """The YAML and the files that it extends, by names that lead out of no folder."""
    (tmp_path / "own").mkdir()
    texts = {
        "own/x.yaml": f"extends: ../common.yaml\n{TEXT}",
        "common.yaml": "extends: own/base.yml\ntags: [a]\n",
        "own/base.yml": "tags: [b]\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    folder = run_folder.create(tmp_path / "runs", load(tmp_path / "own/x.yaml"), {}, {"identity": "0badcafe" * 8}).path
    written = {
        path.relative_to(folder / "written").as_posix(): path.read_text()
        for path in folder.rglob("written/**/*")
        if path.is_file()
    }
    assert written == {
        "x.yaml": texts["own/x.yaml"],
        "_up/common.yaml": texts["common.yaml"],
        "base.yml": texts["own/base.yml"],
    }
    folder = run_folder.create(tmp_path / "runs", spec(), {}, {"identity": "0badcafe" * 8}).path
    assert not (folder / "written").exists(), "with its name added, the copy is what was written"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    """With the path, and what to do."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(EnvironmentRefused, match="cannot write") as caught:
        run_folder.create(tmp_path / "reports/runs", spec(), {}, {"identity": "0" * 64})
    assert "--out" in caught.value.hint


@pytest.mark.parametrize(
    ("host", "cpus", "why"), [("1badcafe", 2, "on another machine"), (HOST, 4, "with 2 usable CPUs")]
)
def test_a_run_of_another_machine_is_left_as_it_is(tmp_path, host, cpus, why):
    """Trials of two machines do not meet in one cell: the run is not completed here, and that is said."""
    manifest = {"identity": "0badcafe" * 8, "host": HOST, "machine": {"cpus": 2}}
    there = run_folder.create(tmp_path, spec(), {}, manifest)
    found = run_folder.unfinished(tmp_path, manifest["identity"], host, cpus)
    assert found.here is None
    assert there.path.name in found.elsewhere
    assert why in found.elsewhere
    here = run_folder.create(tmp_path, spec(), {}, {**manifest, "host": host, "machine": {"cpus": cpus}})
    assert run_folder.unfinished(tmp_path, manifest["identity"], host, cpus).here == here


@pytest.mark.parametrize("manifest", ["{", "[]", "5", "null", "[" * 100_000, '{"identity": 5, "machine": []}', "\0"])
def test_half_a_manifest_is_no_run(tmp_path, manifest):
    """What cannot be read, or is none, is passed over."""
    (tmp_path / "20260101T000000Z-0badcafe").mkdir()
    (tmp_path / "20260101T000000Z-0badcafe/manifest.json").write_text(manifest)
    assert run_folder.unfinished(tmp_path, "0badcafe" * 8, HOST, 2) == Unfinished()


def test_a_manifest_that_is_a_pipe_is_not_waited_for(tmp_path):
    """In a folder from a stranger any name may be a pipe."""
    (tmp_path / "20260101T000000Z-0badcafe").mkdir()
    os.mkfifo(tmp_path / "20260101T000000Z-0badcafe/manifest.json")
    assert run_folder.unfinished(tmp_path, "0badcafe" * 8, HOST, 2) == Unfinished()


def test_a_run_from_the_end_of_time(tmp_path):
    """A folder whose name is the last second there is does not keep a new run from being made."""
    (tmp_path / "99991231T235959Z-0badcafe").mkdir()
    assert run_folder.create(tmp_path, spec(), {}, {"identity": "0badcafe" * 8}).path.is_dir()


def test_a_finished_journal_that_lost_its_end_is_damaged(tmp_path):
    """The manifest knows the last record of a finished run; of an unfinished one any end will do."""
    folder = run_folder.create(tmp_path, spec(), {}, {"identity": "0badcafe" * 8})
    with Writer(folder.journal) as writer:
        writer.begin({"run": "a"})
        for trial in "ab":
            writer.append({"trial": trial})
    whole = read(folder.journal)
    run_folder.check_whole(folder.path, 1, 0)
    run_folder.finish(folder, [], whole)
    run_folder.check_whole(folder.path, len(whole.records), whole.checksum)
    folder.journal.write_bytes(folder.journal.read_bytes()[:-1])
    cut = read(folder.journal)
    with pytest.raises(Damaged, match="has 1 records"):
        run_folder.check_whole(folder.path, len(cut.records), cut.checksum)


def test_a_manifest_that_is_none_is_damage(tmp_path):
    """A run whose manifest was emptied or garbled is not taken for one that never had any."""
    folder = run_folder.create(tmp_path, spec(), {}, {"identity": "0badcafe" * 8})
    (folder.path / "manifest.json").write_text("[]")
    with pytest.raises(Damaged, match="is no manifest"):
        run_folder.check_whole(folder.path, 0, 0)
    (folder.path / "manifest.json").unlink()
    run_folder.check_whole(folder.path, 0, 0)


def test_what_is_imported_when_it_is_called_is_kept(tmp_path):
    """A helper that a function imports, a package beside the file, and what these import in turn are the user's code as well."""
    for name, text in {
        "my.py": "def work():\n    import lazy\n    from pkg import part\n    import json, not_there\n",
        "lazy.py": "import deeper\n",
        "deeper.py": "import lazy\n",
        "pkg/__init__.py": "",
        "pkg/part.py": "from . import sibling\nfrom .. import lazy\n",
        "pkg/sibling.py": "",
        "pkg/other.py": "",
        "unrelated.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    parsed = parse_text(TEXT.replace("cpu_sum", "my.py:work"), str(tmp_path / "x.yaml"))
    found = user_files.code_files(parsed, {})
    assert set(found) == {"my.py", "lazy.py", "deeper.py", "pkg/__init__.py", "pkg/part.py", "pkg/sibling.py"}


def test_a_refusal_names_the_file_that_was_meant(tmp_path):
    """Not the draft that would have become it."""
    error = OSError(2, "No such file or directory", str(tmp_path / ".draft-12-0badcafe-x.csv"))
    assert f"cannot write {tmp_path}/x.csv: No such file" in run_folder.refused(error, tmp_path).message


def test_what_is_no_text_stands_in_the_manifest(tmp_path):
    """A command line whose bytes are no UTF-8 is written as Python shows it."""
    folder = run_folder.create(tmp_path, spec(), {}, {"identity": "0badcafe" * 8, "command": "run caf\udce9"})
    assert run_folder.read_manifest(folder.path)["command"] == "run caf\\udce9"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"user_code": {"a.py": "1", "b.py": "2"}}, "with other code of yours (b.py)"),
        ({"environment": {"A": "1"}}, "with other environment variables (A)"),
        ({"files": {"d.csv": {}}}, "with other files (d.csv)"),
        ({"trial_code": "2"}, "by another version of concexp"),
        ({"only": "workers == 1"}, "with another --only"),
        ({}, "with another experiment"),
    ],
)
def test_why_the_latest_run_is_not_completed_is_said(tmp_path, part, words):
    """In what it differs, if it is unfinished; what lies behind it is no matter."""
    there = {"identity": "a" * 64, "host": HOST, "machine": {"cpus": 2}, "user_code": {"a.py": "1"}, "trial_code": "1"}
    folder = run_folder.create(tmp_path, spec(), {}, there)
    found = run_folder.unfinished(tmp_path, "b" * 64, HOST, 2, {"user_code": {"a.py": "1"}, "trial_code": "1", **part})
    assert found == Unfinished(None, f"{folder.path.name} was begun {words}, and is left as it is")


def test_the_machine_is_the_reason_where_it_is_the_only_one(tmp_path):
    """A later run of other code does not hide that an earlier one lacks nothing but these CPUs."""
    manifest = {"identity": "a" * 64, "host": HOST, "machine": {"cpus": 2}, "user_code": {"a.py": "1"}}
    same = run_folder.create(tmp_path, spec(), {}, manifest)
    run_folder.create(tmp_path, spec(), {}, {**manifest, "identity": "b" * 64, "user_code": {"a.py": "2"}})
    found = run_folder.unfinished(tmp_path, "a" * 64, HOST, 1, {"user_code": {"a.py": "1"}})
    assert found == Unfinished(None, f"{same.path.name} was begun with 2 usable CPUs, not 1, and is left as it is")


def test_cells_are_those_of_the_header(tmp_path):
    """A journal that has not begun fits any plan; one with other cells does not."""
    folder = run_folder.create(tmp_path, spec(), {}, {"identity": "a" * 64})
    assert run_folder.has_cells(folder, {"c1"})
    with Writer(folder.journal) as writer:
        assert run_folder.has_cells(folder, {"c1"})
        writer.begin(Record({"cells": [{"cell": "c1"}, {"cell": "c2"}]}))
    assert run_folder.has_cells(folder, {"c1", "c2"})
    assert not run_folder.has_cells(folder, {"c1"})
