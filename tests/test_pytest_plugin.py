"""`pytest --concexp`: each claim is a test, and no inconclusive one passes."""

import pytest

pytest_plugins = "pytester"

# Statuses are exact, whatever the machine does; a time needs three trials, so that of one nothing can be said.
CLAIMED = """\
workload: noop
model: serial
load: {ops: 10}
measure: {repetitions: 1, iterations: 1, warmup: 0, control: off}
claims:
  - {says: it ends well, expect: status == ok}
  - {says: it hangs, expect: status == timeout}
  - {says: it is quick, expect: throughput > 1/s}
  - {says: on a large machine, when: cpus > 100000, expect: status == ok}
"""
MADE_UP = """\
workload: cpu_sum
model: {simulated: {noise: 0.001}}
load: {ops: 100}
measure: {repetitions: 3}
report: {plots: []}
claims: [{says: it is quick, expect: throughput > 1/s}]
"""


@pytest.fixture
def experiments(pytester):
    """Writes files into experiments/ of a fresh folder."""

    def write(**files):
        folder = pytester.path / "experiments"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text)
        return folder

    return write


def test_supported_inconclusive_and_refuted_claims(pytester, experiments):
    """A real run, once for all of them. The refuted one fails with its figures, and the reasons of the open ones are shown."""
    experiments(x=CLAIMED)
    done = pytester.runpytest_inprocess("--concexp", "experiments/", "-rs", "--junitxml=junit.xml")
    assert done.parseoutcomes() == {"passed": 2, "failed": 1, "inconclusive": 1, "skipped": 1}
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "refuted: it hangs",
            "  status == timeout: refuted in 1 case.",
            "*inconclusive claims*",
            "experiments/x.yaml::it is quick: inconclusive: throughput > 1/s: *",
            "SKIPPED * not judged: *",
            "FAILED experiments/x.yaml::it hangs*",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    runs = list(pytester.path.glob(".pytest_cache/d/concexp/x/runs/*"))
    assert len(runs) == 1
    assert not (pytester.path / "reports").exists()
    assert 'name="verdict" value="supported"' in (pytester.path / "junit.xml").read_text()


def test_one_claim_of_one_file(pytester, experiments):
    """By its name, as any test; verbosely an inconclusive one is called so. Reports go where they are wanted."""
    experiments(x=MADE_UP.replace("repetitions: 3", "repetitions: 1"))
    done = pytester.runpytest_inprocess("--concexp", "-v", "--concexp-out=out", "experiments/x.yaml", "-k", "quick")
    assert done.parseoutcomes() == {"inconclusive": 1, "deselected": 1}
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*it is quick INCONCLUSIVE*"])
    assert (pytester.path / "out/x/README.md").is_file()


def test_only_experiments_are_collected_and_only_when_asked(pytester, experiments):
    """Of a folder those with claims, but whatever is named; without the option pytest is as it was."""
    folder = experiments(x=MADE_UP, workflow="on: push\njobs: {}\n", base="measure: {repetitions: 1}\n")
    (folder / "test_it.py").write_text("def test_it(): pass\n")
    done = pytester.runpytest_inprocess("--concexp", "--collect-only", "-q")
    done.stdout.fnmatch_lines(
        ["experiments/test_it.py::test_it", "experiments/x.yaml::it is quick", "experiments/x.yaml::all trials *"]
    )
    done.stdout.no_fnmatch_line("*workflow*")
    named = pytester.runpytest_inprocess("--concexp", "--collect-only", "experiments/base.yaml")
    named.stdout.fnmatch_lines(["*base.yaml*`workload:` is missing*"])
    pytester.runpytest_inprocess("--collect-only", "-q").stdout.no_fnmatch_line("*x.yaml*")


def test_a_mistake_in_an_experiment_has_its_place(pytester, experiments):
    """An error of collecting, with line and column and without a traceback."""
    experiments(x=MADE_UP.replace("cpu_sum", "cpu_sums"))
    done = pytester.runpytest_inprocess("--concexp", "experiments")
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["*x.yaml:1:11: workload: there is no workload 'cpu_sums'*"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_an_experiment_that_cannot_run_fails_all_its_tests(pytester, experiments):
    """It is tried once, and each test has the reason."""
    experiments(x=MADE_UP.replace("claims:", 'sweep: {python: ["3.1"]}\nclaims:'))
    done = pytester.runpytest_inprocess("--concexp", "experiments")
    assert done.parseoutcomes() == {"failed": 2}
    done.stdout.no_fnmatch_line("*Traceback*")


def test_trials_that_end_badly_fail_a_test_of_their_own(pytester, experiments):
    """Which ones, and how they ended."""
    experiments(x=MADE_UP.replace("noise: 0.001", "outcome: failed"))
    done = pytester.runpytest_inprocess("--concexp", "experiments")
    assert done.parseoutcomes() == {"failed": 1, "inconclusive": 1}
    done.stdout.fnmatch_lines(["ended badly: all trials end as expected", "*failed: SimulatedError: as asked*"])


def test_nothing_may_run_beside_a_measurement(pytester, experiments):
    """Workers of pytest-xdist would disturb it, and each other."""
    experiments(x=MADE_UP)
    done = pytester.runpytest_inprocess("--concexp", "experiments", "-n", "2")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--concexp measures, and nothing may run beside it: leave out -n*"])
