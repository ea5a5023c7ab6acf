"""`--check` and `--strict`: which verdicts fail them, and what is said."""

import pytest

from concexp.analysis.claims.verdicts import CaseVerdict, Verdict
from concexp.commands.check import Check, check_lines, failed, require_claims
from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.experiment.claims import of_data
from concexp.plan.claim_cases import Case


def verdict(outcome):
    """A claim with one case that has this outcome."""
    (claim,) = of_data({"says": f"it is {outcome}", "expect": "throughput > 1"})
    return Verdict(claim, (CaseVerdict(Case({}, ()), outcome),))


@pytest.mark.parametrize(
    ("outcomes", "check", "lines"),
    [
        (["refuted"], Check.off, []),
        ([], Check.not_refuted, ["check passed: the experiment has no claims"]),
        (["supported"], Check.not_refuted, ["check passed: of 1 claim 1 supported"]),
        (["supported"], Check.supported, ["check passed: of 1 claim 1 supported"]),
        (
            ["inconclusive", "inconclusive", "skipped"],
            Check.not_refuted,
            ["check passed: of 3 claims 2 inconclusive, 1 not judged; --strict would fail"],
        ),
        (
            ["supported", "inconclusive", "skipped"],
            Check.supported,
            [
                "check failed: of 3 claims 1 supported, 1 inconclusive, 1 not judged",
                "  inconclusive: it is inconclusive",
                "  not judged: it is skipped",
            ],
        ),
        (
            ["refuted", "skipped"],
            Check.not_refuted,
            ["check failed: of 2 claims 1 refuted, 1 not judged", "  refuted: it is refuted"],
        ),
    ],
)
def test_what_fails_and_what_is_said(outcomes, check, lines):
    """A refuted claim fails both; what is open or was not judged fails the strict one, and the other one says so."""
    verdicts = [verdict(outcome) for outcome in outcomes]
    assert check_lines(verdicts, check) == lines
    assert bool(failed(verdicts, check)) == any(line.startswith("check failed") for line in lines)


def test_nothing_to_check_is_a_mistake_of_the_strict_one():
    """Found before anything is measured; the other one says it afterwards."""
    spec = parse_text("workload: noop\nmodel: serial\n", "x.yaml")
    require_claims(spec, Check.not_refuted)
    with pytest.raises(InputError, match="has no claims"):
        require_claims(spec, Check.supported)
