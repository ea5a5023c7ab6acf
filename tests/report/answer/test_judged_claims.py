"""What the claims came to stands below the answer: in the experiment's words, of a refuted one with what was measured."""

from concexp.report.answer import judged_claims
from concexp.report.view import View
from tests.helpers import journal_builder

CLAIMS = [
    {"says": "two are twice as fast", "of": {"model": "processes", "workers": 2}, "expect": "speedup >= 1.5"},
    {"says": "threads are three times as fast", "of": {"model": "threads", "workers": 2}, "expect": "speedup >= 3"},
    {"says": "nobody knows", "of": {"model": "processes", "workers": 2}, "when": "cpus >= 99", "expect": "speedup > 1"},
]


def said(tmp_path, claims):
    """The sentences about claims of a run in which two processes are twice as fast, and two threads as fast as one."""
    cells = journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 2.0))
    return judged_claims.sentences(View(journal_builder.write(tmp_path, cells, spec={"claims": claims})))


def test_refuted_and_supported_claims_are_told(tmp_path):
    """Those that were skipped or are open are not: the table has them."""
    (text,) = said(tmp_path, CLAIMS)
    refuted, supported = text.split(" **Supported:** ")
    assert refuted.startswith("**Refuted:** threads are three times as fast (but speedup ")
    assert refuted.endswith("x ≥ 3x does not hold).")
    assert supported == "two are twice as fast."


def test_the_first_three_of_many(tmp_path):
    """The others are counted."""
    many = [{**CLAIMS[0], "says": f"claim {number}"} for number in range(5)]
    assert said(tmp_path, many) == ["**Supported:** claim 0; claim 1; and 3 more."]
    assert said(tmp_path / "none", []) == []
