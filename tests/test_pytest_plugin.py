"""`pytest --concexp`: each claim is a test, and no inconclusive one passes. As it is installed, in processes of its own."""

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
measure: {repetitions: 1}
report: {plots: []}
claims: [{says: it is quick, expect: throughput > 1/s}]
"""


@pytest.fixture
def run(pytester):
    """Writes files into experiments/ of a fresh folder, and runs pytest there."""

    def run(*arguments, **files):
        folder = pytester.path / "experiments"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text)
        return pytester.runpytest_subprocess(*arguments)

    return run


def test_supported_inconclusive_and_refuted_claims(pytester, run):
    """A real run, once for all of them. The refuted one fails with its figures, and the reasons of the open ones are shown."""
    done = run("--concexp", "experiments/", "-rs", "--junitxml=junit.xml", x=CLAIMED)
    assert done.parseoutcomes() == {"passed": 2, "failed": 1, "inconclusive": 1, "skipped": 1}
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "refuted: it hangs",
            "  status == timeout: refuted in 1 case.",
            "*inconclusive claims*",
            "experiments/x.yaml::it is quick: inconclusive: throughput > 1/s: *",
            "SKIPPED * not judged: *",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    assert len(list(pytester.path.glob(".pytest_cache/d/concexp/x/runs/*"))) == 1
    assert not (pytester.path / "reports").exists()
    assert 'name="verdict" value="supported"' in (pytester.path / "junit.xml").read_text()


def test_one_claim_of_one_file(pytester, run):
    """By its name, as any test; verbosely an inconclusive one is called so. Reports go where they are wanted."""
    done = run("--concexp", "-v", "--concexp-out=out", "experiments/x.yaml", "-k", "quick", x=MADE_UP)
    assert done.parseoutcomes() == {"inconclusive": 1, "deselected": 1}
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*it is quick INCONCLUSIVE*"])
    assert (pytester.path / "out/x/README.md").is_file()


def test_what_cannot_run_and_trials_that_end_badly_fail(run):
    """An experiment that cannot run is tried once, and each of its tests has the reason; bad trials fail a test of their own."""
    refused = MADE_UP.replace("claims:", 'sweep: {python: ["3.1"]}\nclaims:')
    done = run("--concexp", "experiments", bad=MADE_UP.replace("noise: 0.001", "outcome: failed"), refused=refused)
    assert done.parseoutcomes() == {"failed": 3, "inconclusive": 1}
    done.stdout.fnmatch_lines(["ended badly: all trials end as expected", "*failed: SimulatedError: as asked*"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_only_experiments_are_collected_and_only_when_asked(pytester, run):
    """Of a folder those with claims, but whatever is named; a mistake has its place, and no traceback."""
    (pytester.path / "test_it.py").write_text("def test_it(): pass\n")
    (pytester.path / "base.yaml").write_text("measure: {repetitions: 1}\n")
    wrong = MADE_UP.replace("cpu_sum", "cpu_sums")
    files = {"x": MADE_UP, "wrong": wrong, "workflow": "on: push\njobs: {}\n"}
    done = run("--concexp", "--collect-only", "-q", "experiments", "test_it.py", "base.yaml", **files)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines_random(
        [
            "experiments/x.yaml::it is quick",
            "experiments/x.yaml::all trials end as expected",
            "test_it.py::test_it",
            "*wrong.yaml:1:11: workload: there is no workload 'cpu_sums'*",
            "*base.yaml:*`workload:` is missing*",
        ]
    )
    done.stdout.no_fnmatch_line("*workflow*")
    done.stdout.no_fnmatch_line("*Traceback*")
    plain = run("--collect-only", "-q")
    assert [line for line in plain.outlines if "::" in line] == ["test_it.py::test_it"]


def test_nothing_may_run_beside_a_measurement(run):
    """Workers of pytest-xdist would disturb it, and each other."""
    done = run("--concexp", "experiments", "-n", "2", x=MADE_UP)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--concexp measures, and nothing may run beside it: leave out -n*"])
