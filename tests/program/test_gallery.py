"""`make gallery`: runs all lessons, leaves out what is finished, goes on where it stopped, and lists them."""

import json

import pytest

from concexp import experiment
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


def test_the_words_of_claims_ask_nothing(gallery, lessons):
    """A comment, and what a claim says and where it comes from, may be mended without running a lesson again."""
    paths, out = gallery.numbered(lessons, [0]), lessons / "reports"
    claim = "claims:\n  - {says: it runs, expect: throughput > 0}\n"
    paths[0].write_text(SIMULATED + claim)
    gallery.run_all(paths, out)
    assert gallery.is_finished(paths[0], out)
    paths[0].write_text("# better\n" + SIMULATED + claim.replace("it runs", "it does run, published: 1x, source: here"))
    assert gallery.is_finished(paths[0], out)
    paths[0].write_text(SIMULATED + claim.replace("> 0", "> 1"))
    assert not gallery.is_finished(paths[0], out)


def test_published_figures_beside_what_was_measured(gallery, tmp_path):
    """From the lesson what was claimed, from the table on its page the rest, also where that page knows no source."""
    lesson = tmp_path / "00_mine.yaml"
    lesson.write_text(
        SIMULATED + "claims:\n  - {says: a|b, published: 2x, source: 'https://x.org', expect: throughput > 0}\n"
        "  - {says: own, expect: throughput > 0}\n  - {says: later, published: 3x, expect: throughput > 0}\n"
    )
    spec = experiment.load(lesson)
    page = tmp_path / "reports" / spec.name / "README.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "| claimed | measured | verdict |\n| --- | --- | --- |\n| a\\|b | 2 &gt; 0 | **Supported** |\n\n| x | y | z |\n"
    )
    assert gallery.published(0, spec, tmp_path / "reports") == [
        "| 00 | a\\|b. Published: 2x ([x.org](https://x.org)) | 2 &gt; 0 | **Supported** |\n",
        "| 00 | later. Published: 3x |  | run it |\n",
    ]


def test_the_list_of_lessons(gallery):
    """experiments/README.md has each lesson once, with its question, and its report where there is one."""
    path = ROOT / "experiments" / "README.md"
    assert path.read_text("utf-8") == gallery.index(), "run `python benchmarks/gallery.py --index`"
    numbers = [number for chapter in gallery.CHAPTERS.values() for number in chapter]
    assert sorted(numbers) == list(range(len(gallery.numbered(ROOT / "experiments"))))
