"""`make gallery`: runs all lessons, leaves out what is finished, goes on where it stopped, and lists them."""

import json

import pytest

from tests.helpers.benchmarks import loaded
from tests.helpers.program import ROOT, SIMULATED, concexp

WRONG = "workload: nothing_like_it\nmodel: serial\n"


@pytest.fixture(scope="module")
def gallery():
    """The script as a module."""
    with loaded("gallery") as module:
        module.concexp = lambda *arguments: concexp(ROOT, *arguments).returncode  # without starting a Python for each
        yield module


@pytest.fixture
def lessons(tmp_path):
    """A folder of a lesson that works, one that is wrong, and another that works; all are simulated."""
    for name, text in (("00_first", SIMULATED), ("01_wrong", WRONG), ("02_last", SIMULATED)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_it_runs_what_is_not_finished(gallery, lessons):
    """A wrong lesson does not stop the others; the next time only what failed, changed or was interrupted is run."""
    paths, out = gallery.numbered(lessons), lessons / "reports"
    went = gallery.run_all(paths, out)
    assert [words.partition(" (")[0] for words in went.values()] == [
        "done", "not begun: the experiment is wrong", "done",
    ]  # fmt: skip
    assert (out / "first/README.md").exists()
    assert [gallery.is_finished(path, out) for path in paths] == [True, False, True]

    (manifest,) = (out / "last/runs").glob("*/manifest.json")
    known = json.loads(manifest.read_text())
    for change in ({"host": "another"}, {"quick": True}, {"finished_at": None}):
        manifest.write_text(json.dumps({key: value for key, value in {**known, **change}.items() if value is not None}))
        assert not gallery.is_finished(paths[2], out)
    manifest.write_text(json.dumps(known))
    paths[0].write_text(SIMULATED.replace("10%", "20%"))
    assert [gallery.is_finished(path, out) for path in paths] == [False, False, True]


def test_other_code_is_not_finished(gallery, tmp_path):
    """A lesson whose code has changed since its run is run again."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/my.py").write_text("def work():\n    return 1\n")
    lesson = tmp_path / "00_mine.yaml"
    lesson.write_text(
        "workload: code/my.py:work\nmodel: serial\nload: {duration: 5ms}\n"
        "measure: {warmup: 0, iterations: 1, repetitions: 1}\n"
    )
    assert "done" in gallery.run_all([lesson], tmp_path / "reports")[lesson]
    assert gallery.is_finished(lesson, tmp_path / "reports")
    (tmp_path / "code/my.py").write_text("def work():\n    return 2\n")
    assert not gallery.is_finished(lesson, tmp_path / "reports")


def test_the_summary_and_the_exit_code(gallery, lessons, monkeypatch, capfd):
    """It ends with a line for each lesson, and with 0 only if all are well; what was interrupted exits with 130."""
    monkeypatch.setattr(gallery, "EXPERIMENTS", lessons)
    out = str(lessons / "reports")
    assert gallery.main(["--out", out, "0"]) == 0
    assert gallery.main(["--out", out, "0", "1"]) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "1 of 2 lessons are finished and well"
    monkeypatch.setattr(gallery, "run_all", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert gallery.main(["--out", out]) == 130


def test_the_list_of_lessons(gallery):
    """experiments/README.md has each lesson once, with its question, and its report where there is one."""
    path = ROOT / "experiments" / "README.md"
    assert path.read_text("utf-8") == gallery.index(), "run `python benchmarks/gallery.py --index`"
    numbers = [number for chapter in gallery.CHAPTERS.values() for number in chapter]
    assert sorted(numbers) == list(range(len(gallery.numbered(ROOT / "experiments"))))
