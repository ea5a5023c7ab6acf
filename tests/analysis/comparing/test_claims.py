"""Whether a claim was reproduced."""

from concexp.analysis.comparing.claims import compared_claims
from concexp.analysis.comparing.sides import two_sides
from tests.helpers.stored_runs import stored

FASTER = {"says": "processes win", "of": {"model": "processes"}, "expect": "speedup > 1.5"}


def words(folder, one, other, *claims):
    """What became of each claim, where `one` and `other` are the arguments of two runs."""
    runs = [
        stored(folder, day, spec={"claims": list(own)}, **how)
        for day, (how, own) in enumerate(zip((one, other), claims, strict=True), 1)
    ]
    return {claim.says: (claim.word, claim.outcomes) for claim in compared_claims(two_sides(runs[:1], runs[1:]))}


def test_reproduced(tmp_path):
    """The same verdict in both runs, however the claim is worded."""
    again = {**FASTER, "says": "two processes are faster"}
    assert words(tmp_path, {}, {}, [FASTER], [again]) == {"processes win": ("reproduced", ("supported", "supported"))}


def test_differs(tmp_path):
    """Supported in one run and refuted in the other."""
    found = words(tmp_path, {}, {"factors": {"processes": 0.6}}, [FASTER], [FASTER])
    assert found == {"processes win": ("differs", ("supported", "refuted"))}


def test_cannot_tell(tmp_path):
    """Undecided in one run: with two trials there is no verdict."""
    found = words(tmp_path, {}, {"repetitions": 2}, [FASTER], [FASTER])
    assert found == {"processes win": ("cannot tell", ("supported", "inconclusive"))}


def test_a_claim_that_only_one_run_has(tmp_path):
    """Such a claim is listed, and is neither reproduced nor not."""
    found = words(tmp_path, {}, {}, [FASTER], [{"says": "it runs", "expect": "throughput > 1"}])
    assert found["processes win"] == ("not asked", ("supported", ""))
    assert found["it runs"] == ("not asked", ("", "supported"))
