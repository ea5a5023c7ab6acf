"""The benchmarks of concexp itself: that they run, and what their verdicts mean. How fast anything is, no test says."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from concexp.analysis import results

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
    spec = importlib.util.spec_from_file_location("fidelity", FIDELITY)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fidelity"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fidelity"]


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
    spec = importlib.util.spec_from_file_location("large_report", ROOT / "benchmarks" / "large_report.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(tmp_path / "run", repetitions=1, iterations=2)
    run = results.load(tmp_path / "run")
    assert len(run.cells) == run.measured["trial"].nunique() == 1000
    assert len(run.measured) == 2000
    assert run.cells["speedup"].notna().all()


def test_a_journal_that_is_tampered_with_loses_nothing_without_a_word():
    """Each attack once, on simulated trials: noticed, and repaired by doing what the message says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "benchmarks" / "tampered.py"), "--runs", "7", "--real", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost without a word, 0 doubled, 0 tracebacks" in done.stdout
