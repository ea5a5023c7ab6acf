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

from concexp.analysis import results
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
    assert len(rows) == 9, done.stdout + done.stderr
    for _, by_hand, concexp, _, noise, verdict in rows:
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
    """Its journal holds a thousand cells, each with its trials, their iterations, and a speedup."""
    with loaded("large_report") as module:
        module.write(tmp_path / "run", repetitions=1, iterations=2)
    run = results.load(tmp_path / "run")
    assert len(run.cells) == run.measured["trial"].nunique() == 1000
    assert len(run.measured) == 2000
    assert run.cells["speedup"].notna().all()


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
    assert re.match(r"its floor \S+ \(.*\), multiprocessing spawn ", row[4])
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
        assert row.text() == "| a | 0.9 (0.8–9) | 1 | s | b 3 (2–4) |"
        row.own = [1.1, 9.0, 0.8]
        assert row.text() == "| a | 1.1 (0.8–9) | 1 **beyond** | s | b 3 (2–4) |"
