"""`concexp compare`: from stored runs to a page, an exit code and data for other programs."""

import json
import shutil
import xml.etree.ElementTree as ET

import pytest

import concexp as package
from concexp.commands.compare import compare_runs, default_folder
from concexp.errors import InputError
from concexp.run.storage import journal
from tests.helpers.journal_builder import cell
from tests.helpers.program import concexp
from tests.helpers.stored_runs import stored


@pytest.fixture
def runs(tmp_path):
    """The folders of three runs in reports/x; from the third on, threads are a fifth slower."""
    made = [stored(tmp_path / "made", day, factors={"threads": 0.8} if day == 3 else None).folder for day in (1, 2, 3)]
    for day, folder in enumerate(made, 1):
        shutil.copytree(folder, tmp_path / f"reports/x/runs/2026010{day}T030405Z-0badcafe")
    return [f"reports/x/runs/2026010{day}T030405Z-0badcafe" for day in (1, 2, 3)]


def test_two_runs(tmp_path, runs):
    """The first lines are printed and the page is written; without --check a regression is no failure."""
    done = concexp(tmp_path, "compare", runs[0], runs[2])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Which model is made up best? Two runs compared"
    assert "B is slower than A in 1 of 3 cells (throughput): threads −2" in done.stdout
    page = tmp_path / lines[-1]
    assert page.parent.parent == tmp_path / "reports"
    assert page.read_text().startswith("# Which model is made up best? Two runs compared")
    assert (page.parent / "figures/ratios.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["0", "2", "--check"], 1, "check failed: tolerance 5 %: "),
        (["0", "2", "--check", "--tolerance", "40%"], 0, "check passed: tolerance 40 %: "),
        (["2", "0", "--check"], 0, "check passed"),
        (["0", "1", "--check", "--tolerance", "0.1%"], 0, "; --strict would fail"),
        (["0", "1", "--strict", "--tolerance", "0.1%"], 1, "check failed: tolerance 0.1 %: 3 inconclusive"),
    ],
)
def test_check(tmp_path, runs, arguments, code, said):
    """Only a regression beyond the tolerance fails a check, with --strict also what is inconclusive; each verdict is printed."""
    done = concexp(tmp_path, "compare", *[runs[int(one)] if one.isdigit() else one for one in arguments])
    assert done.returncode == code, done.stdout
    assert said in done.stdout
    for name in ("serial", "threads", "processes"):
        assert f": {name}" in done.stdout.partition("check ")[2]


def test_verdicts_for_a_ci(tmp_path, runs):
    """As JUnit XML and as Markdown, whether or not they are checked; both say which cell regressed, and by how much."""
    files = ("--junit", "out/junit.xml", "--summary-file", "out/summary.md")
    assert concexp(tmp_path, "compare", runs[0], runs[2], *files).returncode == 0
    assert concexp(tmp_path, "compare", runs[0], runs[1], "-q", "--check", *files[2:]).returncode == 0
    (suite,) = ET.parse(tmp_path / "out/junit.xml").getroot()
    cases = {case.get("name"): case[0] for case in suite.iter("testcase")}
    assert suite.get("name") == "compare_made_up"
    assert cases["threads (throughput)"].tag == "failure"
    assert "−2" in cases["threads (throughput)"].text
    assert len(cases) == 3
    first, second = (tmp_path / "out/summary.md").read_text().split("### ")[1:]
    assert first.startswith("Which model is made up best? Two runs compared\n\n**failed**: 1 regression")
    assert "- **regression**: threads (throughput): −2" in first
    assert "| threads |" in first
    assert "**failed**" not in second


def test_sides_and_a_history(tmp_path, runs):
    """`vs` makes sides of several runs; three runs without it are a history."""
    sides = concexp(tmp_path, "compare", runs[0], runs[1], "vs", runs[2])
    assert "Two sides compared" in sides.stdout
    over_time = concexp(tmp_path, "compare", *runs)
    assert "3 runs compared" in over_time.stdout
    assert over_time.stdout.splitlines()[-1].startswith("reports/history_")


def test_runs_by_id_by_report_and_by_journal(tmp_path, runs, monkeypatch):
    """A run may be named by its id, its experiment's folder means its latest run, and a journal may have any name."""
    shutil.copy(tmp_path / runs[0] / journal.NAME, tmp_path / "first.jsonl")
    monkeypatch.chdir(tmp_path)
    found = [
        compare_runs([one, other]).sides.runs
        for one, other in (
            (runs[0], runs[2]),
            ("20260101T030405Z-0badcafe", "reports/x"),
            ("first.jsonl", f"{runs[2]}/{journal.NAME}"),
        )
    ]
    began = [[run.manifest["started_at"] for run in pair] for pair in found]
    assert began[0] == began[1] == began[2]


