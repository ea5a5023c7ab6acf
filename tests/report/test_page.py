"""The page: it renders, it is complete, and it is the same again from the journal alone."""

import re
import shutil
import sys

import pytest

from concexp import catalog, report
from concexp.analysis import results
from concexp.report.answer import answer, finding
from concexp.report.pictures import INTERVAL
from concexp.report.plots import _style
from concexp.report.text.markdown import plain
from concexp.report.views import view_of
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST


def text(pages, name):
    return pages[name].read_text("utf-8")


@pytest.mark.parametrize("name", [make.__name__ for make in scenarios.ALL])
def test_renders(pages, name):
    """Every table has as many cells in each row as heads; every picture and link leads somewhere; nothing is left over."""
    page = text(pages, name)
    assert not re.search(r"\bnan\b|\bNone\b|\{\{|\{%|<NA>|\d\.\d{5,}|/tmp/|/home/", page)
    assert not re.search(r"\n{3}", page)
    assert page.endswith("\n")
    tokens = HOST.parse(page)
    heads, cells = [], None
    for token in tokens:
        if token.type == "thead_open":
            heads.append(0)
        elif token.type == "th_open":
            heads[-1] += 1
        elif token.type == "tr_open":
            cells = 0
        elif token.type == "td_open":
            cells += 1
        elif token.type == "tr_close" and cells:
            assert cells == heads[-1]
    assert len(re.findall(r"^\| -+:? \|", page, re.MULTILINE)) == len(heads)
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert sum("<details>" in block for block in blocks) == blocks.count("</details>\n")
    for picture, link in re.findall(r"(!?)\[[^\]]*\]\(([^)#]+)\)", re.sub(r"\\.", "", page)):
        assert (pages[name].parent / link).exists(), (picture, link)
    anchors = {
        re.sub(r"[^a-z -]", "", line[3:].lower()).replace(" ", "-") for line in page.splitlines() if line[:3] == "## "
    }
    assert set(re.findall(r"\(#([a-z-]+)\)", page)) <= anchors


@pytest.mark.parametrize("name", [make.__name__ for make in scenarios.ALL])
def test_tells_how_to_run_it_again(pages, name):
    """Every page has the command, the seed and the identity, and the machine's CPUs."""
    page = text(pages, name)
    assert "concexp run made_up.yaml" in page
    assert "Seed 1, identity `0badcafe0badcafe`" in page
    assert "| CPUs | 2 of 8 usable (4 physical cores); effective: " in page


def test_title_is_the_question(pages):
    """The page begins with the question, as the user wrote it."""
    assert text(pages, "scaling").startswith("# Which model is made up best?\n")
    rendered = HOST.render(text(pages, "hostile")).splitlines()[0]
    assert rendered == "<h1>Is &lt;script&gt; | `x` *safe* $a$ &amp; sound?</h1>"


def test_hostile_text_does_nothing(pages):
    """Labels, reasons and outputs of a user's make no element of their own."""
    tokens = HOST.parse(text(pages, "hostile"))
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"<details><summary>[a-z, ]+</summary>\n|</details>\n", block) for block in blocks)
    inline = [child for token in tokens for child in token.children or () if child.type == "html_inline"]
    assert inline == []
    assert next(t.content for t in tokens if t.type == "fence") == "````\n</details>\n"


def test_best_is_bold_and_invalid_is_not(pages):
    """The best cell's figure is bold; a wrong one is marked, and the mark explained."""
    page = text(pages, "bad")
    assert re.search(r"^\| serial \|.*\*\*", page, re.MULTILINE)
    assert re.search(r"^\| threads \| 2 \| 8,\d+ † \|", page, re.MULTILINE)
    assert "† wrong outcome" in page
    assert "| crashed | – |" in page


