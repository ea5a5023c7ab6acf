"""The benchmarks of concexp itself: that they run, and what their verdicts mean. How fast anything is, no test says."""

import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from concexp import catalog, experiment
from concexp.analysis import results
from concexp.experiment.statuses import MEASURED
from concexp.plan.planner import make_plan
from concexp.run.child import process_tree
from tests.helpers.benchmarks import loaded

ROOT = Path(__file__).parents[2]
FIDELITY = ROOT / "benchmarks" / "fidelity.py"


def fidelity(*arguments):
    """Run the benchmark as a user does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(FIDELITY), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def module():
    """The benchmark as a module."""
    with loaded("fidelity") as module:
        yield module


def test_every_case_is_measured_on_both_sides():
    """Each case has a row with both figures and a verdict, and the exit code is 1 where a verdict is `disagrees`, else 0."""
    done = fidelity("--quick", "--pairs", "3")
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 16, done.stdout + done.stderr
    assert {row[0].partition(",")[0] for row in rows} >= {"hybrid", "loops", "interpreters", "a function of the user's"}
    left_out = [row for row in rows if row[-1].startswith("not measured: ")]
    assert [row[0] for row in left_out] in ([], ["interpreters, 2 of them, sums"])
    assert all("CPython 3.14 or later" in row[-1] for row in left_out)
    for _, by_hand, concexp, _, noise, verdict in [row for row in rows if row not in left_out]:
        assert float(by_hand.replace(",", "")) > 0
        assert float(concexp.replace(",", "")) > 0
        assert noise.endswith("%")
        assert verdict in ("agrees", "open", "disagrees")
    assert done.returncode == any(row[-1] == "disagrees" for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--only", "nothing"], "no case has that"), (["--pairs", "2"], "--pairs 3")]
)
def test_what_cannot_be_measured_is_refused(arguments, words):
    """A name that no case has, and pairs too few for an interval, end with exit code 2 and the cure."""
    done = fidelity(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


# (A, concexp, A') of pairs
STEADY = [(100.0, 100.5, 101.0), (101.0, 100.8, 100.0), (100.0, 99.9, 100.2)]


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        (STEADY, "agrees"),
        ([(a, 1.1 * ours, b) for a, ours, b in STEADY], "disagrees"),
        ([(a, 0.9 * ours, b) for a, ours, b in STEADY], "disagrees"),
        ([(100.0, 95.0, 100.0), (100.0, 106.0, 100.0), (100.0, 100.0, 100.0)], "open"),
    ],
)
def test_a_verdict_is_about_the_ratio_and_the_noise(module, pairs, word):
    """Beyond 3 % a steady machine disagrees; an interval that reaches beyond leaves it open."""
    assert module.Verdict.of(pairs).word == word


def test_noise_is_the_offset_and_the_half_width_together(module):
    """A program that is always 5 % faster the second time is noise of 5 %, whichever way round, and that is tolerated."""
    shifted = [(100.0, 104.0, 105.0)] * 3
    assert module.Verdict.of(shifted).noise == pytest.approx(0.05)
    assert module.Verdict.of([(b, ours, a) for a, ours, b in shifted]).noise == pytest.approx(0.05)
    assert module.Verdict.of(shifted).word == "agrees"


def test_a_large_run_is_made_as_a_runner_makes_one(tmp_path):
    """Its journal holds a thousand cells, each with its trials, their iterations with all facts, and a speedup."""
    with loaded("large_run") as module:
        place = module.made(tmp_path, rows=2000, repetitions=1)
        assert module.made(tmp_path, rows=9, repetitions=1) == place
    run = results.load(place)
    assert len(run.cells) == run.measured["trial"].nunique() == 1000
    assert len(run.measured) == 2000
    assert run.cells["speedup"].notna().all()
    always = (name for name in catalog.names("probe") if catalog.load("probe", name).always_on({}))
    recorded = {name for probe in always for name in catalog.load("probe", probe).columns}
    assert recorded - set(run.records[1].passes[0]) == set()


@pytest.fixture(scope="module")
def growth():
    """The benchmark of growth as a module."""
    with loaded("growth") as module:
        yield module


def curve(growth, *seconds, peak=100.0):
    """A curve of ten times as many trials each."""
    points = [growth.Point(10**n, growth.Used(s, s, peak), 1.0) for n, s in enumerate(seconds, 2)]
    return growth.Curve("run", "trials", points)


def test_growth_is_linear_where_each_further_one_costs_the_same(growth):
    """Whatever a run begins with does not count; what costs twice as much in the end is not linear, nor is what does not fit."""
    linear = curve(growth, 1.1, 2.0, 11.0, 101.0)
    assert linear.steps == pytest.approx([0.001, 0.001, 0.001])
    assert linear.is_linear
    assert linear.verdict() == "run: linear, a further one costs 1.00 times what it did at first"
    assert list(linear.rows())[1] == "| run | 1,000 trials | 2.0 | 2.0 | 2,000 | 1,000.0 | 100 | 1.0 |"
    steeper = curve(growth, 1.1, 2.0, 11.0, 200.0)
    assert not steeper.is_linear
    assert "**not linear**" in steeper.verdict()
    assert not curve(growth, 1.1, 2.0, peak=9000.0).fits
    assert "too few points" in curve(growth, 1.1, 2.0).verdict()


def test_growth_is_measured_and_drawn(growth, monkeypatch, tmp_path, capsys):
    """Runs of ever more trials, a line of the table for each, and a picture; too few trials are refused."""
    monkeypatch.setattr(growth, "FEWEST_TRIALS", 5)
    picture = tmp_path / "new" / "growth.png"
    assert growth.main(["--trials", "50", "--rows", "0", "--folder", str(tmp_path), "--picture", str(picture)]) == 0
    printed = capsys.readouterr().out
    assert [line.split(" | ")[:2] for line in printed.splitlines() if line.startswith("| run")] == [
        ["| run", "5 trials"], ["| run", "50 trials"], ["| run with a budget", "5 trials"], ["| run with a budget", "50 trials"],
    ]  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit, match="2"):
        growth.main(["--trials", "4"])


@pytest.fixture(scope="module")
def doubts():
    """The benchmark of doubts as a module."""
    with loaded("doubts") as module:
        yield module


def test_a_doubt_is_judged_by_slow_trials_and_by_others(doubts):
    """Of the slow trials those that a doubt finds, of the others those that it doubts, for each doubt and for all together."""
    trials = pd.DataFrame({"doubts": ["queue", "queue,machine", "", "machine", "", "skew"]})
    slow = pd.Series([True, True, True, False, False, False])
    found = {row.code: (*row.groups[0], *row.groups[1]) for row in doubts.rows("here", trials, slow, ~slow)}
    assert found == {"machine": (1, 3, 1, 3), "queue": (2, 3, 0, 3), "any of these": (2, 3, 1, 3)}
    assert str(next(doubts.rows("here", trials, slow, ~slow))) == "| here | machine | 33 % of 3 | 33 % of 3 |"


def test_a_trial_is_disturbed_by_what_overlaps_its_window(doubts):
    """The window is at the end of the trial; a stretch before it does not count."""
    trial = SimpleNamespace(started_at="1970-01-01T00:01:40+00:00", duration_s=2.0, wall_s=0.4)
    assert doubts.covered(trial, [(0.0, 101.0)]) == 0
    assert doubts.covered(trial, [(101.0, 200.0)]) == pytest.approx(1)
    assert doubts.covered(trial, [(101.0, 101.25), (101.75, 102.0)]) == pytest.approx(0.5)


STARTS = """\
import os, subprocess, sys, time
with subprocess.Popen([sys.executable, "-S", "-c", sys.argv[1], str(os.getpid())]) as process:
    print(process.pid, flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize(("script", "name"), [("tries", "HOG"), ("doubts", "HOG"), ("doubts", "WALK")])
def test_what_disturbs_ends_with_the_benchmark(script, name):
    """Also where that is killed and can end nothing: a process that went on would spoil all later measurements."""
    with loaded(script) as module:
        code = getattr(module, name).replace("1 << 28", "1 << 10")  # it need not be large here
    with subprocess.Popen([sys.executable, "-S", "-c", STARTS, code], stdout=subprocess.PIPE, text=True) as benchmark:
        disturbing = int(benchmark.stdout.readline())
        assert process_tree.alive(disturbing)
        benchmark.terminate()
    while process_tree.alive(disturbing):
        time.sleep(0.01)


def test_the_committed_journals_are_judged(doubts):
    """All of them give one table; few trials that were not slow are doubted."""
    rows = {row.code: row for row in doubts.committed()}
    (found, slow), (alarms, others), _ = rows["any of these"].groups
    assert slow > 30
    assert alarms < 0.03 * others
    assert found > 0


def test_claims_about_equal_cells_are_simulated(monkeypatch):
    """Claims about 8 equal cells are decided in at most 6 of 60 runs, and one that is far from its boundary always."""
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("benchmarks.claims_error")
    for claim in module.CLAIMS.values():
        found = module.rates(claim, 8, 10, 60)
        assert max(found["supported"][0], found["refuted"][0]) <= 10
    every = module.CLAIMS["for every cell: x > reference"]
    assert module.rates(every, 8, 10, 20, factor=1.5)["supported"][0] == 100
    assert module.rates(every, 8, 10, 20, factor=0.7)["refuted"][0] == 100


def test_a_journal_that_is_tampered_with_loses_nothing_without_a_word():
    """Each attack once, on simulated trials: noticed, and repaired by doing what the message says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "benchmarks" / "tampered.py"), "--runs", "7", "--real", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost without a word, 0 doubled, 0 tracebacks" in done.stdout


def test_versions_are_judged_by_all_rules():
    """A fifth more is named by this program and by every rule in use, also where the second version comes after the first."""
    with loaded("versions") as module:
        rng = np.random.default_rng(1)
        slower = module.simulated(rng, "quiet", 2, 40, 0.2)
        assert (slower.verdicts, slower.named) == (["slower", "same"], True)
        assert set(slower.rules.values()) == {True}
        assert set(module.one_after_the_other(rng, "quiet", 40, 0.2).values()) == {True}
        assert not module.simulated(rng, "quiet", 1, 40, 0.0).named


def test_a_whole_run_of_versions_is_judged_and_found_again(tmp_path):
    """Simulated trials through the whole program; the series are seconds per call, a trial each."""
    with loaded("versions") as module:
        found = module.whole_run(tmp_path / "same-0", "same", 0, "{simulated: {noise: 0.01}}", 5, "10m")
        assert (found.verdicts, found.blocks) == (["same"], 5)
        assert len(found.before) == len(found.after) == 5
        assert all(0.0003 < seconds < 0.002 for seconds in found.before)
        (tmp_path / "runs.jsonl").write_text(module.json.dumps(module.asdict(found)) + "\n")
        first, *others = module.judge(tmp_path)
        assert (first.share, first.met, len(others)) == (0, "yes", 4)


def bench(*arguments):
    """Run the benchmark of what concexp adds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "bench.py"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_what_concexp_adds_is_a_table():
    """A row has a median between the least and the most, its limit, and what other tools take; a mark where it is beyond."""
    done = bench("--only", "trial, serial", "--rounds", "2")
    (row,) = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| trial")]
    median, least, most = map(float, re.fullmatch(r"(\S+) \((\S+)–(\S+)\)", row[1]).groups())
    assert 0 < least <= median <= most
    assert row[2:4] == ["2 **beyond**" if median > 2 else "2", "bare starts"]
    assert re.fullmatch(r"\S+ \(.*\)", row[4])
    assert row[5].startswith("multiprocessing spawn ")
    assert ("\n- trial, serial: " in done.stdout) == (median > 2)
    assert done.returncode == (median > 2)


def test_a_row_that_is_none_is_refused():
    """With the names of all rows."""
    done = bench("--only", "nothing")
    assert done.returncode == 2
    assert "before the first trial of a run" in done.stderr


def test_the_median_decides_whether_a_row_is_beyond_its_limit():
    """One slow round does not."""
    with loaded("bench") as module:
        row = module.Row("a", "s", 1.0, lambda: 0.0, own=[0.9, 9.0, 0.8], others={"b": [2.0, 4.0, 3.0]})
        assert row.text() == "| a | 0.900 (0.800–9.00) | 1 | s | – | b 3.00 (2.00–4.00) |"
        row.own, row.least = [1.1, 9.0, 0.8], [0.5, 0.5, 0.7]
        assert row.text() == "| a | 1.10 (0.800–9.00) | 1 **beyond** | s | 0.500 (0.500–0.700) | b 3.00 (2.00–4.00) |"


def test_every_row_says_why_it_takes_its_time(tmp_path):
    """Each row has a floor, and the reason that is printed where it is beyond its limit."""
    with loaded("bench") as module:
        tools = module.Peers("", tmp_path)
        rows = [*module.trials(tools), *module.commands(tools), *module.runs(tmp_path), *module.plans()]
        rows += module.tables(tmp_path, tools)
        assert [row.name for row in rows if not row.why or row.floor is None] == []


def test_the_floor_of_a_plan_is_measured(tmp_path):
    """It prints microseconds and MiB, of the same classes that a plan is made of."""
    with loaded("floors") as module:
        microseconds, mebibytes = module.printed(module.PLAN.replace("25000", "25"))
    assert 0 < microseconds < 1e6
    assert mebibytes > 1


@pytest.fixture
def short_runs(monkeypatch):
    """What the benchmarks of long, killed and shared runs have in common."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.short_runs")


def test_short_runs_have_the_trials_that_are_expected(short_runs, tmp_path):
    """The plan of each text has as many trials as the benchmarks count on; nothing else is measured in it."""
    texts = {short_runs.simulated(20): 20, short_runs.asleep("10ms", 4): 4 * short_runs.ASLEEP_CELLS}
    for text, expected in texts.items():
        (tmp_path / "x.yaml").write_text(text)
        plan = make_plan(experiment.load(tmp_path / "x.yaml"), 2)
        assert sum(trial.role == MEASURED for trial in plan.trials) == expected


def test_a_journal_is_watched_as_it_grows(short_runs, tmp_path):
    """Records are counted without the header, and a line counts once it is whole; before there is a journal there are none."""
    growth = short_runs.Growth(tmp_path)
    assert (growth.trials(), short_runs.whole_lines(tmp_path)) == (0, b"")
    journal = tmp_path / "reports" / "x" / "runs" / "one" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    counts = []
    for text in (b"header\n", b"a\nb", b"b\n", b"c"):
        with journal.open("ab") as file:
            file.write(text)
        counts.append(growth.trials())
    assert (counts, growth.size) == ([0, 1, 2, 2], 13)
    assert short_runs.whole_lines(tmp_path) == b"header\na\nbb\n"


def two_hosts(path, *arguments):
    """Run the sweep over two network namespaces with this PATH."""
    environment = {**os.environ, "PATH": str(path)}
    command = [sys.executable, str(ROOT / "tests" / "cluster" / "two_hosts.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_where_no_namespaces_can_be_made_it_is_said(tmp_path):
    """The reason is told; in CI that is no failure, for who asks for it without condition it is one."""
    (tmp_path / "ip").write_text("#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n")
    (tmp_path / "ip").chmod(0o700)
    done = two_hosts(tmp_path, "--where-possible")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("two hosts in network namespaces: not tried here, ip link add")
    assert "Operation not permitted" in done.stdout
    again = two_hosts(tmp_path)
    assert (again.returncode, again.stderr) == (1, "")
    assert "Operation not permitted" in again.stdout
    (tmp_path / "ip").unlink()
    assert "No such file" in two_hosts(tmp_path, "--where-possible").stdout