def test_json(tmp_path, runs):
    """--json prints everything for other programs, and only that."""
    done = concexp(tmp_path, "compare", runs[0], runs[2], "--json", "--check")
    data = json.loads(done.stdout)
    threads = next(cell for cell in data["cells"] if cell["model"] == "threads")
    assert (threads["verdict"], threads["check"], done.returncode) == ("worse", "regression", 1)
    assert threads["trials_hi"] < threads["ratio_hi"] < 1
    assert data["machine"]["slower"] is None
    assert "check failed" in done.stderr


def change(path, old, new):
    path.write_bytes(path.read_bytes().replace(old, new))


def test_bad_inputs(tmp_path, runs, write):
    """What is no run, empty, given twice or of another version is exit code 2, all at once, and nothing is written."""
    write("notes.txt", "no journal\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / journal.NAME).touch()
    shutil.copytree(tmp_path / runs[1], tmp_path / "copy")
    bad = ["nowhere", "notes.txt", "empty", "killed"]
    done = concexp(tmp_path, "compare", runs[0], runs[0], runs[1], "copy", *bad)
    assert done.returncode == 2
    for name in bad:
        assert f"{name}: " in done.stderr
    assert f"{runs[0]}: this run is given twice" in done.stderr
    assert f"copy: this is the same run as {runs[1]}" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["x"]


def test_a_run_that_was_loaded_is_called_by_its_id(tmp_path):
    """A message about a run that is given twice, alone or without a partner names it, and does not print all that it holds."""
    run, other = stored(tmp_path / "a", 1), stored(tmp_path / "b", 2, made=[cell(model="asyncio", workers=2)])
    name = run.header["run"]
    for given, said in (
        ([run, run], "this run is given twice"),
        ([run], "it takes two runs to compare"),
        ([run, other], "the runs have no cell in common"),
    ):
        with pytest.raises(InputError) as caught:
            compare_runs(given)
        assert str(caught.value.problems[0]).startswith(f"{name}: {said}")


def test_a_later_journal_version(tmp_path, runs):
    """A journal of a later version is refused with a word on who can read it."""
    path = tmp_path / runs[0] / journal.NAME
    header, *lines = path.read_bytes().splitlines()
    record = journal.Record({**json.loads(header), "concexp_journal": 99})
    record.pop("crc32")
    path.write_bytes(journal.encode(record) + b"\n".join(lines) + b"\n")
    done = concexp(tmp_path, "compare", runs[0], runs[1])
    assert done.returncode == 2
    assert "no journal of version 1, but of 99" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["RUN"],
        ["RUN", "vs"],
        ["vs", "RUN", "RUN"],
        ["RUN", "RUN2", "--tolerance", "5"],
        ["RUN", "RUN2", "--metric", "x"],
    ],
)
def test_bad_command_lines(tmp_path, runs, arguments):
    """One run, half a side, a tolerance without its sign and an unknown metric are exit code 2."""
    named = {"RUN": runs[0], "RUN2": runs[1]}
    done = concexp(tmp_path, "compare", *[named.get(one, one) for one in arguments])
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr


def test_runs_without_a_common_cell(tmp_path):
    """The message says what keeps the cells apart."""
    one, other = stored(tmp_path / "a", 1), stored(tmp_path / "b", 2, made=[cell(model="asyncio", workers=2)])
    with pytest.raises(InputError, match=r"no cell in common(.|\n)*Only in A"):
        compare_runs([one, other])


def test_a_run_without_trials(tmp_path):
    """A run that was killed before its first trial has nothing to compare."""
    with pytest.raises(InputError, match="no trial of this run has ended"):
        compare_runs([stored(tmp_path, 1, repetitions=0), stored(tmp_path, 2)])


def test_in_python(tmp_path, runs, monkeypatch):
    """`concexp.compare` has the answer, the tables and the pictures, and takes loaded runs, sides and histories."""
    monkeypatch.chdir(tmp_path)
    found = package.compare(package.load(runs[0]), runs[2], tolerance=0.1)
    assert any("B is slower than A in 1 of 3 cells" in line for line in found.answer)
    assert list(found.cells.query("model == 'threads'")["verdict"]) == ["worse"]
    assert set(found.circumstances.query("differs")["part"]) == {"moment"}
    assert found.claims.empty
    assert found.plots == ["ratios"]
    assert found.plot("ratios").png.startswith(b"\x89PNG")
    assert "threads −2" in found.plot("ratios").alt
    assert found.write(tmp_path / "page") == tmp_path / "page/README.md"
    assert len(package.compare(runs[:2], runs[2:]).comparison.sides.by_name["A"]) == 2
    assert package.compare(*runs).plots == ["history"]


def test_the_folder_of_a_page(tmp_path, runs, monkeypatch):
    """Two runs name the folder; other runs, or other sides of the same, have another one."""
    monkeypatch.chdir(tmp_path)
    sides = [(runs[:2], ()), (runs[:1], runs[1:]), (runs[:2], runs[2:]), (runs, ())]
    folders = [default_folder(compare_runs(*one)) for one in sides]
    assert len(set(folders)) == 4
    assert all(folder.parent.name == "reports" for folder in folders)