def test_what_was_skipped_and_what_went_wrong(pages):
    """Impossible cells stand with their reason; bad ends with status, reason, and what they left behind."""
    page = text(pages, "bad")
    assert "- 1 cell: asyncio has no \\|RLock\\| (cpu\\_sum × asyncio × none)." in page
    assert "**Failed**: 6 trials of workload cpu\\_sum, model thread\\_pool" in page
    assert "<summary>where it happened</summary>" in page
    assert "<summary>where each thread stood</summary>" in page
    assert "<summary>what it printed</summary>" in page
    assert 'File "my.py", line 9 in wait' in page


def test_constant_columns_are_lifted_out(pages):
    """What is the same in all rows appears once; a given window is not a column, and throughput comes first."""
    page = text(pages, "scaling")
    assert "Everywhere: workload cpu\\_sum, 6 trials per cell." in page
    assert "| model | workers | throughput, M sums/s | speedup, x |" in page
    assert "efficiency |" not in page  # it is the speedup per worker
    assert "wall\\_s" not in page


def test_constant_numbers_are_lifted_out(tmp_path):
    """A number that is the same in all rows appears once too; the primary metric stays a column."""
    cells = [journal_builder.cell(model=model, counts={"lost_updates": 0}) for model in ("serial", "asyncio")]
    run = journal_builder.write(tmp_path, cells, spec={"metrics": ["throughput", "lost_updates"]})
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "Everywhere: workload cpu\\_sum, lost updates 0, 6 trials per cell." in page
    assert "| model | throughput, sums/s |" in page


def test_a_column_that_spans_much(tmp_path):
    """Where one unit would leave zeros of the least, each number has its own."""
    cells = [journal_builder.cell(model="threads", workers=n, rate=10.0 ** (3 * n), noise=0.0) for n in (1, 2, 3)]
    page = report.write(journal_builder.write(tmp_path, cells), tmp_path).read_text("utf-8")
    assert "| workers | throughput, sums/s |" in page
    assert re.search(r"^\| 1 \| [\d,]+ \|", page, re.MULTILINE)
    assert re.search(r"^\| 2 \| \*{0,2}[\d,.]+ [kM]\*{0,2} \|", page, re.MULTILINE)


def test_the_first_screen(pages):
    """Above the claims: the question, at most four items, what to do, and one picture; figures are further down."""
    first, _, rest = text(pages, "waiting").partition("\n## ")
    assert len(re.findall(r"^- ", first, re.MULTILINE)) <= 4
    assert len(re.findall(r"^\*\*What to do:\*\* ", first, re.MULTILINE)) == 1
    assert first.count("![") == 1
    assert "### echo\n" in rest


def test_a_table_per_workload(pages):
    """Workloads have tables of their own, so that units fit."""
    page = text(pages, "waiting")
    assert "### echo" in page
    assert "throughput, k round trips/s" in page
    assert "throughput, k sleeps/s" in page


def test_doubts_are_counted(pages):
    """The threats give the number of doubtful trials, the meaning of the doubts, and how the trials were used."""
    page = text(pages, "withheld")
    assert "- `machine` in 12 of 30 trials: the machine withheld CPUs" in page
    assert "12 doubtful trials are in cells marked ‡" in page
    assert ", virtual machine (kvm) |" in page
    assert "4 doubtful trials are left out of every timing" in text(pages, "partly_withheld")
    assert "No trial is doubtful." in text(pages, "scaling")


def test_what_comes_from_trials_of_their_own_says_so(pages):
    """The page says which numbers those are and from how many trials; other pages do not mention it."""
    page = text(pages, "observed")
    assert "Share of time waiting, median wait and p99 wait come from 12 trials of their own, since observing" in page
    assert "18 trials of 3 cells" in page
    assert re.search(r"^\| lock \|.*\| 0\.60*( \(0\.60*–0\.60*\))? \|", page, re.MULTILINE)
    assert "of their own" not in text(pages, "scaling")


