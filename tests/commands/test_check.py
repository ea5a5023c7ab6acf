"""`--check` and `--strict`: which verdicts fail them, and what is said."""

import pytest

from concexp.commands.check import Check, claim_lines, difference_lines, failed, require_claims, share_of
from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.report.checked import CELLS, CLAIMS, Checked


@pytest.mark.parametrize(
    ("outcomes", "check", "lines"),
    [
        (["refuted"], Check.off, []),
        ([], Check.not_refuted, ["check passed: the experiment has no claims"]),
        (["supported"], Check.not_refuted, ["check passed: of 1 claim 1 supported"]),
        (["supported"], Check.supported, ["check passed: of 1 claim 1 supported"]),
        (
            ["inconclusive", "inconclusive", "not judged"],
            Check.not_refuted,
            ["check passed: of 3 claims 2 inconclusive, 1 not judged; --strict would fail"],
        ),
        (
            ["supported", "inconclusive", "not judged"],
            Check.supported,
            [
                "check failed: of 3 claims 1 supported, 1 inconclusive, 1 not judged",
                "  inconclusive: it is inconclusive",
                "  not judged: it is not judged",
            ],
        ),
        (
            ["refuted", "not judged"],
            Check.not_refuted,
            ["check failed: of 2 claims 1 refuted, 1 not judged", "  refuted: it is refuted"],
        ),
    ],
)
def test_what_fails_and_what_is_said(outcomes, check, lines):
    """A refuted claim fails both; what is open or was not judged fails the strict one, and the other one says so."""
    verdicts = [Checked(CLAIMS, f"it is {outcome}", outcome) for outcome in outcomes]
    assert claim_lines(verdicts, check) == lines
    assert bool(failed(verdicts, check)) == any(line.startswith("check failed") for line in lines)


def test_every_difference_is_printed():
    """A regression fails, with the strict one what is inconclusive as well; without a check nothing is said."""
    verdicts = [Checked(CELLS, "threads", word, "+1 %") for word in ("passed", "inconclusive", "regression")]
    lines = [f"  {one.word}: threads: +1 %" for one in verdicts]
    assert difference_lines(verdicts, 0.05, Check.off) == []
    assert difference_lines(verdicts, 0.05, Check.not_refuted) == [
        "check failed: tolerance 5 %: 1 passed, 1 inconclusive, 1 regression", *lines
    ]  # fmt: skip
    passed = difference_lines(verdicts[:2], 0.025, Check.not_refuted)
    assert passed[0] == "check passed: tolerance 2.5 %: 1 passed, 1 inconclusive; --strict would fail"
    assert failed(verdicts[:2], Check.supported) == verdicts[1:2]
    assert difference_lines([], 0.05, Check.not_refuted) == ["check passed: tolerance 5 %: nothing to judge"]


def test_nothing_to_check_is_a_mistake_of_the_strict_one():
    """Found before anything is measured; the other one says it afterwards."""
    spec = parse_text("workload: noop\nmodel: serial\n", "x.yaml")
    require_claims(spec, Check.not_refuted)
    with pytest.raises(InputError, match="has no claims"):
        require_claims(spec, Check.supported)


@pytest.mark.parametrize(("given", "share"), [("5%", 0.05), ("0.5%", 0.005), (0.1, 0.1)])
def test_a_tolerance_is_a_share(given, share):
    """As a percentage, or from Python as a number."""
    assert share_of(given) == pytest.approx(share)


@pytest.mark.parametrize("given", ["5", "much", 0, 1.5, "-5%"])
def test_what_is_no_tolerance_is_an_error_with_an_example(given):
    """It names the option."""
    with pytest.raises(InputError, match=r"--tolerance: .*\n.*write --tolerance 5%"):
        share_of(given)
