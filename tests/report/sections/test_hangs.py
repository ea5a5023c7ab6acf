"""What the page says of a diagnostic trial: who waited for whom, or why that is not known."""

from types import SimpleNamespace

import pytest

from concexp.report.sections import hangs
from concexp.run.storage.journal import Record


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (None, None),
        ({"status": "ok"}, "did not hang (ok): who waited for whom is not known"),
        ({"status": "timeout", "hang": {"kind": "slow"}}, "nobody waits for locks in a circle"),
        (
            {"status": "timeout", "hang": {"circle": [], "waits": ["a", "b"], "forked": ["a"]}},
            "a process was forked while another thread held a lock, which stays locked in the new process for ever",
        ),
        ({"status": "timeout", "hang": {"circle": ["worker 0 waits"]}}, "shows who waits for what it holds itself"),
    ],
)
def test_what_the_page_says_of_a_diagnosis(record, words):
    """It tells apart that there was no diagnosis, that the hang did not recur, and that no circle was seen."""
    records = [Record(role="measured", cell="x")]
    if record:
        records.append(Record(record, role="diagnostic", cell="x"))
    run = SimpleNamespace(of_role=lambda role: [record for record in records if record.role == role])
    lines = hangs.diagnosis(SimpleNamespace(run=run), "x")
    assert (words is None and lines == []) or words in lines[0]