def test_an_observed_trial_that_went_wrong_is_named(pages):
    """Its ending is listed among what went wrong, with its role."""
    page = text(pages, "observed")
    assert re.search(
        r"^\*\*Timed out\*\*: 1 observed trial of .*sync condition.*: no answer after 60 s", page, re.MULTILINE
    )


def test_same_again_from_the_journal(tmp_path):
    """With all but the journal deleted, the page, its pictures and cells.csv come out byte by byte."""
    run = journal_builder.write(tmp_path, **scenarios.partly_withheld())
    results.write(run)
    report.write(run, tmp_path)
    kept = [*tmp_path.glob("figures/*.png"), tmp_path / "README.md", run.folder / "cells.csv"]
    assert len(kept) == 5
    before = {path: path.read_bytes() for path in kept}
    shutil.rmtree(tmp_path / "figures")
    for path in [tmp_path / "README.md", *(p for p in run.folder.iterdir() if p.name != "journal.jsonl")]:
        path.unlink()
    again = results.load(tmp_path)
    results.write(again)
    report.write(again, tmp_path)
    assert {path: path.read_bytes() for path in kept} == before


def test_pictures_that_were_asked_for(tmp_path):
    """`report.plots` names the pictures to draw; those of an earlier page are removed, other files are not."""
    run = journal_builder.write(
        tmp_path, **scenarios.scaling(), spec={"report": {"plots": ["comparison"], "language": "en"}}
    )
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "scaling.png").write_bytes(b"old")
    (tmp_path / "figures" / "mine.png").write_bytes(b"mine")
    report.write(run, tmp_path)
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["comparison.png", "mine.png"]
    assert "scaling.png" not in (tmp_path / "README.md").read_text("utf-8")


def test_a_page_that_is_made_again_is_never_without_its_pictures(tmp_path, monkeypatch):
    """Whoever ends the making of a page, at any picture, leaves the old page with all of its pictures."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    page = report.write(run, tmp_path)
    pictures = [tmp_path / name for name in re.findall(r"\]\((figures/[^)]+)\)", page.read_text("utf-8"))]
    assert len(pictures) > 1
    old = page.read_text("utf-8")
    for name in (picture.stem for picture in pictures):
        with monkeypatch.context() as patch:
            patch.setattr(catalog.load("plot", name), "draw", lambda *arguments: sys.exit("killed"))
            with pytest.raises(SystemExit):
                report.write(run, tmp_path)
        assert page.read_text("utf-8") == old
        assert all(picture.is_file() for picture in pictures)
        assert not list(tmp_path.rglob("*draft*"))


def test_pictures_of_an_earlier_page_go_once_the_new_one_is_there(tmp_path):
    """A picture that suits the run no longer, or was not asked for, does not stay; other files of the folder do."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    (tmp_path / "figures").mkdir()
    for name in ("timeline.png", "mine.png"):
        (tmp_path / "figures" / name).touch()
    report.write(run, tmp_path)
    assert not (tmp_path / "figures" / "timeline.png").exists()
    assert (tmp_path / "figures" / "mine.png").exists()


def test_page_inside_the_run_folder(tmp_path):
    """A page beside its journal links to what lies beside it."""
    run = journal_builder.write(tmp_path, **scenarios.one_cell())
    page = report.write(run, run.folder)
    assert "](.)." in page.read_text("utf-8")


def test_sparse_manifest(tmp_path):
    """What the system did not report is left out of the machine's table, and breaks nothing."""
    unknown = dict.fromkeys(
        ("processor", "physical_cores", "quota_cpus", "memory_bytes", "governor", "virtual", "load_1m", "affinity_cpus")
    )
    run = journal_builder.write(tmp_path, **scenarios.one_cell(), machine=unknown,
                          manifest={"git": None, "interpreters": {"current": {"version": "3.14.0"}}})  # fmt: skip
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "memory" not in page
    assert "| Python `current` | 3.14.0 |" in page
    assert "commit" not in page


