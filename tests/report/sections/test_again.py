"""The command that runs an experiment again, its text, and the lessons beside it."""

import json

import pytest

from concexp import report
from concexp.report.sections import again
from concexp.report.text.language import written_in
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("concexp run experiments/08_scheduling.yaml --progress plain", "concexp run experiments/08_scheduling.yaml"),
        ("concexp run -q --progress=none --yes x.yaml --check", "concexp run x.yaml"),
        ("concexp run --figures svg x.yaml --html --figures=pdf", "concexp run x.yaml"),
        ("concexp run x.yaml --set 'load.ops=3'  --quick -v", "concexp run x.yaml --set load.ops=3 --quick"),
        ("concexp run  'my file.yaml'", "concexp run  'my file.yaml'"),
        ("concexp run 'x.yaml", "concexp run 'x.yaml"),
    ],
)
def test_the_command_without_what_it_printed(given, shown):
    """Options that measure nothing else are left out, all others stay; what cannot be parsed stays as it is."""
    assert again.command(given) == shown


@pytest.mark.parametrize(
    ("given", "number"),
    [("concexp run experiments/03_lost.yaml", 3), ("concexp run 12_x.yml --quick", 12), ("concexp run a/b3_x.yaml", None),
     ("concexp run x.yaml --set a=04_", None)],
)  # fmt: skip
def test_the_number_of_a_lesson(given, number):
    """It begins the name of the file."""
    assert again.number(given) == number


def lesson(folder, name, command):
    """A report in a folder of reports, with the page of a run of this command."""
    run = journal_builder.write(folder / name, **scenarios.one_cell(), manifest={"command": command})
    (run.folder / "manifest.json").write_text(json.dumps(run.manifest))
    (folder / name / "README.md").write_text("# soon\n")
    return run


def test_the_lessons_before_and_after(tmp_path):
    """The nearest numbers among the reports beside it; those without a number, or without a run, are none."""
    runs = {
        name: lesson(tmp_path, name, f"concexp run experiments/{file}.yaml")
        for name, file in (("zero", "01_a"), ("two", "02_b"), ("four", "4_c"), ("five", "05_d"), ("mine", "e"))
    }
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.md").write_text("# nothing\n")
    (runs["five"].folder / "manifest.json").write_text("[" * 100_000)
    links = {
        name: report.write(run, tmp_path / name).read_text("utf-8").rpartition("All that was recorded: ")[2]
        for name, run in runs.items()
    }
    assert links["two"].partition(" · ")[2] == (
        "previous lesson: [zero](../zero/README.md) · next lesson: [four](../four/README.md).\n"
    )
    assert links["zero"].partition(" · ")[2] == "next lesson: [two](../two/README.md).\n"
    assert "lesson" not in links["mine"]
    assert "next" not in links["four"]


def test_the_experiment_as_it_was_written(tmp_path):
    """Its text is folded, whatever it contains, and left out where the run does not have it or it is too long."""
    run = journal_builder.write(tmp_path, **scenarios.one_cell())
    assert "## The experiment" not in report.write(run, tmp_path).read_text("utf-8")
    text = "# why\nworkload: cpu_sum\nquestion: '```</details>'\n"
    (run.folder / "experiment.yaml").write_text(text)
    page = report.write(run, tmp_path).read_text("utf-8")
    (fence,) = [token for token in HOST.parse(page) if token.type == "fence" and token.info == "yaml"]
    assert fence.content == text
    (run.folder / "experiment.yaml").write_text("x" * (again.TEXT_LIMIT + 1))
    assert "## The experiment" not in report.write(run, tmp_path).read_text("utf-8")


def test_the_command_asks_for_the_language_of_the_page():
    """Where that is another one than the experiment gives it; what was asked for before does not matter."""
    assert again.command("concexp run x.yaml --language zh") == "concexp run x.yaml"
    assert again.command("concexp run x.yaml --language=zh --quick", "en") == "concexp run x.yaml --quick"
    with written_in("zh"):
        assert again.command("concexp run x.yaml", "en") == "concexp run x.yaml --language zh"
        assert again.command("concexp run x.yaml --language zh", "zh") == "concexp run x.yaml"
