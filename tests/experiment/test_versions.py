"""`sweep: {code: …}`: what each version is, what its cells are, and what cannot be a version."""

import pytest

from concexp import experiment
from concexp.errors import InputError
from concexp.experiment import versions
from concexp.plan.planner import make_plan
from tests.helpers.repository import Repository

REST = "load: {ops: 2, scaling: strong}\n"


@pytest.fixture
def repository(tmp_path):
    """A project with two commits, tagged v1 and on main, and another state in the working tree."""
    found = Repository(tmp_path / "project")
    found.write(src__pkg__core="def parse(): return 1\n", bench__my="def one(): return 1\n")
    found.texts({"src/pkg/__init__.py": ""})
    found.commit()
    found.git("tag", "v1")
    found.write(bench__my="def one(): return 1\ndef two(size=1): return 2\n")
    found.commit()
    found.write(bench__my="def one(): return 3\ndef two(size=1): return 2\ndef three(): return 3\n")
    return found


def read(repository, sweep, workload="my.py:one", more="", folder="bench", against=""):
    path = repository.root / folder / "x.yaml"
    path.write_text(f"workload: {workload}\nmodel: serial\n{REST}{sweep}\n{more}")
    return experiment.load(path, (), against)


def cells(spec):
    return {(cell.axes["workload"], cell.axes.get("code")): cell for cell in make_plan(spec, 2).cells}


def problem(repository, *given, **more):
    with pytest.raises(InputError) as caught:
        read(repository, *given, **more)
    (found,) = caught.value.problems
    return found


def source(cell):
    with open(cell.workload.located.source) as file:
        return file.read()


def test_each_version_has_its_own_source_and_cells(repository):
    """Tags, branches, relative revisions and the files as they are, at the YAML's place in the repository."""
    spec = read(repository, "sweep: {code: [v1, main, HEAD~1, worktree]}")
    found = cells(spec)
    assert [label for _, label in found] == ["v1", "main", "HEAD~1", "worktree"]
    assert source(found["my.py:one", "v1"]) == source(found["my.py:one", "HEAD~1"]) == "def one(): return 1\n"
    assert "return 3" in source(found["my.py:one", "worktree"])
    assert "two" in source(found["my.py:one", "main"])
    assert spec.versions["main"].identity == repository.git("rev-parse", "main")
    assert spec.versions["main"].shown == f"main ({repository.git('rev-parse', '--short=7', 'main')})"
    assert spec.versions["worktree"].facts == {"head": repository.git("rev-parse", "HEAD")}
    assert all(str(repository.root) not in cell.workload.located.source for cell in found.values())


def test_a_cell_is_known_by_the_commit(repository):
    """Another commit under the same name is another cell, and so is another content of the working tree."""
    before = cells(read(repository, "sweep: {code: [main, worktree]}"))
    again = cells(read(repository, "sweep: {code: [main, worktree]}"))
    repository.commit()
    after = cells(read(repository, "sweep: {code: [main, worktree]}"))
    repository.write(bench__other="")
    edited = cells(read(repository, "sweep: {code: [main, worktree]}"))
    main, worktree = ("my.py:one", "main"), ("my.py:one", "worktree")
    assert before[main].id == again[main].id != after[main].id
    assert before[worktree].id == again[worktree].id == after[worktree].id != edited[worktree].id


def test_the_repository_is_only_read(repository):
    """No file, index, reference or worktree of it changes."""
    (repository.root / "bench/x.yaml").write_text("")
    before = repository.git("status", "--porcelain"), repository.git("for-each-ref"), repository.git("worktree", "list")
    read(repository, "sweep: {code: [v1, main, worktree]}")
    after = repository.git("status", "--porcelain"), repository.git("for-each-ref"), repository.git("worktree", "list")
    assert before == after