def test_the_machine_in_full(tmp_path):
    """Cores, memory nodes, the CPU's speed, swap, load with what waited, the clock, and what the doctor found before."""
    machine = {"threads_per_core": 2, "numa_nodes": [[0, 1, 2, 3], [4, 5, 6, 7]], "governor": "powersave", "turbo": True,
               "swap_used_bytes": 3 << 20}  # fmt: skip
    found = {"doctor": {"summary": "warning: governor, turbo", "findings": []}}
    run = journal_builder.write(tmp_path, **scenarios.one_cell(), machine=machine, manifest=found)
    page = report.write(run, tmp_path).read_text("utf-8")
    for row in (
        "| CPUs | 2 of 8 usable (4 physical cores, 2 hyper-threads each, 2 memory nodes); effective: ",
        "| CPU's speed | governor `powersave`, turbo on |",
        "| memory | 8.0 GiB, 3 MiB of swap used |",
        "| load before the run | 0.10 (waiting for cpu 1.2 % of the minute before) |",
        "| clock | tsc, 60 ns per reading, steps of 40 ns, sleeps end 70 µs late |",
        "| checked before the run | warning: governor, turbo |",
        "| Python `current` | CPython 3.11.7, GIL on, GCC 12.2.0, starts processes by fork |",
    ):
        assert row in page


def test_a_run_of_before_clocks_were_measured(tmp_path):
    """A journal without clocks, doctor or the newer facts still has its page, and no row for what is not known."""
    run = journal_builder.write(tmp_path, **scenarios.one_cell(), machine={"pressure": None}, manifest={"clocks": {}})
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "| clock | tsc |" in page
    assert "| load before the run | 0.10 |" in page
    assert "checked before the run" not in page


def test_forks_beside_threads_are_told(tmp_path):
    """They are no doubt, since no clock suffers, but the reader learns of them."""
    cells = [journal_builder.cell(model="processes", workers=2, answer={"start_method": "fork", "threads_at_fork": 4}),
             journal_builder.cell(model="serial", answer={"threads_at_fork": None})]  # fmt: skip
    page = report.write(journal_builder.write(tmp_path, cells), tmp_path).read_text("utf-8")
    assert "- In 6 trials processes were forked beside up to 3 other threads: a lock" in page
    one = [journal_builder.cell(model="processes", workers=2, answer={"start_method": "fork", "threads_at_fork": 1})]
    page = report.write(journal_builder.write(tmp_path / "one", one), tmp_path / "one").read_text("utf-8")
    assert "were forked beside" not in page


def test_many_cells(tmp_path):
    """Beyond what anyone reads, the page points to cells.csv."""
    cells = [journal_builder.cell(model="threads", workers=n, rate=100 + n) for n in range(1, 222)]
    run = journal_builder.write(tmp_path, cells, repetitions=1, iterations=1)
    results.write(run)
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "21 more cells in [cells.csv]" in page
    assert page.count("\n| 1") + page.count("\n| 2") < 220


def test_many_failures(tmp_path):
    """Ten kinds of failure are shown, the others counted."""
    cells = [
        journal_builder.cell(model="threads", workers=n, status="failed", reason=f"error {n}") for n in range(1, 14)
    ]
    page = report.write(journal_builder.write(tmp_path, cells, repetitions=2), tmp_path).read_text("utf-8")
    assert page.count("**Failed**: 2 trials") == 10
    assert "3 more kinds of failure in" in page