def test_against_is_short_for_two_versions(repository):
    """With the revision as the baseline, unless the YAML says or needs another; in each map of the sweep."""
    spec = read(repository, "", against="main")
    assert [label for _, label in cells(spec)] == ["main", "worktree"]
    assert spec.baseline == {"code": "main"}
    kept = read(repository, "", more="baseline: {model: serial}\n", against="main")
    assert kept.baseline == {"model": "serial"}
    several = read(repository, "sweep: [{workers: 1}, {workers: 2}]", against="main")
    assert all(grid.values("code") for grid in several.grids)
    found = problem(repository, "sweep: {code: [v1, main]}", against="main")
    assert (found.line, found.message) == (4, "the experiment compares versions itself")


def test_what_only_some_versions_have_is_a_reason(repository):
    """Of functions and of suites; the cells stay, and say where the function is not."""
    found = cells(read(repository, "sweep: {code: [v1, worktree]}", "[my.py:two, my.py:t*]".replace("my.py:two, ", "")))
    short = repository.git("rev-parse", "--short=7", "v1")
    assert found["two", "worktree"].reason == ""
    assert found["two", "v1"].reason == f"not in v1 ({short}): nothing in my.py fits 't*'"
    single = cells(read(repository, "sweep: {code: [v1, worktree]}", "my.py:three"))
    assert single["my.py:three", "v1"].reason == f"not in v1 ({short}): my.py defines no function 'three'"


def test_a_suite_has_the_functions_of_all_versions(repository):
    """Those that a version lacks have a reason there."""
    found = cells(read(repository, "sweep: {code: [main, worktree]}", "my.py:t*"))
    assert {key: bool(cell.reason) for key, cell in found.items()} == {
        ("two", "main"): False,
        ("two", "worktree"): False,
        ("three", "main"): True,
        ("three", "worktree"): False,
    }


def test_what_no_version_has_is_a_problem_at_its_place(repository):
    """As without versions."""
    found = problem(repository, "sweep: {code: [v1, main]}", "my.py:nothing")
    assert (found.line, found.path, found.message) == (1, "workload", "my.py defines no function 'nothing'")


def test_parameters_are_axes_of_all_versions(repository):
    """An axis of a parameter is not lost where a version's entry takes the place of another's."""
    spec = read(repository, "sweep: {code: [main, worktree], two.size: [1, 2]}", "{my.py:two: {}, as: two}")
    found = [(cell.axes["code"], cell.workload.parameters["size"]) for cell in make_plan(spec, 2).cells]
    assert found == [("main", 1), ("main", 2), ("worktree", 1), ("worktree", 2)]


def test_plug_ins_have_no_versions(repository):
    """They are measured once, beside the user's code; alone they cannot be compared."""
    spec = read(repository, "sweep: {code: [main, worktree]}", "[my.py:one, cpu_sum]")
    assert [key for key in cells(spec) if key[0] == "cpu_sum"] == [("cpu_sum", None)]
    found = problem(repository, "sweep: {code: [main, worktree]}", "cpu_sum")
    assert (found.line, found.message) == (4, "no workload here is code of yours, which could have versions")


def test_modules_are_found_in_src_of_the_version(repository):
    """A package below src/ needs no installation, and what is installed apart from the project is no version of it."""
    found = cells(read(repository, "sweep: {code: [v1, worktree]}", "pkg.core:parse"))
    assert found["pkg.core:parse", "v1"].workload.located.source.endswith("/project/src/pkg/core.py")
    wrong = problem(repository, "sweep: {code: [v1, worktree]}", "json.decoder:scanstring")
    assert "has no module 'json.decoder' (it is installed at" in wrong.message


def test_files_outside_the_repository_belong_to_no_version(repository, tmp_path):
    """Also where the path is absolute."""
    (tmp_path / "outside.py").write_text("def one(): pass\n")
    for name in ("../../outside.py", str(tmp_path / "outside.py")):
        assert (
            problem(repository, "sweep: {code: [v1, main]}", f"{name}:one").message == f"{name} is no file of a version"
        )