GCC = {**journal_builder.INTERPRETER, "configure_flags": "--enable-shared", "compile_flags": "-Wall -O3 -g -fwrapv"}


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"version": "3.13.0"}, False),
        (
            {"compile_flags": "-Wsign-compare -O3 -fno-strict-overflow"},
            False,
        ),  # warnings, and what a version always has
        ({"compiler": "Clang 18"}, True),
        ({"compile_flags": "-Wall -O2"}, True),
        ({"configure_flags": "--enable-shared --enable-optimizations --with-lto"}, True),
    ],
)
def test_interpreters_of_different_builds_are_a_warning(tmp_path, other, differs):
    """A difference in compiler or speed flags is reported with the interpreters; one in warning flags is not."""
    cells = [
        journal_builder.cell(rate=rate, axes={"python": label}) for label, rate in (("current", 100), ("3.13", 120))
    ]
    run = journal_builder.write(tmp_path, cells, manifest={"interpreters": {"current": GCC, "3.13": {**GCC, **other}}})
    page = report.write(run, tmp_path).read_text("utf-8")
    assert ("| **different builds** |" in page) == differs
    assert ("The interpreters are different builds" in page) == differs
    assert "at python 3.13" in page
    assert "| Python `3.13` |" in page


def test_what_was_skipped_tells_on_which_interpreter(tmp_path):
    """The same combination may run on one interpreter and not on another."""
    cells = [journal_builder.cell(axes={"python": "current"}),
             journal_builder.cell(axes={"python": "3.9"}, status="unsupported", reason="it has no such thing")]  # fmt: skip
    page = report.write(journal_builder.write(tmp_path, cells), tmp_path).read_text("utf-8")
    assert "1 cell: it has no such thing (cpu\\_sum × serial × none on 3.9)." in page


def test_pinned_workers_are_told(tmp_path):
    """A pinning of all cells is not a column: it is listed with the machine."""
    measure = {"warmup": 1, "iterations": 2, "repetitions": 6, "timeout": "60s", "seed": 1, "pin": "spread"}
    run = journal_builder.write(tmp_path, **scenarios.tied(), spec={"measure": measure})
    assert "each pinned to a CPU, spread" in report.write(run, tmp_path).read_text("utf-8")


def test_times_of_a_clock_that_stood_still_are_none(tmp_path):
    """Windows of 0 s, and of less, as older journals may have them: no rate follows, and the page is written."""
    cells = [
        journal_builder.cell(model="serial"),
        journal_builder.cell(model="threads", workers=2, facts={"wall_s": 0.0, "startup_s": 1.7e9}),
        journal_builder.cell(model="processes", workers=2, facts={"wall_s": -1.0}),
    ]
    page = report.write(journal_builder.write(tmp_path, cells), tmp_path).read_text("utf-8")
    assert "| threads | 2 | – |" in page
    assert "| processes | 2 | – |" in page
    assert "nan" not in page
    assert "inf " not in page


def test_the_first_picture_has_the_finding_as_its_title(tmp_path, monkeypatch):
    """And no other picture has one; it is the beginning of a sentence of the answer, without Markdown and intervals."""
    titles, figure = [], _style.figure
    monkeypatch.setattr(_style, "figure", lambda height, title="": titles.append(title) or figure(height, title))
    run = journal_builder.write(tmp_path, **scenarios.partly_withheld())
    report.write(run, tmp_path)
    first, *others = titles
    assert len(others) >= 1
    assert set(others) == {""}
    assert "`" not in first
    assert any(INTERVAL.sub("", plain(sentence)) == f"{first}." for sentence in answer(view_of(run)))


def test_a_finding_decides_something_where_one_does(tmp_path):
    """A comparison without a winner is no title where another one has a winner; without numbers there is none."""
    cells = []
    for workload, factor in (("cpu_sum", 1.0), ("sleep", 3.0)):
        for model in ("threads", "processes"):
            rate = 1000.0 * (factor if model == "processes" else 1)
            cells.append(journal_builder.cell(workload, model, workers=2, rate=rate, noise=0.1))
    run = journal_builder.write(tmp_path / "one", cells, spec={"baseline": {}})
    assert finding(view_of(run)).startswith("sleep: processes is best")
    assert finding(view_of(journal_builder.write(tmp_path / "none", **scenarios.nothing()))) == ""