@pytest.mark.parametrize(
    ("code", "message", "cure"),
    [
        ("[mian, worktree]", "there is no revision 'mian' in project", "did you mean 'main'"),
        ("[1.0, main]", "expected text, not 1.0", '"1.0"'),
        ("[{path: ../nowhere, as: old}, main]", "cannot read ../nowhere/: No such file or directory", "relative to this YAML"),
        ("[{path: ../src}, main]", "a folder needs a label", "as: old"),
        ("[{is: [1]}, main]", "expected a git revision, worktree, or {path: ../old, as: old}, not", ""),
        ("[--all, main]", "there is no revision '--all' in project", ""),
    ],
)  # fmt: skip
def test_what_is_no_version(repository, code, message, cure):
    """Each is said at its place, before anything is measured."""
    found = problem(repository, f"sweep: {{code: {code}}}")
    assert found.line == 4
    assert found.message.startswith(message)
    assert cure in found.hint


def test_outside_a_repository_a_revision_has_a_cure(tmp_path):
    """Folders do there, and the files as they are."""
    outside = type("Outside", (), {"root": tmp_path})
    (tmp_path / "my.py").write_text("def one(): return 2\n")
    found = problem(outside, "sweep: {code: [main, worktree]}", folder=".")
    assert found.message == f"'main' is a revision, and {tmp_path.resolve()} is in no git repository"
    assert "{path: ../old, as: old}" in found.hint
    (tmp_path / "old").mkdir()
    (tmp_path / "old/my.py").write_text("def one(): return 1\n")
    spec = read(outside, "sweep: {code: [{path: old, as: old}, worktree]}", folder=".")
    assert [source(cell) for cell in cells(spec).values()] == ["def one(): return 1\n", "def one(): return 2\n"]


def test_files_of_each_version(repository):
    """What some versions lack has a cure; what none has is the same for all, such as data that git ignores."""
    repository.texts({"bench/data.csv": "new", ".gitignore": "*.bin\n", "bench/big.bin": "ignored"})
    found = problem(repository, "sweep: {code: [main, worktree]}", more="files: data.csv\n")
    assert found.message.endswith("has no 'data.csv', which other versions have")
    repository.commit()
    repository.texts({"bench/data.csv": "newer"})
    spec = read(repository, "sweep: {code: [main, worktree]}", more="files: [data.csv, big.bin]\n")
    contents = {}
    for one in spec.files:
        with open(one.members[0][1]) as file:
            contents[one.key] = file.read()
    assert contents == {"main/data.csv": "new", "worktree/data.csv": "newer", "big.bin": "ignored"}


def test_all_maps_of_a_sweep_name_versions(repository):
    """A root's workload would be another in some of them."""
    found = problem(repository, "sweep: [{code: [main, worktree]}, {workers: 2}]")
    assert (found.path, found.message) == ("sweep[1]", "this map has no `code`, and another has")


def test_submodules_are_named(repository, tmp_path):
    """They are not exported."""
    other = Repository(tmp_path / "other")
    other.write(a="")
    other.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "vendor/other")
    repository.commit()
    spec = read(repository, "sweep: {code: [main, worktree]}")
    assert spec.versions["main"].facts["submodules"] == ["vendor/other"]


def test_what_moved_is_said():
    """`main is now 1a2b3c4`."""
    before = {"main": {"identity": "a" * 40}, "worktree": {"identity": "b" * 64}}
    now = {"main": {"identity": "1a2b3c4d" * 5, "commit": "1a2b3c4d" * 5}, "worktree": {"identity": "b" * 64}}
    assert versions.moved(before, now) == "main is now 1a2b3c4"


def test_git_is_asked_about_versions_only(monkeypatch, tmp_path):
    """An experiment that compares none starts no other program to be read."""
    monkeypatch.setattr(versions.git, "toplevel", lambda folder: pytest.fail("git was asked"))
    (tmp_path / "x.yaml").write_text(f"workload: cpu_sum\nmodel: serial\n{REST}")
    assert experiment.load(tmp_path / "x.yaml").versions == {}
